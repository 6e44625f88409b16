"""TLS with brokers: a second Sluice that terminates TLS stands for them, or HAProxy before the mock cluster."""

import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest
from harness.authority import LOOPBACK, Authority, Pair
from harness.broker import Broker
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.tls import block, client_settings
from harness.waiting import eventually
from harness.wire import request

COUNT = 200
HANDSHAKES = "sluice_upstream_tls_handshakes_total"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.issue("server", *LOOPBACK)


@pytest.fixture(scope="module")
def brokers(
    cluster: Cluster, server: Pair, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sluice]:
    """What looks like brokers with TLS that take certificates."""
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: optional\n"
    directory = tmp_path_factory.mktemp("brokers") / "sluice"
    log = "filters:\n  - { type: access_log, name: log, path: access.log }\n"
    with Sluice(directory, cluster.bootstrap_servers, listener=block(settings) + log) as running:
        yield running


def results(sluice: Sluice) -> set[str]:
    return {labels["result"] for labels, value in sluice.stats().select(HANDSHAKES) if value}


@pytest.mark.parametrize("script", ["confluent", "aio"])
@pytest.mark.parametrize("with_certificate", [False, True])
def test_clients_without_tls_reach_brokers_with_tls(
    script: str, with_certificate: bool, brokers: Sluice, start_sluice: Callable[..., Sluice], authority: Authority,
    clients: Clients, topic: str,
) -> None:  # fmt: skip
    settings = f"ca: {authority.certificate}\n"
    if with_certificate:
        settings += authority.issue(f"sluice-{script}").settings
    front = start_sluice(brokers.bootstrap, cluster=block(settings))
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run(script, "produce", front.client_ports, size=2000, **where)
    found = clients.run(script, "consume", front.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    assert results(front) == {"accepted"}
    name = f"User:CN=sluice-{script},O=Tests" if with_certificate else "User:ANONYMOUS"
    eventually(lambda: name in (brokers.directory / "access.log").read_text(), "who Sluice is")
    cluster_page = front.get("/clusters")
    assert "1       127.0.0.1" in cluster_page or "127.0.0.1:" in cluster_page


def test_tls_on_both_sides(
    brokers: Sluice, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, clients: Clients, topic: str
) -> None:
    front = start_sluice(
        brokers.bootstrap, listener=block(server.settings), cluster=block(f"ca: {authority.certificate}\n")
    )
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": 6, **client_settings("confluent", authority)}
    sent = clients.run("confluent", "produce", front.client_ports, size=500_000, **where)
    found = clients.run("confluent", "consume", front.client_ports, **where)
    assert found == {"count": 6, "digest": sent["digest"]}


def test_sessions_with_brokers_are_resumed(
    brokers: Sluice, start_sluice: Callable[..., Sluice], authority: Authority
) -> None:
    front = start_sluice(brokers.bootstrap, cluster=block(f"ca: {authority.certificate}\n"))

    def resumed() -> bool:
        with RawClient(front.port) as client:
            client.exchange(request(18, 0, b""))
        return front.stats().total("sluice_upstream_tls_sessions_total", resumed="true") > 0

    eventually(resumed, "a session resumed")


def wrong(kind: str, authority: Authority, directory: Path) -> tuple[Pair, str, str]:
    """A certificate of a broker, settings, and how the handshake ends."""
    good = f"ca: {authority.certificate}\n"
    if kind == "another CA":
        return Authority(directory, "stranger").issue("broker", *LOOPBACK), good, "unknown_ca"
    if kind == "expired":
        return authority.expired("late", *LOOPBACK), good, "certificate_expired"
    if kind == "another name":
        return authority.issue("elsewhere", "DNS:broker.example.com"), good, "name_mismatch"
    if kind == "another name, asked for by name":
        pair = authority.issue("elsewhere2", "DNS:broker.example.com")
        return pair, good + "server_name: broker.example.com\n", "accepted"
    if kind == "another name, which does not count":
        return authority.issue("elsewhere3", "DNS:x.example.com"), good + "verify: ca_only\n", "accepted"
    if kind == "revoked":
        pair = authority.issue("gone", *LOOPBACK)
        authority.revoke(pair)
        return pair, good + f"crl: {authority.revocations()}\n", "revoked"
    assert kind == "nothing is checked"
    return Authority(directory, "stranger").issue("broker", "DNS:x"), "verify: none\n", "accepted"


@pytest.mark.parametrize(
    "kind",
    [
        "another CA", "expired", "another name", "another name, asked for by name",
        "another name, which does not count", "revoked", "nothing is checked",
    ],
)  # fmt: skip
def test_certificates_of_brokers(
    kind: str, cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    pair, settings, result = wrong(kind, authority, tmp_path)
    behind = start_sluice(cluster.bootstrap_servers, listener=block(pair.settings))
    # Reached is reached by TCP.
    front = start_sluice(behind.bootstrap, cluster=block(settings))
    with RawClient(front.port) as client:
        client.send(request(18, 0, b""))
        if result == "accepted":
            assert client.receive()
        else:
            assert client.is_closed_by_peer()
            assert front.stats().total("sluice_upstream_connect_failures_total", reason=f"tls_{result}") > 0
    assert results(front) == {result}


def test_a_broker_that_wants_a_certificate(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair
) -> None:
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\n"
    behind = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    front = start_sluice(
        behind.bootstrap, cluster=block(f"ca: {authority.certificate}\nmax_version: TLSv1.2\n")
    )
    with RawClient(front.port) as client:
        client.send(request(18, 0, b""))
        assert client.is_closed_by_peer()
    assert "see tls.certificate of the cluster" in front.errors, front.errors
    # In TLS 1.3 the broker says so only after the handshake.
    later = start_sluice(behind.bootstrap, cluster=block(f"ca: {authority.certificate}\n"))
    with RawClient(later.port) as client:
        client.send(request(18, 0, b""))
        assert client.is_closed_by_peer()
    assert "see tls.certificate of the cluster" in later.errors, later.errors


def test_a_broker_without_tls_is_told_apart(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority
) -> None:
    front = start_sluice(cluster.bootstrap_servers, cluster=block(f"ca: {authority.certificate}\nhandshake_timeout: 1s\n"))
    with RawClient(front.port) as client:
        client.send(request(18, 0, b""))
        assert client.is_closed_by_peer()
    assert "leave out tls of the cluster" in front.errors or "may not speak TLS" in front.errors, front.errors
    assert results(front) <= {"plaintext", "closed_in_handshake", "handshake_timeout"}


def test_a_broker_with_tls_is_told_apart(
    brokers: Sluice, start_sluice: Callable[..., Sluice]
) -> None:
    front = start_sluice(brokers.bootstrap)
    with RawClient(front.port) as client:
        client.send(request(18, 0, b""))
        assert client.is_closed_by_peer()

    def told() -> bool:
        return "configure tls on the cluster" in front.errors or "it may want TLS" in front.errors

    eventually(told, "what to change")


@pytest.mark.parametrize("answer", ["alert", "nothing"])
def test_how_brokers_with_tls_answer_plain_requests(answer: str, start_sluice: Callable[..., Sluice]) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted:
                if accepted.recv(1000) and answer == "alert":
                    accepted.sendall(bytes.fromhex("15030300020246"))

    thread = threading.Thread(target=serve)
    thread.start()
    front = start_sluice(f"127.0.0.1:{listening.getsockname()[1]}")
    with RawClient(front.port) as client:
        client.send(request(18, 0, b""))
        assert client.is_closed_by_peer()
    reason = "upstream_tls" if answer == "alert" else "broker_without_answer"
    eventually(
        lambda: front.stats().total("sluice_downstream_connections_closed_total", reason=reason) == 1, "the reason"
    )
    words = "configure tls on the cluster" if answer == "alert" else "it may want TLS (tls of the cluster)"
    assert words in front.errors
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_haproxy_before_the_brokers(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, clients: Clients,
    topic: str, tmp_path: Path,
) -> None:  # fmt: skip
    """Another implementation's TLS, in front of one broker. Its address is what Metadata would name, so it passes."""
    (port,) = free_ports(1)
    both = tmp_path / "both.pem"
    both.write_text(server.certificate.read_text() + server.key.read_text())
    broker = cluster.bootstrap_servers.split(",")[0]
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        f"frontend tls\n  bind 127.0.0.1:{port} ssl crt {both}\n  default_backend broker\n"
        f"backend broker\n  server one {broker}\n"
    )
    process = subprocess.Popen(["haproxy", "-f", configuration, "-db", "-q"])
    try:
        eventually(lambda: RawClient(port).close() is None, "haproxy")
        front = start_sluice(
            f"127.0.0.1:{port}", brokers="mode: pass_through", cluster=block(f"ca: {authority.certificate}\n")
        )
        with RawClient(front.port) as client:
            for _ in range(50):
                assert client.exchange(request(18, 0, b""))
        assert results(front) == {"accepted"}
    finally:
        process.terminate()
        process.wait()
