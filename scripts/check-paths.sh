#!/usr/bin/env bash
# Nothing in the project names a path outside it: no home folder, no sibling of the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

# Kept apart so that this file does not find itself.
outside='(^|[^A-Za-z0-9_.])(/ro''ot/|/ho''me/|/wo''rk/|\.\./sha''red)'
if git grep -nIE "$outside" -- ':!*.jsonl'; then
    echo "error: the lines above name paths outside the project" >&2
    exit 1
fi
