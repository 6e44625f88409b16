"""Consumer groups through Sluice: assignment, rebalance, commits, and the groups of KIP-848."""

from typing import Any

import pytest
from harness.clients import Client, Clients
from harness.cluster import Cluster
from harness.sluice import Sluice
from harness.waiting import DEADLINE

PARTITIONS = {0, 1, 2, 3}


def wait_until_shared(members: list[Client], deadline: float = DEADLINE) -> None:
    """Waits until the members have been assigned all partitions between them, each to one, and none goes without."""
    latest: dict[int, set[int]] = {}

    def is_shared() -> bool:
        if len(latest) < len(members) or not all(latest.values()):
            return False
        return sum(map(len, latest.values())) == len(PARTITIONS) and set().union(*latest.values()) == PARTITIONS

    for _ in range(20):
        for number, member in enumerate(members):
            if is_shared():
                return
            latest[number] = set(member.event("assigned", deadline)["partitions"])
    assert is_shared(), latest


def start_member(clients: Clients, sluice: Sluice, topic: str, **settings: Any) -> Client:
    return clients.script(
        "confluent", "member", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, group=topic, **settings
    )


def test_a_group_shares_its_partitions_again_as_members_come_and_go(
    sluice: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    clients.run("confluent", "produce", sluice.client_ports, count=400, **where)

    first = start_member(clients, sluice, topic)
    wait_until_shared([first])
    second = start_member(clients, sluice, topic)
    wait_until_shared([first, second])
    third = start_member(clients, sluice, topic)
    wait_until_shared([first, second, third])

    read = third.result()["read"]
    wait_until_shared([first, second])
    read += second.result()["read"]
    wait_until_shared([first])
    read += first.result()["read"]
    # Nothing is committed on the way, so that records may be read again after a rebalance, but none is left out.
    assert read >= 400


def test_a_group_of_the_new_protocol(sluice: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 300}
    sent = clients.run("confluent", "produce", sluice.client_ports, **where)
    found = clients.run(
        "confluent", "consume_group", sluice.client_ports, group=topic,
        **{"group.protocol": "consumer", "session.timeout.ms": None, "heartbeat.interval.ms": None}, **where,
    )  # fmt: skip
    assert found == {"count": 300, "digest": sent["digest"]}
    assert sluice.stats().total("sluice_requests_total", api="ConsumerGroupHeartbeat") > 0


@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_a_second_life_of_a_group_begins_at_its_commit(
    script: str, sluice: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "group": topic}
    produce = {"bootstrap": sluice.bootstrap, "topic": topic}
    for count in (100, 150):
        sent = clients.run("confluent", "produce", sluice.client_ports, count=count, **produce)
        found = clients.run(script, "consume_group", sluice.client_ports, count=count, **where)
        assert found == {"count": count, "digest": sent["digest"]}


def test_the_coordinator_may_be_any_broker(
    sluice: Sluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    for broker in cluster.ports:
        group = f"{topic}-{broker}"
        cluster.set_coordinator("group", group, broker)
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 10}
        if broker == 1:
            clients.run("confluent", "produce", sluice.client_ports, **where)
        assert clients.run("confluent", "consume_group", sluice.client_ports, group=group, **where)["count"] == 10
