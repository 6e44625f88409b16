"""Every request version of real clients and brokers, renamed by one Sluice and renamed back by the next.

The replaying broker answers what it has recorded, byte for byte: so what the first Sluice has made of a request the second
has undone, and the other way round for the response.
"""

from collections.abc import Iterator

import pytest
from harness.raw_client import RawClient
from harness.replay import BROKER_ID, Exchange, ReplayingBroker, recorded_versions, with_endpoint
from harness.sluice import Sluice
from harness.wire import Request, Writer, response_header
from test_topic_rewrite import filters

THERE = filters('{ prefix: "", to_prefix: "t1." }')
BACK = filters('{ prefix: "t1.", to_prefix: "" }')

#: What is not the client's, or cannot be said under other names: Kafka's own topics, names that are none; and an
#: expression with anchors, which comes back without them.
UNTRANSLATED = [
    b"__consumer_offsets", b"__transaction_state", b"__share_group_state", b"__cluster_metadata", b"bad/name", b"(^cf",
]  # fmt: skip

#: ACLs are deleted only where the client's are meant and no others, so that recorded requests for any are refused.
REFUSED = {31}

METADATA = 3


class NamingBroker(ReplayingBroker):
    """A replaying broker that has a topic for every ID that Sluice asks for."""

    def _replay(self, request: Request) -> bytes:
        if request.api_key != METADATA or request.identity in self._by_identity:
            return super()._replay(request)
        body = request.body()
        topics = body.array(lambda reader: (reader.raw(16), reader.string(), reader.tags())[0])
        answer = response_header(request).int32(0).array([], Writer.int32).string("recorded").int32(1)
        answer.array(
            topics,
            lambda writer, topic: writer.int16(0).string(f"topic-{topic.hex()}").raw(topic).boolean(False)
            .array([], Writer.int32).int32(-(1 << 31)).tags(),
        )  # fmt: skip
        return bytes(answer.tags().bytes)


class Pair:
    """Two of Sluice, one behind the other, before a replaying broker."""

    def __init__(self, broker: ReplayingBroker, front: Sluice) -> None:
        self.broker, self.front = broker, front

    def expected(self, exchange: Exchange, correlation_id: int) -> bytes:
        response = exchange.response_to(correlation_id)
        if not exchange.names_brokers:
            return response
        return with_endpoint(response, b"127.0.0.1", self.front.broker_port(BROKER_ID))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with (
        NamingBroker() as broker,
        Sluice(tmp_path_factory.mktemp("back"), broker.address, listener=BACK) as back,
        Sluice(tmp_path_factory.mktemp("front"), back.bootstrap, listener=THERE) as front,
    ):
        yield Pair(broker, front)


@pytest.mark.parametrize("version", sorted(v for v in recorded_versions() if v[0] not in REFUSED), ids=lambda version: f"{version[0]}-v{version[1]}")
def test_each_version_comes_back_as_it_went(pair: Pair, version: tuple[int, int]) -> None:
    exchanges = [
        exchange
        for exchange in recorded_versions()[version]
        if not any(name in exchange.request.frame + exchange.response for name in UNTRANSLATED)
    ]
    with RawClient(pair.front.port) as client:
        for number, exchange in enumerate(exchanges, start=1000):
            first = len(pair.broker.requests)
            found = client.exchange(exchange.request_with(number))
            assert found.hex() == pair.expected(exchange, number).hex()
            received = [request.identity for request in pair.broker.requests[first:]]
            assert exchange.request.identity in received
