#!/usr/bin/env bash
# Shows clients with certificates, before the cluster at KAFKA_BOOTSTRAP, or before librdkafka's mock cluster.
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
export KAFKA_BOOTSTRAP LOG_DIR=$work CERTS=$work/certs
export PORT=${PORT:-29092} BROKER_PORTS=${BROKER_PORTS:-29093-29102} ADMIN_PORT=${ADMIN_PORT:-29901}
"$here/certificates.sh" "$CERTS"

"$sluice" run -c "$here/sluice.yaml" --log-level critical &
pids+=($!)
until curl -sf "http://127.0.0.1:$ADMIN_PORT/ready" >/dev/null; do sleep 0.1; done

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

echo "== checkout, with its certificate, without, and without TLS"
send checkout with
send checkout without
send checkout plain

echo "== another certificate for the server, while Sluice runs"
serial() { curl -s "http://127.0.0.1:$ADMIN_PORT/certs?format=text" | awk '$1 == "certificate" { print $(NF - 1) }'; }
before=$(serial)
"$here/certificates.sh" "$work/new"
# From another CA: clients trust both from now on.
cat "$work/new/ca.pem" >>"$CERTS/ca.pem"
cp "$work/new/server.key" "$CERTS/next.key" && cp "$work/new/server.pem" "$CERTS/next.pem"
mv "$CERTS/next.key" "$CERTS/server.key" && mv "$CERTS/next.pem" "$CERTS/server.pem"
until [ "$(serial)" != "$before" ]; do sleep 0.1; done
send checkout with

echo "== what was counted"
curl -s "http://127.0.0.1:$ADMIN_PORT/stats?filter=tls_handshakes_total|certificate_reloads" |
    grep -E '^sluice_(tls|cert)' | sed -E 's/ [0-9]+$//' | sort
kill "${pids[-1]}" && wait "${pids[-1]}"
unset 'pids[-1]'
echo "== who produced"
grep '"api":"Produce"' "$work/access.jsonl" | grep -o '"principal":"[^"]*"' | sort -u
