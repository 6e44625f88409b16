#!/usr/bin/env bash
# Makes .venv, the Python environment of the integration tests, anew when their requirements changed.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Tests/IntegrationTests/requirements.txt
stamp=.venv/requirements.sha256
if [ -x .venv/bin/python ] && sha256sum --check --status "$stamp" 2>/dev/null; then
    exit 0
fi
echo "Making .venv for the integration tests"
python3 -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements" </dev/null
sha256sum "$requirements" >"$stamp"
