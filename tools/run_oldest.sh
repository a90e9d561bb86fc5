#!/usr/bin/env bash
# Run every notebook with the oldest packages that pyproject.toml allows, in an environment
# of its own; PYTHON=python3.11 is the oldest Python. pip has no such way to choose; uv has.
set -euo pipefail
cd "$(dirname "$0")/.."
python=_build/oldest/bin/python
"${PYTHON:-python3}" -m venv --clear _build/oldest
"$python" -m pip install --quiet --progress-bar off uv
"$python" -m uv pip install --quiet --python "$python" --resolution lowest-direct \
  '.[tensorflow]' 'nbval>=0.11' 'pytest>=8'
"$python" -m pip list | grep -iE '^(torch|tensorflow|keras|numpy|anywidget|ipywidgets) '
GANFLOW_ASSERTS_ONLY=1 "$python" -m pytest -W default notebooks
