"""Starting, not starting, and ending."""

import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable

import pytest
from harness.broker import Broker
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.raw_client import RawClient
from harness.sluice import BINARY, ROOT, Sluice, run_to_end
from harness.synthetic import SyntheticCluster
from harness.waiting import eventually
from harness.wire import Request, request

API_VERSIONS = request(18, 0, b"")

BAD_CONFIGURATION = """\
admin:
  address: 127.0.0.1:99901
listeners:
  - name: apps
    address: 127.0.0.1:19092
    clusterr: main
    brokers:
      mode: ports
      ports: 9093-9092
clusters:
  - name: main
    bootstrap_servers: []
    connect_timeout: 5 parsecs
"""


def test_every_error_of_a_configuration_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD_CONFIGURATION)
    for command in ("run", "validate"):
        ended = run_to_end(command, "-c", file)
        assert ended.returncode == 1
        for line in (2, 6, 9, 12, 13):
            assert f"bad.yaml:{line}:" in ended.stderr, ended.stderr
        assert "cluster" in ended.stderr and "did you mean" in ended.stderr.lower()


def test_a_missing_configuration_is_exit_1_and_names_the_file(tmp_path: Path) -> None:
    ended = run_to_end("run", "-c", tmp_path / "nowhere.yaml")
    assert ended.returncode == 1
    assert "nowhere.yaml" in ended.stderr


def test_a_port_in_use_is_exit_1_and_says_which_and_who_asked(tmp_path: Path, cluster: Cluster) -> None:
    ports = free_ports(8)
    with socket.create_server(("127.0.0.1", ports[3])):
        file = tmp_path / "sluice.yaml"
        file.write_text(
            f"admin: {{ address: 127.0.0.1:{ports[0]} }}\n"
            f"listeners:\n  - name: apps\n    address: 127.0.0.1:{ports[1]}\n    cluster: main\n"
            f"    brokers: {{ mode: ports, advertised_host: 127.0.0.1, ports: {ports[2]}-{ports[7]} }}\n"
            f"clusters:\n  - name: main\n    bootstrap_servers: [{cluster.bootstrap_servers.replace(',', ', ')}]\n"
        )
        ended = run_to_end("run", "-c", file)
    assert ended.returncode == 1
    assert str(ports[3]) in ended.stderr and "apps" in ended.stderr
    # Nothing stayed open.
    for port in (ports[0], ports[1], ports[2]):
        with pytest.raises(ConnectionRefusedError):
            RawClient(port)


def test_the_admin_port_in_use_is_exit_1_and_says_so(tmp_path: Path) -> None:
    ports = free_ports(6)
    with socket.create_server(("127.0.0.1", ports[0])):
        file = tmp_path / "sluice.yaml"
        file.write_text(
            f"admin: {{ address: 127.0.0.1:{ports[0]} }}\n"
            f"listeners:\n  - name: apps\n    address: 127.0.0.1:{ports[1]}\n    cluster: main\n"
            f"    brokers: {{ mode: ports, advertised_host: 127.0.0.1, ports: {ports[2]}-{ports[5]} }}\n"
            "clusters:\n  - name: main\n    bootstrap_servers: [127.0.0.1:1]\n"
        )
        ended = run_to_end("run", "-c", file)
    assert ended.returncode == 1
    assert str(ports[0]) in ended.stderr and "admin" in ended.stderr


def test_a_cluster_that_appears_later_makes_it_ready_then(start_sluice: Callable[..., Sluice]) -> None:
    (port,) = free_ports(1)
    sluice = start_sluice(f"127.0.0.1:{port}", wait=False)
    eventually(lambda: sluice.request("/livez")[0] == 200, "alive")
    status, body = sluice.request("/ready")
    assert status == 503
    assert "main" in body
    # Clients are refused as a down broker would refuse them.
    with RawClient(sluice.port) as client:
        try:
            client.send(API_VERSIONS)
            assert client.is_closed_by_peer()
        except (ConnectionError, BrokenPipeError):
            pass
    with Broker(lambda request: cluster.answer(request), port=port) as broker:
        cluster = SyntheticCluster({1: ("127.0.0.1", broker.port)})
        eventually(sluice.is_ready, "ready once the cluster is there")
        with RawClient(sluice.port) as client:
            client.exchange(API_VERSIONS)
        assert sluice.stats().total("sluice_upstream_connect_failures_total") > 0


class SlowBroker:
    """Answers Metadata (asked with `client_id`) only when let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.broker = Broker(self._answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.broker.port)})

    def _answer(self, request: Request) -> bytes | None:
        if request.api_key == 10:
            self.asked.set()
            self.let_go.wait(20)
            return request.frame[4:8] + bytes.fromhex("0000000000000001") + b"\x00\x09127.0.0.1" + bytes(4)
        return self.cluster.answer(request)


def test_sigterm_answers_what_is_in_flight_and_exits_0(start_sluice: Callable[..., Sluice]) -> None:
    slow = SlowBroker()
    with slow.broker:
        sluice = start_sluice(slow.broker.address)
        with RawClient(sluice.port) as client, RawClient(sluice.port) as idle:
            idle.exchange(API_VERSIONS)
            # FindCoordinator 0 for a group.
            client.send(request(10, 0, b"\x00\x05group", correlation_id=99))
            assert slow.asked.wait(20)
            sluice.process.send_signal(signal.SIGTERM)
            eventually(lambda: sluice.request("/ready")[0] == 503, "not ready while it drains")
            # Nobody new, and who has nothing in flight is let go.
            assert idle.is_closed_by_peer()
            slow.let_go.set()
            assert client.receive()[:4] == (99).to_bytes(4, "big")
            assert client.is_closed_by_peer()
        assert sluice.process.wait(20) == 0


def test_what_is_not_answered_within_the_drain_timeout_is_closed(start_sluice: Callable[..., Sluice]) -> None:
    slow = SlowBroker()
    with slow.broker:
        sluice = start_sluice(slow.broker.address, extra="limits:\n  drain_timeout: 300ms")
        with RawClient(sluice.port) as client:
            client.send(request(10, 0, b"\x00\x05group"))
            assert slow.asked.wait(20)
            start = time.monotonic()
            sluice.process.send_signal(signal.SIGTERM)
            assert client.is_closed_by_peer()
            assert 0.25 < time.monotonic() - start < 10
        assert sluice.process.wait(20) == 0
        slow.let_go.set()


def test_a_second_sigterm_exits_at_once(start_sluice: Callable[..., Sluice]) -> None:
    slow = SlowBroker()
    with slow.broker:
        sluice = start_sluice(slow.broker.address)
        with RawClient(sluice.port) as client:
            client.send(request(10, 0, b"\x00\x05group"))
            assert slow.asked.wait(20)
            sluice.process.send_signal(signal.SIGTERM)
            eventually(lambda: sluice.request("/ready")[0] == 503, "not ready while it drains")
            sluice.process.send_signal(signal.SIGTERM)
            sluice.process.wait(5)
        slow.let_go.set()
    # How it says that it was told twice is its own matter; it must not have crashed.
    sluice.stop(expected=(0, 1, 143, -signal.SIGTERM))


def test_an_end_right_after_the_start_is_as_clean_as_any(tmp_path: Path, cluster: Cluster) -> None:
    for round in range(8):
        # Sluice is ready with the first bootstrap server, and still asking the others.
        Sluice(tmp_path / str(round), cluster.bootstrap_servers).stop()


def test_sigterm_during_traffic_loses_nothing_that_was_acknowledged(
    tmp_path: Path, cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = Sluice(tmp_path / "first", cluster.bootstrap_servers)
    producer = clients.script(
        "confluent", "produce_until_stopped", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic,
        **{"enable.idempotence": True},
    )  # fmt: skip
    producer.event("delivered")
    sluice.stop()
    # The same configuration again: the client finds it where it was.
    again = subprocess.Popen(
        [BINARY, "run", "-c", sluice.file], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        delivered = producer.event("delivered")["count"]
        while producer.event("delivered")["count"] < delivered + 200:
            pass
        result = producer.result()
        assert result["left"] == 0 and result["delivered"] == result["sent"]
        found = clients.run(
            "confluent", "consume", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, count=result["sent"]
        )
        # Each record once: the producer is idempotent.
        assert found["count"] == result["sent"]
    finally:
        again.terminate()
        assert again.wait(30) == 0


def test_the_default_configuration_is_valid() -> None:
    ended = run_to_end("validate", "-c", ROOT / "config/sluice.yaml")
    assert ended.returncode == 0, ended.stderr


def test_the_version_is_told() -> None:
    ended = run_to_end("version")
    assert ended.returncode == 0
    assert "Kafka" in ended.stdout and "OpenSSL 3" in ended.stdout
    assert re.search(r"zlib \d.*, Snappy, LZ4 \d.*, Zstandard \d", ended.stdout)


def test_the_demo_shows_traffic_and_leaves_nothing(tmp_path: Path) -> None:
    ended = run_to_end("demo", "--records", 200, deadline=55)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "all 200 acknowledged" in ended.stdout and "all 200 read" in ended.stdout
    assert 'sluice_topic_records_total{topic="orders",direction="produce"} 300' in ended.stdout
    assert "all 100 read there" in ended.stdout and "green: all 100 are in payments.v2" in ended.stdout
    assert "Nothing is left running" in ended.stdout
    assert ended.stderr == ""
