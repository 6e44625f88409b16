"""Switches at the versions that name topics by ID, as Java clients of Kafka 4 do: what clients are told, in which order."""

import struct
from collections import Counter
from typing import Callable, Iterator

import pytest
from harness.broker import Broker
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import SyntheticCluster
from harness.wire import Reader, Request, Writer, request, response_body, response_header

PRODUCE, FETCH, METADATA = 0, 1, 3
NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_PRODUCER_ID, FETCH_SESSION_ID_NOT_FOUND, UNKNOWN_TOPIC_ID = 0, 1, 59, 70, 100
TOPICS = {"payments.v1": b"1" * 16, "payments.v2": b"2" * 16, "logs": b"3" * 16}
V1, V2, LOGS = TOPICS.values()


class TwoTopics:
    """One broker that has the targets and another topic, and takes all that it is sent."""

    def __init__(self) -> None:
        #: Topic ID and partition of each Produce that came.
        self.produced: Counter[tuple[bytes, int]] = Counter()
        #: Topic ID and partition of each partition fetched, and the session epochs.
        self.fetched: list[tuple[bytes, int]] = []
        self.epochs: list[int] = []
        self.broker = Broker(self.answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.broker.port)})

    def answer(self, asked: Request) -> bytes | None:
        answers = {PRODUCE: self.produce, FETCH: self.fetch, METADATA: self.metadata}
        return answers.get(asked.api_key, self.cluster.answer)(asked)

    def metadata(self, asked: Request) -> bytes | None:
        # Sluice asks at other versions for what it wants to know itself.
        body = asked.body()
        by_id = asked.api_version >= 10

        def topic(r: Reader) -> str:
            identifier = r.raw(16) if by_id else b""
            name = r.string()
            r.tags()
            return name or next(name for name, known in TOPICS.items() if known == identifier)

        asks_all = body.flexible and body.bytes[body.offset] == 0
        names = list(TOPICS) if asks_all else body.array(topic)
        answer = response_header(asked).int32(0)
        port = self.broker.port
        answer.array([1], lambda w, i: w.int32(i).string("127.0.0.1").int32(port).string(None).tags())
        answer.string("synthetic").int32(1)

        def partition(w: Writer, index: int) -> None:
            w.int16(0).int32(index).int32(1)
            if asked.api_version >= 7:
                w.int32(0)
            for _ in range(2):
                w.array([1], Writer.int32)
            if asked.api_version >= 5:
                w.array([], Writer.int32)
            w.tags()

        def described(w: Writer, name: str) -> None:
            w.int16(0 if name in TOPICS else 3).string(name)
            if by_id:
                w.raw(TOPICS.get(name, bytes(16)))
            w.boolean(False).array([0, 1] if name in TOPICS else [], partition)
            if asked.api_version >= 8:
                w.int32(-(1 << 31))
            w.tags()

        answer.array(names, described)
        if 8 <= asked.api_version <= 10:
            answer.int32(-(1 << 31))
        return bytes(answer.tags().bytes)

    def produce(self, asked: Request) -> bytes:
        body = asked.body()
        body.string(), body.int16(), body.int32()
        topics = body.array(lambda r: (r.raw(16), r.array(lambda p: (p.int32(), p.data(), p.tags())), r.tags()))
        answer = response_header(asked)

        def partition(w: Writer, index: int) -> None:
            w.int32(index).int16(0).int64(5).int64(-1).int64(0).array([], Writer.int32).string(None).tags()

        def topic(w: Writer, item: tuple) -> None:
            for index, _, _ in item[1]:
                self.produced[item[0], index] += 1
            w.raw(item[0]).array([index for index, _, _ in item[1]], partition).tags()

        return bytes(answer.array(topics, topic).int32(0).tags().bytes)

    def fetch(self, asked: Request) -> bytes:
        body = asked.body()
        body.raw(13), body.int32()
        epoch = body.int32()
        self.epochs.append(epoch)
        topics = body.array(lambda r: (r.raw(16), r.array(lambda p: (p.int32(), p.raw(28), p.tags())), r.tags()))
        answer = response_header(asked).int32(0).int16(0).int32(7 if epoch >= 0 else 0)

        def partition(w: Writer, index: int) -> None:
            w.int32(index).int16(0).int64(10).int64(10).int64(0).array([], Writer.int32).int32(-1).data(b"").tags()

        def topic(w: Writer, item: tuple) -> None:
            self.fetched += [(item[0], index) for index, _, _ in item[1]]
            w.raw(item[0]).array([index for index, _, _ in item[1]], partition).tags()

        return bytes(answer.array(topics, topic).tags().bytes)


@pytest.fixture
def topics() -> Iterator[TwoTopics]:
    two = TwoTopics()
    yield two
    two.broker.stop()


@pytest.fixture
def client(sluice: Sluice) -> Iterator["Client"]:
    with RawClient(sluice.port) as raw:
        yield Client(raw)


@pytest.fixture
def sluice(start_sluice: Callable[..., Sluice], topics: TwoTopics) -> Sluice:
    return start_sluice(
        topics.broker.address,
        listener="""
            filters:
              - type: topic_rewrite
                name: canary
                rules:
                  - topic: payments
                    targets: { blue: payments.v1, green: payments.v2 }
                    active: blue
            """,
    )


class Client:
    """Speaks Produce 13 and Fetch 17."""

    def __init__(self, raw: RawClient) -> None:
        self.raw = raw

    def topic_id(self, name: str) -> bytes:
        """Asks for a topic by its name."""
        body = Writer(True).array([name], lambda w, n: w.raw(bytes(16)).string(n).tags())
        frame = request(METADATA, 12, bytes(body.boolean(False).boolean(False).tags().bytes))
        answer = response_body(Request(frame), self.raw.exchange(frame))
        answer.int32()
        answer.array(lambda r: (r.int32(), r.string(), r.int32(), r.string(), r.tags()))
        answer.string(), answer.int32()

        def partition(r: Reader) -> None:
            r.int16(), r.int32(), r.int32(), r.int32()
            for _ in range(3):
                r.array(Reader.int32)
            r.tags()

        def topic(r: Reader) -> tuple[int, str | None, bytes]:
            found = (r.int16(), r.string(), r.raw(16))
            r.boolean(), r.array(partition), r.int32(), r.tags()
            return found

        (error, found, identifier), = answer.array(topic)  # fmt: skip
        assert (error, found) == (0, name)
        return identifier

    def produce(self, *topics: bytes, epoch: int = 0, sequence: int = 0) -> dict[tuple[bytes, int], tuple[int, int]]:
        """Writes one batch to partitions 0 and 1; errors and log start offsets by topic and partition, in the order asked."""
        body = Writer(True).string(None).int16(-1).int32(1000)

        def partition(w: Writer, index: int) -> None:
            w.int32(index).data(batch(42, epoch, sequence)).tags()

        body.array(topics, lambda w, topic: w.raw(topic).array([0, 1], partition).tags())
        frame = request(PRODUCE, 13, bytes(body.tags().bytes))
        answer = response_body(Request(frame), self.raw.exchange(frame))
        found: dict[tuple[bytes, int], tuple[int, int]] = {}

        def answered(r: Reader) -> tuple[int, int, int]:
            index, error = r.int32(), r.int16()
            r.int64(), r.int64()
            start = r.int64()
            r.array(Reader.int32), r.string(), r.tags()
            return index, error, start

        def topic(r: Reader) -> None:
            identifier = r.raw(16)
            for index, error, start in r.array(answered):
                found[identifier, index] = (error, start)
            r.tags()

        answer.array(topic)
        return found

    def fetch(self, *topics: bytes, session: int = 0, epoch: int = -1) -> tuple[int, int, dict[tuple[bytes, int], int]]:
        """Fetches partitions 0 and 1: error, session ID, and errors by topic and partition, in the order answered."""
        body = Writer(True).int32(200).int32(1).int32(1 << 20).int8(0).int32(session).int32(epoch)

        def partition(w: Writer, index: int) -> None:
            w.int32(index).int32(0).int64(100).int32(-1).int64(-1).int32(1 << 20).tags()

        body.array(topics, lambda w, topic: w.raw(topic).array([0, 1], partition).tags())
        body.array([], Writer.raw).string("")
        frame = request(FETCH, 17, bytes(body.tags().bytes))
        answer = response_body(Request(frame), self.raw.exchange(frame))
        answer.int32()
        error, session = answer.int16(), answer.int32()
        found: dict[tuple[bytes, int], int] = {}

        def answered(r: Reader) -> tuple[int, int]:
            index, error = r.int32(), r.int16()
            r.raw(24), r.array(lambda a: a.raw(16)), r.int32(), r.data(), r.tags()
            return index, error

        def topic(r: Reader) -> None:
            identifier = r.raw(16)
            found.update({(identifier, index): error for index, error in r.array(answered)})
            r.tags()

        answer.array(topic)
        return error, session, found


def batch(producer: int, epoch: int, sequence: int) -> bytes:
    """An empty record batch of a producer; nobody on the way looks at more than its header."""
    header = struct.pack(">qiibIhiqqqhii", 0, 49, 0, 2, 0, 0, 0, 0, 0, producer, epoch, sequence, 1)
    assert len(header) == 61
    return header


def switch(sluice: Sluice, target: str) -> None:
    status, body = sluice.request(f"/filters/canary/rules/payments?active={target}", "POST")
    assert status == 200, body


def both(topic: bytes, value: object) -> dict[tuple[bytes, int], object]:
    return {(topic, 0): value, (topic, 1): value}


def test_a_producer_is_told_to_look_again_and_then_to_begin_anew(sluice: Sluice, client: Client, topics: TwoTopics) -> None:
    assert client.topic_id("payments") == V1
    assert client.produce(V1) == both(V1, (NONE, 0))
    switch(sluice, "green")
    # Parts that go on are merged at their places.
    assert list(client.produce(LOGS, V1).items()) == [
        *both(LOGS, (NONE, 0)).items(), *both(V1, (UNKNOWN_TOPIC_ID, -1)).items()
    ]  # fmt: skip
    assert client.topic_id("payments") == V2
    assert client.produce(V2, LOGS, sequence=1) == {**both(V2, (UNKNOWN_PRODUCER_ID, 0)), **both(LOGS, (NONE, 0))}
    assert client.produce(V2, epoch=1) == both(V2, (NONE, 0))
    switch(sluice, "blue")
    assert client.produce(V2, epoch=1, sequence=1) == both(V2, (UNKNOWN_TOPIC_ID, -1))
    assert client.topic_id("payments") == V1
    assert client.produce(V1, epoch=1, sequence=1) == both(V1, (UNKNOWN_PRODUCER_ID, 0))
    assert client.produce(V1, epoch=2) == both(V1, (NONE, 0))
    assert topics.produced == {**both(V1, 2), **both(V2, 1), **both(LOGS, 2)}


def test_a_consumer_without_a_group_begins_a_session_looks_again_and_finds_its_position_out_of_range(
    sluice: Sluice, client: Client, topics: TwoTopics
) -> None:
    assert client.topic_id("payments") == V1
    assert client.fetch(V1, LOGS, epoch=0) == (NONE, 7, {**both(V1, NONE), **both(LOGS, NONE)})
    assert client.fetch(session=7, epoch=1) == (NONE, 7, {})
    switch(sluice, "green")
    assert client.fetch(session=7, epoch=2) == (FETCH_SESSION_ID_NOT_FOUND, 0, {})
    topics.fetched.clear()
    # Without a session as long as something is taken out of it.
    assert client.fetch(LOGS, V1, epoch=0) == (NONE, 0, {**both(LOGS, NONE), **both(V1, UNKNOWN_TOPIC_ID)})
    assert client.topic_id("payments") == V2
    assert client.fetch(V2, LOGS, epoch=0) == (NONE, 0, {**both(V2, OFFSET_OUT_OF_RANGE), **both(LOGS, NONE)})
    assert topics.fetched == 2 * list(both(LOGS, None))
    assert client.fetch(V2, LOGS, epoch=0) == (NONE, 7, {**both(V2, NONE), **both(LOGS, NONE)})
    assert topics.epochs == [0, 1, -1, -1, 0]


def test_a_target_has_no_name_of_its_own(client: Client, topics: TwoTopics) -> None:
    assert client.topic_id("payments") == V1
    assert client.produce(V2) == both(V2, (UNKNOWN_TOPIC_ID, -1))
    assert client.fetch(V2)[2] == both(V2, UNKNOWN_TOPIC_ID)
    assert topics.produced == {} and topics.fetched == []
