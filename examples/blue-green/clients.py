"""A producer and a consumer that know one topic, payments, and work until told to end. The producer keeps in a file how many of its
records are acknowledged, the consumer which values it has read, each once.

usage: clients.py produce|consume BOOTSTRAP FILE
"""

import os
import signal
import sys

from confluent_kafka import Consumer, Producer

ended = False


def end(*_: object) -> None:
    global ended
    ended = True


def write(path: str, count: int) -> None:
    with open(f"{path}.new", "w") as file:
        file.write(str(count))
    os.replace(f"{path}.new", path)


def produce(bootstrap: str, path: str) -> None:
    producer = Producer(
        {"bootstrap.servers": bootstrap, "client.id": "shop", "enable.idempotence": True, "linger.ms": 2}
    )
    acknowledged = 0

    def delivered(error: object, _message: object) -> None:
        nonlocal acknowledged
        if error:
            sys.exit(f"not delivered: {error}")
        acknowledged += 1

    number = 0
    while not ended:
        producer.produce("payments", f"payment {number}", key=str(number), on_delivery=delivered)
        number += 1
        producer.poll(0.001)
        write(path, acknowledged)
    producer.flush(30)
    write(path, acknowledged)


def consume(bootstrap: str, path: str) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": "ledger",
            "group.id": "ledger",
            "auto.offset.reset": "earliest",
            "auto.commit.interval.ms": 200,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
    )
    consumer.subscribe(["payments"])
    read: set[bytes] = set()
    with open(path, "ab", buffering=0) as file:
        while not ended:
            for message in consumer.consume(500, 0.1):
                if not message.error() and message.value() not in read:
                    read.add(message.value())
                    file.write(message.value() + b"\n")
    consumer.close()


signal.signal(signal.SIGTERM, end)
{"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:])
