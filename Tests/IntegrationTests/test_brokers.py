"""The virtual cluster follows the real one: addresses, brokers that come, go and come back."""

import json
from pathlib import Path
from typing import Callable

from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.waiting import eventually
from harness.wire import request

API_VERSIONS = request(18, 0, b"")
# Version 1, for all topics.
METADATA = request(3, 1, (-1).to_bytes(4, "big", signed=True))


def test_clients_see_each_broker_at_an_address_of_sluice(sluice: Sluice, cluster: Cluster, clients: Clients) -> None:
    seen = clients.run("confluent", "metadata", sluice.client_ports, bootstrap=sluice.bootstrap)
    assert seen == {str(broker): f"127.0.0.1:{sluice.broker_port(broker)}" for broker in cluster.ports}


def test_kcat_lists_the_cluster_through_sluice(sluice: Sluice, cluster: Cluster, clients: Clients) -> None:
    listing = json.loads(clients.kcat("-L", "-J", "-b", sluice.bootstrap, allowed=sluice.client_ports))
    assert {broker["id"]: broker["name"] for broker in listing["brokers"]} == {
        broker: f"127.0.0.1:{sluice.broker_port(broker)}" for broker in cluster.ports
    }


def test_a_broker_goes_down_and_comes_back_without_a_record_lost(
    start_sluice: Callable[..., Sluice], clients: Clients, topic: str
) -> None:
    with Cluster() as cluster:
        cluster.create_topic(topic, partitions=3)
        for partition in range(3):
            cluster.set_leader(topic, partition, partition + 1)
        sluice = start_sluice(cluster.bootstrap_servers)
        producer = clients.script(
            "confluent", "produce_until_stopped", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic
        )
        assert producer.event("delivered")["count"] >= 100
        with RawClient(sluice.broker_port(2)) as through:
            through.exchange(API_VERSIONS)
            cluster.set_down(2)
            # As that broker would: what is open is closed, what is new is refused or closed.
            assert through.is_closed_by_peer()
            eventually(lambda: is_refused(sluice.broker_port(2)), "broker 2 refused")
            # The others go on.
            with RawClient(sluice.broker_port(1)) as other:
                other.exchange(API_VERSIONS)
            cluster.set_up(2)
        eventually(lambda: not is_refused(sluice.broker_port(2)), "broker 2 back")
        delivered = producer.event("delivered")["count"]
        while producer.event("delivered")["count"] < delivered + 300:
            pass
        result = producer.result()
        assert result["left"] == 0 and result["delivered"] == result["sent"]
        found = clients.run(
            "confluent", "consume", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=result["sent"]
        )
        assert found["count"] == result["sent"]


def is_refused(port: int) -> bool:
    """Whether a client is turned away there: at once, or, where Sluice has forgotten the broker, with its first request."""
    try:
        with RawClient(port) as client:
            client.exchange(API_VERSIONS)
            client.exchange(METADATA)
    except (ConnectionError, BrokenPipeError):
        return True
    return False


def test_a_broker_that_joins_is_reached_through_sluice(
    start_sluice: Callable[..., Sluice], clients: Clients, topic: str
) -> None:
    with Cluster(brokers=1) as cluster:
        cluster.create_topic(topic, partitions=2)
        sluice = start_sluice(cluster.bootstrap_servers)
        cluster.add_broker(7)
        cluster.set_leader(topic, 1, 7)
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 200}
        sent = clients.run("confluent", "produce", sluice.client_ports, **where)
        found = clients.run("confluent", "consume", sluice.client_ports, **where)
        assert found == {"count": 200, "digest": sent["digest"]}
        seen = clients.run("confluent", "metadata", sluice.client_ports, bootstrap=sluice.bootstrap)
        assert seen["7"] == f"127.0.0.1:{sluice.broker_port(7)}"


def test_the_port_of_a_broker_that_is_not_known_turns_clients_away(sluice: Sluice) -> None:
    with RawClient(sluice.broker_port(9)) as client:
        # ApiVersions passes, so that the client sees that Kafka is spoken here; then it is to come back later.
        client.exchange(API_VERSIONS)
        client.send(METADATA)
        assert client.is_closed_by_peer()


def test_an_id_outside_the_port_range_is_refused_and_shown(start_sluice: Callable[..., Sluice], tmp_path: Path) -> None:
    with Cluster(brokers=1) as cluster:
        sluice = start_sluice(cluster.bootstrap_servers)
        cluster.add_broker(1000)
        with RawClient(sluice.port) as client:
            answer = client.exchange(METADATA)
        assert b"127.0.0.1" + (1000).to_bytes(4, "big") not in answer
        eventually(lambda: "1000" in sluice.get("/clusters"), "broker 1000 at /clusters")
