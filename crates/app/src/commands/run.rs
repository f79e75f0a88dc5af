//! `run`: an instance until it is stopped, or until its feeds are idle.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::config::Config;
use crate::instance::{Ended, RunOptions, run_instance, tell};
use crate::progress::{Progress, cause_of};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The configuration
    #[arg(long)]
    config: PathBuf,
    /// Where the instance keeps its log and state
    #[arg(long)]
    data_dir: PathBuf,
    /// End when every feed is idle, taking what is there as complete
    #[arg(long)]
    until_idle: bool,
    /// Records of one epoch at most, instead of the configuration's epoch.rows_max
    #[arg(long)]
    epoch_rows: Option<u64>,
    /// Threads, instead of the configuration's instance.threads
    #[arg(long)]
    threads: Option<usize>,
    /// Where to serve the page and the API: IP:PORT, or off
    #[arg(long)]
    listen: Option<String>,
    /// No progress line
    #[arg(long)]
    quiet: bool,
}

/// Ctrl-C and SIGTERM end a run cleanly; a second one ends the process at once (and loses nothing either).
pub(crate) fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode> {
    let mut config = Config::load(&args.config)?;
    config.override_with(args.epoch_rows, args.threads);
    let options = RunOptions {
        until_idle: args.until_idle,
        pace: None,
        stop: stop_on_signal()?,
        sinks: config.sinks()?,
        listen: config.listen(args.listen.as_deref(), args.until_idle)?,
    };
    let ended = run_watched(&config, &args.data_dir, options, args.quiet)?;
    Ok(report_failures(&ended))
}

/// Runs an instance with its progress line.
pub(crate) fn run_watched(
    config: &Config,
    data_dir: &Path,
    options: RunOptions,
    is_quiet: bool,
) -> Result<Ended> {
    let mut progress = Progress::new(is_quiet);
    let ended = run_instance(config, data_dir, options, &mut |books, feeds, restart| {
        progress.show(books, feeds, restart);
    })?;
    progress.end();
    Ok(ended)
}

/// 4 when a feed failed and is failing still.
pub(crate) fn report_failures(ended: &Ended) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for feed in &ended.statuses {
        if let Some(error) = &feed.error {
            tell(&format!(
                "feed {} is failing: {}",
                feed.name,
                cause_of(feed, error)
            ));
            code = ExitCode::from(4);
        }
    }
    code
}
