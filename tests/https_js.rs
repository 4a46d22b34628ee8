//! `js/https.js` without an Espruino: its form, its minified form, and its behaviour in a stand-in for the interpreter
//! (node, with node's own TLS) against the servers of `tests/espruino`. The real thing is `make test-espruino`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn run(program: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .env_remove("ESPRUINO")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("the program {program} can't be run ({e}); `make deps` installs it"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn minify(source: &str) -> Output {
    minify_as(&[], source)
}

fn minify_as(options: &[&str], source: &str) -> Output {
    run("node", &[&[path("js/minify.js").to_str().unwrap()], options].concat(), source)
}

#[test]
fn the_minified_forms_are_current_and_small() {
    // The first lies in a firmware's flash; a Pixl.js has little left. The other one lies in Storage. 180 bytes of both are
    // the short way of a body: without it, bytes of one of 20 KB are lost at 115,200 baud.
    for (file, options, most) in
        [("js/https.min.js", &[] as &[&str], 7000), ("js/https-full.min.js", &["--full"], 11_700)]
    {
        let output = minify_as(options, &text("js/https.js"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let minified = text(file);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), minified, "{file}: `make js` writes it anew");
        assert!(minified.len() <= most, "{file}: {} bytes", minified.len());
    }
}

/// The minifier reads the whole language of https.js and refuses the rest, so it is its lint, too.
#[test]
fn what_espruino_or_the_minifier_does_not_know_is_refused() {
    for bad in [
        "exports.a = documnet;",
        "let a = 1;",
        "class A {}",
        "exports.a = () => 1;",
        "exports.a = `text`;",
        "const TEXT = \"a\";",
        "var { a } = exports;",
        "function f(a = 1) {}",
        "exports.a = 1\nexports.b = 2",
        // What Espruino does otherwise than others.
        "var o = {}, a = 1; o[a] = o[a] = 2;",
        "exports.a = /a{2}/;",
        "exports.a = /a?/;",
        "exports.a = /(a|b)/;",
        "exports.a = /\\bx/;",
        "exports.a = /x/y;",
        "//{ full\nexports.a = 1;\n",
        "//} full\nexports.a = 1;\n//{ full\n",
    ] {
        let output = minify(bad);
        assert!(!output.status.success(), "{bad:?} became {}", String::from_utf8_lossy(&output.stdout));
    }
    let output = minify("exports.a = 1;\n  //{ full\nexports.b = 2;\n  //} full\nexports.c = 3;\n");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "/* espruino-tls, MIT licence */\nexports.a=1;exports.c=3;\n"
    );
    // Small statements become expressions, where that means the same.
    for (long, short) in [
        ("if (E.a) E.b();", "E.a&&E.b()"),
        ("if (E.a || E.b) E.b();", "if(E.a||E.b)E.b()"),
        ("if (E.a) E.b = E.a; else E.b = 1;", "E.a?E.b=E.a:E.b=1"),
        ("if (E.a) E.b(); else if (E.c) E.a(); else E.c();", "E.a?E.b():E.c?E.a():E.c()"),
        ("if (E.a ? E.b : E.c) E.b(); else E.c();", "if(E.a?E.b:E.c)E.b();else E.c()"),
        ("if (E.a = E.b) E.b(); else E.c();", "if(E.a=E.b)E.b();else E.c()"),
        ("if (E.a) { E.b(); E.c(); }", "if(E.a)E.b(),E.c()"),
        ("if (E.a) { E.b(); E.c(); } else { E.c(); }", "if(E.a)E.b(),E.c();else E.c()"),
        ("if (E.a) { if (E.b) E.c(); E.a(); }", "if(E.a)E.b&&E.c(),E.a()"),
        ("if (E.a) { if (E.b) E.c(); } else E.a();", "E.a?E.b&&E.c():E.a()"),
        ("if (E.a) { var d = 1; }", "if(E.a){var a=1}"),
        ("if (E.a) { while (E.b) E.c(); }", "if(E.a){while(E.b)E.c()}"),
        ("if (E.a) { if (E.b) throw E.c; }", "if(E.a){if(E.b)throw E.c}"),
        ("if (E.a) delete E.b; else delete E.c;", "E.a?delete E.b:delete E.c"),
        ("try { E.a(); E.b(); } catch (e) { E.b(); E.c(); }", "try{E.a();E.b()}catch(a){E.b();E.c()}"),
    ] {
        let output = minify(&format!("exports.f = function() {{ {long} }};"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let minified = String::from_utf8(output.stdout).unwrap();
        assert_eq!(minified.lines().nth(1).unwrap(), format!("exports.f=function(){{{short}}};"), "{long}");
    }
    let output = minify(
        "const N = 3; var long = N, o = { long : long, _own : N }; exports.long = function(b) { return o._own + +b; };",
    );
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "/* espruino-tls, MIT licence */\nvar a=3,b={long:a,A:3};exports.long=function(a){return b.A+ +a};\n"
    );
}

#[test]
fn the_scripts_are_in_form() {
    let mut files = vec![path("js/https.js"), path("js/minify.js")];
    files.extend(fs::read_dir(path("js/examples")).unwrap().map(|e| e.unwrap().path()));
    assert!(files.len() >= 4);
    for file in files {
        let name = file.to_str().unwrap();
        let output = run("node", &["--check", name], "");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let problem = if line.chars().count() > 120 {
                "longer than 120 characters"
            } else if line.contains('\t') || line.ends_with(' ') {
                "tabs or spaces at its end"
            } else if (line.len() - line.trim_start().len()) % 2 != 0 {
                "indented by an odd number of spaces"
            } else {
                continue;
            };
            panic!("{name}:{}: {problem}", number + 1);
        }
    }
}

#[test]
fn https_js_in_a_stand_in_for_the_interpreter() {
    let output = run("python3", &["-B", path("tests/espruino/run.py").to_str().unwrap(), "--stand-in"], "");
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "see above");
    assert!(printed.contains("This is a stand-in"));
}

#[test]
fn without_an_espruino_the_real_tests_say_that_they_are_skipped() {
    let output = run("python3", &["-B", path("tests/espruino/run.py").to_str().unwrap()], "");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("SKIPPED: "));
}
