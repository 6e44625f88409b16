# A target for each thing people do. Each works from a fresh clone on Debian 12 with Swift 6.3.
.PHONY: help setup build demo test bench format lint generate fuzz docs dist clean
.DEFAULT_GOAL := help

help:           ## this list
	@sed -n 's/^\([a-z]*\): *[a-z]* *## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup:          ## Debian packages and the Python environment of the tests
	@scripts/setup.sh

build:          ## a debug build
	@scripts/setup.sh build
	swift build

demo:           ## an embedded three-broker cluster with Sluice before it
	@scripts/setup.sh demo
	swift run sluice demo

test: setup     ## unit tests and integration tests
	@scripts/test.sh

bench:          ## benchmarks, one core, stated per call
	@scripts/setup.sh build
	@scripts/bench.sh

format:         ## format the Swift sources
	@scripts/format.sh

lint:           ## every check of the sources
	@scripts/lint.sh

generate:       ## generated sources from Protocol/
	@scripts/generate.sh

fuzz:           ## fuzz targets, FUZZ_SECONDS each (60)
	@scripts/fuzz.sh

docs:           ## API reference into .build/docs
	@scripts/docs.sh

dist:           ## release tarball into dist/
	@scripts/setup.sh build
	@scripts/dist.sh

clean:          ## everything that the targets above made
	rm -rf .build .build-* dist .venv
