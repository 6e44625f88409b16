#!/usr/bin/env bash
# Shows clients signing in to Sluice, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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
export KAFKA_BOOTSTRAP LOG_DIR=$work USERS=$work/users
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}
cp "$here/users" "$USERS"

"$sluice" run -c "$here/sluice.yaml" --log-level error &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

as() {
    "$root/.venv/bin/python" - "$@" <<'PYTHON'
import os, sys
from confluent_kafka import Producer
user, password, mechanism = sys.argv[1:]
errors = []
producer = Producer({
    "bootstrap.servers": "127.0.0.1:" + os.environ["PORT"], "security.protocol": "sasl_plaintext",
    "sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password, "client.id": user + "-app",
    "error_cb": lambda error: errors.append(error), "log_level": 0,
})
for number in range(100):
    producer.produce("orders", str(number))
left = 1
while left and not any(error.name() == "_AUTHENTICATION" for error in errors):
    left = producer.flush(0.2)
if left:
    producer.purge()
    producer.flush(1)
print(f"{user} by {mechanism}:", "refused" if left else "100 records sent")
PYTHON
}

echo "== alice, who is in the file, with her password and with another"
as alice alice-secret SCRAM-SHA-512
as alice guessed SCRAM-SHA-512
echo "== bob, who is added while Sluice runs"
echo bob-secret | "$sluice" credentials add -f "$USERS" bob
"$sluice" credentials list -f "$USERS"
until as bob bob-secret PLAIN | tee "$work/bob" | grep -q sent; do sleep 0.5; done
cat "$work/bob"

echo "== what was counted"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=sasl_authentications" | grep '^sluice_sasl'
kill "${pids[-1]}" && wait "${pids[-1]}"
unset 'pids[-1]'
echo "== who produced"
grep '"api":"Produce"' "$work/access.jsonl" | grep -o '"principal":"[^"]*"' | sort | uniq -c
