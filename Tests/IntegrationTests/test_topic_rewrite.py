"""Topics and groups under other names: real clients before Sluice, and what the broker has behind it."""

from collections.abc import Callable, Iterator

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.sluice import Sluice
from test_groups import PARTITIONS, start_member, wait_until_shared

SCRIPTS = ["confluent", "kafka_python", "aio"]
COUNT = 300


def filters(*rules: str, groups: str = "") -> str:
    """The filter with these rules, each a YAML mapping in one line."""
    lines = ["filters:", "  - type: topic_rewrite", "    name: names", "    rules:"]
    lines += [f"      - {rule}" for rule in rules]
    return "\n".join(lines + ([f"    groups: {groups}"] if groups else [])) + "\n"


TENANT = filters('{ prefix: "", to_prefix: "t1.", hide_others: true }', groups='{ prefix: "t1." }')


@pytest.fixture(scope="module")
def tenant(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sluice]:
    """Sluice that shows its clients a tenant's names only."""
    with Sluice(tmp_path_factory.mktemp("tenant"), cluster.bootstrap_servers, listener=TENANT) as running:
        yield running


class Behind:
    """The cluster without Sluice before it."""

    def __init__(self, clients: Clients, cluster: Cluster) -> None:
        self._clients, self._cluster = clients, cluster

    def run(self, action: str, **settings: object):
        return self._clients.run(
            "confluent", action, set(self._cluster.ports.values()), bootstrap=self._cluster.bootstrap_servers, **settings
        )


@pytest.fixture
def behind(clients: Clients, cluster: Cluster) -> Behind:
    return Behind(clients, cluster)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_canary_and_a_plain_client_side_by_side(
    script: str, start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, behind: Behind, topic: str
) -> None:
    rule = f"{{ topic: {topic}, to: {topic}.canary, when: {{ client_id: {{ prefix: checkout-canary }} }} }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=filters(rule))
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    plain = clients.run(script, "produce", sluice.client_ports, count=COUNT, **where)
    canary = clients.run(script, "produce", sluice.client_ports, count=COUNT + 7, client_id="checkout-canary-1", **where)

    # Each reads back what it wrote, under the one name that it knows.
    for client_id, sent, count in [("other", plain, COUNT), ("checkout-canary-2", canary, COUNT + 7)]:
        found = clients.run(script, "consume", sluice.client_ports, count=count, client_id=client_id, **where)
        assert found == {"count": count, "digest": sent["digest"]}
    # And the broker has it in two topics.
    assert behind.run("consume", topic=topic, count=COUNT)["digest"] == plain["digest"]
    assert behind.run("consume", topic=f"{topic}.canary", count=COUNT + 7)["digest"] == canary["digest"]

    stats = sluice.stats()
    assert stats.total("sluice_topic_rewrite_requests_total", rule=topic, target=f"{topic}.canary") > 0
    # The canary sees neither the topic that has its own under its name, nor that name twice.
    seen = clients.run("confluent", "list_topics", sluice.client_ports, bootstrap=sluice.bootstrap, client_id="checkout-canary-3")
    assert topic in seen and f"{topic}.canary" not in seen
    missing = clients.run(
        "confluent", "produce_to_missing", sluice.client_ports, bootstrap=sluice.bootstrap, topic=f"{topic}.canary",
        client_id="checkout-canary-4",
    )  # fmt: skip
    assert missing["error"] in {"_MSG_TIMED_OUT", "_UNKNOWN_TOPIC", "UNKNOWN_TOPIC_OR_PART"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_tenant_reads_and_writes_under_its_own_names(
    script: str, tenant: Sluice, clients: Clients, behind: Behind, topic: str
) -> None:
    where = {"bootstrap": tenant.bootstrap, "topic": topic}
    sent = clients.run(script, "produce", tenant.client_ports, count=COUNT, **where)
    found = clients.run(script, "consume_group", tenant.client_ports, group=topic, count=COUNT, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}
    assert behind.run("consume", topic=f"t1.{topic}", count=COUNT)["digest"] == sent["digest"]
    # The offsets are committed under the broker's names, and read back under both.
    committed = behind.run("committed", topic=f"t1.{topic}", group=f"t1.{topic}")
    assert sum(committed.values()) == COUNT
    assert clients.run("confluent", "committed", tenant.client_ports, group=topic, **where) == committed
    # A second life of the group begins at its commit.
    sent = clients.run(script, "produce", tenant.client_ports, count=50, **where)
    found = clients.run(script, "consume_group", tenant.client_ports, group=topic, count=50, **where)
    assert found == {"count": 50, "digest": sent["digest"]}


def test_a_tenant_sees_its_own_topics_only(tenant: Sluice, clients: Clients, behind: Behind, topic: str) -> None:
    behind.run("produce", topic=topic, count=1)
    behind.run("produce", topic=f"t1.{topic}-mine", count=1)
    everything = behind.run("list_topics")
    assert topic in everything and f"t1.{topic}-mine" in everything
    seen = clients.run("confluent", "list_topics", tenant.client_ports, bootstrap=tenant.bootstrap)
    assert f"{topic}-mine" in seen
    assert topic not in seen
    assert not [name for name in seen if name.startswith("t1.")]
    assert {f"t1.{name}" for name in seen} == {name for name in everything if name.startswith("t1.")}


def test_a_group_shares_the_partitions_of_a_renamed_topic_again_as_members_come_and_go(
    tenant: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": tenant.bootstrap, "topic": topic}
    clients.run("confluent", "produce", tenant.client_ports, count=400, **where)
    first = start_member(clients, tenant, topic)
    wait_until_shared([first])
    second = start_member(clients, tenant, topic)
    wait_until_shared([first, second])
    read = second.result()["read"]
    wait_until_shared([first])
    assert first.result()["read"] + read >= 400
    assert PARTITIONS == {0, 1, 2, 3}


def test_a_group_of_the_new_protocol(tenant: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": tenant.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run("confluent", "produce", tenant.client_ports, **where)
    found = clients.run(
        "confluent", "consume_group", tenant.client_ports, group=topic,
        **{"group.protocol": "consumer", "session.timeout.ms": None, "heartbeat.interval.ms": None}, **where,
    )  # fmt: skip
    assert found == {"count": COUNT, "digest": sent["digest"]}
    assert tenant.stats().total("sluice_requests_total", api="ConsumerGroupHeartbeat") > 0


def test_transactions_under_a_tenants_names(tenant: Sluice, clients: Clients, behind: Behind, topic: str) -> None:
    where = {"bootstrap": tenant.bootstrap, "topic": topic}
    sent = clients.run("confluent", "transaction", tenant.client_ports, count=100, transactional_id=topic, **where)
    assert sent["delivered"] == 101
    assert behind.run("consume", topic=f"t1.{topic}", count=100)["count"] == 100
    assert topic not in behind.run("list_topics")


def test_members_of_one_group_with_different_views(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    """The leader of a classic group that has no name for another member's topic cannot assign it, and is told so."""
    rule = f"{{ topic: {topic}, to: {topic}.canary, when: {{ client_id: canary }} }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=filters(rule))
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    clients.run("confluent", "produce", sluice.client_ports, count=10, **where)
    clients.run("confluent", "produce", sluice.client_ports, count=10, client_id="canary", **where)
    first = start_member(clients, sluice, topic, client_id="canary")
    wait_until_shared([first])
    plain = start_member(clients, sluice, topic, client_id="plain")
    # The canary is the leader, and cannot say what the other wants.
    with pytest.raises(AssertionError, match="INCONSISTENT_GROUP_PROTOCOL|Inconsistent"):
        first.event("never", 30)
    first.kill()
    plain.kill()
    assert sluice.stats().total("sluice_topic_rewrite_inconsistent_leaders_total") > 0
    assert "leader of a group refused" in sluice.errors


def test_a_rule_may_give_its_clients_a_group_of_their_own(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, behind: Behind, topic: str
) -> None:
    rule = f"{{ topic: {topic}, to: {topic}.canary, group_suffix: .canary, when: {{ client_id: canary }} }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=filters(rule))
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    clients.run("confluent", "produce", sluice.client_ports, count=20, **where)
    clients.run("confluent", "produce", sluice.client_ports, count=30, client_id="canary", **where)
    canary = start_member(clients, sluice, topic, client_id="canary")
    wait_until_shared([canary])
    plain = start_member(clients, sluice, topic, client_id="plain")
    wait_until_shared([plain])
    assert canary.result()["read"] <= 30
    assert plain.result()["read"] <= 20
    clients.run("confluent", "consume_group", sluice.client_ports, group=topic, count=30, client_id="canary", **where)
    assert sum(behind.run("committed", topic=f"{topic}.canary", group=f"{topic}.canary").values()) == 30
    assert behind.run("committed", topic=topic, group=topic) == {}


def test_weighted_targets_have_their_parts_of_the_clients(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, behind: Behind, topic: str
) -> None:
    rule = f"{{ topic: {topic}, targets: {{ blue: {topic}.v1, green: {topic}.v2 }}, weights: {{ blue: 1, green: 1 }} }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=filters(rule))
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 10}
    for number in range(8):
        clients.run("confluent", "produce", sluice.client_ports, client_id=f"client-{number}", **where)
    stats = sluice.stats()
    by_target = {
        target: stats.total("sluice_topic_rewrite_requests_total", rule=topic, target=target) for target in ("blue", "green")
    }
    assert all(by_target.values()), by_target
    # The same client has the same target, whenever it comes: the choice goes by its ID alone.
    found = {version: behind.run("consume", topic=f"{topic}.{version}", count=10)["count"] for version in ("v1", "v2")}
    assert found == {"v1": 10, "v2": 10}
