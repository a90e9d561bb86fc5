# Each target sets up what it needs and fails when its first command fails.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: help
help:  ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

.PHONY: environment
environment:
	@$(PYTHON) tools/set_up.py

.PHONY: notebooks
notebooks: environment  ## make notebooks/ from the text in book/
	@$(BIN)/python tools/build_notebooks.py

.PHONY: outputs
outputs: environment  ## run the chapters, or CHAPTERS="01_a 02_b", and refresh the checked outputs (review the diff)
	@$(BIN)/python tools/build_notebooks.py --execute $(CHAPTERS)

.PHONY: lint
lint: environment assets  ## check the style of the Python, JavaScript and CSS, and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@node_modules/.bin/biome check --error-on-warnings
	@node_modules/.bin/tsc

.PHONY: assets
assets: environment
	@$(BIN)/python tools/vendor_assets.py

.PHONY: test
test: lint assets  ## run every test and every notebook
	@alone=0; $(BIN)/python -m pytest tests -m alone || alone=$$?; \
		$(BIN)/python -m pytest -n logical --dist loadfile -m "not alone"; exit $$alone

.PHONY: book
book: notebooks assets  ## build the site into _build/html (set REPOSITORY=owner/name for Colab buttons)
	@$(BIN)/jupyter-book build . -W -n --keep-going \
		2> >(grep --line-buffered -v "Kernel is running over TCP without encryption" >&2)
	@echo "open _build/html/index.html, or run: make serve"

.PHONY: serve
serve: environment  ## serve the built site on http://localhost:8000 (or another PORT=)
	@test -f _build/html/index.html || { echo "nothing built yet: run make book" >&2; exit 1; }
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null \
		|| { echo "port $(PORT) is taken; try: make serve PORT=8001" >&2; exit 1; }
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

.PHONY: colab
colab: environment  ## stamp the notebooks for Colab into _build/colab (REPOSITORY=owner/name, SHA=commit)
	@$(BIN)/python tools/stamp_colab.py

.PHONY: offline
offline: environment  ## pack the built site into a zip that opens from a folder
	@$(BIN)/python tools/pack_offline.py

.PHONY: pdf
pdf: environment  ## print the built site as one PDF, by Chromium
	@$(BIN)/python tools/print_book.py

.PHONY: bench-book
bench-book: environment  ## weigh and time the pages of the built site, by Chromium
	@$(BIN)/python tools/bench_book.py

.PHONY: links
links: environment  ## follow the links to other hosts; run no cell
	@$(BIN)/python tools/check_links.py

.PHONY: newest
newest:  ## run the notebooks with the newest torch and TensorFlow, in _build/newest
	@tools/run_newest.sh

.PHONY: colab-image
colab-image:  ## run the notebooks in Colab's public image, by docker or podman (tens of GB)
	@tools/run_colab_image.sh

.PHONY: gpu
gpu: environment  ## record trainings and timings on a CUDA GPU (stop it and go on at any time)
	@$(BIN)/python tools/record_gpu.py

.PHONY: clean
clean:  ## remove what was built; .venv stays
	@rm -rf _build node_modules book/_static/vendor .pytest_cache .hypothesis .ruff_cache
