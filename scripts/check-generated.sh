#!/bin/sh
# Fails if Sources/KafkaMessages/Generated is not what `protocol-tool generate` makes of Protocol/.
# PROTOCOL_TOOL names the built tool; by default it is built.
set -eu
cd "$(dirname "$0")/.."
tool=${PROTOCOL_TOOL:-}
if [ -z "$tool" ]; then
    swift build --product protocol-tool
    tool=$(swift build --show-bin-path)/protocol-tool
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/Sources/KafkaMessages"
cp -R Protocol "$scratch/Protocol"
(cd "$scratch" && "$tool" generate)
if ! diff -r Sources/KafkaMessages/Generated "$scratch/Sources/KafkaMessages/Generated"; then
    echo "The generated code is not up to date: run 'make generate'." >&2
    exit 1
fi
echo "The generated code is up to date."
