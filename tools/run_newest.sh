#!/usr/bin/env bash
# Run every notebook with the newest torch and TensorFlow, in an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
python=_build/newest/bin/python
"${PYTHON:-python3}" -m venv --clear _build/newest
"$python" -m pip install --quiet --progress-bar off '.[tensorflow]' nbval pytest
"$python" -m pip list | grep -iE '^(torch|tensorflow|keras|numpy|anywidget|ipywidgets) '
# Only the chapters are asked; a warning of a newer pytest is not their fault.
GANFLOW_REAL_KERNELS=1 "$python" -m pytest -W default notebooks
