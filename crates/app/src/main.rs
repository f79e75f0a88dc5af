//! The one binary: reads the command line, does what it says, and ends with a code that scripts can act on.

mod cli;
mod commands;
mod config;
mod directory;
mod instance;
mod output;
mod progress;
mod query;
mod remote;
mod rows_again;
mod rows_sink;
mod server;
mod stored_plan;
mod zones;

use std::process::ExitCode;

use clap::Parser;

/// 0: done. 1: failed. 2: the command line or the configuration is wrong. 3: the data directory is in use.
/// 4: done, but a feed failed.
fn main() -> ExitCode {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // A page of a file that a bad disk changed: it is told as an error, with the file's name.
        if !freehold_pipeline::panic_becomes_error() {
            told(panic);
        }
    }));
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            instance::tell(&format!("{error:#}"));
            ExitCode::from(code_of(&error))
        }
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<directory::Busy>().is_some() {
        3
    } else if error.downcast_ref::<config::BadConfig>().is_some()
        || error.downcast_ref::<config::server::BadListen>().is_some()
    {
        2
    } else {
        1
    }
}

/// Whoever read our output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
