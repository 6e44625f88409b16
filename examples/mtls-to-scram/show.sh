#!/usr/bin/env bash
# Shows certificates on the one side and SCRAM on the other, before the cluster at KAFKA_BOOTSTRAP, or before
# librdkafka's mock cluster.
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
export KAFKA_BOOTSTRAP LOG_DIR=$work CERTS=$work/certs PASSWORD=$work/password USERS=$work/users
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}
export BACK_PORT=${BACK_PORT:-29192} BACK_BROKER_PORTS=${BACK_BROKER_PORTS:-29193-29202}
export BACK_ADMIN_PORT=${BACK_ADMIN_PORT:-29911}
"$here/../mtls/certificates.sh" "$CERTS"
openssl rand -hex 16 >"$PASSWORD"
"$sluice" credentials add -f "$USERS" --password-file "$PASSWORD" sluice >/dev/null

# What stands for the brokers first, then Sluice.
"$sluice" run -c "$here/brokers.yaml" --log-level critical &
pids+=($!)
"$sluice" run -c "$here/sluice.yaml" --log-level critical &
pids+=($!)
for port in "$BACK_ADMIN_PORT" "$ADMIN_PORT"; do
    until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do sleep 0.1; done
done

# send NAME [with|without|plain]: 100 records by a client with a certificate, without one, or without TLS.
send() {
    "$root/.venv/bin/python" - "$@" <<'PYTHON'
import os, sys
from confluent_kafka import Producer
name, how = sys.argv[1:]
certs = os.environ["CERTS"]
settings = {"bootstrap.servers": "127.0.0.1:" + os.environ["PORT"], "client.id": name, "log_level": 0}
if how != "plain":
    settings |= {"security.protocol": "ssl", "ssl.ca.location": f"{certs}/ca.pem"}
if how == "with":
    settings |= {"ssl.certificate.location": f"{certs}/{name}.pem", "ssl.key.location": f"{certs}/{name}.key"}
refusals = []
producer = Producer(settings | {"error_cb": lambda error: refusals.append(error.name())})
for number in range(100):
    producer.produce("orders", str(number))
left = 1
while left and len(refusals) < 3:
    left = producer.flush(0.2)
if left:
    producer.purge()
    producer.flush(1)
print(f"{name} {how} certificate:" if how != "plain" else f"{name} without TLS:", "refused" if left else "100 records sent")
PYTHON
}

echo "== checkout, with its certificate and without"
send checkout with
send checkout without

echo "== how Sluice signs in to the brokers"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=upstream_(sasl|tls)" |
    grep -E '^sluice_upstream_(sasl_auth|tls_handshakes)' | sed -E 's/ [0-9]+$//' | sort
for _ in 1 2; do
    kill "${pids[-1]}" && wait "${pids[-1]}"
    unset 'pids[-1]'
done
for log in access brokers; do
    echo "== who produced, in $log.jsonl"
    grep '"api":"Produce"' "$work/$log.jsonl" | grep -o '"principal":"[^"]*"' | sort -u
done
