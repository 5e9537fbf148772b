# `make` prints what there is. What is built once per machine lies in ~/.cache/deskbell.

python := .venv/bin/python
pip := $(python) -m pip --disable-pip-version-check install --quiet
say = @echo "== $(1)"

.PHONY: help demo test lint bench image boot power-cut screenshots tables coverage rig clean venv needs-demo needs-test needs-image exchange

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: needs-demo .venv/web .venv/pjsua2 exchange ## all set-up, then an exchange, a desk and its page, with callers (Ctrl-C ends it)
	@.venv/bin/deskbell demo

test: needs-test venv rig ## all set-up, then the whole suite, with a real exchange and virtual hardware
	$(call say,the tools of the image: RAUC and QEMU)
	@image/tools
	$(call say,tests)
	@rm -f .coverage .coverage.*
	@$(python) -m coverage run -m pytest --ignore tests/image --ignore tests/ansible

lint: needs-demo .venv/dev .venv/pjsua2 ## style, types and the house plan's import rules
	$(call say,lint)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

bench: venv rig ## how fast the desk is and what it costs: calls beside a telephone in C, devices, speech, the store, the pages (35 minutes)
	@$(python) -m tests.bench.calls
	@$(python) -m tests.bench.hardware
	@$(python) -m tests.bench.delay
	@$(python) -m tests.bench.mutations
	@$(python) -m tests.bench.store
	@$(python) -m tests.bench.web
	@$(python) -m tests.bench.start

image: needs-image ## what an installer writes to the card of a Raspberry Pi, and its update, into image/out/
	@image/build

boot: venv ## boots that image in QEMU, twice, and calls the desk in it
	@image/boot

power-cut: venv ## kills that box fifty times at any moment, and looks whether anything is lost
	@$(python) -m tests.image.power_cut 50

screenshots: venv ## a picture of every page, in both themes and two sizes, into screenshots/
	@$(python) -m tests.web.screenshots screenshots

tables: .venv/dev ## write anew what is made from the drivers' tables: udev/ and drivers/README.md
	@$(python) -m drivers.udev
	@$(python) -m drivers.supported

coverage: ## which lines the last `make test` did not reach
	@$(python) -m coverage report --skip-covered --show-missing

rig: needs-test ## the kernel that the virtual hardware is plugged into (6 minutes, once per machine)
	$(call say,the test rig's kernel)
	@tests/rig/build >/dev/null

venv: needs-test .venv/dev .venv/pjsua2 exchange ## everything to develop with

clean: ## remove what was made in this folder; ~/.cache/deskbell stays
	rm -rf .venv .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

needs-demo needs-test needs-image: needs-%:
	@.ci/needs $*

exchange: .venv/web
	@$(python) -m appliance.demo.exchange prepare

.venv/python:
	$(call say,virtual environment)
	@python3 -m venv .venv
	@touch $@

.venv/web: pyproject.toml | .venv/python
	$(call say,Python packages)
	@$(pip) --editable '.[web]'
	@touch $@

# lgpio's wheels end at Python 3.12; for a newer one it is compiled, with all of its library inside (PYPI=1).
.venv/dev: pyproject.toml | .venv/python
	$(call say,Python packages for development)
	@$(pip) --editable '.[web,dev]'
	@LG_WD=/tmp $(python) -c 'import lgpio' 2>/dev/null || { $(pip) setuptools 'swig<4.3' && \
	  PATH=$$PWD/.venv/bin:$$PATH PYPI=1 $(pip) --no-build-isolation 'lgpio>=0.2.2'; }
	@touch $@ .venv/web

.venv/pjsua2: $(wildcard image/pjsua2/* image/pjsua2/patches/*) | .venv/python
	$(call say,pjsua2: the telephone)
	@wheel=$$(image/pjsua2/build) && $(pip) --no-deps --force-reinstall "$$wheel"
	@touch $@
