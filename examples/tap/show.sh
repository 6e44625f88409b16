#!/usr/bin/env bash
# Shows taps at work with kcat and curl, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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

# Asks for a topic until it is there: clusters make topics when they are first asked for them.
ask() {
    until kcat -L -b "$KAFKA_BOOTSTRAP" -t "$1" -J 2>/dev/null | grep -q '"partition":0'; do sleep 0.1; done
}
ask tap.orders

"$sluice" run -c "$here/sluice.yaml" --log-level warning &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

echo "== whoever watches sees records as they pass: the first three"
curl -sN "http://127.0.0.1:$ADMIN_PORT/tap?filter=live&limit=3" >"$work/live" &
watcher=$!
sleep 0.5
for number in 1 2 3 4 5; do
    echo "customer-$number:{\"order\": $number, \"card\": {\"holder\": \"C. $number\", \"number\": \"4111 1111 1111 111$number\"}}"
done | kcat -P -b "127.0.0.1:$PORT" -t orders -K : -X client.id=shop
wait "$watcher"
cat "$work/live"

echo "== tap.orders has a copy of each, without the numbers of cards"
timeout 20 kcat -C -b "$KAFKA_BOOTSTRAP" -t tap.orders -o beginning -c 5 -q -f '%k %s\n   %h\n'

echo "== every record that matched was written, sampled out or dropped"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats" | grep -E '^sluice_(tap_matched|tap_sampled_out|tap_dropped|sink_written|sink_dropped)_total\{' | grep -v ' 0$'
