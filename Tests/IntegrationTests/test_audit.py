"""The audit says who did what, with real clients; where it is required, nothing is done without a record."""

import http.client
import json
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from harness.broker import Broker
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.raw_client import RawClient
from harness.replay import BROKER_ID, ReplayingBroker, recorded, with_endpoint
from harness.sluice import BINARY, Sluice
from harness.synthetic import API_VERSIONS, VERSIONS, SyntheticCluster
from harness.waiting import eventually
from harness.wire import Request, Writer, response_header

CREATE_TOPICS = 19
#: SaslHandshake and SaslAuthenticate.
SASL = {17, 36}


def audit(sink: str, more: str = "") -> str:
    return f"filters:\n  - type: audit\n    name: audit\n    sink: {sink}\n{more}"


def lines(path: Path) -> list[dict[str, Any]]:
    # The last line may be on its way.
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


class Administered:
    """A broker that makes every topic it is asked for, but those called `taken`."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.broker = Broker(self.answer)
        self.cluster = SyntheticCluster({1: ("127.0.0.1", self.broker.port)})

    def answer(self, request: Request) -> bytes | None:
        if request.api_key == API_VERSIONS:
            body = response_header(request).int16(0)
            offered = {**VERSIONS, CREATE_TOPICS: (0, 4)}
            body.array(offered.items(), lambda w, item: w.int16(item[0]).int16(item[1][0]).int16(item[1][1]).tags())
            if request.api_version >= 1:
                body.int32(0)
            return bytes(body.tags().bytes)
        if request.api_key == CREATE_TOPICS:
            return self.create(request)
        return self.cluster.answer(request)

    def create(self, request: Request) -> bytes:
        reader = request.body()
        count = reader.int32()
        # One topic a request is enough here.
        assert count == 1
        name = reader.string() or ""
        self.created.append(name)
        body = response_header(request)
        if request.api_version >= 2:
            body.int32(0)

        def topic(w: Writer, name: str) -> None:
            w.string(name).int16(36 if name == "taken" else 0)
            if request.api_version >= 1:
                w.string(None)

        body.array([name], topic)
        return bytes(body.bytes)


@pytest.fixture
def administered() -> Iterator[Administered]:
    cluster = Administered()
    yield cluster
    cluster.broker.stop()


def create(sluice: Sluice, name: str) -> KafkaError | None:
    """Creates a topic; why it could not be."""
    admin = AdminClient({"bootstrap.servers": sluice.bootstrap, "client.id": "operator"})
    try:
        admin.create_topics([NewTopic(name, 3, 1)], request_timeout=10)[name].result(20)
    except KafkaException as failure:
        return failure.args[0]
    return None


def test_who_creates_a_topic_is_recorded_with_the_result(
    start_sluice: Callable[..., Sluice], administered: Administered
) -> None:
    sluice = start_sluice(administered.broker.address, listener=audit("{ file: audit.jsonl }"))
    assert create(sluice, "payments") is None
    error = create(sluice, "taken")
    assert error and error.code() == KafkaError.TOPIC_ALREADY_EXISTS
    log = sluice.directory / "audit.jsonl"
    eventually(lambda: len(lines(log)) == 2, "both records")
    first, second = lines(log)
    assert first["event"] == "outcome" and first["class"] == "admin" and first["api"] == "CreateTopics"
    assert first["client_id"] == "operator" and first["principal"] == "User:ANONYMOUS"
    assert first["software_name"] == "confluent-kafka-python"
    assert [(r["type"], r["name"]) for r in first["resources"]] == [("topic", "payments")]
    assert first["details"]["topics"][0]["partitions"] == 3
    assert first["error"] == "NONE" and first["answered_by"] == "broker"
    assert second["error"] == "TOPIC_ALREADY_EXISTS"


def test_intent_and_outcome_are_tied_together(
    start_sluice: Callable[..., Sluice], administered: Administered
) -> None:
    sluice = start_sluice(
        administered.broker.address, listener=audit("{ file: audit.jsonl }", "    guarantee: required\n")
    )
    assert create(sluice, "payments") is None
    # Before the client has its answer, both are on the disk.
    intent, outcome = lines(sluice.directory / "audit.jsonl")
    assert (intent["event"], outcome["event"]) == ("intent", "outcome")
    assert intent["id"] == outcome["id"]
    assert administered.created == ["payments"]


def test_nothing_is_done_when_the_disk_is_full(
    start_sluice: Callable[..., Sluice], administered: Administered, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    log.symlink_to("/dev/full")
    sluice = start_sluice(
        administered.broker.address, listener=audit(f"{{ file: {log} }}", "    guarantee: required\n")
    )
    error = create(sluice, "payments")
    assert error and error.code() == KafkaError.REQUEST_TIMED_OUT
    assert "audit log cannot be written" in error.str()
    assert administered.created == []
    stats = sluice.stats()
    assert stats.total("sluice_audit_refused_total") >= 1
    # There is room again.
    log.unlink()
    sluice.process.send_signal(10)
    eventually(log.exists, "the new file")
    assert create(sluice, "payments") is None
    assert administered.created == ["payments"]


def test_nothing_is_done_when_the_cluster_of_the_audit_is_gone(
    start_sluice: Callable[..., Sluice], administered: Administered
) -> None:
    [port] = free_ports(1)
    more = "    guarantee: required\n    timeout: 500ms\n"
    sluice = start_sluice(administered.broker.address, listener=audit("{ cluster: main, topic: audit }", more))
    elsewhere = sluice.configuration.replace("cluster: main, topic", "cluster: audits, topic")
    sluice.reload(f"{elsewhere}  - name: audits\n    bootstrap_servers: ['127.0.0.1:{port}']\n")
    error = create(sluice, "payments")
    assert error and error.code() == KafkaError.REQUEST_TIMED_OUT
    assert administered.created == []


def test_a_topic_has_the_records(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    where = f"{topic[:80]}-audit"
    cluster.create_topic(where)
    sluice = start_sluice(
        cluster.bootstrap_servers,
        listener=audit(f"{{ cluster: main, topic: {where}, compression: zstd }}", "    events: [data, group]\n"),
    )
    clients.run(
        "confluent", "produce", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=10, client_id="audited",
    )  # fmt: skip
    consumer = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": where, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([where])
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            found.append(json.loads(message.value()))
        return any(d["api"] == "Produce" and d["resources"][0]["name"] == topic for d in found)

    eventually(arrived, "a record of Produce in the topic")
    consumer.close()
    assert {d["client_id"] for d in found if d["api"] == "Produce"} == {"audited"}


def test_whoever_watches_is_shown_what_passes(
    start_sluice: Callable[..., Sluice], administered: Administered
) -> None:
    sluice = start_sluice(administered.broker.address, listener=audit("{ admin: true }"))
    connection = http.client.HTTPConnection("127.0.0.1", sluice.admin_port, timeout=20)
    connection.request("GET", "/tap?filter=audit&limit=1")
    shown: list[str] = []
    # The headers come with the first line.
    watching = threading.Thread(target=lambda: shown.append(connection.getresponse().read().decode()))
    watching.start()

    def is_shown() -> bool:
        create(sluice, "payments")
        return bool(shown)

    eventually(is_shown, "a line")
    watching.join()
    connection.close()
    [line] = shown[0].splitlines()
    assert json.loads(line)["api"] == "CreateTopics"
    status, body = sluice.request("/tap?filter=other")
    assert (status, "there are audit" in body) == (404, True)


def test_a_watcher_does_not_keep_sluice_from_ending(
    start_sluice: Callable[..., Sluice], administered: Administered
) -> None:
    sluice = start_sluice(administered.broker.address, listener=audit("{ admin: true }"))
    connection = http.client.HTTPConnection("127.0.0.1", sluice.admin_port, timeout=20)
    connection.request("GET", "/tap?filter=audit")
    sluice.stop()
    connection.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("guarantee", ["best_effort", "required"])
def test_every_recorded_request_passes_as_it_is_and_has_its_record(
    start_sluice: Callable[..., Sluice], guarantee: str
) -> None:
    classes = "[admin, acl, config, group, transaction, authentication, data]"
    with ReplayingBroker() as broker:
        sluice = start_sluice(
            broker.address,
            listener=audit("{ file: audit.jsonl }", f"    events: {classes}\n    guarantee: {guarantee}\n"),
        )
        exchanges = [exchange for exchange in recorded() if exchange.request.api_key not in SASL]
        if guarantee == "required":
            # One of each version: each waits for the disk twice.
            exchanges = list({exchange.version: exchange for exchange in exchanges}.values())
        with RawClient(sluice.port) as client:
            for number, exchange in enumerate(exchanges, start=1000):
                found = client.exchange(exchange.request_with(number))
                expected = exchange.response_to(number)
                if exchange.names_brokers:
                    expected = with_endpoint(expected, b"127.0.0.1", sluice.broker_port(BROKER_ID))
                assert found.hex() == expected.hex()
        sluice.stop()
    written = lines(sluice.directory / "audit.jsonl")
    outcomes = [line for line in written if line["event"] == "outcome"]
    assert [line["correlation_id"] for line in outcomes] == list(range(1000, 1000 + len(exchanges)))
    if guarantee == "required":
        intents = {line["id"] for line in written if line["event"] == "intent"}
        assert {line["id"] for line in outcomes if line["api"] != "ApiVersions"} == intents


def test_records_reach_a_cluster_that_sluice_signs_in_to_and_sign_ins_are_recorded(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str, tmp_path: Path
) -> None:
    users, password = tmp_path / "users", tmp_path / "password"
    password.write_text("correct horse")
    added = subprocess.run(
        [BINARY, "credentials", "add", "-f", users, "sluice", "--iterations", "4096"],
        input="correct horse\n", text=True, check=False,
    )  # fmt: skip
    assert added.returncode == 0
    where = f"{topic[:80]}-audit"
    cluster.create_topic(where)
    behind = start_sluice(
        cluster.bootstrap_servers,
        listener=f"sasl:\n  mode: terminate\n  mechanisms: [SCRAM-SHA-256]\n  credentials_file: {users}\n"
        + audit("{ file: audit.jsonl }", "    events: [authentication]\n"),
    )
    front = start_sluice(
        behind.bootstrap,
        listener=audit(f"{{ cluster: main, topic: {where} }}", "    events: [data]\n    guarantee: required\n"),
        cluster="sasl:\n  mechanism: SCRAM-SHA-256\n  username: sluice\n"
        f"  password: {{ file: {password} }}\n",
    )
    clients.run(
        "confluent", "produce", front.client_ports,
        bootstrap=front.bootstrap, topic=topic, count=10, client_id="audited",
    )  # fmt: skip
    assert front.stats().total("sluice_sink_written_total") >= 2
    assert front.stats().total("sluice_audit_refused_total") == 0
    log = behind.directory / "audit.jsonl"
    eventually(log.exists, "the audit of sign-ins")
    eventually(lambda: len(lines(log)) >= 2, "sign-ins of the proxy and of its sink")
    assert {(d["operation"], d["principal"], d["result"], d["answered_by"]) for d in lines(log)} == {
        ("sign_in", "User:sluice", "accepted", "proxy")
    }
    assert "correct horse" not in log.read_text()
