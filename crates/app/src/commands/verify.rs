//! `verify`: whether the state of an instance is what its log gives, by a fresh replay of the log.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use freehold_pipeline::checkpoint::Checkpoints;
use freehold_pipeline::core::restored;
use freehold_pipeline::disk::Directory;
use freehold_pipeline::engine::Engine;
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::recovery::Recovery;
use freehold_pipeline::verify::{partings, replay};

use crate::directory::{DataDirectory, Holder};
use crate::output::println;
use crate::stored_plan::StoredPlan;

/// The state is not what the log gives.
const DIFFERS: u8 = 5;
/// The log begins later than at its first record: nothing to compare with.
const TRIMMED: u8 = 6;

/// Differences that are told; of more, how many there are.
const TOLD: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The data directory, on which nobody runs
    #[arg(long)]
    data_dir: PathBuf,
}

pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let directory = DataDirectory::hold(&args.data_dir, Holder::Question, false)?;
    let Some(stored) = StoredPlan::read(directory.path())? else {
        bail!(
            "{} holds no instance: run one there first",
            args.data_dir.display()
        );
    };
    let disk = Directory::new(directory.path());
    let log = EmbeddedLog::open(&disk)?;
    if log.first_offset() > 0 {
        println(&format!(
            "the log was trimmed and begins at {}: it cannot be replayed from its first record, so nothing can be compared",
            log.first_offset()
        ));
        return Ok(ExitCode::from(TRIMMED));
    }
    let plan = Arc::new(stored.plan()?);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut checkpoints = Checkpoints::open(&disk)?;
    let (recovery, state) = restored(&log, Arc::clone(&plan), &mut checkpoints, threads)?;
    let state = match (recovery, state) {
        (Recovery::FromCheckpoint { .. }, Some(state)) => state,
        (Recovery::Stop { because }, _) => bail!("{because}"),
        (recovery, _) => {
            let fresh = replay(&log, plan, threads, log.next_offset())?;
            tell_replayed(&fresh);
            println(&match recovery {
                Recovery::Rebuild { because } => format!(
                    "there is no state to compare it with ({because}): the next run makes it from the log"
                ),
                _ => "there is no state to compare it with: nothing was ever done here".to_owned(),
            });
            return Ok(ExitCode::SUCCESS);
        }
    };
    println(&format!(
        "state at position {}: digest {}",
        state.position(),
        state.digest()
    ));
    let fresh = replay(&log, plan, threads, state.position())?;
    tell_replayed(&fresh);
    let found = partings(&state, &fresh);
    if found.is_empty() {
        println("equal");
        return Ok(ExitCode::SUCCESS);
    }
    for parting in found.iter().take(TOLD) {
        println(&parting.to_string());
    }
    if found.len() > TOLD {
        println(&format!("and {} more differences", found.len() - TOLD));
    }
    println("they differ: remove state.redb, and the next run makes the state from the log again");
    Ok(ExitCode::from(DIFFERS))
}

fn tell_replayed(fresh: &Engine) {
    println(&format!(
        "replayed {} records: digest {}",
        fresh.position(),
        fresh.digest()
    ));
}
