"""Every request version of real clients and brokers passes through Sluice as it is, but for the brokers' addresses."""

from collections.abc import Iterator

import pytest
from harness.raw_client import RawClient
from harness.replay import BROKER_ID, Exchange, ReplayingBroker, recorded, recorded_versions, with_endpoint
from harness.sluice import Sluice


class Replay:
    """Sluice before a replaying broker, advertising itself as `host`."""

    def __init__(self, broker: ReplayingBroker, sluice: Sluice, host: str) -> None:
        self.broker, self.sluice, self.host = broker, sluice, host

    def expected(self, exchange: Exchange, correlation_id: int) -> bytes:
        response = exchange.response_to(correlation_id)
        if not exchange.names_brokers:
            return response
        return with_endpoint(response, self.host.encode(), self.sluice.broker_port(BROKER_ID))


# As long as the recorded host, and longer: what Sluice writes in its place moves all that follows, or nothing.
@pytest.fixture(scope="module", params=["127.0.0.1", "a-rather-longer-name.sluice.test"])
def replay(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    host = request.param
    with ReplayingBroker() as broker:
        running = Sluice(tmp_path_factory.mktemp("replay"), broker.address, advertised_host=host)
        with running:
            yield Replay(broker, running, host)


@pytest.mark.parametrize("version", sorted(recorded_versions()), ids=lambda version: f"{version[0]}-v{version[1]}")
def test_each_version_passes_as_it_was_recorded(replay: Replay, version: tuple[int, int]) -> None:
    first = len(replay.broker.requests)
    exchanges = recorded_versions()[version]
    with RawClient(replay.sluice.port) as client:
        for number, exchange in enumerate(exchanges, start=1000):
            found = client.exchange(exchange.request_with(number))
            assert found.hex() == replay.expected(exchange, number).hex()
    received = [request.identity for request in replay.broker.requests[first:]]
    # In order, and nothing but what the client sent, except for what Sluice asks on its own account.
    ours = [exchange.request.identity for exchange in exchanges]
    assert [identity for identity in received if identity in set(ours)] == ours


def test_requests_sent_at_once_are_answered_in_their_order(replay: Replay) -> None:
    exchanges = recorded()
    with RawClient(replay.sluice.port) as client:
        # Everything in groups: all requests of a group are in flight at once.
        for start in range(0, len(exchanges), 200):
            group = list(enumerate(exchanges[start : start + 200], start=start))
            for number, exchange in group:
                client.send(exchange.request_with(number))
            for number, exchange in group:
                assert client.receive().hex() == replay.expected(exchange, number).hex()


def test_nothing_of_all_this_was_malformed_or_unknown_to_sluice(replay: Replay) -> None:
    with RawClient(replay.sluice.port) as client:
        for number, exchange in enumerate(recorded()):
            client.exchange(exchange.request_with(number))
    stats = replay.sluice.stats()
    assert stats.select("sluice_decode_errors_total") == [] or stats.total("sluice_decode_errors_total") == 0
    assert stats.total("sluice_unknown_requests_total") == 0
    for api_key, api_version in [(0, 13), (1, 18), (68, 1), (78, 2), (19, 7)]:
        name = {0: "Produce", 1: "Fetch", 68: "ConsumerGroupHeartbeat", 78: "ShareFetch", 19: "CreateTopics"}[api_key]
        assert stats.total("sluice_requests_total", api=name, version=api_version) > 0


def test_a_byte_changed_by_the_broker_is_seen_by_this_comparison(replay: Replay) -> None:
    exchange = recorded_versions()[16, 5][0]
    with RawClient(replay.sluice.port) as client:
        found = client.exchange(exchange.request_with(7))
    changed = bytearray(found)
    changed[-2] ^= 1
    assert bytes(changed) != replay.expected(exchange, 7) == found
