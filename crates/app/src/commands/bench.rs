//! `bench`: runs a shipped configuration over a file and says how fast it was. No code of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::commands::run::{report_failures, stop_on_signal};
use crate::config::Config;
use crate::instance::{RunOptions, run_instance};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// NDJSON listing updates in, per-ZIP rows out: durable, exact
    LiveMarket(LiveMarketArgs),
}

#[derive(Debug, Args)]
struct LiveMarketArgs {
    /// The updates
    file: PathBuf,
    /// Where rows `zip,active,median_price,median_ppsf,reductions` go
    #[arg(long)]
    out: PathBuf,
    /// Six levels with type and bedroom segments, instead of ZIPs alone
    #[arg(long)]
    levels: bool,
    /// Threads
    #[arg(long)]
    threads: Option<usize>,
    /// Where the instance lives; a fresh directory beside the rows by default, removed afterwards
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

const LIVE_MARKET: &str = include_str!("../../config/live-market.toml");
const LIVE_MARKET_LEVELS: &str = include_str!("../../config/live-market-levels.toml");

pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let Job::LiveMarket(args) = &args.job;
    let (text, name) = if args.levels {
        (LIVE_MARKET_LEVELS, "live-market-levels.toml")
    } else {
        (LIVE_MARKET, "live-market.toml")
    };
    let file = std::path::absolute(&args.file)?.display().to_string();
    let rows = std::path::absolute(&args.out)?.display().to_string();
    let variables = |variable: &str| match variable {
        "FREEHOLD_BENCH_FILE" => Some(file.clone()),
        "FREEHOLD_BENCH_ROWS" => Some(rows.clone()),
        _ => None,
    };
    let mut config = Config::parse_with(text, name, Path::new(""), &variables)?;
    config.override_with(None, args.threads);
    let (directory, is_ours) = match &args.data_dir {
        Some(directory) => (directory.clone(), false),
        None => (
            PathBuf::from(format!("{rows}.data-{}", std::process::id())),
            true,
        ),
    };
    let started = Instant::now();
    let options = RunOptions {
        until_idle: true,
        pace: None,
        stop: stop_on_signal()?,
        sinks: config.sinks()?,
        listen: None,
    };
    let ended = run_instance(&config, &directory, options, &mut |_, _, _| {})?;
    let elapsed = started.elapsed();
    let books = freehold_pipeline::books::read(ended.core.books());
    let updates: u64 = books
        .engine
        .ledgers()
        .iter()
        .map(|ledger| ledger.received)
        .sum();
    let seconds = elapsed.as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{updates} updates in {seconds:.3} s: {:.0} a second, {} listings, checkpoint and log durable",
        updates as f64 / seconds,
        books
            .engine
            .shards()
            .iter()
            .map(|shard| shard.listings().len())
            .sum::<usize>(),
    )?;
    let code = report_failures(&ended);
    drop(books);
    drop(ended);
    if is_ours {
        std::fs::remove_dir_all(&directory)
            .with_context(|| format!("remove {}", directory.display()))?;
    }
    Ok(code)
}
