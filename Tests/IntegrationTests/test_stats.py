"""What Sluice counts is what passed."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.sluice import Sluice
from harness.waiting import eventually


@pytest.fixture
def counted(start_sluice: Callable[..., Sluice], cluster: Cluster) -> Sluice:
    """A Sluice that has counted nothing yet."""
    return start_sluice(cluster.bootstrap_servers)


def test_topics_are_counted_as_they_were_sent_and_read(counted: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": counted.bootstrap, "topic": topic, "count": 700}
    clients.run("confluent", "produce", counted.client_ports, size=300, **where)
    clients.run("confluent", "consume", counted.client_ports, **where)
    stats = counted.stats()
    assert stats.total("sluice_topic_records_total", topic=topic, direction="produce") == 700
    produced = stats.total("sluice_topic_bytes_total", topic=topic, direction="produce")
    # 300 bytes of value and under 100 of framing each.
    assert 700 * 300 < produced < 700 * 400
    # What was read was sent before, whole batches of it.
    assert stats.total("sluice_topic_records_total", topic=topic, direction="fetch") >= 700
    assert stats.total("sluice_topic_bytes_total", topic=topic, direction="fetch") >= produced


def test_requests_and_responses_are_counted_by_api(counted: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": counted.bootstrap, "topic": topic, "count": 50}
    clients.run("kafka_python", "produce", counted.client_ports, **where)
    eventually(lambda: counted.stats().total("sluice_downstream_connections") == 0, "no connection left")
    stats = counted.stats()
    produced = stats.total("sluice_requests_total", api="Produce", listener="apps")
    assert produced > 0
    assert stats.total("sluice_responses_total", api="Produce", error="NONE") == produced
    assert stats.total("sluice_request_duration_seconds_count", api="Produce") == produced
    assert stats.total("sluice_requests_in_flight") == 0
    assert stats.total("sluice_proxy_duration_seconds_count", direction="request") > 0
    assert stats.total("sluice_downstream_bytes_total", direction="request") > 50 * 100


def test_connections_return_to_none_and_nothing_was_malformed(
    counted: Sluice, clients: Clients, topic: str
) -> None:
    where = {"bootstrap": counted.bootstrap, "topic": topic, "count": 50}
    for script in ("confluent", "kafka_python", "aio"):
        clients.run(script, "produce", counted.client_ports, **where)
    eventually(lambda: counted.stats().total("sluice_downstream_connections") == 0, "no downstream connection")
    eventually(lambda: counted.stats().total("sluice_buffered_bytes") == 0, "nothing held")
    stats = counted.stats()
    opened = stats.total("sluice_downstream_connections_total")
    assert opened >= 6
    assert stats.total("sluice_downstream_connections_closed_total") == opened
    # The mock cluster's refusal of ApiVersions 3 follows no layout; it passes, and is counted.
    mocks = stats.total("sluice_decode_errors_total", reason="api_versions_response")
    assert stats.total("sluice_decode_errors_total") == mocks
    assert stats.total("sluice_unknown_requests_total") == 0
    eventually(lambda: counted.stats().total("sluice_upstream_connections") == 0, "no upstream connection")


def test_clients_are_known_by_id_and_software(counted: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": counted.bootstrap, "topic": topic, "count": 5}
    clients.run("confluent", "produce", counted.client_ports, client_id="the-confluent-one", **where)
    clients.run("kafka_python", "produce", counted.client_ports, client_id="the-python-one", **where)
    stats = counted.stats()
    confluent = stats.select("sluice_client_requests_total", client_id="the-confluent-one")
    assert "confluent-kafka-python" in {labels["software_name"] for labels, _ in confluent}
    assert stats.total("sluice_client_requests_total", client_id="the-python-one") > 0
    assert stats.total("sluice_client_bytes_total", client_id="the-python-one") > 0


def test_error_answers_are_counted_by_name(start_sluice: Callable[..., Sluice], clients: Clients, topic: str) -> None:
    with Cluster(brokers=1) as cluster:
        sluice = start_sluice(cluster.bootstrap_servers)
        cluster.fail_next(0, [6, 19])  # not the leader, not enough replicas: both retried
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "count": 5}
        assert clients.run("confluent", "produce", sluice.client_ports, **where)["delivered"] == 5
        stats = sluice.stats()
        assert stats.total("sluice_responses_total", api="Produce", error="NOT_LEADER_OR_FOLLOWER") == 1
        assert stats.total("sluice_responses_total", api="Produce", error="NOT_ENOUGH_REPLICAS") == 1


def test_a_client_that_names_itself_differently_every_time_is_bounded(counted: Sluice) -> None:
    from harness.raw_client import RawClient
    from harness.wire import request

    with RawClient(counted.port) as client:
        for number in range(1200):
            client.exchange(request(18, 0, b"", client_id=f"client-{number}"))
    samples = counted.stats().select("sluice_client_requests_total")
    assert len(samples) <= 1001
    assert sum(value for _, value in samples) >= 1200
    assert any(labels["client_id"] == "other" for labels, _ in samples)


def test_promtool_finds_nothing_to_complain_of(counted: Sluice, clients: Clients, topic: str) -> None:
    where = {"bootstrap": counted.bootstrap, "topic": topic, "count": 5}
    clients.run("confluent", "produce", counted.client_ports, **where)
    beside = Path(sys.executable).with_name("promtool")
    promtool = beside if beside.exists() else shutil.which("promtool")
    assert promtool, "promtool is missing: scripts/setup.sh installs it"
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=counted.get("/stats"), text=True, capture_output=True, timeout=30
    )
    assert checked.returncode == 0 and not checked.stderr.strip(), checked.stderr
