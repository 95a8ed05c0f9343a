# Everything from nothing: each target first prepares what it needs (tools/setup.py) and says what it installs.
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
EXAMPLE ?= quickstart
VENV    := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup cli demo check test clients bench load campaign fuzz live up down package docs lint audit lock clean

help: ## what each command does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## prepare this machine: Python environments, Terraform's AWS provider
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) tools/setup.py $(SETUP)

demo: setup ## apply the quickstart on local AWS, call it, show the answers, remove it
	@$(VENV)/python -m tools.demo

check: setup ## while you work: style, types, and the unit tests that need no Terraform
	@$(VENV)/python -m tools.lint --quick
	@$(VENV)/pytest --quiet --dist loadgroup --numprocesses auto tests/unit local_aws/tests --ignore tests/unit/policies

# First what needs no local AWS, then the rest, a third of whose time is the provider waiting for AWS to settle. What
# stands on one deployment is one process's (tests/stacks.py).
ALONE := tests/unit local_aws/tests tests/terraform tests/conformance
PYTEST = $(if $(BUSY),$(VENV)/python -m tools.busy )$(VENV)/pytest
test: SETUP := --clients $(if $(AGENTS),agents,some)
test: setup ## all tests, or TESTS=tests/unit …; AGENTS=1 with Codex and Claude Code; BUSY=1 keeps every core at something else
ifdef TESTS
	@$(PYTEST) $(TESTS)
else
	@$(PYTEST) --dist loadgroup --numprocesses 2 $(ALONE)
	@$(PYTEST) --dist loadgroup --numprocesses 3 tests $(ALONE:%=--ignore %)
endif

clients: SETUP := --clients all
clients: setup ## every client that people have, through the applied module; prints a table, and writes docs/clients.md
	@$(VENV)/python -m tests.clients

bench: setup ## measure cold starts, overhead, streams and growth, beside a naive handler
	@$(VENV)/python -m benchmarks $(if $(HANDLER),--handler $(HANDLER)) $(if $(EVENT),--event $(EVENT))

load: setup ## CALLERS=200 REQUESTS=600 against budgets on local AWS; prints what was counted and what was produced
	@$(VENV)/python -m tests.load $(if $(CALLERS),--callers $(CALLERS)) $(if $(REQUESTS),--requests $(REQUESTS))

campaign: setup ## REQUESTS=10000 CALLERS=100 SEED=6 through every known fault on local AWS; prints what came of each
	@$(VENV)/python -m tests.campaign $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(CALLERS),--callers $(CALLERS)) $(if $(SEED),--seed $(SEED))

fuzz: SETUP := --fuzz
fuzz: setup ## coverage-guided fuzzing of all that callers send, MINUTES=2 for each of its targets
	@.venv-fuzz/bin/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES))

live: setup ## the deployment that LLM_API_URL names, with real models; says first what that may cost (docs/testing.md)
	@LLM_API_LIVE=1 $(VENV)/pytest -s tests/live

cli: ## install the operators' command line: .venv-cli/bin/llm-api
	@$(PYTHON) tools/setup.py --cli

up: setup ## apply EXAMPLE=quickstart on local AWS and keep it running
	@$(VENV)/python -m tools.stack up $(EXAMPLE)

down: setup ## remove what `make up` applied, and stop local AWS
	@$(VENV)/python -m tools.stack down

package: setup ## rebuild lambda_src/dist/llm_api.zip
	@$(VENV)/python lambda_src/build.py

docs: setup ## rewrite what is generated: the tables of the READMEs, and the families that Terraform reads
	@$(VENV)/python -m tools.families
	@$(VENV)/python -m tools.readme_tables

lint: SETUP := --lint
lint: setup ## ruff, mypy, terraform fmt and validate, policy lint, checkov
	@$(VENV)/python -m tools.lint

lock: setup ## resolve requirements/*.in anew into what `make setup` installs; UPGRADE=1 takes newer versions
	@$(VENV)/python -m tools.lock $(if $(UPGRADE),--upgrade)

# Not in `make test`: what was sound yesterday may have an advisory today, and the answer comes from outside.
AUDIT := .venv-audit/bin
audit: setup ## known vulnerabilities of the pinned requirements, as the registry's advisories have them
	@test -x $(AUDIT)/pip-audit || { $(VENV)/python -m venv .venv-audit && $(AUDIT)/pip install --quiet pip-audit==2.10.1; }
	@for file in requirements/*.txt; do echo $$file; $(AUDIT)/pip-audit --disable-pip --no-deps -r $$file || exit 1; done

clean: ## forget the environments and all local state
	@rm -rf .venv .venv-audit .venv-cli .venv-fuzz .venv-lint .venv-lambda-* .local
