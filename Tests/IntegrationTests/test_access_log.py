"""The access log says what passed, soon, and to the file of that name."""

import json
import signal
from pathlib import Path
from typing import Any, Callable

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.waiting import eventually
from harness.wire import request

TO_FILE = """\
filters:
  - type: access_log
    name: log
    path: access.log
"""


def lines(path: Path) -> list[dict[str, Any]]:
    # The last line may be on its way.
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_each_request_has_its_line(
    start_sluice: Callable[..., Sluice], cluster: Cluster, clients: Clients, topic: str
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=TO_FILE)
    clients.run(
        "confluent", "produce", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=100, client_id="logged",
    )  # fmt: skip
    log = sluice.directory / "access.log"
    asked = sluice.stats().total("sluice_requests_total")
    eventually(lambda: len(lines(log)) >= asked, "a line for each request")
    produced = [line for line in lines(log) if line["api"] == "Produce"]
    assert produced
    assert {line["client_id"] for line in produced} == {"logged"}
    assert {line["software_name"] for line in produced} == {"confluent-kafka-python"}
    assert all(line["topics"] == [topic] for line in produced)
    assert sum(line["records"] for line in produced) == 100
    assert {line["error"] for line in produced} == {"NONE"}
    assert {line["answered_by"] for line in produced} == {"broker"}
    assert {int(line["upstream"]) for line in produced} <= set(cluster.ports)


@pytest.mark.timeout(60)
def test_a_log_that_was_moved_away_is_opened_anew_on_sigusr1(
    start_sluice: Callable[..., Sluice], cluster: Cluster
) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=TO_FILE)
    log = sluice.directory / "access.log"
    with RawClient(sluice.port) as client:
        client.exchange(request(18, 0, b"", client_id="before"))
        eventually(lambda: any(line["client_id"] == "before" for line in lines(log)), "the first line")
        moved = log.rename(log.with_suffix(".1"))
        sluice.process.send_signal(signal.SIGUSR1)
        eventually(log.exists, "the new file")
        client.exchange(request(18, 0, b"", client_id="after"))
        eventually(lambda: any(line["client_id"] == "after" for line in lines(log)), "a line in the new file")
    assert all(line["client_id"] != "after" for line in lines(moved))


def test_the_last_lines_are_there_when_sluice_has_ended(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers, listener=TO_FILE + "    flush_interval: 1s\n")
    with RawClient(sluice.port) as client:
        for number in range(50):
            client.exchange(request(18, 0, b"", correlation_id=number, client_id="last"))
    sluice.stop()
    assert len(lines(sluice.directory / "access.log")) == 50


def test_a_template_on_standard_output(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    listener = """\
    filters:
      - type: access_log
        name: log
        format: template
        template: 'logged %{api} by %{client_id}'
    """
    sluice = start_sluice(cluster.bootstrap_servers, listener=listener)
    with RawClient(sluice.port) as client:
        client.exchange(request(18, 0, b"", client_id="raw"))
    eventually(lambda: "logged ApiVersions by raw\n" in sluice.output, "the line on standard output")
