"""What is not Kafka, or not well-formed, closes its own connection with a counted reason, and nothing else."""

import random
import struct
from typing import Callable

import pytest
from harness.raw_client import RawClient
from harness.replay import ReplayingBroker, recorded, recorded_versions
from harness.sluice import Sluice
from harness.wire import request, sized

API_VERSIONS = request(18, 0, b"")

TLS_CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + b"\x00" * 160
HTTP_GET = b"GET /topics HTTP/1.1\r\nHost: 127.0.0.1:9092\r\n\r\n"


def reasons(sluice: Sluice) -> dict[str, float]:
    """Why connections were closed and frames refused, so far."""
    stats = sluice.stats()
    found: dict[str, float] = {}
    for family in ("sluice_downstream_connections_closed_total", "sluice_decode_errors_total"):
        for labels, value in stats.select(family):
            found[f"{family}:{labels['reason']}"] = value
    return found


def new_reasons(sluice: Sluice, before: dict[str, float]) -> set[str]:
    """The reasons counted since `before`."""
    return {reason.split(":")[1] for reason, value in reasons(sluice).items() if value > before.get(reason, 0)}


@pytest.mark.parametrize(
    "sent, name",
    [(HTTP_GET, "http"), (b"POST / HTTP/1.1\r\n\r\n", "http"), (TLS_CLIENT_HELLO, "tls")],
    ids=["http-get", "http-post", "tls"],
)
def test_another_protocol_is_closed_at_once_and_named(sluice: Sluice, sent: bytes, name: str) -> None:
    before = reasons(sluice)
    with RawClient(sluice.port) as client:
        client.send_bytes(sent)
        assert client.is_closed_by_peer()
    assert any(name in reason for reason in new_reasons(sluice, before))


@pytest.mark.parametrize("size", [-1, -(1 << 31), (1 << 31) - 1, 101 << 20], ids=["-1", "min", "max", "101MiB"])
def test_an_impossible_size_is_closed_at_once(sluice: Sluice, size: int) -> None:
    before = reasons(sluice)
    memory = sluice.resident_bytes()
    with RawClient(sluice.port) as client:
        client.send_bytes(struct.pack(">i", size) + b"\x00\x12\x00\x00")
        assert client.is_closed_by_peer()
    assert new_reasons(sluice, before)
    assert sluice.resident_bytes() < memory + (16 << 20)


@pytest.mark.parametrize("size", [0, 1, 7], ids=lambda size: f"{size}-bytes")
def test_a_frame_too_short_for_a_header_is_closed(sluice: Sluice, size: int) -> None:
    before = reasons(sluice)
    with RawClient(sluice.port) as client:
        client.send(b"\x00" * size)
        assert client.is_closed_by_peer()
    assert new_reasons(sluice, before)


def test_a_produce_request_whose_counts_lie_is_closed_and_counted(sluice: Sluice) -> None:
    before = sluice.stats().total("sluice_decode_errors_total")
    # Produce 9: transactional ID null, acks 1, timeout, then 2^31 topics in a frame of a few bytes.
    body = b"\x00" + struct.pack(">hi", 1, 1000) + b"\xff\xff\xff\xff\x07"
    with RawClient(sluice.port) as client:
        client.send(request(0, 9, body))
        assert client.is_closed_by_peer()
    assert sluice.stats().total("sluice_decode_errors_total") == before + 1


def test_one_bad_connection_touches_no_other(sluice: Sluice) -> None:
    with RawClient(sluice.port) as good:
        expected = good.exchange(API_VERSIONS)
        for _ in range(50):
            with RawClient(sluice.port) as bad:
                bad.send_bytes(struct.pack(">i", -5))
                assert bad.is_closed_by_peer()
            assert good.exchange(API_VERSIONS) == expected


def test_a_frame_that_comes_byte_by_byte_is_read(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        whole = client.exchange(API_VERSIONS)
        for byte in sized(API_VERSIONS):
            client.send_bytes(bytes([byte]))
        assert client.receive() == whole


def test_recorded_requests_with_bytes_turned_over_never_end_sluice(start_sluice: Callable[..., Sluice]) -> None:
    """Whatever comes of the frames, Sluice is there after it and serves the next client."""
    chance = random.Random(2)
    with ReplayingBroker() as broker:
        sluice = start_sluice(broker.address)
        for exchange in chance.sample(recorded(), 600):
            frame = bytearray(exchange.request.frame)
            for _ in range(chance.randrange(1, 4)):
                frame[chance.randrange(4, len(frame))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
            cut = chance.randrange(8, len(frame) + 1) if chance.random() < 0.3 else len(frame)
            with RawClient(sluice.port) as client:
                client.send(bytes(frame[:cut]))
                # Answered or closed: either way it has been read.
                try:
                    client.receive()
                except ConnectionError:
                    pass
        whole = recorded_versions()[18, 4][0]
        with RawClient(sluice.port) as client:
            assert client.exchange(whole.request_with(3)) == whole.response_to(3)


@pytest.mark.parametrize("policy", ["forward", "close"])
def test_an_api_that_nobody_knows(start_sluice: Callable[..., Sluice], policy: str) -> None:
    from harness.broker import Broker
    from harness.synthetic import SyntheticCluster
    from harness.wire import Request

    unknown = struct.pack(">hhi", 4711, 3, 77) + struct.pack(">h", 3) + b"raw" + b"whatever follows"

    def answer(request: Request) -> bytes | None:
        if request.api_key == 4711:
            return struct.pack(">i", request.correlation_id) + b"an answer nobody can read"
        return cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({0: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address, listener=f"on_unknown: {policy}")
        with RawClient(sluice.port) as client:
            if policy == "forward":
                assert client.exchange(unknown) == struct.pack(">i", 77) + b"an answer nobody can read"
            else:
                client.send(unknown)
                assert client.is_closed_by_peer()
        assert sluice.stats().total("sluice_unknown_requests_total", api_key=4711, api_version=3) == 1
        sluice.stop()


def test_an_unknown_version_of_what_must_be_read_is_never_forwarded(start_sluice: Callable[..., Sluice]) -> None:
    from harness.broker import Broker
    from harness.synthetic import SyntheticCluster
    from harness.wire import Request

    forwarded: list[Request] = []

    def answer(request: Request) -> bytes | None:
        if request.api_version > 90:
            forwarded.append(request)
            return struct.pack(">i", request.correlation_id)
        return cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({0: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            # Metadata 99: its answer would carry addresses that nobody could rewrite.
            client.send(struct.pack(">hhi", 3, 99, 1) + struct.pack(">h", 3) + b"raw" + b"\x00\x00")
            try:
                client.receive()
            except ConnectionError:
                pass
        assert forwarded == []
        sluice.stop()
