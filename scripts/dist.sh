#!/usr/bin/env bash
# Builds dist/sluice-VERSION-linux-ARCH.tar.gz, a stripped release with what belongs to it, and its checksum.
set -euo pipefail
cd "$(dirname "$0")/.."

build=(swift build --configuration release --static-swift-stdlib --product sluice)
"${build[@]}"
binary=$("${build[@]}" --show-bin-path)/sluice

version=$("$binary" version | grep -oEm1 '[0-9]+\.[0-9]+\.[0-9]+[-+.0-9A-Za-z]*' | head -n 1)
name=sluice-$version-linux-$(uname -m)
rm -rf "dist/$name"
mkdir -p "dist/$name/bin" "dist/$name/systemd"
strip -o "dist/$name/bin/sluice" "$binary"
cp packaging/sluice.service "dist/$name/systemd/"
for part in config examples docs LICENSE README.md CHANGELOG.md; do
    [ ! -e "$part" ] || cp -R "$part" "dist/$name/"
done

# The same sources give the same archive: order, owners and times do not depend on the machine.
stamp=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$stamp" --directory dist "$name" |
    gzip --no-name --best >"dist/$name.tar.gz"
rm -rf "dist/$name"
(cd dist && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
