"""Rate limits, as clients and brokers see them. Times are asserted as lower bounds: what is slowed is not sooner."""

import json
import struct
import threading
import time
from typing import Callable

import pytest
from harness.broker import Answer, Broker
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import FETCH, PRODUCE, SyntheticCluster
from harness.waiting import eventually
from harness.wire import Reader, Request, Writer, request, response_body, response_header

HEARTBEAT, CREATE_TOPICS, METADATA = 12, 19, 3
KIB = 1 << 10


def limits(*entries: str, more: str = "") -> str:
    """A listener's filters: a rate limit with these limits, each in YAML's flow style."""
    listed = "".join(f"      - {{ {entry} }}\n" for entry in entries)
    return f"filters:\n  - type: rate_limit\n    name: limit\n{more}" + (f"    limits:\n{listed}" if entries else "")


def with_limits(sluice: Sluice, filters: str) -> str:
    """Its configuration with other filters."""
    before, _, rest = sluice.configuration.partition("    filters:\n")
    after = rest[rest.index("    brokers:") :]
    return before + "".join(f"    {line}\n" for line in filters.splitlines()) + after


class RecordingBroker(Broker):
    """Answers what a client of the tests asks, and notes when it was asked. `throttle` is its own throttle time."""

    def __init__(self, records: int = 100 * KIB, throttle: int = 0) -> None:
        self.records, self.throttle = records, throttle
        self.times: list[float] = []
        super().__init__(self._answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.port)})

    def asked(self, api_key: int) -> list[tuple[float, Request]]:
        """What clients of the tests asked of an API, and when."""
        return [
            (moment, received)
            for moment, received in zip(self.times, self.requests)
            if received.api_key == api_key and Reader(received.frame, offset=8).string() == "raw"
        ]

    def _answer(self, received: Request) -> Answer:
        self.times.append(time.monotonic())
        answer = {
            PRODUCE: self._produced, FETCH: self._fetched, HEARTBEAT: self._beaten, CREATE_TOPICS: self._created
        }.get(received.api_key)  # fmt: skip
        return answer(received) if answer else self.cluster.answer(received)

    def _produced(self, received: Request) -> Answer:
        body = received.body()
        body.string()
        if body.int16() == 0:
            return None
        head = response_header(received).uvarint(2).string("orders").uvarint(2)
        head.int32(0).int16(0).int64(5).int64(-1).int64(0).uvarint(1).uvarint(0).tags().tags().int32(self.throttle)
        return bytes(head.tags().bytes)

    def _fetched(self, received: Request) -> Answer:
        body = received.body()
        body.raw(17)
        session = body.int32()
        head = response_header(received).int32(self.throttle).int16(0).int32(session).uvarint(2).string("orders")
        head.uvarint(2).int32(0).int16(0).int64(9).int64(9).int64(0).uvarint(0).int32(-1).data(batch(self.records))
        return bytes(head.tags().tags().tags().bytes)

    def _beaten(self, received: Request) -> Answer:
        return bytes(response_header(received).int32(self.throttle).int16(0).tags().bytes)

    def _created(self, received: Request) -> Answer:
        return bytes(response_header(received).int32(0).array([], Writer.int32).bytes)


@pytest.fixture
def broker():
    with_records = RecordingBroker()
    yield with_records
    with_records.stop()


def batch(size: int, records: int = 1) -> bytes:
    """A batch's header that covers `size` bytes, and bytes that nobody opens."""
    header = struct.pack(">qiibiHiqqqhii", 0, size - 12, 0, 2, 0, 0, 0, 0, 0, -1, -1, -1, records)
    return header + bytes(size - len(header))


def produce(size: int = 200, acks: int = 1, topic: str = "orders", records: int = 1) -> bytes:
    body = Writer(flexible=True).string(None).int16(acks).int32(1000)
    data = batch(size, records)
    body.array(
        [topic], lambda w, name: w.string(name).array([0], lambda p, index: p.int32(index).data(data).tags()).tags()
    ).tags()
    return request(PRODUCE, 9, bytes(body.bytes))


def fetch(session: int = 0, epoch: int = -1, partitions: dict[int, int] | None = None) -> bytes:
    """Fetch 12, of partitions of `orders` from offsets."""
    body = Writer(flexible=True).int32(-1).int32(500).int32(1).int32(1 << 20).int8(0).int32(session).int32(epoch)
    body.array(
        ["orders"] if partitions else [],
        lambda w, topic: w.string(topic)
        .array(
            partitions.items(),
            lambda p, item: p.int32(item[0]).int32(-1).int64(item[1]).int32(-1).int64(-1).int32(1 << 20).tags(),
        )
        .tags(),
    )
    body.array([], Writer.int32).string("").tags()
    return request(FETCH, 12, bytes(body.bytes))


def fetched(frame: bytes) -> tuple[int, int, int, int]:
    """Throttle time, error, session and number of topics of a Fetch's answer."""
    body = response_body(Request(fetch()), frame)
    return body.int32(), body.int16(), body.int32(), body.uvarint() - 1


def asked_partitions(received: Request) -> tuple[int, int, dict[int, int]]:
    """Session, epoch, and offsets by partition, of a Fetch 12."""
    body = received.body()
    body.raw(17)
    session, epoch = body.int32(), body.int32()
    offsets: dict[int, int] = {}

    def partition(r: Reader) -> None:
        index, _, offsets[index] = r.int32(), r.int32(), r.int64()
        r.raw(4 + 8 + 4)
        r.tags()

    def topic(r: Reader) -> None:
        r.string()
        r.array(partition)
        r.tags()

    body.array(topic)
    return session, epoch, offsets


def heartbeat(group: str = "g") -> bytes:
    body = Writer().string(group).int32(1).string("m").string(None)
    return request(HEARTBEAT, 3, bytes(body.bytes))


def beaten(frame: bytes) -> int:
    """The throttle time in a Heartbeat's answer."""
    return response_body(Request(heartbeat()), frame).int32()


def produced(frame: bytes) -> tuple[int, int]:
    """The partition's error and the throttle time in a Produce's answer."""
    body = response_body(Request(produce()), frame)
    body.uvarint(), body.string(), body.uvarint(), body.int32()
    error = body.int16()
    body.raw(24), body.array(Reader.tags), body.string(), body.tags(), body.tags()
    return error, body.int32()


# What clients see


def test_a_client_is_told_and_is_not_read_from_for_as_long(start_sluice: Callable[..., Sluice], broker: RecordingBroker) -> None:
    sluice = start_sluice(broker.address, listener=limits("requests: 2/s, burst: 500ms"))
    with RawClient(sluice.port) as client:
        # All at once: a client that takes no notice of what it is told.
        for _ in range(4):
            client.send(heartbeat())
        told = [beaten(client.receive()) for _ in range(4)]
    assert told[0] == 0
    assert all(400 < time <= 500 for time in told[1:]), told
    moments = [moment for moment, _ in broker.asked(HEARTBEAT)]
    # The second has passed on credit; each of the others after the one before was paid for.
    assert moments[2] - moments[1] >= 0.4 and moments[3] - moments[2] >= 0.4
    stats = sluice.stats()
    assert stats.total("sluice_rate_limit_allowed_total", listener="apps", filter="limit", limit="all") == 1
    assert stats.total("sluice_rate_limit_throttled_total") == 3
    assert stats.total("sluice_rate_limit_throttle_seconds_count") == 3
    assert 1.2 < stats.total("sluice_rate_limit_throttle_seconds_sum") <= 1.5


def test_the_larger_of_two_times_counts(start_sluice: Callable[..., Sluice], broker: RecordingBroker) -> None:
    broker.throttle = 60_000
    sluice = start_sluice(broker.address, listener=limits("requests: 10/s, burst: 100ms"))
    with RawClient(sluice.port) as client:
        assert [beaten(client.exchange(heartbeat())) for _ in range(2)] == [60_000, 60_000]


def test_a_producer_of_librdkafka_is_slowed_to_the_rate_and_loses_nothing(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=limits("per: [client_id], produce_bytes: 100KiB/s, burst: 100ms")
    )
    result = clients.run(
        "confluent", "produce_throttled", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=40, size=5 * KIB,
    )  # fmt: skip
    assert (result["delivered"], result["left"]) == (40, 0)
    # Half of it is noise, and nothing is compressed: 200 KiB, of which 10 may come at once.
    assert result["seconds"] >= 1.7
    assert max(result["told"]) > 0
    assert sluice.stats().total("sluice_rate_limit_throttled_total", limit="client_id") > 0


@pytest.mark.parametrize("script", ["confluent", "kafka_python", "aio"])
def test_consumers_get_everything_at_the_rate(
    script: str, start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=limits("fetch_bytes: 1MiB/s, burst: 100ms"))
    # More than one batch of a MB for each of four partitions, so that something is left to be fetched when that is owed;
    # and less than 5 MiB, of which the mock cluster keeps no more for a partition.
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 1000}
    sent = clients.run("confluent", "produce", sluice.client_ports, size=4 * KIB, **where)
    found = clients.run(script, "consume", sluice.client_ports, **where)
    assert found == {"count": 1000, "digest": sent["digest"]}
    assert sluice.stats().total("sluice_rate_limit_throttled_total") > 0


# Refusals


def test_administration_is_rejected_with_the_error_of_quotas(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    limit = "name: administration, when: { api: CreateTopics }, requests: 1/m, action: reject"
    sluice = start_sluice(broker.address, listener=limits(limit))
    body = Writer().array(
        ["one", "two"], lambda w, name: w.string(name).int32(1).int16(1).array([], Writer.int32).array([], Writer.int32)
    )
    create = request(CREATE_TOPICS, 2, bytes(body.int32(1000).boolean(False).bytes))
    with RawClient(sluice.port) as client:
        client.exchange(create)
        answer = response_body(Request(create), client.exchange(create))
        # The client stays away for no longer than max_throttle at once.
        assert answer.int32() == 10_000
        assert answer.array(lambda r: (r.string(), r.int16(), r.string())) == [
            (name, 89, "over the rate limit 'administration'") for name in ("one", "two")
        ]
    assert len(broker.asked(CREATE_TOPICS)) == 1
    assert sluice.stats().total("sluice_rate_limit_rejected_total", limit="administration") == 1


def test_produce_is_rejected_with_an_error_that_is_retried(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(broker.address, listener=limits("requests: 1/h, when: { api: Produce }, action: reject"))
    with RawClient(sluice.port) as client:
        assert produced(client.exchange(produce())) == (0, 0)
        assert produced(client.exchange(produce(size=300 * KIB))) == (19, 0)
        # Nothing can be said to who asks for no answer: it passes.
        client.send(produce(acks=0))
        eventually(lambda: len(broker.asked(PRODUCE)) == 2, "the request without an answer")
    stats = sluice.stats()
    assert stats.total("sluice_rate_limit_rejected_total") == 1
    assert stats.total("sluice_rate_limit_throttled_total") == 1


def test_a_producer_of_librdkafka_delivers_all_that_was_rejected_at_first(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    limit = "requests: 20/s, burst: 50ms, when: { api: Produce }, action: reject"
    sluice = start_sluice(cluster.bootstrap_servers, listener=limits(limit))
    result = clients.run(
        "confluent", "produce_throttled", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=30, size=100,
        **{"enable.idempotence": True, "retry.backoff.ms": 20, "retry.backoff.max.ms": 50},
    )  # fmt: skip
    assert (result["delivered"], result["left"]) == (30, 0)
    assert sluice.stats().total("sluice_rate_limit_rejected_total") > 0
    found = clients.run(
        "confluent", "consume", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=30
    )
    assert found["count"] == 30


# Fetches


def test_a_fetch_that_meets_debt_is_answered_at_once_with_nothing(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(broker.address, listener=limits("fetch_bytes: 100KiB/s, burst: 100ms"))
    with RawClient(sluice.port) as client:
        assert fetched(client.exchange(fetch(partitions={0: 0})))[3] == 1
        throttle, error, session, topics = fetched(client.exchange(fetch(partitions={0: 0})))
        assert 500 < throttle <= 1000 and (error, session, topics) == (0, 0, 0)
        # Not before it is paid.
        assert fetched(client.exchange(fetch(partitions={0: 0})))[3] == 1
    first, second = broker.asked(FETCH)
    assert second[0] - first[0] >= 0.8


def test_a_fetch_session_goes_on_where_requests_of_it_were_answered_by_sluice(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(broker.address, listener=limits("fetch_bytes: 100KiB/s, burst: 100ms"))
    with RawClient(sluice.port) as client:
        assert fetched(client.exchange(fetch(7, 1, {0: 10, 1: 20})))[2:] == (7, 1)
        throttle, error, session, topics = fetched(client.exchange(fetch(7, 2, {0: 11})))
        assert throttle > 0 and (error, session, topics) == (0, 7, 0)
        assert fetched(client.exchange(fetch(7, 3, {1: 21})))[2:] == (7, 1)
        assert fetched(client.exchange(fetch(7, 4)))[2:] == (7, 0)
        assert fetched(client.exchange(fetch(7, 5)))[2:] == (7, 1)
    # The broker knows of no request that it did not get, and of all that was said.
    asked = [asked_partitions(received) for _, received in broker.asked(FETCH)]
    assert asked == [(7, 1, {0: 10, 1: 20}), (7, 2, {0: 11, 1: 21}), (7, 3, {})]


# What is told apart


def test_loops_share_buckets(start_sluice: Callable[..., Sluice], broker: RecordingBroker) -> None:
    sluice = start_sluice(
        broker.address, listener=limits("requests: 5/s, burst: 200ms"), arguments=["--concurrency", "2"]
    )
    clients = [RawClient(sluice.port) for _ in range(8)]
    for client in clients:
        client.send(heartbeat())
    told = sorted(beaten(client.receive()) for client in clients)
    for client in clients:
        client.close()
    assert told[0] == 0
    # Each is behind all that came before it, whichever loop they are on.
    assert told[-1] > 1000, told


def test_groups_and_topics_have_buckets_of_their_own(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(
        broker.address,
        listener=limits(
            "name: groups, per: [group], requests: 1/h, when: { api: Heartbeat }",
            "name: topics, per: [topic], records: 10/h, burst: 1h",
            more="    max_throttle: 100ms\n    match: all\n",
        ),
    )
    with RawClient(sluice.port) as client:
        told = [beaten(client.exchange(heartbeat(group))) for group in ("a", "b", "a", "c")]
        assert told == [0, 0, 100, 0]
        told = [
            produced(client.exchange(produce(topic=topic, records=records)))[1]
            for topic, records in (("one", 10), ("two", 9), ("one", 1), ("two", 1), ("two", 1))
        ]
        assert told == [0, 0, 100, 0, 100]
    buckets = {labels["limit"]: value for labels, value in sluice.stats().select("sluice_rate_limit_buckets")}
    assert buckets == {"groups": 3, "topics": 2}


def test_conditions_and_apis(start_sluice: Callable[..., Sluice], broker: RecordingBroker) -> None:
    sluice = start_sluice(
        broker.address,
        listener=limits(
            'when: { client_id: { glob: "ra?" } }, per: [api], requests: 1/h',
            "requests: 1000000/s",
            more="    max_throttle: 100ms\n",
        ),
    )
    with RawClient(sluice.port) as client:
        assert [beaten(client.exchange(heartbeat())) for _ in range(2)] == [0, 100]
        assert produced(client.exchange(produce()))[1] == 0
        other = heartbeat().replace(b"\x00\x03raw", b"\x00\x03web")
        assert [beaten(client.exchange(other)) for _ in range(2)] == [0, 0]


# Connections


def test_connections_over_the_limit_are_closed_and_counted_by_reason(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(broker.address, listener=limits(more="    connections: { max: 2 }\n"))
    first, second = RawClient(sluice.port), RawClient(sluice.port)
    beaten(first.exchange(heartbeat()))
    beaten(second.exchange(heartbeat()))
    with RawClient(sluice.port) as third:
        assert third.is_closed_by_peer()
    reason = {"listener": "apps", "filter": "limit", "reason": "connections"}
    assert sluice.stats().total("sluice_rate_limit_connections_refused_total", **reason) == 1
    assert sluice.stats().total("sluice_rate_limit_connections") == 2
    first.close()
    eventually(lambda: sluice.stats().total("sluice_rate_limit_connections") == 1, "the first closed")
    with RawClient(sluice.port) as fourth:
        beaten(fourth.exchange(heartbeat()))
    second.close()


def test_connections_of_one_address_and_new_ones_are_limited(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(
        broker.address, listener=limits(more="    connections: { max_per_address: 3, new_per_second: 1, burst: 4 }\n")
    )
    open_clients = [RawClient(sluice.port) for _ in range(3)]
    for client in open_clients:
        beaten(client.exchange(heartbeat()))
    with RawClient(sluice.port) as refused:
        assert refused.is_closed_by_peer()
    for client in open_clients:
        client.close()
    eventually(lambda: sluice.stats().total("sluice_rate_limit_connections") == 0, "all closed")

    def refused_by_rate() -> bool:
        with RawClient(sluice.port) as client:
            client.send(heartbeat())
            try:
                beaten(client.receive())
                return False
            except (ConnectionError, OSError):
                return True

    eventually(refused_by_rate, "more connections than come in a second")
    refused = "sluice_rate_limit_connections_refused_total"
    assert sluice.stats().total(refused, reason="connections_per_address") == 1
    assert sluice.stats().total(refused, reason="connection_rate") >= 1


# Operation


def test_a_dry_run_counts_and_does_nothing(start_sluice: Callable[..., Sluice], broker: RecordingBroker) -> None:
    sluice = start_sluice(
        broker.address,
        listener=limits(
            "requests: 1/h, when: { api: Heartbeat }", "requests: 1/h, when: { api: Produce }, action: reject",
            "fetch_bytes: 1KiB/s", more="    dry_run: true\n    connections: { max: 1 }\n",
        ),
    )  # fmt: skip
    with RawClient(sluice.port) as client, RawClient(sluice.port) as second:
        assert [beaten(client.exchange(heartbeat())) for _ in range(3)] == [0, 0, 0]
        assert [produced(second.exchange(produce())) for _ in range(3)] == [(0, 0)] * 3
        assert [fetched(client.exchange(fetch(partitions={0: 0})))[3] for _ in range(3)] == [1, 1, 1]
    stats = sluice.stats()
    assert stats.total("sluice_rate_limit_throttled_total") == 4
    assert stats.total("sluice_rate_limit_rejected_total") == 2
    assert stats.total("sluice_rate_limit_connections_refused_total") == 1


def test_a_reload_forgets_neither_debt_nor_connections(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    limit = "name: all, requests: 1/h"
    sluice = start_sluice(broker.address, listener=limits(limit, more="    max_throttle: 10ms\n"))
    with RawClient(sluice.port) as client:
        assert [beaten(client.exchange(heartbeat())) for _ in range(2)] == [0, 10]
        changed = limits(limit, more="    max_throttle: 20ms\n    connections: { max: 1 }\n")
        sluice.reload(with_limits(sluice, changed))
        assert beaten(client.exchange(heartbeat())) == 20
        with RawClient(sluice.port) as second:
            assert second.is_closed_by_peer()


def test_filters_shows_limits_buckets_and_connections(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(
        broker.address, listener=limits("per: [client_id], requests: 10/s", more="    connections: { max: 5 }\n")
    )
    with RawClient(sluice.port) as client:
        client.exchange(heartbeat())
        shown = json.loads(sluice.get("/filters?format=json"))
    text = json.dumps(shown)
    assert '"name": "client_id"' in text and '"buckets": 1' in text and '"open": 1' in text, text


def test_sixteen_connections_at_full_speed_keep_to_the_rate(
    start_sluice: Callable[..., Sluice], broker: RecordingBroker
) -> None:
    sluice = start_sluice(
        broker.address, listener=limits("requests: 40/s, burst: 100ms"), arguments=["--concurrency", "2"]
    )
    over = threading.Event()

    def ask() -> None:
        with RawClient(sluice.port) as client:
            while not over.is_set():
                client.exchange(heartbeat())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(broker.asked(HEARTBEAT)) >= 120, "three seconds' requests")
    moments = [moment for moment, _ in broker.asked(HEARTBEAT)]
    over.set()
    for thread in threads:
        thread.join()
    # The first ones pass on credit. A slow machine makes it longer, and nothing makes it shorter.
    assert moments[119] - moments[20] >= 99 / 40 * 0.98
