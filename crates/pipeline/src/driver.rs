//! Takes the steps in turn: poll, append, apply, publish. [`Stepper`] takes them on one thread, one at a time,
//! as simulations need; [`run`] lets intake, log, core and checkpoints work side by side. Both run the same
//! code in the same order, so they end in the same state.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::time::Millis;

use crate::batch::{Batch, Draft};
use crate::books::{Books, read};
use crate::checkpoint::{Captured, Checkpoints};
use crate::core::{CheckpointWriter, Core, CoreError};
use crate::decision::Decision;
use crate::intake::{FeedStatus, Intake, Polled};
use crate::log::{Log, LogError};
use crate::store::StoreError;
use crate::trouble::{self, Troubles};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many records were appended and applied.
    Applied(u64),
    /// Nothing to do.
    Idle,
}

/// Intake, log and core on one thread.
pub struct Stepper {
    /// The log.
    pub log: Box<dyn Log>,
    /// Engine, sinks and checkpoints.
    pub core: Core,
    /// The feeds.
    pub intake: Intake,
    /// A draft that the log could not take: it comes before anything else that feeds have.
    waiting: Option<Draft>,
}

impl Stepper {
    /// A stepper that has done nothing yet.
    #[must_use]
    pub fn new(log: Box<dyn Log>, core: Core, intake: Intake) -> Self {
        Self {
            log,
            core,
            intake,
            waiting: None,
        }
    }

    /// One round: what feeds have is appended, applied and published. `now` is the wall clock.
    ///
    /// # Errors
    /// When the log or the core cannot go on; a restart over the same data directory goes on from there. Where the disk
    /// refused, another step tries the same again.
    pub fn step(&mut self, now: Millis, finish: bool) -> Result<Step, CoreError> {
        if let Some(draft) = self.waiting.take() {
            return self.append_next(draft, now);
        }
        match self.intake.poll(now, finish) {
            Polled::Idle => {
                self.core.checkpoint_if_due(now)?;
                Ok(Step::Idle)
            }
            Polled::Draft(draft) => self.append(draft, now),
        }
    }

    /// Appends and applies a draft.
    ///
    /// # Errors
    /// As [`Stepper::step`].
    pub fn append(&mut self, draft: Draft, now: Millis) -> Result<Step, CoreError> {
        if let Some(waiting) = self.waiting.take() {
            self.append_next(waiting, now)?;
        }
        self.append_next(draft, now)
    }

    fn append_next(&mut self, draft: Draft, now: Millis) -> Result<Step, CoreError> {
        if is_planted(Bug::PublishBeforeCommit)
            && let Ok(batch) = Batch::decode(Arc::new(draft.encode()))
        {
            self.core
                .take(self.log.next_offset(), &batch, now, &|| now)?;
        }
        match self.log.append(&draft) {
            Ok((first, batch)) => {
                self.core.take(first, &batch, now, &|| now)?;
                if let Some(to) = self.core.trimmable_to(first + batch.count) {
                    self.log.trim(to)?;
                }
                Ok(Step::Applied(draft.count))
            }
            Err(error) => {
                if error.is_of_disk() {
                    self.waiting = Some(draft);
                }
                Err(error.into())
            }
        }
    }

    /// Ends an idle run: the closing tick, if anything happened since the last one.
    ///
    /// # Errors
    /// As [`Stepper::step`].
    pub fn close_day(&mut self, now: Millis) -> Result<(), CoreError> {
        if let Some(draft) = self.intake.closing_tick(now) {
            self.append(draft, now)?;
        }
        Ok(())
    }
}

/// A log that several threads may ask.
pub type SharedLog = Arc<Mutex<Box<dyn Log>>>;

/// A person's decision to append; its position goes back when it is durable and applied.
pub struct Command {
    /// What was decided.
    pub decision: Decision,
    /// Where its position goes, or why it was not taken.
    pub reply: SyncSender<Result<u64, String>>,
}

/// How a run goes on and ends.
pub struct RunSettings {
    /// End when all feeds are idle.
    pub until_idle: bool,
    /// The wall clock, in milliseconds.
    pub clock: Arc<dyn Fn() -> Millis + Send + Sync>,
    /// Set to end the run cleanly.
    pub stop: Arc<AtomicBool>,
    /// How feeds are doing, for whoever shows it.
    pub statuses: Arc<Mutex<Vec<FeedStatus>>>,
    /// What cannot be done just now, for whoever shows it.
    pub troubles: Troubles,
}

/// What intake hands to the log.
struct Work {
    draft: Draft,
    reply: Option<SyncSender<Result<u64, String>>>,
}

/// What the log hands to the core.
struct Appended {
    first: u64,
    batch: Batch,
    reply: Option<SyncSender<Result<u64, String>>>,
}

/// Batches that may wait between two threads: enough to keep both busy, few enough to bound memory.
const WAITING_BATCHES_MAX: usize = 2;

/// Feeds that said nothing for so long are idle for now.
const QUIET_AFTER_MS: Millis = 10_000;

/// How long the log waits before it asks a disk again that refused.
const NO_ROOM_WAIT: Duration = Duration::from_millis(250);

/// How long an idle thread waits before it looks again.
const IDLE_WAIT: Duration = Duration::from_millis(2);

/// Runs until idle or stopped, then drains, publishes, checkpoints and returns the core.
///
/// # Errors
/// When the log or the core cannot go on. What was appended is durable: a restart goes on from there.
pub fn run(
    log: &SharedLog,
    mut core: Core,
    intake: Intake,
    checkpoints: Checkpoints,
    settings: &RunSettings,
    commands: Receiver<Command>,
    each_round: &mut dyn FnMut(&Books),
) -> Result<Core, CoreError> {
    let (draft_out, draft_in) = sync_channel::<Work>(WAITING_BATCHES_MAX);
    let (batch_out, batch_in) = sync_channel::<Appended>(WAITING_BATCHES_MAX);
    std::thread::scope(|scope| {
        core.set_writer(Box::new(BackgroundWriter::start(checkpoints)));
        let feeding = scope.spawn(move || feed(intake, &draft_out, &commands, settings));
        let logging = scope.spawn(move || append_all(log, &draft_in, &batch_out, settings));
        let worked = work(&mut core, log, &batch_in, settings, each_round);
        // However it ended, the other threads must not wait for us.
        settings.stop.store(true, Ordering::Relaxed);
        drop(batch_in);
        let logged = join(logging);
        join(feeding);
        worked?;
        logged?;
        Ok::<_, CoreError>(())
    })?;
    core.close((settings.clock)())?;
    let next = lock(log).next_offset();
    if let Some(to) = core.trimmable_to(next) {
        trim(log, to)?;
    }
    Ok(core)
}

/// Trims; where the disk refuses, the next time will do.
fn trim(log: &SharedLog, to: u64) -> Result<(), LogError> {
    match lock(log).trim(to) {
        Err(error) if error.is_of_disk() => Ok(()),
        trimmed => trimmed,
    }
}

fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn feed(
    mut intake: Intake,
    out: &SyncSender<Work>,
    commands: &Receiver<Command>,
    settings: &RunSettings,
) {
    let mut idle_rounds = 0;
    let mut idle_since = (settings.clock)();
    while !settings.stop.load(Ordering::Relaxed) {
        let now = (settings.clock)();
        while let Ok(Command { decision, reply }) = commands.try_recv() {
            let draft = intake.decision_draft(&decision, now);
            if out
                .send(Work {
                    draft,
                    reply: Some(reply),
                })
                .is_err()
            {
                return;
            }
        }
        let polled = intake.poll(now, settings.until_idle);
        *lock(&settings.statuses) = intake.statuses();
        match polled {
            Polled::Draft(draft) => {
                idle_rounds = 0;
                idle_since = now;
                if out.send(Work { draft, reply: None }).is_err() {
                    return;
                }
            }
            Polled::Idle => {
                idle_rounds += 1;
                // Twice idle: a feed that failed has been asked again after its pause.
                if settings.until_idle && idle_rounds > 1 {
                    if let Some(draft) = intake.closing_tick(now) {
                        let _ = out.send(Work { draft, reply: None });
                    }
                    return;
                }
                if now - idle_since >= QUIET_AFTER_MS
                    && let Some(draft) = intake.closing_tick(now)
                    && out.send(Work { draft, reply: None }).is_err()
                {
                    return;
                }
                std::thread::park_timeout(IDLE_WAIT);
            }
        }
    }
}

fn append_all(
    log: &SharedLog,
    drafts: &Receiver<Work>,
    out: &SyncSender<Appended>,
    settings: &RunSettings,
) -> Result<(), LogError> {
    for Work { draft, reply } in drafts {
        match append_when_there_is_room(log, &draft, settings) {
            Ok((first, batch)) => {
                if out
                    .send(Appended {
                        first,
                        batch,
                        reply,
                    })
                    .is_err()
                {
                    return Ok(());
                }
            }
            Err(error) => {
                if let Some(reply) = reply {
                    let _ = reply.send(Err(error.to_string()));
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Appends; where the disk refuses, feeds wait until it does not, or the run is to end.
fn append_when_there_is_room(
    log: &SharedLog,
    draft: &Draft,
    settings: &RunSettings,
) -> Result<(u64, Batch), LogError> {
    loop {
        let appended = lock(log).append(draft);
        match appended {
            Err(error) if error.is_of_disk() && !settings.stop.load(Ordering::Relaxed) => {
                settings
                    .troubles
                    .set(trouble::Work::Log, Some(error.to_string()));
                std::thread::sleep(NO_ROOM_WAIT);
            }
            done => {
                settings.troubles.set(trouble::Work::Log, None);
                return done;
            }
        }
    }
}

fn work(
    core: &mut Core,
    log: &SharedLog,
    batches: &Receiver<Appended>,
    settings: &RunSettings,
    each_round: &mut dyn FnMut(&Books),
) -> Result<(), CoreError> {
    let clock = &*settings.clock;
    loop {
        match batches.recv_timeout(IDLE_WAIT) {
            Ok(Appended {
                first,
                batch,
                reply,
            }) => {
                core.take(first, &batch, clock(), &clock)?;
                if let Some(reply) = reply {
                    let _ = reply.send(Ok(first));
                }
                if let Some(to) = core.trimmable_to(first + batch.count) {
                    trim(log, to)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                core.publish(clock(), true);
                core.checkpoint_if_due(clock())?;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        core.tell(&settings.troubles);
        each_round(&read(core.books()));
    }
}

/// Locks, also behind a thread that panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked is resumed by its join; what it held is not read after that.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes checkpoints on a thread of its own.
struct BackgroundWriter {
    work: Option<SyncSender<Captured>>,
    done: Receiver<Result<Option<u64>, StoreError>>,
    busy: bool,
    failed: Option<StoreError>,
    oldest: Option<u64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl BackgroundWriter {
    fn start(mut checkpoints: Checkpoints) -> Self {
        let (work, todo) = sync_channel::<Captured>(1);
        let (done_out, done) = channel();
        let oldest = checkpoints.oldest_position().ok().flatten();
        let thread = std::thread::spawn(move || {
            for captured in todo {
                let written = checkpoints.write(captured);
                let result = written.map(|()| checkpoints.oldest_position().ok().flatten());
                if done_out.send(result).is_err() {
                    return;
                }
            }
        });
        Self {
            work: Some(work),
            done,
            busy: false,
            failed: None,
            oldest,
            thread: Some(thread),
        }
    }

    fn note(&mut self, result: Result<Option<u64>, StoreError>) {
        self.busy = false;
        match result {
            Ok(oldest) => self.oldest = oldest.or(self.oldest),
            Err(error) => self.failed = Some(error),
        }
    }
}

impl CheckpointWriter for BackgroundWriter {
    fn is_ready(&mut self) -> bool {
        if let Ok(result) = self.done.try_recv() {
            self.note(result);
        }
        !self.busy
    }

    fn write(&mut self, captured: Captured) -> Result<(), StoreError> {
        if let Some(work) = &self.work {
            self.busy = work.send(captured).is_ok();
        }
        // A failure shows with the next call: the entries are kept by the writer.
        self.failed.take().map_or(Ok(()), Err)
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        if self.busy
            && let Ok(result) = self.done.recv()
        {
            self.note(result);
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    fn oldest_position(&mut self) -> Option<u64> {
        self.oldest
    }
}

impl Drop for BackgroundWriter {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
