"""Brokers that share one port, told apart by the server name of the TLS handshake.

Names under `sluice.test` lead to 127.0.0.1 for the clients of the harness.
"""

import json
import ssl
from typing import Any, Callable, Iterator

import pytest
from harness.authority import Authority, Pair
from harness.clients import Clients
from harness.cluster import Cluster
from harness.sluice import Sluice
from harness.tls import TLSClient, api_versions, block, client_settings, context, serial_of
from harness.waiting import eventually
from harness.wire import request

COUNT = 200
BOOTSTRAP = "bootstrap.sluice.test"
CLOSED = "sluice_downstream_connections_closed_total"
BROKERS = "mode: sni\nbootstrap_host: bootstrap.sluice.test\nbroker_host: broker-{id}.sluice.test\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.issue("server", "DNS:*.sluice.test")


@pytest.fixture(scope="module")
def special(authority: Authority) -> Pair:
    """A certificate for one broker alone."""
    return authority.issue("special", "DNS:broker-2.sluice.test")


@pytest.fixture(scope="module")
def named(
    cluster: Cluster, server: Pair, special: Pair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sluice]:
    settings = (
        server.settings
        + f"certificates:\n  - certificate: {special.certificate}\n    private_key: {special.key}\n"
    )
    directory = tmp_path_factory.mktemp("named") / "sluice"
    with Sluice(directory, cluster.bootstrap_servers, listener=block(settings), brokers=BROKERS) as running:
        yield running


@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_clients_find_brokers_by_name(
    script: str, named: Sluice, clients: Clients, topic: str, cluster: Cluster, authority: Authority
) -> None:
    cluster.create_topic(topic, partitions=6)
    for partition in range(6):
        cluster.set_leader(topic, partition, partition % 3 + 1)
    where = {"bootstrap": f"{BOOTSTRAP}:{named.port}", "topic": topic, "count": COUNT}
    settings = client_settings(script, authority)
    # There is one port, and nothing else may be connected to.
    sent = clients.run(script, "produce", {named.port}, **where, **settings)
    found = clients.run(script, "consume", {named.port}, **where, **settings)
    assert found == {"count": COUNT, "digest": sent["digest"]}


def test_addresses_that_clients_are_told(named: Sluice, clients: Clients, authority: Authority) -> None:
    settings = client_settings("confluent", authority)
    found = clients.run("confluent", "metadata", {named.port}, bootstrap=f"{BOOTSTRAP}:{named.port}", **settings)
    assert found == {str(broker): f"broker-{broker}.sluice.test:{named.port}" for broker in (1, 2, 3)}
    page = named.get("/clusters")
    assert f"apps broker-1.sluice.test:{named.port}" in page
    assert "broker-{id}.sluice.test" in page
    (listener,) = json.loads(named.get("/listeners?format=json"))
    assert (listener["mode"], listener["tls"]) == ("sni", "tls")


def test_groups_find_their_coordinator(
    named: Sluice, clients: Clients, topic: str, cluster: Cluster, authority: Authority
) -> None:
    cluster.set_coordinator("group", topic, 3)
    where = {"bootstrap": f"{BOOTSTRAP}:{named.port}", "topic": topic, "count": COUNT}
    settings = client_settings("confluent", authority)
    sent = clients.run("confluent", "produce", {named.port}, **where, **settings)
    found = clients.run("confluent", "consume_group", {named.port}, group=topic, **where, **settings)
    assert found == {"count": COUNT, "digest": sent["digest"]}


@pytest.mark.parametrize("broker", [1, 2, 3])
def test_the_name_leads_to_its_broker(named: Sluice, broker: int, authority: Authority, server: Pair, special: Pair) -> None:
    with TLSClient(named.port, context(authority), f"broker-{broker}.sluice.test") as client:
        api_versions(client)
        connections = json.loads(named.get("/connections?format=json"))["connections"]
        assert f"main/{broker}" in {connection["upstream"] for connection in connections}
        assert client.serial == serial_of(special if broker == 2 else server)


def test_names_in_any_case(named: Sluice, authority: Authority) -> None:
    tls = context(authority)
    tls.check_hostname = False
    with TLSClient(named.port, tls, "BROKER-1.Sluice.Test") as client:
        assert api_versions(client) > 10


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (None, "no_server_name"),
        ("other.sluice.test", "unknown_server_name"),
        ("broker-01.sluice.test", "unknown_server_name"),
        ("broker-99999999999.sluice.test", "unknown_server_name"),
        ("broker-x.sluice.test", "unknown_server_name"),
        ("localhost", "unknown_server_name"),
    ],
)
def test_names_that_tell_no_broker(named: Sluice, name: str | None, reason: str, authority: Authority) -> None:
    before = named.stats().total(CLOSED, reason=reason)
    tls = context(authority)
    tls.check_hostname = False
    with pytest.raises((ssl.SSLError, ConnectionError)), TLSClient(named.port, tls, name) as client:
        api_versions(client)
    eventually(lambda: named.stats().total(CLOSED, reason=reason) > before, "counted")
    assert "its TLS server name tells no broker" in named.errors


def test_a_broker_that_nobody_knows(named: Sluice, authority: Authority) -> None:
    """As on the port of a broker that is not known: ApiVersions passes, and what goes further ends the connection."""
    with TLSClient(named.port, context(authority), "broker-77.sluice.test") as client:
        assert api_versions(client) > 10
        client.send(request(3, 1, b"\x00\x00\x00\x00"))
        assert client.is_closed_by_peer()


def test_sni_without_tls_is_an_error(tmp_path: Any, cluster: Cluster) -> None:
    from harness.sluice import run_to_end

    file = tmp_path / "c.yaml"
    file.write_text(
        "listeners:\n  - name: apps\n    address: 127.0.0.1:9092\n    cluster: main\n    brokers:\n"
        + "".join(f"      {line}\n" for line in BROKERS.splitlines())
        + "clusters:\n  - name: main\n    bootstrap_servers: [127.0.0.1:1]\n"
    )
    done = run_to_end("validate", "-c", file)
    assert done.returncode == 1
    assert "sni needs tls on the listener" in done.stderr + done.stdout


def test_addresses_follow_a_reload(
    cluster: Cluster, start_sluice: Callable[..., Sluice], server: Pair, authority: Authority, clients: Clients
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=block(server.settings), brokers=BROKERS)
    settings = client_settings("confluent", authority)
    changed = sluice.configuration.replace("broker-{id}.sluice.test", "node{id}x.sluice.test")
    sluice.reload(changed.replace("mode: sni", "mode: sni\n      advertised_port: 12345"))
    found = clients.run("confluent", "metadata", {sluice.port, 12345}, bootstrap=f"{BOOTSTRAP}:{sluice.port}", **settings)
    assert found == {str(broker): f"node{broker}x.sluice.test:12345" for broker in (1, 2, 3)}
