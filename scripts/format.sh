#!/usr/bin/env bash
# Formats the hand-written Swift sources in place.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/sources.sh | xargs -0 swift format --in-place --parallel
