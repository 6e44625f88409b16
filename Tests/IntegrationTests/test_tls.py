"""TLS with clients: who gets in, who does not and why, and who they are."""

import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from harness.authority import LOOPBACK, Authority, Pair
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.tls import TLSClient, api_versions, block, client_settings, context, librdkafka, s_client
from harness.waiting import DEADLINE, eventually
from harness.wire import request, sized

COUNT = 100
HANDSHAKES = "sluice_tls_handshakes_total"
CLOSED = "sluice_downstream_connections_closed_total"
LOG = """
filters:
  - type: access_log
    name: log
    path: access.log
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.issue("server", *LOOPBACK)


@pytest.fixture(scope="module")
def app(authority: Authority) -> Pair:
    return authority.issue(
        "app", "URI:spiffe://cluster/ns/pay/sa/app", "DNS:app.example.com", subject="/C=DE/O=Example/OU=Pay/CN=app"
    )


@pytest.fixture(scope="module")
def secured(
    cluster: Cluster, authority: Authority, server: Pair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sluice]:
    """TLS without certificates of clients."""
    directory = tmp_path_factory.mktemp("tls") / "sluice"
    listener = block(server.settings) + LOG
    with Sluice(directory, cluster.bootstrap_servers, listener=listener, advertised_host="localhost") as running:
        yield running


@pytest.fixture(scope="module")
def mutual(
    cluster: Cluster, authority: Authority, server: Pair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sluice]:
    """TLS with certificates of clients."""
    directory = tmp_path_factory.mktemp("mtls") / "sluice"
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\n"
    with Sluice(directory, cluster.bootstrap_servers, listener=block(settings) + LOG) as running:
        yield running


def logged(sluice: Sluice, **wanted: object) -> list[dict[str, Any]]:
    """Lines of the access log."""
    lines = (sluice.directory / "access.log").read_text().splitlines(keepends=True)
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in found if wanted.items() <= line.items()]


def counted(sluice: Sluice, result: str, family: str = HANDSHAKES) -> float:
    label = "result" if family == HANDSHAKES else "reason"
    return sluice.stats().total(family, listener="apps", **{label: result})


def one_more(sluice: Sluice, result: str, before: float, family: str = HANDSHAKES) -> None:
    eventually(lambda: counted(sluice, result, family) > before, f"one more {result} in {family}")


@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_clients_speak_tls(script: str, secured: Sluice, clients: Clients, topic: str, authority: Authority) -> None:
    where = {"bootstrap": f"localhost:{secured.port}", "topic": topic, "count": COUNT, "size": 5000}
    settings = client_settings(script, authority)
    sent = clients.run(script, "produce", secured.client_ports, **where, **settings)
    del where["size"]
    found = clients.run(script, "consume", secured.client_ports, **where, **settings)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    eventually(
        lambda: {line["principal"] for line in logged(secured, api="Produce")} == {"User:ANONYMOUS"}, "nobody in the log")


@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_clients_show_certificates(
    script: str, mutual: Sluice, clients: Clients, topic: str, authority: Authority, app: Pair
) -> None:
    where = {"bootstrap": mutual.bootstrap, "topic": topic, "count": COUNT}
    settings = client_settings(script, authority, app)
    sent = clients.run(script, "produce", mutual.client_ports, **where, **settings)
    found = clients.run(script, "consume", mutual.client_ports, **where, **settings)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    eventually(lambda: logged(mutual, api="Produce", principal="User:CN=app,OU=Pay,O=Example,C=DE"), "its name in the log")


@pytest.mark.parametrize("with_certificate", [False, True])
def test_kcat(
    with_certificate: bool, secured: Sluice, mutual: Sluice, clients: Clients, topic: str, authority: Authority, app: Pair
) -> None:
    sluice = mutual if with_certificate else secured
    settings = librdkafka(authority, app if with_certificate else None)
    options = [part for name, value in settings.items() for part in ("-X", f"{name}={value}")]
    ports = sluice.client_ports
    clients.kcat("-b", sluice.bootstrap, *options, "-P", "-t", topic, allowed=ports, standard_input=b"one\ntwo\n")
    read = clients.kcat("-b", sluice.bootstrap, *options, "-C", "-t", topic, "-o", "beginning", "-e", allowed=ports)
    assert sorted(read.split()) == [b"one", b"two"]


def test_a_large_record_passes(secured: Sluice, clients: Clients, topic: str, authority: Authority) -> None:
    where = {"bootstrap": f"localhost:{secured.port}", "topic": topic, "count": 3, **librdkafka(authority)}
    sent = clients.run("confluent", "produce", secured.client_ports, size=900_000, **where)
    found = clients.run("confluent", "consume", secured.client_ports, **where)
    assert found == {"count": 3, "digest": sent["digest"]}


# Who does not get in.


def test_a_client_without_tls_is_told_apart(secured: Sluice) -> None:
    before = counted(secured, "plaintext")
    closed = counted(secured, "tls_plaintext", CLOSED)
    with RawClient(secured.port) as client:
        client.send(request(18, 0, b""))
        while not client.is_closed_by_peer():
            pass
    one_more(secured, "plaintext", before)
    one_more(secured, "tls_plaintext", closed, CLOSED)
    assert "set its security.protocol to SSL" in secured.errors


def test_tls_on_a_plain_port_is_told_apart(sluice: Sluice, authority: Authority) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        TLSClient(sluice.port, context(authority))
    eventually(lambda: sluice.stats().total(CLOSED, reason="tls") > 0, "the reason")
    assert "configure tls on the listener" in sluice.errors


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "unsupported_protocol"),
        (["-tls1_2", "-cipher", "AES128-SHA"], "no_shared_cipher"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"], "no_shared_cipher"),
    ],
)
def test_old_protocols_and_weak_ciphers_are_refused(secured: Sluice, arguments: list[str], result: str) -> None:
    before = counted(secured, result)
    status, output = s_client(secured.port, *arguments)
    assert status != 0, output
    one_more(secured, result, before)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_versions_that_are_served(secured: Sluice, version: str, authority: Authority) -> None:
    status, output = s_client(secured.port, version, "-CAfile", authority.certificate, "-verify_return_error")
    assert status == 0, output
    name = version.replace("-tls1_", "TLSv1.")
    sessions = secured.stats().select("sluice_tls_sessions_total", version=name)
    assert sessions and all(labels["cipher"] for labels, _ in sessions)


def client_refusals(authority: Authority, directory: Path) -> dict[str, tuple[Pair | None, str]]:
    stranger = Authority(directory, "stranger")
    middle = Authority(directory, "middle", authority)
    lone = directory / "lone"
    return {
        "none": (None, "certificate_required"),
        "of another CA": (stranger.issue("app"), "unknown_ca"),
        "expired": (authority.expired("late"), "certificate_expired"),
        "without its chain": (middle.issue("unchained", chain=False), "unknown_ca"),
        "signed by itself": (Pair(stranger.certificate, lone), "self_signed"),
    }


@pytest.mark.parametrize("kind", ["none", "of another CA", "expired", "without its chain", "signed by itself"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_certificates_that_do_not_hold(
    kind: str, version: ssl.TLSVersion, mutual: Sluice, authority: Authority, tmp_path: Path
) -> None:
    pair, result = client_refusals(authority, tmp_path)[kind]
    if kind == "signed by itself":
        assert pair
        pair = Pair(pair.certificate, pair.certificate.with_name("ca.key"))
    before = counted(mutual, result)
    tls = context(authority, pair)
    tls.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)), TLSClient(mutual.port, tls) as client:
        api_versions(client)
    one_more(mutual, result, before)


def test_a_chain_through_another_ca_holds(mutual: Sluice, authority: Authority, tmp_path: Path) -> None:
    middle = Authority(tmp_path, "middle", authority)
    with TLSClient(mutual.port, context(authority, middle.issue("chained"))) as client:
        assert api_versions(client) > 10


def test_the_client_that_does_not_trust_is_counted(secured: Sluice, tmp_path: Path) -> None:
    before = counted(secured, "alert_unknown_ca")
    with pytest.raises(ssl.SSLCertVerificationError):
        TLSClient(secured.port, context(Authority(tmp_path, "other")))
    one_more(secured, "alert_unknown_ca", before)
    assert "the client does not trust the listener's certificate" in secured.errors


def test_revoked_certificates(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, tmp_path: Path
) -> None:
    own = Authority(tmp_path, "own")
    good, bad = own.issue("good"), own.issue("bad")
    own.revoke(bad)
    settings = (
        server.settings
        + f"client_ca: {own.certificate}\nclient_certificate: required\ncrl: {own.revocations()}\n"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.load_cert_chain(good.certificate, good.key)
    with TLSClient(sluice.port, tls) as client:
        assert api_versions(client) > 10
    tls.load_cert_chain(bad.certificate, bad.key)
    with pytest.raises((ssl.SSLError, ConnectionError)), TLSClient(sluice.port, tls) as client:
        api_versions(client)
    one_more(sluice, "revoked", 0)


# Who clients are.


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("{ from: subject }", "User:CN=app,OU=Pay,O=Example,C=DE"),
        ('{ mapping_rules: "RULE:^CN=([^,]+),.*$/$1/U,DEFAULT" }', "User:APP"),
        ("{ from: san_uri }", "User:spiffe://cluster/ns/pay/sa/app"),
        ('{ from: san_dns, mapping_rules: "RULE:^([^.]+)\\\\..*$/$1/" }', "User:app"),
    ],
)
def test_principals(
    principal: str, expected: str, cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority,
    server: Pair, app: Pair,
) -> None:  # fmt: skip
    settings = (
        server.settings
        + f"client_ca: {authority.certificate}\nclient_certificate: optional\nprincipal: {principal}\n"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings) + LOG)
    with TLSClient(sluice.port, context(authority, app)) as client:
        api_versions(client)
        (connection,) = json.loads(sluice.get("/connections?format=json"))["connections"]
        assert connection["principal"] == expected
    with TLSClient(sluice.port, context(authority)) as client:
        api_versions(client)
    eventually(lambda: logged(sluice, principal=expected) and logged(sluice, principal="User:ANONYMOUS"), "both")


def test_a_certificate_that_no_rule_is_for_is_refused(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, app: Pair
) -> None:
    settings = (
        server.settings
        + f"client_ca: {authority.certificate}\nclient_certificate: required\nprincipal: {{ from: san_email }}\n"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    with pytest.raises((ssl.SSLError, ConnectionError)), TLSClient(sluice.port, context(authority, app)) as client:
        api_versions(client)
    one_more(sluice, "no_principal", 0, CLOSED)


def test_rules_go_by_the_certificate(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, app: Pair,
    clients: Clients, topic: str,
) -> None:  # fmt: skip
    other = authority.issue("other", subject="/CN=other")
    rules = """
filters:
  - type: authorization
    name: acl
    super_users: ["User:CN=app,OU=Pay,O=Example,C=DE"]
    rules: []
"""
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\n"
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings) + rules)
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    sent = clients.run(
        "confluent", "produce", sluice.client_ports, **where, count=COUNT, **librdkafka(authority, app)
    )
    assert sent["delivered"] == COUNT
    refused = clients.run(
        "confluent", "produce_to_missing", sluice.client_ports, **where, **librdkafka(authority, other)
    )
    assert refused["error"] in ("TOPIC_AUTHORIZATION_FAILED", "_UNKNOWN_TOPIC", "_MSG_TIMED_OUT"), refused


# Bytes as they come.


def test_records_split_at_every_byte(secured: Sluice, authority: Authority) -> None:
    """A proxy in between that passes one byte at a time, both ways."""
    listening = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = []

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve() -> None:
        accepted, _ = listening.accept()
        behind = socket.create_connection(("127.0.0.1", secured.port))
        for end in (accepted, behind):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ends.append(end)
        threads = [threading.Thread(target=pass_on, args=pair) for pair in ((accepted, behind), (behind, accepted))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)

    thread = threading.Thread(target=serve)
    thread.start()
    with TLSClient(listening.getsockname()[1], context(authority)) as client:
        assert api_versions(client) > 10
    thread.join(DEADLINE)
    for end in [*ends, listening]:
        end.close()


def test_many_frames_in_one_record(secured: Sluice, authority: Authority) -> None:
    frame = sized(request(18, 0, b""))
    with TLSClient(secured.port, context(authority)) as client:
        client.send_bytes(frame * 200)
        for _ in range(200):
            client.receive()


def test_a_handshake_that_is_never_finished_ends(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(server.settings + "handshake_timeout: 300ms\n"))
    with RawClient(sluice.port) as silent, RawClient(sluice.port) as begun:
        begun.send_bytes(bytes.fromhex("1603010200010001fc0303"))
        for client in (silent, begun):
            while not client.is_closed_by_peer():
                pass
    eventually(lambda: counted(sluice, "handshake_timeout") == 2, "both counted")
    assert sluice.stats().total("sluice_downstream_connections") == 0


def test_a_thousand_handshakes_at_once(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority
) -> None:
    settings = server.settings + "max_handshakes_per_address: 1000\n"
    secured = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    tls = context(authority)
    tls.options |= ssl.OP_NO_TICKET
    sockets = [RawClient(secured.port) for _ in range(1000)]
    try:
        objects = []
        for client in sockets:
            client.socket.setblocking(False)
            wrapped = tls.wrap_socket(client.socket, server_hostname="localhost", do_handshake_on_connect=False)
            client.socket = wrapped
            objects.append(wrapped)
        waiting = objects

        def step() -> bool:
            nonlocal waiting
            left = []
            for one in waiting:
                try:
                    one.do_handshake()
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    left.append(one)
            waiting = left
            return not waiting

        eventually(step, "all handshakes", deadline=60)
        sockets[-1].socket.setblocking(True)
        assert api_versions(sockets[-1]) > 10
    finally:
        for client in sockets:
            client.close()
    assert counted(secured, "accepted") == 1000
    eventually(lambda: secured.stats().total("sluice_downstream_connections") == 0, "all gone")


def test_more_handshakes_than_may_be_are_refused(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(server.settings + "max_handshakes: 1\n"))
    hello = ssl.MemoryBIO()
    beginning = context(authority).wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        beginning.do_handshake()
    with RawClient(sluice.port) as begun:
        record = hello.read()
        begun.send_bytes(record[:-1])
        eventually(lambda: sluice.stats().total("sluice_downstream_connections") == 1, "one has begun")
        TLSClient(sluice.port, context(authority)).close()
        # Its place is given back when the server has read the end of the handshake, a little later.
        eventually(lambda: counted(sluice, "accepted") == 1, "another client's handshake is over")
        begun.send_bytes(record[-1:])

        def refused() -> bool:
            try:
                TLSClient(sluice.port, context(authority)).close()
                return False
            except (ssl.SSLError, ConnectionError):
                return counted(sluice, "too_many_handshakes") > 0

        eventually(refused, "the second refused")
    eventually(lambda: TLSClient(sluice.port, context(authority)).close() is None, "a place again")


def test_renegotiation_is_refused(secured: Sluice) -> None:
    _, output = s_client(secured.port, "-tls1_2", typed="R\nQ\n")
    assert "RENEGOTIATING" in output
    assert "no renegotiation" in output or "error" in output.lower(), output


def test_sessions_are_resumed(secured: Sluice, authority: Authority) -> None:
    tls = context(authority)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with TLSClient(secured.port, tls) as first:
        api_versions(first)
        session = first.socket.session  # type: ignore[attr-defined]
    client = RawClient(secured.port)
    client.socket = tls.wrap_socket(client.socket, server_hostname="localhost", session=session)
    with client:
        assert client.socket.session_reused  # type: ignore[attr-defined]
        api_versions(client)
    eventually(lambda: secured.stats().total("sluice_tls_sessions_total", resumed="true") > 0, "counted")


def test_a_client_that_cuts_the_connection_off(secured: Sluice, authority: Authority) -> None:
    with TLSClient(secured.port, context(authority)) as client:
        api_versions(client)
    eventually(lambda: secured.stats().total("sluice_downstream_connections") == 0, "gone")
    assert "truncated" not in secured.errors


def test_a_proxy_protocol_header_stands_before_tls(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener="proxy_protocol: true\n" + block(server.settings) + LOG)
    client = RawClient(sluice.port)
    client.send_bytes(b"PROXY TCP4 10.1.2.3 127.0.0.1 4711 9092\r\n")
    client.socket = context(authority).wrap_socket(client.socket, server_hostname="localhost")
    with client:
        assert api_versions(client) > 10
        (connection,) = json.loads(sluice.get("/connections?format=json"))["connections"]
        assert connection["client_address"] == "10.1.2.3:4711"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        TLSClient(sluice.port, context(authority))
    one_more(sluice, "no_proxy_protocol_header", 0, CLOSED)


def test_connections_are_limited_before_their_handshake(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority
) -> None:
    limit = "filters:\n  - { type: rate_limit, name: limit, connections: { max: 1 } }\n"
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(server.settings) + limit)
    with TLSClient(sluice.port, context(authority)) as first:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            TLSClient(sluice.port, context(authority))
        assert api_versions(first) > 10
    stats = sluice.stats()
    assert stats.total(HANDSHAKES) == 1, "the second had none"
    assert stats.total("sluice_downstream_connections_total") == 2


def test_open_connections_are_drained_at_the_end(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(server.settings))
    with TLSClient(sluice.port, context(authority)) as client, RawClient(sluice.port) as silent:
        api_versions(client)
        eventually(lambda: sluice.stats().total("sluice_downstream_connections") == 2, "both")
        sluice.stop()
        # Said, not cut off: `close_notify` comes before the end.
        assert client.socket.recv(1) == b""
        assert silent.is_closed_by_peer()
