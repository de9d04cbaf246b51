# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# A thin front for meson and the scripts in devtools/; it holds no logic of its own.

BUILD ?= build
PREFIX ?= /usr/local
MESON_OPTIONS ?=
ARGS ?=
export PREFIX MESON_OPTIONS
export FASTMEM_BUILD = $(abspath $(BUILD))

.PHONY: all setup test bench fuzz soak test-releases install clean help

all:
	@devtools/build.sh

setup:
	@devtools/setup.sh build bench test

test:
	@devtools/setup.sh build test
	@devtools/test.sh $(ARGS)

bench:
	@devtools/setup.sh build bench
	@devtools/bench.sh $(ARGS)

fuzz:
	@devtools/setup.sh build test
	@devtools/fuzz.sh $(SECONDS)

soak:
	@devtools/setup.sh build test
	@devtools/soak.sh $(SECONDS)

test-releases:
	@devtools/test-releases.sh $(ARGS)

install: all
	@ninja -C $(BUILD) install
	@[ -n "$$DESTDIR" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                 build the library, its tests, benchmark and example in build/'
	@echo 'make test            install what is missing, then run every test'
	@echo '                     (ARGS="unit docs" runs these stages; ARGS=--list names all)'
	@echo 'make bench           install what is missing, then run the benchmark'
	@echo '                     (results, tables and plots in build/bench/)'
	@echo 'make fuzz            fuzz the library, by default for 60 s (SECONDS=3600)'
	@echo 'make soak            repeat the tests that use chance, by default for 600 s (SECONDS=3600)'
	@echo 'make setup           only install what is missing and reserve hugepages'
	@echo 'make install         install library, headers and pkg-config file (PREFIX=/usr/local)'
	@echo 'make test-releases   build and test against other DPDK releases'
	@echo 'make clean           remove build/'
	@echo
	@echo 'MESON_OPTIONS="-Dfastmem_debug=true" passes options to meson; see meson_options.txt'
