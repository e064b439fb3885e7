#!/usr/bin/env bash
# Fetches a public data set: bash download_data.sh sketchy --data_dir data/sketchy  (or tuberlin, quickdraw; --help)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
python="${PYTHON:-$here/.venv/bin/python}"
[ -x "$python" ] || python=python3
"$python" -c "import lazy_loader" 2>/dev/null || {  # the first of all imports: nothing is installed
  echo "Expected the package lazy_loader, found it not installed; install it with: pip install -r requirements-data.txt" >&2
  exit 2
}
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec "$python" -m zsbir.download "$@"
