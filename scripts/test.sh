#!/usr/bin/env bash
# Builds everything, runs the unit tests, then the integration tests, and ends with the summary of both.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
swift build --build-tests

unit=0
swift test --skip-build </dev/null 2>&1 | tee "$logs/unit" || unit=$?
integration=0
SLUICE=$(swift build --show-bin-path)/sluice .venv/bin/python -m pytest -c Tests/IntegrationTests/pytest.ini \
    Tests/IntegrationTests </dev/null 2>&1 | tee "$logs/integration" || integration=$?

echo
echo "Unit tests:        $(grep -E 'Test run with|error: ' "$logs/unit" | tail -n 1 | sed 's/^[^A-Za-z]*//')"
echo "Integration tests: $(tail -n 1 "$logs/integration" | tr -d =)"
[ "$unit" -eq 0 ] && [ "$integration" -eq 0 ]
