"""Run a page of the book if it has no run that holds, and compare what it printed."""

import logging
import subprocess
import sys

import build_notebooks


def main(words):
    """Run, then let nbval compare; a page that is not there is one line at once."""
    texts = build_notebooks.parse_arguments(words).texts
    paths = [build_notebooks.notebook_path(text) for text in texts]
    runs = build_notebooks.page_runs().Runs()
    said = logging.getLogger("sphinx")  # through which the runs tell what they took
    said.setLevel(logging.INFO)
    said.addHandler(logging.StreamHandler(sys.stdout))
    runs.run(runs.missing(paths))
    pytest = [sys.executable, "-m", "pytest", "--durations=0", *paths]
    if subprocess.call(pytest, cwd=build_notebooks.ROOT):
        name = build_notebooks.page_name(texts[0])
        sys.exit(f"if the new output is right: make outputs PAGE={name}")


if __name__ == "__main__":
    main(sys.argv[1:])
