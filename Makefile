# The two that matter: `make demo` runs the product, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help demo test test-scripts test-rust check web tools setup regen pictures load chaos fuzz

# How long `make fuzz` tries each property.
SECONDS ?= 60

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: web ## Run the service hall, its phone app and the gateway; ARGS="--lan" opens it to phones on this network
	cargo run --locked --bin saoma-demo -- $(ARGS)

test: setup web ## Run everything that can fail
	npm run typecheck
	cargo fmt --all --check
	$(MAKE) --jobs 2 --output-sync=target test-scripts test-rust
	npm run e2e

# These mostly wait, those mostly compile; the binaries that they leave are those that Chromium is shown.
test-scripts:
	npm test

# Clippy is the compiler with more lints: compiled by it, the tests are linted on the way, where `make check` goes over everything once more.
test-rust: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
test-rust: export CLIPPY_ARGS := -Dwarnings
test-rust:
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace --locked; else cargo test --workspace --locked; fi
	cargo test --doc -p saoma-client --locked

check: setup web ## Format, lints, types, and no tests
	npm run typecheck
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

web: tools ## Build the web side into the folders that the binaries embed
	npm ci --no-audit --no-fund
	npm run build

tools: ## Say what is missing before anything is built
	@./.ci/tools

setup: ## Install what the tests need and the machine lacks
	@./.ci/setup

regen: ## Write the generated files anew
	SAOMA_REGEN=1 cargo test -p saoma-protocol --locked --test it generated
	SAOMA_REGEN=1 cargo test -p saoma-load --locked --lib report::file

pictures: setup web ## Take the README's pictures anew
	cargo build --locked --bin saoma-demo
	PICTURES=1 npm run e2e

fuzz: web ## Try what strangers may send, by libFuzzer, for SECONDS=60 each; PROPERTY="form redirect" tries some
	@./protocol/fuzz/run "$(SECONDS)" $(PROPERTY)

load: web ## Two nodes on one Redis, 2,000 waiting browsers, 200 logins a second for 30 s
	@./loadtest/two-nodes

chaos: ## Let everything fail for DURATION seconds (default 600), see that no login is lost; SEED=… repeats a run; SHAPE=sentinel fails over
	DURATION=$(or $(DURATION),600) SEED=$(SEED) SHAPE=$(SHAPE) cargo test --locked -p saoma-gateway --test it chaos::a_confirmed -- --nocapture
