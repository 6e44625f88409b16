#!/usr/bin/env bash
# Installs the Debian packages for the purposes named (build, demo, test), or, without root, says which command does.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "error: this is not a Debian system: install the equivalents of scripts/packages.txt by hand" >&2
    exit 1
fi

wanted=()
for purpose in "$@"; do
    read -r -a packages < <(awk -v purpose="$purpose" '$1 == purpose { $1 = ""; print }' scripts/packages.txt)
    wanted+=("${packages[@]}")
done

missing=()
for package in "${wanted[@]}"; do
    # What the name promises may be there without Debian's package: a compiler or a Python of another origin.
    case $package in
    gcc) command -v cc >/dev/null 2>&1 && continue ;;
    python3) command -v python3 >/dev/null 2>&1 && continue ;;
    python3-venv) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 && continue ;;
    esac
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "error: Debian packages are missing; install them with" >&2
    echo "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# A package list that cannot be renewed may still do; the install below decides.
apt-get update -qq </dev/null || true
apt-get install --yes -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
