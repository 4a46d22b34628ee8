# What can be done here; `make help` explains.
CARGO ?= cargo
export CARGO

.PHONY: help demo test bench lint deps header

help:
	@echo "make demo    fetch JSON over https through the C ABI from a TLS server on loopback, then be refused"
	@echo "make test    everything: unit tests, vectors, certificates, real servers, faults, the C program"
	@echo "make bench   instructions, cycles, memory on an emulated Cortex-M4, beside BearSSL and Mbed TLS (UPDATE=1 keeps them)"
	@echo "make lint    formatting and clippy"
	@echo "make deps    install the Debian packages that the tests need (demo and test do it themselves)"
	@echo "make header  write include/espruino_tls.h anew from src/ffi.rs"

demo:
	@tests/deps.sh demo
	@tests/c/demo.sh

test: deps
	@tests/all.sh

bench:
	@command -v python3 >/dev/null || { echo "make bench needs python3" >&2; exit 1; }
	@python3 -B tests/bench/bench.py $(if $(UPDATE),--update)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings

deps:
	@tests/deps.sh all

header:
	@UPDATE_HEADER=1 $(CARGO) test --test header
