"""What brokers have in their logs, read past Sluice: batches with their producers, and the values in them."""

import struct
import time
from collections import defaultdict
from dataclasses import dataclass

from confluent_kafka import Consumer, TopicPartition
from harness.raw_client import RawClient
from harness.waiting import DEADLINE
from harness.wire import Reader, Request, Writer, request, response_body

FETCH = 1


@dataclass(frozen=True)
class Batch:
    """The header of one record batch."""

    base_offset: int
    count: int
    producer_id: int
    producer_epoch: int
    base_sequence: int


def batches(port: int, topic: str, partition: int) -> list[Batch]:
    """All batches of a partition, asked of its leader at `port`."""
    found: list[Batch] = []
    offset = 0
    with RawClient(port) as client:
        while True:
            data = _fetch(client, topic, partition, offset)
            if not data:
                return found
            for batch in _parse(data):
                if batch.base_offset >= offset:
                    found.append(batch)
            offset = found[-1].base_offset + found[-1].count


def _fetch(client: RawClient, topic: str, partition: int, offset: int) -> bytes:
    body = Writer().int32(-1).int32(0).int32(0).int32(1 << 24).int8(0)

    def each_partition(w: Writer, index: int) -> None:
        w.int32(index).int64(offset).int32(1 << 20)

    def each_topic(w: Writer, name: str) -> None:
        w.string(name).array([partition], each_partition)

    body.array([topic], each_topic)
    frame = request(FETCH, 4, bytes(body.bytes))
    answer = response_body(Request(frame), client.exchange(frame))
    answer.int32()

    def aborted(r: Reader) -> None:
        r.int64(), r.int64()

    def fetched(r: Reader) -> bytes:
        r.int32()
        error = r.int16()
        assert error == 0, f"{topic}[{partition}] at {offset}: error {error}"
        r.int64(), r.int64()
        r.array(aborted) if struct.unpack_from(">i", r.bytes, r.offset)[0] >= 0 else r.int32()
        return r.data() or b""

    def topics(r: Reader) -> list[bytes]:
        r.string()
        return r.array(fetched)

    (data,) = (data for found in answer.array(topics) for data in found)
    return data


def _parse(data: bytes) -> list[Batch]:
    found = []
    position = 0
    while position + 61 <= len(data):
        base_offset, length = struct.unpack_from(">qi", data, position)
        if position + 12 + length > len(data):
            break
        producer_id, epoch, sequence, count = struct.unpack_from(">qhii", data, position + 43)
        found.append(Batch(base_offset, count, producer_id, epoch, sequence))
        position += 12 + length
    return found


def assert_sequences(log: list[Batch]) -> None:
    """Asserts what a broker checks and librdkafka's mock cluster does not: the numbers of each producer follow one another,
    and begin at 0 with each new epoch."""
    latest: dict[int, Batch] = {}
    for batch in log:
        if batch.producer_id < 0:
            continue
        former = latest.get(batch.producer_id)
        if former and former.producer_epoch == batch.producer_epoch:
            assert batch.base_sequence == former.base_sequence + former.count, (former, batch)
        elif former:
            assert batch.producer_epoch > former.producer_epoch, (former, batch)
            assert batch.base_sequence == 0, (former, batch)
        latest[batch.producer_id] = batch


def values(bootstrap: str, topic: str, partitions: int, *, committed_only: bool = False) -> dict[str, int]:
    """All values of a topic, with how often each is there."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "none",
            "enable.partition.eof": True,
            "isolation.level": "read_committed" if committed_only else "read_uncommitted",
        }
    )
    consumer.assign([TopicPartition(topic, index, 0) for index in range(partitions)])
    found: dict[str, int] = defaultdict(int)
    ends: set[int] = set()
    try:
        end = time.monotonic() + DEADLINE
        while len(ends) < partitions:
            assert time.monotonic() < end, f"{topic} has no end"
            for message in consumer.consume(500, 0.1):
                error = message.error()
                if not error:
                    found[message.value().decode()] += 1
                elif error.name() == "_PARTITION_EOF":
                    ends.add(message.partition())
                else:
                    raise AssertionError(str(error))
    finally:
        consumer.close()
    return found
