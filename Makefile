# `make demo` does everything on a machine that has Python 3.11 or newer and make; see README.md.
PYTHON ?= python3
DATA ?=
SERVE ?= 1
PIP = .venv/bin/python -m pip --disable-pip-version-check
BUILT = pyproject.toml benchmarks/pyproject.toml constraints.txt CMakeLists.txt $(wildcard native/*)

.PHONY: .venv/said demo test check package docs docs-site audit lock clean

demo: .venv/said .venv/installed-demo
	@DATA="$(DATA)" SERVE="$(SERVE)" PATH="$(CURDIR)/.venv/bin:$$PATH" sh runs/demo.sh

# Python keeps the compiled tests for the next run, whatever the environment says: each worker reads them all.
test: .venv/installed-dev
	PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/installed-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python docs/reference.py --check
	.venv/bin/python -m srec_bench.docs --check

package: .venv/installed-dev
	.venv/bin/python -m pytest .ci/test_package.py --timeout 900 $(ARGS)

docs: .venv/installed-dev
	.venv/bin/python docs/reference.py
	.venv/bin/python -m srec_bench.docs

docs-site: .venv/installed-dev
	.venv/bin/python docs/build_site.py

audit: .venv/installed-audit
	.venv/bin/python .ci/audit.py

# The versions are those that are installed here, and so those that the tests ran with.
lock: .venv/installed-dev .venv/installed-audit
	mkdir -p work
	$(PIP) freeze --exclude-editable | grep -v ' @ ' > work/tested.txt
	.venv/bin/pip-compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --strip-extras --constraint work/tested.txt \
		--output-file deploy/serving.lock pyproject.toml

clean:
	rm -rf .venv work

.venv/said:
	@$(if $(DATA),echo "real data: $(DATA)",echo "simulated data: invented games and players, no network; real ones with: make demo DATA=ucsd")

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed-demo: $(BUILT) | .venv/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,crawl]'
	touch $@

.venv/installed-audit: $(BUILT) | .venv/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[audit]'
	touch $@

.venv/installed-dev: $(BUILT) | .venv/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,tune,crawl,postgresql,spark,openvino,torchserve,test,check,docs]' --editable benchmarks
	touch $@
