#!/usr/bin/env bash
# The Swift sources are formatted and keep the rules of .swift-format.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/sources.sh | xargs -0 swift format lint --strict --parallel
