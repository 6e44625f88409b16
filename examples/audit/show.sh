#!/usr/bin/env bash
# Shows an audit at work with kcat, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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
export KAFKA_BOOTSTRAP LOG_DIR=$work
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}

"$sluice" run -c "$here/sluice.yaml" --log-level warning &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

echo "== whoever watches sees who produces and fetches"
curl -sN "http://127.0.0.1:$ADMIN_PORT/tap?filter=usage&limit=2" >"$work/usage" &
watcher=$!
sleep 0.5
seq 1 10 | kcat -P -b "127.0.0.1:$PORT" -t orders -X client.id=shop
timeout 10 kcat -C -b "127.0.0.1:$PORT" -G readers -X client.id=warehouse -X auto.offset.reset=earliest -c 10 -q orders | wc -l
wait "$watcher"
cat "$work/usage"
kill "${pids[-1]}" && wait "${pids[-1]}"
unset 'pids[-1]'

echo "== audit.jsonl: who joined which group, before and after"
grep '"api":"JoinGroup"' "$work/audit.jsonl"
