"""Certificates that are replaced while Sluice runs, and what is said of them."""

import json
import time
from pathlib import Path
from typing import Callable

import pytest
from harness.authority import LOOPBACK, Authority, Pair
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice, run_to_end
from harness.tls import TLSClient, api_versions, block, context, librdkafka, serial_of, write_links
from harness.waiting import eventually
from harness.wire import request

RELOADS = "sluice_certificate_reloads_total"
EXPIRY = "sluice_certificate_expiry_timestamp_seconds"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def shown(sluice: Sluice, authority: Authority) -> str:
    """The serial number of the certificate that new connections see."""
    with TLSClient(sluice.port, context(authority)) as client:
        return client.serial


def copy(pair: Pair, directory: Path) -> Pair:
    target = Pair(directory / "used.pem", directory / "used.key")
    pair.copy_to(target)
    return target


def test_files_are_renamed_under_running_clients(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, clients: Clients, topic: str, tmp_path: Path
) -> None:
    first, second = authority.issue("first", *LOOPBACK), authority.issue("second", *LOOPBACK)
    used = copy(first, tmp_path)
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(used.settings))
    with TLSClient(sluice.port, context(authority)) as before:
        assert before.serial == serial_of(first)
        producer = clients.script(
            "confluent", "produce_until_stopped", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic,
            **librdkafka(authority),
        )  # fmt: skip
        producer.event("delivered")
        second.copy_to(used)
        eventually(lambda: shown(sluice, authority) == serial_of(second), "the new certificate")
        count = producer.event("delivered")["count"]
        assert producer.event("delivered")["count"] > count
        # What is open goes on.
        assert api_versions(before) > 10
        result = producer.result()
    assert result["left"] == 0 and result["delivered"] == result["sent"]
    stats = sluice.stats()
    assert stats.total(RELOADS, listener="apps", result="applied") >= 1
    assert [labels["serial"] for labels, _ in stats.select(EXPIRY, role="certificate")] == [serial_of(second)]
    # Another content of the files is no other configuration.
    assert json.loads(sluice.request("/reload?format=json", "POST")[1])["changes"] is False


def test_a_symbolic_link_is_swapped(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    first, second = authority.issue("first", *LOOPBACK), authority.issue("second", *LOOPBACK)
    used = write_links(tmp_path / "secret", "1", first)
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(used.settings))
    assert shown(sluice, authority) == serial_of(first)
    write_links(tmp_path / "secret", "2", second)
    eventually(lambda: shown(sluice, authority) == serial_of(second), "the new certificate")


def test_a_broken_pair_is_refused_and_the_old_one_stays(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    first, second = authority.issue("first", *LOOPBACK), authority.issue("second", *LOOPBACK)
    used = copy(first, tmp_path)
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(used.settings))
    # A certificate whose key has not come yet.
    used.certificate.write_bytes(second.certificate.read_bytes())
    eventually(lambda: sluice.stats().total(RELOADS, result="refused") == 1, "refused")
    assert shown(sluice, authority) == serial_of(first)
    (listener,) = json.loads(sluice.get("/certs"))
    assert listener["last_error"] and str(tmp_path) in listener["last_error"]
    assert listener["certificates"][0]["serial"] == serial_of(first)
    used.key.write_bytes(second.key.read_bytes())
    eventually(lambda: shown(sluice, authority) == serial_of(second), "the new pair")
    assert "last_error" not in json.loads(sluice.get("/certs"))[0]
    # Half of a file.
    used.certificate.write_bytes(first.certificate.read_bytes()[:100])
    eventually(lambda: sluice.stats().total(RELOADS, result="refused") == 2, "refused again")
    assert shown(sluice, authority) == serial_of(second)


def test_a_ca_of_clients_is_exchanged(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.certificate.read_bytes())
    server = authority.issue("server", *LOOPBACK)
    settings = server.settings + f"client_ca: {trusted}\nclient_certificate: required\n"
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    new = other.issue("app")

    def is_let_in() -> bool:
        try:
            with TLSClient(sluice.port, context(authority, new)) as client:
                return api_versions(client) > 10
        except OSError:
            return False

    assert not is_let_in()
    trusted.write_bytes(authority.certificate.read_bytes() + other.certificate.read_bytes())
    eventually(is_let_in, "the client of the other CA")


def test_a_certificate_of_sluice_is_exchanged(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    first, second = authority.issue("first"), authority.issue("second")
    used = copy(first, tmp_path)
    server = authority.issue("server", *LOOPBACK)
    settings = server.settings + f"client_ca: {authority.certificate}\nclient_certificate: required\nsession_tickets: false\n"
    log = "filters:\n  - { type: access_log, name: log, path: access.log }\n"
    behind = start_sluice(cluster.bootstrap_servers, listener=block(settings) + log)
    front = start_sluice(behind.bootstrap, cluster=block(f"ca: {authority.certificate}\n" + used.settings))

    def seen(name: str) -> bool:
        with RawClient(front.port) as client:
            client.exchange(request(18, 0, b""))
        return f"CN={name},O=Tests" in (behind.directory / "access.log").read_text()

    eventually(lambda: seen("first"), "the first")
    second.copy_to(used)
    eventually(lambda: seen("second"), "the second")
    assert front.stats().total(RELOADS, cluster="main", result="applied") >= 1


def test_certificates_that_expire_are_shown(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority
) -> None:
    pair = authority.issue("server", *LOOPBACK, subject="/C=DE/CN=sluice")
    late = authority.expired("late", "DNS:late.example.com")
    settings = pair.settings + f"certificates:\n  - certificate: {late.certificate}\n    private_key: {late.key}\n"
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=block(settings), cluster=block(f"ca: {authority.certificate}\n")
    )
    listener, ours = json.loads(sluice.get("/certs"))
    assert listener["listener"] == "apps" and ours["cluster"] == "main"
    one = listener["certificates"][0]
    assert one["subject"] == "CN=sluice,C=DE" and one["issuer"] == "CN=ca,O=Tests"
    assert one["alternative_names"] == ["dns:localhost", "ip:127.0.0.1"]
    assert one["days_left"] == 29 and one["role"] == "certificate" and one["file"] == str(pair.certificate)
    assert {certificate["role"] for certificate in ours["certificates"]} == {"ca"}
    text = sluice.get("/certs?format=text")
    assert "CN=sluice,C=DE" in text and "cluster main" in text
    expiry = sluice.stats().select(EXPIRY, listener="apps", file=pair.certificate)
    assert [round((value - time.time()) / 86400) for _, value in expiry] == [30]
    assert "expired" in sluice.errors
    assert "hush" not in sluice.get("/config_dump")


def test_passphrases(
    cluster: Cluster, start_sluice: Callable[..., Sluice], authority: Authority, tmp_path: Path
) -> None:
    pair = authority.issue("server", *LOOPBACK, passphrase="hush-hush")
    secret = tmp_path / "passphrase"
    secret.write_text("hush-hush\n")
    settings = pair.settings + f"private_key_passphrase: {{ file: {secret} }}\n"
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(settings))
    assert shown(sluice, authority) == serial_of(pair)
    assert "hush-hush" not in sluice.get("/config_dump") + sluice.get("/certs") + sluice.errors
    secret.write_text("wrong\n")
    done = run_to_end("validate", "-c", sluice.file)
    assert done.returncode == 1
    assert "listeners[0].tls.private_key_passphrase" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"certificate": "missing.pem"}, "tls.certificate: cannot read"),
        ({"private_key": "{other}"}, "tls.private_key: "),
        ({"certificate": "{key}"}, "tls.certificate: "),
        ({"client_certificate": "required"}, "tls.client_ca: missing"),
        ({"min_version": "TLSv1.1"}, "tls.min_version: expected one of TLSv1.2, TLSv1.3"),
        ({"ciphers": "NONSENSE"}, "tls.ciphers: "),
        ({"groups": "NONSENSE"}, "tls.groups: "),
        ({"cipher_suites": "NONSENSE"}, "tls.cipher_suites: "),
        ({"principal": '{ mapping_rules: "RULE:(/x/" }'}, "tls.principal.mapping_rules: "),
    ],
)
def test_mistakes_are_found_before_the_start(
    change: dict[str, str], path: str, authority: Authority, tmp_path: Path
) -> None:
    pair, other = authority.issue("server"), authority.issue("other")
    keys = {"certificate": str(pair.certificate), "private_key": str(pair.key)}
    if "principal" in change:
        keys |= {"client_certificate": "required", "client_ca": str(authority.certificate)}
    keys |= {name: value.replace("{other}", str(other.key)).replace("{key}", str(pair.key)) for name, value in change.items()}
    file = tmp_path / "c.yaml"
    file.write_text(
        "listeners:\n  - name: apps\n    address: 127.0.0.1:9092\n    cluster: main\n"
        "    brokers: { mode: ports, ports: 9093-9095 }\n    tls:\n"
        + "".join(f"      {name}: {value}\n" for name, value in keys.items())
        + "clusters:\n  - name: main\n    bootstrap_servers: [127.0.0.1:1]\n"
    )
    done = run_to_end("validate", "-c", file)
    assert done.returncode == 1
    assert f"listeners[0].{path}" in done.stdout + done.stderr
