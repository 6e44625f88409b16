"""kafka-python as a client. It is told the broker's version: it cannot read the mock cluster's ApiVersions answer."""

from typing import Any

import common
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.net.sasl.oauth import AbstractTokenProvider

VERSION = (2, 3)


class _Token(AbstractTokenProvider):
    """Always the same token."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def token(self) -> str:
        return self._text


def _security(security: dict[str, Any] | None) -> dict[str, Any]:
    settings = dict(security or {})
    if "oauth_token" in settings:
        settings["sasl_oauth_token_provider"] = _Token(settings.pop("oauth_token"))
    return settings


def produce(
    bootstrap: str,
    topic: str,
    count: int,
    size: int = 100,
    codec: str = "none",
    acks: str = "all",
    idempotent: bool = False,
    client_id: str = "kafka-python",
    security: dict[str, Any] | None = None,
) -> dict[str, Any]:
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        api_version=VERSION,
        client_id=client_id,
        acks=acks if acks == "all" else int(acks),
        compression_type=None if codec == "none" else codec,
        enable_idempotence=idempotent,
        max_request_size=8_000_000,
        linger_ms=20,
        **_security(security),
    )
    sent = common.values(count, size)
    futures = [producer.send(topic, value) for value in sent]
    producer.flush(timeout=common.DEADLINE)
    for future in futures:
        future.get(timeout=common.DEADLINE)
    producer.close()
    return {"delivered": len(futures), "digest": common.digest(sent)}


def consume(
    bootstrap: str, topic: str, count: int, client_id: str = "kafka-python", security: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Reads `count` records from the beginning of every partition, without a group."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        api_version=VERSION,
        client_id=client_id,
        auto_offset_reset="earliest",
        **_security(security),
    )
    partitions = consumer.partitions_for_topic(topic)
    consumer.assign([TopicPartition(topic, partition) for partition in partitions])
    consumer.seek_to_beginning()
    found = _read(consumer, count)
    consumer.close()
    return {"count": len(found), "digest": common.digest(found)}


def consume_group(bootstrap: str, topic: str, group: str, count: int) -> dict[str, Any]:
    """Reads `count` records as a group of one and commits."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        api_version=VERSION,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=common.SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=common.HEARTBEAT_INTERVAL_MS,
    )
    found = _read(consumer, count)
    consumer.commit()
    consumer.close()
    return {"count": len(found), "digest": common.digest(found)}


def _read(consumer: KafkaConsumer, count: int) -> list[bytes]:
    deadline = common.Deadline()
    found: list[bytes] = []
    while len(found) < count:
        deadline.check(f"{len(found)} of {count} records read")
        for records in consumer.poll(timeout_ms=200).values():
            found += [record.value for record in records]
    return found


common.main({function.__name__: function for function in (produce, consume, consume_group)})
