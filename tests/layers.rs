//! The order of the sources, read from the sources: which room may know which, no circles, and how large a file may be.
//!
//! What does not hold yet stands in a list of exceptions with a count, which may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src`, the lowest first. A room imports from itself and from those before it.
const ROOMS: &[&str] = &[
    "fuzzing",
    "trace",
    "key_log",
    "error",
    "text",
    "ip_address",
    "host_name",
    "codec",
    "crypto",
    "host",
    "config",
    "arena",
    "record",
    "schedule",
    "x509",
    "handshake",
    "connection",
    "socket",
    "socket_async",
    "ffi",
    "attacks",
    "lib",
];

/// A room that imports from a higher one, and how many files do.
const UPWARD: &[(&str, &str, usize)] = &[];

/// How many pairs of files in these rooms import each other.
const CIRCLES: &[(&str, &str, usize)] = &[];

/// Lines of a file without its tests.
const MOST_LINES: usize = 600;
const LONG_FILES: &[(&str, usize)] = &[];

/// Lines of tests that may lie in the file of what they test; more of them lie beside it, in `name/tests.rs`.
const MOST_TEST_LINES: usize = 60;
const LONG_TESTS: &[(&str, usize)] = &[];

/// Places that ask for a feature, in a file and in all. It was 762 once.
const MOST_FEATURES: usize = 15;
const MANY_FEATURES: &[(&str, usize)] = &[];
const ALL_FEATURES: usize = 303;

/// Characters of a line. The exceptions, all of them sentences of errors, are counted by room.
const MOST_COLUMNS: usize = 120;
const LONG_LINES: &[(&str, usize)] = &[("error", 67)];

/// Where `unsafe` may be, with the reason; elsewhere none is.
const UNSAFE: &[(&str, &str)] = &[
    ("ffi/", "the C ABI"),
    ("crypto/provider/", "calls C, assembly and the device"),
    ("crypto/work.rs", "a view of lent bytes as words"),
];

/// How a file of `crypto` says its timing class, in its first line.
const TIMING: &[&str] = &["Constant time", "Variable time on public data"];
/// Files of `crypto` that compute nothing ...
const NO_TIMING: &[&str] =
    &["mod.rs", "algorithm.rs", "operation.rs", "arithmetic/mod.rs", "provider/mod.rs", "signature/mod.rs"];
/// ... and how many do and do not say it yet.
const TIMING_UNSAID: usize = 0;

/// A source file: its name from `src` on, and its text without comments and without the tests in it.
struct Source {
    name: String,
    /// As it lies there.
    whole: String,
    code: String,
    /// The lines that its own tests have.
    test_lines: usize,
}

impl Source {
    /// The names of the modules on the way to it.
    fn module(&self) -> Vec<String> {
        let name = self.name.trim_end_matches(".rs").trim_end_matches("/mod");
        if name == "lib" { Vec::new() } else { name.split('/').map(String::from).collect() }
    }

    fn room(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

/// All files of `src` that are not tests as a whole.
fn sources() -> Vec<Source> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        if name.ends_with("tests.rs") || name.ends_with("testing.rs") {
            continue;
        }
        let whole = fs::read_to_string(&file).unwrap();
        let (mut code, mut test_lines, mut in_tests) = (String::new(), 0, false);
        let mut lines = whole.lines().peekable();
        while let Some(line) = lines.next() {
            let test = line.starts_with("#[cfg(") && line.contains("test");
            in_tests |= test && lines.peek().is_some_and(|next| next.contains("mod ") && next.ends_with('{'));
            if in_tests {
                test_lines += 1;
                in_tests = line != "}";
            } else {
                code.push_str(without_comment(line));
                code.push('\n');
            }
        }
        sources.push(Source { name, whole, code, test_lines });
    }
    assert!(sources.len() > 60, "{}", sources.len());
    sources
}

/// The line up to its comment. No string in the sources has two slashes and an import behind them.
fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// A path that is imported, from the crate's root on, the name it gets here, and whether it is handed on (`pub use`).
struct Import {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

fn imports(source: &Source) -> Vec<Import> {
    let mut all = Vec::new();
    let is_root = source.name.ends_with("mod.rs") || source.name == "lib.rs";
    let mut rest = source.code.as_str();
    // `use` and its tree
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].rsplit('\n').next().unwrap().trim();
        rest = &rest[at + 4..];
        let is_public = before.starts_with("pub");
        if !(before.is_empty() || is_public && !before.contains(' ')) {
            continue;
        }
        let Some((tree, tail)) = rest.split_once(';') else { break };
        let mut paths = Vec::new();
        expand("", &tree.split_whitespace().collect::<Vec<_>>().join(" "), &mut paths);
        assert!(!paths.is_empty(), "{}: {tree}", source.name);
        for path in paths {
            let (path, name) = match path.split_once(" as ") {
                Some((path, name)) => (path.to_string(), name.to_string()),
                None => (path.clone(), path.rsplit("::").next().unwrap().to_string()),
            };
            if let Some(path) = absolute(source, is_root, &path) {
                all.push(Import { path, name, is_public });
            }
        }
        rest = tail;
    }
    // paths that are written out
    for (at, _) in source.code.match_indices("crate::") {
        let before = &source.code[..at];
        if before.ends_with("in ") || before.rsplit(';').next().unwrap().contains("use ") {
            continue; // a visibility, or seen above
        }
        let path: String =
            source.code[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
        let path = absolute(source, is_root, path.trim_end_matches(':')).unwrap();
        all.push(Import { name: path.last().unwrap().clone(), path, is_public: false });
    }
    all
}

/// The paths of a tree of imports.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (i, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        match part.split_once('{') {
            Some((head, tail)) => {
                expand(&format!("{prefix}{}", head.trim()), tail.trim_end().strip_suffix('}').unwrap(), paths)
            }
            None if part == "self" => paths.push(prefix.trim_end_matches("::").to_string()),
            None => paths.push(format!("{prefix}{part}")),
        }
    }
}

/// From the crate's root on; `None` for other crates' paths, which begin with none of ours.
fn absolute(source: &Source, is_root: bool, path: &str) -> Option<Vec<String>> {
    let mut here = source.module();
    let mut segments: Vec<&str> = path.split("::").collect();
    match segments[0] {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            while segments.get(1) == Some(&"super") {
                here.pop();
                segments.remove(0);
            }
            here.pop();
        }
        // a child of this module
        first if is_root && source.code.contains(&format!("mod {first};")) => segments.insert(0, "self"),
        _ => return None,
    }
    here.extend(segments[1..].iter().map(|segment| segment.to_string()));
    Some(here)
}

/// Which file is meant by a path, through what its modules hand on.
fn file_of(path: &[String], files: &BTreeMap<Vec<String>, usize>, all: &[Vec<Import>], depth: usize) -> Option<usize> {
    assert!(depth < 10, "{path:?}");
    for length in (0..=path.len()).rev() {
        let Some(&file) = files.get(&path[..length]) else { continue };
        let Some(item) = path.get(length) else { return Some(file) };
        if let Some(import) = all[file].iter().find(|import| &import.name == item && import.path != path) {
            let mut path_there = import.path.clone();
            path_there.extend_from_slice(&path[length + 1..]);
            return file_of(&path_there, files, all, depth + 1).or(Some(file));
        }
        return Some(file);
    }
    None
}

/// For each file, the others that it imports from. What a file only hands on it does not import.
fn graph(sources: &[Source]) -> Vec<BTreeSet<usize>> {
    let files: BTreeMap<Vec<String>, usize> = sources.iter().enumerate().map(|(i, s)| (s.module(), i)).collect();
    let all: Vec<Vec<Import>> = sources.iter().map(imports).collect();
    let edges: Vec<BTreeSet<usize>> = (0..sources.len())
        .map(|i| {
            let imported = all[i].iter().filter(|import| !import.is_public);
            imported.filter_map(|import| file_of(&import.path, &files, &all, 0)).filter(|&file| file != i).collect()
        })
        .collect();
    assert!(edges.iter().map(BTreeSet::len).sum::<usize>() > 200, "imports are found");
    edges
}

/// Compares counts with those that are known: more are an error, fewer are said.
fn may_only_shrink<K: Ord + Clone + std::fmt::Debug>(what: &str, found: &BTreeMap<K, usize>, known: &[(K, usize)]) {
    let known: BTreeMap<K, usize> = known.iter().cloned().collect();
    let most = |key| known.get(key).copied().unwrap_or(0);
    let more: Vec<_> = found.iter().filter(|(key, count)| **count > most(key)).collect();
    assert!(more.is_empty(), "more {what} than tests/layers.rs allows: {more:?}");
    for (key, &most) in &known {
        let count = found.get(key).copied().unwrap_or(0);
        if count < most {
            println!("{what}: {key:?} has {count} now: lower its {most} in tests/layers.rs");
        }
    }
}

#[test]
fn rooms_import_from_rooms_below() {
    let sources = sources();
    let place =
        |room: &str| ROOMS.iter().position(|known| *known == room).unwrap_or_else(|| panic!("{room} has no place"));
    let mut upward = BTreeMap::new();
    for (from, to) in graph(&sources).iter().enumerate() {
        for to in to {
            let (from, to) = (&sources[from], &sources[*to]);
            if place(to.room()) > place(from.room()) {
                println!("{} imports {}", from.name, to.name);
                *upward.entry((from.room().to_string(), to.room().to_string())).or_insert(0) += 1;
            }
        }
    }
    let known: Vec<_> = UPWARD.iter().map(|(from, to, n)| ((from.to_string(), to.to_string()), *n)).collect();
    may_only_shrink("upward", &upward, &known);
}

#[test]
fn no_two_files_import_each_other() {
    let sources = sources();
    let graph = graph(&sources);
    let mut circles = BTreeMap::new();
    for (one, others) in graph.iter().enumerate() {
        for &other in others.iter().filter(|&&other| other > one && graph[other].contains(&one)) {
            println!("{} and {}", sources[one].name, sources[other].name);
            let mut rooms = [sources[one].room(), sources[other].room()].map(String::from);
            rooms.sort();
            *circles.entry(rooms).or_insert(0) += 1;
        }
    }
    let known: Vec<_> = CIRCLES.iter().map(|(a, b, n)| ([a.to_string(), b.to_string()], *n)).collect();
    may_only_shrink("circles", &circles, &known);
}

#[test]
fn files_are_short() {
    let count = |most: usize, lines: &dyn Fn(&Source) -> usize| -> BTreeMap<String, usize> {
        sources().iter().map(|s| (s.name.clone(), lines(s))).filter(|(_, lines)| *lines > most).collect()
    };
    let named = |list: &[(&str, usize)]| -> Vec<_> { list.iter().map(|(name, n)| (name.to_string(), *n)).collect() };
    may_only_shrink("lines", &count(MOST_LINES, &|s| s.code.lines().count()), &named(LONG_FILES));
    may_only_shrink("lines of tests", &count(MOST_TEST_LINES, &|s| s.test_lines), &named(LONG_TESTS));
    let long = |s: &Source| {
        // Test vectors are not broken.
        let is_long = |line: &&str| line.chars().count() > MOST_COLUMNS && !line.split('"').any(is_vector);
        s.whole.lines().filter(is_long).count()
    };
    let mut long_lines = BTreeMap::new();
    for source in sources() {
        *long_lines.entry(source.room().to_string()).or_insert(0) += long(&source);
    }
    long_lines.retain(|_, lines| *lines > 0);
    may_only_shrink("long lines", &long_lines, &named(LONG_LINES));
}

/// A long string without a space.
fn is_vector(text: &str) -> bool {
    text.len() > 60 && !text.contains(' ')
}

#[test]
fn features_are_asked_for_in_few_places() {
    let asks = |s: &Source| s.code.lines().filter(|line| line.contains("cfg") && line.contains("feature = ")).count();
    let sources = sources();
    let counts: BTreeMap<String, usize> = sources.iter().map(|s| (s.name.clone(), asks(s))).collect();
    let many: BTreeMap<_, _> = counts.clone().into_iter().filter(|(_, n)| *n > MOST_FEATURES).collect();
    let known: Vec<_> = MANY_FEATURES.iter().map(|(name, n)| (name.to_string(), *n)).collect();
    may_only_shrink("features", &many, &known);
    let all = BTreeMap::from([("src", counts.values().sum())]);
    may_only_shrink("features in all", &all, &[("src", ALL_FEATURES)]);
}

#[test]
fn unsafe_is_where_it_may_be() {
    for source in sources() {
        let words = source.code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if words.clone().any(|word| word == "unsafe") {
            assert!(UNSAFE.iter().any(|(place, _)| source.name.starts_with(place)), "unsafe in {}", source.name);
        }
    }
}

#[test]
fn crypto_says_its_timing_class() {
    let mut unsaid = BTreeMap::from([("crypto", 0)]);
    for source in sources() {
        let Some(name) = source.name.strip_prefix("crypto/") else { continue };
        let first = source.whole.lines().next().unwrap().trim_start_matches("//! ");
        if !NO_TIMING.contains(&name) && !TIMING.iter().any(|class| first.starts_with(class)) {
            println!("{name}: {first}");
            *unsaid.get_mut("crypto").unwrap() += 1;
        }
    }
    may_only_shrink("timing class unsaid", &unsaid, &[("crypto", TIMING_UNSAID)]);
}
