"""Records are checked before they go into topics: with real serializers, codecs and producers."""

import base64
import json
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.registry import Registry
from harness.sluice import BINARY, Sluice
from harness.waiting import eventually

AVRO = json.dumps(
    {
        "type": "record",
        "name": "Payment",
        "fields": [{"name": "id", "type": "string"}, {"name": "cents", "type": "long"}],
    }
)
JSON = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Order",
        "type": "object",
        "properties": {"id": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
        "required": ["id", "count"],
    }
)
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
GOOD, BAD = '{"id": "a", "count": 1}', '{"id": "a", "count": 0}'


@pytest.fixture
def registry() -> Iterator[Registry]:
    running = Registry()
    yield running
    running.close()


def b64(*values: str | bytes) -> list[str]:
    return [
        base64.standard_b64encode(value if isinstance(value, bytes) else value.encode()).decode() for value in values
    ]


def contracts(*rules: str, registry: Registry | None = None, more: str = "") -> str:
    """A listener's filters: a validation with these rules, each in YAML's flow style."""
    text = "filters:\n  - type: schema_validation\n    name: contracts\n" + more
    if registry:
        text += f'    registries: [{{ name: main, url: "{registry.url}", timeout: 2s, retries: 0, negative_cache: 100ms }}]\n'
    return text + "    rules:\n" + "".join(f"      - {rule}\n" for rule in rules)


def avro(schema_id: int, payload: bytes) -> bytes:
    return b"\0" + schema_id.to_bytes(4, "big") + payload


#: What the mock cluster gives a partition of each record's offset.
def offsets(outcomes: list[Any]) -> list[bool]:
    return [isinstance(outcome, int) for outcome in outcomes]


class TestLocalSchemas:
    @pytest.fixture
    def validating(self, start_sluice: Callable[..., Sluice], cluster: Cluster, topic: str) -> Sluice:
        rule = f"{{ name: orders, topics: [{topic}], value: {{ format: json_schema, schema: '{JSON}' }} }}"
        return start_sluice(cluster.bootstrap_servers, listener=contracts(rule))

    @pytest.mark.parametrize("codec", CODECS)
    def test_good_records_pass_and_bad_ones_do_not(
        self, validating: Sluice, clients: Clients, topic: str, codec: str
    ) -> None:
        outcomes = clients.run(
            "serializing", "produce", validating.client_ports, bootstrap=validating.bootstrap, topic=topic,
            values=b64(GOOD, BAD, "{", GOOD), separately=True, **{"compression.type": codec},
        )  # fmt: skip
        assert offsets(outcomes) == [True, False, False, True]
        assert outcomes[1][0] == "INVALID_RECORD"

    @pytest.mark.parametrize("codec", CODECS)
    @pytest.mark.parametrize(
        # aiokafka has no name for the error.
        "action, error", [("produce_kafka_python", "InvalidRecordError"), ("produce_aio", "UnknownError")]
    )
    def test_other_producers_are_told_as_well(
        self, validating: Sluice, clients: Clients, topic: str, action: str, error: str, codec: str
    ) -> None:
        outcomes = clients.run(
            "serializing", action, validating.client_ports, bootstrap=validating.bootstrap, topic=topic,
            values=b64(GOOD, BAD, GOOD), compression_type=None if codec == "none" else codec, enable_idempotence=False,
        )  # fmt: skip
        assert offsets(outcomes) == [True, False, True]
        assert outcomes[1][0] == error

    def test_a_batch_with_one_bad_record_is_rejected_whole(
        self, validating: Sluice, clients: Clients, topic: str
    ) -> None:
        outcomes = clients.run(
            "serializing", "produce", validating.client_ports, bootstrap=validating.bootstrap, topic=topic,
            values=b64(GOOD, GOOD, BAD), **{"linger.ms": 500},
        )  # fmt: skip
        assert offsets(outcomes) == [False, False, False]
        stats = validating.stats()
        assert stats.total("sluice_schema_validation_rejections_total", rule="orders", reason="schema") == 1
        assert stats.total("sluice_schema_validation_records_total", rule="orders", result="valid") == 2

    @pytest.mark.parametrize(
        "action, setting",
        [
            ("produce", {"enable.idempotence": True, "separately": True}),
            ("produce_aio", {"enable_idempotence": True}),
        ],
    )
    def test_an_idempotent_producer_goes_on_behind_what_was_rejected(
        self, validating: Sluice, clients: Clients, topic: str, action: str, setting: dict[str, Any]
    ) -> None:
        outcomes = clients.run(
            "serializing", action, validating.client_ports, bootstrap=validating.bootstrap, topic=topic,
            values=b64(GOOD, BAD, GOOD, GOOD), **setting,
        )  # fmt: skip
        assert offsets(outcomes) == [True, False, True, True]

    def test_an_idempotent_kafka_python_ends_itself_behind_what_was_rejected(
        self, validating: Sluice, clients: Clients, topic: str
    ) -> None:
        outcomes = clients.run(
            "serializing", "produce_kafka_python", validating.client_ports, bootstrap=validating.bootstrap,
            topic=topic, values=b64(GOOD, BAD, GOOD), enable_idempotence=True,
        )  # fmt: skip
        assert offsets(outcomes) == [True, False, False]
        # The third record was never sent.
        stats = validating.stats()
        assert stats.total("sluice_schema_validation_rejections_total") == 1
        assert stats.total("sluice_schema_validation_records_total") == 2

    def test_a_transaction_with_a_bad_record_is_aborted(
        self, validating: Sluice, clients: Clients, topic: str
    ) -> None:
        outcomes = clients.run(
            "serializing", "transact", validating.client_ports, bootstrap=validating.bootstrap, topic=topic,
            transactions=[b64(GOOD), b64(GOOD, BAD), b64(GOOD), b64(GOOD)],
        )  # fmt: skip
        assert outcomes[0] == "committed"
        assert outcomes[1][0] == "INVALID_RECORD"
        # librdkafka goes on with the next sequence numbers, is told so by the broker, begins anew, and is well.
        assert outcomes[3] == "committed"

    def test_other_topics_pass(self, validating: Sluice, clients: Clients, topic: str) -> None:
        outcomes = clients.run(
            "serializing", "produce", validating.client_ports, bootstrap=validating.bootstrap, topic=f"{topic}-other",
            values=b64(BAD),
        )  # fmt: skip
        assert offsets(outcomes) == [True]


class TestRegistry:
    def test_json_serializer(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str
    ) -> None:
        rule = f"{{ topics: [{topic}], value: {{ format: json_schema, registry: main }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        ports = sluice.client_ports | {int(registry.url.rsplit(":", 1)[1])}
        where = {"bootstrap": sluice.bootstrap, "topic": topic}
        values = [{"id": str(number), "count": number + 1} for number in range(20)]
        sent = clients.run(
            "serializing", "produce", ports, kind="json", registry=registry.url, schema=JSON, values=values, **where
        )
        assert offsets(sent) == [True] * 20
        assert len([path for path in registry.asked if path.startswith("/schemas/ids/1")]) == 2
        bad = b64(avro(1, BAD.encode()), avro(7, GOOD.encode()), GOOD)
        outcomes = clients.run("serializing", "produce", ports, values=bad, separately=True, **where)
        assert offsets(outcomes) == [False, False, False]
        stats = sluice.stats()
        reasons = {
            labels["reason"]: value for labels, value in stats.select("sluice_schema_validation_rejections_total")
        }
        assert reasons == {"schema": 1, "unknown_schema": 1, "framing": 1}
        assert stats.total("sluice_schema_validation_cached_schemas") == 1

    @pytest.mark.parametrize("codec", CODECS)
    def test_avro_serializer(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str,
        codec: str,
    ) -> None:  # fmt: skip
        rule = f"{{ topics: [{topic}], value: {{ format: avro, registry: main, framing: confluent }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        ports = sluice.client_ports | {int(registry.url.rsplit(":", 1)[1])}
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "compression.type": codec}
        values = [{"id": "a" * number, "cents": number} for number in range(20)]
        sent = clients.run(
            "serializing", "produce", ports, kind="avro", registry=registry.url, schema=AVRO, values=values, **where
        )
        assert offsets(sent) == [True] * 20
        outcomes = clients.run(
            "serializing", "produce", ports, values=b64(avro(1, b"\x02a"), avro(1, b"\x02a\x02\x02")),
            separately=True, **where,
        )  # fmt: skip
        assert offsets(outcomes) == [False, False]

    def test_protobuf_serializer(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str
    ) -> None:
        rule = f"{{ topics: [{topic}], value: {{ format: protobuf, registry: main }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        ports = sluice.client_ports | {int(registry.url.rsplit(":", 1)[1])}
        where = {"bootstrap": sluice.bootstrap, "topic": topic}
        sent = clients.run(
            "serializing", "produce", ports, kind="protobuf", registry=registry.url, values=["a", "b"], **where
        )
        assert offsets(sent) == [True, True]
        # The indexes of StringValue in its file, then a field of another wire type.
        bad = avro(1, b"\x02\x0e" + b"\x08\x01")
        assert offsets(clients.run("serializing", "produce", ports, values=b64(bad), **where)) == [False]

    def test_a_schema_of_another_subject_is_refused(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str
    ) -> None:
        rule = f"{{ topics: [{topic}], value: {{ format: avro, registry: main }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        schema = registry.register("elsewhere-value", AVRO)
        outcomes = clients.run(
            "serializing", "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic,
            values=b64(avro(schema, b"\x02a\x02")),
        )  # fmt: skip
        assert offsets(outcomes) == [False]
        assert sluice.stats().total("sluice_schema_validation_rejections_total", reason="unknown_schema") == 1

    @pytest.mark.parametrize("policy, passes", [("deny", False), ("allow", True)])
    @pytest.mark.parametrize("trouble", ["down", "status"])
    def test_a_registry_that_does_not_answer(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str,
        policy: str, passes: bool, trouble: str,
    ) -> None:  # fmt: skip
        rule = f"{{ topics: [{topic}], on_registry_error: {policy}, value: {{ format: avro, registry: main }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        schema = registry.register(f"{topic}-value", AVRO)
        registry.down, registry.status = trouble == "down", 503 if trouble == "status" else None
        where = {"bootstrap": sluice.bootstrap, "topic": topic, "values": b64(avro(schema, b"\x02a\x02"))}
        assert offsets(clients.run("serializing", "produce", sluice.client_ports, **where)) == [passes]
        stats = sluice.stats()
        if passes:
            assert stats.total("sluice_schema_validation_records_total", result="unchecked") == 1
        else:
            assert stats.total("sluice_schema_validation_rejections_total", reason="registry") == 1
        registry.down, registry.status = False, None
        # What is remembered of the outage is forgotten after a second.
        eventually(
            lambda: offsets(clients.run("serializing", "produce", sluice.client_ports, **where)) == [True]
            and sluice.stats().total("sluice_schema_validation_cached_schemas") == 1,
            "the registry is asked again",
        )

    def test_only_who_needs_a_schema_waits_for_it(
        self, start_sluice: Callable[..., Sluice], cluster: Cluster, registry: Registry, clients: Clients, topic: str
    ) -> None:
        rule = f"{{ topics: [{topic}], value: {{ format: avro, registry: main }} }}"
        sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, registry=registry))
        schema = registry.register(f"{topic}-value", AVRO)
        registry.delay = 1.5
        where = {"bootstrap": sluice.bootstrap, "topic": topic}
        waiting = clients.script(
            "serializing", "produce", sluice.client_ports, values=b64(avro(schema, b"\x02a\x02")), **where
        )
        eventually(lambda: registry.asked, "the registry is asked")
        other = clients.run(
            "serializing", "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=f"{topic}-other",
            values=b64("free"),
        )  # fmt: skip
        assert offsets(other) == [True]
        assert offsets(waiting.result()) == [True]


def test_a_dry_run_lets_all_pass_and_counts(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    rule = f"{{ name: r, topics: ['{topic}*'], value: {{ format: json }} }}"
    sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule, more="    dry_run: true\n"))
    outcomes = clients.run(
        "serializing", "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic, values=b64("{")
    )
    assert offsets(outcomes) == [True]
    assert sluice.stats().total("sluice_schema_validation_rejections_total", rule="r", reason="schema") == 1


def test_bad_records_go_to_a_topic_of_their_own(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    cluster.create_topic(f"{topic}-dead", 1)
    rule = (
        f"{{ name: r, topics: [{topic}], value: {{ format: json }}, "
        f"on_failure: {{ dead_letter: {{ cluster: main, topic: {topic}-dead, linger: 0s }} }} }}"
    )
    sluice = start_sluice(cluster.bootstrap_servers, listener=contracts(rule))
    outcomes = clients.run(
        "serializing", "produce", sluice.client_ports, bootstrap=sluice.bootstrap, topic=topic,
        values=b64("{}", "{", "[]"), headers={"trace": "1", "sluice.topic": "lie"}, **{"linger.ms": 500},
    )  # fmt: skip
    assert offsets(outcomes) == [False] * 3
    output = clients.kcat(
        "-C", "-b", sluice.bootstrap, "-t", f"{topic}-dead", "-o", "beginning", "-c", "1", "-J",
        allowed=sluice.client_ports,
    )  # fmt: skip
    record = json.loads(output)
    headers = dict(zip(record["headers"][::2], record["headers"][1::2]))
    assert record["payload"] == "{" and record["key"] == "key"
    expected = {
        "trace": "1", "sluice.topic": topic, "sluice.partition": "0", "sluice.record": "1", "sluice.rule": "r",
        "sluice.reason": "schema",
    }  # fmt: skip
    assert expected.items() <= headers.items()
    assert record["headers"].count("sluice.topic") == 1


class TestCheckCommand:
    def run(self, *arguments: object) -> tuple[int, str]:
        import subprocess

        done = subprocess.run([BINARY, "check", *map(str, arguments)], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout

    def test_says_what_is_wrong(self, tmp_path: Path) -> None:
        (tmp_path / "schema.json").write_text(JSON)
        (tmp_path / "good").write_text(GOOD)
        (tmp_path / "bad").write_text(BAD)
        (tmp_path / "framed").write_bytes(avro(1, GOOD.encode()))
        schema = ["--format", "json_schema", "--schema", tmp_path / "schema.json"]
        assert self.run(*schema, tmp_path / "good") == (0, f"{tmp_path / 'good'}: valid\n")
        status, output = self.run(*schema, tmp_path / "good", tmp_path / "bad")
        assert status == 1 and "/count" in output
        assert self.run(*schema, "--framing", "confluent", tmp_path / "framed")[0] == 0
        assert self.run(*schema, "--framing", "confluent", tmp_path / "good")[0] == 1

    def test_says_that_a_schema_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "schema.avsc").write_text('{"type": "nothing"}')
        status, output = self.run("--format", "avro", "--schema", tmp_path / "schema.avsc", tmp_path / "schema.avsc")
        assert status == 1 and "schema.avsc" in output
