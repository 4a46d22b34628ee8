# What can be done here; `make help` explains.
CARGO ?= cargo
export CARGO

.PHONY: help demo test lint deps header

help:
	@echo "make demo    fetch JSON over https through the C ABI from a TLS server on loopback, then be refused"
	@echo "make test    everything: unit tests, vectors, certificates, real servers, faults, the C program"
	@echo "make lint    formatting and clippy"
	@echo "make deps    install the Debian packages that the tests need (demo and test do it themselves)"
	@echo "make header  write include/espruino_tls.h anew from src/ffi.rs"

demo:
	@tests/deps.sh demo
	@tests/c/demo.sh

test: deps
	@tests/all.sh

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings

deps:
	@tests/deps.sh all

header:
	@UPDATE_HEADER=1 $(CARGO) test --test header
