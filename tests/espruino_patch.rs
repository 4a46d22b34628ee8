//! espruino-patch/ where no Espruino is: the glue compiled against the declarations in `tests/espruino_patch/host.h`, and
//! run in the fake interpreter `host.c` against real servers; the make fragment in a make file that has Espruino's shape.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, process};

use common::pki::pki;
use common::servers::{self, Ending, body};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A directory with the headers that the glue asks for; each is `host.h`.
fn headers() -> PathBuf {
    let glue = fs::read_to_string(root().join("espruino-patch/jswrap_espruino_tls.c")).unwrap();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = root().join(format!("target/test-c/espruino-{}-{count}", process::id()));
    fs::create_dir_all(&directory).unwrap();
    for line in glue.lines() {
        let Some(name) = line.strip_prefix("#include \"").and_then(|rest| rest.strip_suffix('"')) else { continue };
        if name != "espruino_tls.h" && name != "jswrap_espruino_tls.h" {
            fs::write(directory.join(name), "#include \"host.h\"\n").unwrap();
        }
    }
    for name in ["jsvar.h", "network.h"] {
        fs::write(directory.join(name), "#include \"host.h\"\n").unwrap();
    }
    directory
}

/// A compiler command with every warning an error, Espruino's own set of warnings included.
fn compiler(name: &str, headers: &Path) -> Command {
    let mut command = Command::new(name);
    command.args(["-std=gnu99", "-Wall", "-Wextra", "-Wconversion", "-Werror"]).current_dir(root());
    for include in [Path::new("include"), Path::new("espruino-patch"), Path::new("tests/espruino_patch"), headers] {
        command.arg("-I").arg(include);
    }
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; `make deps` installs it"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The library much as https.make builds it for Linux.
fn library(profile: &str) -> PathBuf {
    let output = run(common::command_with_cargo("espruino-patch/lib.sh").args([profile, "host"]));
    String::from_utf8(output.stdout).unwrap().trim().into()
}

/// The glue in its fake interpreter, with the compiler's checks for memory and undefined behaviour.
fn host() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| build_host("espruino_host", LIBRARY, &["-DETLS_ERROR_TEXT"]))
}

/// The same as on a chip, whose library has no sentences.
fn host_without_sentences() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| build_host("espruino_host_codes", LIBRARY, &[]))
}

/// What the library is built with.
const LIBRARY: &str = "full,tls13,resumption,client-auth";

fn build_host(name: &str, profile: &str, defines: &[&str]) -> PathBuf {
    let headers = headers();
    let program = root().join("target/test-c").join(name);
    let unfinished = program.with_extension(process::id().to_string());
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g", "-DLINUX", "-DUSE_FILESYSTEM"]).current_dir(root());
    cc.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Iinclude", "-Iespruino-patch"]);
    cc.args(defines).args(["-Itests/espruino_patch", "-I"]).arg(&headers).arg("tests/espruino_patch/host.c");
    run(cc.arg(library(profile)).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&unfinished));
    fs::rename(unfinished, &program).unwrap();
    fs::remove_dir_all(headers).unwrap();
    program
}

/// What the fake interpreter said and got.
struct Run {
    said: String,
    body: Vec<u8>,
}

/// Runs it, and looks that everything was given back and the driver saw neither TLS nor options.
fn connect(port: u16, arguments: &[&str]) -> Run {
    connect_with(host(), port, arguments)
}

fn connect_with(host: &Path, port: u16, arguments: &[&str]) -> Run {
    let output = run(Command::new(host).arg(port.to_string()).args(arguments));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("left: 0 variables, 0 allocations, no sockets\n"), "{arguments:?}\n{said}");
    assert!(!said.contains("the driver saw"), "{arguments:?}\n{said}");
    assert!(!said.contains("did not stay"), "{arguments:?}\n{said}");
    assert!(!said.contains("not wiped"), "{arguments:?}\n{said}");
    Run { said, body: output.stdout }
}

impl Run {
    #[track_caller]
    fn says(&self, lines: &[&str]) -> &Self {
        for line in lines {
            assert!(self.said.lines().any(|said| said == *line), "{line:?} is missing:\n{}", self.said);
        }
        self
    }

    /// An error event with this code, and a message that begins with it.
    #[track_caller]
    fn fails(&self, how: &str, code: &str) -> &Self {
        self.says(&[&format!("{how} code={code}")]);
        let message = format!("{how} message={code}: ");
        assert!(self.said.lines().any(|said| said.starts_with(&message)), "{}", self.said);
        self
    }

    /// The body of an HTTP answer.
    fn body(&self) -> &[u8] {
        let end = self.body.windows(4).position(|w| w == b"\r\n\r\n").expect("headers");
        &self.body[end + 4..]
    }
}

#[test]
fn the_glue_compiles_without_a_warning() {
    let headers = headers();
    let object = headers.join("glue.o");
    let source = ["-c", "espruino-patch/jswrap_espruino_tls.c", "-o"];
    run(compiler("cc", &headers).args(["-DLINUX", "-DUSE_FILESYSTEM"]).args(source).arg(&object));
    for text in [&[] as &[&str], &["-DETLS_ERROR_TEXT"], &["-DETLS_TRACE"]] {
        let mut gcc = compiler("arm-none-eabi-gcc", &headers);
        run(gcc.args(["-mcpu=cortex-m4", "-mthumb", "-Os"]).args(text).args(source).arg(&object));
    }
    fs::remove_dir_all(headers).unwrap();
}

/// Without sentences the message has the numbers and where to look them up; with sentences, JavaScript's names.
#[test]
fn a_message_says_what_to_do_or_where_it_stands() {
    let server = servers::openssl_www("p256", &["-tls1_2"]);
    let ca = format!("ca=@{}", pki().path("root-p256.pem").display());
    let arguments = ["host=localhost", &ca, "-1970"];
    let run = connect_with(host_without_sentences(), server.port, &arguments);
    let message = "ERR_TLS_CLOCK_NOT_SET: alert 80 5 0, errors.md#109";
    run.says(&["error code=ERR_TLS_CLOCK_NOT_SET", &format!("error message={message}")]);
    run.says(&["after authorizationError=ERR_TLS_CLOCK_NOT_SET", &format!("after error={message}")]);
    run.says(&["after code=ERR_TLS_CLOCK_NOT_SET"]);
    let run = connect_with(host_without_sentences(), server.port, &["fingerprint256=00:11"]);
    run.says(&["thrown code=ERR_INVALID_ARG_VALUE", "thrown message=ERR_INVALID_ARG_VALUE: 6 0, errors.md#7"]);

    let run = connect(server.port, &arguments);
    let message = run.said.lines().find(|line| line.starts_with("error message=")).unwrap();
    assert!(message.ends_with("(setTime(), for instance from an NTP server; `checkValidity: false`)"), "{message}");
}

/// HTTPS_TRACE=1 and the option `trace`.
#[test]
fn a_connection_is_shown_step_by_step() {
    let host = build_host("espruino_host_trace", &format!("{LIBRARY},trace"), &["-DETLS_ERROR_TEXT", "-DETLS_TRACE"]);
    let server = servers::openssl_www("self-ec", &["-tls1_2"]);
    let pin = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    let run = connect_with(&host, server.port, &[&pin, "trace=true", "-get=/1"]);
    let steps: Vec<&str> = run.said.lines().filter_map(|line| line.strip_prefix("TLS ")).collect();
    let messages = steps.iter().filter(|step| step.contains("message"));
    let messages: Vec<String> = messages.map(|step| step.split(',').next().unwrap().to_string()).collect();
    let order = ["> 1", "< 2", "< 11", "< 12", "< 14", "> 16", "> 20", "< 20"];
    assert_eq!(messages, order.map(|step| format!("{} message {}", &step[..1], &step[2..])), "{}", run.said);
    assert!(steps.iter().any(|step| step.ends_with(" bytes, awaited: ServerHelloDone")), "{}", run.said);
    for step in ["open", "< alert 0", "slice"] {
        assert!(steps.contains(&step), "{step}: {}", run.said);
    }
    assert!(!connect_with(&host, server.port, &[&pin, "-get=/1"]).said.contains("TLS "));
}

/// Neither lib.sh nor the compiler makes a library for a device that gives its secrets away.
#[test]
fn no_firmware_tells_secrets() {
    for target in ["thumbv7em-none-eabi", "host"] {
        let output =
            common::command_with_cargo("espruino-patch/lib.sh").args(["full,key-log", target]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("key-log tells all secrets"), "{said}");
    }
    let root = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let refusal = "#[cfg(all(feature = \"key-log\", target_os = \"none\"))]\ncompile_error!";
    assert!(root.contains(refusal));
    // Nor does any feature that a firmware has bring it along.
    let manifest = fs::read_to_string(self::root().join("Cargo.toml")).unwrap();
    let bringing = manifest.lines().filter(|line| line.contains("\"key-log\""));
    assert_eq!(bringing.count(), 0);
}

#[test]
fn bodies_arrive_whole_from_a_fast_and_from_a_slow_driver() {
    let server = servers::lighttpd("openssl", "self-ec");
    let fingerprint = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    for (version, highest) in [("TLSv1.2", "maxVersion=TLSv1.2"), ("TLSv1.3", "maxVersion=TLSv1.3")] {
        for size in servers::SIZES {
            let get = format!("-get=/{size}");
            let run = connect(server.port, &[&fingerprint, "host=127.0.0.1", highest, &get]);
            run.says(&["connected", "asked", "ended -1", "after state=closed", "after authorized=1", "after ended=1"]);
            run.says(&[&format!("after protocol={version}"), "after maxFragmentLength=1024"]);
            run.says(&[&format!("after {}", fingerprint)]);
            assert!(run.body() == body(size), "body of {size} bytes");
        }
        let run = connect(server.port, &[&fingerprint, highest, "-get=/1024", "-slow"]);
        assert!(run.says(&["ended -1", "after ended=1"]).body() == body(1024));
    }
}

#[test]
fn a_client_certificate_is_shown() {
    let root = pki().path("root-p256.pem");
    let flags = ["-Verify", "3", "-verify_return_error", "-CAfile", root.to_str().unwrap()];
    let server = servers::openssl_www("self-ec", &flags);
    let pin = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    let cert = format!("cert=@{}", pki().path("client.chain.pem").display());
    let key = format!("key=@{}", pki().path("client.key.pem").display());
    for version in ["maxVersion=TLSv1.2", "minVersion=TLSv1.3"] {
        let run = connect(server.port, &[&pin, version, &cert, &key, "-get=/1024"]);
        assert!(run.says(&["connected", "ended -1"]).body() == body(1024));
        let run = connect(server.port, &[&pin, version, "-get=/1024"]);
        // The right certificate came, but in TLS 1.2 the server has not yet proved that it has its key.
        run.says(&[if version.contains("1.2") { "after authorized=0" } else { "after authorized=1" }]);
        assert!(run.body.is_empty() && run.said.lines().any(|l| l.starts_with("error code=ERR_SSL_")), "{}", run.said);
    }
    let other = format!("key=@{}", pki().path("self-ec.key.pem").display());
    connect(server.port, &[&pin, &cert, &other]).fails("thrown", "ERR_OSSL_X509_KEY_VALUES_MISMATCH");
}

#[test]
fn a_session_is_given_out_and_resumed() {
    let server = servers::openssl_www("self-ec", &[]);
    let pin = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    for version in ["maxVersion=TLSv1.2", "minVersion=TLSv1.3"] {
        let first = connect(server.port, &[&pin, version, "session=true", "-get=/1024"]);
        first.says(&["connected", "after resumed=0"]);
        let name = root().join(format!("target/test-c/session-{}", process::id()));
        let session = first.said.lines().find_map(|line| line.strip_prefix("session ")).expect("a session");
        fs::write(
            &name,
            (0..session.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&session[i..i + 2], 16).unwrap())
                .collect::<Vec<u8>>(),
        )
        .unwrap();
        let given = format!("session=&{}", name.display());
        let second = connect(server.port, &[&pin, version, &given, "-get=/1024"]);
        // Ours is the last Finished then in TLS 1.2, too: ClientHello, Finished and the request.
        second.says(&["connected", "after resumed=1", "asked in 2 writes"]);
        fs::remove_file(name).unwrap();
        let none = connect(server.port, &[&pin, version, "-get=/1024"]);
        assert!(!none.said.contains("session "), "{}", none.said);
    }
}

#[test]
fn records_larger_than_the_buffer_borrow_memory() {
    let server = servers::rustls("p256", Ending::CloseNotify);
    let pin = format!("pinnedPubKey={}", pki().pin("p256"));
    let run = connect(server.port, &[&pin, "ALPNProtocols=http/1.1", "-get=/102400"]);
    run.says(&["ended -1", "after ended=1", "after alpnProtocol=http/1.1", "after maxFragmentLength=0"]);
    run.says(&["after largestRecord=16384"]);
    assert!(run.body() == body(102_400));
    let run = connect(server.port, &[&pin, "maxRecord=2000", "-get=/102400"]);
    run.fails("error", "ERR_SSL_DATA_LENGTH_TOO_LONG");
}

#[test]
fn certificates_come_as_text_as_a_file_from_a_function_and_in_an_array() {
    let server = servers::lighttpd("openssl", "p256");
    let file = pki().path("root-p256.pem");
    let file = file.to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    // Espruino takes strings of up to 100 characters as names of files.
    let name = temporary().join(format!("etls-ca-{}.pem", process::id()));
    fs::copy(file, &name).unwrap();
    let name = name.to_str().unwrap();
    assert!(name.len() <= 100, "TMPDIR's path is too long for this test");
    let other = fs::read_to_string(pki().path("root-p384.pem")).unwrap();
    for ca in [
        &[&format!("ca={text}")[..]][..],
        &[&format!("ca=@{file}")],
        &[&format!("ca={name}")],
        &[&format!("ca={other}"), &format!("ca=@{file}")],
        &[&format!("ca={other}{text}")],
    ] {
        let run = connect(server.port, &[&["host=localhost"], ca].concat());
        run.says(&["connected", "info authorized=1", "info state=open"]);
    }
    fs::remove_file(name).unwrap();
    let run = connect(server.port, &["host=localhost", "ca=no-such-file"]);
    run.fails("thrown", "ENOENT");
    let run = connect(server.port, &["host=localhost", "ca=true"]);
    run.fails("thrown", "ERR_INVALID_ARG_TYPE");
    let parts = vec!["ca=@".to_owned() + file; 9];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    connect(server.port, &parts).fails("thrown", "ERR_OUT_OF_RANGE");
}

/// The 16 ways to give or not to give a fingerprint, a pin, `ca` and the insecure mode: what is given holds, but that
/// the insecure mode drops `ca`. As tests/security.rs has it for Rust.
#[test]
fn what_is_given_must_hold() {
    let server = servers::lighttpd("openssl", "p256");
    let fingerprints = [pki().fingerprint("p256"), pki().fingerprint("self-ec")].map(|f| format!("fingerprint256={f}"));
    let pins = [pki().pin("p256"), pki().pin("self-ec")].map(|pin| format!("pinnedPubKey={pin}"));
    let cas = ["root-p256.pem", "root-rsa.pem"].map(|ca| format!("ca=@{}", pki().path(ca).display()));
    let given = [fingerprints, pins, cas, ["rejectUnauthorized=false".into(), "rejectUnauthorized=false".into()]];
    let codes =
        ["ERR_TLS_CERT_FINGERPRINT_MISMATCH", "ERR_TLS_PINNED_KEY_MISMATCH", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
    for combination in 0..16 {
        let chosen: Vec<usize> = (0..4).filter(|bit| combination >> bit & 1 == 1).collect();
        let insecure = chosen.contains(&3);
        // all of them right, then each of them wrong
        for wrong in [None].into_iter().chain(chosen.iter().filter(|option| **option < 3).map(Some)) {
            let mut arguments = vec!["host=localhost"];
            arguments.extend(chosen.iter().map(|option| &given[*option][usize::from(wrong == Some(option))][..]));
            let run = connect(server.port, &arguments);
            match wrong {
                None if chosen.is_empty() => {
                    run.fails("thrown", "ERR_TLS_NO_TRUST");
                }
                Some(&option) if option != 2 || !insecure => {
                    run.fails("error", codes[option]);
                }
                _ => {
                    let holds = chosen.iter().any(|option| *option < 2 || *option == 2 && !insecure);
                    run.says(&["connected", &format!("info authorized={}", u8::from(holds))]);
                }
            }
        }
    }
}

#[test]
fn who_can_not_be_trusted_is_refused_and_the_error_says_why() {
    let server = servers::lighttpd("openssl", "p256");
    let right = format!("ca=@{}", pki().path("root-p256.pem").display());
    let wrong = format!("ca=@{}", pki().path("root-p384.pem").display());
    let pin = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    let run = connect(server.port, &["host=localhost", &wrong]);
    run.fails("error", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY").says(&["after authorized=0", "after state=failed"]);
    run.says(&["after authorizationError=UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);
    connect(server.port, &["host=example.org", &right]).fails("error", "ERR_TLS_CERT_ALTNAME_INVALID");
    connect(server.port, &["host=example.org", "servername=localhost", &right]).says(&["connected"]);
    connect(server.port, &["host=localhost", &right, "-1970"]).fails("error", "ERR_TLS_CLOCK_NOT_SET");
    connect(server.port, &["host=localhost", &right, "-1970", "checkValidity=false"]).says(&["connected"]);
    let run = connect(server.port, &[&pin]);
    run.fails("error", "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    run.says(&[&format!("after fingerprint256={}", pki().fingerprint("p256"))]);
    let right_too = format!("fingerprint256={}", pki().fingerprint("p256"));
    connect(server.port, &[&pin, &right_too]).says(&["connected", "info authorized=1"]);
    let run = connect(server.port, &["rejectUnauthorized=false"]);
    run.says(&["connected", "info authorized=0", "info authorizationError=ERR_TLS_UNCHECKED"]);
    // Only `false` switches it off.
    connect(server.port, &["rejectUnauthorized=0"]).fails("thrown", "ERR_TLS_NO_TRUST");
}

#[test]
fn a_wrong_configuration_is_thrown_before_anything_is_sent() {
    let pin = "fingerprint256=00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
    for (arguments, code) in [
        (&["host=localhost"][..], "ERR_TLS_NO_TRUST"),
        (&["fingerprint256=00:11"], "ERR_INVALID_ARG_VALUE"),
        (&[pin, "maxFragmentLength=1000"], "ERR_OUT_OF_RANGE"),
        (&[pin, "minVersion=TLSv9"], "ERR_TLS_INVALID_PROTOCOL_VERSION"),
        (&[pin, "pfx=@Cargo.toml"], "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"),
        (&[pin, "cert=@Cargo.toml"], "ERR_MISSING_ARGS"),
        (&[pin, "key=@Cargo.toml"], "ERR_MISSING_ARGS"),
        (&[pin, "cert=@Cargo.toml", "cert=@Cargo.toml"], "ERR_OUT_OF_RANGE"),
        (&[pin, "-server"], "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"),
        // Not a file's name, though it is short: it was cut off.
        (&["host=localhost", "ca=-----BEGIN CERTIFICATE-----\nMIIB"], "ERR_OSSL_PEM_BAD_END_LINE"),
        (&["host=localhost", "ca=no-such-file.pem"], "ENOENT"),
        (&[pin, "-norandom"], "ERR_TLS_RANDOM"),
        (&[pin, "-stack=2000"], "ERR_OUT_OF_MEMORY"),
        (&[pin, "-nomemory=0"], "ERR_OUT_OF_MEMORY"),
        (&[pin], "ECONNREFUSED"), // nobody listens on port 1
    ] {
        connect(1, arguments).fails("thrown", code);
    }
}

/// The server may take its time to acknowledge the first of two writes, and the network to send the second.
#[test]
fn finished_and_the_request_are_one_write() {
    let server = servers::openssl_www("self-ec", &[]);
    let pin = format!("fingerprint256={}", pki().fingerprint("self-ec"));
    connect(server.port, &[&pin, "minVersion=TLSv1.3", "-get=/1024"]).says(&["asked in 2 writes"]);
    // The server's Finished comes last.
    connect(server.port, &[&pin, "maxVersion=TLSv1.2", "-get=/1024"]).says(&["asked in 3 writes"]);
}

#[test]
fn an_error_that_nobody_listens_for_is_thrown_on_the_console() {
    let server = servers::openssl_www("self-ec", &[]);
    let pin = format!("fingerprint256={}", pki().fingerprint("rsa"));
    connect(server.port, &[&pin]).fails("error", "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    connect(server.port, &[&pin]).fails("thrown", "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    let heard = connect(server.port, &[&pin, "-listening"]);
    heard.fails("error", "ERR_TLS_CERT_FINGERPRINT_MISMATCH");
    assert!(!heard.said.contains("thrown "), "{}", heard.said);
}

#[test]
fn how_a_connection_ends() {
    let pin = format!("fingerprint256={}", pki().fingerprint("p256"));
    // Everything that came is handed out before the error, and a request that got its whole answer has none.
    let server = servers::rustls("p256", Ending::Cut);
    let run = connect(server.port, &[&pin, "-get=/1024"]);
    run.fails("error", "ECONNRESET").says(&["ended -9", "after ended=0"]);
    assert!(run.body() == body(1024));
    let run = connect(server.port, &[&pin, "http", "-answered", "-get=/1024"]);
    run.says(&["ended -1", "after ended=0"]);
    assert!(run.body() == body(1024));

    let server = servers::raw(b"HTTP/1.0 400 Bad Request\r\n\r\n".to_vec());
    connect(server.port, &[&pin, "-get=/"]).fails("error", "ERR_SSL_WRONG_VERSION_NUMBER").says(&["ended -13"]);
    let server = servers::raw(Vec::new());
    connect(server.port, &[&pin, "-get=/"]).fails("error", "ECONNRESET").says(&["ended -9"]);
}

#[test]
fn memory_is_given_back_whatever_happens() {
    let server = servers::rustls("p256", Ending::CloseNotify);
    let pin = format!("fingerprint256={}", pki().fingerprint("p256"));
    // connect() counts.
    connect(server.port, &[&pin, "-kill"]);
    connect(server.port, &[&pin, "-offline"]);
    let ca = format!("ca=@{}", pki().path("root-p256.pem").display());
    connect(server.port, &[&ca, "host=localhost", "-kill"]);
    // The next connection has the same place, whether this one came to something or not, with a session or without.
    connect(server.port, &[&pin, "-get=/1024", "-again"]).says(&["again: the same memory"]);
    connect(server.port, &[&pin, "-get=/1024", "session=true", "-again"]).says(&["again: the same memory"]);
    connect(server.port, &["fingerprint256=00", "-again"]).says(&["again: other memory"]);
    connect(server.port, &[&pin, "-stack=4000"]).fails("error", "ENOMEM").says(&["ended -2"]);
    // Each time one more request for memory is met: at first it is what waits while there is something to compute, then a
    // record of 16 KB.
    let mut codes = Vec::new();
    for met in 1..12 {
        let run = connect(server.port, &[&pin, &format!("-nomemory={met}"), "-get=/102400"]);
        codes.extend(run.said.lines().find_map(|line| line.strip_prefix("error code=")).map(str::to_owned));
    }
    assert!(codes.iter().all(|code| code == "ENOMEM" || code == "ERR_OUT_OF_MEMORY"), "{codes:?}");
    assert!(codes.iter().any(|code| code == "ERR_OUT_OF_MEMORY"), "{codes:?}");
}

/// `make -n` with the fragment in a make file of Espruino's shape; a library of `size` bytes stands for the real one. The
/// project is reached by a symbolic link, `clone`, so that its own path may have what make can't take, and is in no output.
struct Make {
    directory: PathBuf,
    size: usize,
}

/// Where the variable or the system puts what is temporary, unless make can't take that.
fn temporary() -> PathBuf {
    let directory = std::env::temp_dir();
    if directory.to_str().is_some_and(|path| !path.contains(' ')) { directory } else { "/tmp".into() }
}

impl Make {
    fn new(name: &str, size: usize) -> Self {
        let directory = temporary().join(format!("etls-make-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("boards")).unwrap();
        std::os::unix::fs::symlink(root(), directory.join("clone")).unwrap();
        let board =
            "chip = {'saved_code': {'address': 0x6d000, 'page_size': 4096, 'pages': 9}, 'ram': 64}\ninfo = {}\n";
        fs::write(directory.join("boards/PIXLJS.py"), board).unwrap();
        Make { directory, size }
    }

    fn output(&self, arguments: &[&str]) -> Output {
        let library = self.directory.join("lib.o");
        if !library.exists() {
            let source = self.directory.join("lib.c");
            fs::write(&source, format!("const char code[{}] = {{1}};\n", self.size)).unwrap();
            run(Command::new("arm-none-eabi-gcc").arg("-c").arg(source).arg("-o").arg(&library));
        }
        let project = self.project();
        Command::new("make")
            .args(["-n", "--no-print-directory", "-f"])
            .arg(format!("{project}/tests/espruino_patch/Makefile"))
            .arg(format!("SETDEFINES={project}/espruino-patch/https.make"))
            .arg(format!("HTTPS_LIB={}", library.display()))
            .args(["HTTPS_MODULE=0", "HTTPS_SMALL=0"]) // their sizes change; what comes later on the command line counts
            .args(arguments)
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .current_dir(&self.directory)
            .output()
            .unwrap()
    }

    /// The project's path as make is told it.
    fn project(&self) -> String {
        self.directory.join("clone").to_str().unwrap().to_owned()
    }

    fn says(&self, arguments: &[&str]) -> (String, String) {
        let output = self.output(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}\n{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    }

    /// One line says why it can't be done.
    #[track_caller]
    fn stops(&self, arguments: &[&str], reason: &str) {
        let output = self.output(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}\n{said}");
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(reason)).collect();
        assert_eq!(lines.len(), 1, "{arguments:?}\n{said}");
        assert!(lines[0].contains("https.make: "), "{said}");
    }
}

impl Drop for Make {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

#[track_caller]
fn line_with<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part:?} is missing:\n{text}"))
}

#[test]
fn only_the_socket_code_is_renamed_and_the_library_is_linked() {
    let make = Make::new("linux", 1000);
    let (plan, _) = make.says(&["BOARD=LINUX", "USE_TLS=1"]);
    for name in ["netCreateSocket", "netCloseSocket", "netRecv", "netSend", "jsiQueueObjectCallbacks"] {
        let renamed: Vec<&str> = plan.lines().filter(|line| line.contains(&format!("-D{name}="))).collect();
        assert_eq!(renamed.len(), 1, "{plan}");
        assert!(renamed[0].starts_with("CC obj/libs/network/socketserver.o "), "{plan}");
    }
    // Its defragmentation makes room for ours.
    assert!(line_with(&plan, "-DjsvDefragment=").starts_with("CC obj/src/jsvar.o "), "{plan}");
    assert_eq!(plan.matches("-DjsvDefragment=").count(), 1, "{plan}");
    let root = make.project();
    assert!(plan.contains(&format!("CC obj/{root}/espruino-patch/defragment.o ")), "{plan}");
    assert!(line_with(&plan, "LD ").contains(&format!("{}/lib.o", make.directory.display())), "{plan}");
    assert!(plan.contains(&format!("CC obj/{root}/espruino-patch/jswrap_espruino_tls.o ")), "{plan}");
    assert!(line_with(&plan, "WRAPPERS ").contains(&format!("{root}/espruino-patch/jswrap_espruino_tls.c")), "{plan}");
    assert!(line_with(&plan, "socketserver.o").contains(&format!("-I{root}/include")), "{plan}");
    // Espruino's own TLS is off even where it is asked for, and what is built is checked.
    assert!(!plan.contains("USE_TLS"), "{plan}");
    // What comes with it for `crypto` stays.
    let (plan, _) = make.says(&["BOARD=LINUX", "USE_TLS=1", "USE_CRYPTO=1"]);
    assert!(line_with(&plan, "CC obj/libs/crypto/jswrap_crypto.o ").contains(" -DUSE_TLS"), "{plan}");
    assert!(line_with(&plan, "CC obj/libs/crypto/jswrap_crypto.o ").contains(" -DAES"), "{plan}");
    assert_eq!(plan.matches("-DUSE_TLS").count(), 1, "{plan}");
    assert!(line_with(&plan, "WRAPPERS ").contains("espruino-patch/jswrap_crypto_pbkdf2.c"), "{plan}");
    assert!(line_with(&plan, "report.py").contains("--objects obj"), "{plan}");
    // Nothing of it when Espruino builds its bootloader.
    let (plan, _) = make.says(&["BOARD=PIXLJS", "BOOTLOADER=1"]);
    for part in ["-DnetCreateSocket", "jswrap_espruino_tls", "report.py", "lib.o", &root] {
        // The make file itself is ours.
        assert!(!plan.replace(&format!("{root}/tests/espruino_patch/Makefile"), "").contains(part), "{part}: {plan}");
    }
}

#[test]
fn a_serial_port_brings_longer_pieces() {
    let (plan, _) = Make::new("pieces", 1000).says(&["BOARD=PIXLJS"]);
    let longer: Vec<_> = plan.lines().filter(|line| line.contains("MAX_MTU_SIZE=252")).collect();
    assert_eq!(longer.len(), 2, "{plan}");
    for (line, object) in longer.iter().zip(["jsdevices", "jsinteractive"]) {
        assert!(line.starts_with(&format!("CC obj/src/{object}.o ")), "{plan}");
    }
}

/// Nordic's functions are renamed where there are others in the library, and nowhere else.
#[test]
fn bluetooth_takes_the_keys_of_the_library() {
    let (plan, _) = Make::new("no-ecdh", 1000).says(&["BOARD=PIXLJS"]);
    assert!(!plan.contains("ecc_"), "{plan}");
    let make = Make::new("ecdh", 1000);
    let (source, library) = (make.directory.join("ecdh.c"), make.directory.join("lib.o"));
    fs::write(&source, "int etls_ecdh_agree(void) { return 1; }\n").unwrap();
    run(Command::new("arm-none-eabi-gcc").arg("-c").arg(source).arg("-o").arg(library));
    let (plan, _) = make.says(&["BOARD=PIXLJS"]);
    let ours = format!("CC obj/{}/espruino-patch/bluetooth_ecdh.o ", make.project());
    for line in ["CC obj/targets/nrf5x/bluetooth.o ", &ours] {
        let line = line_with(&plan, line);
        for name in ["ecc_init", "ecc_p256_keypair_gen", "ecc_p256_shared_secret_compute"] {
            assert!(line.contains(&format!(" -D{name}=espruinoTlsEcc")), "{line}");
        }
    }
    assert_eq!(plan.matches("-Decc_init=").count(), 2, "{plan}");
}

#[test]
fn what_can_not_be_built_stops_with_a_line_that_says_why() {
    let make = Make::new("stops", 1000);
    make.stops(&["BOARD=ESP32"], "the board ESP32 is not supported");
    make.stops(&["BOARD=NONET"], "has no network sockets");
    make.stops(&["BOARD=LINUX", "HTTPS_PROFILE=most"], "HTTPS_PROFILE is full or pin, not 'most'");
    make.stops(&["BOARD=LINUX", "HTTPS_LIB=nowhere.a"], "there is no TLS library nowhere.a");
    make.stops(&["BOARD=LINUX", "PYTHON=no-such-python"], "no-such-python is missing");
    make.stops(&["BOARD=PIXLJS", "HTTPS_KEEP=JIT TETRIS"], "there is no feature TETRIS: they are JIT NFC ");
    make.stops(&["BOARD=PIXLJS", "HTTPS_SERIAL_BUFFER=1000"], "HTTPS_SERIAL_BUFFER is a power of two from 256 to 8192");
    make.stops(&["BOARD=PIXLJS", "HTTPS_CODE_PAGES=10"], "HTTPS_CODE_PAGES is 2 to 9, not 10");
    make.stops(
        &["BOARD=OTHER52", "HTTPS_CODE_PAGES=4"],
        "HTTPS_CODE_PAGES is for boards with saved code in the chip's own flash: OTHER52 ",
    );
    let make = Make::new("large", 150_000);
    make.stops(&["BOARD=PIXLJS"], "bytes of flash are missing even without JIT ");
}

/// A program for the chip, without the section that some builds of Espruino have last; 40 bytes are written to RAM at boot.
fn program(name: &str, size: usize) -> PathBuf {
    let directory = temporary().join(format!("etls-report-{name}-{}", process::id()));
    fs::create_dir_all(directory.join("objects")).unwrap();
    let source = directory.join("program.c");
    let text =
        format!("const char code[{size}] = {{1}}; int data[10] = {{1}}; int start(void) {{ return code[data[0]]; }}\n");
    fs::write(&source, text).unwrap();
    let script = "SECTIONS { .text 0x1f000 : { *(.text* .rodata*) } .data 0x20003290 : AT(0x1f000 + SIZEOF(.text)) { *(.data*) } }\n";
    fs::write(directory.join("link.ld"), script).unwrap();
    run(Command::new("arm-none-eabi-gcc")
        .args([
            "-mcpu=cortex-m4",
            "-mthumb",
            "-nostdlib",
            "-Wl,-e,start",
            "-Tlink.ld",
            "program.c",
            "-o",
            "program.elf",
        ])
        .current_dir(&directory));
    directory
}

#[test]
fn a_firmware_that_is_too_large_is_noticed() {
    for (size, fits) in [(1100, true), (1030, false)] {
        let directory = program(if fits { "fits" } else { "large" }, 1000);
        let output = Command::new("python3")
            .arg(root().join("espruino-patch/report.py"))
            .args([
                "program.elf",
                "--objects",
                "objects",
                "--prefix",
                "arm-none-eabi-",
                "--end",
                &format!("{:#x}", 0x1f000 + size),
            ])
            .current_dir(&directory)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(if fits { 0 } else { 2 }), "{said}");
        assert!(said.contains(&format!(" bytes of {size}, ")), "{said}");
        assert_eq!(said.contains("TOO MANY"), !fits, "{said}");
        fs::remove_dir_all(directory).unwrap();
    }
}

/// make itself splits paths at spaces, so this can't be built; one line says what to do.
#[test]
fn a_path_with_a_space_stops_with_a_line_that_says_why() {
    let make = Make::new("space", 1000);
    std::os::unix::fs::symlink(root(), make.directory.join("a clone")).unwrap();
    let reason = "make can't take a space in a path: put espruino-tls";
    // As make wants a space written.
    let escaped = make.directory.join("a\\ clone/espruino-patch/https.make");
    make.stops(&["BOARD=LINUX", &format!("SETDEFINES={}", escaped.display())], reason);
    make.stops(&["BOARD=LINUX", "HTTPS_LIB=a lib.o"], reason);
    fs::create_dir(make.directory.join("an espruino")).unwrap();
    make.stops(&["BOARD=LINUX", "-C", "an espruino"], "build elsewhere");
}

#[test]
fn as_much_as_needed_is_left_out_and_said() {
    // With the 4,200 bytes of glue, 1,200 more since nothing is compiled for size, 800 to spare and 732 that the stock firmware
    // is over: JIT (12,116) is enough.
    let make = Make::new("little", 4800);
    let (plan, said) = make.says(&["BOARD=PIXLJS"]);
    let left_out = |said: &str| -> Vec<String> {
        let line =
            |line: &str| line.strip_prefix("https.make:   ").and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        said.lines().filter_map(line).collect()
    };
    assert_eq!(left_out(&said), ["JIT"], "{said}");
    assert!(!plan.contains("-DJIT") && plan.contains("-DNFC") && plan.contains("-DFILESYSTEM"), "{plan}");
    // What is kept is replaced by the next, and by no more than needed.
    let (plan, said) = make.says(&["BOARD=PIXLJS", "HTTPS_KEEP=JIT,NFC"]);
    assert_eq!(left_out(&said), ["FILESYSTEM"], "{said}");
    assert!(plan.contains("-DJIT") && plan.contains("-DNFC") && !plan.contains("-DFILESYSTEM"), "{plan}");
    let (_, said) = make.says(&["BOARD=PIXLJS", "HTTPS_LEAVE_OUT=WAVEFORM"]);
    assert_eq!(left_out(&said), ["WAVEFORM", "JIT"], "{said}");
    let blacklist = fs::read_to_string(make.directory.join("gen/https_blacklist.json")).unwrap();
    assert_eq!(blacklist, r#"[{"class": "Waveform", "name": "*"}]"#);
    // What is included later is found as before, behind what is ours.
    let (plan, said) = make.says(&["BOARD=PIXLJS", "HTTPS_LEAVE_OUT=HID BONDING"]);
    assert_eq!(left_out(&said), ["HID", "BONDING"], "{said}");
    let line = line_with(&plan, "CC obj/libs/network/network.o ");
    let places: Vec<usize> = ["/include/config ", "-Isrc", "-Isdk/nfc"].map(|part| line.find(part).expect(line)).into();
    assert!(places.is_sorted() && line.matches("/include/config ").count() == 1, "{line}");
    // A list of one's own is not lost.
    fs::write(make.directory.join("own.json"), r#"[{"class": "E", "name": "asm"}]"#).unwrap();
    make.says(&["BOARD=PIXLJS", "HTTPS_LEAVE_OUT=WAVEFORM", "BLACKLIST=own.json"]);
    let blacklist = fs::read_to_string(make.directory.join("gen/https_blacklist.json")).unwrap();
    assert_eq!(blacklist, r#"[{"class": "Waveform", "name": "*"}, {"class": "E", "name": "asm"}]"#);
    // Compiled for size, Espruino's own code leaves room for this, and the functions of the C library are ours.
    assert!(!plan.contains("espruino-patch/runtime.o"), "{plan}");
    let (plan, said) = make.says(&["BOARD=PIXLJS", "HTTPS_SMALL=1"]);
    assert!(left_out(&said).is_empty(), "{said}");
    let flags = "-fno-lto -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns";
    for name in ["runtime", "double", "exponential"] {
        assert!(line_with(&plan, &format!("espruino-patch/{name}.o ")).contains(flags), "{plan}");
    }
    let line = line_with(&plan, "CC obj/libs/network/network.o ");
    assert!(!line.contains("-fno-lto") && line.contains("--param=uninlined-function-insns=0"), "{line}");
    let (plan, _) = make.says(&["BOARD=PIXLJS", "HTTPS_SMALL=1", "USE_CRYPTO=1"]);
    assert!(line_with(&plan, "libs/crypto/jswrap_crypto.o ").contains("-Dmbedtls_sha1=espruinoTlsSha1"), "{plan}");
    assert!(plan.contains("espruino-patch/sha1.o"), "{plan}");
    // Other boards lose nothing that was not named.
    let (plan, said) = make.says(&["BOARD=OTHER52"]);
    assert!(left_out(&said).is_empty() && plan.contains("-DJIT"), "{said}{plan}");

    // Fewer pages for saved code: said plainly, and the board's own description is taken and changed.
    let (plan, said) = make.says(&["BOARD=PIXLJS", "HTTPS_CODE_PAGES=4"]);
    assert!(left_out(&said).is_empty(), "{said}");
    assert!(said.contains("WHAT IS SAVED ON THE DEVICE IS LOST"), "{said}");
    assert!(plan.contains("--end 0x72000 "), "{plan}");
    let described = |python: &str| {
        let path = make.directory.join("gen/https_board");
        let python = format!("import PIXLJS; c = PIXLJS.chip; b = PIXLJS.info.get('io_buffer_size'); print({python})");
        let output =
            run(Command::new("python3").args(["-c", &python]).env("PYTHONPATH", path).current_dir(&make.directory));
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    };
    assert_eq!(
        described("hex(c['saved_code']['address']), c['saved_code']['pages'], c['ram'], b"),
        "0x72000 4 64 2048"
    );
    // What a modem sends waits in a buffer that is large enough, or as large as somebody says.
    make.says(&["BOARD=PIXLJS", "HTTPS_SERIAL_BUFFER=4096"]);
    assert_eq!(described("hex(c['saved_code']['address']), b"), "0x6d000 4096");
    let (plan, _) = make.says(&["BOARD=PIXLJS", "HTTPS_SERIAL_BUFFER=0"]);
    assert!(!plan.contains("https_board"), "{plan}");
}

/// A package for an update over Bluetooth is whole and signed, and is refused when it is neither.
#[test]
fn a_signed_package_is_made_and_checked() {
    let folder = std::env::temp_dir().join(format!("etls-dfu-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).current_dir(&folder).output().unwrap_or_else(|e| panic!("{program}: {e}"))
    };
    for key in ["key.pem", "other.pem"] {
        let made = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key];
        assert!(run("openssl", &made).status.success());
    }
    // 16 bytes at 0x1f000, and 2 behind a gap of 16.
    let image = ":020000021000EC\n:10F0000000112233445566778899AABBCCDDEEFF08\n:02F020000102EB\n:00000001FF\n";
    fs::write(folder.join("image.hex"), image).unwrap();
    let script = root().join("espruino-patch/dfu.py");
    let dfu = |arguments: &[&str]| {
        let output = run("python3", &[&["-B", script.to_str().unwrap()], arguments].concat());
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    };
    // As Espruino's make calls Nordic's program.
    let settings =
        ["--application-version", "0xff", "--hw-version", "52", "--sd-req", "0x8C,0x91", "--key-file", "key.pem"];
    let made = [&["nrf5sdk-tools", "pkg", "generate", "it.zip", "--application", "image.hex"], &settings[..]].concat();
    assert_eq!(dfu(&made), (true, String::new()));
    let (is_right, said) = dfu(&["check", "it.zip", "--key-file", "key.pem"]);
    assert!(is_right && said.contains("an application of 34 bytes"), "{said}");
    assert!(said.contains("for hardware 52 with SoftDevice 0x8C or 0x91"), "{said}");
    let (is_right, said) = dfu(&["check", "it.zip", "--key-file", "other.pem"]);
    assert!(!is_right && said.contains("the signature is not by other.pem"), "{said}");
    // Another image in the same package.
    let damage = "import zipfile; old = zipfile.ZipFile('it.zip'); new = zipfile.ZipFile('bad.zip', 'w'); \
                  [new.writestr(n, old.read(n)[:-1] + b'?' if n.endswith('.bin') else old.read(n)) for n in old.namelist()]; \
                  new.close()";
    assert!(run("python3", &["-c", damage]).status.success());
    let (is_right, said) = dfu(&["check", "bad.zip", "--key-file", "key.pem"]);
    assert!(!is_right && said.contains("the image is not the one"), "{said}");
    fs::write(folder.join("image.hex"), image.replace("CCDD", "CCDC")).unwrap();
    let (is_right, said) = dfu(&made);
    assert!(!is_right && said.contains("line 2 is damaged"), "{said}");
    fs::remove_dir_all(folder).unwrap();
}
