//! `reprocess`: applies a corrected mapping to every row of a feed, refused ones included, and ends where a run
//! with it from the start would have. The log is written anew as its next generation; the old one stays in use
//! until the new one is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use freehold_kernel::record::{FeedId, Record, Records};
use freehold_kernel::time::Millis;
use freehold_pipeline::decision::Decision;
use freehold_pipeline::disk::Directory;
use freehold_pipeline::intake::Polled;
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::rewrite::{RewriteError, rewrite};

use crate::config::{Config, FeedKind};
use crate::directory::{DataDirectory, Holder};
use crate::instance::{open_intake, tell, wall_clock};
use crate::rows_again::{RowsAgain, parsed};

#[derive(Debug, Args)]
pub(crate) struct ReprocessArgs {
    /// The feed whose mapping was corrected
    #[arg(long)]
    feed: String,
    /// The configuration with the corrected mapping
    #[arg(long)]
    config: PathBuf,
    /// The data directory, on which nobody runs
    #[arg(long)]
    data_dir: PathBuf,
}

pub(crate) fn run(args: &ReprocessArgs) -> Result<ExitCode> {
    let config = Config::load(&args.config)?;
    let feed = config.feeds.iter().find(|feed| feed.name == args.feed);
    let feed =
        feed.with_context(|| format!("{} has no feed {:?}", args.config.display(), args.feed))?;
    let FeedKind::Files(files) = &feed.kind else {
        bail!("feed {:?} is simulated: it has no mapping", args.feed)
    };
    let directory = DataDirectory::hold(&args.data_dir, Holder::Run, false)?;
    let disk = Directory::new(directory.path());
    let old = EmbeddedLog::open(&disk)?;
    if old.first_offset() > 0 {
        bail!(
            "the log was trimmed to offset {}: rows before it cannot be read again",
            old.first_offset()
        );
    }
    let mut facts = old.facts().clone();
    let number = facts.feeds.iter().position(|known| known.name == args.feed);
    let number =
        number.with_context(|| format!("no row of feed {:?} was ever read here", args.feed))?;
    for (known, now) in facts.feeds.iter().filter_map(|known| {
        Some((
            known,
            config.feeds.iter().find(|feed| feed.name == known.name)?,
        ))
    }) {
        if known.name != args.feed && known.mapping != now.mapping_fingerprint {
            bail!(
                "the mapping of feed {:?} changed as well: reprocess one feed after the other",
                known.name
            );
        }
    }
    if was_purged(&old, &args.feed)? {
        bail!(
            "records of feed {:?} were purged here: reading its files again would bring them back",
            args.feed
        );
    }
    facts.generation += 1;
    facts.feeds[number]
        .mapping
        .clone_from(&feed.mapping_fingerprint);
    let is_virtual = facts.virtual_clock == Some(true);
    let mut new = EmbeddedLog::create_next(&disk)?;
    new.set_facts(facts)?;
    let rows = if is_virtual {
        replay_histories(&config, &old, &mut new)?
    } else {
        let id = FeedId(u16::try_from(number)?);
        let mut rows = RowsAgain::new(files, id);
        rewrite(&old, &mut new, id, &mut |piece| {
            let Some(chunk) = rows.chunk(piece)? else {
                return Ok(None);
            };
            Ok(Some(parsed(&chunk)))
        })
        .map_err(|error| match error {
            RewriteError::Reparse(error) => error,
            RewriteError::Log(error) => error.into(),
            other @ RewriteError::Provenance { .. } => anyhow!("{other}"),
        })?
    };
    drop(new);
    drop(old);
    EmbeddedLog::replace(&disk)?;
    tell(&format!(
        "feed {}: {rows} rows were read again; the next run makes all markets anew",
        args.feed
    ));
    Ok(ExitCode::SUCCESS)
}

fn was_purged(log: &EmbeddedLog, feed: &str) -> Result<bool> {
    let mut at = 0;
    while let Some((first, batch)) = log.read(at)? {
        at = first + batch.count;
        for stamped in batch.stamped() {
            if let Some(Record::Control(control)) = stamped?.0.decode()
                && let Some(Decision::Purge { feed: gone, .. }) = Decision::read(&control)
                && gone == feed
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// On a virtual clock, order and ticks follow from the rows: histories are read from their start, as a fresh
/// run would read them, and people's decisions follow.
fn replay_histories(config: &Config, old: &EmbeddedLog, new: &mut EmbeddedLog) -> Result<u64> {
    let mut intake = open_intake(config, new, Millis::MIN, None)?;
    let mut rows = 0;
    let mut idle_rounds = 0;
    while idle_rounds < 2 {
        match intake.poll(wall_clock(), true) {
            Polled::Draft(draft) => {
                idle_rounds = 0;
                let mut records = Records::new(&draft.records);
                while let Some(Ok(raw)) = records.next_raw() {
                    rows += u64::from(raw.is_observation() || raw.is_refused());
                }
                new.append(&draft)?;
            }
            Polled::Idle => idle_rounds += 1,
        }
    }
    if let Some(error) = intake
        .statuses()
        .into_iter()
        .find_map(|status| status.error)
    {
        bail!("{error}: nothing was changed");
    }
    let mut at = 0;
    while let Some((first, batch)) = old.read(at)? {
        at = first + batch.count;
        for stamped in batch.stamped() {
            if let Some(Record::Control(control)) = stamped?.0.decode()
                && let Some(decision) = Decision::read(&control)
            {
                let draft = intake.decision_draft(&decision, wall_clock());
                new.append(&draft)?;
            }
        }
    }
    Ok(rows)
}
