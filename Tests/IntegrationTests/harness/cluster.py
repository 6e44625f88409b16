"""A real Kafka cluster for the tests: librdkafka's mock cluster, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

_PROCESS = Path(__file__).with_name("mock_cluster_process.py")


class Cluster:
    """Brokers 1, 2, … with the ports that they took. Topics come into being on first use, with 4 partitions."""

    def __init__(self, brokers: int = 3) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_PROCESS), str(brokers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.bootstrap_servers: str = self._answer()
        ports = [int(server.rpartition(":")[2]) for server in self.bootstrap_servers.split(",")]
        #: Port by broker ID.
        self.ports: dict[int, int] = dict(enumerate(ports, start=1))

    def _answer(self):
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the mock cluster ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def _call(self, *command: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        self._answer()

    def create_topic(self, topic: str, partitions: int = 3, replication_factor: int = 1) -> None:
        self._call("topic_create", topic, partitions, replication_factor)

    def set_leader(self, topic: str, partition: int, broker: int) -> None:
        self._call("partition_set_leader", topic, partition, broker)

    def set_coordinator(self, kind: str, key: str, broker: int) -> None:
        """`kind`: "group" or "transaction"."""
        self._call("coordinator_set", kind, key, broker)

    def set_down(self, broker: int) -> None:
        self._call("broker_set_down", broker)

    def set_up(self, broker: int) -> None:
        self._call("broker_set_up", broker)

    def add_broker(self, broker: int) -> None:
        self._call("broker_add", broker)

    def decommission(self, broker: int) -> None:
        self._call("broker_decommission", broker)

    def set_round_trip_time(self, broker: int, milliseconds: int) -> None:
        self._call("broker_set_rtt", broker, milliseconds)

    def fail_next(self, api_key: int, errors: list[int]) -> None:
        """The next requests of `api_key` are answered with these error codes, in turn."""
        self._call("push_request_errors", api_key, errors)

    def stop(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
