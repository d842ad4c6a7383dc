//! nsock: a netcat for people who diagnose networks.

use nsock::error::Exit;

#[expect(clippy::disallowed_methods, reason = "the one place where the process ends")]
fn main() {
    let exit = nsock::run::run(std::env::args_os());
    if let Exit::Signal(signal) = exit {
        nsock::signal::die(signal);
    }
    std::process::exit(exit.code());
}
