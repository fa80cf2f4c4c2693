# `make help` lists what there is. Everything is installed into .venv, from constraints.txt.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin

.PHONY: help setup demo up backfill quick test collected test-distributed proof mutate lint docs pictures dashboard bench pins clean
.DEFAULT_GOAL := help
# where it is set, each process would compile every module again: a third of the tests' time
unexport PYTHONDONTWRITEBYTECODE

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' Makefile

setup: .venv/installed  ## install everything into .venv

# uv installs in seconds and compiles the bytecode: without it every Airflow command takes 8 seconds longer
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --system-certs --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev,distributed,docs]'
	touch $@

demo: setup  ## a month of nights against the sandbox, then every flow through Airflow; two minutes
	$(BIN)/python dev/demo.py

up: setup  ## keep Airflow's UI running with the same data and three users, at http://127.0.0.1:8080
	$(BIN)/python dev/up.py

# 48 months of 2,000 people by `airflow backfill create`
backfill: setup  ## load four years of absence beside the hourly flow; five minutes
	$(BIN)/python dev/backfill.py

# on SQLite alone: what the statements do is the same on each day, and so is where a folder is
# the last of February of a leap year, the end of a year, both nights of the clocks, 60 days ahead
DAYS := 2028-02-29 2026-12-31T23:30 2027-03-28T03:15 2026-10-25T02:15 ahead
QUICK := tests/rules tests/config tests/docs tests/store tests/workbook tests/pipeline/test_scrub.py
ON_DAYS := not postgresql and not SharedFolder
DATED := tests/rules tests/alerts tests/store tests/pipeline/test_plan.py tests/config

# what tests/quick.py says; it refuses servers
quick: setup  ## the tests that need no server; under a minute
	$(BIN)/python -m pytest -p tests.quick -n 2 --dist loadfile --no-loadscope-reorder $(QUICK)

# DAY=2027-03-28 (or 2026-12-31T23:30) runs what needs no scheduler on that day
test: setup  ## style, types, the rules between the rooms, and all tests
	$(MAKE) --no-print-directory -j 2 lint collected
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder
	$(if $(DAY),,printf '%s\n' $(DAYS) | xargs -P 5 -I {} env DAY={} $(BIN)/python -m pytest -m dates -k "$(ON_DAYS)" $(DATED))

# pytest rewrites the assertions of each file once: in a fresh clone all workers would do it, at the same time.
# What is wrong with a file the tests themselves say.
collected: setup  ## prepare the tests, as `make test` does beside the types
	@$(BIN)/python -m pytest --collect-only -qq > /dev/null || true

# with two Celery workers, without containers
test-distributed: setup  ## the processes of docker-compose.yaml on real servers; five minutes
	$(BIN)/python -m pytest -m distributed tests/distributed

# PART=tests/proof/test_tutorial.py does one of them
proof: setup  ## every long proof in full, two hours or more; writes docs/proof.md
	$(BIN)/python dev/proof.py $(PART)

# ROOM=rules takes one room, SAMPLE=20 fewer mutants of it
mutate: setup  ## change lines of the rooms that decide, and say which changes no test notices; an hour or more
	$(BIN)/python dev/mutate.py $(ROOM) $(if $(SAMPLE),--sample $(SAMPLE))

lint: setup  ## style, types, and the rules between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

pictures: setup  ## draw the pictures of the desk in docs/ from the demo, with chromium
	$(BIN)/python dev/desk_pictures.py $(ONLY)

dashboard: .venv/benchmarks  ## draw docs/dashboard.svg from a running instance's metrics; needs prometheus, minutes
	$(BIN)/python dev/dashboard.py

docs: setup  ## write the pages of docs/ that are made from the code, and build the site: var/site/index.html
	$(BIN)/python dev/docs.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# PART=iban runs one part, PART=growth SIZES=1000000 with other sizes; benchmarks/run.py says which there are
bench: .venv/benchmarks  ## measure; PART=iban runs one part
	$(BIN)/python benchmarks/run.py $(PART) $(if $(SIZES),--sizes $(SIZES))

# what the benchmarks compare with and draw with: nothing else needs it
.venv/benchmarks: .venv/installed
	$(BIN)/uv pip install --quiet --system-certs --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev,distributed,docs,bench]'
	touch $@

COMPILE := $(BIN)/uv pip compile pyproject.toml --system-certs --universal --python-version 3.11 --no-emit-index-url \
	--no-annotate --no-header --group image --extra distributed

pins: setup  ## refresh every pin, and the hashes of those that are in the image
	$(COMPILE) --extra dev --extra bench --extra docs --upgrade --output-file constraints.txt
	$(MAKE) requirements-image.txt

requirements-image.txt: constraints.txt
	$(COMPILE) --constraints constraints.txt --generate-hashes --output-file $@

clean:  ## remove .venv and var
	rm -rf .venv var
