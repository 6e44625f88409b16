"""aiokafka as a client."""

import asyncio
from typing import Any

import common
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import AbstractTokenProvider
from aiokafka.helpers import create_ssl_context


class _Token(AbstractTokenProvider):
    """Always the same token."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def token(self) -> str:
        return self._text


def _security(security: dict[str, Any] | None) -> dict[str, Any]:
    settings = dict(security or {})
    if "oauth_token" in settings:
        settings["sasl_oauth_token_provider"] = _Token(settings.pop("oauth_token"))
    if "ssl_cafile" in settings:
        names = {"cafile": "ssl_cafile", "certfile": "ssl_certfile", "keyfile": "ssl_keyfile"}
        files = {name: settings.pop(key, None) for name, key in names.items()}
        settings["ssl_context"] = create_ssl_context(**files)
    return settings


async def _produce(
    bootstrap: str,
    topic: str,
    count: int,
    size: int = 100,
    codec: str = "none",
    acks: str = "all",
    idempotent: bool = False,
    client_id: str = "aiokafka",
    security: dict[str, Any] | None = None,
) -> dict[str, Any]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        acks=acks if acks == "all" else int(acks),
        compression_type=None if codec == "none" else codec,
        enable_idempotence=idempotent,
        max_request_size=8_000_000,
        linger_ms=20,
        **_security(security),
    )
    await producer.start()
    try:
        sent = common.values(count, size)
        futures = [await producer.send(topic, value) for value in sent]
        await asyncio.wait_for(asyncio.gather(*futures), common.DEADLINE)
    finally:
        await producer.stop()
    return {"delivered": len(futures), "digest": common.digest(sent)}


async def _consume(
    bootstrap: str, topic: str, count: int, client_id: str = "aiokafka", security: dict[str, Any] | None = None
) -> dict[str, Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, client_id=client_id, auto_offset_reset="earliest", **_security(security)
    )
    await consumer.start()
    try:
        # The first call asks for the topic, and may return before its metadata came.
        deadline = common.Deadline()
        while not (partitions := consumer.partitions_for_topic(topic)):
            deadline.check("the topic's partitions")
            consumer._client.add_topic(topic)
            await consumer._client.force_metadata_update()
        consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        found = await _read(consumer, count)
    finally:
        await consumer.stop()
    return {"count": len(found), "digest": common.digest(found)}


async def _consume_group(bootstrap: str, topic: str, group: str, count: int) -> dict[str, Any]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        client_id="aiokafka",
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=common.SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=common.HEARTBEAT_INTERVAL_MS,
    )
    await consumer.start()
    try:
        found = await _read(consumer, count)
        await consumer.commit()
    finally:
        await consumer.stop()
    return {"count": len(found), "digest": common.digest(found)}


async def _read(consumer: AIOKafkaConsumer, count: int) -> list[bytes]:
    deadline = common.Deadline()
    found: list[bytes] = []
    while len(found) < count:
        deadline.check(f"{len(found)} of {count} records read")
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found += [record.value for record in records]
    return found


def produce(**settings: Any) -> dict[str, Any]:
    return asyncio.run(_produce(**settings))


def consume(**settings: Any) -> dict[str, Any]:
    """Reads `count` records from the beginning of every partition, without a group."""
    return asyncio.run(_consume(**settings))


def consume_group(**settings: Any) -> dict[str, Any]:
    """Reads `count` records as a group of one and commits."""
    return asyncio.run(_consume_group(**settings))


common.main({function.__name__: function for function in (produce, consume, consume_group)})
