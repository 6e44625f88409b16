"""Filters as the admin server shows them, and changes of their rules."""

import http.client
import json
import subprocess
from typing import Callable

import pytest
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.wire import request

FILTERS = """\
filters:
  - type: access_log
    name: log
    path: access.log
  - type: access_log
    name: slow
    path: slow.log
    dry_run: true
    slower_than: 1s
    when: { client_id: [{ prefix: batch- }, other] }
"""


@pytest.fixture
def filtered(start_sluice: Callable[..., Sluice], cluster: Cluster) -> Sluice:
    return start_sluice(cluster.bootstrap_servers, listener=FILTERS)


def test_each_filter_is_shown_with_what_it_is_for(filtered: Sluice) -> None:
    log, slow = json.loads(filtered.get("/filters?format=json"))
    assert (log["listener"], log["name"], log["type"], log["dry_run"], log["when"]) == (
        "apps", "log", "access_log", False, None,
    )  # fmt: skip
    assert slow["dry_run"] is True
    assert slow["when"] == {"client_id": [{"prefix": "batch-"}, "other"]}
    text = filtered.get("/filters")
    assert [line.split()[1] for line in text.splitlines()[1:3]] == ["log", "slow"]
    assert "batch-" in text


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/filters/none/rules/payments?active=green", 404, "there are log, slow"),
        ("/filters/log/rules/payments?active=green", 404, "there is no rule 'payments'"),
        ("/filters/log/rules/payments?active=green&listener=none", 404, "there are apps"),
        ("/filters/log/rules/pay%2Fments%0A?active=green", 400, "percent-encoded"),
        ("/filters/log/rules/payments", 400, "?NAME=VALUE"),
        ("/filters/log/rules/" + "x" * 600 + "?active=green", 400, "512"),
    ],
)
def test_what_cannot_be_changed_is_said(filtered: Sluice, path: str, status: int, word: str) -> None:
    answered, body = filtered.request(path, "POST")
    assert answered == status, body
    assert word in body
    # Nothing of it is in the way of traffic.
    with RawClient(filtered.port) as client:
        client.exchange(request(18, 0, b""))


def test_a_change_is_not_made_by_get_nor_for_another_site(filtered: Sluice) -> None:
    path = "/filters/log/rules/payments?active=green"
    assert filtered.request(path)[0] == 405
    connection = http.client.HTTPConnection("127.0.0.1", filtered.admin_port, timeout=10)
    try:
        connection.request("POST", path, headers={"Origin": "http://evil.example"})
        assert connection.getresponse().status == 403
    finally:
        connection.close()


def test_refused_changes_are_logged_and_counted(filtered: Sluice) -> None:
    assert filtered.request("/filters/log/rules/payments?active=green", "POST")[0] == 404
    assert "rule of a filter not changed" in filtered.errors and "active=green" in filtered.errors
    assert filtered.stats().total("sluice_filter_rule_changes_total", filter="log", result="refused") == 1


def test_the_page_for_people_shows_filters(filtered: Sluice) -> None:
    page = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--virtual-time-budget=5000", "--dump-dom", f"http://127.0.0.1:{filtered.admin_port}/",
        ],
        capture_output=True, text=True, timeout=50, check=True,
    ).stdout  # fmt: skip
    assert "slow (dry run)" in page
    assert "batch-" in page
