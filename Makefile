# `make help` lists the targets. Variables: ARGS (passed on by demo, test, test-faults and bench), those of scripts/setup.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test build demo test test-faults fuzz bench bench-persist bench-model bench-pipeline bench-cdf
.PHONY: bench-produce bench-standin bench-latency bench-accuracy dist test-dist test-compose test-ansible test-deploy lint
.PHONY: libtorch libtorch-archive data weights test-debian13 clean distclean

# The toolchain that scripts/setup fetched, where it had to.
export PATH := $(CURDIR)/.deps/swift/usr/bin:$(PATH)

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing: Debian packages, Swift 6, libtorch
	@scripts/setup

setup-test: ## The same, and what only tests and lint use: Java, kcat, Python 3, shellcheck, xz, HTTP clients
	@scripts/setup --test

build: setup ## Build iotpipe and its libtorch shim into .build/release
	scripts/build

demo: build ## The whole pipeline on this machine, and its latency drawn (ARGS="--rate 50")
	.build/release/iotpipe demo $(ARGS)

test: setup ## All tests, on a debug build (ARGS="--filter KafkaTests"); KAFKA_HOME adds those on Apache Kafka
	swift build --build-tests
ifdef ARGS
	swift test --skip-build $(ARGS)
else
# The tests on servers by themselves: they load both cores for minutes.
	swift test --skip-build --skip Integration
	swift test --skip-build --filter Integration
endif

# IOTPIPE names another program than the one `make build` makes, with the shim beside it.
test-faults: $(if $(IOTPIPE),setup,build) ## Kill and cut everything while images flow; nothing may be lost (ARGS="--short")
	python3 -B -m unittest discover -q -s Tests/Faults
	swift build --product iotpipe --scratch-path .build/broken -Xswiftc -DBROKEN_DELIVERY
	Tests/Faults/campaign $(ARGS)
# Builds that lose images must be caught.
	Tests/Faults/campaign --control persist
	Tests/Faults/campaign --control infer

bench: build ## Measure beside the peers
	bench/run $(ARGS)

bench-persist: build ## Measure persist beside COPY
	bench/persist

bench-model: build ## Measure the model beside OpenVINO and ONNX Runtime
	bench/model

bench-produce: build ## Measure produce beside rdkafka_performance
	bench/produce

bench-standin: build ## Measure produce at up to 50,000 images/s, answered by a stand-in for infer
	bench/standin

bench-latency: build ## Measure what options of Kafka and of batching do to latency
	bench/latency

bench-pipeline: build ## Measure the whole pipeline beside the same job in Python
	bench/pipeline

bench-accuracy: build ## Measure how often the shipped model is right, beside PyTorch
	bench/accuracy

bench-cdf: build ## Measure cdf on ten million rows beside pandas and sort
	bench/cdf

libtorch: ## Build libtorch from source, lean, into .deps/libtorch-built (about an hour on two cores)
	@shim/build-libtorch

libtorch-archive: libtorch ## Pack that build for `LIBTORCH_ARCHIVE=FILE make setup` elsewhere
	@shim/build-libtorch --archive

dist: build ## One archive that runs without anything installed: dist/iotpipe-VERSION-linux-ARCH.tar.xz
	@scripts/dist

test-dist: dist ## Run that archive in minimal roots of Debian 12 and 13; root, mmdebstrap
	@scripts/test-dist

lint: ## Formatting, shell scripts, and that modules import only downwards
	@scripts/lint

data: ## Fetch the whole CIFAR-100 (169 MB) into .deps/data
	@scripts/fetch data

weights: ## Fetch torchvision's ResNet50 weights for ImageNet (103 MB) into .deps/weights
	@scripts/fetch weights

fuzz: setup ## Feed damaged input to the readers of what comes from outside (ARGS="-runs=1000000")
	@for target in weights result headers png request csv hlog arguments options; do Tests/Fuzz/run $$target $(or $(ARGS),-runs=1000000) || exit; done

test-compose: ## Build the images and run the compose files on a real engine, of its own where none runs (ARGS="secure")
	compose/test/static
	compose/test/run $(ARGS)

test-deploy: ## test-compose, then test-ansible with what the image has
	ARCHIVE=$(CURDIR)/.build/image.tar $(MAKE) test-compose
	IOTPIPE_ARCHIVE=$(CURDIR)/.build/image.tar $(MAKE) test-ansible

test-debian13: ## Set up and test in a Debian 13 root of its own (TARGETS="test-faults": other targets than test)
	@scripts/test-debian13 $(TARGETS)

test-ansible: $(if $(IOTPIPE_ARCHIVE),,dist) ## The playbooks on four nodes in containers and on OpenStack's API; root, Debian 12
	ansible/test/static
	ansible/test/run
	ansible/test/run --kraft-tls
	ansible/test/openstack

clean: ## Remove what was built
	rm -rf .build iotpipe-demo dist

distclean: clean ## Remove what setup, data and weights fetched, too
	rm -rf --one-file-system .deps
