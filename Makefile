# make verify: deploy the stacks to an embedded cloud on this machine and verify them. make help lists the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What is started this way ends with make, also where that is killed.
TIED   := $(BIN)/python scripts/tied.py
PYTEST := $(TIED) -m pytest

# Text is UTF-8, whatever the locale of this machine is.
export PYTHONUTF8 := 1
# Bytecode is written, wherever this folder may be written: without it every process that is started compiles the suite again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help verify test attack engine integration shuffled fresh-machine installed proofs check-evidence up down localstack localstack-down benchmark organisation documents lint lock setup clean

help:
	@echo "make verify   set up, deploy the stacks to the embedded cloud, start the backend there, verify all of it, write reports/"
	@echo "make test     everything that CI runs: make engine, make integration, make verify, its replay, and phase 0 on LocalStack"
	@echo "make engine   before each commit: the engine's unit tests and doctests, and the proofs"
	@echo "make integration   the engine's tests that start Terraform, clouds, databases, browsers and whole runs"
	@echo "make attack   5,000 and more broken inputs, hostile answers and texts of AWS, every tamper of a signed run, planted secrets, kills,"
	@echo "              and all of what make test tries a sample of (half an hour on two processors); ends with a table of what was tried"
	@echo "make shuffled   all of both in another order each time; --random-order-seed=N, which it prints, repeats one"
	@echo "make fresh-machine   make verify in a new clone, by an ordinary user with a bare environment, and behind dead proxies"
	@echo "make installed   the wheel alone, in a fresh environment: it judges a small plan, and leaves somebody else's test alone"
	@echo "make proofs   prove that each control can fail"
	@echo "make check-evidence RUN=reports/local-embedded   whether a run's evidence and reports are as it left them"
	@echo "make up       keep an embedded cloud running between runs; make down ends it"
	@echo "make localstack   the same for LocalStack; make localstack-down ends it"
	@echo "make benchmark    what 10,000 and 100,000 log groups cost, plans of up to 20,000 resources, accounts of up to 10,000 of each kind,"
	@echo "              how time grows with the text, and prowler and checkov side by side"
	@echo "make organisation   40 accounts on a cluster of this machine while a worker is killed, and what 500 accounts with 17 regions take"
	@echo "make documents    write the documents that are made from the code"
	@echo "make lint     ruff, mypy and the import contracts"
	@echo "make lock     pin the newest versions of the dependencies (needs uv)"

verify: setup
	$(PYTEST)

test: setup
	$(TIED) -m stackproof.localstack install
	$(MAKE) engine
	$(MAKE) integration
	$(PYTEST)
	$(BIN)/python -m stackproof.evidence check reports/local-embedded
	$(PYTEST) --evidence reports/local-embedded -q
	$(PYTEST) -m "phase0 or security or logging or account" --target localstack

engine: setup $(VENV)/organisation
	$(PYTEST) unit proofs helpers stackproof --doctest-modules -q -n auto

integration: setup $(VENV)/organisation
	$(PYTEST) integration -q -n auto

ATTACKS := $(addprefix integration/test_,bad_input tampers bystanders pull_requests process_guard content_policy canaries clock no_room localstack \
	killed_up killed_verify terraform_modules) unit/test_linear unit/test_detector

attack: setup
	STACKPROOF_ATTACK=1000 $(PYTEST) $(sort $(ATTACKS:%=%.py) $(shell grep -l '^from hypothesis' unit/test_*.py)) proofs/test_plan_properties.py \
		proofs/test_hostile_answers.py proofs/test_hostile_texts.py proofs/test_counterexamples.py::test_a_call_that_fails_is_an_error \
		-q -n 4 --dist worksteal

shuffled: setup
	$(PYTEST) unit proofs integration -n auto -p random_order --random-order

fresh-machine:
	.ci/fresh-machine $(if $(filter-out python3,$(PYTHON)),"$(PYTHON)")

installed:
	.ci/installed "$(PYTHON)"

proofs: setup
	$(PYTEST) proofs -q -n auto

check-evidence: setup
	@$(BIN)/python -m stackproof.evidence check $(or $(RUN),$(error say which run: make check-evidence RUN=reports/local-embedded)) \
		$(if $(PUBLIC_KEY),--public-key $(PUBLIC_KEY))

up: setup
	@$(TIED) -m stackproof.embedded up

down: setup
	@$(BIN)/python -m stackproof.embedded down

localstack: setup
	@$(TIED) -m stackproof.localstack up

localstack-down: setup
	@$(BIN)/python -m stackproof.localstack down

benchmark: setup
	@$(BIN)/python -m benchmarks.log_groups
	@$(BIN)/python -m benchmarks.ratios
	@$(BIN)/python -m benchmarks.plans 1000 --checkov
	@$(BIN)/python -m benchmarks.plans 1000 5000 20000
	@$(BIN)/python -m benchmarks.growth
	@$(BIN)/python -m benchmarks.peers

organisation: setup $(VENV)/organisation
	@$(BIN)/python -m benchmarks.organisation prove
	@$(BIN)/python -m benchmarks.organisation simulate

documents: setup
	@$(BIN)/python -m scripts.documents
	@$(BIN)/python -m scripts.example_run

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

setup: $(VENV)/installed

$(VENV)/installed: requirements/stackproof.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "$(PYTHON) is not on PATH. Install Python 3.11 or newer, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" scripts/preflight.py
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@"$(PYTHON)" scripts/tied.py -m venv $(VENV)
	@$(TIED) -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/stackproof.txt
	@$(TIED) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/organisation: requirements/organisation.txt $(VENV)/installed
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/organisation.txt
	@touch $@

LOCKED := $(basename $(wildcard requirements/*.in backend/requirements*.in))

lock:
	for name in $(LOCKED); do \
		uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade $$name.in -o $$name.txt || exit 1; \
	done

clean: down localstack-down
	rm -rf .stackproof reports $(VENV)
