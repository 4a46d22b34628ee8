//! One of the systems of tests/systems.rs as a server of its own, for clients that are not Rust:
//! `cargo run --example system_server -- powerwall` prints `PORT n` and, for each connection, what came of it. Without a
//! name it prints the names, and the files with the certificates: `FILE name path`.

#[path = "../common/mod.rs"]
mod common;

use std::io::Write;
use std::process::ExitCode;

use common::pki::pki;
use common::systems::ALL;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1);
    let Some(name) = wanted else {
        for (name, _) in ALL {
            println!("SYSTEM {name}");
        }
        for file in ["root-rsa.pem", "root-new.pem", "root-old.pem", "root-p256.pem", "int-p256.pem", "self-ec.pem"] {
            println!("FILE {file} {}", pki().path(file).display());
        }
        for client in ["client", "client-rsa", "client-by-rsa"] {
            for suffix in ["chain.pem", "key.pem"] {
                let file = format!("{client}.{suffix}");
                println!("FILE {file} {}", pki().path(&file).display());
            }
        }
        for entry in ["self-ec", "self-ec-renewed"] {
            println!("FINGERPRINT {entry} {}", pki().fingerprint(entry));
        }
        return ExitCode::SUCCESS;
    };
    let Some((_, system)) = ALL.into_iter().find(|(known, _)| *known == name) else {
        eprintln!("system_server: there is no system {name:?}; without a name I print those there are");
        return ExitCode::from(2);
    };
    let server = system.start();
    println!("PORT {}", server.port);
    loop {
        let _ = std::io::stdout().flush();
        println!("{:?}", server.wait());
    }
}
