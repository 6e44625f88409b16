#!/usr/bin/env bash
# Fuzzes every target of Fuzz/ for FUZZ_SECONDS (60) each, beginning with its corpus, Fuzz/Corpus/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
build=(swift build --package-path Fuzz --scratch-path .build-fuzz -Xswiftc "-sanitize=fuzzer,address")
"${build[@]}"
binaries=$("${build[@]}" --show-bin-path)
failed=()
for target in $(swift package --package-path Fuzz --scratch-path .build-fuzz describe --type json |
    python3 -c 'import json, sys; print(*(t["name"] for t in json.load(sys.stdin)["targets"] if t["type"] == "executable"))'); do
    echo "Fuzzing $target for $seconds s"
    found=.build-fuzz/found/$target
    mkdir -p "Fuzz/Corpus/$target" "$found"
    # New inputs go to the first folder, so that the corpus in the repository grows only by decision. The runtime's
    # own backtraces would hang a crash; its leaks are not ours.
    SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$binaries/$target" \
        -max_total_time="$seconds" -artifact_prefix="$found/" -print_final_stats=1 "$found" "Fuzz/Corpus/$target" ||
        failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "fuzz: failed: ${failed[*]}; the inputs are in .build-fuzz/found, each belongs into Fuzz/Corpus" >&2
    exit 1
fi
