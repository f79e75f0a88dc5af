//! `config schema`: every key that the configuration may hold.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::config::keys;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every key with its kind, default and meaning
    Schema,
}

pub(crate) fn run(args: &ConfigArgs) -> Result<ExitCode> {
    let What::Schema = args.what;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", keys::as_markdown())?;
    Ok(ExitCode::SUCCESS)
}
