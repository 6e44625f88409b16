"""Taps copy what passes, with real clients; they never slow it, and every copy that is not made is counted."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import PRODUCE
from harness.waiting import eventually
from harness.wire import Writer, request
from test_topic_rewrite_ids import CANARY, TwoTopics, metadata

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
SCRIPTS = ["confluent", "kafka_python", "aio"]

StartSluice = Callable[..., Sluice]


@pytest.fixture(scope="module")
def copies() -> Iterator[Cluster]:
    """Another cluster, for copies."""
    with Cluster(1) as running:
        yield running


def tap(sink: str, *more: str, name: str = "tap") -> str:
    lines = ["filters:", "  - type: tap", f"    name: {name}", f"    sink: {sink}", *(f"    {line}" for line in more)]
    return "\n".join(lines) + "\n"


def elsewhere(servers: str) -> str:
    return f"  - name: copies\n    bootstrap_servers: [{servers}]\n"


def total(sluice: Sluice, family: str, **labels: str) -> float:
    return sluice.stats().total(f"sluice_{family}", **labels)


def is_settled(sluice: Sluice, matched: int | None = None) -> bool:
    """Whether everything that matched was written, sampled out or dropped, to the record."""
    found = total(sluice, "tap_matched_total")
    ended = sum(
        total(sluice, family)
        for family in ("tap_sampled_out_total", "tap_dropped_total", "sink_written_total", "sink_dropped_total")
    )
    assert ended <= found
    return ended == found and (matched is None or found == matched)


def read_all(servers: str, topic: str, count: int) -> list[Message]:
    """The first records of all partitions of a topic, in no order."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "none", "auto.offset.reset": "earliest"})
    found: list[Message] = []

    def assigned() -> bool:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        return bool(partitions)

    eventually(assigned, "the topic of copies")

    def is_there() -> bool:
        found.extend(message for message in consumer.consume(count, 0.2) if not message.error())
        return len(found) >= count

    eventually(is_there, f"{count} copies")
    consumer.close()
    return found


def headers(message: Message) -> dict[str, str | None]:
    return {name: value.decode() if value is not None else None for name, value in message.headers() or []}


def send(servers: str, topic: str, records: list[dict[str, Any]], **settings: Any) -> list[Message]:
    """Sends records, and returns them as they were acknowledged."""
    acknowledged: list[Message] = []

    def delivered(error: object, message: Message) -> None:
        assert not error
        acknowledged.append(message)

    producer = Producer({"bootstrap.servers": servers, "client.id": "sender", "linger.ms": 20, **settings})
    for record in records:
        producer.produce(topic, on_delivery=delivered, **record)
    assert producer.flush(30) == 0
    return acknowledged


def documents(path: Path) -> list[dict[str, Any]]:
    # The last line may be on its way.
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def start(start_sluice: StartSluice, cluster: Cluster, servers: str, listener: str) -> Sluice:
    """Starts Sluice with a second cluster, `copies`, which has these servers."""
    sluice = start_sluice(cluster.bootstrap_servers)
    configuration = sluice.configuration.replace("    cluster: main\n", f"    cluster: main\n{_indented(listener)}", 1)
    sluice.reload(f"{configuration}  - name: copies\n    bootstrap_servers: [{servers}]\n")
    return sluice


def _indented(yaml: str) -> str:
    return "".join(f"    {line}\n" for line in yaml.splitlines())


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_record_is_copied_to_another_cluster(
    script: str, codec: str, start_sluice: StartSluice, cluster: Cluster, copies: Cluster, clients: Clients, topic: str
) -> None:
    copies.create_topic(f"{topic}.tap")
    sink = f"{{ cluster: copies, topic: {topic}.tap, linger: 5ms }}"
    sluice = start(start_sluice, cluster, copies.bootstrap_servers, tap(sink, f"topics: [{topic}]"))
    clients.run(
        script, "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=300, codec=codec
    )
    originals = read_all(cluster.bootstrap_servers, topic, 300)
    copied = read_all(copies.bootstrap_servers, f"{topic}.tap", 300)
    assert len(copied) == 300
    where = {(str(m.partition()), str(m.offset())): m for m in originals}
    for copy in copied:
        said = headers(copy)
        original = where.pop((said["sluice.partition"], said["sluice.offset"]))
        assert copy.value() == original.value() and copy.timestamp()[1] == original.timestamp()[1]
        assert said["sluice.topic"] == topic and said["sluice.direction"] == "produce"
        assert said["sluice.principal"] == "User:ANONYMOUS" and said["sluice.listener"] == "apps"
    assert not where
    eventually(lambda: is_settled(sluice, 300), "300 records that are accounted for")
    assert total(sluice, "sink_written_total") == 300


def test_copies_have_keys_headers_and_timestamps_and_tombstones_stay_null(
    start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    where = f"{topic}-copies"
    cluster.create_topic(where)
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap(f"{{ cluster: main, topic: {where}, linger: 5ms }}"))
    records = [
        {"key": f"k{n}", "value": None if n % 3 == 0 else f"v{n}", "timestamp": 1_600_000_000_000 + n,
         "headers": [("kind", b"vip"), ("twice", b"1"), ("twice", None)]}
        for n in range(30)
    ]  # fmt: skip
    acknowledged = {m.key(): m for m in send(sluice.bootstrap, topic, records)}
    copied = read_all(cluster.bootstrap_servers, where, 30)
    for copy in copied:
        original = acknowledged.pop(copy.key())
        assert copy.value() == original.value()
        assert copy.timestamp()[1] == 1_600_000_000_000 + int(copy.key()[1:])
        assert copy.headers()[:3] == [("kind", b"vip"), ("twice", b"1"), ("twice", None)]
        said = headers(copy)
        assert said["sluice.client_id"] == "sender"
        assert (said["sluice.partition"], said["sluice.offset"]) == (str(original.partition()), str(original.offset()))
    assert not acknowledged
    # Whoever writes to the topic of copies through the listener is not tapped, and no more are copies themselves.
    send(sluice.bootstrap, where, [{"value": "x"}] * 5)
    send(sluice.bootstrap, topic, [{"value": "x", "headers": [("sluice.topic", b"orders")]}] * 5)
    eventually(lambda: is_settled(sluice, 40), "40 records that are accounted for")
    assert total(sluice, "tap_dropped_total", reason="loop") == 10


def test_copies_of_a_transaction_say_so(
    start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }"))
    clients.run(
        "confluent", "transaction", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=100, transactional_id=topic,
    )  # fmt: skip
    eventually(lambda: is_settled(sluice, 201) or is_settled(sluice, 101), "the records")
    found = documents(sluice.directory / "tap.jsonl")
    assert found and {d["transactional_id"] for d in found} == {topic}
    assert all(d["producer_id"] >= 0 and d["producer_epoch"] >= 0 for d in found)


def test_kcat_is_tapped(start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }"))
    clients.kcat(
        "-P", "-b", sluice.bootstrap, "-t", topic, "-z", "lz4", "-K", ":", "-H", "kind=vip",
        allowed=sluice.client_ports, standard_input="".join(f"k{n}:v{n}\n" for n in range(100)).encode(),
    )  # fmt: skip
    eventually(lambda: is_settled(sluice, 100), "100 records")
    found = documents(sluice.directory / "tap.jsonl")
    assert {(d["key"], d["value"]) for d in found} == {(f"k{n}", f"v{n}") for n in range(100)}
    assert found[0]["headers"] == [{"name": "kind", "value": "vip", "value_base64": None}]


def test_what_is_redacted_never_leaves(start_sluice: StartSluice, cluster: Cluster, topic: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("shared\n")
    redact = (
        'redact: { value: { mask: ["$.card.number"] }, key: hash, headers: [token], '
        f"secret: {{ file: {tmp_path}/secret }} }}"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", redact))
    records = [
        {"key": "customer-1", "value": '{"card": {"number": "4111"}, "sum": 3}', "headers": [("token", b"s3cret")]},
        {"key": "customer-1", "value": "4111 is no JSON"},
    ]
    send(sluice.bootstrap, topic, records)
    eventually(lambda: is_settled(sluice, 2), "both records")
    text = (sluice.directory / "tap.jsonl").read_text()
    assert "4111" not in text and "customer-1" not in text and "s3cret" not in text
    first, second = documents(sluice.directory / "tap.jsonl")
    assert json.loads(first["value"]) == {"card": {"number": "***"}, "sum": 3}
    assert second["value"] is None and second["redacted"] == "value"
    assert first["key"] == second["key"] and len(first["key"]) == 64
    assert total(sluice, "tap_values_dropped_total") == 1


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_a_sample_is_as_large_as_it_should_be(
    codec: str, start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", "sample: 5%"))
    clients.run(
        "confluent", "produce", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=20_000, size=20, codec=codec,
    )  # fmt: skip
    eventually(lambda: is_settled(sluice, 20_000), "20,000 records that are accounted for")
    copied = documents(sluice.directory / "tap.jsonl")
    # 1,000, give or take six standard deviations.
    assert 815 < len(copied) < 1185
    assert len({(d["partition"], d["offset"]) for d in copied}) == len(copied)
    originals = {(m.partition(), m.offset()): m.value() for m in read_all(cluster.bootstrap_servers, topic, 20_000)}
    assert all(originals[d["partition"], d["offset"]].decode() == d["value"] for d in copied if d["value"])


def test_all_records_of_a_key_or_none(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", "sample: { rate: 30%, by: key }")
    )
    send(sluice.bootstrap, topic, [{"key": f"k{n % 100}", "value": "v"} for n in range(1000)])
    eventually(lambda: is_settled(sluice, 1000), "1,000 records")
    counts = Counter(d["key"] for d in documents(sluice.directory / "tap.jsonl"))
    assert set(counts.values()) == {10} and 10 < len(counts) < 60


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_read_is_copied(
    script: str, start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", "direction: fetch"))
    where = {"topic": topic, "count": 300}
    clients.run(script, "produce", sluice.client_ports, bootstrap=sluice.bootstrap, codec="gzip", **where)
    assert total(sluice, "tap_matched_total") == 0
    clients.run(script, "consume", sluice.client_ports, bootstrap=sluice.bootstrap, **where)
    # A client may be given the same batch twice.
    eventually(lambda: total(sluice, "sink_written_total") >= 300 and is_settled(sluice), "300 records")
    found = documents(sluice.directory / "tap.jsonl")
    originals = {(m.partition(), m.offset()): m.value() for m in read_all(cluster.bootstrap_servers, topic, 300)}
    assert {(d["partition"], d["offset"]) for d in found} == set(originals)
    assert {d["direction"] for d in found} == {"fetch"}


def test_a_rejected_batch_is_not_copied(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    with Cluster(1) as own:
        sluice = start_sluice(own.bootstrap_servers, listener=tap("{ file: tap.jsonl }"))
        send(sluice.bootstrap, topic, [{"value": "first"}])
        # MESSAGE_TOO_LARGE, which a producer does not send again.
        own.fail_next(PRODUCE, [10])
        failed: list[object] = []
        producer = Producer({"bootstrap.servers": sluice.bootstrap})
        producer.produce(topic, "rejected", on_delivery=lambda error, _: failed.append(error))
        producer.flush(30)
        assert failed and failed[0]
        send(sluice.bootstrap, topic, [{"value": "last"}])
        eventually(lambda: is_settled(sluice, 2), "both records")
        assert [d["value"] for d in documents(sluice.directory / "tap.jsonl")] == ["first", "last"]
        assert total(sluice, "tap_rejected_total") == 1


def test_topics_that_are_named_by_their_ids(start_sluice: StartSluice) -> None:
    builder = DefaultRecordBatchBuilder(
        2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=1 << 20,
    )  # fmt: skip
    builder.append(0, 1_600_000_000_000, b"key", b"value", [])
    records = bytes(builder.build())

    def topic(w: Writer, identifier: bytes) -> None:
        w.raw(identifier).array([3], lambda p, index: p.int32(index).data(records).tags()).tags()

    body = Writer(True).string(None).int16(-1).int32(1000).array([CANARY], topic).tags()
    topics = TwoTopics()
    with topics.broker:
        sluice = start_sluice(
            topics.broker.address, listener=tap("{ file: tap.jsonl }", "topics: [{ prefix: orders. }]")
        )
        with RawClient(sluice.port) as client:
            client.exchange(metadata(CANARY))
            client.exchange(request(PRODUCE, 13, bytes(body.bytes), client_id="raw"))
        eventually(lambda: is_settled(sluice, 1), "the record")
        [found] = documents(sluice.directory / "tap.jsonl")
        assert (found["topic"], found["partition"], found["offset"]) == ("orders.canary", 3, 42)
        assert (found["key"], found["value"]) == ("key", "value")
        sluice.stop()


def test_a_topic_that_is_renamed_to_one_of_copies_is_no_loop(
    start_sluice: StartSluice, cluster: Cluster, topic: str
) -> None:
    where = f"{topic}-copies"
    listener = tap(f"{{ cluster: main, topic: {where}, linger: 5ms }}") + (
        f"  - type: topic_rewrite\n    name: rename\n    rules: [{{ topic: inbox-{topic}, to: {where} }}]\n"
    )
    cluster.create_topic(where)
    sluice = start_sluice(cluster.bootstrap_servers, listener=listener)
    send(sluice.bootstrap, f"inbox-{topic}", [{"value": "x"}] * 10)
    send(sluice.bootstrap, topic, [{"value": "y"}] * 10)
    eventually(lambda: is_settled(sluice, 20), "20 records")
    assert total(sluice, "tap_dropped_total", reason="loop") == 10
    assert total(sluice, "sink_written_total") == 10


def test_copies_that_come_back_through_the_listener_end_there(
    start_sluice: StartSluice, cluster: Cluster, topic: str
) -> None:
    # The cluster of the copies is Sluice itself, under another name.
    cluster.create_topic(f"{topic}.tap")
    sluice = start_sluice(cluster.bootstrap_servers)
    listener = tap(f"{{ cluster: copies, topic: {topic}.tap, linger: 5ms }}")
    configuration = sluice.configuration.replace("    cluster: main\n", f"    cluster: main\n{_indented(listener)}", 1)
    sluice.reload(f"{configuration}  - name: copies\n    bootstrap_servers: [{sluice.bootstrap}]\n")
    send(sluice.bootstrap, topic, [{"value": "x"}] * 10)
    eventually(lambda: is_settled(sluice, 20), "10 records and their copies")
    assert total(sluice, "tap_dropped_total", reason="loop") == 10


def watch(sluice: Sluice, path: str, shown: list[bytes]) -> threading.Thread:
    def read() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", sluice.admin_port, timeout=30)
        connection.request("GET", path)
        shown.append(connection.getresponse().read())
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_several_watch_and_a_slow_one_is_cut_off(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ admin: true }"))
    # Nobody watches: nothing is copied.
    send(sluice.bootstrap, topic, [{"value": "unseen"}] * 10)
    eventually(lambda: is_settled(sluice, 10), "10 records")
    assert total(sluice, "tap_dropped_total", reason="no_watcher") == 10
    shown: list[bytes] = []
    slow = http.client.HTTPConnection("127.0.0.1", sluice.admin_port, timeout=30)
    slow.request("GET", "/tap?filter=tap")
    watchers = [watch(sluice, "/tap?filter=tap&limit=200", shown) for _ in range(3)]
    large = "x" * 20_000

    def is_over() -> bool:
        send(sluice.bootstrap, topic, [{"value": large}] * 100)
        return len(shown) == 3

    eventually(is_over, "three watchers that saw 200 records")
    for watcher in watchers:
        watcher.join()
    for text in shown:
        lines = [json.loads(line) for line in text.splitlines()]
        assert len(lines) == 200 and {line["topic"] for line in lines} == {topic}
    # The slow one does not read; it is told that it was cut off.
    for _ in range(10):
        send(sluice.bootstrap, topic, [{"value": large}] * 200)
    rest = slow.getresponse().read().splitlines()
    assert "does not keep up" in json.loads(rest[-1])["stream_ended"]
    slow.close()
    eventually(lambda: is_settled(sluice), "all records accounted for")


def produce_much(sluice: Sluice, topic: str, count: int = 20_000) -> None:
    began = time.monotonic()
    assert len(send(sluice.bootstrap, topic, [{"value": b"x" * 1000}] * count, **{"queue.buffering.max.messages": count})) == count
    print(f"{count} records in {time.monotonic() - began:.1f} s")


def test_a_dead_cluster_costs_the_copies_only(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    [port] = free_ports(1)
    sink = "{ cluster: copies, topic: tap, max_buffered: 1MiB, delivery_timeout: 2s }"
    sluice = start(start_sluice, cluster, f"'127.0.0.1:{port}'", tap(sink))
    produce_much(sluice, topic, 2000)
    before = sluice.resident_bytes()
    produce_much(sluice, topic)
    assert sluice.resident_bytes() - before < 48 << 20
    eventually(lambda: is_settled(sluice, 22_000), "every record accounted for")
    assert total(sluice, "sink_written_total") == 0
    assert total(sluice, "sink_dropped_total", reason="buffer_full") > 10_000
    assert total(sluice, "sink_dropped_total", reason="timed_out") > 0


def test_a_slow_cluster_costs_copies_only(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    with Cluster(1) as slow:
        slow.create_topic("tap", 1)
        slow.set_round_trip_time(1, 500)
        sink = "{ cluster: copies, topic: tap, max_buffered: 1MiB, linger: 5ms }"
        sluice = start(start_sluice, cluster, slow.bootstrap_servers, tap(sink))
        produce_much(sluice, topic)
        slow.set_round_trip_time(1, 0)
        eventually(lambda: is_settled(sluice, 20_000), "every record accounted for")
        assert total(sluice, "sink_written_total") > 0 and total(sluice, "sink_dropped_total") > 0
        assert total(sluice, "sink_queued") == 0
        sluice.stop()


def test_a_full_disk_costs_the_copies_only(
    start_sluice: StartSluice, cluster: Cluster, topic: str, tmp_path: Path
) -> None:
    log = tmp_path / "tap.jsonl"
    log.symlink_to("/dev/full")
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap(f"{{ file: {log}, max_buffered: 1MiB }}"))
    produce_much(sluice, topic)
    assert total(sluice, "tap_matched_total") == 20_000
    assert total(sluice, "sink_written_total") == 0
    assert total(sluice, "sink_dropped_total", reason="buffer_full") > 10_000
    # There is room again: what waits is written.
    log.unlink()
    sluice.process.send_signal(10)
    eventually(lambda: is_settled(sluice, 20_000), "every record accounted for")
    assert len(documents(log)) == total(sluice, "sink_written_total") > 0


def test_messages_are_documents_without_payloads(
    start_sluice: StartSluice, cluster: Cluster, clients: Clients, topic: str
) -> None:
    more = ("mode: messages", "direction: both", "connect_schema: true", f"topics: [{topic}]")
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", *more))
    send(sluice.bootstrap, topic, [{"value": "payload-of-this", "partition": 2}] * 10)
    clients.run("confluent", "consume", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=10)
    eventually(lambda: is_settled(sluice), "all documents")
    assert "payload-of-this" not in (sluice.directory / "tap.jsonl").read_text()
    found = documents(sluice.directory / "tap.jsonl")
    assert all(d["schema"]["type"] == "struct" for d in found)
    payloads = [d["payload"] for d in found]
    produced = next(p for p in payloads if p["api"] == "Produce")
    assert produced["topics"][0]["topic"] == topic and produced["topics"][0]["partitions"][0]["partition"] == 2
    assert produced["error_code"] == 0 and produced["client_id"] == "sender" and produced["duration_ms"] >= 0
    assert sum(p["records"] for p in payloads if p["api"] == "Produce") == 10
    assert sum(p["records"] for p in payloads if p["api"] == "Fetch") >= 10


def test_a_dry_run_writes_nothing_and_counts(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap("{ file: tap.jsonl }", "dry_run: true"))
    send(sluice.bootstrap, topic, [{"value": "x"}] * 10)
    eventually(lambda: total(sluice, "sink_would_write_total") == 10, "10 records that would have been written")
    assert total(sluice, "tap_matched_total") == 10
    assert not (sluice.directory / "tap.jsonl").exists()


def test_a_reload_loses_nothing_that_is_queued(start_sluice: StartSluice, cluster: Cluster, topic: str) -> None:
    cluster.create_topic(f"{topic}.tap")
    sink = f"{{ cluster: main, topic: {topic}.tap, linger: 20s }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=tap(sink))
    send(sluice.bootstrap, topic, [{"value": "before"}] * 10)
    eventually(lambda: total(sluice, "sink_queued") == 10, "10 records in the queue")
    sluice.reload(sluice.configuration.replace("        sink:", "        max_per_second: 1000\n        sink:"))
    assert total(sluice, "sink_queued") == 10
    send(sluice.bootstrap, topic, [{"value": "after"}] * 10)
    eventually(lambda: total(sluice, "tap_matched_total") == 20, "10 more")
    sluice.stop()
    found = Counter(m.value() for m in read_all(cluster.bootstrap_servers, f"{topic}.tap", 20))
    assert found == {b"before": 10, b"after": 10}
