#!/usr/bin/env bash
# Every check of the sources, one script an invariant; all run before the result is told.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
for check in format paths imports generated; do
    "scripts/check-$check.sh" || failed+=("$check")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "lint: failed: ${failed[*]}" >&2
    exit 1
fi
echo "lint: all checks passed"
