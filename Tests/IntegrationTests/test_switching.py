"""Blue/green topics that are switched there and back while clients work."""

import json
import zlib
from typing import Any, Callable

import pytest
from harness import logs
from harness.clients import Client, Clients
from harness.cluster import Cluster
from harness.sluice import Sluice
from harness.waiting import eventually

PARTITIONS = 3
TOPIC = "payments"


class Switch:
    """A Sluice whose clients have `payments`, which is one of two topics at the brokers."""

    def __init__(self, start: Callable[..., Sluice], cluster: Cluster, topic: str, choice: str = "active: blue") -> None:
        self.cluster = cluster
        self.topics = {"blue": f"{topic}-v1", "green": f"{topic}-v2"}
        for name in self.topics.values():
            cluster.create_topic(name, PARTITIONS, 1)
        self.sluice = start(
            cluster.bootstrap_servers,
            listener=f"""
                filters:
                  - type: topic_rewrite
                    name: canary
                    rules:
                      - topic: {TOPIC}
                        targets: {{ blue: {self.topics["blue"]}, green: {self.topics["green"]} }}
                        {choice}
                """,
        )

    def to(self, target: str) -> None:
        self.post(f"active={target}")

    def post(self, query: str) -> None:
        status, body = self.sluice.request(f"/filters/canary/rules/{TOPIC}?{query}", "POST")
        assert status == 200, f"{status} {body}"

    def client(self, clients: Clients, action: str, **settings: Any) -> Client:
        return clients.script(
            "switching", action, self.sluice.client_ports, bootstrap=self.sluice.bootstrap, topic=TOPIC, **settings
        )

    def fill(self, target: str, name: str, count: int = 30) -> set[str]:
        """Writes values to a target, past Sluice."""
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.cluster.bootstrap_servers})
        values = {f"{name}-{index}" for index in range(count)}
        for index, value in enumerate(sorted(values)):
            producer.produce(self.topics[target], value, partition=index % PARTITIONS)
        assert producer.flush(20) == 0
        return values

    def values(self, target: str, **options: Any) -> dict[str, int]:
        return logs.values(self.cluster.bootstrap_servers, self.topics[target], PARTITIONS, **options)

    def fences(self, error: str) -> float:
        return self.sluice.stats().total("sluice_topic_rewrite_fences_total", error=error)

    def assert_sequences(self) -> None:
        for topic in self.topics.values():
            for partition in range(PARTITIONS):
                port = self.cluster.ports[self.leader(topic, partition)]
                logs.assert_sequences(logs.batches(port, topic, partition))

    def leader(self, topic: str, partition: int) -> int:
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap_servers})
        return admin.list_topics(topic, timeout=20).topics[topic].partitions[partition].leader


@pytest.fixture
def switch(start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str) -> Switch:
    return Switch(start_sluice, cluster, f"{zlib.crc32(topic.encode()):08x}")


def there_and_back(switch: Switch, producers: list[Client], times: int = 6) -> list[dict[str, Any]]:
    """Switches while the producers work, and returns what they say of their records."""
    target = "blue"
    for number in range(times + 1):
        if number:
            target = "green" if target == "blue" else "blue"
            switch.to(target)
        for producer in producers:
            for _ in range(3):
                producer.coming_event("acknowledged")
    return [producer.result() for producer in producers]


def assert_each_once(switch: Switch, results: list[dict[str, Any]]) -> None:
    """Each acknowledged value is in one of the topics, once, and neither topic is empty."""
    blue, green = switch.values("blue"), switch.values("green")
    assert len(blue) > 50 and len(green) > 50
    for result in results:
        acknowledged = result["acknowledged"]
        assert len(acknowledged) == len(set(acknowledged))
        counts = {value: blue.get(value, 0) + green.get(value, 0) for value in acknowledged}
        assert {value: count for value, count in counts.items() if count != 1} == {}
    assert {count for count in [*blue.values(), *green.values()]} == {1}


@pytest.mark.parametrize("idempotent", [False, True], ids=["plain", "idempotent"])
def test_librdkafka_producers_go_there_and_back_under_load(idempotent: bool, switch: Switch, clients: Clients) -> None:
    producers = [
        switch.client(clients, "produce", client_id=f"producer-{index}", **{"enable.idempotence": idempotent})
        for index in range(2)
    ]
    results = there_and_back(switch, producers)
    for result in results:
        assert result["fatal"] == [] and result["failed"] == [] and result["left"] == 0
        assert len(result["acknowledged"]) == result["sent"]
    assert_each_once(switch, results)
    assert (switch.fences("UNKNOWN_PRODUCER_ID") > 0) == idempotent
    switch.assert_sequences()


# Its idempotent producer needs versions that the mock cluster does not offer it.
def test_a_kafka_python_producer_goes_there_and_back_under_load(switch: Switch, clients: Clients) -> None:
    producer = switch.client(clients, "produce_with_kafka_python", client_id="producer")
    results = there_and_back(switch, [producer], 4)
    assert results[0]["failed"] == []
    assert_each_once(switch, results)


def test_a_transaction_that_a_switch_meets_is_aborted(switch: Switch, clients: Clients) -> None:
    producer = switch.client(clients, "produce_transactions", client_id="producer")
    for target in ["green", "blue", "green"]:
        producer.event("committed")
        switch.to(target)
        producer.event("aborted")
    producer.event("committed")
    result = producer.result()
    assert result["aborted"] == 3
    blue, green = switch.values("blue"), switch.values("green")
    for value in result["committed"]:
        assert blue.get(value, 0) + green.get(value, 0) == 1, value
    for index in {value.rsplit("-", 1)[0] for value in result["committed"]}:
        assert len({name in blue for name in result["committed"] if name.startswith(f"{index}-")}) == 1


MEMBERS = {
    "librdkafka": ("member", {}),
    "librdkafka-cooperative": ("member", {"partition.assignment.strategy": "cooperative-sticky"}),
    "librdkafka-kip848": (
        "member", {"group.protocol": "consumer", "session.timeout.ms": None, "heartbeat.interval.ms": None}
    ),
    "kafka-python": ("member_with_kafka_python", {}),
    "aiokafka": ("member_with_aiokafka", {}),
}  # fmt: skip


def read(member: Client, count: int) -> set[str]:
    """Waits until a member has read so many more values, and returns them."""
    found: list[str] = []
    while len(found) < count:
        found += member.event("read")["values"]
    assert len(found) == len(set(found)) == count, sorted(found)
    return set(found)


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_group_goes_on_where_it_has_committed_in_the_other_topic(
    kind: str, switch: Switch, clients: Clients, topic: str
) -> None:
    action, settings = MEMBERS[kind]
    first, second = switch.fill("blue", "first"), switch.fill("green", "second")
    member = switch.client(clients, action, client_id="consumer", group=topic, **settings)
    assert read(member, 30) == first
    switch.to("green")
    assert read(member, 30) == second
    third = switch.fill("blue", "third")
    switch.to("blue")
    assert read(member, 30) == third
    fourth = switch.fill("green", "fourth", 60)
    switch.to("green")
    assert read(member, 60) == fourth
    assert len(member.result()) == 150
    assert switch.fences("OFFSET_OUT_OF_RANGE") == 0
    fence = "FENCED_MEMBER_EPOCH" if kind == "librdkafka-kip848" else "ILLEGAL_GENERATION"
    assert switch.fences(fence) >= 3


def test_two_members_of_a_group_go_on_together(switch: Switch, clients: Clients, topic: str) -> None:
    members = [switch.client(clients, "member", client_id=f"consumer-{index}", group=topic) for index in range(2)]
    for member in members:
        member.event("assigned")
    producer = switch.client(clients, "produce", client_id="producer", pause=0.005, **{"enable.idempotence": True})
    (result,) = there_and_back(switch, [producer], 4)
    acknowledged = set(result["acknowledged"])
    seen: set[str] = set()

    def all_read(target: str) -> bool:
        wanted = acknowledged & set(switch.values(target))
        for member in members:
            while not member._events.empty():
                event = member._events.get()
                assert event, "a member has ended"
                seen.update(event.get("values", []))
        return wanted <= seen

    for target in ["blue", "green"]:
        switch.to(target)
        eventually(lambda: all_read(target), f"all of {target} read", 40)
    for member in members:
        member.result()
    assert switch.fences("OFFSET_OUT_OF_RANGE") == 0


def test_a_consumer_without_a_group_begins_anew(switch: Switch, clients: Clients) -> None:
    first, second = switch.fill("blue", "first"), switch.fill("green", "second", 6)
    consumer = switch.client(clients, "groupless", client_id="consumer")
    assert read(consumer, 30) == first
    switch.to("green")
    assert read(consumer, 6) == second
    switch.to("blue")
    assert read(consumer, 30) == first
    consumer.result()
    assert switch.fences("OFFSET_OUT_OF_RANGE") == 2 * PARTITIONS


def test_a_reload_that_changes_the_target_is_a_switch_and_one_that_does_not_keeps_what_was_posted(
    switch: Switch, clients: Clients
) -> None:
    producer = switch.client(clients, "produce", client_id="producer", **{"enable.idempotence": True})
    configuration = switch.sluice.file.read_text()

    def reload(text: str) -> None:
        switch.sluice.file.write_text(text)
        status, body = switch.sluice.request("/reload", "POST")
        assert status == 200, body
        for _ in range(3):
            producer.coming_event("acknowledged")

    producer.coming_event("acknowledged")
    reload(configuration.replace("active: blue", "active: green"))
    assert switch.fences("UNKNOWN_PRODUCER_ID") > 0
    written = len(switch.values("green"))
    assert written > 50
    switch.to("blue")
    reload(configuration.replace("active: blue", "active: green") + "# nothing else\n")
    result = producer.result()
    assert result["fatal"] == [] and result["failed"] == []
    assert_each_once(switch, [result])
    switch.assert_sequences()
    rules = json.loads(switch.sluice.get("/filters?format=json"))[0]["status"]["rules"]
    assert rules[0]["active"] == "blue"


def test_switches_are_shown_and_counted(switch: Switch, clients: Clients) -> None:
    producer = switch.client(clients, "produce", client_id="producer")
    producer.event("acknowledged")

    def rule() -> dict[str, Any]:
        (found,) = json.loads(switch.sluice.get("/filters?format=json"))
        return found["status"]["rules"][0]

    assert rule()["active"] == "blue"
    connections = {target["name"]: target["connections"] for target in rule()["targets"]}
    assert connections["blue"] > 0 and connections["green"] == 0
    switch.to("green")
    eventually(lambda: {t["name"]: t["connections"] for t in rule()["targets"]}["blue"] == 0, "all have moved")
    producer.result()
    assert switch.sluice.stats().total("sluice_topic_rewrite_switches_total", rule=TOPIC) == 1

    status, body = switch.sluice.request(f"/filters/canary/rules/{TOPIC}?active=red", "POST")
    assert status == 400 and "expected one of blue, green" in body
    status, body = switch.sluice.request("/filters/canary/rules/other?active=blue", "POST")
    assert status == 404


def test_a_target_that_is_missing_or_smaller_is_refused(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    cluster.create_topic(f"{topic}-large", 4, 1)
    cluster.create_topic(f"{topic}-small", 2, 1)
    sluice = start_sluice(
        cluster.bootstrap_servers,
        listener=f"""
            filters:
              - type: topic_rewrite
                name: canary
                rules:
                  - topic: {TOPIC}
                    targets: {{ large: {topic}-large, small: {topic}-small, missing: {topic}-missing }}
                    active: large
            """,
    )
    for target, reason in [("small", "has 2 partitions, fewer than"), ("missing", "does not exist")]:
        status, body = sluice.request(f"/filters/canary/rules/{TOPIC}?active={target}", "POST")
        assert status == 409 and reason in body, f"{status} {body}"
    assert '"active":"large"' in sluice.get("/filters?format=json").replace(" ", "")
