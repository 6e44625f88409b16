#!/usr/bin/env bash
# Shows shadows at work with kcat, before the clusters at KAFKA_BOOTSTRAP and GREEN_BOOTSTRAP, or before two of librdkafka's mock
# clusters.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sluice=${SLUICE:-$root/.build/debug/sluice}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# Starts a mock cluster, and prints one of its addresses.
cluster() {
    "$root/.venv/bin/python" - >"$work/$1" 2>/dev/null <<'PYTHON' &
import time
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "unused"})
brokers = producer.list_topics(timeout=10).brokers.values()
print(next(f"{b.host}:{b.port}" for b in brokers), flush=True)
time.sleep(600)
PYTHON
    pids+=($!)
    until [ -s "$work/$1" ]; do sleep 0.1; done
}

if [ -z "${KAFKA_BOOTSTRAP:-}" ]; then
    cluster blue
    KAFKA_BOOTSTRAP=$(cat "$work/blue")
fi
if [ -z "${GREEN_BOOTSTRAP:-}" ]; then
    cluster green
    GREEN_BOOTSTRAP=$(cat "$work/green")
fi
export KAFKA_BOOTSTRAP GREEN_BOOTSTRAP
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}

# A mock cluster makes a topic when it is first asked for it; in yours they have to be there.
kcat -L -b "$GREEN_BOOTSTRAP" -t orders.shadow >/dev/null
kcat -L -b "$KAFKA_BOOTSTRAP" -t shadow.payments.eu >/dev/null

"$sluice" run -c "$here/sluice.yaml" --log-level warning &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done
through="127.0.0.1:$PORT"

# How many batches of both shadows have not come to their end.
pending() { curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=sluice_shadow_pending" | awk '!/^#/ { sum += $2 } END { print sum + 0 }'; }
# How many records a topic has.
count() { kcat -C -b "$1" -t "$2" -o beginning -e -q | wc -l; }

echo "== 100 orders, and 100 payments, each of those in a request of its own"
seq 1 100 | kcat -P -b "$through" -t orders -z lz4 -X enable.idempotence=true
seq 1 100 | kcat -P -b "$through" -t payments.eu -p 0 -X batch.num.messages=1
until [ "$(pending)" = 0 ]; do sleep 0.1; done

echo "blue   orders:             $(count "$KAFKA_BOOTSTRAP" orders) records"
echo "green  orders.shadow:      $(count "$GREEN_BOOTSTRAP" orders.shadow) records"
echo "blue   payments.eu:        $(count "$KAFKA_BOOTSTRAP" payments.eu) records"
echo "blue   shadow.payments.eu: $(count "$KAFKA_BOOTSTRAP" shadow.payments.eu) records"

echo "== what became of the batches"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=sluice_shadow_(batches|records|differences)" | grep -v '^#'
