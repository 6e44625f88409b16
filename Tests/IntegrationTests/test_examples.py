"""The configurations that come with Sluice, and the scripts that show them."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness.cluster import Cluster
from harness.ports import free_ports
from harness.sluice import BINARY, ROOT, run_to_end

CONFIGURATIONS = sorted([ROOT / "config" / "sluice.yaml", *ROOT.glob("examples/*/sluice.yaml")])


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_configuration_that_comes_along_is_valid(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "CERTS" in path.read_text():
        subprocess.run([ROOT / "examples" / "mtls" / "certificates.sh", tmp_path], check=True)
        monkeypatch.setenv("CERTS", str(tmp_path))
    ended = run_to_end("validate", "-c", path)
    assert ended.returncode == 0, ended.stderr


def test_the_schema_for_editors_is_that_of_this_build() -> None:
    current = run_to_end("config-schema").stdout
    committed = (ROOT / "config" / "sluice.schema.json").read_text()
    assert committed == current, "run: sluice config-schema > config/sluice.schema.json"


def show(example: str, cluster: Cluster, **environment: str) -> str:
    """Runs the script of an example to its end, and returns what it printed."""
    ports = free_ports(24)
    ended = subprocess.run(
        [ROOT / "examples" / example / "show.sh"],
        env=os.environ
        | {
            "SLUICE": str(BINARY),
            "KAFKA_BOOTSTRAP": cluster.bootstrap_servers.split(",")[0],
            "PORT": str(ports[0]),
            "BROKER_PORTS": f"{ports[1]}-{ports[1] + 9}",
            "ADMIN_PORT": str(ports[11]),
            "BACK_PORT": str(ports[12]),
            "BACK_BROKER_PORTS": f"{ports[13]}-{ports[13] + 9}",
            "BACK_ADMIN_PORT": str(ports[23]),
        }
        | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_access_log_example_shows_what_passed(cluster: Cluster) -> None:
    shown = show("access-log", cluster)
    assert "\n100\n" in shown
    assert '"client_id":"shop"' in shown and '"topics":["orders"]' in shown


def test_the_audit_example_shows_who_did_what() -> None:
    with Cluster() as own:
        shown = show("audit", own)
    assert '"api":"Produce"' in shown or '"api":"Fetch"' in shown
    assert '"event":"intent"' in shown and '"event":"outcome"' in shown
    assert '"client_id":"warehouse"' in shown


def test_the_shadow_example_shows_the_copies() -> None:
    with Cluster() as blue, Cluster() as green:
        shown = show("shadow", blue, GREEN_BOOTSTRAP=green.bootstrap_servers.split(",")[0])
    assert re.search(r"\ngreen +orders.shadow: +100 records\n", shown), shown
    assert re.search(r"\nblue +payments.eu: +100 records\n", shown), shown
    # One connection more or less may bear the payments.
    assert re.search(r"\nblue +shadow.payments.eu: +(9|10|11) records\n", shown), shown
    assert 'sluice_shadow_records_total{listener="apps",filter="to-green"} 100\n' in shown, shown


def test_the_tap_example_shows_copies_without_numbers_of_cards() -> None:
    with Cluster() as own:
        shown = show("tap", own)
    assert shown.count('\\"number\\": \\"***\\"') == 3 and shown.count('"number": "***"') == 5
    assert "4111" not in shown and shown.count("sluice.topic=orders") == 5
    assert 'sluice_sink_written_total{listener="apps",filter="orders-tap"} 5' in shown


def test_the_canary_example_shows_two_topics_behind_one_name() -> None:
    with Cluster() as own:
        shown = show("topic-canary", own)
    assert "what checkout-8 reads of orders: 100 records" in shown
    assert "what checkout-canary-2 reads of orders: 5 records" in shown
    assert "\norders: 100 records\norders.canary: 5 records\n" in shown
    assert 'rule="orders",target="orders.canary"' in shown


def test_the_blue_green_example_shows_that_nothing_is_lost_or_written_twice() -> None:
    with Cluster() as own:
        shown = show("blue-green", own)
    counts = re.search(r"== (\d+) payments acknowledged: (\d+) in payments.v1 and (\d+) in payments.v2", shown)
    assert counts and int(counts[1]) == int(counts[2]) + int(counts[3]), shown
    assert f"\n== {counts[1]} payments read\n" in shown
    assert 'error="UNKNOWN_PRODUCER_ID"} ' in shown and 'error="ILLEGAL_GENERATION"} ' in shown


def test_the_tenant_example_shows_its_own_topics_only() -> None:
    with Cluster() as own:
        shown = show("topic-tenant", own)
    assert "reads 100 records" in shown
    assert "topics that the tenant sees: orders \n" in shown
    assert "topics at the broker: payments staging.orders \n" in shown


def test_the_rate_limit_example_shows_who_is_slowed(cluster: Cluster) -> None:
    shown = show("rate-limit", cluster)
    assert shown.count("\n100\n") == 2
    slowed = re.search(r'throttle_seconds_sum\{.*limit="batch"\} (\S+)', shown)
    others = re.search(r'throttled_total\{.*limit="others"\} (\S+)', shown)
    assert slowed and float(slowed[1]) > 1 and others and others[1] == "0", shown


def test_the_sasl_example_shows_who_may_come_in(cluster: Cluster) -> None:
    shown = show("sasl-terminate", cluster)
    assert "alice by SCRAM-SHA-512: 100 records sent" in shown and "alice by SCRAM-SHA-512: refused" in shown
    assert "bob by PLAIN: 100 records sent" in shown
    assert 'mechanism="SCRAM-SHA-512",result="invalid_credentials"' in shown
    assert '"principal":"User:alice"' in shown and '"principal":"User:bob"' in shown


def test_the_authorization_example_shows_what_is_denied(cluster: Cluster) -> None:
    ports = free_ports(24)
    ended = subprocess.run(
        [ROOT / "examples" / "authorization" / "show.sh"],
        env=os.environ
        | {
            "SLUICE": str(BINARY),
            "KAFKA_BOOTSTRAP": cluster.bootstrap_servers.split(",")[0],
            "SHOP_PORT": str(ports[0]),
            "SHOP_BROKER_PORTS": f"{ports[1]}-{ports[1] + 9}",
            "BILLING_PORT": str(ports[11]),
            "BILLING_BROKER_PORTS": f"{ports[12]}-{ports[12] + 9}",
            "ADMIN_PORT": str(ports[23]),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("authorization failed") >= 2
    assert "api=Fetch" in ended.stdout and "api=Produce" in ended.stdout


def test_the_mtls_example_shows_who_gets_in() -> None:
    with Cluster() as own:
        shown = show("mtls", own)
    assert shown.count("checkout with certificate: 100 records sent") == 2, shown
    assert "checkout without certificate: refused" in shown
    assert "checkout without TLS: refused" in shown
    assert 'sluice_certificate_reloads_total{listener="apps",cluster="",result="applied"}' in shown
    assert 'result="certificate_required"' in shown and 'result="plaintext"' in shown
    assert shown.rstrip().endswith('== who produced\n"principal":"User:checkout"')


def test_the_mtls_to_scram_example_shows_both_names() -> None:
    with Cluster() as own:
        shown = show("mtls-to-scram", own)
    assert "checkout with certificate: 100 records sent" in shown
    assert "checkout without certificate: refused" in shown
    assert 'cluster="main",mechanism="SCRAM-SHA-512",result="accepted"' in shown
    assert '== who produced, in access.jsonl\n"principal":"User:checkout"' in shown
    assert '== who produced, in brokers.jsonl\n"principal":"User:sluice"' in shown


def test_the_validation_example_lets_good_records_in(cluster: Cluster) -> None:
    shown = show("validation", cluster)
    outcomes = dict(line.split(": ", 1) for line in shown.splitlines() if ": " in line)
    refused = "Broker: Broker failed to validate record"
    assert outcomes["an order"] == outcomes["a payment"] == outcomes["a user"] == outcomes["anything else"] == "written"
    assert outcomes["an order of nothing"] == outcomes["an order without a trace"] == refused
    assert outcomes["a payment that ends too early"] == outcomes["a user whose name is a number"] == refused
    assert 'rule="orders",reason="headers"} 1' in shown
