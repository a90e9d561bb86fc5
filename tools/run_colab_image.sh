#!/usr/bin/env bash
# Run every notebook of HEAD in Colab's public image, with docker or podman. The image takes
# tens of GB; with a GPU: COLAB_IMAGE=us-docker.pkg.dev/colab-images/public/runtime.
set -euo pipefail
cd "$(dirname "$0")/.."
image=${COLAB_IMAGE:-us-docker.pkg.dev/colab-images/public/cpu-runtime}
engine=$(command -v docker || command -v podman) || {
  echo "colab image: neither docker nor podman is here: install one of them" >&2
  exit 1
}
# GitHub's own runners lack the space for the image; somebody's own machine stays as it is.
if [ "${RUNNER_ENVIRONMENT:-}" = github-hosted ]; then
  sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc /opt/hostedtoolcache/CodeQL
fi

# As the first cell does it: ganflow is installed on top of what the image brings.
inside='
set -euo pipefail
mkdir /tmp/book && cd /tmp/book && tar x
python3 -m pip freeze > /tmp/before
python3 -m pip install --quiet .
python3 -m pip freeze --exclude ganflow | diff /tmp/before - || {
  echo "colab image: installing ganflow changed these: lower the bounds on them" >&2
  exit 1
}
python3 -m pip install --quiet nbval
python3 -m pip list | grep -iE "^(torch|tensorflow|keras|numpy|anywidget|ipywidgets) "
GANFLOW_ASSERTS_ONLY=1 python3 -m pytest -W default --nbval-cell-timeout=300 notebooks
'
git archive HEAD | "$engine" run --rm --interactive --entrypoint bash "$image" -c "$inside"
