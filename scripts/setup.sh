#!/usr/bin/env bash
# Makes this machine ready to build, and for the purposes named besides (demo, test; without any: all). Quick when it is.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- demo test
if ! command -v swift >/dev/null 2>&1; then
    echo "error: Swift 6.3 is needed: https://www.swift.org/install/linux/" >&2
    exit 1
fi
packages=(build "$@")
# A toolchain unpacked on a fresh system does not start without these.
swift --version >/dev/null 2>&1 || packages=(swift "${packages[@]}")
scripts/install-packages.sh "${packages[@]}"
for purpose in "$@"; do
    if [ "$purpose" = test ]; then
        scripts/make-venv.sh
        scripts/install-promtool.sh
    fi
done
