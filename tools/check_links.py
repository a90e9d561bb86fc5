"""Follow every link of the book to other hosts with Sphinx's linkcheck; run no cell.

`make links` fails and names each link that is broken; what was found stays in
_build/links. Hosts that refuse every program (403, 429) are named, and do not fail it.
"""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "_build" / "links"
OPTIONS = {
    "linkcheck_timeout": 30,  # seconds
    "linkcheck_retries": 3,
    "linkcheck_report_timeouts_as_broken": True,
    "linkcheck_workers": 8,
    "linkcheck_anchors": False,  # GitHub and the papers' readers make theirs by script
    "linkcheck_ignore": [r"https://colab\.research\.google\.com/"],  # asks to sign in
}
REFUSALS = ("403 ", "429 ")


def configure(root, folder):
    """The book's own configuration with the options above, and without execution."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    config["sphinx"]["config"] |= OPTIONS
    # The book's own extensions write pages, and here none is written.
    extensions = config["sphinx"]["config"].get("extensions", [])
    for name in config["sphinx"].pop("local_extensions", {}):
        extensions.remove(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "_config.yml"
    path.write_text(yaml.safe_dump(config), "utf-8")
    return path


def follow(root, folder):
    """Run linkcheck; its exit code also tells of warnings, so the report decides."""
    book = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    config = configure(root, folder)
    command = [book, "build", root, "--builder", "linkcheck", "--config", config]
    run = subprocess.run(
        [*command, "--path-output", folder], capture_output=True, text=True
    )
    report = folder / "_build" / "html" / "output.json"
    if not report.exists():
        sys.exit(f"links: the book was not read\n{run.stdout}{run.stderr}")
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()]


def sort(found):
    """(links that are broken, links that only refuse a program)."""
    bad = [link for link in found if link["status"] == "broken"]
    refused = [link for link in bad if link["info"].startswith(REFUSALS)]
    return [link for link in bad if link not in refused], refused


def main():
    """Say what is broken, and fail if anything is."""
    found = [link for link in follow(ROOT, FOLDER) if "://" in link["uri"]]
    broken, refused = sort(found)
    if len(broken) == len(found):
        sys.exit(f"links: none of {len(found)} links was answered: is there a network?")
    for word, links in (("refused", refused), ("broken", broken)):
        for link in links:
            print(f"{word}: {link['uri']} in {link['filename']} ({link['info'][:120]})")
    print(f"{len(found)} links, {len(broken)} broken, {len(refused)} refused")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
