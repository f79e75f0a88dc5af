//! The command line: what can be typed, and which command does it.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands;
use crate::query::Query;

/// Exact live property-market metrics: prices, inventory, trends, from many feeds.
///
/// Exit codes: 0 done; 1 failed; 2 wrong command line or configuration; 3 the data directory is in use;
/// 4 done, but a feed failed; 5 state and log differ (verify, replay --check); 6 the log was trimmed and cannot be replayed (verify).
#[derive(Debug, Parser)]
#[command(name = "freehold", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an instance: read its feeds, keep its markets live
    Run(commands::run::RunArgs),
    /// Replay the shipped real data beside simulated markets, on one virtual clock
    Demo(commands::demo::DemoArgs),
    #[command(flatten)]
    Query(Query),
    /// Draft a feed's configuration from a file
    Init(commands::init::InitArgs),
    /// Check a configuration without running it, and show how sample rows are read
    Check(commands::check::CheckArgs),
    /// Print what the configuration may hold
    Config(commands::schema::ConfigArgs),
    /// Correct one field of a listing, or take a correction back
    Correct(commands::correct::CorrectArgs),
    /// Values that cannot be right: list them, release or reject them
    #[command(subcommand)]
    Held(commands::held::HeldCommand),
    /// Apply a corrected mapping to all rows of a feed, refused ones included
    Reprocess(commands::reprocess::ReprocessArgs),
    /// Replay a range of the log: the change rows that it gives
    Replay(commands::replay::ReplayArgs),
    /// Take a feed or a listing out of all that an instance keeps
    Purge(commands::purge::PurgeArgs),
    /// Compare the state of an instance with a fresh replay of its log
    Verify(commands::verify::VerifyArgs),
    /// Write simulated listing updates as NDJSON
    Simulate(commands::simulate::SimulateArgs),
    /// Measure the pipeline
    Bench(commands::bench::BenchArgs),
}

/// Does what was typed.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Run(args) => commands::run::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Query(query) => commands::ask::run(&query),
        Command::Init(args) => commands::init::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Config(args) => commands::schema::run(&args),
        Command::Correct(args) => commands::correct::run(&args),
        Command::Held(command) => commands::held::run(&command),
        Command::Reprocess(args) => commands::reprocess::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Purge(args) => commands::purge::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Bench(args) => commands::bench::run(&args),
    }
}
