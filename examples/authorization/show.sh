#!/usr/bin/env bash
# Shows rules at work with kcat, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sluice=${SLUICE:-$root/.build/debug/sluice}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

if [ -z "${KAFKA_BOOTSTRAP:-}" ]; then
    "$root/.venv/bin/python" - >"$work/brokers" 2>/dev/null <<'PYTHON' &
import time
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "unused"})
brokers = producer.list_topics(timeout=10).brokers.values()
print(next(f"{b.host}:{b.port}" for b in brokers), flush=True)
time.sleep(600)
PYTHON
    pids+=($!)
    until [ -s "$work/brokers" ]; do sleep 0.1; done
    KAFKA_BOOTSTRAP=$(cat "$work/brokers")
fi
export KAFKA_BOOTSTRAP ADMIN_PORT=${ADMIN_PORT:-29901}
export SHOP_PORT=${SHOP_PORT:-29092} SHOP_BROKER_PORTS=${SHOP_BROKER_PORTS:-29093-29102}
export BILLING_PORT=${BILLING_PORT:-29192} BILLING_BROKER_PORTS=${BILLING_BROKER_PORTS:-29193-29202}

"$sluice" run -c "$here/sluice.yaml" >"$work/log" 2>&1 &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

echo "== the shop writes orders, and may not read them"
seq 1 100 | kcat -P -b "127.0.0.1:$SHOP_PORT" -t orders -X client.id=shop
kcat -C -b "127.0.0.1:$SHOP_PORT" -t orders -e -q -X client.id=shop 2>&1 | grep -m 1 'authorization failed' || true

echo "== billing reads them, and may not write"
kcat -C -b "127.0.0.1:$BILLING_PORT" -t orders -e -q -X client.id=billing | wc -l
echo 101 | kcat -P -b "127.0.0.1:$BILLING_PORT" -t orders -X client.id=billing 2>&1 | grep -m 1 'authorization failed' || true

echo "== what was denied"
grep -h denied "$work/log" | head -n 5
curl -s "http://127.0.0.1:$ADMIN_PORT/stats" | grep '^sluice_authorization_denials_total'
