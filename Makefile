# The two that matter: `make demo` runs the product, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help setup web check test regen load

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Install what the tests need and the machine lacks
	@./.ci/setup

web: setup ## Build the web side into the folders that the binaries embed
	npm ci --no-audit --no-fund
	npm run build

check: web ## Format, lints, types
	npm run typecheck
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: check ## Run everything that can fail
	npm test
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace --locked; else cargo test --workspace --locked; fi

regen: ## Write the generated files anew
	SAOMA_REGEN=1 cargo test -p saoma-protocol --locked --test it generated

load: ## Two nodes on one Redis, 2,000 waiting browsers, 200 logins a second for 30 s
	@./loadtest/two-nodes
