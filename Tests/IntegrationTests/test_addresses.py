"""No response names a broker's own address: the tagged endpoints of KIP-951, at whatever length, in whatever order."""

import struct
from dataclasses import dataclass
from typing import Callable

import pytest
from harness.broker import Broker
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.synthetic import SyntheticCluster
from harness.wire import Reader, Request, Writer, request, response_body, response_header

TOPIC = bytes(range(16))
RECORDS = b"records that pass as they are"
# More than a read takes in: such a frame streams by.
MANY_RECORDS = RECORDS * 100_000


@dataclass(frozen=True)
class Endpoint:
    node: int
    host: str
    port: int


def encode_endpoints(endpoints: list[Endpoint]) -> bytes:
    def each(w: Writer, endpoint: Endpoint) -> None:
        w.int32(endpoint.node).string(endpoint.host).int32(endpoint.port).string(None).tags()

    return bytes(Writer(flexible=True).array(endpoints, each).bytes)


def decode_endpoints(reader: Reader) -> list[Endpoint]:
    def each(r: Reader) -> Endpoint:
        endpoint = Endpoint(r.int32(), str(r.string()), r.int32())
        r.string()
        r.tags()
        return endpoint

    return reader.array(each)


CURRENT_LEADER = struct.pack(">ii", 2, 5) + b"\x00"


def produce_response(request: Request, endpoints: list[Endpoint]) -> bytes:
    """Partition 0 is led by broker 2 now."""
    body = response_header(request)

    def partition(w: Writer, index: int) -> None:
        w.int32(index).int16(6).int64(-1).int64(-1).int64(-1).array([], Writer.int32).string(None)
        w.tags({0: CURRENT_LEADER})

    def topic(w: Writer, _: int) -> None:
        if request.api_version >= 13:
            w.raw(TOPIC)
        else:
            w.string("orders")
        w.array([0], partition).tags()

    return bytes(body.array([0], topic).int32(0).tags({0: encode_endpoints(endpoints)}).bytes)


def produce_endpoints(request: Request, frame: bytes) -> list[Endpoint]:
    reader = response_body(request, frame)

    def partition(r: Reader) -> None:
        r.raw(4 + 2 + 24)
        r.array(Reader.int32)
        r.string()
        assert r.tags() == {0: CURRENT_LEADER}

    def topic(r: Reader) -> None:
        assert r.raw(16) == TOPIC if request.api_version >= 13 else r.string() == "orders"
        r.array(partition)
        r.tags()

    reader.array(topic)
    reader.int32()
    tags = reader.tags()
    assert reader.offset == len(frame)
    return decode_endpoints(Reader(tags[0], flexible=True)) if 0 in tags else []


def fetch_response(request: Request, endpoints: list[Endpoint], records: bytes = RECORDS) -> bytes:
    body = response_header(request).int32(0).int16(0).int32(0)

    def partition(w: Writer, index: int) -> None:
        w.int32(index).int16(6).int64(0).int64(0).int64(0).uvarint(0).int32(-1).data(records)
        w.tags({1: CURRENT_LEADER})

    body.array([0], lambda w, _: w.raw(TOPIC).array([0], partition).tags())
    return bytes(body.tags({0: encode_endpoints(endpoints)}).bytes)


def fetch_endpoints(request: Request, frame: bytes, records: bytes = RECORDS) -> list[Endpoint]:
    reader = response_body(request, frame)
    reader.raw(4 + 2 + 4)

    def partition(r: Reader) -> None:
        r.raw(4 + 2 + 24)
        assert r.uvarint() == 0
        r.int32()
        assert r.data() == records
        assert r.tags() == {1: CURRENT_LEADER}

    def topic(r: Reader) -> None:
        assert r.raw(16) == TOPIC
        r.array(partition)
        r.tags()

    reader.array(topic)
    tags = reader.tags()
    assert reader.offset == len(frame)
    return decode_endpoints(Reader(tags[0], flexible=True)) if 0 in tags else []


def fetch_request(version: int) -> bytes:
    body = Writer(flexible=True).int32(500).int32(1).int32(1 << 20).int8(0).int32(0).int32(-1)

    def partition(w: Writer, index: int) -> None:
        w.int32(index).int32(-1).int64(0).int32(-1).int64(-1).int32(1 << 20).tags()

    body.array([0], lambda w, _: w.raw(TOPIC).array([0], partition).tags())
    return request(1, version, bytes(body.array([], Writer.int32).string("").tags().bytes))


def produce_request(version: int) -> bytes:
    body = Writer(flexible=True).string(None).int16(1).int32(1000)

    def topic(w: Writer, _: int) -> None:
        if version >= 13:
            w.raw(TOPIC)
        else:
            w.string("orders")
        w.array([0], lambda p, index: p.int32(index).data(b"").tags()).tags()

    return request(0, version, bytes(body.array([0], topic).tags().bytes))


SHORT, LONG = "127.0.0.1", "a-name-longer-than-any-address-of-the-brokers.sluice.test"


@pytest.mark.parametrize("version", [(0, 10), (0, 11), (0, 12), (0, 13), (1, 16), (1, 17), (1, 18)], ids=str)
@pytest.mark.parametrize("advertised", [SHORT, LONG], ids=["same-length", "longer"])
@pytest.mark.parametrize("upstream_host", ["127.0.0.1", "kafka", "a-broker-with-a-long-name.kafka.internal"], ids=str)
def test_the_endpoints_of_new_leaders_are_sluices(
    start_sluice: Callable[..., Sluice], version: tuple[int, int], advertised: str, upstream_host: str
) -> None:
    api_key, api_version = version
    encode, decode = [(produce_response, produce_endpoints), (fetch_response, fetch_endpoints)][api_key]
    frame = [produce_request, fetch_request][api_key](api_version)

    def answer(request: Request) -> bytes | None:
        if request.api_key == api_key:
            return encode(request, [Endpoint(2, upstream_host, 19_999), Endpoint(1, upstream_host, broker.port)])
        return cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: (upstream_host, broker.port), 2: (upstream_host, 19_999)}, topic_id=TOPIC)
        sluice = start_sluice(broker.address, advertised_host=advertised)
        with RawClient(sluice.port) as client:
            found = client.exchange(frame)
        assert decode(Request(frame), found) == [
            Endpoint(2, advertised, sluice.broker_port(2)),
            Endpoint(1, advertised, sluice.broker_port(1)),
        ]
        assert sluice.stats().total("sluice_decode_errors_total") == 0
        sluice.stop()


@pytest.mark.parametrize("version", [16, 17, 18])
@pytest.mark.parametrize("advertised", [SHORT, LONG], ids=["same-length", "longer"])
def test_the_endpoints_behind_records_that_stream_by_are_sluices_or_hidden(
    start_sluice: Callable[..., Sluice], version: int, advertised: str
) -> None:
    frame = fetch_request(version)

    def answer(request: Request) -> bytes | None:
        if request.api_key == 1:
            return fetch_response(request, [Endpoint(2, "127.0.0.1", 19_999)], MANY_RECORDS)
        return cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port), 2: ("127.0.0.1", 19_999)}, topic_id=TOPIC)
        sluice = start_sluice(broker.address, advertised_host=advertised)
        with RawClient(sluice.port) as client:
            found = client.exchange(frame)
        # Hidden, clients use the address that they know for that ID, which is Sluice's.
        endpoints = fetch_endpoints(Request(frame), found, MANY_RECORDS)
        assert endpoints in ([], [Endpoint(2, advertised, sluice.broker_port(2))])
        sluice.stop()


@pytest.mark.parametrize("version", range(14))
def test_metadata_of_every_version_names_sluice_only(start_sluice: Callable[..., Sluice], version: int) -> None:
    with Broker(lambda request: cluster.answer(request)) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port), 5: ("kafka-5.internal", 9094)})
        sluice = start_sluice(broker.address, advertised_host=LONG)
        flexible = version >= 9
        body = Writer(flexible)
        if version == 0:
            body.int32(0)
        else:
            body.array(None, Writer.int8)
        if version >= 4:
            body.boolean(True)
        if 8 <= version <= 10:
            body.boolean(False)
        if version >= 8:
            body.boolean(False)
        frame = request(3, version, bytes(body.tags().bytes))
        with RawClient(sluice.port) as client:
            found = client.exchange(frame)
        expected = SyntheticCluster({1: (LONG, sluice.broker_port(1)), 5: (LONG, sluice.broker_port(5))})
        assert found.hex() == expected.metadata(Request(frame)).hex()
        sluice.stop()


def test_a_coordinator_that_is_not_known_stays_so(start_sluice: Callable[..., Sluice]) -> None:
    def answer(request: Request) -> bytes | None:
        if request.api_key == 10:
            # COORDINATOR_NOT_AVAILABLE, node -1 at ":-1".
            return request.frame[4:8] + struct.pack(">hihi", 15, -1, 0, -1)
        return cluster.answer(request)

    with Broker(answer) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        sluice = start_sluice(broker.address)
        with RawClient(sluice.port) as client:
            assert client.exchange(request(10, 0, b"\x00\x01g"))[4:] == struct.pack(">hihi", 15, -1, 0, -1)
        sluice.stop()
