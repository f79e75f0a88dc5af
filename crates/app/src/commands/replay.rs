//! `replay`: any range of the log once more, through the same code, on an empty engine: the change rows that its records cause,
//! and whether the stored ones are these.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use freehold_kernel::change::Change;
use freehold_pipeline::books::Books;
use freehold_pipeline::changes::ChangeStore;
use freehold_pipeline::disk::Directory;
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::verify::{replay, replay_on};

use crate::directory::{DataDirectory, Holder};
use crate::instance::tell;
use crate::output::{Format, Rows};
use crate::query::changes::{COLUMNS, cells, may_be_shown};
use crate::stored_plan::StoredPlan;

/// The stored rows are not those that the log gives.
const DIFFERS: u8 = 5;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The data directory, on which nobody runs
    #[arg(long)]
    data_dir: PathBuf,
    /// Position of the first record of the range
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Position behind its last record; the log's end by default
    #[arg(long)]
    to: Option<u64>,
    /// How rows are written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write no rows: compare the stored ones with them, and end with 5 where they differ
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &ReplayArgs) -> Result<ExitCode> {
    let directory = DataDirectory::hold(&args.data_dir, Holder::Question, false)?;
    let Some(stored) = StoredPlan::read(directory.path())? else {
        bail!(
            "{} holds no instance: run one there first",
            args.data_dir.display()
        );
    };
    let disk = Directory::new(directory.path());
    let log = EmbeddedLog::open(&disk)?;
    let end = log.next_offset();
    let to = args.to.unwrap_or(end);
    if args.from > to || to > end {
        bail!(
            "there is no range from {} to {to}: the log ends at {end}",
            args.from
        );
    }
    let mut plan = stored.plan()?;
    let keeps_changes = plan.emit_changes;
    plan.emit_changes = true;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = replay(&log, Arc::new(plan), threads, args.from)?;
    let mut books = Books::of(engine);
    if args.check {
        if !keeps_changes {
            bail!("this instance keeps no change rows: there is nothing to compare with");
        }
        return check(&disk, &log, &mut books, (args.from, to));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut rows = Rows::begin(&mut out, args.format, COLUMNS);
    let mut failed = None;
    replay_on(&log, &mut books, to, &mut |books, changes| {
        let shown = changes.iter().filter(|change| may_be_shown(books, change));
        let written = shown.map(|change| rows.row(cells(books, change)));
        failed = failed.take().or(written.filter_map(Result::err).next());
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    rows.end()?;
    out.flush()?;
    tell_replayed(&books, args.from);
    Ok(ExitCode::SUCCESS)
}

fn check(
    disk: &Directory,
    log: &EmbeddedLog,
    books: &mut Books,
    (from, to): (u64, u64),
) -> Result<ExitCode> {
    let store = ChangeStore::open(disk, u64::MAX)?;
    if store.position() < to {
        bail!(
            "change rows are held up to {}: run the instance until it has caught up",
            store.position()
        );
    }
    let mut held: Vec<Change> = Vec::new();
    store.each_from(from, &mut |change| {
        if (from..to).contains(&change.position) {
            held.push(change.clone());
        }
        change.position < to
    })?;
    let mut held = held.into_iter().peekable();
    let mut parting = None;
    replay_on(log, books, to, &mut |_, changes| {
        for change in changes {
            let is_same = held.next().as_ref() == Some(change);
            if !is_same && parting.is_none() {
                parting = Some(change.position);
            }
        }
    })?;
    let parting = parting.or(held.peek().map(|change| change.position));
    tell_replayed(books, from);
    match parting {
        None => {
            tell("the stored change rows are those that the log gives");
            Ok(ExitCode::SUCCESS)
        }
        Some(position) => {
            tell(&format!(
                "they differ from position {position} on: remove changes.redb, and the next run makes the rows from the log again"
            ));
            Ok(ExitCode::from(DIFFERS))
        }
    }
}

fn tell_replayed(books: &Books, from: u64) {
    tell(&format!(
        "replayed {from} to {}: digest {}",
        books.engine.position(),
        books.engine.digest()
    ));
}
