"""Connections: order, half-closed sockets, slow readers, large responses in small memory, the PROXY protocol."""

import json
import socket
import struct
import threading
from typing import Callable, Iterator

import pytest
from harness.broker import Answer, Broker
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import FETCH, PRODUCE, SyntheticCluster
from harness.waiting import eventually
from harness.wire import Request, Writer, request, response_header, sized

MIB = 1 << 20
API_VERSIONS = request(18, 0, b"")


class FetchBroker(Broker):
    """Answers every Fetch (version 12) with one partition of `records_size` bytes of records."""

    def __init__(self, records_size: int) -> None:
        self.records_size = records_size
        super().__init__(self._answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.port)})

    def _answer(self, request: Request) -> Answer:
        if request.api_key != FETCH:
            return self.cluster.answer(request)
        head = response_header(request).int32(0).int16(0).int32(0).uvarint(2).string(self.cluster.topic).uvarint(2)
        head.int32(0).int16(0).int64(9).int64(9).int64(0).uvarint(0).int32(-1).uvarint(self.records_size + 1)
        # The partition's, the topic's, and the response's tagged fields.
        tail = b"\x00\x00\x00"
        size = len(head.bytes) + self.records_size + len(tail)
        return size, self._parts(bytes(head.bytes), tail)

    def _parts(self, head: bytes, tail: bytes) -> Iterator[bytes]:
        yield head
        yield from self.records()
        yield tail

    def records(self) -> Iterator[bytes]:
        """A batch's header that covers all of it, then bytes that nobody opens."""
        header = struct.pack(
            ">qiibiHiqqqhii", 0, self.records_size - 12, 0, 2, 0, 0, 0, 0, 0, -1, -1, -1, 1
        )
        yield header
        left = self.records_size - len(header)
        chunk = bytes(range(256)) * 256
        while left > 0:
            yield chunk[: min(left, len(chunk))]
            left -= len(chunk)


def fetch_request(correlation_id: int = 1) -> bytes:
    body = Writer(flexible=True).int32(-1).int32(500).int32(1).int32(200 * MIB).int8(0).int32(0).int32(-1)
    body.array(
        ["orders"],
        lambda w, topic: w.string(topic)
        .array([0], lambda p, index: p.int32(index).int32(-1).int64(0).int32(-1).int64(-1).int32(200 * MIB).tags())
        .tags(),
    )
    body.array([], Writer.int32).string("").tags()
    return request(FETCH, 12, bytes(body.bytes), correlation_id)


def produce_request(size: int, acks: int = 1, correlation_id: int = 1, version: int = 9) -> bytes:
    """Produce with one partition of `size` bytes of records."""
    records = struct.pack(">qiibiHiqqqhii", 0, size - 12, 0, 2, 0, 0, 0, 0, 0, -1, -1, -1, 1)
    records += bytes(size - len(records))
    body = Writer(flexible=True).string(None).int16(acks).int32(1000)
    body.array(
        ["orders"],
        lambda w, topic: w.string(topic).array([0], lambda p, index: p.int32(index).data(records).tags()).tags(),
    ).tags()
    return request(PRODUCE, version, bytes(body.bytes), correlation_id)


def produce_response(request: Request) -> bytes:
    body = response_header(request)
    body.array(
        ["orders"],
        lambda w, topic: w.string(topic)
        .array(
            [0],
            lambda p, index: p.int32(index).int16(0).int64(0).int64(-1).int64(0).array([], Writer.int32).string(None)
            .tags(),
        )
        .tags(),
    )  # fmt: skip
    return bytes(body.int32(0).tags().bytes)


def test_a_fetch_response_of_100_mib_passes_in_small_memory(start_sluice: Callable[..., Sluice]) -> None:
    size = 99 * MIB
    with FetchBroker(size) as broker:
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            client.exchange(API_VERSIONS)
            before = sluice.resident_bytes()
            peak = before
            client.send(fetch_request())
            left = client.receive_size()
            assert left > size
            expected = b"".join(broker.records())
            received = bytearray()
            while len(received) < left:
                received += client.receive_bytes(min(4 * MIB, left - len(received)))
                peak = max(peak, sluice.resident_bytes())
        assert bytes(received).find(expected) > 0
        # A few hundred KiB would be enough; what the allocator keeps besides is under this.
        assert peak - before < 8 * MIB, f"{(peak - before) / MIB:.1f} MiB"
        assert sluice.stats().total("sluice_topic_bytes_total", topic="orders", direction="fetch") == size
        sluice.stop()


def test_a_slow_reader_holds_up_the_broker_and_not_the_memory(start_sluice: Callable[..., Sluice]) -> None:
    with FetchBroker(MIB) as broker:
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port, receive_buffer=64 * 1024) as client:
            client.exchange(API_VERSIONS)
            before = sluice.resident_bytes()
            # 400 MiB are asked for, and none of it read.
            for number in range(400):
                client.send(fetch_request(number))
            with RawClient(sluice.port) as other:
                # Each of these is a round through the same loop, while the other connection is stuck.
                for _ in range(200):
                    other.exchange(API_VERSIONS)
            assert sluice.resident_bytes() - before < 16 * MIB
            for number in range(400):
                assert client.receive()[:4] == struct.pack(">i", number)
        sluice.stop()


def test_a_broker_that_does_not_read_holds_up_the_client_and_not_the_memory(
    start_sluice: Callable[..., Sluice],
) -> None:
    def answer(request: Request) -> bytes | None:
        return produce_response(request) if request.api_key == PRODUCE else cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            client.exchange(API_VERSIONS)
            before = sluice.resident_bytes()
            broker.stop_reading()
            frames = [sized(produce_request(MIB, correlation_id=number)) for number in range(200)]
            sender = threading.Thread(target=lambda: [client.send_bytes(frame) for frame in frames])
            sender.start()
            with RawClient(sluice.port) as other:
                for _ in range(200):
                    other.send(API_VERSIONS)
                assert sluice.get("/livez")
            assert sender.is_alive(), "200 MiB went somewhere although the broker does not read"
            assert sluice.resident_bytes() - before < 16 * MIB
            broker.go_on_reading()
            for number in range(200):
                assert client.receive()[:4] == struct.pack(">i", number)
            sender.join(20)
        sluice.stop()


def test_a_client_that_has_finished_sending_still_gets_its_answers(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        for number in range(20):
            client.send(request(18, 0, b"", correlation_id=number))
        client.socket.shutdown(socket.SHUT_WR)
        for number in range(20):
            assert client.receive()[:4] == struct.pack(">i", number)
        assert client.is_closed_by_peer()


def test_a_client_that_leaves_with_requests_in_flight_leaves_nothing_behind(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    for _ in range(50):
        with RawClient(sluice.port) as client:
            for number in range(20):
                client.send(request(18, 0, b"", correlation_id=number))
    eventually(lambda: sluice.stats().total("sluice_downstream_connections") == 0, "no downstream connection")
    eventually(lambda: sluice.stats().total("sluice_upstream_connections") == 0, "no upstream connection")
    assert sluice.stats().total("sluice_requests_in_flight") == 0


def test_acks_0_gets_no_answer_and_holds_up_nothing(start_sluice: Callable[..., Sluice]) -> None:
    def answer(request: Request) -> bytes | None:
        return None if request.api_key == PRODUCE else cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            for number in range(10):
                client.send(produce_request(500, acks=0))
                assert client.exchange(request(18, 0, b"", correlation_id=number))[:4] == struct.pack(">i", number)
        produced = [request for request in broker.requests if request.api_key == PRODUCE]
        assert len(produced) == 10
        assert sluice.stats().total("sluice_requests_in_flight") == 0
        sluice.stop()


def test_an_answer_to_acks_0_is_dropped(start_sluice: Callable[..., Sluice]) -> None:
    """librdkafka's mock cluster answers acks=0 as well; clients pass over it, and so must Sluice."""

    def answer(request: Request) -> bytes | None:
        return produce_response(request) if request.api_key == PRODUCE else cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            for number in range(10):
                client.send(produce_request(500, acks=0))
                assert client.exchange(request(18, 0, b"", correlation_id=number))[:4] == struct.pack(">i", number)
        with RawClient(sluice.port) as client:
            for _ in range(10):
                client.send(produce_request(500, acks=0))
            produced = 20
            eventually(lambda: [r.api_key for r in broker.requests].count(PRODUCE) == produced, "all of them there")
            assert client.exchange(API_VERSIONS)
        sluice.stop()


def test_what_was_sent_before_the_client_left_arrives(start_sluice: Callable[..., Sluice]) -> None:
    def answer(request: Request) -> bytes | None:
        return None if request.api_key == PRODUCE else cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        for _ in range(20):
            with RawClient(sluice.port) as client:
                client.send_bytes(sized(produce_request(50_000, acks=0)) * 5)
        eventually(
            lambda: [request.api_key for request in broker.requests].count(PRODUCE) == 100, "100 requests at the broker"
        )
        sluice.stop()


def test_correlation_ids_may_repeat(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        for _ in range(5):
            client.send(request(18, 0, b"", correlation_id=7))
        for _ in range(5):
            assert client.receive()[:4] == struct.pack(">i", 7)


# The client says that it is 203.0.113.9:50000.
PROXY_V1 = b"PROXY TCP4 203.0.113.9 127.0.0.1 50000 9092\r\n"
PROXY_V2 = bytes.fromhex("0d0a0d0a000d0a515549540a 21 11 000c cb007109 7f000001 c350 2384".replace(" ", ""))


@pytest.mark.parametrize("header", [PROXY_V1, PROXY_V2], ids=["v1", "v2"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "byte-by-byte"])
def test_the_client_address_is_what_the_proxy_header_says(
    start_sluice: Callable[..., Sluice], cluster: Cluster, header: bytes, whole: bool
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers,
        listener="proxy_protocol: true\nfilters:\n  - type: access_log\n    name: log\n    path: access.log",
    )
    with RawClient(sluice.port) as client:
        for part in [header] if whole else [header[at : at + 1] for at in range(len(header))]:
            client.send_bytes(part)
        assert client.exchange(API_VERSIONS)
        assert "203.0.113.9" in sluice.get("/connections")

    def logged() -> bool:
        lines = (sluice.directory / "access.log").read_text().splitlines()
        return any("203.0.113.9" in json.dumps(json.loads(line)) for line in lines)

    eventually(logged, "the access log names the client's address")


def test_a_connection_without_the_proxy_header_is_closed(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener="proxy_protocol: true")
    with RawClient(sluice.port) as client:
        client.send(API_VERSIONS)
        assert client.is_closed_by_peer()


def test_a_proxy_header_is_not_believed_from_just_anybody(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers, listener="proxy_protocol: true\nproxy_protocol_trusted: [192.0.2.0/24]"
    )
    with RawClient(sluice.port) as client:
        client.send_bytes(PROXY_V1)
        assert client.is_closed_by_peer()


def test_a_silent_connection_is_closed_after_the_idle_timeout(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, extra="limits:\n  idle_timeout: 1s")
    with RawClient(sluice.port) as client:
        client.exchange(API_VERSIONS)
        assert client.is_closed_by_peer()


def test_a_frame_that_does_not_come_to_its_end_is_closed(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, extra="limits:\n  frame_timeout: 500ms")
    with RawClient(sluice.port) as client:
        client.send_bytes(sized(API_VERSIONS)[:9])
        assert client.is_closed_by_peer()


def test_400_connections_in_little_memory(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    clients = [RawClient(sluice.port) for _ in range(400)]
    try:
        before = sluice.resident_bytes()
        for client in clients:
            client.send(API_VERSIONS)
        for client in clients:
            client.receive()
        assert sluice.stats().total("sluice_downstream_connections") == 400
        assert sluice.resident_bytes() - before < 400 * 64 * 1024
    finally:
        for client in clients:
            client.close()
