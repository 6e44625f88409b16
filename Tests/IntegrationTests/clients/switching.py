"""Clients that work while topics are switched under them. Each value is sent once, and told when it was acknowledged."""

import asyncio
from typing import Any, Callable

import common
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from kafka import KafkaConsumer, KafkaProducer

#: kafka-python cannot read the mock cluster's ApiVersions answer.
VERSION = (2, 3)


class _Acknowledged:
    """The values that were acknowledged, and what became of the others."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.failed: list[str] = []
        self._told = 0

    def __call__(self, error: KafkaError | None, message: Any) -> None:
        if error:
            self.failed.append(str(error))
        else:
            self.values.append(message.value().decode())

    def tell(self) -> None:
        if len(self.values) >= self._told + 50:
            self._told = len(self.values)
            common.event("acknowledged", count=self._told)


def produce(
    bootstrap: str, topic: str, client_id: str, partitions: int = 3, pause: float = 0.001, **settings: Any
) -> dict[str, Any]:
    """librdkafka: writes to all partitions until stopped, many requests at once."""
    fatal: list[str] = []

    def on_error(error: KafkaError) -> None:
        if error.fatal():
            fatal.append(str(error))

    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": client_id,
            "linger.ms": 2,
            "batch.num.messages": 20,
            "message.timeout.ms": 30_000,
            "error_cb": on_error,
            **settings,
        }
    )
    acknowledged = _Acknowledged()
    stop = common.stop_requested()
    sent = 0
    while not stop.is_set() and not fatal:
        producer.produce(topic, f"{client_id}-{sent}", partition=sent % partitions, on_delivery=acknowledged)
        sent += 1
        producer.poll(pause)
        acknowledged.tell()
    left = producer.flush(common.DEADLINE)
    return {
        "sent": sent, "acknowledged": acknowledged.values, "failed": acknowledged.failed, "left": left, "fatal": fatal
    }  # fmt: skip


def produce_transactions(bootstrap: str, topic: str, client_id: str, size: int = 20) -> dict[str, Any]:
    """librdkafka: transactions of a few records until stopped; one that must be aborted is, and its records are given up."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": client_id,
            "transactional.id": client_id,
            "transaction.timeout.ms": 40_000,
            "message.timeout.ms": 30_000,
            "linger.ms": 1,
        }
    )
    producer.init_transactions(common.DEADLINE)
    stop = common.stop_requested()
    committed: list[str] = []
    aborted = number = 0
    while not stop.is_set():
        values = [f"{client_id}-{number}-{index}" for index in range(size)]
        number += 1
        producer.begin_transaction()
        try:
            for index, value in enumerate(values):
                producer.produce(topic, value, partition=index % 3)
                producer.poll(0.001)
            producer.commit_transaction(common.DEADLINE)
        except KafkaException as failure:
            error = failure.args[0]
            # What is produced meanwhile is told that the state is wrong.
            if not error.txn_requires_abort() and error.code() != KafkaError._STATE:
                raise
            producer.abort_transaction(common.DEADLINE)
            aborted += 1
            common.event("aborted", error=str(error))
            continue
        committed += values
        common.event("committed", count=number)
    return {"committed": committed, "aborted": aborted}


def produce_with_kafka_python(bootstrap: str, topic: str, client_id: str) -> dict[str, Any]:
    """kafka-python: as `produce`."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, api_version=VERSION, client_id=client_id, enable_idempotence=False, acks="all",
        linger_ms=2, metadata_max_age_ms=5000,
    )  # fmt: skip
    acknowledged: list[str] = []
    failed: list[str] = []
    stop = common.stop_requested()
    sent = told = 0
    while not stop.is_set():
        value = f"{client_id}-{sent}"
        future = producer.send(topic, value.encode(), partition=sent % 3)
        future.add_callback(lambda _, value=value: acknowledged.append(value))
        future.add_errback(lambda error: failed.append(repr(error)))
        sent += 1
        stop.wait(0.002)
        if len(acknowledged) >= told + 50:
            told = len(acknowledged)
            common.event("acknowledged", count=told)
    producer.flush(timeout=common.DEADLINE)
    producer.close()
    return {"sent": sent, "acknowledged": acknowledged, "failed": failed, "left": 0, "fatal": []}


def _read_until_stopped(poll: Callable[[], list[bytes]], commit: Callable[[], None]) -> list[str]:
    """Reads and commits until stopped; tells how many records came so far."""
    stop = common.stop_requested()
    read: list[str] = []
    while not stop.is_set():
        found = [value.decode() for value in poll()]
        if found:
            read += found
            commit()
            common.event("read", count=len(read), values=found)
    return read


def _confluent(bootstrap: str, group: str, client_id: str, **settings: Any) -> Consumer:
    properties = {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": common.SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": common.HEARTBEAT_INTERVAL_MS,
        **settings,
    }
    return Consumer({key: value for key, value in properties.items() if value is not None})


def _poll_confluent(consumer: Consumer) -> list[bytes]:
    values = []
    for message in consumer.consume(100, 0.05):
        error = message.error()
        if error and not error.retriable() and error.code() not in _TRANSIENT:
            raise KafkaException(error)
        if not error:
            values.append(message.value())
    return values


#: What a consumer is told on the way, and goes on after.
_TRANSIENT = {
    KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError._MAX_POLL_EXCEEDED,
}  # fmt: skip


def _commit_confluent(consumer: Consumer) -> None:
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as failure:
        # Fenced: what was read is read again by who has the partitions next.
        if failure.args[0].code() not in (
            KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS,
            KafkaError._NO_OFFSET, KafkaError.STALE_MEMBER_EPOCH, KafkaError.FENCED_MEMBER_EPOCH,
            KafkaError._ASSIGNMENT_LOST,
        ):  # fmt: skip
            raise


def member(bootstrap: str, topic: str, group: str, client_id: str, **settings: Any) -> list[str]:
    """librdkafka: a member of a group; commits what it read at once."""
    consumer = _confluent(bootstrap, group, client_id, **settings)
    consumer.subscribe([topic], on_assign=lambda *_: common.event("assigned"))
    read = _read_until_stopped(lambda: _poll_confluent(consumer), lambda: _commit_confluent(consumer))
    consumer.close()
    return read


def groupless(bootstrap: str, topic: str, client_id: str, partitions: int = 3, **settings: Any) -> list[str]:
    """librdkafka: all partitions from the beginning, without a group."""
    consumer = _confluent(bootstrap, "none", client_id, **settings)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    read = _read_until_stopped(lambda: _poll_confluent(consumer), lambda: None)
    consumer.close()
    return read


def member_with_kafka_python(bootstrap: str, topic: str, group: str, client_id: str) -> list[str]:
    """kafka-python: as `member`."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, api_version=VERSION, client_id=client_id, group_id=group,
        auto_offset_reset="earliest", enable_auto_commit=False, session_timeout_ms=common.SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=common.HEARTBEAT_INTERVAL_MS,
    )  # fmt: skip

    def poll() -> list[bytes]:
        found = consumer.poll(timeout_ms=100)
        return [record.value for records in found.values() for record in records]

    read = _read_until_stopped(poll, consumer.commit)
    consumer.close()
    return read


def member_with_aiokafka(bootstrap: str, topic: str, group: str, client_id: str) -> list[str]:
    """aiokafka: as `member`."""
    return asyncio.run(_aio_member(bootstrap, topic, group, client_id))


async def _aio_member(bootstrap: str, topic: str, group: str, client_id: str) -> list[str]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, client_id=client_id, group_id=group, auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=common.SESSION_TIMEOUT_MS, heartbeat_interval_ms=common.HEARTBEAT_INTERVAL_MS,
    )  # fmt: skip
    await consumer.start()
    stop = common.stop_requested()
    read: list[str] = []
    while not stop.is_set():
        records = (await consumer.getmany(timeout_ms=100)).values()
        found = [record.value.decode() for batch in records for record in batch]
        if found:
            read += found
            await consumer.commit()
            common.event("read", count=len(read), values=found)
    await consumer.stop()
    return read


common.main(
    {
        function.__name__: function
        for function in (
            produce,
            produce_transactions,
            produce_with_kafka_python,
            member,
            member_with_kafka_python,
            member_with_aiokafka,
            groupless,
        )
    }
)
