"""What real clients produce is copied to another cluster, and they do not notice."""

from typing import Any, Callable, Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.sluice import Sluice, run_to_end
from harness.waiting import eventually

PRODUCE = 0
COUNT = 300


@pytest.fixture(scope="module")
def green() -> Iterator[Cluster]:
    """The cluster that copies go to, for all tests that leave it as it is."""
    with Cluster() as running:
        yield running


def shadow(topics: str, more: str = "", cluster: str | None = "green") -> str:
    to = f"    cluster: {cluster}\n" if cluster else ""
    return f"filters:\n  - type: shadow\n    name: copies\n{to}    topics: [{topics}]\n{more}"


def to_green(servers: str) -> str:
    return f"- name: green\n  bootstrap_servers: [{', '.join(servers.split(','))}]\n"


Record = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]], int]


def read(bootstrap: str, topic: str, count: int) -> list[Record]:
    """`count` records of a topic: partition, key, value, headers, timestamp; by partition, then in their order."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "readers", "auto.offset.reset": "earliest"})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found: list[Record] = []

    def arrived() -> bool:
        for message in consumer.consume(max(count - len(found), 1), 0.2):
            assert not message.error(), message.error()
            found.append(
                (
                    message.partition() or 0, message.key(), message.value(), message.headers() or [],
                    message.timestamp()[1],
                )  # fmt: skip
            )
        return len(found) >= count

    eventually(arrived, f"{count} records in {topic}")
    # No more than that.
    assert len(found) == count and not consumer.consume(1, 0.1)
    consumer.close()
    return sorted(found, key=lambda record: record[0])


def total(sluice: Sluice, family: str, **labels: str) -> int:
    return int(sluice.stats().total(f"sluice_shadow_{family}", filter="copies", **labels))


def results(sluice: Sluice) -> dict[str, int]:
    """What became of batches, once nothing is pending."""
    eventually(lambda: total(sluice, "pending_batches") == 0, "the end of all copies")
    assert total(sluice, "buffered_bytes") == 0
    found = sluice.stats().select("sluice_shadow_batches_total", filter="copies")
    return {labels["result"]: int(value) for labels, value in found if value}


def one_by_one(bootstrap: str, topic: str, values: list[bytes], **settings: Any) -> list[str | None]:
    """Produces each value in a request of its own, to partition 0; the errors of those that were not delivered."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "batch.num.messages": 1, "linger.ms": 0, "message.timeout.ms": 20_000, **settings}
    )
    errors: list[str | None] = []
    for value in values:
        producer.produce(
            topic, value, partition=0, on_delivery=lambda error, _: errors.append(error.name() if error else None)
        )
    assert producer.flush(30) == 0
    return [error for error in errors if error]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_the_shadow_has_what_the_primary_has_with_every_codec(
    script: str, codec: str, start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, clients: Clients,
    topic: str,
) -> None:  # fmt: skip
    green.create_topic(f"{topic}-copy", 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic}, to: {topic}-copy }}"),
        clusters=to_green(green.bootstrap_servers),
    )  # fmt: skip
    sent = clients.run(
        script, "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=COUNT, codec=codec
    )
    assert sent["delivered"] == COUNT
    primary = read(cluster.bootstrap_servers, topic, COUNT)
    # Record for record, in the same partitions and the same order, with the same timestamps.
    assert read(green.bootstrap_servers, f"{topic}-copy", COUNT) == primary
    assert set(results(sluice)) == {"delivered"}
    assert total(sluice, "records_total") == COUNT
    assert total(sluice, "differences_total") == 0


@pytest.mark.parametrize("settings", [{"enable.idempotence": True}, {"acks": "1"}, {"acks": "0"}])
def test_every_kind_of_producer_is_copied(
    settings: dict[str, Any], start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"), clusters=to_green(green.bootstrap_servers)
    )
    values = [b"%d" % index for index in range(50)]
    assert one_by_one(sluice.bootstrap, topic, values, **settings) == []
    assert [record[2] for record in read(green.bootstrap_servers, topic, 50)] == values
    assert results(sluice) == {"delivered": 50}


def test_transactions_are_copied_without_being_any(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, clients: Clients, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"), clusters=to_green(green.bootstrap_servers)
    )
    clients.run(
        "confluent", "transaction", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=20, transactional_id=topic,
    )  # fmt: skip
    # What was aborted is there as well: the shadow does not know of transactions.
    found = [record[2] for record in read(green.bootstrap_servers, topic, 21)]
    assert found.count(b"never") == 1
    assert set(results(sluice)) == {"delivered"}


def test_keys_headers_tombstones_and_timestamps_are_the_same(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"), clusters=to_green(green.bootstrap_servers)
    )
    producer = Producer({"bootstrap.servers": sluice.bootstrap, "compression.type": "lz4", "linger.ms": 20})
    for index in range(40):
        producer.produce(
            topic, None if index % 5 == 0 else b"v%d" % index, key=None if index % 7 == 0 else b"k%d" % index,
            headers=[("trace", b"%d" % index), ("none", None), ("trace", b"")], timestamp=1_700_000_000_000 + index,
            partition=index % 4,
        )  # fmt: skip
    assert producer.flush(20) == 0
    found = read(green.bootstrap_servers, topic, 40)
    assert found == read(cluster.bootstrap_servers, topic, 40)
    assert sum(record[2] is None for record in found) == 8


def test_fewer_partitions_have_the_remainder(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, topic: str
) -> None:
    green.create_topic(f"few.{topic}", 3)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ prefix: {topic[:9]}, to_prefix: few.{topic[:9]} }}"),
        clusters=to_green(green.bootstrap_servers),
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": sluice.bootstrap})
    for partition in range(4):
        producer.produce(topic, b"from %d" % partition, partition=partition)
    assert producer.flush(20) == 0
    found = {(record[0], record[2]) for record in read(green.bootstrap_servers, f"few.{topic}", 4)}
    assert found == {(0, b"from 0"), (1, b"from 1"), (2, b"from 2"), (0, b"from 3")}


def test_the_same_cluster_has_a_copy_under_another_name(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    cluster.create_topic(f"{topic}-copy", 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic}, to: {topic}-copy }}", cluster=None)
    )
    values = [b"%d" % index for index in range(20)]
    assert one_by_one(sluice.bootstrap, topic, values) == []
    assert [record[2] for record in read(cluster.bootstrap_servers, f"{topic}-copy", 20)] == values


@pytest.mark.parametrize("cluster_name", [None, "main"])
def test_copies_of_copies_are_refused_at_start(
    cluster_name: str | None, start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow("{ prefix: '', to_prefix: copy. }", cluster=cluster_name), wait=False
    )
    assert sluice.process.wait(20) == 1
    assert "copies would go to topics 'copy.…' of the same cluster" in sluice.errors
    if cluster_name is None:
        ended = run_to_end("validate", "-c", sluice.file)
        assert ended.returncode == 1 and "of the same cluster" in ended.stderr
    sluice.stop(expected=(1,))


def test_as_many_requests_are_copied_as_the_percentage_says(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}", "    percentage: 10%\n"),
        clusters=to_green(green.bootstrap_servers),
    )  # fmt: skip
    values = [b"%d" % index for index in range(200)]
    assert one_by_one(sluice.bootstrap, topic, values) == []
    found = [int(record[2] or b"") for record in read(green.bootstrap_servers, topic, 20)]
    assert {after - before for before, after in zip(found, found[1:])} == {10}
    assert results(sluice) == {"delivered": 20}


def test_what_the_primary_refuses_is_not_copied_and_what_is_retried_is_copied_once(
    start_sluice: Callable[..., Sluice], green: Cluster, topic: str
) -> None:
    green.create_topic(topic, 4)
    with Cluster() as primary:
        sluice = start_sluice(
            primary.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"),
            clusters=to_green(green.bootstrap_servers),
        )  # fmt: skip
        values = [b"%d" % index for index in range(30)]
        # Two that are tried again, and one that is refused for good.
        primary.fail_next(PRODUCE, [6, 19, 87])
        errors = one_by_one(sluice.bootstrap, topic, values, **{"max.in.flight.requests.per.connection": 1})
        assert errors == ["INVALID_RECORD"]
        found = [record[2] for record in read(green.bootstrap_servers, topic, 29)]
        assert found == [record[2] for record in read(primary.bootstrap_servers, topic, 29)]
        assert results(sluice) == {"delivered": 29, "primary_failed": 3}
        assert total(sluice, "differences_total") == 0


def test_what_the_shadow_alone_refuses_is_counted_and_clients_do_not_notice(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    with Cluster() as green:
        green.create_topic(topic, 4)
        sluice = start_sluice(
            cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"),
            clusters=to_green(green.bootstrap_servers),
        )  # fmt: skip
        green.fail_next(PRODUCE, [29, 10, 87])
        assert one_by_one(sluice.bootstrap, topic, [b"%d" % index for index in range(30)]) == []
        assert results(sluice) == {"delivered": 27, "failed": 3}
        assert total(sluice, "differences_total", kind="shadow_failed") == 3
        assert total(sluice, "failed_total", reason="refused") == 3
        read(green.bootstrap_servers, topic, 27)


def test_at_once_both_kinds_of_differences_are_counted(
    start_sluice: Callable[..., Sluice], topic: str
) -> None:
    with Cluster() as primary, Cluster() as green:
        green.create_topic(topic, 4)
        sluice = start_sluice(
            primary.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}", "    send: at_once\n"),
            clusters=to_green(green.bootstrap_servers),
        )  # fmt: skip
        # Both know the topic, so that what fails is what is meant to.
        assert one_by_one(sluice.bootstrap, topic, [b"first"]) == []
        eventually(lambda: results(sluice) == {"delivered": 1}, "the first copy")
        primary.fail_next(PRODUCE, [87])
        assert one_by_one(sluice.bootstrap, topic, [b"refused here"]) == ["INVALID_RECORD"]
        eventually(lambda: total(sluice, "differences_total", kind="primary_failed") == 1, "the first difference")
        green.fail_next(PRODUCE, [87])
        assert one_by_one(sluice.bootstrap, topic, [b"refused there"]) == []
        eventually(lambda: total(sluice, "differences_total", kind="shadow_failed") == 1, "the other difference")
        assert results(sluice) == {"delivered": 2, "failed": 1}


def test_a_dead_shadow_is_not_noticed_and_every_copy_is_counted(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    [port] = free_ports(1)
    sluice = start_sluice(
        cluster.bootstrap_servers,
        listener=shadow(f"{{ topic: {topic} }}", "    max_buffered: 256KiB\n    delivery_timeout: 1s\n"),
        clusters=to_green(f"127.0.0.1:{port}"),
    )
    values = [b"%d" % index + bytes(10_000) for index in range(100)]
    assert one_by_one(sluice.bootstrap, topic, values) == []
    found = results(sluice)
    assert found["failed"] + found["dropped"] == 100 and found["failed"] >= 20
    assert total(sluice, "dropped_total", reason="buffer_full") == found["dropped"]
    assert total(sluice, "failed_total", reason="delivery_timeout") == found["failed"]
    assert total(sluice, "differences_total", kind="shadow_failed") == found["failed"]
    assert "the shadow does not take copies" in sluice.errors


def test_a_slow_shadow_drops_and_what_it_has_is_what_was_counted(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    with Cluster(1) as green:
        green.create_topic(topic, 4)
        green.set_round_trip_time(1, 300)
        sluice = start_sluice(
            cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}", "    max_buffered: 256KiB\n"),
            clusters=to_green(green.bootstrap_servers),
        )  # fmt: skip
        values = [b"%d" % index + bytes(10_000) for index in range(200)]
        assert one_by_one(sluice.bootstrap, topic, values) == []
        found = results(sluice)
        assert found["delivered"] + found["dropped"] == 200 and found["dropped"] > 0
        copies = [record[2] for record in read(green.bootstrap_servers, topic, found["delivered"])]
        assert [value for value in values if value in set(copies)] == copies
        assert total(sluice, "records_total") == found["delivered"]


def test_a_dry_run_copies_nothing_and_counts(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    [port] = free_ports(1)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}", "    dry_run: true\n"),
        clusters=to_green(f"127.0.0.1:{port}"),
    )  # fmt: skip
    assert one_by_one(sluice.bootstrap, topic, [b"%d" % index for index in range(20)]) == []
    assert results(sluice) == {"would_copy": 20}


def test_a_reload_loses_no_copy(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, clients: Clients, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"), clusters=to_green(green.bootstrap_servers)
    )
    writer = clients.script(
        "confluent", "produce_until_stopped", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic
    )
    for timeout in ("20s", "20s\n        percentage: 99.99999999%"):
        writer.coming_event("delivered")
        sluice.reload(sluice.configuration.replace("name: copies\n", f"name: copies\n        delivery_timeout: {timeout}\n"))
    writer.coming_event("delivered")
    written = writer.result()
    assert written["left"] == 0
    read(green.bootstrap_servers, topic, written["delivered"])
    found = results(sluice)
    assert set(found) == {"delivered"}


def test_the_shadow_is_for_whom_its_condition_says(
    start_sluice: Callable[..., Sluice], cluster: Cluster, green: Cluster, topic: str
) -> None:
    green.create_topic(topic, 4)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}", "    when: { client_id: shop }\n"),
        clusters=to_green(green.bootstrap_servers),
    )  # fmt: skip
    assert one_by_one(sluice.bootstrap, topic, [b"a"], **{"client.id": "other"}) == []
    assert one_by_one(sluice.bootstrap, topic, [b"b"], **{"client.id": "shop"}) == []
    assert [record[2] for record in read(green.bootstrap_servers, topic, 1)] == [b"b"]


def test_what_waits_is_written_before_sluice_ends(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    with Cluster(1) as green:
        green.create_topic(topic, 4)
        green.set_round_trip_time(1, 200)
        sluice = start_sluice(
            cluster.bootstrap_servers, listener=shadow(f"{{ topic: {topic} }}"),
            clusters=to_green(green.bootstrap_servers),
        )  # fmt: skip
        values = [b"%d" % index for index in range(20)]
        assert one_by_one(sluice.bootstrap, topic, values) == []
        sluice.stop()
        assert [record[2] for record in read(green.bootstrap_servers, topic, 20)] == values
