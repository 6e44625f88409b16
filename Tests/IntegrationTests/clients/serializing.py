"""Producers with confluent-kafka's serializers of Avro, JSON Schema and Protobuf, and with bytes as they are given."""

import base64
from typing import Any

import common
from confluent_kafka import KafkaException, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.serialization import MessageField, SerializationContext


def _serializer(kind: str, registry: str, schema: str | None) -> Any:
    client = SchemaRegistryClient({"url": registry})
    if kind == "avro":
        from confluent_kafka.schema_registry.avro import AvroSerializer

        return AvroSerializer(client, schema)
    if kind == "json":
        from confluent_kafka.schema_registry.json_schema import JSONSerializer

        return JSONSerializer(schema, client)
    from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
    from google.protobuf.wrappers_pb2 import StringValue

    return ProtobufSerializer(StringValue, client, {"use.deprecated.format": False})


def _value(kind: str, value: Any) -> Any:
    if kind != "protobuf":
        return value
    from google.protobuf.wrappers_pb2 import StringValue

    return StringValue(value=value)


class _Outcomes:
    """What became of each record: an offset, or the name of an error and its words."""

    def __init__(self, count: int) -> None:
        self.found: list[Any] = [None] * count

    def of(self, index: int) -> Any:
        def delivered(error: Any, message: Any) -> None:
            self.found[index] = [error.name(), error.str()] if error else message.offset()

        return delivered


def _bytes(values: list[str]) -> list[bytes]:
    return [base64.b64decode(value) for value in values]


def produce(
    bootstrap: str,
    topic: str,
    values: list[Any],
    kind: str = "bytes",
    registry: str = "",
    schema: str | None = None,
    partition: int = 0,
    separately: bool = False,
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> list[Any]:
    """Produces values, which are in base64 where they are bytes; `separately` in requests of their own."""
    producer = Producer({"bootstrap.servers": bootstrap, "message.timeout.ms": 20000, "linger.ms": 20, **settings})
    if kind == "bytes":
        encoded = _bytes(values)
    else:
        serializer = _serializer(kind, registry, schema)
        context = SerializationContext(topic, MessageField.VALUE)
        encoded = [serializer(_value(kind, value), context) for value in values]
    outcomes = _Outcomes(len(values))
    for index, value in enumerate(encoded):
        producer.produce(
            topic, value, key=b"key", partition=partition, headers=headers or {}, on_delivery=outcomes.of(index)
        )
        if separately:
            producer.flush(common.DEADLINE)
    producer.flush(common.DEADLINE)
    return outcomes.found


def transact(bootstrap: str, topic: str, transactions: list[list[str]]) -> list[Any]:
    """Produces each list of values in a transaction: `committed`, or the error for which it was aborted."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"tx-{topic}", "linger.ms": 20})
    producer.init_transactions(common.DEADLINE)
    results: list[Any] = []
    for values in transactions:
        producer.begin_transaction()
        outcomes = _Outcomes(len(values))
        for index, value in enumerate(_bytes(values)):
            producer.produce(topic, value, partition=0, on_delivery=outcomes.of(index))
        producer.flush(common.DEADLINE)
        bad = [outcome for outcome in outcomes.found if not isinstance(outcome, int)]
        try:
            if bad:
                producer.abort_transaction(common.DEADLINE)
                results.append(bad[0])
            else:
                producer.commit_transaction(common.DEADLINE)
                results.append("committed")
        except KafkaException as error:
            results.append([error.args[0].name(), error.args[0].str()])
    return results


def produce_kafka_python(bootstrap: str, topic: str, values: list[str], **settings: Any) -> list[Any]:
    """As `produce`, by kafka-python, each record in a request of its own."""
    from kafka import KafkaProducer

    # What the mock cluster speaks: Produce version 7, whose answers have no place for words.
    producer = KafkaProducer(bootstrap_servers=bootstrap, api_version=(2, 3), **settings)
    found: list[Any] = []
    for value in _bytes(values):
        try:
            found.append(producer.send(topic, value, key=b"key", partition=0).get(timeout=common.DEADLINE).offset)
        except Exception as error:  # noqa: BLE001
            found.append([type(error).__name__, str(error)])
    producer.close(timeout=5)
    return found


def produce_aio(bootstrap: str, topic: str, values: list[str], **settings: Any) -> list[Any]:
    """As `produce`, by aiokafka, each record in a request of its own."""
    import asyncio

    from aiokafka import AIOKafkaProducer

    async def run() -> list[Any]:
        found: list[Any] = []
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, **settings) as producer:
            for value in _bytes(values):
                try:
                    found.append((await producer.send_and_wait(topic, value, key=b"key", partition=0)).offset)
                except Exception as error:  # noqa: BLE001
                    found.append([type(error).__name__, str(error)])
        return found

    return asyncio.run(run())


common.main({function.__name__: function for function in (produce, transact, produce_kafka_python, produce_aio)})
