#!/usr/bin/env bash
# Shows rate limits at work with kcat, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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

# A hundred records of a KiB each, in requests of ten.
for _ in $(seq 100); do head -c 768 /dev/urandom | base64 -w 0; echo; done >"$work/records"
for client in web batch-report; do
    echo "== 100 KiB from $client"
    started=$(date +%s%N)
    kcat -P -b "127.0.0.1:$PORT" -t "from-$client" -p 0 -X client.id="$client" -X batch.num.messages=10 <"$work/records"
    echo "$client: $((($(date +%s%N) - started) / 1000000)) ms"
    kcat -C -b "127.0.0.1:$PORT" -t "from-$client" -p 0 -e -q -X client.id=reader | wc -l
done

echo "== what was counted"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=rate_limit" | grep -E '^sluice_rate_limit_(allowed|throttled|throttle_seconds_sum|connections\{)'
