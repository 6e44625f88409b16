"""Clients sign in to Sluice, to brokers through it, and Sluice signs in for those that do not."""

import json
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.issuer import ISSUER, Issuer
from harness.raw_client import RawClient
from harness.sluice import BINARY, Sluice, run_to_end
from harness.waiting import eventually
from harness.wire import Writer, sized

COUNT = 100
PASSWORD = "correct horse"
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
AUTHENTICATIONS = "sluice_sasl_authentications_total"
UPSTREAM = "sluice_upstream_sasl_authentications_total"


def credentials(file: Path, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [BINARY, "credentials", arguments[0], "-f", file, *arguments[1:]]
    text = "" if password is None else f"{password}\n"
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    running = Issuer(tmp_path_factory.mktemp("issuer"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("users") / "users"
    added = credentials(file, "add", "alice", "--iterations", "4096", password=PASSWORD)
    assert added.returncode == 0, added.stderr
    return file


def terminating(users: Path, issuer: Issuer, keys: Path | None = None, more: str = "", oauth: str = "") -> str:
    source = f"jwks_file: {keys}" if keys else f"jwks_url: {issuer.keys_url}"
    return f"""\
sasl:
  mode: terminate
  mechanisms: [{", ".join(MECHANISMS)}]
  credentials_file: {users}
  failure_delay: 20ms
  max_failure_delay: 40ms
{more}
  oauth:
    {source}
    issuer: {ISSUER}
    audience: kafka
{oauth}
filters:
  - type: access_log
    name: log
    path: access.log
"""


@pytest.fixture(scope="module")
def terminator(
    cluster: Cluster, users: Path, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sluice]:
    directory = tmp_path_factory.mktemp("terminating")
    keys = directory / "keys.json"
    keys.write_text(issuer.key_set)
    with Sluice(
        directory / "sluice", cluster.bootstrap_servers, listener=terminating(users, issuer, keys)
    ) as running:
        yield running


def librdkafka(mechanism: str, issuer: Issuer, password: str = PASSWORD, user: str = "alice") -> dict[str, Any]:
    settings = {"security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism}
    if mechanism == "OAUTHBEARER":
        return settings | {"oauth_token": issuer.token(user)}
    return settings | {"sasl.username": user, "sasl.password": password}


def python_client(mechanism: str, issuer: Issuer) -> dict[str, Any]:
    settings = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": mechanism}
    if mechanism == "OAUTHBEARER":
        return settings | {"oauth_token": issuer.token()}
    return settings | {"sasl_plain_username": "alice", "sasl_plain_password": PASSWORD}


def principals(sluice: Sluice, topic: str) -> set[str]:
    """Who has produced to a topic, by the access log."""
    lines = (sluice.directory / "access.log").read_text().splitlines(keepends=True)
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return {line["principal"] for line in found if line["api"] == "Produce" and topic in line["topics"]}


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_clients_sign_in_to_sluice(
    script: str, mechanism: str, terminator: Sluice, clients: Clients, topic: str, issuer: Issuer
) -> None:
    before = terminator.stats()
    settings = (
        librdkafka(mechanism, issuer) if script == "confluent" else {"security": python_client(mechanism, issuer)}
    )
    where = {"bootstrap": terminator.bootstrap, "topic": topic, "count": COUNT, **settings}
    sent = clients.run(script, "produce", terminator.client_ports, **where)
    found = clients.run(script, "consume", terminator.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    after = terminator.stats()
    labels = {"listener": "apps", "mechanism": mechanism, "result": "accepted"}
    assert after.total(AUTHENTICATIONS, **labels) > before.total(AUTHENTICATIONS, **labels)
    eventually(lambda: principals(terminator, topic) == {"User:alice"}, "the principal in the log")


def kcat(clients: Clients, sluice: Sluice, settings: dict[str, str], *arguments: str, **more: Any) -> bytes:
    options = [part for name, value in settings.items() for part in ("-X", f"{name}={value}")]
    return clients.kcat("-b", sluice.bootstrap, *options, *arguments, allowed=sluice.client_ports, **more)


def test_kcat_signs_in_to_sluice(terminator: Sluice, clients: Clients, topic: str, issuer: Issuer) -> None:
    # librdkafka 2.0.2, which kcat is built with on Debian, repeats its nonce in the last message of SCRAM (brokers refuse
    # that too), and has no tokens but unsigned ones: so PLAIN.
    settings = librdkafka("PLAIN", issuer)
    kcat(clients, terminator, settings, "-P", "-t", topic, standard_input=b"one\ntwo\n")
    output = kcat(clients, terminator, settings, "-C", "-t", topic, "-o", "beginning", "-e")
    assert sorted(output.split()) == [b"one", b"two"]


def test_a_token_that_nobody_has_signed_is_refused(terminator: Sluice, clients: Clients) -> None:
    before = terminator.stats()
    settings = {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "enable.sasl.oauthbearer.unsecure.jwt": "true",
        "sasl.oauthbearer.config": "principal=alice",
    }
    with pytest.raises(AssertionError, match="Authentication failed"):
        kcat(clients, terminator, settings, "-L", "-m", "5")
    labels = {"mechanism": "OAUTHBEARER", "result": "invalid_token"}
    assert terminator.stats().total(AUTHENTICATIONS, **labels) > before.total(AUTHENTICATIONS, **labels)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("wrong", ["password", "user"])
def test_who_does_not_sign_in_is_refused(
    mechanism: str, wrong: str, terminator: Sluice, clients: Clients, issuer: Issuer
) -> None:
    before = terminator.stats()
    settings = librdkafka(
        mechanism, issuer, password="guessed" if wrong == "password" else PASSWORD,
        user="alice" if wrong == "password" else "mallory",
    )  # fmt: skip
    if mechanism == "OAUTHBEARER":
        bad = issuer.token(lifetime=-100) if wrong == "password" else issuer.token(aud="others")
        settings["oauth_token"] = bad
    found = clients.run(
        "confluent", "refused", terminator.client_ports, bootstrap=terminator.bootstrap, **settings
    )
    assert found == {"error": "_AUTHENTICATION"}
    result = "invalid_token" if mechanism == "OAUTHBEARER" else "invalid_credentials"
    labels = {"mechanism": mechanism, "result": result}
    assert terminator.stats().total(AUTHENTICATIONS, **labels) > before.total(AUTHENTICATIONS, **labels)
    assert "guessed" not in terminator.errors and PASSWORD not in terminator.errors


# Frames by hand.


def frame(key: int, version: int, body: bytes, correlation_id: int = 1) -> bytes:
    header = Writer().int16(key).int16(version).int32(correlation_id).string("raw")
    return bytes(header.bytes) + (b"\0" if key == 36 and version >= 2 else b"") + body


def handshake(mechanism: str, version: int = 1) -> bytes:
    return frame(17, version, bytes(Writer().string(mechanism).bytes))


def authenticate(token: bytes) -> bytes:
    return frame(36, 1, bytes(Writer().data(token).bytes))


def error_code(answer: bytes) -> int:
    return struct.unpack_from(">h", answer, 4)[0]


PLAIN_TOKEN = b"\0alice\0" + PASSWORD.encode()
METADATA = frame(3, 1, bytes(Writer().array([], Writer.string).bytes))
API_VERSIONS = frame(18, 0, b"")


def test_before_sign_in_only_api_versions_passes(terminator: Sluice) -> None:
    with RawClient(terminator.port) as client:
        assert error_code(client.exchange(API_VERSIONS)) == 0
        client.send(METADATA)
        assert client.is_closed_by_peer()
    with RawClient(terminator.port) as client:
        assert error_code(client.exchange(handshake("PLAIN"))) == 0
        client.send(METADATA)
        assert client.is_closed_by_peer()
    assert terminator.stats().total("sluice_downstream_connections_closed_total", reason="sign_in_required") >= 2


def test_api_versions_offers_the_sasl_apis(terminator: Sluice) -> None:
    with RawClient(terminator.port) as client:
        answer = client.exchange(API_VERSIONS)
    (count,) = struct.unpack_from(">i", answer, 6)
    ranges = {key: (low, high) for key, low, high in struct.iter_unpack(">hhh", answer[10 : 10 + 6 * count])}
    assert (ranges[17], ranges[36]) == ((0, 1), (0, 2))


def test_bare_tokens_after_a_handshake_of_version_0(terminator: Sluice) -> None:
    with RawClient(terminator.port) as client:
        assert error_code(client.exchange(handshake("PLAIN", version=0))) == 0
        # The token in two pieces.
        data = sized(PLAIN_TOKEN)
        client.send_bytes(data[:7])
        client.send_bytes(data[7:])
        assert client.receive() == b""
        assert client.exchange(METADATA)[:4] == struct.pack(">i", 1)
    with RawClient(terminator.port) as client:
        client.exchange(handshake("PLAIN", version=0))
        client.send(b"\0alice\0guessed")
        assert client.is_closed_by_peer()


def test_steps_out_of_turn_and_mechanisms_not_offered_are_answered_and_end(terminator: Sluice) -> None:
    for request, code in [(authenticate(PLAIN_TOKEN), 34), (handshake("GSSAPI"), 33)]:
        with RawClient(terminator.port) as client:
            assert error_code(client.exchange(request)) == code
            assert client.is_closed_by_peer()


@pytest.mark.parametrize("key", [36, 17, 0, 3])
def test_a_frame_of_100_mib_is_refused_before_it_is_kept(terminator: Sluice, key: int) -> None:
    before = terminator.resident_bytes()
    with RawClient(terminator.port) as client:
        client.exchange(handshake("PLAIN"))
        client.send_bytes(struct.pack(">ihhi", 100 << 20, key, 1, 7))
        assert client.is_closed_by_peer()
    assert terminator.resident_bytes() - before < 20 << 20
    assert terminator.stats().total("sluice_decode_errors_total", reason="sasl_frame_too_large") >= 1


def test_every_split_of_a_sign_in(terminator: Sluice) -> None:
    with RawClient(terminator.port) as client:
        for byte in sized(handshake("PLAIN")) + b"":
            client.send_bytes(bytes([byte]))
        assert error_code(client.receive()) == 0
        for byte in sized(authenticate(PLAIN_TOKEN)):
            client.send_bytes(bytes([byte]))
        assert error_code(client.receive()) == 0
        client.exchange(METADATA)


def test_requests_sent_behind_a_token_wait_for_its_verdict(terminator: Sluice) -> None:
    with RawClient(terminator.port) as client:
        client.exchange(handshake("PLAIN"))
        client.send_bytes(sized(authenticate(PLAIN_TOKEN)) + sized(frame(3, 1, METADATA[13:], 9)))
        assert error_code(client.receive()) == 0
        assert client.receive()[:4] == struct.pack(">i", 9)
    with RawClient(terminator.port) as client:
        client.exchange(handshake("PLAIN"))
        client.send_bytes(sized(authenticate(b"\0alice\0guessed")) + sized(METADATA))
        assert error_code(client.receive()) == 58
        assert client.is_closed_by_peer()


def test_a_session_ends_and_can_be_made_longer(
    start_sluice: Callable[..., Sluice], cluster: Cluster, users: Path, issuer: Issuer
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=terminating(users, issuer, more="  max_session: 1s")
    )
    with RawClient(sluice.port) as client:

        def sign_in() -> int:
            assert error_code(client.exchange(handshake("PLAIN"))) == 0
            answer = client.exchange(authenticate(PLAIN_TOKEN))
            assert error_code(answer) == 0
            return struct.unpack(">q", answer[-8:])[0]

        assert sign_in() == 1000
        client.exchange(METADATA)
        sign_in()
        with RawClient(sluice.port) as other:
            other.exchange(handshake("PLAIN"))
            other.exchange(authenticate(PLAIN_TOKEN))
            # The session of the other ends by and by; this one's is made longer in time.
            def is_over() -> bool:
                sign_in()
                client.exchange(METADATA)
                other.send(METADATA)
                try:
                    other.receive()
                except ConnectionError:
                    return True
                return False

            eventually(is_over, "the session's end")
    assert sluice.stats().total("sluice_downstream_connections_closed_total", reason="session_expired") == 1


def test_users_and_keys_are_taken_up_while_it_runs(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, tmp_path: Path, topic: str
) -> None:
    users, keys = tmp_path / "users", tmp_path / "keys.json"
    credentials(users, "add", "alice", password=PASSWORD)
    own = Issuer(tmp_path)
    try:
        keys.write_text(own.key_set)
        sluice = start_sluice(cluster.bootstrap_servers, listener=terminating(users, own, keys))
        assert credentials(users, "add", "bob", password="second").returncode == 0
        own.new_key("key-2")
        keys.write_text(own.key_set)

        def signs_in(mechanism: str, token: bytes) -> bool:
            with RawClient(sluice.port) as client:
                client.exchange(handshake(mechanism))
                answer = client.exchange(authenticate(token))
                return error_code(answer) == 0 and b"invalid_token" not in answer

        bearer = b"n,,\1auth=Bearer " + own.token().encode() + b"\1\1"
        eventually(lambda: signs_in("PLAIN", b"\0bob\0second"), "the new user")
        eventually(lambda: signs_in("OAUTHBEARER", bearer), "the new key")
        assert credentials(users, "remove", "bob").returncode == 0
        eventually(lambda: not signs_in("PLAIN", b"\0bob\0second"), "the end of the new user")
        # What cannot be read leaves the users as they are.
        users.write_text("alice nonsense\n")
        eventually(lambda: "stays in force" in sluice.errors, "the log line")
        assert signs_in("PLAIN", PLAIN_TOKEN)
    finally:
        own.stop()


def test_keys_are_asked_for_when_a_token_names_a_new_one(
    start_sluice: Callable[..., Sluice], cluster: Cluster, users: Path, tmp_path: Path
) -> None:
    own = Issuer(tmp_path)
    try:
        sluice = start_sluice(
            cluster.bootstrap_servers, listener=terminating(users, own, oauth="    jwks_refresh: 24h")
        )

        def answer(token: str) -> bytes:
            with RawClient(sluice.port) as client:
                client.exchange(handshake("OAUTHBEARER"))
                return client.exchange(authenticate(b"n,,\1auth=Bearer " + token.encode() + b"\1\1"))

        eventually(lambda: b"invalid_token" not in answer(own.token()), "the first keys")
        own.new_key("key-2")
        token = own.token()
        # Not more often than every ten seconds.
        eventually(lambda: b"invalid_token" not in answer(token), "the new key", deadline=30)
        assert own.keys_served == 2
    finally:
        own.stop()


# Passing through, and signing in for clients.


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_sign_in_that_passes_gives_the_principal(
    mechanism: str, terminator: Sluice, start_sluice: Callable[..., Sluice], clients: Clients, topic: str,
    issuer: Issuer,
) -> None:  # fmt: skip
    front = start_sluice(
        terminator.bootstrap, listener="filters:\n  - type: access_log\n    name: log\n    path: access.log\n"
    )
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT, **librdkafka(mechanism, issuer)}
    clients.run("confluent", "produce", front.client_ports, **where)
    eventually(lambda: principals(front, topic) == {"User:alice"}, "the principal in the log")
    assert front.stats().total(AUTHENTICATIONS, mechanism=mechanism, result="accepted") >= 1
    with RawClient(front.port) as client:
        client.exchange(handshake("PLAIN", version=0))
        client.send(PLAIN_TOKEN)
        assert client.receive() == b""
        client.exchange(METADATA)
        connections = json.loads(front.get("/connections?format=json"))["connections"]
        assert "User:alice" in {connection["principal"] for connection in connections}
    with RawClient(front.port) as client:
        client.exchange(handshake("PLAIN"))
        assert error_code(client.exchange(authenticate(b"\0alice\0guessed"))) == 58
    assert front.stats().total(AUTHENTICATIONS, mechanism="PLAIN", result="rejected") >= 1


def initiating(mechanism: str, issuer: Issuer, directory: Path) -> str:
    password = directory / "password"
    password.write_text(PASSWORD + "\n")
    if mechanism == "OAUTHBEARER":
        token = directory / "token"
        token.write_text(issuer.token())
        return f"sasl:\n  mechanism: OAUTHBEARER\n  token: {{ file: {token} }}\n"
    return f"sasl:\n  mechanism: {mechanism}\n  username: alice\n  password: {{ file: {password} }}\n"


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_sluice_signs_in_for_clients(
    mechanism: str, terminator: Sluice, start_sluice: Callable[..., Sluice], clients: Clients, topic: str,
    issuer: Issuer, tmp_path: Path,
) -> None:  # fmt: skip
    front = start_sluice(terminator.bootstrap, cluster=initiating(mechanism, issuer, tmp_path))
    eventually(lambda: len(json.loads(front.get("/clusters?format=json"))[0]["brokers"]) == 3, "the topology")
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run("confluent", "produce", front.client_ports, **where)
    found = clients.run("confluent", "consume", front.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    assert front.stats().total(UPSTREAM, cluster="main", mechanism=mechanism, result="accepted") >= 1
    # Who signs in although nobody has to is told so.
    with RawClient(front.port) as client:
        assert error_code(client.exchange(handshake("PLAIN"))) == 34
    assert PASSWORD not in front.errors


def test_sluice_signs_in_by_client_credentials(
    terminator: Sluice, start_sluice: Callable[..., Sluice], clients: Clients, topic: str, issuer: Issuer
) -> None:
    front = start_sluice(
        terminator.bootstrap,
        cluster=f"""\
sasl:
  mechanism: OAUTHBEARER
  client_credentials:
    token_endpoint: {issuer.token_url}
    client_id: sluice
    client_secret: {{ env: PATH }}
    scope: kafka
""",
    )
    issuer.asked.clear()
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT}
    assert clients.run("confluent", "produce", front.client_ports, **where)["delivered"] == COUNT
    assert front.stats().total(UPSTREAM, mechanism="OAUTHBEARER", result="accepted") >= 1
    assert len(issuer.asked) <= 1, "a token is kept until it is about to expire"


def test_a_session_with_a_broker_is_renewed_before_it_ends(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, users: Path, issuer: Issuer, topic: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    behind = start_sluice(
        cluster.bootstrap_servers, listener=terminating(users, issuer, more="  max_session: 5s")
    )
    front = start_sluice(behind.bootstrap, cluster=initiating("SCRAM-SHA-512", issuer, tmp_path))
    producer = clients.script(
        "confluent", "produce_until_stopped", front.client_ports, bootstrap=front.bootstrap, topic=topic
    )
    producer.event("delivered")

    def renewed() -> bool:
        stats = front.stats()
        connections = stats.total("sluice_downstream_connections_total")
        return stats.total(UPSTREAM, result="accepted") >= 2 * connections + 4

    eventually(renewed, "sessions that were renewed twice", deadline=40)
    result = producer.result()
    assert result["delivered"] == result["sent"]
    assert front.stats().total("sluice_downstream_connections_closed_total", reason="broker") == 0, behind.errors
    assert behind.stats().total("sluice_downstream_connections_closed_total", reason="session_expired") == 0


def test_another_password_is_taken_up_by_the_next_connection(
    start_sluice: Callable[..., Sluice], cluster: Cluster, issuer: Issuer, tmp_path: Path
) -> None:
    users = tmp_path / "users"
    credentials(users, "add", "alice", password=PASSWORD)
    behind = start_sluice(cluster.bootstrap_servers, listener=terminating(users, issuer))
    front = start_sluice(behind.bootstrap, cluster=initiating("SCRAM-SHA-256", issuer, tmp_path))

    def passes() -> bool:
        with RawClient(front.port) as client:
            try:
                client.exchange(METADATA)
            except ConnectionError:
                return False
            return True

    eventually(passes, "the first password")
    credentials(users, "add", "alice", password="another")
    eventually(lambda: not passes(), "the brokers' new password")
    assert front.stats().total(UPSTREAM, result="rejected") >= 1
    (tmp_path / "password").write_text("another\n")
    eventually(passes, "the new password")


# The command.


def test_the_credentials_command(tmp_path: Path) -> None:
    file = tmp_path / "users"
    assert credentials(file, "add", "alice", password=PASSWORD).returncode == 0
    assert credentials(file, "add", "space man", password="x").returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.read_text()
    assert credentials(file, "verify", "alice", password=PASSWORD).returncode == 0
    assert credentials(file, "verify", "alice", password="guessed").returncode == 1
    assert credentials(file, "verify", "bob", password=PASSWORD).returncode == 1
    listed = run_to_end("credentials", "list", "-f", file).stdout
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["alice", "space man"]
    link = tmp_path / "link"
    link.symlink_to(file)
    assert credentials(link, "add", "alice", password="other").returncode == 0
    assert link.is_symlink() and credentials(file, "verify", "alice", password="other").returncode == 0
    assert credentials(file, "remove", "alice").returncode == 0
    assert credentials(file, "remove", "alice").returncode == 1
    assert credentials(file, "add", "bob", password="").returncode != 0
    assert list(tmp_path.iterdir()) == [file, link] or len(list(tmp_path.iterdir())) == 2
    threads = [
        threading.Thread(target=credentials, args=(file, "add", f"user-{index}"), kwargs={"password": "p"})
        for index in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(run_to_end("credentials", "list", "-f", file).stdout.splitlines()) == 9
