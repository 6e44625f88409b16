"""The admin server."""

import json
import subprocess
from typing import Callable

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.raw_client import RawClient
from harness.sluice import Sluice
from harness.waiting import eventually
from harness.wire import request

GETS = [
    "/", "/stats", "/stats/prometheus", "/metrics", "/ready", "/livez", "/server_info", "/config_dump", "/listeners",
    "/clusters", "/connections", "/certs", "/memory", "/logging", "/filters",
]  # fmt: skip
POSTS = [
    "/healthcheck/fail", "/healthcheck/ok", "/drain_listeners", "/reload", "/quitquitquit", "/reset_counters",
    "/filters/canary/rules/payments",
]  # fmt: skip


@pytest.mark.parametrize("path", GETS)
def test_each_page_answers(sluice: Sluice, path: str) -> None:
    status, body = sluice.request(path)
    assert status == 200
    assert body


@pytest.mark.parametrize("path", POSTS)
def test_a_get_on_a_path_that_changes_something_is_405(sluice: Sluice, path: str) -> None:
    assert sluice.request(path)[0] == 405


def test_an_unknown_path_is_404(sluice: Sluice) -> None:
    assert sluice.request("/no-such-page")[0] == 404


def test_stats_in_json(sluice: Sluice) -> None:
    assert json.loads(sluice.get("/stats?format=json"))


def test_stats_filtered_by_an_expression(sluice: Sluice) -> None:
    filtered = sluice.get("/stats?filter=build_info")
    assert "sluice_build_info" in filtered and "sluice_requests_total" not in filtered
    assert sluice.request("/stats?filter=%28")[0] == 400


def test_the_clusters_show_each_broker(sluice: Sluice, cluster: Cluster) -> None:
    shown = sluice.get("/clusters")
    for port in cluster.ports.values():
        assert str(port) in shown
    for broker in cluster.ports:
        assert str(sluice.broker_port(broker)) in shown


def test_open_connections_are_shown(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        client.exchange(request(18, 0, b"", client_id="shown-while-open"))
        assert "shown-while-open" in sluice.get("/connections")


def test_a_failed_health_check_takes_readiness_away_until_it_is_ok(sluice: Sluice) -> None:
    assert sluice.request("/healthcheck/fail", "POST")[0] == 200
    assert sluice.request("/ready")[0] == 503
    assert sluice.request("/livez")[0] == 200
    assert sluice.request("/healthcheck/ok", "POST")[0] == 200
    assert sluice.request("/ready")[0] == 200


def test_the_log_level_can_be_changed(sluice: Sluice) -> None:
    assert sluice.request("/logging?level=debug", "POST")[0] == 200
    assert "debug" in sluice.get("/logging")
    assert sluice.request("/logging?level=deafening", "POST")[0] == 400
    assert sluice.request("/logging?level=info", "POST")[0] == 200


def test_counters_can_be_reset(sluice: Sluice) -> None:
    with RawClient(sluice.port) as client:
        client.exchange(request(18, 0, b""))
    assert sluice.stats().total("sluice_requests_total") > 0
    assert sluice.request("/reset_counters", "POST")[0] == 200
    assert sluice.stats().total("sluice_requests_total") == 0


def test_drained_listeners_refuse_new_connections(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    assert sluice.request("/drain_listeners", "POST")[0] == 200

    def refused() -> bool:
        try:
            with RawClient(sluice.port) as client:
                return client.is_closed_by_peer()
        except ConnectionRefusedError:
            return True

    eventually(refused, "new connections refused")
    assert sluice.request("/livez")[0] == 200


def test_quit_by_the_admin_ends_the_process_well(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    sluice = start_sluice(cluster.bootstrap_servers)
    assert sluice.request("/quitquitquit", "POST")[0] == 200
    assert sluice.process.wait(20) == 0


def test_the_public_address_shows_probes_and_stats_only(start_sluice: Callable[..., Sluice], cluster: Cluster) -> None:
    from harness.ports import free_ports

    (port,) = free_ports(1)
    sluice = start_sluice(cluster.bootstrap_servers, admin=f"public_address: 127.0.0.1:{port}")
    private = sluice.admin_port
    sluice.admin_port = port
    try:
        for path in ("/ready", "/livez", "/stats"):
            assert sluice.request(path)[0] == 200
        for path in ("/", "/config_dump", "/clusters", "/connections"):
            assert sluice.request(path)[0] in (403, 404)
        for path in POSTS:
            assert sluice.request(path, "POST")[0] in (403, 404, 405)
    finally:
        sluice.admin_port = private


def test_the_page_for_people_works_in_a_browser(sluice: Sluice, cluster: Cluster, clients: Clients, topic: str) -> None:
    clients.run(
        "confluent", "produce", sluice.client_ports,
        bootstrap=sluice.bootstrap, topic=topic, count=20, client_id="seen-on-the-page",
    )  # fmt: skip
    page = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            # Nothing outside is to be had: a page that needs it shows less.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--virtual-time-budget=5000", "--dump-dom", f"http://127.0.0.1:{sluice.admin_port}/",
        ],
        capture_output=True, text=True, timeout=50, check=True,
    ).stdout  # fmt: skip
    assert "apps" in page
    assert "Produce" in page
    assert "seen-on-the-page" in page
    for port in cluster.ports.values():
        assert str(port) in page
