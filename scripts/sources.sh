#!/usr/bin/env bash
# Prints the hand-written Swift files of the project, NUL-separated.
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files -z --cached --others --exclude-standard -- '*.swift' | grep -zv '/Generated/'
