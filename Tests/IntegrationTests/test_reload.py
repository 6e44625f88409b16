"""The configuration is exchanged while everything goes on."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any, Callable

import pytest
from harness.broker import Broker
from harness.clients import Clients
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.raw_client import RawClient
from harness.sluice import Sluice, run_to_end
from harness.synthetic import SyntheticCluster
from harness.waiting import eventually
from harness.wire import Request, request

API_VERSIONS = request(18, 0, b"")


def with_filters(sluice: Sluice, *filters: str, rest: str = "") -> str:
    """The configuration that it was started with, with these filters."""
    chain = "".join(f"      - {{ {entry} }}\n" for entry in filters)
    return sluice.configuration.replace("    cluster: main\n", f"    cluster: main\n    filters:\n{chain}", 1) + rest


def log(name: str, path: str, more: str = "") -> str:
    return f"type: access_log, name: {name}, path: {path}{more}"


def lines(path: Path) -> list[dict[str, Any]]:
    # The last line may be on its way.
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


class SteadyClient(threading.Thread):
    """Sends requests in bursts on one connection until told to stop; every one must be answered, in order."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self.client = RawClient(port)
        self.name = name
        self.exchanged = 0
        self.failure: BaseException | None = None
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            number = 0
            while not self._over.is_set():
                burst = range(number, number + 5)
                for correlation_id in burst:
                    self.client.send(request(18, 0, b"", correlation_id=correlation_id, client_id=self.name))
                for correlation_id in burst:
                    answer = self.client.receive()
                    assert answer[:4] == correlation_id.to_bytes(4, "big")
                number = burst.stop
                self.exchanged = number
        except BaseException as failure:
            self.failure = failure

    def finish(self) -> int:
        self._over.set()
        self.join(20)
        self.client.close()
        if self.failure:
            raise self.failure
        return self.exchanged


@pytest.mark.timeout(150)
def test_a_hundred_reloads_under_load_lose_no_request_and_no_connection(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    sluice.reload(with_filters(sluice, log("log", "b.log")))
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    producers = [
        clients.script("confluent", "produce_until_stopped", sluice.client_ports, **where, **{"enable.idempotence": True})
        for _ in range(2)
    ]
    for producer in producers:
        producer.event("delivered")
    members = [clients.script("confluent", "member", sluice.client_ports, **where, group=f"{topic}-group") for _ in range(2)]
    for member in members:
        member.event("assigned")
    raw = [SteadyClient(sluice.port, f"raw-{index}") for index in range(4)]
    eventually(lambda: all(client.exchanged > 100 for client in raw), "raw clients under way")
    counted_before = sluice.stats()

    for index in range(100):
        before = [client.exchanged for client in raw]
        # One filter always logs, to either of two files; another comes, goes, and changes.
        filters = [log("log", "ab"[index % 2] + ".log")]
        if index % 3:
            filters.insert(index % 2, log("other", "other.log", f", only_errors: {str(index % 3 == 1).lower()}"))
        if index % 10 == 0:
            sluice.file.write_text(with_filters(sluice, *filters))
            generation = sluice.generation
            sluice.process.send_signal(signal.SIGHUP)
            eventually(lambda: sluice.generation > generation, "reloaded by SIGHUP")
        else:
            sluice.reload(with_filters(sluice, *filters))
        # Everyone goes on under the new chain before it is exchanged again.
        eventually(lambda: all(client.exchanged > old for client, old in zip(raw, before)), "requests after the reload")

    assert sluice.generation >= 100
    counted = sluice.stats()
    closed = "sluice_downstream_connections_closed_total"
    for labels, value in counted.select(closed):
        # Clients may leave; Sluice closes nothing.
        assert labels["reason"] == "client" or value == counted_before.total(closed, **labels), labels
    errors = {labels["reason"] for labels, _ in counted.select("sluice_decode_errors_total")}
    # The mock cluster's answer to versions of ApiVersions that it does not know is none.
    assert errors <= {"api_versions_response"}, errors
    assert counted.total("sluice_reloads_total", result="applied") >= 99
    assert counted.total("sluice_reloads_total", result="refused") == 0
    # Records still come, to somebody at least: the group's partitions may all be with one.
    read = counted.total("sluice_topic_records_total", topic=topic, direction="fetch")
    eventually(
        lambda: sluice.stats().total("sluice_topic_records_total", topic=topic, direction="fetch") > read + 200,
        "records are read after the last reload",
    )
    exchanged = {client.name: client.finish() for client in raw}
    sent = 0
    for producer in producers:
        result = producer.result()
        assert result["left"] == 0 and result["delivered"] == result["sent"]
        sent += result["sent"]
    for member in members:
        member.result()
    found = clients.run("confluent", "consume", sluice.client_ports, **where, count=sent)
    assert found["count"] == sent
    # Each request has met exactly one of the chains, whole.
    def logged() -> dict[str, int]:
        counts: dict[str, int] = {}
        for name in ("a.log", "b.log"):
            for line in lines(sluice.directory / name):
                counts[line["client_id"]] = counts.get(line["client_id"], 0) + 1
        return counts

    eventually(lambda: {name: logged().get(name) for name in exchanged} == exchanged, "a line for each request")


def test_a_configuration_with_errors_changes_nothing_and_all_are_told(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    with RawClient(sluice.port) as client:
        client.exchange(API_VERSIONS)
        told = sluice.reload(with_filters(sluice, "type: acces_log", log("a", "a.log") + ", sizee: 1"), expected=422)
        assert "sluice.yaml:8:" in told and "access_log" in told
        assert "sluice.yaml:9:" in told and "sizee" in told
        # What can only be found by trying: a file that cannot be written, and a port that is taken.
        (taken,) = free_ports(1)
        with Broker(lambda _: None, port=taken):
            two = with_filters(sluice, log("a", "/nowhere/a.log"), log("b", "b.log")).replace(
                "clusters:",
                f"  - {{ name: new, address: '127.0.0.1:{taken}', cluster: main, "
                f"brokers: {{ mode: ports, ports: {{ 1: {free_ports(1)[0]} }} }} }}\nclusters:",
            )
            told = sluice.reload(two, expected=422)
        assert "filter 'a' of listener 'apps'" in told and "/nowhere/a.log" in told
        assert f"127.0.0.1:{taken}" in told and "in use" in told
        answered = json.loads(sluice.request("/reload?format=json", "POST")[1])
        assert len(answered["errors"]) == 1
        client.exchange(API_VERSIONS)
    assert sluice.generation == 1
    assert [listener["name"] for listener in json.loads(sluice.get("/listeners?format=json"))] == ["apps"]
    stats = sluice.stats()
    assert stats.total("sluice_reloads_total", result="refused") == 3
    assert stats.total("sluice_reload_last_successful") == 0
    for word in ("acces_log", "sizee", "/nowhere/a.log"):
        assert word in sluice.errors
    assert "nothing" in sluice.reload(sluice.configuration)
    assert sluice.stats().total("sluice_reload_last_successful") == 1


def test_what_is_in_force_is_what_the_admin_pages_show(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    first, second = free_ports(2)
    more = sluice.configuration.replace(
        "clusters:\n",
        f"  - {{ name: jobs, address: '127.0.0.1:{first}', cluster: far, on_unknown: close, "
        f"brokers: {{ mode: ports, ports: {{ 1: {second} }} }} }}\nclusters:\n"
        f"  - {{ name: far, bootstrap_servers: ['{cluster.bootstrap_servers.split(',')[0]}'] }}\n",
    )
    told = sluice.reload(more + "limits: { max_frame: 1MiB }\n")
    assert "+ jobs" in told and "+ far" in told and "limits.max_frame" in told and "0 open connections" in told
    with RawClient(first) as client:
        client.exchange(API_VERSIONS)
    assert {listener["name"] for listener in json.loads(sluice.get("/listeners?format=json"))} == {"apps", "jobs"}
    eventually(
        lambda: {1} <= {b["id"] for c in json.loads(sluice.get("/clusters?format=json")) if c["name"] == "far" for b in c["brokers"]},
        "the new cluster's brokers",
    )
    shown = json.loads(sluice.get("/config_dump"))
    assert shown["limits"]["max_frame"] == "1MiB"
    assert [listener["name"] for listener in shown["listeners"]] == ["apps", "jobs"]
    told = sluice.reload(sluice.configuration)
    assert "- jobs" in told and "- far" in told
    with pytest.raises(ConnectionRefusedError):
        RawClient(first)
    assert [c["name"] for c in json.loads(sluice.get("/clusters?format=json"))] == ["main"]
    assert "limits" in json.loads(sluice.get("/config_dump"))


class SlowBroker:
    """Answers FindCoordinator only when let go."""

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


def test_a_listener_that_goes_answers_what_is_in_flight(start_sluice: Callable[..., Sluice]) -> None:
    slow = SlowBroker()
    with slow.broker:
        sluice = start_sluice(slow.broker.address)
        (port,) = free_ports(1)
        with_jobs = sluice.configuration.replace(
            "clusters:\n",
            f"  - {{ name: jobs, address: '127.0.0.1:{port}', cluster: main, brokers: {{ mode: pass_through }} }}\nclusters:\n",
        )
        sluice.reload(with_jobs)
        with RawClient(port) as client, RawClient(port) as idle, RawClient(sluice.port) as other:
            idle.exchange(API_VERSIONS)
            other.exchange(API_VERSIONS)
            client.send(request(10, 0, b"\x00\x05group", correlation_id=99))
            assert slow.asked.wait(20)
            told = sluice.request("/reload?dry_run", "POST")[1]
            assert "nothing would change" in told
            sluice.file.write_text(sluice.configuration)
            told = sluice.request("/reload?dry_run", "POST")[1]
            assert "- jobs (drains 2 open connections)" in told and "2 open connections would be drained" in told
            assert "2 open connections are drained" in sluice.reload(sluice.configuration)
            assert idle.is_closed_by_peer()
            with pytest.raises(ConnectionRefusedError):
                RawClient(port)
            shown = json.loads(sluice.get("/connections?format=json"))["connections"]
            assert {c["listener"]: c["draining"] for c in shown} == {"jobs": True, "apps": False}
            slow.let_go.set()
            assert client.receive()[:4] == (99).to_bytes(4, "big")
            assert client.is_closed_by_peer()
            other.exchange(API_VERSIONS)


@pytest.mark.timeout(90)
def test_clients_of_a_listener_that_changes_come_back_and_lose_nothing(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    where = {"bootstrap": sluice.bootstrap, "topic": topic}
    producer = clients.script(
        "confluent", "produce_until_stopped", sluice.client_ports, **where, **{"enable.idempotence": True}
    )
    producer.event("delivered")
    last = sluice.broker_ports[-1]
    for shortened in (True, False, True):
        # The port of a broker that is not there: all the others stay open.
        changed = sluice.configuration.replace(f"-{last}", f"-{last - 1}") if shortened else sluice.configuration
        delivered = producer.event("delivered")["count"]
        told = sluice.reload(changed)
        assert "brokers.ports" in told and "drains" in told
        while producer.event("delivered")["count"] < delivered + 300:
            pass
    result = producer.result()
    assert result["left"] == 0 and result["delivered"] == result["sent"]
    found = clients.run("confluent", "consume", sluice.client_ports, **where, count=result["sent"])
    # Each record once: the producer is idempotent.
    assert found["count"] == result["sent"]


# Watching


WATCH = "reload: { watch: true, interval: 100ms }"


def applied(sluice: Sluice) -> set[str]:
    """The names of the filters that are in force."""
    return {entry["name"] for entry in json.loads(sluice.get("/filters?format=json"))}


def test_a_file_that_is_written_or_renamed_over_is_taken_up(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, extra=WATCH)
    # More often than a file is looked at twice whatever its times say.
    for name in (f"written-{index}" for index in range(6)):
        sluice.file.write_text(with_filters(sluice, log(name, "a.log")))
        eventually(lambda: applied(sluice) == {name}, f"written in place: {name}")
    for name in ("first", "second"):
        aside = sluice.file.with_suffix(".new")
        aside.write_text(with_filters(sluice, log(name, "a.log")))
        aside.rename(sluice.file)
        eventually(lambda: applied(sluice) == {name}, f"renamed over: {name}")
    # The same contents under other times are nothing new.
    refused = sluice.stats().total("sluice_reloads_total")
    os.utime(sluice.file)
    sluice.file.write_text(with_filters(sluice, log("third", "a.log")))
    eventually(lambda: applied(sluice) == {"third"}, "written again")
    assert sluice.stats().total("sluice_reloads_total") == refused + 1


def test_a_config_map_whose_link_is_swapped_is_taken_up(
    start_sluice: Callable[..., Sluice], cluster: Cluster, tmp_path: Path
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, extra=WATCH, config_map=tmp_path / "volume")
    mounted = sluice.file.readlink()
    # More often than a file is looked at twice whatever its times say.
    for name in (f"swapped-{index}" for index in range(8)):
        sluice.swap_config_map(with_filters(sluice, log(name, str(tmp_path / "a.log"))))
        eventually(lambda: applied(sluice) == {name}, f"swapped: {name}")
        # What the process was told to read has never changed.
        assert sluice.file.readlink() == mounted


def test_a_broken_file_is_told_once_and_the_next_one_is_taken_up(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, extra=WATCH)

    def refused() -> float:
        return sluice.stats().total("sluice_reloads_total", result="refused")

    sluice.file.write_text("listeners: [\n")
    eventually(lambda: refused() == 1, "the broken file is seen")
    # Looked at again, it is the same broken file.
    os.utime(sluice.file)
    sluice.file.unlink()
    eventually(lambda: refused() == 2, "the missing file is seen")
    sluice.file.write_text("listeners: [\n")
    eventually(lambda: refused() == 3, "the broken file is seen again")
    with RawClient(sluice.port) as client:
        client.exchange(API_VERSIONS)
    sluice.file.write_text(with_filters(sluice, log("right", "a.log")))
    eventually(lambda: applied(sluice) == {"right"}, "the right file")
    assert refused() == 3
    assert sluice.errors.count("not YAML") == 2


def test_the_watch_begins_and_ends_with_the_setting(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    assert "reload.watch" in sluice.reload(sluice.configuration + WATCH)
    sluice.file.write_text(with_filters(sluice, log("a", "a.log"), rest=WATCH))
    eventually(lambda: applied(sluice) == {"a"}, "watched from now on")
    # This one is taken up by the watch too, and ends it.
    sluice.file.write_text(with_filters(sluice, log("b", "a.log")))
    eventually(lambda: applied(sluice) == {"b"}, "the last one that is watched")
    sluice.file.write_text(with_filters(sluice, log("c", "a.log")))
    sluice.process.send_signal(signal.SIGHUP)
    eventually(lambda: applied(sluice) == {"c"}, "taken up when told")
    assert sluice.errors.count("trigger=signal") >= 1


# Looking first


def test_validate_says_what_a_running_proxy_would_change(start_sluice: Callable[..., Sluice], cluster: Cluster, tmp_path: Path) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    url = f"http://127.0.0.1:{sluice.admin_port}"
    next_file = sluice.directory / "next.yaml"
    with RawClient(sluice.port) as client, RawClient(sluice.port):
        client.exchange(API_VERSIONS)
        eventually(lambda: sluice.stats().total("sluice_downstream_connections") == 2, "two connections")
        same = run_to_end("validate", "-c", sluice.file, "--diff", url)
        assert same.returncode == 0 and "nothing would change" in same.stdout
        next_file.write_text(with_filters(sluice, log("new", "a.log")))
        kept = run_to_end("validate", "-c", next_file, "--diff", url)
        assert kept.returncode == 0
        assert "+ filter new (access_log)" in kept.stdout and "0 open connections would be drained" in kept.stdout
        next_file.write_text(sluice.configuration.replace("advertised_host: 127.0.0.1", "advertised_host: localhost"))
        drained = run_to_end("validate", "-c", next_file, "--diff", url)
        assert "advertised_host" in drained.stdout and "2 open connections would be drained" in drained.stdout
        as_json = run_to_end("validate", "-c", next_file, "--diff", f"127.0.0.1:{sluice.admin_port}", "--format", "json")
        assert json.loads(as_json.stdout)["drained_connections"] == 2
        # The proxy says the same of the same file.
        sluice.file.write_text(next_file.read_text())
        answered = json.loads(sluice.request("/reload?dry_run=true&format=json", "POST")[1])
        assert answered["listeners"] == json.loads(as_json.stdout)["listeners"]
        assert sluice.generation == 1
        client.exchange(API_VERSIONS)
    broken = run_to_end("validate", "-c", tmp_path / "none.yaml", "--diff", url)
    assert broken.returncode == 1
    (nobody,) = free_ports(1)
    alone = run_to_end("validate", "-c", next_file, "--diff", f"http://127.0.0.1:{nobody}")
    assert alone.returncode == 1 and str(nobody) in alone.stderr


def test_the_admin_block_is_not_taken_up_and_said_so(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    (other,) = free_ports(1)
    moved = with_filters(sluice, log("new", "a.log")).replace(f"127.0.0.1:{sluice.admin_port}", f"127.0.0.1:{other}")
    told = sluice.reload(moved)
    assert "next start" in told and "admin.address" in told and "+ filter new" in told
    assert applied(sluice) == {"new"}
    assert json.loads(sluice.get("/config_dump"))["admin"]["address"] == f"127.0.0.1:{sluice.admin_port}"
    with pytest.raises(ConnectionRefusedError):
        RawClient(other)


def test_a_reload_while_draining_is_refused(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    assert sluice.request("/drain_listeners", "POST")[0] == 200
    sluice.file.write_text(with_filters(sluice, log("new", "a.log")))
    status, told = sluice.request("/reload", "POST")
    assert status == 503 and "draining" in told
    assert sluice.request("/livez")[0] == 200
