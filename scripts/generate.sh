#!/usr/bin/env bash
# Writes Sources/KafkaMessages/Generated from Protocol/.
set -euo pipefail
cd "$(dirname "$0")/.."

swift run protocol-tool generate
