//! `config`: every key that the configuration may hold, and every measure that there is.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use freehold_kernel::measure::MEASURES;

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
    /// Every measure with its unit, windows, variants and definition
    Measures,
}

pub(crate) fn run(args: &ConfigArgs) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match args.what {
        What::Schema => write!(out, "{}", keys::as_markdown())?,
        What::Measures => write!(out, "{}", measures_as_markdown())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The registry of measures as a Markdown table.
fn measures_as_markdown() -> String {
    let mut out = String::from("| measure | unit | windows | variants | definition |\n|---|---|---|---|---|\n");
    for measure in MEASURES {
        let windows: Vec<&str> = measure.windows().iter().map(|window| window.name()).collect();
        out.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            measure.id,
            measure.unit.name(),
            windows.join(", "),
            measure.variants.join(", "),
            measure.definition
        ));
    }
    out
}
