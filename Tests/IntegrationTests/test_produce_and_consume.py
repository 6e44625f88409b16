"""Real clients produce and consume through Sluice, and every record comes out as it went in."""

import json

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.sluice import Sluice

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
SCRIPTS = ["confluent", "kafka_python", "aio"]
COUNT = 500


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_codec_comes_back_equal(
    script: str, codec: str, sluice: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run(script, "produce", sluice.client_ports, codec=codec, **where)
    found = clients.run(script, "consume", sluice.client_ports, **where)
    assert sent["delivered"] == COUNT
    assert found == {"count": COUNT, "digest": sent["digest"]}


@pytest.mark.parametrize("codec", CODECS)
def test_kcat_gets_back_what_it_sent_with_every_codec(
    codec: str, sluice: Sluice, clients: Clients, topic: str
) -> None:
    lines = [f"record {index} " + "x" * index for index in range(200)]
    clients.kcat(
        "-P", "-b", sluice.bootstrap, "-t", topic, "-z", codec, "-K", ":",
        allowed=sluice.client_ports,
        standard_input="".join(f"key-{index}:{line}\n" for index, line in enumerate(lines)).encode(),
    )  # fmt: skip
    output = clients.kcat(
        "-C", "-b", sluice.bootstrap, "-t", topic, "-o", "beginning", "-e", "-J", allowed=sluice.client_ports
    )
    found = [json.loads(line) for line in output.splitlines()]
    assert sorted(record["payload"] for record in found) == sorted(lines)
    assert {record["key"]: record["payload"] for record in found} == {
        f"key-{index}": line for index, line in enumerate(lines)
    }


@pytest.mark.parametrize("acks", ["0", "1", "all"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_acknowledgement_setting(
    script: str, acks: str, sluice: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run(script, "produce", sluice.client_ports, acks=acks, **where)
    found = clients.run("confluent", "consume", sluice.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}


@pytest.mark.parametrize(
    "script, settings",
    [("confluent", {"enable.idempotence": True}), ("kafka_python", {"idempotent": True}), ("aio", {"idempotent": True})],
)
def test_an_idempotent_producer(
    script: str, settings: dict[str, bool], sluice: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": COUNT}
    sent = clients.run(script, "produce", sluice.client_ports, **settings, **where)
    found = clients.run("confluent", "consume", sluice.client_ports, **where)
    assert found == {"count": COUNT, "digest": sent["digest"]}


@pytest.mark.parametrize("script", SCRIPTS)
def test_large_records(script: str, sluice: Sluice, clients: Clients, topic: str) -> None:
    # The mock cluster forgets what is more than 5 MiB back in a partition.
    where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 4}
    sent = clients.run(script, "produce", sluice.client_ports, size=1_000_000, **where)
    found = clients.run(script, "consume", sluice.client_ports, **where)
    assert found == {"count": 4, "digest": sent["digest"]}


def test_many_requests_in_flight(sluice: Sluice, cluster: Cluster, clients: Clients, topic: str) -> None:
    for broker in cluster.ports:
        cluster.set_round_trip_time(broker, 50)
    try:
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 2000}
        sent = clients.run(
            "confluent", "produce", sluice.client_ports,
            **{"max.in.flight": 20, "batch.num.messages": 10, "linger.ms": 0}, **where,
        )  # fmt: skip
    finally:
        for broker in cluster.ports:
            cluster.set_round_trip_time(broker, 0)
    found = clients.run("confluent", "consume", sluice.client_ports, **where)
    assert found == {"count": 2000, "digest": sent["digest"]}


def test_one_transaction_committed_and_one_aborted(sluice: Sluice, clients: Clients, topic: str) -> None:
    before = sluice.stats()
    result = clients.run(
        "confluent", "transaction", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=100, transactional_id=topic,
    )  # fmt: skip
    assert result == {"delivered": 101}
    stats = sluice.stats()
    for api, count in {"AddOffsetsToTxn": 1, "TxnOffsetCommit": 1, "EndTxn": 2}.items():
        counted = stats.total("sluice_requests_total", api=api) - before.total("sluice_requests_total", api=api)
        assert counted == count, api


def test_32_parallel_clients(sluice: Sluice, clients: Clients, topic: str) -> None:
    running = [
        clients.script(
            "confluent", "produce_all", sluice.client_ports,
            bootstrap=sluice.bootstrap, topic=topic, count=50, producers=8,
        )
        for _ in range(4)
    ]  # fmt: skip
    assert [client.result()["delivered"] for client in running] == [400] * 4
    found = clients.run(
        "confluent", "consume", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=1600
    )
    assert found["count"] == 1600
