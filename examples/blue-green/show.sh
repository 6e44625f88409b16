#!/usr/bin/env bash
# Switches a topic there and back under a producer and a consumer group, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sluice=${SLUICE:-$root/.build/debug/sluice}
python=$root/.venv/bin/python
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

if [ -z "${KAFKA_BOOTSTRAP:-}" ]; then
    "$python" - >"$work/brokers" 2>/dev/null <<'PYTHON' &
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
rule=http://127.0.0.1:$ADMIN_PORT/filters/switch/rules/payments

records() { kcat -C -b "$KAFKA_BOOTSTRAP" -t "$1" -e -q | grep payment | sort; }
# Waits until the count in a file has grown to the number given.
await() { until [ "$(cat "$work/$1" 2>/dev/null || echo 0)" -ge "$2" ]; do sleep 0.1; done; }

# Waits until the consumer has read all that a topic has.
await_read() { until [ -z "$(comm -23 <(records "$1") <(sort "$work/read"))" ]; do sleep 0.1; done; }

# Both topics have to be there, with as many partitions.
for topic in payments.v1 payments.v2; do echo "the first record" | kcat -P -b "$KAFKA_BOOTSTRAP" -t $topic; done

"$sluice" run -c "$here/sluice.yaml" --log-level warning &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

"$python" "$here/clients.py" produce "127.0.0.1:$PORT" "$work/acknowledged" 2>"$work/producer.log" &
producer=$!
"$python" "$here/clients.py" consume "127.0.0.1:$PORT" "$work/read" 2>"$work/consumer.log" &
consumer=$!
pids+=("$producer" "$consumer")

echo "== switched there and back while a producer and a consumer group work"
for target in green blue green; do
    await acknowledged $(($(cat "$work/acknowledged" 2>/dev/null || echo 0) + 300))
    curl -sf -X POST "$rule?active=$target"
done
await acknowledged $(($(cat "$work/acknowledged") + 300))
echo "== a topic that does not exist is no target"
curl -s -X POST "$rule?active=red"
kill "$producer" && wait "$producer"

acknowledged=$(cat "$work/acknowledged")
blue=$(records payments.v1 | wc -l) green=$(records payments.v2 | wc -l)
echo "== $acknowledged payments acknowledged: $blue in payments.v1 and $green in payments.v2"
[ $((blue + green)) -eq "$acknowledged" ]

echo "== what the consumer has not read of payments.v1 it reads when that is active again"
await_read payments.v2
curl -sf -X POST "$rule?active=blue"
await_read payments.v1
echo "== $(grep -c payment "$work/read") payments read"
kill "$consumer" && wait "$consumer"

echo "== the rule, and what clients were told"
curl -sf "http://127.0.0.1:$ADMIN_PORT/filters"
curl -sf "http://127.0.0.1:$ADMIN_PORT/stats?filter=topic_rewrite_(fences|switches)" | grep -v '^#'
