# Everything runs in .venv, which is made from the lock file when it is missing or older than it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# All that is in tests/ but for these is `make test`. Alone: what times itself, or starts Docker or older wheels of chDB, and
# two files at a time what starts Java.
ALONE := tests/bench/test_ratios.py tests/containers tests/engines tests/faults
WITH_KAFKA := tests/integration
# Three files at a time: what takes long. Of tests/oracle, `make test` has a quarter of the random examples.
LONG := tests/dashboards tests/docs tests/fuzz tests/replays tests/report/test_browser.py
AT_ONCE := --numprocesses 3 --dist loadfile
READY := $(VENV)/.ready
# It asks the index of pip's own configuration, and writes none down.
COMPILE := .lock-venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: demo test test-all check audit release-check engines fuzz mutants faults faults-folder outage bench bench-growth bench-hot bench-scaling bench-latency bench-sizes bench-queries bench-rebuild format lock picture images clean

demo: $(READY)  ## run the whole pipeline on generated traffic and show the funnel
	$(BIN)/zhongcao demo

test: $(READY)  ## the tests that need nothing but Python, three files at a time; a few minutes
	EXAMPLES_SCALE=0.25 $(BIN)/pytest $(AT_ONCE) $(addprefix --ignore=,$(ALONE) $(WITH_KAFKA) $(LONG))

test-all: test  ## those, and the rest: Kafka, containers, faults, a browser, all that the documents say
	$(BIN)/pytest $(AT_ONCE) $(LONG) tests/oracle
	$(BIN)/pytest --numprocesses 2 --dist loadfile $(WITH_KAFKA)
	$(BIN)/pytest $(ALONE)

check: $(READY)  ## linters, types, and known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python .ci/audit.py requirements.lock

audit: $(READY)  ## known vulnerabilities in what requirements.lock names; AUDIT=strict fails if nobody can be asked
	$(BIN)/python .ci/audit.py requirements.lock

release-check: $(READY)  ## before a release: all of check, and no check that was not made counts as passed
	$(MAKE) check AUDIT=strict

engines: $(READY)  ## every view on every release of ClickHouse's engine, and under clients' settings, e.g. ONLY="24.8 25.8" SETTINGS=no
	PYTHONPATH=tests $(BIN)/python -m engines $(foreach release,$(ONLY),--only $(release)) $(if $(filter no,$(SETTINGS)),--no-settings)

fuzz: $(READY)  ## the codec on damaged messages, e.g. DATUMS=10000000 SEED=1
	PYTHONPATH=tests $(BIN)/python -m fuzz $(if $(DATUMS),--datums $(DATUMS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(BATCH),--batch $(BATCH)) $(if $(REPLAY),--replay $(REPLAY))

mutants: $(READY)  ## each guard is taken away, and a test must notice, e.g. ONLY="a path"
	PYTHONPATH=tests $(BIN)/python -m mutants $(if $(ONLY),--only "$(ONLY)")

faults: $(READY)  ## real processes die, hang and are fed with junk, e.g. SEEDS=200 MINUTES=60
	PYTHONPATH=tests:tests/integration:tests/streams $(BIN)/python -m faults $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(FAULT),--fault "$(FAULT)") $(if $(WITHOUT),--without "$(WITHOUT)")

faults-folder: $(READY)  ## replays in a folder are killed, stopped and run out of disk, and done over, e.g. TRIES=100 KIND="disk full"
	PYTHONPATH=tests $(BIN)/python -m faults.folder $(if $(TRIES),--tries $(TRIES)) $(if $(FIRST),--first $(FIRST)) \
		$(if $(EVENTS),--events $(EVENTS)) $(if $(KIND),--kind "$(KIND)")

outage: $(READY)  ## ClickHouse is away under load, and memory is watched, e.g. MINUTES=10 RATE=3000 MEMORY_MIB=256
	PYTHONPATH=tests:tests/integration:tests/streams $(BIN)/python -m faults.outage $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE)) \
		$(if $(MEMORY_MIB),--memory-mib $(MEMORY_MIB))

bench: $(READY)  ## what a second of processor time drains, here and elsewhere, e.g. EVENTS=5000000 ROUNDS=3 ONLY=zhongcao
	PYTHONPATH=tests/integration $(BIN)/python -m bench.drain $(if $(EVENTS),--events $(EVENTS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(foreach name,$(ONLY),--only $(name))

bench-growth: $(READY)  ## what an event costs, and a recovery, as states grow, e.g. MILLIONS=1,10 EVENTS=200000 PARTITIONS=8
	PYTHONPATH=tests/integration $(BIN)/python -m bench.growth $(if $(MILLIONS),--millions $(MILLIONS)) $(if $(EVENTS),--events $(EVENTS)) \
		$(if $(PARTITIONS),--partitions $(PARTITIONS))

bench-hot: $(READY)  ## what others cost beside a placeholder, a bot, or someone just below the bounds, e.g. TOUCHES=1000000 ORDERS=44000 PERCENT=5
	$(BIN)/python -m bench.hot $(if $(TOUCHES),--touches $(TOUCHES)) $(if $(ORDERS),--orders $(ORDERS)) \
		$(if $(PERCENT),--percent $(PERCENT)) $(if $(EVENTS),--events $(EVENTS))

bench-scaling: $(READY)  ## what an event costs with more partitions and workers, e.g. EVENTS=1000000 PARTITIONS=8,32 WORKERS=1,2
	PYTHONPATH=tests/integration $(BIN)/python -m bench.scaling $(if $(EVENTS),--events $(EVENTS)) \
		$(if $(PARTITIONS),--partitions $(PARTITIONS)) $(if $(WORKERS),--workers $(WORKERS))

bench-latency: $(READY)  ## how fresh rows are, e.g. RATE=5000,20000 SECONDS=60 PROFILE="fresh cheap" PARTITIONS=8 WARM_UP=30
	PYTHONPATH=tests/integration $(BIN)/python -m bench.latency $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(foreach name,$(PROFILE),--profile $(name)) $(if $(PARTITIONS),--partitions $(PARTITIONS)) $(if $(WARM_UP),--warm-up $(WARM_UP))

bench-sizes: $(READY)  ## how many bytes an event takes in each place, e.g. EVENTS=400000
	PYTHONPATH=tests/integration $(BIN)/python -m bench.sizes $(if $(EVENTS),--events $(EVENTS))

bench-rebuild: $(READY)  ## what a rebuild joins anew in a second of processor time, beside a drain, e.g. MILLIONS=10
	$(BIN)/python -m bench.rebuild $(if $(MILLIONS),--millions $(MILLIONS))

bench-queries: $(READY)  ## how long analysts wait, e.g. JOURNEYS=100000000 CONVERSIONS=5000000 ASKED=60
	$(BIN)/python -m bench.queries $(if $(JOURNEYS),--journeys $(JOURNEYS)) $(if $(CONVERSIONS),--conversions $(CONVERSIONS)) \
		$(if $(ASKED),--asked $(ASKED))

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## raise the lock files to the newest versions that fit, with the hashes of their files for every platform
	$(PYTHON) -m venv .lock-venv
	.lock-venv/bin/pip install --quiet --upgrade pip pip-tools
	$(COMPILE) --upgrade --extra embedded --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file requirements-run.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file docker/standins/clickhouse/requirements.lock \
		docker/standins/clickhouse/requirements.in
	rm -rf .lock-venv

picture: $(READY)  ## docs/report.png anew, from the demo's data; with Chromium
	$(BIN)/python docs/report_picture.py

images: $(READY)  ## the images of docker-compose.yml, as stand-ins where no image registry can be reached
	PYTHONPATH=tests/integration $(BIN)/python docker/images.py

clean:
	rm -rf $(VENV) .engines data .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("zhongcao needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable '.[embedded,dev]'
	touch $(READY)
