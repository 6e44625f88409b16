#!/usr/bin/env bash
# Writes the API reference of what filter authors see into .build/docs.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(FilterAPI KafkaWire Telemetry)
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
rm -rf .build/docs .build/docs-symbols
mkdir -p .build/docs-symbols
for module in "${modules[@]}"; do
    find .build -path '*symbolgraph*' -name "$module.symbols.json" -exec cp {} .build/docs-symbols/ \;
done
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")
"$docc" convert --additional-symbol-graph-dir .build/docs-symbols --output-path .build/docs \
    --fallback-display-name Sluice --fallback-bundle-identifier sluice --transform-for-static-hosting
echo "The API reference is in .build/docs: serve it with 'python3 -m http.server --directory .build/docs'"
