//! The core of a running instance: the books, sinks and checkpoints, behind the log. One thread's work, step by
//! step; `driver` feeds it. Others read the books meanwhile, see [`crate::books`].

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use freehold_kernel::plan::Plan;
use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::record::BadRecord;
use freehold_kernel::state::StateError;
use freehold_kernel::time::Millis;

use crate::batch::{Batch, Receipt};
use crate::books::{Books, SharedBooks, Waiting, read, write};
use crate::changes::ChangeStore;
use crate::checkpoint::{Captured, Checkpoints, Stored};
use crate::engine::Engine;
use crate::log::{Log, LogError};
use crate::recovery::{CheckpointFacts, Facts, Rebuild, Recovery, decide};
use crate::sink::{Sink, SinkError};
use crate::store::StoreError;
use crate::trouble::{Troubles, Work};

/// How the core goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreSettings {
    /// Shards.
    pub threads: usize,
    /// The most records of one epoch.
    pub epoch_rows_max: u64,
    /// A checkpoint is due after so many records …
    pub checkpoint_rows: u64,
    /// … or so many milliseconds, when anything changed.
    pub checkpoint_interval_ms: Millis,
    /// Records kept in the log behind the newest; `None` keeps all.
    pub log_rows_kept: Option<u64>,
}

/// The core could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Another file of the data directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored state that does not fit this program.
    #[error("restore the checkpoint: {0}")]
    State(#[from] StateError),
    /// A damaged record inside a good batch: a bug.
    #[error("apply the log at offset {offset}: {cause}")]
    Record {
        /// Offset of the batch.
        offset: u64,
        /// What is wrong.
        cause: BadRecord,
    },
    /// Going on would give wrong numbers.
    #[error("{0}")]
    Stop(String),
    /// A sink.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

/// Where the core's checkpoints are written: at once, or by another thread.
pub trait CheckpointWriter: Send {
    /// Takes what is to be written; false when the one before is not written yet, and nothing was taken.
    fn is_ready(&mut self) -> bool;

    /// Begins to write.
    ///
    /// # Errors
    /// When it is known to have failed; the entries are kept for the next.
    fn write(&mut self, captured: Captured) -> Result<(), StoreError>;

    /// Waits until everything taken is durable.
    ///
    /// # Errors
    /// When it is not.
    fn finish(&mut self) -> Result<(), StoreError>;

    /// The lowest log position that a restart may need; `None` when all may be needed.
    fn oldest_position(&mut self) -> Option<u64>;
}

impl CheckpointWriter for Checkpoints {
    fn is_ready(&mut self) -> bool {
        true
    }

    fn write(&mut self, captured: Captured) -> Result<(), StoreError> {
        Checkpoints::write(self, captured)
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn oldest_position(&mut self) -> Option<u64> {
        Checkpoints::oldest_position(self).ok().flatten()
    }
}

/// What a restart did, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// What was decided.
    pub recovery: Recovery,
    /// Position at which replay began.
    pub from: u64,
    /// Position at which it ended.
    pub to: u64,
}

/// Books, sinks and checkpoints.
pub struct Core {
    books: SharedBooks,
    waiting: Waiting,
    writer: Box<dyn CheckpointWriter>,
    sinks: Vec<Box<dyn Sink>>,
    settings: CoreSettings,
    generation: u64,
    captured: u64,
    captured_at: Millis,
    last_checkpoint_error: Option<String>,
    last_sink_error: Option<SinkError>,
    last_changes_error: Option<StoreError>,
}

impl Core {
    /// Recovers the state of a data directory: decides where to start, restores, and replays the log.
    /// `announce` is told in a person's words what is done, when it is not the ordinary.
    ///
    /// # Errors
    /// When the directory cannot be read, or going on would give wrong numbers.
    pub fn recover(
        log: &dyn Log,
        plan: Arc<Plan>,
        mut checkpoints: Checkpoints,
        mut changes: Option<ChangeStore>,
        settings: CoreSettings,
        announce: &mut dyn FnMut(&str),
    ) -> Result<(Self, Checkpoints, Restart), CoreError> {
        let held = changes.as_ref().map(ChangeStore::position);
        let (facts, mut candidates) = look(log, &plan, &mut checkpoints, held)?;
        let recovery = decide(&facts);
        let engine = match &recovery {
            Recovery::Stop { because } => return Err(CoreError::Stop(because.clone())),
            Recovery::Fresh => Engine::new(plan, settings.threads),
            Recovery::FromCheckpoint { checkpoint } => {
                for unreadable in &facts.checkpoints[..*checkpoint] {
                    if let CheckpointFacts::Unreadable { cause } = unreadable {
                        announce(&format!(
                            "a checkpoint cannot be read and the one before is used: {cause}"
                        ));
                    }
                }
                restore(plan, settings.threads, candidates.swap_remove(0))?
            }
            Recovery::Rebuild { because } => {
                match because {
                    Rebuild::NoCheckpoint => {}
                    Rebuild::PlanChanged => announce(
                        "levels, segments, identity or horizon changed: all markets are made again from the log",
                    ),
                    Rebuild::ChangesMissing => {
                        announce("change rows are missing: they are made again from the log");
                    }
                    Rebuild::NewGeneration => {
                        announce(
                            "the log's base was rewritten: all markets are made again from it",
                        );
                    }
                    Rebuild::Damaged { cause } => {
                        announce(&format!(
                            "no checkpoint can be used, all is made again from the log: {cause}"
                        ));
                    }
                }
                checkpoints.clear()?;
                if *because != Rebuild::NoCheckpoint
                    && let Some(changes) = &mut changes
                {
                    changes.clear()?;
                }
                Engine::new(plan, settings.threads)
            }
        };
        let from = engine.position().max(log.first_offset());
        let captured = engine.position();
        let books = Books::new(engine, changes);
        let mut core = Self {
            captured,
            waiting: books.waiting().clone(),
            books: Arc::new(RwLock::new(books)),
            writer: Box::new(NoWriter),
            sinks: Vec::new(),
            settings,
            generation: facts.generation,
            captured_at: Millis::MIN,
            last_checkpoint_error: None,
            last_sink_error: None,
            last_changes_error: None,
        };
        let mut at = from;
        if is_planted(Bug::ReuseEpochBounds) {
            at = at.saturating_sub(1).max(log.first_offset());
        }
        while let Some((first, batch)) = log.read(at)? {
            core.apply(first, &batch, None)?;
            at = first + batch.count;
        }
        Ok((
            core,
            checkpoints,
            Restart {
                recovery,
                from,
                to: at,
            },
        ))
    }

    /// Closes every file and leaves the engine's memory to the end of the process, which frees a million small
    /// pieces at once. For programs that end after one look.
    pub fn close_unread(self) {
        if let Some(books) = Arc::into_inner(self.books) {
            let books = books.into_inner().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(books.engine);
        }
    }

    /// The books, for whoever reads them while the core works.
    #[must_use]
    pub fn books(&self) -> &SharedBooks {
        &self.books
    }

    fn write(&self) -> RwLockWriteGuard<'_, Books> {
        write(&self.books)
    }

    /// Sets who writes checkpoints.
    pub fn set_writer(&mut self, writer: Box<dyn CheckpointWriter>) {
        self.writer = writer;
    }

    /// Adds a sink.
    pub fn add_sink(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(sink);
    }

    /// Why the last checkpoint could not be written.
    #[must_use]
    pub fn checkpoint_error(&self) -> Option<&str> {
        self.last_checkpoint_error.as_deref()
    }

    /// Takes an appended batch: applies it in epochs, publishes each, and checkpoints when due.
    ///
    /// # Errors
    /// When the state could not go on. A checkpoint that fails is noted and tried again.
    pub fn take(
        &mut self,
        first: u64,
        batch: &Batch,
        now: Millis,
        clock: &dyn Fn() -> Millis,
    ) -> Result<(), CoreError> {
        let stamped = match batch.receipt {
            Receipt::At(receipt) => Some(receipt),
            Receipt::Running(_) => None,
        };
        let receipt = stamped.unwrap_or(now);
        self.waiting.begin(receipt);
        let applied = self.apply(first, batch, Some(receipt));
        self.waiting.end();
        applied?;
        self.publish(now, false);
        if let Some(receipt) = stamped {
            read(&self.books).note_lag(clock() - receipt, batch.count);
        }
        self.checkpoint_if_due(now)
    }

    fn apply(
        &mut self,
        first: u64,
        batch: &Batch,
        receipt: Option<Millis>,
    ) -> Result<(), CoreError> {
        let end = first + batch.count;
        let position = read(&self.books).engine.position();
        if first > position {
            return Err(CoreError::Stop(format!(
                "the books stand at {position} and are given the batch at {first}: what lies between is missing"
            )));
        }
        let epoch_rows_max = self.settings.epoch_rows_max.max(1);
        let mut from = first.max(position);
        if is_planted(Bug::ReuseEpochBounds) {
            from = first;
        }
        while from < end {
            let to = end.min(from + epoch_rows_max);
            // An epoch at a time: whoever reads sees the end of one, never its middle.
            self.write().apply((first, batch), (from, to), receipt)?;
            self.write_changes_if_there_is_room()?;
            from = to;
        }
        Ok(())
    }

    /// Writes change rows: all of them durably, or when there are many. Nobody else changes the books, so that
    /// readers need not wait for the disk.
    fn write_changes(&self, durable: bool) -> Result<(), CoreError> {
        {
            let books = read(&self.books);
            let changes = books.changes();
            let Some(changes) = changes.filter(|changes| durable || changes.is_full()) else {
                return Ok(());
            };
            changes.write(durable)?;
        }
        if let Some(changes) = self.write().changes_mut() {
            changes.written();
        }
        Ok(())
    }

    /// Where the disk refuses, rows wait in memory. They cannot become many: a row comes from the log, which is on the same disk.
    fn write_changes_if_there_is_room(&mut self) -> Result<(), CoreError> {
        self.last_changes_error = match self.write_changes(false) {
            Err(CoreError::Store(error)) if error.is_of_disk() => Some(error),
            written => {
                written?;
                None
            }
        };
        Ok(())
    }

    /// Offers the present state to every sink. One that cannot take it is offered what it lacks again the next time; the
    /// others go on, and so do the books.
    pub fn publish(&mut self, now: Millis, is_last: bool) {
        if self.sinks.is_empty() {
            return;
        }
        let mut books = write(&self.books);
        self.last_sink_error = None;
        for sink in &mut self.sinks {
            let published = sink.publish(&mut books.engine, now, is_last);
            if let Err(error) = published {
                self.last_sink_error = Some(error);
            }
        }
    }

    /// Why a sink could not take what it was offered last.
    #[must_use]
    pub fn sink_error(&self) -> Option<&SinkError> {
        self.last_sink_error.as_ref()
    }

    /// What cannot be done just now, and why.
    pub fn tell(&self, troubles: &Troubles) {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let changes = self.last_changes_error.as_ref();
        troubles.set(Work::Changes, changes.map(|error| text(&error)));
        troubles.set(Work::Checkpoint, self.last_checkpoint_error.clone());
        let sink = self.last_sink_error.as_ref();
        troubles.set(Work::Sink, sink.map(|error| text(&error)));
    }

    /// Writes a checkpoint when one is due and the one before is written. One that cannot be written is noted, and tried
    /// again when the next is due.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn checkpoint_if_due(&mut self, now: Millis) -> Result<(), CoreError> {
        if self.captured_at == Millis::MIN {
            self.captured_at = now;
        }
        let behind = read(&self.books).engine.position() - self.captured;
        let is_due = behind >= self.settings.checkpoint_rows
            || behind > 0 && now - self.captured_at >= self.settings.checkpoint_interval_ms;
        if is_due && self.writer.is_ready() {
            self.checkpoint(now)
        } else {
            Ok(())
        }
    }

    fn checkpoint(&mut self, now: Millis) -> Result<(), CoreError> {
        // Change rows first: a restart makes only those again that come after the checkpoint.
        match self.write_changes(true) {
            Err(CoreError::Store(error)) if error.is_of_disk() => {
                self.captured_at = now;
                self.last_checkpoint_error = Some(error.to_string());
                return Ok(());
            }
            written => written?,
        }
        let captured = Captured::of(&mut self.write().engine, self.generation);
        self.captured_at = now;
        let position = captured.position();
        // What was captured is the writer's to keep, also when it could not write it yet.
        self.captured = position;
        self.last_checkpoint_error = self
            .writer
            .write(captured)
            .err()
            .map(|error| error.to_string());
        Ok(())
    }

    /// Where the log may be trimmed to, by the retention that is configured.
    pub fn trimmable_to(&mut self, log_next: u64) -> Option<u64> {
        let kept = self.settings.log_rows_kept?;
        let oldest = self.writer.oldest_position()?;
        Some(oldest.min(log_next.saturating_sub(kept))).filter(|offset| *offset > 0)
    }

    /// Publishes and checkpoints everything; afterwards a restart has nothing to replay.
    ///
    /// # Errors
    /// When something could not be made durable.
    pub fn close(&mut self, now: Millis) -> Result<(), CoreError> {
        self.publish(now, true);
        let failed = self.writer.finish().is_err() || self.last_checkpoint_error.is_some();
        let position = read(&self.books).engine.position();
        if position > self.captured || failed {
            self.checkpoint(now)?;
            self.writer.finish()?;
        } else {
            self.write_changes(true)?;
        }
        if let Some(error) = self.last_checkpoint_error.take() {
            let cause = format!("the last checkpoint failed: {error}");
            return Err(CoreError::Stop(cause));
        }
        match self.last_sink_error.take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

/// No checkpoints: readers that leave nothing behind.
struct NoWriter;

impl CheckpointWriter for NoWriter {
    fn is_ready(&mut self) -> bool {
        false
    }

    fn write(&mut self, _: Captured) -> Result<(), StoreError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn oldest_position(&mut self) -> Option<u64> {
        None
    }
}

fn facts_of(candidate: &Result<Stored, StoreError>) -> CheckpointFacts {
    match candidate {
        Ok(stored) => CheckpointFacts::Readable {
            position: stored.position,
            generation: stored.generation,
            plan: stored.plan.clone(),
        },
        Err(error) => CheckpointFacts::Unreadable {
            cause: error.to_string(),
        },
    }
}

/// What there is to go on from, and the checkpoints that can be read.
fn look(
    log: &dyn Log,
    plan: &Plan,
    checkpoints: &mut Checkpoints,
    changes: Option<u64>,
) -> Result<(Facts, Vec<Stored>), CoreError> {
    let candidates = checkpoints.candidates()?;
    let facts = Facts {
        log_first: log.first_offset(),
        log_next: log.next_offset(),
        generation: log.facts().generation,
        plan: plan.fingerprint(),
        checkpoints: candidates.iter().map(facts_of).collect(),
        changes,
    };
    Ok((facts, candidates.into_iter().flatten().collect()))
}

/// Where a restart would begin, and the state of the checkpoint that it would use, if any. Changes nothing.
///
/// # Errors
/// When a file cannot be read.
pub fn restored(
    log: &dyn Log,
    plan: Arc<Plan>,
    checkpoints: &mut Checkpoints,
    threads: usize,
) -> Result<(Recovery, Option<Engine>), CoreError> {
    let (facts, mut candidates) = look(log, &plan, checkpoints, None)?;
    let recovery = decide(&facts);
    let engine = match recovery {
        Recovery::FromCheckpoint { .. } => Some(restore(plan, threads, candidates.swap_remove(0))?),
        Recovery::Fresh | Recovery::Rebuild { .. } | Recovery::Stop { .. } => None,
    };
    Ok((recovery, engine))
}

fn restore(plan: Arc<Plan>, threads: usize, stored: Stored) -> Result<Engine, CoreError> {
    let mut engine = Engine::restore(
        plan,
        threads,
        (&stored.chunks, stored.base),
        stored.summary,
        stored.position,
    )?;
    if !is_planted(Bug::LoseDecisions) {
        engine.set_decisions(stored.held, stored.decisions);
    }
    Ok(engine)
}
