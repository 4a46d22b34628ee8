"""Every command line and every script of the documents: how it is tried and what it must do, or why it is not tried.

A command that is in a document and not here fails, and so does one that is here and in no document.
"""

HERE, ESPRUINO = "a copy of this repository, its path with a space in it", "a copy of Espruino's source"


class Run:
    """A command line that is run in a shell.

    expect   regular expressions that what it prints must match, {fingerprint} and the like filled in
    changes  (old, new): what stands for the reader's own names, as it is here
    quick    in `make test`, too; else in `make test-commands` only
    makes    a file that must be there afterwards, as a pattern
    needs    a command that succeeds where this one can be run, and why it can't be elsewhere
    """

    def __init__(self, *expect, changes=(), where=HERE, quick=False, makes=None, needs=None):
        self.expect, self.changes, self.where, self.quick, self.makes, self.needs = expect, changes, where, quick, makes, needs


class Excused:
    """One that is not run, and why. Whether make and cargo know it is looked at all the same."""

    def __init__(self, why, where=HERE):
        self.why, self.where = why, where


DEVICE = (("192.168.1.50:443", "127.0.0.1:{port}"), ("HOST:443", "127.0.0.1:{port}"), ("192.168.1.50", "127.0.0.1:{port}"),
          ("AB:CD:...", "{fingerprint}"), ("127.0.0.1:8443", "127.0.0.1:{port}"))
PIN = "fingerprint256: *\"{fingerprint}\""
IN_TEST = "`make test` runs it"
RUST32 = ('echo "int main(void) { return 0; }" | gcc -m32 -xc -o /dev/null - && { [ -n "${ETLS_CARGO_FLAGS:-}" ] || '
          '[ -d "$(rustc --print target-libdir --target i686-unknown-linux-gnu)" ]; }',
          "Rust's target i686-unknown-linux-gnu or gcc -m32 is missing")
FIRMWARE = (("/path/to/espruino-tls", "{link}"),)
OUTPUT = (" SETDEFINES", " GENDIR=gen-{objects} OBJDIR={objects} BINDIR=bin SETDEFINES")


def firmware(*expect, makes, objects):
    return Run(*expect, changes=((OUTPUT[0], OUTPUT[1].replace("{objects}", objects)),) + FIRMWARE, where=ESPRUINO, makes=makes)


COMMANDS = {
    # README.md
    "make demo": Run("refused, as it should be"),
    "make test": Excused("it is what this is a part of"),
    "make test-fresh": Excused("sets up a whole Debian; tries the first two commands by itself"),
    "cargo run --release --example https_get -- https://127.0.0.1:8443/ --ca root.pem":
        Run('"temperature": 21', "TLSv1.3", changes=DEVICE),
    "cargo run --release --example https_get -- https://192.168.1.50/api/meters --fingerprint AB:CD:...":
        Run('"temperature": 21', "fingerprint", changes=DEVICE),
    "make BOARD=PIXLJS RELEASE=1 SETDEFINES=/path/to/espruino-tls/espruino-patch/https.make":
        Excused("its last step wants Nordic's nrfutil; the next command is the same image, packed by dfu.py", where=ESPRUINO),
    "make BOARD=PIXLJS RELEASE=1 DFU_UPDATE_BUILD=1 SETDEFINES=/path/to/espruino-tls/espruino-patch/https.make":
        firmware(r"https\.make: image \d+ bytes of 319488", makes="bin/*_pixljs.zip", objects="objdfu"),
    "make probe URL=https://192.168.1.50/api/meters": Run("require..https..", "{fingerprint}", changes=DEVICE),
    "make probe URL=https://192.168.1.50": Run("require..https..", "{fingerprint}", changes=DEVICE),
    "make probe URL=...": Run("require..https..", changes=(("URL=...", "URL=https://127.0.0.1:{port}"),)),
    "make probe": Excused("the same without its URL"),
    "openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256":
        Run("(?i)sha256 fingerprint={fingerprint}", changes=DEVICE, quick=True),
    "cargo run --example two_at_once -- ca.pem HOST:443/ HOST:443/":
        Run(r"(?s)(\d\d+ bytes.*){2}other work had its turn", changes=(("HOST:443", "localhost:{port}"),)),
    "cargo doc --open": Run(r"^(?!(?s:.*warning))", changes=(("--open", "--no-deps"),), makes="target/doc/espruino_tls/index.html"),
    "cargo build --release": Run(makes="target/release/libespruino_tls.a"),
    "rustup target add thumbv7em-none-eabi": Excused("changes the machine's Rust, and the network must be there"),
    "rustup component add rust-src": Excused("changes the machine's Rust, and the network must be there"),
    "make lib PROFILE=full": Run(makes="target/lib/thumbv7em-none-eabi-full-*/libespruino_tls.a"),
    "make lib": Run(makes="target/lib/thumbv7em-none-eabi-full-*/libespruino_tls.a"),
    "make size": Run("full"),
    "make size-check": Run("SIZE: no figure grew"),
    "make test-chip": Excused(IN_TEST),
    "make test-commands": Excused("it is what runs these"),
    "make pictures": Run(makes="tests/chip/memory.svg"),
    "make test-espruino": Excused("a test of its own, of some minutes"),
    "make test-espruino ESPRUINO=/path/to/espruino": Excused("a test of its own, of some minutes"),
    "make test-espruino ESPRUINO=FILE": Excused("a test of its own, of some minutes"),
    "make bench": Excused("fetches the rivals' sources, and takes most of an hour"),
    "make test-firmware": Excused("wants an image"),
    "make test-firmware FIRMWARE=FILE.elf ESPRUINO_DRIVERS=FOLDER": Excused("a test of its own, of an hour"),
    # CONTRIBUTING.md
    "make header": Run("test result: ok"),
    "make errors": Run("test result: ok"),
    "cargo test --features trace,key-log --test trace": Excused(IN_TEST),
    "make lint": Run(),
    "make deny": Excused("wants cargo-deny"),
    "make constant-time": Excused("takes an hour"),
    "make constant-time-host": Run("test result: ok", needs=("command -v valgrind && uname -m | grep x86_64", "valgrind is missing")),
    "make miri": Excused("wants a nightly Rust with Miri"),
    "make soak ESPRUINO=FILE": Excused("wants an Espruino, and an hour"),
    "make bogo BOGO_RUNNER=FILE": Excused("wants BoringSSL's runner"),
    "cargo test --test interop": Excused(IN_TEST),
    "cargo test --lib NAME": Run(r"test result: ok\. [1-9]", changes=(("NAME", "both_take_turns"),)),
    "cargo test --doc": Excused(IN_TEST),
    "cargo test --test header": Excused(IN_TEST),
    "cargo test --test chip NAME -- --ignored": Excused(IN_TEST),
    # espruino-patch/README.md
    "make BOARD=LINUX  RELEASE=1 SETDEFINES=/path/to/espruino-tls/espruino-patch/https.make":
        firmware(makes="bin/espruino", objects="objlinux"),
    "mkdir -p gen32 obj32 bin32": Run(where=ESPRUINO),
    "CFLAGS=-m32 LDFLAGS=-m32 DEFINES=-DUSE_CALLFUNCTION_HACK make BOARD=LINUX RELEASE=1 VARIABLES=2950 "
    "SETDEFINES=/path/to/espruino-tls/espruino-patch/https.make GENDIR=gen32 OBJDIR=obj32 BINDIR=bin32":
        Run(changes=FIRMWARE, where=ESPRUINO, makes="bin32/espruino", needs=RUST32),
    "openssl s_client -connect 192.168.1.50:443 </dev/null | openssl x509 -noout -fingerprint -sha256":
        Run("(?i)sha256 fingerprint={fingerprint}", changes=DEVICE, quick=True),
    "openssl s_client -showcerts":
        Run("(?s)BEGIN CERTIFICATE.*BEGIN CERTIFICATE", quick=True,
            changes=(("-showcerts", "-showcerts -connect 127.0.0.1:{chain} </dev/null"),)),
    "ln -sf /path/to/espruino-tls/espruino-patch/dfu.py scripts/nrfutil": Run(changes=FIRMWARE, where=ESPRUINO, makes="scripts/nrfutil"),
    "python3 /path/to/espruino-tls/espruino-patch/dfu.py check bin/espruino_*_pixljs.zip --key-file "
    "targets/nrf5x_dfu/dfu_private_key.pem": Run(r"an application of 3\d\d\d\d\d bytes", "hardware 52", "signed by dfu_private_key",
                                                changes=FIRMWARE, where=ESPRUINO),
    "make clean": Excused("Espruino's own", where=ESPRUINO),
    "make flash": Excused("a programmer and a board are needed", where=ESPRUINO),
}


class Script:
    """A block of JavaScript, found by a line of it.

    expect   what it prints must match, in the stand-in and in Espruino; without it, the block is parsed alone, for `why`
    changes  as above; `before` and `after` are what the block leaves to the text around it
    """

    def __init__(self, line, *expect, changes=(), before="", after="", module="https.min.js", why=None):
        self.line, self.expect, self.changes, self.before, self.after = line, expect, changes, before, after
        self.module, self.why = module, why


HOST = (('"192.168.1.50"', '"127.0.0.1", port : {port}'), ('"AB:CD:..."', '"{fingerprint}"'))
ROOT = 'require("Storage").write("root.pem", {root});\n'
SCRIPTS = [
    Script('require("https").get({host: "192.168.1.50"', "^200$",
           changes=HOST + (("res => ...", "res => print(res.statusCode)"),)),
    Script('method : "POST", headers', r'200 TLSv1\.[23]', r'asked: POST /readings {"temperature":21}',
           before=ROOT, changes=(("https://example.com", "https://localhost:{port}"),)),
    Script("setTime(1795305600);", '"temperature": *21', changes=HOST),
    Script('require("Storage").write("root.pem", `', "^200$",
           changes=(("-----BEGIN CERTIFICATE-----\n...", "{pem}"), ('"api.example.com"', '"localhost", port : {port}'),
                    (", ...);", ", function(res) { print(res.statusCode); });"))),
    Script('E.setConsole("Bluetooth"', why="the pins and the serial port of a board"),
    Script('"192.168.1.50", path : "/api/meters", fingerprint256 : "AB:CD:..."', '200 {"temperature": *21', changes=HOST),
    Script('https.defaults.headers = { "X-Api-Key"', "200 .*X-Api-Key",
           before=ROOT, after='https.get("https://localhost:{port}/", function(res) {\n'
           '  print(res.statusCode, Object.keys(https.defaults.headers).join());\n});\n'),
    Script("https.defaults.keepAlive = 30000;", r"(?s)(^21$.*){3}",
           before='var https = require("https");\nhttps.defaults.fingerprint256 = "{fingerprint}";\n', module="https-full.min.js",
           changes=(("https://example.com", "https://localhost:{port}"), ("}, 10000);", "}, 200);"))),
    Script("https.retry(function(again) {", "^setup", "asked: GET /fails-once/setup.json.*asked: GET /fails-once/setup.json",
           before='var https = require("https");\nhttps.defaults.fingerprint256 = "{fingerprint}";\n',
           changes=(("https://example.com/", "https://localhost:{port}/fails-once/"), ("tries : 8", "tries : 8, base : 10"),
                    ("    ...\n", '    res.on("data", function(d) { print("setup", d); });\n'))),
]
