#!/usr/bin/env bash
# Fetches a public data set: bash download_data.sh sketchy --data_dir data/sketchy  (or tuberlin, quickdraw; --help)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
python="${PYTHON:-$here/.venv/bin/python}"
[ -x "$python" ] || python=python3
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec "$python" -m zsbir.download "$@"
