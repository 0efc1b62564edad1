# One entry for everything. `make demo` and `make test` do all that they need on a fresh Debian machine.
.PHONY: help setup build demo test test-extended bench lint format coverage clean sanitize
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: ## install what is missing: Debian packages, and Python and Node.js packages into this folder
	@bash dev/setup all

BUILD = cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null && cmake --build build -j $(JOBS) --target

build: ## build/leat, optimized
	@bash dev/setup server
	@$(BUILD) leat

demo: build ## the scoreboard: table, stream, functions, table (KEEP=1 leaves the server running)
	@.venv/bin/python examples/scoreboard/demo.py $(if $(KEEP),--keep)

test: setup ## all tests
	@$(BUILD) leat unit_tests damage
	@.venv/bin/python dev/run_tests.py $(TESTS)

test-extended: setup ## all tests, the crash test at its full length, the Kinesis Client Library, and a minute of each fuzz target
	@$(BUILD) leat unit_tests damage
	@LEAT_EXTENDED=1 .venv/bin/python dev/run_tests.py

bench: setup ## every number of the project, as ratios beside a floor and a peer
	@$(BUILD) leat floor rocksdb_floor
	@.venv/bin/python bench/bench.py

sanitize: setup ## the tests under the address, undefined-behaviour and thread sanitizers
	@for preset in asan tsan; do \
	  cmake --preset $$preset >/dev/null && cmake --build --preset $$preset -j $(JOBS) && \
	  TSAN_OPTIONS=suppressions=$(CURDIR)/dev/tsan.supp .venv/bin/python dev/run_tests.py --build build-$$preset || exit 1; done

lint: setup ## layers, banned calls and, where clang 19 is installed, clang-tidy and thread-safety analysis
	@.venv/bin/python -m pytest -q tests/lint
	@bash dev/tidy

format: ## clang-format over all sources
	@git ls-files 'src/*.h' 'src/*.cc' 'tests/*.cc' 'bench/*.cc' | xargs clang-format-19 -i

coverage: setup ## docs/coverage.md, from the operation lists
	@.venv/bin/python codegen/coverage.py > docs/coverage.md

clean: ## what the build made
	@rm -rf build build-*
