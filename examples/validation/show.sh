#!/usr/bin/env bash
# Shows contracts of topics at work with kcat, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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

# Sends one record and says what became of it.
send() {
    local what=$1 topic=$2
    shift 2
    if kcat -P -b "127.0.0.1:$PORT" -t "$topic" -p 0 -X topic.message.timeout.ms=5000 "$@" 2>"$work/errors"; then
        echo "$what: written"
    else
        echo "$what: $(grep -o 'Broker: [^:(]*' "$work/errors" | head -1)"
    fi
}

file() {
    printf "$1" >"$work/value"
    echo "$work/value"
}

trace=(-H "traceparent=00-1-2-01")
send "an order" orders -k 1 "${trace[@]}" "$(file '{"id": "a", "count": 1}')"
send "an order of nothing" orders -k 1 "${trace[@]}" "$(file '{"id": "a", "count": 0}')"
send "an order without a trace" orders -k 1 "$(file '{"id": "a", "count": 1}')"
send "a payment" payments -k 1 "$(file '\002a\002')"
send "a payment that ends too early" payments -k 1 "$(file '\002a')"
send "a user" users -k 1 "$(file '\012\003Ada\020\044')"
send "a user whose name is a number" users -k 1 "$(file '\010\044')"
send "anything else" others -k 1 "$(file '{')"

echo "== what was counted"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=schema_validation" |
    grep -E '^sluice_schema_validation_(records|rejections)_total' | grep -v ' 0$' | sort
