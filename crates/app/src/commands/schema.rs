//! `config`: every key that the configuration may hold, and every measure that there is.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use freehold_kernel::measure::{MEASURES, Reduction};

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

/// The registry of measures in Markdown: a section a quantity, whose statistics share all but how they are taken.
fn measures_as_markdown() -> String {
    let mut out = String::new();
    for group in MEASURES.chunk_by(|one, next| one.quantity() == next.quantity()) {
        let first = group[0];
        let windows = first.windows().iter().map(|window| window.name());
        let windows: Vec<&str> = windows.collect();
        out.push_str(&format!("\n### {}\n\n", first.quantity()));
        let mut row = |name: &str, text: &str| {
            if !text.is_empty() {
                out.push_str(&format!("- **{name}:** {text}\n"));
            }
        };
        let ids = group.iter().map(|measure| format!("`{}`", measure.id));
        let ids: Vec<String> = ids.collect();
        row("measures", &ids.join(", "));
        row("definition", first.definition);
        row("unit", first.unit.name());
        row("windows", &windows.join(", "));
        row("variants", &first.variants.join(", "));
        let formula = match first.reduction {
            Reduction::Statistic(_) => {
                "percentile_cont(0.5), mean, percentile_cont(0.1), (0.25), (0.75), (0.9), in the order of the measures, \
                 of value over rows with counted = true, each as often as times says"
                    .to_owned()
            }
            _ => first.formula(),
        };
        row("formula", &formula);
        row("denominator", first.denominator);
        row("source", first.source);
        let mut read: Vec<&str> = group.iter().map(|measure| measure.accumulators()).collect();
        read.sort_unstable();
        read.dedup();
        row("reads", &read.join("; "));
        row("slow twin", &format!("`{}`", first.twin));
    }
    out
}
