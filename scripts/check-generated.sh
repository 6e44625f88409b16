#!/usr/bin/env bash
# The generated sources are what the generator makes of Protocol/ now.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=Sources/KafkaMessages/Generated
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R "$generated" "$before/Generated"
scripts/generate.sh
if ! diff -r -q "$before/Generated" "$generated"; then
    echo "error: $generated was not current; it is now" >&2
    exit 1
fi
