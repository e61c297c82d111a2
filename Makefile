# Two commands do all their own set-up: `make pretrain` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
STORE := runs/example-store
RUN := runs/demo

.PHONY: install pretrain test lint clean

install: .venv/installed

.venv/installed: requirements.txt $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not: name one by: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making .venv: about a minute, once"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(STORE)/store.json: | install
	@$(BIN)/python tools/prepare_data.py --out $(STORE) examples/genomes/*.fa.gz

pretrain: $(STORE)/store.json
	@$(BIN)/python tools/pretrain.py demo --data $(STORE) --run $(RUN)

# A file's tests share what they made, so a worker takes whole files. Each worker takes some GB and at least one core.
# What XLA has compiled is kept in .venv for the next time. Bytecode is kept too, whatever the environment says: each
# worker, and each process that a test starts, would else compile two thousand modules.
test: install
	@PYTHONDONTWRITEBYTECODE= JAX_COMPILATION_CACHE_DIR=$${JAX_COMPILATION_CACHE_DIR:-$(CURDIR)/.venv/compiled} \
	  $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

lint: install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "ruff>=0.14" "mypy>=1.18"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy packages/*/src tools speed

clean:
	rm -rf .venv dist runs
