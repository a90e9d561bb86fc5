#!/usr/bin/env bash
# Install what the tests need of Debian or Ubuntu and miss: browsers, and a compiler.
set -euo pipefail

missing=()
want() { # a package, and the programs of which one is enough
  for program in "${@:2}"; do
    if command -v "$program" >/dev/null; then return; fi
  done
  missing+=("$1")
}
want chromium chromium chromium-browser google-chrome
want firefox-esr firefox-esr firefox
want webkit2gtk-driver WebKitWebDriver
want xvfb Xvfb # the screen that WebKit's browser draws on
want g++ g++ # for what stands in for a GPU
if [[ ${#missing[@]} -eq 0 ]]; then exit; fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [[ $EUID -ne 0 ]]; then as_root=(sudo "${as_root[@]}"); fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq "${missing[@]}"
