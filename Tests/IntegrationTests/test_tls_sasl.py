"""SASL inside of TLS, certificates on one side and passwords on the other, and keys and tokens by https."""

import json
import ssl
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from harness.authority import LOOPBACK, Authority, Pair
from harness.clients import Clients
from harness.cluster import Cluster
from harness.issuer import ISSUER, Issuer
from harness.sluice import BINARY, Sluice
from harness.tls import block, client_settings, librdkafka
from harness.waiting import eventually

COUNT = 100
PASSWORD = "correct horse"
LOG = "filters:\n  - { type: access_log, name: log, path: access.log }\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.issue("server", *LOOPBACK)


@pytest.fixture(scope="module")
def app(authority: Authority) -> Pair:
    return authority.issue("app", subject="/CN=app")


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("users") / "users"
    subprocess.run(
        [BINARY, "credentials", "add", "-f", file, "alice", "--iterations", "4096"],
        input=PASSWORD + "\n", text=True, check=True, capture_output=True,
    )  # fmt: skip
    return file


def signing_in(users: Path) -> str:
    return f"sasl:\n  mode: terminate\n  mechanisms: [PLAIN, SCRAM-SHA-256, SCRAM-SHA-512]\n  credentials_file: {users}\n"


def principals(sluice: Sluice, api: str = "Produce") -> set[str]:
    lines = (sluice.directory / "access.log").read_text().splitlines(keepends=True)
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return {line["principal"] for line in found if line["api"] == api}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_who_signs_in_inside_of_tls_is_who_signed_in(
    script: str, mechanism: str, cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair,
    app: Pair, users: Path, clients: Clients, topic: str,
) -> None:  # fmt: skip
    """The client has a certificate as well: the name of its sign-in counts, as with SASL_SSL at a broker."""
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\n"
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings) + signing_in(users) + LOG)
    secured = client_settings(script, authority, app)
    if script == "confluent":
        secured |= {
            "security.protocol": "sasl_ssl", "sasl.mechanism": mechanism, "sasl.username": "alice",
            "sasl.password": PASSWORD,
        }  # fmt: skip
    else:
        secured["security"] |= {
            "security_protocol": "SASL_SSL", "sasl_mechanism": mechanism, "sasl_plain_username": "alice",
            "sasl_plain_password": PASSWORD,
        }  # fmt: skip
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run(script, "produce", sluice.client_ports, **where, **secured)
    found = clients.run(script, "consume", sluice.client_ports, **where, **secured)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    eventually(lambda: principals(sluice) == {"User:alice"}, "the name of the sign-in")


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_certificates_on_one_side_and_passwords_on_the_other(
    mechanism: str, cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, app: Pair,
    users: Path, clients: Clients, topic: str, tmp_path: Path,
) -> None:  # fmt: skip
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    behind = start_sluice(cluster.bootstrap_servers, listener=block(server.settings) + signing_in(users) + LOG)
    mutual = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\n"
    signs_in = f"sasl:\n  mechanism: {mechanism}\n  username: alice\n  password: {{ file: {secret} }}\n"
    front = start_sluice(
        behind.bootstrap, listener=block(mutual) + LOG, cluster=block(f"ca: {authority.certificate}\n") + signs_in
    )
    where = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT, **librdkafka(authority, app)}
    sent = clients.run("confluent", "produce", front.client_ports, **where)
    found = clients.run("confluent", "consume", front.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    eventually(lambda: principals(front) == {"User:CN=app"} and principals(behind) == {"User:alice"}, "both names")


def served(server: Pair) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(server.certificate, server.key)
    return tls


def test_keys_and_tokens_by_https(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, server: Pair, clients: Clients,
    topic: str, tmp_path: Path,
) -> None:  # fmt: skip
    issuer = Issuer(tmp_path, served(server))
    secret = tmp_path / "secret"
    secret.write_text("hush")
    keys = f"""\
sasl:
  mode: terminate
  mechanisms: [OAUTHBEARER]
  oauth:
    jwks_url: {issuer.keys_url}
    jwks_ca: {authority.certificate}
    issuer: {ISSUER}
    audience: kafka
"""
    tokens = f"""\
sasl:
  mechanism: OAUTHBEARER
  client_credentials:
    token_endpoint: {issuer.token_url}
    ca: {authority.certificate}
    client_id: sluice
    client_secret: {{ file: {secret} }}
"""
    try:
        behind = start_sluice(cluster.bootstrap_servers, listener=keys + LOG)
        front = start_sluice(behind.bootstrap, cluster=tokens)
        where: dict[str, Any] = {"bootstrap": front.bootstrap, "topic": topic, "count": COUNT}
        sent = clients.run("confluent", "produce", front.client_ports, **where)
        assert sent["delivered"] == COUNT
        eventually(lambda: principals(behind) == {"User:alice"}, "the token's name")
    finally:
        issuer.stop()


def test_a_server_of_keys_that_is_not_trusted_is_not_asked(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, tmp_path: Path
) -> None:
    issuer = Issuer(tmp_path, served(server))
    other = Authority(tmp_path, "other")
    listener = f"""\
sasl:
  mode: terminate
  mechanisms: [OAUTHBEARER]
  oauth:
    jwks_url: {issuer.keys_url}
    jwks_ca: {other.certificate}
"""
    try:
        sluice = start_sluice(cluster.bootstrap_servers, listener=listener)
        eventually(lambda: "keys of tokens cannot be read" in sluice.errors, "an error")
        assert "unknown_ca" in sluice.errors
        assert issuer.keys_served == 0
    finally:
        issuer.stop()


@pytest.mark.parametrize("file", ["/nowhere", "{server}"])
def test_authorities_that_are_none(file: str, server: Pair, tmp_path: Path) -> None:
    from harness.sluice import run_to_end

    path = tmp_path / "c.yaml"
    path.write_text(
        "listeners:\n  - name: a\n    address: 127.0.0.1:9092\n    cluster: main\n"
        "    brokers: { mode: pass_through }\n    sasl:\n      mode: terminate\n      mechanisms: [OAUTHBEARER]\n"
        f"      oauth: {{ jwks_url: 'https://x/y', jwks_ca: {file.replace('{server}', str(server.key))} }}\n"
        "clusters:\n  - { name: main, bootstrap_servers: a:1 }\n"
    )
    done = run_to_end("validate", "-c", path)
    assert done.returncode == 1 and "oauth.jwks_ca" in done.stdout + done.stderr
