"""Recorded exchanges between real clients and brokers, and a broker that plays the brokers' part of them."""

import gzip
import json
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.broker import Broker
from harness.wire import Request

_FIXTURE = Path(__file__).parents[1] / "fixtures/exchanges.jsonl.gz"

#: Where the recorded brokers listened: broker 1 in all of them.
_RECORDED_PORTS = (29192, 29194)
_RECORDED_HOST = b"127.0.0.1"
BROKER_ID = 1

#: A broker's ID, its host (after a length of two bytes or of one), and its port.
_ENDPOINT = re.compile(
    struct.pack(">i", BROKER_ID) + rb"(\x00\x09|\x0a)" + re.escape(_RECORDED_HOST) + rb"(....)", re.DOTALL
)

#: APIs whose responses carry addresses of brokers.
ADDRESSED = {3, 10, 60}


@dataclass(frozen=True)
class Exchange:
    """A request and its response, both with correlation ID 0."""

    request: Request
    response: bytes
    broker: str

    @property
    def version(self) -> tuple[int, int]:
        return self.request.api_key, self.request.api_version

    def response_to(self, correlation_id: int) -> bytes:
        return struct.pack(">i", correlation_id) + self.response[4:]

    def request_with(self, correlation_id: int) -> bytes:
        return self.request.frame[:4] + struct.pack(">i", correlation_id) + self.request.frame[8:]

    @property
    def names_brokers(self) -> bool:
        """Whether the addresses in the response are those of brokers."""
        if self.request.api_key == 60 and self.request.api_version >= 1:
            # DescribeCluster: the endpoint type stands before the tagged fields; 2 asks for controllers.
            return self.request.frame[-2] != 2
        return self.request.api_key in ADDRESSED


def with_endpoint(response: bytes, host: bytes, port: int, expected_ports: tuple[int, ...] = _RECORDED_PORTS) -> bytes:
    """The response with the recorded broker's endpoints replaced, whatever the length of `host`."""

    def replace(match: re.Match[bytes]) -> bytes:
        if struct.unpack(">i", match[2])[0] not in expected_ports:
            return match[0]
        length = struct.pack(">h", len(host)) if len(match[1]) == 2 else bytes([len(host) + 1])
        return struct.pack(">i", BROKER_ID) + length + host + struct.pack(">i", port)

    return _ENDPOINT.sub(replace, response)


@cache
def recorded() -> tuple[Exchange, ...]:
    """Every recorded exchange."""
    with gzip.open(_FIXTURE, "rt") as lines:
        return tuple(_exchanges(lines))


def _exchanges(lines: Iterator[str]) -> Iterator[Exchange]:
    for line in lines:
        fields = json.loads(line)
        request = Request(bytes.fromhex(fields["request"]))
        yield Exchange(request, bytes.fromhex(fields["response"]), fields["broker"])


@cache
def recorded_versions() -> dict[tuple[int, int], list[Exchange]]:
    """Every recorded exchange, by API key and version."""
    found: dict[tuple[int, int], list[Exchange]] = defaultdict(list)
    for exchange in recorded():
        found[exchange.version].append(exchange)
    return dict(found)


class ReplayingBroker(Broker):
    """Answers recorded requests with what was recorded, and others with a recorded response of that version.

    The recorded broker's address is this broker's, where the recorded response names it.
    """

    def __init__(self) -> None:
        #: Requests that are not byte for byte what was recorded (but for the correlation ID).
        self.unrecorded: list[Request] = []
        self._by_identity = {exchange.request.identity: exchange for exchange in recorded()}
        super().__init__(self._replay)

    def _replay(self, request: Request) -> bytes:
        exchange = self._by_identity.get(request.identity)
        if exchange is None:
            self.unrecorded.append(request)
            exchange = recorded_versions()[request.api_key, request.api_version][0]
        response = exchange.response_to(request.correlation_id)
        return with_endpoint(response, _RECORDED_HOST, self.port) if exchange.names_brokers else response
