#!/usr/bin/env bash
# Open an issue, or add to the open one of the same title: open_issue.sh title text
# gh finds the repository in GH_REPO and its token in GH_TOKEN.
set -euo pipefail
if [ $# -ne 2 ]; then
  echo "open_issue: got $# arguments; expected a title and a text" >&2
  exit 1
fi
export TITLE=$1
number=$(gh issue list --state open --limit 500 --json number,title \
  --jq 'map(select(.title == env.TITLE)) | .[0].number // empty')
if [ -n "$number" ]; then
  gh issue comment "$number" --body "$2"
else
  gh issue create --title "$TITLE" --body "$2"
fi
