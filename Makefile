# What can be done here; `make help` explains.
CARGO ?= cargo
export CARGO ESPRUINO ESPRUINO32 ESPRUINO_DRIVERS

.PHONY: help demo probe test test-commands pictures fuzz differential soak constant-time constant-time-host miri test-chip test-fresh test-espruino test-firmware bench lint deps header errors js lib size size-check bogo deny

help:
	@echo "make demo    fetch JSON over https through the C ABI from a TLS server on loopback, then be refused"
	@echo "make probe URL=https://...   what a Pixl.js needs to talk to this server, and the JavaScript; ARGS=--help says what else"
	@echo "make test    everything: unit tests, vectors, certificates, real servers, faults, the C program"
	@echo "make test-chip   the part of it that runs on an emulated Cortex-M4: servers, vectors, faults"
	@echo "make test-commands ESPRUINO_SOURCE=folder   every command in the documents, typed as it stands there"
	@echo "make pictures   draws the way of the data, and what the emulated chip has in memory, for the README"
	@echo "make fuzz MINUTES=n   libFuzzer on everything that takes bytes from elsewhere; tests/fuzz/README.md tells more"
	@echo "make differential CHAINS=n   mutated chains, judged by this library, rustls-webpki and OpenSSL"
	@echo "make soak ESPRUINO=file   thousands of connections: in one process, on one emulated chip, in one interpreter"
	@echo "make constant-time   the same trace on an emulated Cortex-M4 whatever the secret is, for each operation that claims it"
	@echo "make constant-time-host   on this computer no branch and no address depends on a secret, which valgrind takes for undefined memory"
	@echo "make miri    unit tests that need no C under Miri, which finds what is undefined in Rust"
	@echo "make test-fresh  both of the first two on a Debian that was just set up, as root (debootstrap); tests/fresh/run.sh tells more"
	@echo "make test-espruino ESPRUINO=file   https.js in a real Espruino; tests/espruino/run.py --help says what else it takes"
	@echo "make test-firmware FIRMWARE=file.elf ESPRUINO_DRIVERS=folder   PIXLJS images as they are flashed, in a Pixl.js in software"
	@echo "make lib PROFILE=full|pin[,FEATURE...] [TARGET=thumbv7em-none-eabi|host]   one archive that exports the C ABI only"
	@echo "make size    what the library costs on the chip, by part"
	@echo "make size-check  the same, compared with tests/size/budgets"
	@echo "make bench   instructions, cycles, memory on an emulated Cortex-M4, beside its rivals (UPDATE=1 keeps them)"
	@echo "make bogo BOGO_RUNNER=.../boringssl/ssl/test/runner   BoringSSL's TLS tests, whose runner was built elsewhere"
	@echo "make lint    formatting, clippy, and what the house asks of a file (tests/layers.rs)"
	@echo "make deny    licences and origins of what is depended on, by cargo-deny; ADVISORIES=1 fetches the known flaws and looks, too"
	@echo "make deps    install the Debian packages that the tests need (demo and test do it themselves)"
	@echo "make header  write include/espruino_tls.h anew from src/ffi"
	@echo "make errors  write espruino-patch/errors.md anew from src/error/table.rs"
	@echo "make js      write js/https.min.js and js/https-full.min.js anew from js/https.js"

demo:
	@tests/deps.sh demo
	@tests/c/demo.sh

# The engine as a firmware has it by itself, and client keys; on a computer with sentences in its errors.
PROBE_FEATURES ?= full,tls13,resumption,client-rsa,error-text,alloc
probe:
	@$(CARGO) run -q --example tls_probe --no-default-features --features $(PROBE_FEATURES) -- $(URL) $(ARGS)

test: deps
	@tests/all.sh

test-chip:
	@tests/deps.sh chip
	@$(CARGO) test --test chip -- --ignored --nocapture

# ONLY=pattern: only the commands that it matches.
export ONLY ESPRUINO_SOURCE COMMANDS_IN
test-commands: deps
	@python3 -B tests/commands/run.py --all

pictures:
	@tests/deps.sh chip
	@python3 -B tests/pictures/way.py
	@python3 -B tests/chip/memory.py

MINUTES ?= 10
fuzz:
	@python3 -B tests/fuzz/run.py --minutes $(MINUTES)

CHAINS ?= 20000
differential:
	@$(CARGO) test --test fuzz seeds
	@RUSTFLAGS="--cfg fuzzing" $(CARGO) run --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz/build \
	  --features differential --bin differential $(CHAINS) $(SEED)

# 10,000 connections of one process, 500 on one chip, 1,000 in one interpreter. SOAK=20: a 20th of them.
SOAK ?= 1
soak:
	@ETLS_SOAK=$$((10000 / $(SOAK))) $(CARGO) test --test soak -- --nocapture
	@tests/deps.sh chip
	@ETLS_CHIP_SOAK=$$((500 / $(SOAK))) $(CARGO) test --test chip many_connections -- --ignored --nocapture
	@ETLS_SOAK=$$((1000 / $(SOAK))) python3 -B tests/espruino/run.py soak

constant-time:
	@ETLS_SECRETS=1 $(CARGO) test --test constant_time -- --ignored --nocapture --test-threads 1
	@tests/constant_time/host.sh

constant-time-host:
	@tests/constant_time/host.sh

# SHA-2 and AES are the chip's there. Curves and signatures, without `unsafe`, would take a day.
MIRI_TESTS := arena codec what_may_not_follow error:: handshake host:: schedule \
  x509::der x509::name x509::pin x509::validity x509::certificate crypto::arithmetic::montgomery \
  crypto::hash::tests crypto::hash::hmac undefined_comparisons undefined_hashes aes::tests::examples
miri:
	@rustup run nightly cargo miri --version >/dev/null 2>&1 || \
	  { echo "make miri needs Miri: rustup toolchain install nightly --component miri,rust-src" >&2; exit 1; }
	@MIRIFLAGS=-Zmiri-disable-isolation rustup run nightly cargo miri test --lib -- $(or $(ONLY),$(MIRI_TESTS))

test-fresh:
	@tests/fresh/run.sh

test-espruino:
	@python3 -B tests/espruino/run.py

# ONLY=pattern: only the cases whose title matches. SLOWER=130: each instruction takes 130 % of its time.
test-firmware:
	@python3 -B tests/firmware/run.py $(FIRMWARE) $(if $(ONLY),--only "$(ONLY)") $(if $(SLOWER),--slower $(SLOWER)) --figures target/firmware/figures.json

PROFILE ?= full
TARGET ?= thumbv7em-none-eabi
lib:
	@espruino-patch/lib.sh $(PROFILE) $(TARGET)

size:
	@tests/size/size.sh

size-check:
	@tests/size/size.sh --check

bench:
	@tests/deps.sh chip
	@command -v python3 >/dev/null || { echo "make bench needs python3" >&2; exit 1; }
	@python3 -B tests/bench/bench.py $(if $(UPDATE),--update)

export BOGO_RUNNER
bogo:
	@command -v python3 >/dev/null || { echo "make bogo needs python3" >&2; exit 1; }
	@python3 -B tests/bogo/run.py

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets --features bogo -- -D warnings
	$(CARGO) clippy --features trace,key-log --lib --examples --test trace -- -D warnings
	$(CARGO) clippy --no-default-features --features pin -- -D warnings
	$(CARGO) clippy --no-default-features --features full,tls13,resumption -- -D warnings
	$(CARGO) clippy --no-default-features --features full,tls13,resumption,client-auth,chacha20,x25519,error-text,alloc,aes-hook,c-api --lib --test aes_hook --test wycheproof -- -D warnings
	$(CARGO) test -q --test layers

deny:
	@$(CARGO) deny --version >/dev/null 2>&1 || { echo "make deny needs cargo-deny: cargo install cargo-deny" >&2; exit 1; }
	@$(CARGO) deny --all-features check licenses bans sources $(if $(ADVISORIES),advisories)

deps:
	@tests/deps.sh all

header:
	@UPDATE_HEADER=1 $(CARGO) test --test header

errors:
	@UPDATE_ERRORS=1 $(CARGO) test --test errors the_page

js:
	@node js/minify.js < js/https.js > js/https.min.js.new && mv js/https.min.js.new js/https.min.js
	@node js/minify.js --full < js/https.js > js/https-full.min.js.new && mv js/https-full.min.js.new js/https-full.min.js
