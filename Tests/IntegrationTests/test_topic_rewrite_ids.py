"""Topics that clients name by ID: what is hidden from them is unknown by its ID as well."""

from collections.abc import Iterator

import pytest
from harness.broker import Broker
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import API_VERSIONS, FETCH, METADATA, PRODUCE, SyntheticCluster
from harness.wire import Reader, Request, Writer, request, response_body, response_header
from test_topic_rewrite import filters

REAL, CANARY, GONE = b"r" * 16, b"c" * 16, b"g" * 16
NAMES = {REAL: "orders", CANARY: "orders.canary"}
NO_TOPIC = bytes(16)
UNKNOWN_TOPIC_ID = 100


class TwoTopics:
    """A broker with the topics `orders` and `orders.canary`, which takes what is written and has nothing to read."""

    def __init__(self) -> None:
        self.asked_by_id: list[bytes] = []
        self.broker = Broker(self.answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.broker.port)})

    def answer(self, asked: Request) -> bytes | None:
        if asked.api_key == API_VERSIONS:
            return self.cluster.api_versions(asked)
        return {METADATA: self.metadata, PRODUCE: self.produce, FETCH: self.fetch}[asked.api_key](asked)

    def metadata(self, asked: Request) -> bytes:
        """Versions 1 (as Sluice asks for itself) and 12."""
        if asked.api_version != 12:
            return self.cluster.metadata(asked)
        body = asked.body()
        topics = body.array(lambda reader: (reader.raw(16), reader.string(), reader.tags()))
        answer = response_header(asked).int32(0)
        answer.array([1], lambda w, broker: w.int32(broker).string("127.0.0.1").int32(self.broker.port).string(None).tags())
        answer.string("synthetic").int32(1)

        def topic(w: Writer, item: tuple[bytes, str | None, object]) -> None:
            identifier, name, _ = item
            if name is None:
                self.asked_by_id.append(identifier)
                name = NAMES.get(identifier)
            else:
                identifier = {v: k for k, v in NAMES.items()}.get(name, NO_TOPIC)
            w.int16(0 if name in NAMES.values() else UNKNOWN_TOPIC_ID).string(name).raw(identifier).boolean(False)
            w.array([], Writer.int32).int32(-(1 << 31)).tags()

        return bytes(answer.array(topics, topic).tags().bytes)

    def produce(self, asked: Request) -> bytes:
        body = asked.body()
        body.string(), body.int16(), body.int32()

        def partition(reader: Reader) -> int:
            index = reader.int32()
            reader.data()
            reader.tags()
            return index

        topics = body.array(lambda reader: (reader.raw(16), reader.array(partition), reader.tags()))

        def written(w: Writer, index: int) -> None:
            w.int32(index).int16(0).int64(42).int64(-1).int64(0).array([], Writer.int32).string(None).tags()

        answer = response_header(asked)
        answer.array(topics, lambda w, item: w.raw(item[0]).array(item[1], written).tags())
        return bytes(answer.int32(0).tags().bytes)

    def fetch(self, asked: Request) -> bytes:
        body = asked.body()
        body.int32(), body.int32(), body.int32(), body.int32(), body.int8()
        session, epoch = body.int32(), body.int32()
        topics = body.array(lambda reader: (reader.raw(16), reader.array(_fetched_partition), reader.tags()))

        def empty(w: Writer, index: int) -> None:
            w.int32(index).int16(0).int64(0).int64(0).int64(0).array(None, Writer.int32).int32(-1).data(None).tags()

        answer = response_header(asked).int32(0).int16(0).int32(7 if epoch == 0 else session)
        answer.array(topics, lambda w, item: w.raw(item[0]).array(item[1], empty).tags())
        return bytes(answer.tags().bytes)


def _fetched_partition(reader: Reader) -> int:
    index = reader.int32()
    reader.int32(), reader.int64(), reader.int32(), reader.int64(), reader.int32()
    reader.tags()
    return index


@pytest.fixture
def topics() -> Iterator[TwoTopics]:
    running = TwoTopics()
    with running.broker:
        yield running


@pytest.fixture
def sluice(topics: TwoTopics, start_sluice) -> Sluice:
    rule = "{ topic: orders, to: orders.canary, when: { client_id: raw } }"
    return start_sluice(topics.broker.address, listener=filters(rule))


def produce(*identifiers: bytes, client_id: str = "raw", acks: int = -1) -> bytes:
    def topic(w: Writer, identifier: bytes) -> None:
        w.raw(identifier).array([3], lambda p, index: p.int32(index).data(b"records").tags()).tags()

    body = Writer(True).string(None).int16(acks).int32(1000).array(identifiers, topic).tags()
    return request(PRODUCE, 13, bytes(body.bytes), client_id=client_id)


def produced(frame: bytes) -> list[tuple[bytes, list[tuple[int, int]]]]:
    def partition(reader: Reader) -> tuple[int, int]:
        result = (reader.int32(), reader.int16())
        reader.int64(), reader.int64(), reader.int64()
        reader.array(lambda r: (r.int32(), r.string(), r.tags()))
        reader.string(), reader.tags()
        return result

    body = response_body(Request(produce()), frame)
    return body.array(lambda reader: (reader.raw(16), reader.array(partition), reader.tags())[:2])


def fetch(*identifiers: bytes, session: int = 0, epoch: int = 0) -> bytes:
    def partition(w: Writer, index: int) -> None:
        w.int32(index).int32(-1).int64(0).int32(-1).int64(-1).int32(1 << 20).tags()

    body = Writer(True).int32(-1).int32(500).int32(1).int32(1 << 20).int8(0).int32(session).int32(epoch)
    body.array(identifiers, lambda w, topic: w.raw(topic).array([3], partition).tags())
    body.array([], Writer.int32).string("").tags()
    return request(FETCH, 13, bytes(body.bytes))


def fetched(frame: bytes) -> tuple[int, int, list[tuple[bytes, list[tuple[int, int]]]]]:
    def partition(reader: Reader) -> tuple[int, int]:
        result = (reader.int32(), reader.int16())
        reader.int64(), reader.int64(), reader.int64()
        # Null and empty are alike for the count of aborted transactions.
        assert reader.uvarint() in (0, 1)
        reader.int32(), reader.data(), reader.tags()
        return result

    body = response_body(Request(fetch()), frame)
    body.int32()
    error, session = body.int16(), body.int32()
    return error, session, body.array(lambda reader: (reader.raw(16), reader.array(partition), reader.tags())[:2])


def test_a_write_by_id_reaches_only_what_the_client_sees(sluice: Sluice, topics: TwoTopics) -> None:
    with RawClient(sluice.port) as client:
        assert produced(client.exchange(produce(CANARY))) == [(CANARY, [(3, 0)])]
        # The name was asked for, and the request waited for it; it is not asked for again.
        asked = list(topics.asked_by_id)
        assert set(asked) == {CANARY}
        assert produced(client.exchange(produce(CANARY))) == [(CANARY, [(3, 0)])]
        assert topics.asked_by_id == asked
        # In the order asked, whoever answered.
        found = produced(client.exchange(produce(REAL, CANARY, GONE)))
        assert found == [(REAL, [(3, UNKNOWN_TOPIC_ID)]), (CANARY, [(3, 0)]), (GONE, [(3, UNKNOWN_TOPIC_ID)])]
        assert produced(client.exchange(produce(REAL))) == [(REAL, [(3, UNKNOWN_TOPIC_ID)])]
    assert REAL not in b"".join(asked.frame for asked in topics.broker.requests if asked.api_key == PRODUCE)
    assert sluice.stats().total("sluice_topic_rewrite_refused_total", reason="topic_id") == 2


def test_another_client_writes_where_it_says(sluice: Sluice, topics: TwoTopics) -> None:
    with RawClient(sluice.port) as client:
        assert produced(client.exchange(produce(REAL, CANARY, client_id="other"))) == [(REAL, [(3, 0)]), (CANARY, [(3, 0)])]


def test_a_hidden_write_without_a_response_closes_the_connection(sluice: Sluice, topics: TwoTopics) -> None:
    with RawClient(sluice.port) as client:
        client.send(produce(REAL, acks=0))
        assert client.is_closed_by_peer()
    assert not [asked for asked in topics.broker.requests if asked.api_key == PRODUCE]


def test_a_read_by_id_reaches_only_what_the_client_sees(sluice: Sluice, topics: TwoTopics) -> None:
    with RawClient(sluice.port) as client:
        assert fetched(client.exchange(fetch(CANARY))) == (0, 7, [(CANARY, [(3, 0)])])
        # No session is begun with a part that the broker does not know of.
        assert fetched(client.exchange(fetch(REAL, CANARY))) == (
            0, 0, [(REAL, [(3, UNKNOWN_TOPIC_ID)]), (CANARY, [(3, 0)])],
        )  # fmt: skip
        # And a session that goes on is begun anew.
        error, _, parts = fetched(client.exchange(fetch(REAL, session=7, epoch=1)))
        assert error in (70, 71) and parts == []
        assert fetched(client.exchange(fetch(session=7, epoch=1))) == (0, 7, [])
    asked = [request for request in topics.broker.requests if request.api_key == FETCH]
    assert REAL not in b"".join(request.frame for request in asked)


def test_requests_behind_one_that_waits_keep_their_order(sluice: Sluice, topics: TwoTopics) -> None:
    with RawClient(sluice.port) as client:
        for identifier in (CANARY, REAL, GONE):
            client.send(produce(identifier))
            client.send(fetch(identifier))
        for identifier, error in ((CANARY, 0), (REAL, UNKNOWN_TOPIC_ID), (GONE, UNKNOWN_TOPIC_ID)):
            assert produced(client.receive()) == [(identifier, [(3, error)])]
            assert fetched(client.receive())[2] == [(identifier, [(3, error)])]


def metadata(*identifiers: bytes) -> bytes:
    body = Writer(True).array(identifiers, lambda w, topic: w.raw(topic).string(None).tags())
    return request(METADATA, 12, bytes(body.boolean(False).boolean(False).tags().bytes))


def test_metadata_by_id_knows_no_more_than_by_name(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        asked = metadata(REAL, CANARY, GONE)
        body = response_body(Request(asked), client.exchange(asked))
    body.int32()
    body.array(lambda reader: (reader.int32(), reader.string(), reader.int32(), reader.string(), reader.tags()))
    body.string(), body.int32()

    def topic(reader: Reader) -> tuple[int, str | None, bytes]:
        result = (reader.int16(), reader.string(), reader.raw(16))
        reader.boolean(), reader.array(Reader.int32), reader.int32(), reader.tags()
        return result

    assert body.array(topic) == [
        (UNKNOWN_TOPIC_ID, None, REAL), (0, "orders", CANARY), (UNKNOWN_TOPIC_ID, None, GONE),
    ]  # fmt: skip
