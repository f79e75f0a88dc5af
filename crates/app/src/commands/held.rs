//! `held`: values that cannot be right, and people's rulings on them as records of the log.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use freehold_kernel::listing::{FieldValue, REJECT, RELEASE};
use freehold_pipeline::decision::Decision;
use serde::Deserialize;

use super::correct::{ask_running, decide};
use crate::output::Format;
use crate::query::held::{HeldArgs, HeldFilter};
use crate::query::{AskArgs, Query};
use crate::remote::Request;

#[derive(Debug, Subcommand)]
pub(crate) enum HeldCommand {
    /// What is held, why, and between which prices it would not be
    List(HeldArgs),
    /// Let held values count, whatever is usual in their place
    Release(RuleArgs),
    /// Hold values for good
    Reject(RuleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The data directory of the running instance
    #[arg(long)]
    data_dir: PathBuf,
    /// The listing, as FEED/KEY
    listing: String,
    /// The value, as FIELD=VALUE (ListPrice, OriginalListPrice, ClosePrice in dollars, LivingArea in square feet);
    /// otherwise all values of the listing that are held
    value: Option<String>,
    /// Why
    #[arg(long)]
    reason: String,
}

pub(crate) fn run(command: &HeldCommand) -> Result<ExitCode> {
    match command {
        HeldCommand::List(args) => super::ask::run(&Query::Held(args.clone())),
        HeldCommand::Release(args) => rule(args, RELEASE),
        HeldCommand::Reject(args) => rule(args, REJECT),
    }
}

fn rule(args: &RuleArgs, ruling: &str) -> Result<ExitCode> {
    let (feed, key) = args
        .listing
        .split_once('/')
        .with_context(|| format!("{:?} names no listing; wanted FEED/KEY", args.listing))?;
    if args.reason.trim().is_empty() {
        bail!("a ruling needs a reason");
    }
    let values = match &args.value {
        Some(value) => vec![value.clone()],
        None => held_values(args, feed, key)?,
    };
    for value in values {
        FieldValue::parse(ruling, &value)?;
        let decision = Decision::Correct {
            feed: feed.into(),
            key: key.into(),
            field: ruling.into(),
            value,
            reason: args.reason.clone(),
        };
        decide(&args.data_dir, decision)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A row of the list of held values.
#[derive(Deserialize)]
struct HeldRow {
    field: String,
    value: serde_json::Number,
}

/// The values of a listing that are held now, as `FIELD=VALUE`.
fn held_values(args: &RuleArgs, feed: &str, key: &str) -> Result<Vec<String>> {
    let query = Query::Held(HeldArgs {
        ask: AskArgs {
            data_dir: args.data_dir.clone(),
            format: Format::Ndjson,
        },
        filter: HeldFilter {
            feed: Some(feed.into()),
            key: Some(key.into()),
        },
    });
    let mut answer = Vec::new();
    ask_running(&args.data_dir, &Request::Query(query), &mut answer)?;
    let mut values = Vec::new();
    for row in serde_json::Deserializer::from_slice(&answer).into_iter() {
        let HeldRow { field, value } = row.context("read the list of held values")?;
        values.push(format!("{field}={value}"));
    }
    if values.is_empty() {
        bail!("nothing of {feed}/{key} is held; see freehold held list");
    }
    Ok(values)
}
