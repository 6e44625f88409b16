"""Every request version of real clients and brokers, renamed by one Sluice and renamed back by the next.

The replaying broker answers what it has recorded, byte for byte: so what the first Sluice has made of a request the second
has undone, and the other way round for the response.
"""

from collections.abc import Iterator

import pytest
from harness.raw_client import RawClient
from harness.replay import BROKER_ID, Exchange, ReplayingBroker, recorded_versions, with_endpoint
from harness.sluice import Sluice
from test_topic_rewrite import filters

THERE = filters('{ prefix: "", to_prefix: "t1." }', groups='{ prefix: "t1." }')
BACK = filters('{ prefix: "t1.", to_prefix: "" }')

#: What is not the client's, or cannot be said under other names: Kafka's own topics, names that are none.
UNTRANSLATED = [b"__consumer_offsets", b"__transaction_state", b"__share_group_state", b"__cluster_metadata", b"bad/name"]


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
        ReplayingBroker() as broker,
        Sluice(tmp_path_factory.mktemp("back"), broker.address, listener=BACK) as back,
        Sluice(tmp_path_factory.mktemp("front"), back.bootstrap, listener=THERE) as front,
    ):
        yield Pair(broker, front)


@pytest.mark.parametrize("version", sorted(recorded_versions()), ids=lambda version: f"{version[0]}-v{version[1]}")
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
