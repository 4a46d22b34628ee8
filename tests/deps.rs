//! `tests/deps.sh` asks for what is missing, also where something that looks like it is there. Each look-alike is put
//! before the real thing: in the search path, or under `DEPS_ROOT` for what is looked for at absolute paths.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

fn deps() -> Command {
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deps.sh")).stdin(Stdio::null());
    for name in ["CARGO", "RUSTC", "CC", "CMAKE", "LIBCLANG_PATH", "CLANG_PATH", "LLVM_CONFIG_PATH"] {
        command.env_remove(name);
    }
    for name in ["LD_LIBRARY_PATH", "LIBRARY_PATH", "BINDGEN_EXTRA_CLANG_ARGS", "ETLS_CHIP_RUST"] {
        command.env_remove(name);
    }
    command
}

/// The real program of that name, as the shell would find it.
fn real(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{program} is missing; `make deps` installs it"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// A machine on which not everything is what it seems.
struct Machine {
    directory: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Machine {
    fn new() -> Machine {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("deps {}-{count}", process::id()));
        fs::create_dir_all(directory.join("bin")).unwrap();
        Machine { directory, variables: vec![] }
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.file(name, format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A program, first in the search path, that is this shell script. `REAL` is the program's own path.
    fn program(self, name: &str, script: &str) -> Machine {
        let script = if script.contains("REAL") { script.replace("REAL", &real(name)) } else { script.to_owned() };
        self.script(&format!("bin/{name}"), &script);
        self
    }

    fn variable(mut self, name: &'static str, value: impl Into<String>) -> Machine {
        self.variables.push((name, value.into()));
        self
    }

    /// Absolute paths are looked for in a folder that has of /usr only these.
    fn with_root(self, parts: &[&str]) -> Machine {
        for entry in fs::read_dir("/usr").unwrap().map(|entry| entry.unwrap().file_name()) {
            let name = entry.to_str().unwrap();
            // lib64 and the like are lib.
            if parts.iter().any(|part| name == *part || *part == "lib" && name.starts_with("lib")) {
                symlink(format!("/usr/{name}"), self.path(&format!("root/usr/{name}"))).unwrap();
            }
        }
        let root = self.directory.join("root").to_str().unwrap().to_owned();
        self.variable("DEPS_ROOT", root)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut path = self.directory.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        deps().args(arguments).env("PATH", path).envs(self.variables.iter().cloned()).output().unwrap()
    }

    /// These packages would be installed and no other, and this is said of the first.
    #[track_caller]
    fn asks_for(self, what: &str, packages: &str, reason: &str) {
        let output = self.run(&[what, "--print"]);
        let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
        assert_eq!(printed.split_whitespace().collect::<Vec<_>>().join(" "), packages, "{said}");
        assert!(said.contains(reason), "{reason:?} is not in:\n{said}");
    }

    /// It stops and says this.
    #[track_caller]
    fn stops(&self, what: &str, reason: &str) {
        let output = self.run(&[what]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(said.contains(reason), "{reason:?} is not in:\n{said}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.directory).unwrap();
        }
    }
}

/// Where these tests run, `make deps` has been done.
#[test]
fn nothing_is_asked_for_where_all_is_there() {
    Machine::new().asks_for("all", "", "");
    let rooted = Machine::new().with_root(&["lib", "bin", "sbin"]);
    rooted.asks_for("all", "", "");
}

#[test]
fn a_compiler_without_its_library_or_its_sanitizers() {
    let compiler = "gcc libc6-dev";
    Machine::new().program("cc", "exec REAL -nostdinc \"$@\"").asks_for("demo", compiler, "stdio.h");
    Machine::new().program("cc", "exec REAL -L/nowhere -nostdlib \"$@\"").asks_for("demo", compiler, "_start");
    let without =
        "case \"$*\" in *fsanitize*) echo 'cannot find libasan.so: error' >&2; exit 1 ;; esac; exec REAL \"$@\"";
    Machine::new().program("cc", without).asks_for("all", compiler, "libasan");
    Machine::new().variable("CC", "no-such-cc").asks_for("demo", compiler, "no-such-cc: command not found");
}

#[test]
fn a_make_of_another_kind_and_a_cmake_that_is_a_shell() {
    Machine::new().program("make", "echo 'usage: make [-BeikNnqrSstWwX]' >&2; exit 1").asks_for(
        "demo",
        "make",
        "not GNU make",
    );
    let shim = "echo \"ModuleNotFoundError: No module named 'cmake'\" >&2; exit 1";
    Machine::new().program("cmake", shim).asks_for("demo", "cmake", "No module named");
    let old = "echo 'CMake Error: CMake 3.5 or higher is required. You are running version 3.0.2' >&2; exit 1";
    Machine::new().program("cmake", old).asks_for("demo", "cmake", "version 3.0.2");
}

#[test]
fn what_looks_like_libclang() {
    // Neither `llvm-config` nor `clang` show another way to the real one.
    let machine = || {
        let machine = Machine::new().with_root(&["sbin", "bin"]);
        machine.program("llvm-config", "exit 1").program("clang", "exit 1")
    };
    let asks = |machine: Machine, reason: &str| machine.asks_for("demo", "libclang-dev", reason);
    let elf = fs::read("/proc/self/exe").unwrap();
    let library = |machine: &Machine, name: &str| {
        let source = machine.file("empty.c", "int nothing;\n");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-o"]).arg(machine.path(name)).arg(source);
        assert!(cc.status().unwrap().success());
    };

    asks(machine(), "no libclang.so");
    // clang's C++ library, which other parts of LLVM bring.
    let cpp = machine();
    cpp.file("root/usr/lib/llvm-14/lib/libclang-cpp.so.14", &elf);
    cpp.file("root/usr/lib/x86_64-linux-gnu/libclang-cpp.so.14.0", &elf);
    asks(cpp, "no libclang.so");
    let archive = machine();
    archive.file("root/usr/lib/llvm-14/lib/libclang.a", "!<arch>\n");
    archive.file("root/usr/lib/llvm-14/lib/libclangBasic.so.14", &elf);
    asks(archive, "no libclang.so");
    let text = machine();
    text.file("root/usr/lib/libclang.so", "INPUT(libclang.so.1)\n");
    symlink("libclang.so.99", text.path("root/usr/lib/libclang.so.1")).unwrap();
    asks(text, "no libclang.so");
    // Of a computer with other words.
    let other = machine();
    other.file("root/usr/lib/llvm-14/lib/libclang.so.1", [&elf[..4], &[3 - elf[4]], &elf[5..]].concat());
    asks(other, "no libclang.so");
    // What can't be loaded, and what is something else.
    let broken = machine();
    broken.file("root/usr/lib/llvm-14/lib/libclang-14.so.1", &elf[..64]);
    asks(broken, "libclang can't be loaded");
    let empty = machine();
    library(&empty, "root/usr/local/lib/libclang.so");
    asks(empty, "is not a libclang");

    let output = deps().arg("libclang").output().unwrap();
    let real = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert!(output.status.success() && real.contains("/libclang"), "{real}");
    // The real one, without the headers that are clang's own.
    let alone = machine().variable("BINDGEN_EXTRA_CLANG_ARGS", "-nostdinc -isystem /usr/include");
    asks(alone.variable("LIBCLANG_PATH", &*real), "file not found");
    // A variable decides alone, right or wrong.
    Machine::new().with_root(&["sbin", "bin"]).variable("LIBCLANG_PATH", real).asks_for("demo", "", "");
    let nowhere = Machine::new();
    let path = nowhere.directory.to_str().unwrap().to_owned();
    nowhere.variable("LIBCLANG_PATH", path).asks_for("demo", "libclang-dev", "unset it or set it right");
}

#[test]
fn another_openssl() {
    for name in ["LibreSSL 3.8.2", "OpenSSL 1.1.1w  11 Sep 2023"] {
        let script = format!("case $1 in version) echo '{name}' ;; *) exec REAL \"$@\" ;; esac");
        Machine::new().program("openssl", &script).asks_for("demo", "openssl", name);
    }
    let no_configuration =
        "case $1 in req) echo \"Can't open openssl.cnf: error\" >&2; exit 1 ;; esac; exec REAL \"$@\"";
    Machine::new().program("openssl", no_configuration).asks_for("demo", "openssl", "openssl.cnf");
}

#[test]
fn a_python_without_its_library_and_an_old_one() {
    for module in ["ssl", "json", "argparse", "ctypes"] {
        let machine = Machine::new();
        machine.file(&format!("lib/{module}.py"), format!("raise ImportError('no {module} here')\n"));
        let library = machine.directory.join("lib").to_str().unwrap().to_owned();
        machine.variable("PYTHONPATH", library).asks_for("all", "python3", &format!("no {module} here"));
    }
    let old = "echo 'SyntaxError: invalid syntax' >&2; exit 1";
    Machine::new().program("python3", old).asks_for("all", "python3", "invalid syntax");
}

#[test]
fn a_node_that_is_too_old_or_not_node() {
    let machine = Machine::new();
    machine.file("old.js", "delete globalThis.btoa;\n");
    let script = format!("exec REAL -r '{}/old.js' \"$@\"", machine.directory.display());
    machine.program("node", &script).asks_for("all", "nodejs", "node 16 or newer");
    let machine = Machine::new();
    machine.file("old.js", "require('tls').DEFAULT_MAX_VERSION = 'TLSv1.2';\n");
    let script = format!("exec REAL -r '{}/old.js' \"$@\"", machine.directory.display());
    machine.program("node", &script).asks_for("all", "nodejs", "node 16 or newer");
    // A program for radio amateurs once had the name.
    Machine::new().program("node", "exit 1").asks_for("all", "nodejs", "not Node.js");
}

#[test]
fn lighttpd_without_a_module_and_with_one_that_does_not_load() {
    let lighttpd = real("lighttpd");
    let help = String::from_utf8(Command::new(&lighttpd).arg("-h").output().unwrap().stdout).unwrap();
    let modules =
        help.split("module directory (default: ").nth(1).expect("where its modules are").split(')').next().unwrap();
    let machine = Machine::new().with_root(&["lib", "bin"]);
    for file in fs::read_dir(modules).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        match name {
            "mod_gnutls.so" => (),
            "mod_mbedtls.so" => drop(machine.file(&format!("modules/{name}"), fs::read("/proc/self/exe").unwrap())),
            _ => symlink(&file, machine.path(&format!("modules/{name}"))).unwrap(),
        }
    }
    let script = format!("exec {lighttpd} -m '{}/modules' \"$@\"", machine.directory.display());
    machine.script("root/usr/sbin/lighttpd", &script);
    machine.asks_for("all", "lighttpd-mod-gnutls lighttpd-mod-mbedtls", "mod_gnutls.so");
    let none = Machine::new().with_root(&["lib", "bin"]).program("lighttpd", "exit 1");
    none.asks_for("all", "lighttpd lighttpd-mod-openssl lighttpd-mod-gnutls lighttpd-mod-mbedtls", "");
}

#[test]
fn a_gnutls_serv_that_does_not_know_what_is_asked_of_it() {
    let package = "gnutls-bin";
    Machine::new().program("gnutls-serv", "exit 127").asks_for("all", package, "");
    // Without the keyword it does not fail, but says so.
    let old = "echo 'Syntax error at: %ALLOW_SMALL_RECORDS' >&2; echo 'Cipher suites for NORMAL'";
    Machine::new().program("gnutls-serv", old).asks_for("all", package, "Syntax error");
    let without = "case \"$*\" in *--recordsize*) echo 'gnutls-serv: unrecognized option: error' >&2; exit 1 ;; esac";
    Machine::new().program("gnutls-serv", without).asks_for("all", package, "unrecognized option");
}

#[test]
fn a_compiler_for_the_chip_without_its_library() {
    let name = "arm-none-eabi-gcc";
    let library = "libnewlib-arm-none-eabi";
    Machine::new().program(name, "exec REAL -nostdinc \"$@\"").asks_for("chip", library, "string.h");
    // The headers are a package of their own.
    let without = "case \"$*\" in *nano.specs*) echo \"fatal error: cannot read spec file 'nano.specs'\" >&2; exit 1 ;; esac\n\
                   exec REAL \"$@\"";
    Machine::new().program(name, without).asks_for("chip", library, "nano.specs");
    // One without the library for floating point, and a linker that is too old for the options.
    for (option, reason) in [("softfp", "error: no such multilib"), ("rwx-segments", "error: unrecognized option")] {
        let without = format!("case \"$*\" in *{option}*) echo '{reason}' >&2; exit 1 ;; esac; exec REAL \"$@\"");
        Machine::new().program(name, &without).asks_for("chip", library, reason);
    }
    let compiler = "gcc-arm-none-eabi binutils-arm-none-eabi";
    Machine::new().program("arm-none-eabi-objcopy", "exit 1").asks_for("chip", compiler, "");
}

#[test]
fn an_emulator_without_the_machine() {
    let other = "echo 'Supported machines are:'; echo 'none                 empty machine'";
    Machine::new().program("qemu-system-arm", other).asks_for("chip", "qemu-system-arm", "no mps2-an386");
    // It runs, and semihosting does not.
    let without = "case \"$*\" in *semihosting*) echo 'error: semihosting is not compiled in' >&2; exit 1 ;; esac\n\
                   exec REAL \"$@\"";
    Machine::new().program("qemu-system-arm", without).asks_for("chip", "qemu-system-arm", "not compiled in");
}

/// `cargo` and its `rustc`, whose sysroot this is. What else is asked of rustc the real one does, if `knows` is set.
fn with_rust(machine: Machine, sysroot: &str, knows: bool) -> Machine {
    let sysroot = machine.path(sysroot);
    let rest = if knows { "exec REAL \"$@\"" } else { "echo 'error: incorrect value `immediate-abort`' >&2; exit 1" };
    let script = format!(
        "case \"$*\" in '--print sysroot') echo '{}' ;; --version) exec REAL --version ;;\n\
         '--print target-libdir'*) echo /nowhere ;; *) {rest} ;; esac",
        sysroot.display()
    );
    machine.program("cargo", "exec REAL \"$@\"").program("rustc", &script)
}

#[test]
fn a_rust_that_can_not_build_for_the_chip() {
    let packages = "rustc-web cargo-web rust-web-src";
    let machine = || Machine::new().with_root(&["lib", "sbin"]);
    with_rust(machine(), "sysroot", true).asks_for("chip", packages, "no Rust for thumbv7em-none-eabi here");
    // The source alone, of something.
    let empty = machine();
    fs::create_dir_all(empty.path("sysroot/lib/rustlib/src/rust/library/core")).unwrap();
    with_rust(empty, "sysroot", true).asks_for("chip", packages, "no Rust for thumbv7em-none-eabi here");
    let source = "sysroot/lib/rustlib/src/rust/library/core/Cargo.toml";
    let old = machine();
    old.file(source, "");
    with_rust(old, "sysroot", false).asks_for("chip", packages, "no Rust for thumbv7em-none-eabi here");
    let good = machine();
    good.file(source, "");
    with_rust(good, "sysroot", true).asks_for("chip", "", "");
}

#[test]
fn a_rust_that_is_too_old_or_does_not_run() {
    let old = Machine::new().program("rustc", "echo 'rustc 1.63.0 (4b91a6ea7 2022-08-08)'");
    old.stops("demo", "or newer is needed, and this one is 1.63.0");
    let none =
        Machine::new().program("cargo", "echo 'error: rustup could not choose a version of cargo to run' >&2; exit 1");
    none.stops("demo", "rustup could not choose a version");
    Machine::new().variable("CARGO", "no-such-cargo").stops("demo", "https://rustup.rs");
}

/// cmake is missing; apt-get writes down what it is told, and does this.
fn without_cmake(install: &str) -> Machine {
    let machine = Machine::new().program("cmake", "exit 1");
    let directory = machine.directory.display().to_string();
    let script =
        format!("echo \"$*\" >>'{directory}/log'\ncase $1 in install) cd '{directory}/bin'; {install} ;; esac");
    machine.program("apt-get", &script)
}

fn log(machine: &Machine) -> String {
    fs::read_to_string(machine.directory.join("log")).unwrap_or_default()
}

#[test]
fn what_is_missing_is_installed_and_looked_at_again() {
    let works = without_cmake("rm cmake").program("id", "echo 0");
    let output = works.run(&["demo"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("==> installing cmake\n"));
    assert!(log(&works).ends_with("install -y -qq --no-install-recommends cmake\n"), "{}", log(&works));
    // What one package brings shows that another is missing.
    let next = without_cmake(
        "case \"$*\" in *make*) rm cmake; printf '#!/bin/sh\\nexit 1\\n' >openssl; chmod +x openssl ;; esac",
    );
    let next = next.program("id", "echo 0");
    next.stops("demo", "for does not work:\n    openssl: ");
    assert!(log(&next).contains("cmake\n") && log(&next).contains(" openssl\n"), "{}", log(&next));
    let useless = without_cmake("true").program("id", "echo 0");
    useless.stops("demo", "installed, and what they are for does not work:\n    cmake: ");
    assert_eq!(log(&useless).matches("install ").count(), 1);
    let fails = without_cmake("exit 100").program("id", "echo 0");
    fails.stops("demo", "apt-get can't install them");
}

#[test]
fn a_sudo_that_is_not_for_this_user_and_an_apt_get_that_is_none() {
    let user = |sudo: &str| without_cmake("rm cmake").program("id", "echo 1000").program("sudo", sudo);
    let forbidden = user("echo 'sudo: a password is required' >&2; exit 1");
    forbidden.stops("demo", "sudo can't be used here; as root: apt-get install --no-install-recommends cmake\n");
    assert_eq!(log(&forbidden), "--version\n");
    let allowed = user("[ \"$1\" != -n ] || shift; exec \"$@\"");
    assert!(allowed.run(&["demo"]).status.success());
    let machine = without_cmake("").program("apt-get", "exit 1");
    machine.stops("demo", "install what your system calls these Debian packages: cmake\n");
}
