# What can be done here; `make help` explains.
CARGO ?= cargo

.PHONY: help demo test lint deps header

help:
	@echo "make demo    fetch JSON over https through the C ABI from a TLS server on loopback, then be refused"
	@echo "make test    everything: unit tests, vectors, certificates, real servers, faults, the C program"
	@echo "make lint    formatting and clippy"
	@echo "make deps    install the Debian packages that the build and the tests need (done by demo and test)"
	@echo "make header  write include/espruino_tls.h anew from src/ffi.rs"

demo: deps
	@CARGO="$(CARGO)" tests/c/demo.sh

test: deps
	@echo "==> building and running all tests (the first build takes a few minutes)"
	@$(CARGO) test --workspace --all-targets --no-fail-fast
	@$(CARGO) test --doc
	@echo "test: all passed"

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings

deps:
	@tests/deps.sh

header:
	ESPRUINO_TLS_HEADER=1 $(CARGO) build --lib
