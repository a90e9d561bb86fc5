# Each target sets up what it needs and fails when its first command fails.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL := 3
JUPYTER_BOOK = $(BIN)/jupyter-book build . -W -n --keep-going \
	2> >(grep --line-buffered -v "Kernel is running over TCP without encryption" >&2)

# A GPU, or what stands in for one and must be there before torch is imported.
ON_CUDA = PYTHONPATH=tests PYTEST_PLUGINS=cuda_stand_in

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
outputs: environment  ## run all pages, or PAGE="take_turns 02_cuts", and refresh the checked outputs (review the diff)
	@$(BIN)/python tools/build_notebooks.py --execute $(PAGE)

.PHONY: lint
lint: environment assets  ## check the style of the Python, JavaScript and CSS, and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@node_modules/.bin/biome check --error-on-warnings
	@node_modules/.bin/tsc
	@node_modules/.bin/pyright

.PHONY: assets
assets: environment
	@$(BIN)/python tools/vendor_assets.py

.PHONY: test
test: lint assets  ## run every test, and compare every notebook with what its run printed
	@$(BIN)/python tools/older_widgets.py
	@$(BIN)/python tools/build_notebooks.py --check
	@alone=0; $(BIN)/python -m pytest tests -m alone || alone=$$?; \
		cuda=0; $(ON_CUDA) $(BIN)/python -m pytest tests -n logical -m cuda || cuda=$$?; \
		$(BIN)/python -m pytest -n logical --dist worksteal -m "not alone and not cuda"; \
		exit $$((alone | cuda))

.PHONY: book
book: notebooks assets  ## build the site into _build/html (set REPOSITORY=owner/name for Colab buttons)
	@$(JUPYTER_BOOK)
	@echo "open _build/html/index.html, or run: make serve"

.PHONY: page
page: assets  ## make one page, PAGE=take_turns: its notebook, one run, the comparison, the site
	@$(BIN)/python tools/build_notebooks.py $(PAGE)
	@$(BIN)/python tools/run_page.py $(PAGE)
	@$(JUPYTER_BOOK)

.PHONY: clarity
clarity: environment  ## say how each page reads: words, ease, figures, what can be answered
	@$(BIN)/python tools/page_table.py

.PHONY: serve
serve: environment  ## serve the site on http://localhost:8000 (or PORT=); open pages follow each build
	@$(BIN)/python tools/serve_site.py $(PORT)

.PHONY: lab
lab: environment  ## open copies of the notebooks in JupyterLab, which it installs
	@$(BIN)/python tools/open_lab.py

.PHONY: colab
colab: environment  ## stamp the notebooks for Colab into _build/colab (REPOSITORY=owner/name, SHA=commit)
	@$(BIN)/python tools/stamp_colab.py

.PHONY: push-colab
push-colab:  ## push _build/colab to the branch colab of a git remote (REMOTE=origin); runs git alone
	@tools/push_colab.sh $(or $(REMOTE),origin)

.PHONY: offline
offline: environment  ## pack the built site into a zip that opens from a folder
	@$(BIN)/python tools/pack_offline.py

.PHONY: pdf
pdf: environment  ## print the built site as one PDF, by Chromium
	@$(BIN)/python tools/print_book.py

.PHONY: links
links: environment  ## follow the links to other hosts; run no cell
	@rm -rf _build/links && mkdir -p _build/links && cp _config.yml _build/links
	@ln -s ../../book _build/links/book  # conf.py names files beside itself, and stays out of the tree
	@$(BIN)/jupyter-book config sphinx . --config _build/links/_config.yml >/dev/null
	@$(BIN)/sphinx-build -Q -b linkcheck -c _build/links -D nb_execution_mode=off \
		-D extensions=myst_nb,jupyter_book,sphinx_external_toc,sphinxcontrib.bibtex . _build/links/found \
		|| test -s _build/links/found/output.txt  # which says what is broken; some hosts refuse programs
	@! grep '\[broken\]\|\[timeout\]' _build/links/found/output.txt | grep -v ': 4\(03\|29\) '

.PHONY: newest
newest:  ## run the notebooks with the newest torch and TensorFlow, in _build/newest
	@tools/run_newest.sh

.PHONY: colab-image
colab-image:  ## run the notebooks in Colab's public image, by docker or podman (tens of GB)
	@tools/run_colab_image.sh

.PHONY: oldest
oldest:  ## run the notebooks with the oldest packages that pyproject.toml allows, in _build/oldest
	@tools/run_oldest.sh

.PHONY: colab-list
colab-list: environment  ## renew tools/colab_list.txt, what Colab holds; fail if a package of ours moved
	@$(BIN)/python tools/colab_list.py

.PHONY: faults
faults: environment  ## run the audit on every loop of bench/faults, and print what it found (some minutes)
	@$(BIN)/python bench/faults/measure.py

.PHONY: mutants
mutants: environment  ## break the package by one token, 200 times (or SAMPLE=, SEED=), print what no test notices, fail below 9 in 10
	@$(BIN)/python tools/mutants --sample $(or $(SAMPLE),200) --seed $(or $(SEED),0)

.PHONY: reseed
reseed: environment  ## run all pages, or PAGE=, with every seed shifted, three times (half an hour), and print what fails
	@$(BIN)/python tools/reseed.py $(PAGE) 2> >(grep --line-buffered -v "Kernel is running over TCP" >&2)

.PHONY: gpu
gpu: environment  ## record trainings and timings on a CUDA GPU (stop it and go on at any time)
	@$(BIN)/python tools/record_gpu.py

.PHONY: clean
clean:  ## remove what was built; .venv stays
	@rm -rf _build node_modules book/_static/vendor .pytest_cache .hypothesis .ruff_cache
