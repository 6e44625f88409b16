#!/usr/bin/env bash
# Every import of a target is declared in Package.swift.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --build-tests --explicit-target-dependency-import-check error
