#!/usr/bin/env bash
# Shows a canary with a topic of its own, with kcat, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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
export KAFKA_BOOTSTRAP
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}

"$sluice" run -c "$here/sluice.yaml" --log-level warning &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

echo "== checkout and its canary write to orders"
seq 1 100 | kcat -P -b "127.0.0.1:$PORT" -t orders -X client.id=checkout-7
seq 1 5 | kcat -P -b "127.0.0.1:$PORT" -t orders -X client.id=checkout-canary-1

for client in checkout-8 checkout-canary-2; do
    echo "== what $client reads of orders: $(kcat -C -b "127.0.0.1:$PORT" -t orders -e -q -X client.id=$client | wc -l) records"
done
echo "== what the broker has"
for topic in orders orders.canary; do
    echo "$topic: $(kcat -C -b "$KAFKA_BOOTSTRAP" -t $topic -e -q | wc -l) records"
done
echo "== statistics"
curl -sf "http://127.0.0.1:$ADMIN_PORT/stats?filter=topic_rewrite_requests" | grep -v '^#'
