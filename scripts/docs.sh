#!/usr/bin/env bash
# Writes the API reference of what filter authors see into .build/docs.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(FilterAPI KafkaWire Telemetry)
rm -rf .build/docs .build/docs-symbols
mkdir -p .build/docs-symbols
# It visits all targets and fails for the tests, which have no interface; the modules that matter are checked below.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members || true
for module in "${modules[@]}"; do
    cp "$(swift build --show-bin-path)/../symbolgraph/$module.symbols.json" .build/docs-symbols/
done
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")
"$docc" convert --additional-symbol-graph-dir .build/docs-symbols --output-path .build/docs \
    --fallback-display-name Sluice --fallback-bundle-identifier sluice --transform-for-static-hosting
echo "The API reference is in .build/docs: serve it with 'python3 -m http.server --directory .build/docs'"
