"""Clients do what rules allow and no more, and understand the answers to the rest."""

import struct
import time
from typing import Any, Callable

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice

TIMEOUT = 30


def rules(*lines: str, more: str = "") -> str:
    listed = "".join(f"      - {{ {line}, principal: 'User:*' }}\n" for line in lines) or "      []\n"
    return f"filters:\n  - type: authorization\n    name: acl\n{more}    rules:\n{listed}"


def application(topic: str) -> str:
    """What an application needs that produces to a topic and consumes it in a group."""
    return rules(
        f"allow: [Read, Write, Create], topic: {topic}",
        f"allow: Read, group: {topic}-group",
        f"allow: [Write], transactional_id: {topic}-tx",
    )


def asked(api_key: int, version: int, body: bytes) -> bytes:
    """A request with a header of version 1."""
    return struct.pack(">hhih", api_key, version, 1, 5) + b"admin" + body


def produce(sluice: Sluice, topic: str, **settings: Any) -> KafkaError | None:
    """Produces one record; what became of it."""
    outcome: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": sluice.bootstrap, "message.timeout.ms": 20_000, **settings})
    producer.produce(topic, b"value", on_delivery=lambda error, _: outcome.append(error))
    assert producer.flush(TIMEOUT) == 0
    return outcome[0]


def consumer(sluice: Sluice, group: str) -> Consumer:
    return Consumer(
        {"bootstrap.servers": sluice.bootstrap, "group.id": group, "auto.offset.reset": "earliest", "session.timeout.ms": 6000}
    )


def read(reader: Consumer, until: Callable[[list[bytes], set[int]], bool]) -> tuple[list[bytes], set[int]]:
    """Values and error codes, until there is enough."""
    values: list[bytes] = []
    errors: set[int] = set()
    deadline = time.monotonic() + TIMEOUT
    while not until(values, errors):
        assert time.monotonic() < deadline, (values, errors)
        message = reader.poll(0.2)
        if message is None:
            continue
        if message.error():
            errors.add(message.error().code())
        else:
            values.append(message.value())
    return values, errors


def test_a_producer_writes_where_it_may(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    denied = f"{topic}-denied"
    cluster.create_topic(topic)
    cluster.create_topic(denied)
    sluice = start_sluice(
        cluster.bootstrap_servers, listener=rules(f"allow: Write, topic: {topic}", f"allow: Describe, topic: {denied}")
    )
    assert produce(sluice, topic) is None
    error = produce(sluice, denied)
    assert error and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    # Not even to be seen.
    error = produce(sluice, f"{topic}-unseen")
    assert error and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    stats = sluice.stats()
    assert stats.total("sluice_authorization_denials_total", filter="acl", api="Produce") >= 1
    assert stats.total("sluice_authorization_decisions_total", result="denied", operation="Write") >= 1
    assert stats.total("sluice_authorization_decisions_total", result="allowed", operation="Write") >= 1
    line = next(line for line in sluice.errors.splitlines() + sluice.output.splitlines() if f"Topic:{denied}" in line)
    for part in ("denied", "User:ANONYMOUS", "127.0.0.1", "Produce", "Write", "default"):
        assert part in line


def test_an_idempotent_producer_needs_a_topic_to_write_to(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    cluster.create_topic(topic)
    sluice = start_sluice(cluster.bootstrap_servers, listener=rules(f"allow: Write, topic: {topic}"))
    assert produce(sluice, topic, **{"enable.idempotence": True}) is None
    sluice = start_sluice(cluster.bootstrap_servers, listener=rules(f"allow: Describe, topic: {topic}"))
    # To librdkafka that is fatal, so this asks by itself: InitProducerId v0 without a transactional ID.
    with RawClient(sluice.port) as client:
        answer = client.exchange(asked(22, 0, struct.pack(">hi", -1, 1000)))
        assert struct.unpack(">h", answer[8:10]) == (31,)


def test_a_consumer_with_partial_rights_reads_what_it_may(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    denied = f"{topic}-denied"
    cluster.create_topic(denied)
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    assert produce(sluice, topic) is None
    reader = consumer(sluice, f"{topic}-group")
    reader.subscribe([topic, denied])
    values, errors = read(reader, lambda values, errors: bool(values) and bool(errors))
    assert values == [b"value"]
    assert errors == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    reader.commit(asynchronous=False)
    reader.close()


def test_a_topic_that_may_be_seen_and_not_read(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    seen = f"{topic}-seen"
    cluster.create_topic(topic)
    cluster.create_topic(seen)
    with_write = rules(
        f"allow: [Read, Write], topic: {topic}", f"allow: Write, topic: {seen}", f"allow: Read, group: {topic}-group"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=with_write)
    assert produce(sluice, topic) is None
    assert produce(sluice, seen) is None
    reader = consumer(sluice, f"{topic}-group")
    reader.subscribe([topic, seen])
    values, errors = read(reader, lambda values, errors: bool(values) and bool(errors))
    assert values == [b"value"]
    assert errors == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    reader.close()


def test_a_group_that_may_not_be_used(start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    reader = consumer(sluice, "another-group")
    reader.subscribe([topic])
    _, errors = read(reader, lambda _, errors: bool(errors))
    assert errors == {KafkaError.GROUP_AUTHORIZATION_FAILED}
    reader.close()


def test_lists_of_topics_hold_what_may_be_described(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    hidden = f"{topic}-hidden"
    cluster.create_topic(topic)
    cluster.create_topic(hidden)
    sluice = start_sluice(cluster.bootstrap_servers, listener=rules(f"allow: Describe, topic: {topic}"))
    client = Producer({"bootstrap.servers": sluice.bootstrap})
    assert set(client.list_topics(timeout=TIMEOUT).topics) == {topic}
    error = client.list_topics(hidden, timeout=TIMEOUT).topics[hidden].error
    assert error and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    direct = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    assert {topic, hidden} <= set(direct.list_topics(timeout=TIMEOUT).topics)


def test_a_topic_that_may_not_be_created_is_not(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    missing = f"{topic}-missing"
    allowed = rules(f"allow: [Read, Write], topic: {{ prefix: {topic} }}")
    sluice = start_sluice(cluster.bootstrap_servers, listener=allowed)
    error = produce(sluice, missing)
    assert error and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    direct = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    assert missing not in direct.list_topics(timeout=TIMEOUT).topics


def test_transactions_with_an_id_that_may_be_used_and_one_that_may_not(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    done = clients.run(
        "confluent", "transaction", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=10, transactional_id=f"{topic}-tx",
    )  # fmt: skip
    # The record of the transaction that is aborted counts as delivered where it has been written.
    assert done["delivered"] >= 10
    producer = Producer({"bootstrap.servers": sluice.bootstrap, "transactional.id": "another"})
    with pytest.raises(KafkaException) as raised:
        producer.init_transactions(TIMEOUT)
    assert raised.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


@pytest.mark.parametrize("client", ["confluent", "kafka_python", "aio"])
def test_applications_with_the_rights_they_need_notice_nothing(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str, client: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    sent = clients.run(
        client, "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=500
    )
    got = clients.run(
        client, "consume_group", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, group=f"{topic}-group", count=500,
    )  # fmt: skip
    assert got["digest"] == sent["digest"]


def test_kcat_reads_what_it_may(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    clients.kcat("-P", "-b", sluice.bootstrap, "-t", topic, allowed=sluice.client_ports, standard_input=b"one\ntwo\n")
    output = clients.kcat("-C", "-b", sluice.bootstrap, "-t", topic, "-e", "-q", allowed=sluice.client_ports)
    assert sorted(output.splitlines()) == [b"one", b"two"]


def test_administration_is_refused_before_the_broker_sees_it(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    sluice = start_sluice(
        cluster.bootstrap_servers,
        listener=rules(f"allow: Read, topic: {topic}", more="    api: { deny: [ListGroups] }\n"),
    )
    with RawClient(sluice.port) as client:
        # DeleteTopics v1: one topic, a timeout.
        name = topic.encode()
        body = struct.pack(">ih", 1, len(name)) + name + struct.pack(">i", 1000)
        answer = client.exchange(asked(20, 1, body))
        assert struct.unpack(">h", answer[-2:]) == (29,)
        # ListGroups v0, which is denied as such.
        answer = client.exchange(asked(16, 0, b""))
        assert struct.unpack(">h", answer[4:6]) == (30,)
        # CreateAcls v0 with nothing to create: there is nowhere to say no, and nothing to do.
        assert client.exchange(asked(30, 0, struct.pack(">i", 0)))[4:] == struct.pack(">ii", 0, 0)
        # DescribeAcls v0 of topics.
        answer = client.exchange(asked(29, 0, struct.pack(">bhhhbb", 2, -1, -1, -1, 1, 1)))
        assert struct.unpack(">h", answer[8:10]) == (31,)


def test_hosts(start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str) -> None:
    cluster.create_topic(topic)
    near = start_sluice(cluster.bootstrap_servers, listener=rules(f"allow: Write, topic: {topic}, host: 127.0.0.0/8"))
    assert produce(near, topic) is None
    far = start_sluice(cluster.bootstrap_servers, listener=rules(f"allow: Write, topic: {topic}, host: 10.0.0.0/8"))
    error = produce(far, topic)
    assert error and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_dry_run_lets_pass_and_says_what_it_would_have_denied(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=rules(f"deny: Write, topic: {topic}", more="    dry_run: true\n"))
    assert produce(sluice, topic) is None
    assert sluice.stats().total("sluice_authorization_denials_total", api="Produce") >= 1
    assert sluice.stats().total("sluice_filter_actions_total", filter="acl", action="would_answer") >= 1
    assert any("would be denied" in line for line in sluice.errors.splitlines() + sluice.output.splitlines())


def test_rules_that_are_reloaded_hold_for_connections_that_are_open(
    start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=application(topic))
    assert produce(sluice, topic) is None
    reader = consumer(sluice, f"{topic}-group")
    reader.subscribe([topic])
    assert read(reader, lambda values, _: bool(values))[0] == [b"value"]
    sluice.reload(sluice.configuration.replace("[Read, Write, Create]", "[Write, Create]"))
    _, errors = read(reader, lambda _, errors: bool(errors))
    assert errors == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    reader.close()
