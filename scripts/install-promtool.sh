#!/usr/bin/env bash
# Puts promtool into .venv/bin, unpacked from Debian's prometheus package: installing that package would start a server.
set -euo pipefail
cd "$(dirname "$0")/.."

[ ! -x .venv/bin/promtool ] || exit 0
if promtool=$(command -v promtool); then
    ln -s "$promtool" .venv/bin/promtool
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# apt's own user fetches the file when root asks, so that it must be able to write here.
chmod 777 "$scratch"
(cd "$scratch" && apt-get download -qq prometheus </dev/null)
dpkg-deb --fsys-tarfile "$scratch"/prometheus_*.deb | tar -x -C "$scratch" ./usr/bin/promtool
install -m 755 "$scratch/usr/bin/promtool" .venv/bin/promtool
