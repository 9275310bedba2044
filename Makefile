# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# What Qt and a display need on Debian and Ubuntu.
DEBIAN := libegl1 libgl1 libfontconfig1 libglib2.0-0 libdbus-1-3 libxkbcommon0 xvfb xauth \
          libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 \
          libxcb-xkb1 libxcb-render-util0 libxcb-image0 libxcb-randr0 libxcb-xfixes0

.PHONY: demo test lint docs dist screenshots moving figures pictures system clean

demo: $(VENV)/.base  ## run the main job on a synthetic EM stack
	$(BIN)/fcnseg demo --out demo --overwrite

test: $(VENV)/.dev system  ## install what tests need and run them
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.dev  ## style, types and manifest
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/npe2 validate napari.yaml
	$(BIN)/npe2 validate napari-fcnseg --imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

docs: $(VENV)/.docs  ## build the docs site into site/ and follow its links
	$(BIN)/mkdocs build --strict --clean

dist: $(BIN)/python  ## build and check what goes to PyPI, into dist/
	$(PIP) --group dist
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

screenshots: $(VENV)/.dev system  ## make the pictures of README and docs anew
	$(if $(DISPLAY),,xvfb-run -a -s "-screen 0 1280x800x24") $(BIN)/python docs/screenshots/make.py

moving: $(VENV)/.dev system  ## make the moving picture of README anew
	$(if $(DISPLAY),,xvfb-run -a -s "-screen 0 1280x800x24") $(BIN)/python docs/screenshots/moving.py

figures: $(VENV)/.dev  ## compute the figures of docs/how anew
	$(BIN)/python docs/figures/make.py

pictures: $(VENV)/.dev  ## run the tutorials and make their pictures anew
	$(BIN)/python examples/tutorials/make_pictures.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"

$(VENV)/.base: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e ".[all]" --group dev
	@touch $@ $(VENV)/.base

$(VENV)/.docs: $(VENV)/.base
	$(PIP) --group docs
	@touch $@

# The libraries are tried, not the packages: their names differ between systems.
LIBRARIES := libEGL.so.1 libGL.so.1 libxkbcommon-x11.so.0 libxcb-cursor.so.0 libxcb-icccm.so.4 \
             libxcb-keysyms.so.1 libxcb-shape.so.0 libxcb-xkb.so.1 libxcb-render-util.so.0 \
             libxcb-image.so.0 libxcb-randr.so.0 libxcb-xfixes.so.0 libdbus-1.so.3

system: $(BIN)/python
	@if [ "$$(uname)" != Linux ] || { command -v Xvfb >/dev/null && $(BIN)/python -c \
	  'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' $(LIBRARIES) 2>/dev/null; }; \
	then :; elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing a virtual display and what Qt needs"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(DEBIAN) >/dev/null; \
	else \
	  echo "The tests of the plugin need Xvfb and the libraries of Qt. On Debian or Ubuntu, as root:"; \
	  echo "  apt-get install $(DEBIAN)"; exit 1; \
	fi

clean:  ## remove the environment and the demo
	rm -rf $(VENV) demo dist site
