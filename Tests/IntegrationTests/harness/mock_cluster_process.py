"""librdkafka's mock cluster in a process of its own; commands come as JSON lines, answers go back as JSON lines.

It is the library inside the confluent-kafka wheel, whose mock cluster is newer than Debian's.
"""

import ctypes
import glob
import json
import os
import sys
from ctypes import POINTER, c_char_p, c_int, c_int16, c_int32, c_int64, c_size_t, c_void_p

import confluent_kafka


def load_library() -> ctypes.CDLL:
    site = os.path.dirname(os.path.dirname(confluent_kafka.__file__))
    (path,) = glob.glob(os.path.join(site, "confluent_kafka.libs", "librdkafka-*.so*"))
    library = ctypes.CDLL(path)
    for name, result, arguments in [
        ("rd_kafka_conf_new", c_void_p, []),
        ("rd_kafka_conf_set", c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
        ("rd_kafka_new", c_void_p, [c_int, c_void_p, c_char_p, c_size_t]),
        ("rd_kafka_destroy", None, [c_void_p]),
        ("rd_kafka_mock_cluster_new", c_void_p, [c_void_p, c_int]),
        ("rd_kafka_mock_cluster_destroy", None, [c_void_p]),
        ("rd_kafka_mock_cluster_bootstraps", c_char_p, [c_void_p]),
        ("rd_kafka_mock_topic_create", c_int, [c_void_p, c_char_p, c_int, c_int]),
        ("rd_kafka_mock_broker_set_down", c_int, [c_void_p, c_int32]),
        ("rd_kafka_mock_broker_set_up", c_int, [c_void_p, c_int32]),
        ("rd_kafka_mock_broker_add", c_int, [c_void_p, c_int32]),
        ("rd_kafka_mock_broker_decommission", c_int, [c_void_p, c_int32]),
        ("rd_kafka_mock_broker_set_rtt", c_int, [c_void_p, c_int32, c_int]),
        ("rd_kafka_mock_coordinator_set", c_int, [c_void_p, c_char_p, c_char_p, c_int32]),
        ("rd_kafka_mock_partition_set_leader", c_int, [c_void_p, c_char_p, c_int32, c_int32]),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", c_int, [c_void_p, c_int32]),
        ("rd_kafka_mock_set_apiversion", c_int, [c_void_p, c_int16, c_int16, c_int16]),
        (
            "rd_kafka_mock_push_request_errors_array",
            None,
            [c_void_p, c_int16, c_size_t, POINTER(c_int)],
        ),
        ("rd_kafka_mock_start_request_tracking", None, [c_void_p]),
        ("rd_kafka_mock_get_requests", c_void_p, [c_void_p, POINTER(c_size_t)]),
        ("rd_kafka_mock_request_destroy_array", None, [c_void_p, c_size_t]),
        ("rd_kafka_mock_request_id", c_int32, [c_void_p]),
        ("rd_kafka_mock_request_api_key", c_int16, [c_void_p]),
        ("rd_kafka_mock_request_timestamp", c_int64, [c_void_p]),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class MockCluster:
    def __init__(self, brokers: int) -> None:
        self.library = load_library()
        error = ctypes.create_string_buffer(512)
        configuration = self.library.rd_kafka_conf_new()
        # No broker of its own to talk to is what we want; the warning about it is not.
        self.library.rd_kafka_conf_set(configuration, b"log_level", b"2", error, len(error))
        self.handle = self.library.rd_kafka_new(0, configuration, error, len(error))
        if not self.handle:
            raise RuntimeError(error.value.decode())
        self.cluster = self.library.rd_kafka_mock_cluster_new(self.handle, brokers)
        if not self.cluster:
            raise RuntimeError("rd_kafka_mock_cluster_new failed")
        # Members of a test's group are there at once; real groups wait three seconds for more.
        self.library.rd_kafka_mock_group_initial_rebalance_delay_ms(self.cluster, 300)

    def bootstrap_servers(self) -> str:
        return self.library.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def call(self, name: str, *arguments: object) -> None:
        encoded = [a.encode() if isinstance(a, str) else a for a in arguments]
        code = getattr(self.library, f"rd_kafka_mock_{name}")(self.cluster, *encoded)
        if code:
            raise RuntimeError(f"rd_kafka_mock_{name}{arguments}: error {code}")

    def push_request_errors(self, api_key: int, errors: list[int]) -> None:
        array = (c_int * len(errors))(*errors)
        self.library.rd_kafka_mock_push_request_errors_array(self.cluster, api_key, len(errors), array)

    def stop(self) -> None:
        self.library.rd_kafka_mock_cluster_destroy(self.cluster)
        self.library.rd_kafka_destroy(self.handle)


def main() -> None:
    cluster = MockCluster(int(sys.argv[1]))
    print(json.dumps({"value": cluster.bootstrap_servers()}), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answer: dict[str, object] = {}
        try:
            if name == "push_request_errors":
                cluster.push_request_errors(*arguments)
            else:
                cluster.call(name, *arguments)
        except Exception as error:  # told to the test, which raises it
            answer["error"] = str(error)
        print(json.dumps(answer), flush=True)
    cluster.stop()


main()
