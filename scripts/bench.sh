#!/usr/bin/env bash
# Runs the benchmarks, a package of their own; arguments go to the benchmark command.
set -euo pipefail
cd "$(dirname "$0")/../Benchmarks"

# The sandbox would keep the benchmark's process from its own counters.
exec swift package --disable-sandbox benchmark "$@"
