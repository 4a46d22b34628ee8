//! The targets without libFuzzer: a loop of mutations by a fixed seed.
//!
//! ```text
//! fixed run [EXECUTIONS] [SEED] [TARGET]   mutates every target's seeds that often (or one target's)
//! fixed seeds DIRECTORY                    writes every target's seeds into a folder of its name
//! fixed record NUMBER PORT                 records a connection with a server on 127.0.0.1
//! fixed input TARGET FILE                  runs one input
//! fixed hostile                            servers that lie: see src/hostile.rs
//! fixed files                              the files that must be in the material's folder
//! fixed recordings                         certificate and flags of each server to be recorded
//! ```

use espruino_tls_fuzz::input::Random;
use espruino_tls_fuzz::{TARGETS, Target, hostile, material, mutate, replay};
use std::net::TcpStream;

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target is called {name}"))
}

fn fuzz(target: &Target, executions: usize, seed: u64) {
    let seeds = (target.seeds)();
    for seed in &seeds {
        (target.run)(seed);
    }
    let mut random = Random(seed);
    // what is left if an input makes the process end
    let file = material::directory().join(format!("last.{}", target.name));
    for _ in 0..executions {
        let (mut data, other) = (seeds[random.below(seeds.len())].clone(), &seeds[random.below(seeds.len())]);
        mutate::mutate(&mut data, other, &mut random);
        let run = target.run;
        if let Err(problem) = std::panic::catch_unwind(|| run(&data)) {
            std::fs::write(&file, &data).expect("a place for the input");
            eprintln!("{}: the input is in {}", target.name, file.display());
            std::panic::resume_unwind(problem);
        }
    }
    println!("{} {executions} executions, {} seeds", target.name, seeds.len());
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["run", ref rest @ ..] => {
            let number = |at: usize| rest.get(at).map(|text: &&str| text.parse().expect("a number"));
            let (executions, seed) = (number(0).unwrap_or(1000), number(1).unwrap_or(1) as u64);
            for target in TARGETS.iter().filter(|target| rest.get(2).is_none_or(|name| *name == target.name)) {
                fuzz(target, executions, seed);
            }
        }
        ["seeds", directory] => {
            for target in TARGETS {
                let folder = std::path::Path::new(directory).join(target.name);
                std::fs::create_dir_all(&folder).expect("a folder for seeds");
                for (i, seed) in (target.seeds)().iter().enumerate() {
                    std::fs::write(folder.join(format!("seed-{i:02}")), seed).expect("a place for seeds");
                }
            }
        }
        ["record", number, port] => {
            let port: u16 = port.parse().expect("a port");
            replay::record(
                number.parse().expect("a number"),
                TcpStream::connect(("127.0.0.1", port)).expect("a server"),
            );
        }
        ["input", name, file] => (target(name).run)(&std::fs::read(file).expect("a file")),
        ["hostile"] => hostile::run(),
        ["files"] => material::FILES.iter().for_each(|file| println!("{file}")),
        ["recordings"] => {
            for recording in replay::RECORDINGS {
                println!("{} {}", recording.entry, recording.flags.join(" "));
            }
        }
        _ => panic!("see src/bin/fixed.rs"),
    }
}
