"""confluent-kafka (librdkafka) as a client."""

import time
from typing import Any

import common
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition


def _signed_in(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties, with `oauth_token` made into the callback that hands it out."""
    token = properties.pop("oauth_token", None)
    if token:
        properties["oauth_cb"] = lambda _config: (token, time.time() + 3600)
    return properties


def _producer(bootstrap: str, client_id: str = "confluent", **settings: Any) -> Producer:
    return Producer(
        _signed_in(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "message.max.bytes": 8_000_000,
                "message.timeout.ms": 30_000,
                "reconnect.backoff.max.ms": 200,
                **settings,
            }
        )
    )


def _consumer(bootstrap: str, group: str = "none", client_id: str = "confluent", **settings: Any) -> Consumer:
    """`settings` are librdkafka's properties; None takes one of the following back."""
    properties = {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": common.SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": common.HEARTBEAT_INTERVAL_MS,
        "reconnect.backoff.max.ms": 200,
        **settings,
    }
    return Consumer(_signed_in({name: value for name, value in properties.items() if value is not None}))


class _Deliveries:
    """Counts what was acknowledged; the first error ends the script."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: KafkaError | None, _message: object) -> None:
        if error:
            raise KafkaException(error)
        self.count += 1


def produce(
    bootstrap: str, topic: str, count: int, size: int = 100, codec: str = "none", acks: str = "all", **settings: Any
) -> dict[str, Any]:
    producer = _producer(bootstrap, **{"compression.type": codec, "acks": acks, "linger.ms": 20, **settings})
    deliveries = _Deliveries()
    sent = common.values(count, size)
    for value in sent:
        producer.produce(topic, value, on_delivery=deliveries)
        producer.poll(0)
    left = producer.flush(common.DEADLINE)
    if left:
        raise SystemExit(f"{left} of {count} records were not delivered")
    return {"delivered": deliveries.count, "digest": common.digest(sent)}


def produce_throttled(bootstrap: str, topic: str, count: int, size: int, **settings: Any) -> dict[str, Any]:
    """Produces, one record a request, and tells what the client was told of being slowed."""
    told: list[float] = []
    producer = _producer(
        bootstrap,
        throttle_cb=lambda event: told.append(event.throttle_time),
        **{"batch.num.messages": 1, "linger.ms": 0, **settings},
    )
    deliveries = _Deliveries()
    began = time.monotonic()
    for value in common.values(count, size):
        producer.produce(topic, value, partition=0, on_delivery=deliveries)
    left = producer.flush(common.DEADLINE)
    return {"delivered": deliveries.count, "left": left, "told": told, "seconds": time.monotonic() - began}


def produce_until_stopped(bootstrap: str, topic: str, **settings: Any) -> dict[str, Any]:
    """One record after another, each acknowledged; tells every hundredth."""
    producer = _producer(bootstrap, **{"linger.ms": 1, **settings})
    deliveries = _Deliveries()
    stop = common.stop_requested()
    sent = 0
    told = 0
    while not stop.is_set():
        producer.produce(topic, b"%d" % sent, on_delivery=deliveries)
        sent += 1
        producer.poll(0.001)
        if deliveries.count >= told + 100:
            told = deliveries.count
            common.event("delivered", count=told)
    left = producer.flush(common.DEADLINE)
    return {"sent": sent, "delivered": deliveries.count, "left": left}


def produce_all(bootstrap: str, topic: str, count: int, producers: int) -> dict[str, Any]:
    """Several producers at once in one process, each with connections of its own."""
    deliveries = _Deliveries()
    handles = [_producer(bootstrap, client_id=f"parallel-{index}", **{"linger.ms": 1}) for index in range(producers)]
    for value in common.values(count, 100):
        for handle in handles:
            handle.produce(topic, value, on_delivery=deliveries)
    for handle in handles:
        handle.flush(common.DEADLINE)
    return {"delivered": deliveries.count}


def consume(bootstrap: str, topic: str, count: int, **settings: Any) -> dict[str, Any]:
    """Reads `count` records from the beginning of every partition, without a group."""
    consumer = _consumer(bootstrap, **settings)
    consumer.poll(0)
    partitions = consumer.list_topics(topic, timeout=common.DEADLINE).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found = _read(consumer, count)
    consumer.close()
    return {"count": len(found), "digest": common.digest(found)}


def consume_group(bootstrap: str, topic: str, group: str, count: int, **settings: Any) -> dict[str, Any]:
    """Reads `count` records as a group of one and commits."""
    consumer = _consumer(bootstrap, group, **settings)
    consumer.subscribe([topic])
    found = _read(consumer, count)
    consumer.commit(asynchronous=False)
    consumer.close()
    return {"count": len(found), "digest": common.digest(found)}


def _read(consumer: Consumer, count: int) -> list[bytes]:
    deadline = common.Deadline()
    found: list[bytes] = []
    while len(found) < count:
        deadline.check(f"{len(found)} of {count} records read")
        for message in consumer.consume(count - len(found), 0.2):
            if message.error():
                raise KafkaException(message.error())
            found.append(message.value())
    return found


def member(bootstrap: str, topic: str, group: str, **settings: Any) -> dict[str, Any]:
    """A member of a group until stopped; tells each assignment and how many records came so far."""
    consumer = _consumer(bootstrap, group, **settings)

    def tell(consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        partitions = sorted(partition.partition for partition in consumer.assignment())
        common.event("assigned", partitions=partitions)

    def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)
        tell(consumer, partitions)

    consumer.subscribe([topic], on_assign=assigned)
    stop = common.stop_requested()
    read = 0
    while not stop.is_set():
        for message in consumer.consume(100, 0.05):
            if message.error():
                raise KafkaException(message.error())
            read += 1
    consumer.close()
    return {"read": read}


def transaction(
    bootstrap: str, topic: str, count: int, transactional_id: str, **settings: Any
) -> dict[str, Any]:
    """One transaction committed, with offsets of a group, and one aborted."""
    producer = _producer(
        bootstrap, **{"transactional.id": transactional_id, "transaction.timeout.ms": 40_000, **settings}
    )
    deliveries = _Deliveries()
    producer.init_transactions(common.DEADLINE)
    consumer = _consumer(bootstrap, f"{topic}-group")
    consumer.subscribe([topic])

    producer.begin_transaction()
    for value in common.values(count, 100):
        producer.produce(topic, value, on_delivery=deliveries)
    producer.flush(common.DEADLINE)
    deadline = common.Deadline()
    while not consumer.assignment():
        consumer.poll(0.1)
        deadline.check("the group's assignment")
    producer.send_offsets_to_transaction(
        [TopicPartition(topic, 0, 7)], consumer.consumer_group_metadata(), common.DEADLINE
    )
    producer.commit_transaction(common.DEADLINE)

    producer.begin_transaction()
    producer.produce(topic, b"never", on_delivery=deliveries)
    producer.flush(common.DEADLINE)
    producer.abort_transaction(common.DEADLINE)
    consumer.close()
    return {"delivered": deliveries.count}


def list_topics(bootstrap: str, **settings: Any) -> dict[str, int]:
    """The topics that the client sees, and how many partitions each has."""
    found = _producer(bootstrap, **settings).list_topics(timeout=common.DEADLINE)
    return {name: len(topic.partitions) for name, topic in found.topics.items()}


def committed(bootstrap: str, topic: str, group: str, **settings: Any) -> dict[str, int]:
    """What a group has committed, by partition, as far as it has."""
    consumer = _consumer(bootstrap, group, **settings)
    partitions = consumer.list_topics(topic, timeout=common.DEADLINE).topics[topic].partitions
    found = consumer.committed([TopicPartition(topic, partition) for partition in partitions], common.DEADLINE)
    consumer.close()
    return {str(part.partition): part.offset for part in found if part.offset >= 0}


def produce_to_missing(bootstrap: str, topic: str, **settings: Any) -> dict[str, str]:
    """Tries to produce one record, and tells why it was not delivered."""
    producer = _producer(bootstrap, **{"message.timeout.ms": 3000, "topic.metadata.propagation.max.ms": 500, **settings})
    errors: list[str] = []
    producer.produce(topic, b"x", on_delivery=lambda error, _: errors.append(error.name() if error else ""))
    producer.flush(common.DEADLINE)
    return {"error": errors[0]}


def metadata(bootstrap: str, **settings: Any) -> dict[str, str]:
    """The brokers' addresses as the client sees them."""
    found = _producer(bootstrap, **settings).list_topics(timeout=common.DEADLINE)
    return {str(broker.id): f"{broker.host}:{broker.port}" for broker in found.brokers.values()}


def refused(bootstrap: str, **settings: Any) -> dict[str, Any]:
    """The first error that a client gets that cannot sign in."""
    errors: list[str] = []
    producer = _producer(bootstrap, error_cb=lambda error: errors.append(error.name()), **settings)
    deadline = common.Deadline()
    while "_AUTHENTICATION" not in errors:
        deadline.check(f"an error: {errors}")
        producer.poll(0.1)
    return {"error": "_AUTHENTICATION"}


common.main(
    {
        function.__name__: function
        for function in (
            produce,
            produce_throttled,
            produce_until_stopped,
            produce_all,
            consume,
            consume_group,
            member,
            transaction,
            list_topics,
            committed,
            produce_to_missing,
            metadata,
            refused,
        )
    }
)
