//! `correct`: a person's correction of one field, as a record of the log, and taking it back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use freehold_kernel::listing::FieldValue;
use freehold_pipeline::decision::Decision;

use crate::directory::{Busy, DataDirectory, Holder};
use crate::output::println;
use crate::remote::{Request, ask};

/// How long a starting instance may recover.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(crate) struct CorrectArgs {
    /// The data directory of the running instance
    #[arg(long)]
    data_dir: PathBuf,
    /// The listing, as FEED/KEY
    #[arg(required_unless_present = "take_back")]
    listing: Option<String>,
    /// What is right, as FIELD=VALUE: RESO names, dollars, dates YYYY-MM-DD; an empty value means absent
    #[arg(required_unless_present = "take_back")]
    change: Option<String>,
    /// Why
    #[arg(long, required_unless_present = "take_back")]
    reason: Option<String>,
    /// Take back the correction with this number
    #[arg(long, conflicts_with_all = ["listing", "change", "reason"])]
    take_back: Option<u64>,
}

pub(crate) fn run(args: &CorrectArgs) -> Result<ExitCode> {
    decide(&args.data_dir, decision(args)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Gives a decision to the running instance, and tells the number by which it can be taken back.
pub(super) fn decide(directory: &Path, decision: Decision) -> Result<()> {
    let mut answer = Vec::new();
    ask_running(directory, &Request::Decide(decision), &mut answer)?;
    println(&format!("correction {}", String::from_utf8_lossy(&answer)));
    Ok(())
}

/// Asks the instance that runs on a directory, and waits while it starts.
pub(super) fn ask_running(directory: &Path, request: &Request, answer: &mut Vec<u8>) -> Result<()> {
    let started = Instant::now();
    while ask(directory, request, answer)?.is_none() {
        if started.elapsed() > PATIENCE || !is_held(directory) {
            bail!(
                "no instance runs on {}: decisions go into the log of a running instance, start it first",
                directory.display()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// An instance that holds the directory but does not listen yet is still recovering.
fn is_held(directory: &Path) -> bool {
    DataDirectory::hold(directory, Holder::Question, false).is_err_and(|error| error.is::<Busy>())
}

fn decision(args: &CorrectArgs) -> Result<Decision> {
    if let Some(correction) = args.take_back {
        return Ok(Decision::Uncorrect { correction });
    }
    let listing = args.listing.as_deref().unwrap_or_default();
    let (feed, key) = listing
        .split_once('/')
        .with_context(|| format!("{listing:?} names no listing; wanted FEED/KEY"))?;
    let change = args.change.as_deref().unwrap_or_default();
    let (field, value) = change
        .split_once('=')
        .with_context(|| format!("{change:?} is no change; wanted FIELD=VALUE"))?;
    FieldValue::parse(field, value)?;
    let reason = args.reason.clone().unwrap_or_default();
    if reason.trim().is_empty() {
        bail!("a correction needs a reason");
    }
    Ok(Decision::Correct {
        feed: feed.into(),
        key: key.into(),
        field: field.into(),
        value: value.into(),
        reason,
    })
}
