# The front door. Everything real is done by CMake (CMakePresets.json) and the scripts in tools/.
#
#   NO_INSTALL=1   installs no Debian packages
#   DATA=DIR       for demo and bench*: the M5 files
#   KAFKA=0        builds without Kafka and librdkafka
#   JOBS=N         parallel jobs; default: the number of processors

.DEFAULT_GOAL := help
.PHONY: help build demo test test-full test-fresh bench bench-kafka bench-postgres bench-columnar lint tidy format fuzz clean \
        install-kafka install-build install-test install-lint install-tidy install-bench install-fresh \
        test-programs bench-programs release-tests asan tsan pinned venv kafka-tools registry-peers \
        deploy-peers duckdb

JOBS ?= $(shell nproc)
NO_INSTALL ?=
DATA ?=
FUZZ_SECONDS ?= 20
KAFKA ?= 1

BINARY := build/tillstream
STEP := tools/step.sh
INSTALL := $(if $(NO_INSTALL),@true,@tools/install.sh)
CONFIGURE := cmake $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache) \
  -DTILLSTREAM_KAFKA=$(if $(filter 0,$(KAFKA)),OFF,ON)
INSTALL_KAFKA := $(if $(filter 0,$(KAFKA)),@true,$(INSTALL))

help:
	@echo "Tillstream: retail sales history as an exactly-once event stream, and back."
	@echo
	@echo "  make demo [DATA=DIR]  build, stream a dataset (its own, or M5 files in DIR), verify it"
	@echo "  make build            install what is missing, build $(BINARY)"
	@echo "  make duckdb           DuckDB's library, for consume --sink duckdb:FILE"
	@echo "  make test             install what is missing, build, run the tests"
	@echo "  make test-full        the same with the large counts and the slow tests"
	@echo "  make pinned           the Kafka tests' programs with a newer librdkafka than Debian's"
	@echo "  make test-fresh       make demo and make test on a bare Debian 12 in a chroot (as root)"
	@echo "  make bench [DATA=DIR] the benchmarks of docs/benchmarks.md"
	@echo "  make bench-kafka [DATA=DIR]  those on real brokers"
	@echo "  make bench-postgres [DATA=DIR]  those on a real PostgreSQL"
	@echo "  make bench-columnar [DATA=DIR]  those beside DuckDB"
	@echo "  make lint             formatting, layers, banned calls"
	@echo "  make tidy             clang-tidy over all sources"
	@echo "  make format           clang-format over all sources"
	@echo "  make fuzz             each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "  make clean            remove build/"
	@echo
	@echo "NO_INSTALL=1 installs nothing, KAFKA=0 builds without Kafka. Packages are listed in tools/packages/."

install-kafka:
	$(INSTALL_KAFKA) kafka
install-build: install-kafka
	$(INSTALL) build
install-test: install-kafka
	$(INSTALL) build test lint bench
install-lint:
	$(INSTALL) lint
install-tidy: install-kafka
	$(INSTALL) build tidy bench
install-bench: install-kafka
	$(INSTALL) build bench
install-fresh:
	$(INSTALL) fresh

# A user's build needs no GoogleTest; a tree that was configured for tests stays so.
build: install-build
	@grep -qs "^TILLSTREAM_KAFKA:BOOL=$(if $(filter 0,$(KAFKA)),OFF,ON)" build/release/CMakeCache.txt || \
	  $(STEP) "configure release" $(CONFIGURE) --preset release \
	  $$([ -f build/release/CMakeCache.txt ] || echo -DTILLSTREAM_TESTS=OFF)
	@$(STEP) "build release" cmake --build build/release -j $(JOBS) --target tillstream
	@ln -sfn release/src/tillstream $(BINARY)
	@echo "the binary: $(BINARY)"

demo: build
	@$(BINARY) demo $(if $(DATA),--data "$(DATA)")

release-tests: install-test
	@$(STEP) "configure release" $(CONFIGURE) --preset release \
	  -DTILLSTREAM_TESTS=ON -DTILLSTREAM_BENCH=ON -DTILLSTREAM_SANITIZER_TESTS=ON
	@$(STEP) "build release" cmake --build build/release -j $(JOBS)
	@ln -sfn release/src/tillstream $(BINARY)

asan tsan: install-test
	@$(STEP) "configure $@" $(CONFIGURE) --preset $@
	@$(STEP) "build $@" cmake --build build/$@ -j $(JOBS) --target sanitizer_programs

venv: install-test
	@$(STEP) "python packages" tools/venv.sh

kafka-tools: install-test
	@$(STEP) "Kafka's broker and dump tool" tests/kafka_tools/dump.sh --fetch
	@$(STEP) "a Kafka with ZooKeeper" tests/kafka_tools/dump.sh --fetch 3.9.2

registry-peers: install-test
	@$(STEP) "schema registries and their clients" tests/registry/fetch.sh

deploy-peers: install-test
	@$(STEP) "docker compose's parser, cloud-init's schema" tests/deploy/fetch.sh

# npm is all it takes.
duckdb:
	@$(STEP) "DuckDB's library" tools/duckdb.sh

# One after the other, so that the builds do not share the processors and each says its own time.
test-programs:
	@$(MAKE) --no-print-directory venv
	@$(MAKE) --no-print-directory NO_INSTALL=1 kafka-tools
	@$(MAKE) --no-print-directory NO_INSTALL=1 registry-peers
	@$(MAKE) --no-print-directory NO_INSTALL=1 deploy-peers
	@$(MAKE) --no-print-directory duckdb
	@$(MAKE) --no-print-directory NO_INSTALL=1 release-tests
	@$(MAKE) --no-print-directory NO_INSTALL=1 asan
	@$(MAKE) --no-print-directory NO_INSTALL=1 tsan

test: test-programs
	@tools/run_ctest.py build/release -j $(JOBS) -LE slow

test-full: install-tidy test-programs pinned
	@tools/run_ctest.py build/release -j $(JOBS)
	@tools/run_ctest.py build/pinned -j $(JOBS) -L kafka
	@$(MAKE) --no-print-directory NO_INSTALL=1 tidy

# With the newer librdkafka of tools/librdkafka.sh, the programs of the tests that talk to Kafka.
pinned: install-test
	@$(STEP) "librdkafka" tools/librdkafka.sh
	@$(STEP) "configure pinned" $(CONFIGURE) --preset release -B build/pinned \
	  -DTILLSTREAM_RDKAFKA_ROOT=$$(tools/librdkafka.sh)
	@$(STEP) "build pinned" cmake --build build/pinned -j $(JOBS) --target kafka_programs

test-fresh: install-fresh
	@tools/test_fresh.sh

bench-programs: install-bench
	@$(STEP) "configure release" $(CONFIGURE) --preset release -DTILLSTREAM_BENCH=ON \
	  $$([ -f build/release/CMakeCache.txt ] || echo -DTILLSTREAM_TESTS=OFF)
	@$(STEP) "build release" cmake --build build/release -j $(JOBS)
	@ln -sfn release/src/tillstream $(BINARY)

bench: bench-programs
	@bench/run.py --build build/release $(if $(DATA),--data "$(DATA)")

# Brokers and the Python peer come as for the tests.
bench-kafka: venv kafka-tools bench-programs
	@.venv/bin/python bench/kafka_bench.py --build build/release $(if $(DATA),--data "$(DATA)")

bench-postgres: bench-programs
	@bench/postgres_bench.py --build build/release $(if $(DATA),--data "$(DATA)")

bench-columnar: duckdb bench-programs
	@bench/columnar_bench.py --build build/release $(if $(DATA),--data "$(DATA)")

lint: install-lint
	@tools/format.sh --check
	@tools/lint_layers.py
	@tools/lint_calls.py

tidy: install-tidy
	@$(STEP) "configure clang" $(CONFIGURE) --preset clang
	@tools/tidy.sh build/clang $(JOBS)

format: install-lint
	@tools/format.sh

fuzz: install-tidy
	@$(STEP) "configure fuzz" $(CONFIGURE) --preset fuzz
	@$(STEP) "build fuzz" cmake --build build/fuzz -j $(JOBS) --target fuzz_targets
	@tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build
