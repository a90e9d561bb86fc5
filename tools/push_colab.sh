#!/usr/bin/env bash
# Push _build/colab as the one commit of the branch `colab`: push_colab.sh [remote]
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -d _build/colab/notebooks ]; then
  echo "colab: nothing is stamped yet: run make colab REPOSITORY=owner/name" >&2
  exit 1
fi
remote=${1:-origin}

# An index of its own: what is checked out and staged here stays as it is.
GIT_DIR=$(git rev-parse --absolute-git-dir)
GIT_INDEX_FILE=$(mktemp -u)
trap 'rm -f "$GIT_INDEX_FILE"' EXIT
export GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE=$PWD/_build/colab
(cd _build/colab && git add --all --force .)
tree=$(git write-tree)

# Author and date of the commit that the notebooks come from: the same source, the same hash.
GIT_AUTHOR_NAME=$(git log -1 --format=%an) GIT_AUTHOR_EMAIL=$(git log -1 --format=%ae)
GIT_AUTHOR_DATE=$(git log -1 --format=%aI)
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
made=$(git commit-tree "$tree" -m "colab: notebooks of $(git rev-parse --short HEAD)")
git push --quiet --force "$remote" "$made:refs/heads/colab"
echo "colab: pushed $made to $remote"
