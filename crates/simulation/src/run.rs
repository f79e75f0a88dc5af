//! One seed: an instance in a world that misbehaves, from an empty data directory to the last page of every feed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use freehold_kernel::field::ProfileField;
use freehold_kernel::plan::{
    FeedRule, FieldName, Identity, Level, LevelSource, Plan, RESET_GAP_DAYS, Segments,
};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::Millis;
use freehold_pipeline::books::read;
use freehold_pipeline::changes::ChangeStore;
use freehold_pipeline::checkpoint::Checkpoints;
use freehold_pipeline::core::{Core, CoreError, CoreSettings};
use freehold_pipeline::decision::Decision;
use freehold_pipeline::disk::Disk;
use freehold_pipeline::driver::{Step, Stepper};
use freehold_pipeline::intake::{Clockwork, FeedInput, FeedMode, Intake, IntakeSettings, Utc};
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::recovery::{Rebuild, Recovery};
use freehold_pipeline::rewrite::rewrite;
use freehold_pipeline::source::Parsed;
use freehold_pipeline::testing::{Fault, FaultyDisk, Random};
use xxhash_rust::xxh3::Xxh3;

use crate::check::{Checker, Finding};
use crate::feeds::{self, FEEDS, PAGES, PageSource, SNAPSHOTS, START, Script, Server};
use crate::lock;
use crate::sink::{Outside, OutsideSink};

/// Every decision of a recovery, as it is counted.
pub(crate) const RECOVERIES: [&str; 9] = [
    "fresh",
    "newest checkpoint",
    "older checkpoint",
    "rebuild: no checkpoint",
    "rebuild: another plan",
    "rebuild: another generation",
    "rebuild: change rows missing",
    "rebuild: damage",
    "stop",
];

/// What a run did, and what it found.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) finding: Option<Finding>,
    pub(crate) epochs: u64,
    pub(crate) rows: u64,
    pub(crate) restarts: u64,
    /// How often each fault fired and each recovery was decided.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Times that damage was found and named.
    pub(crate) refusals: u64,
    /// A number that is the same exactly when the run was.
    pub(crate) trace: u64,
}

/// Faults of the disk that one seed meets.
const FAULTS: u64 = 14;

struct Run {
    random: Random,
    plan: Arc<Plan>,
    retention: bool,
    disk: FaultyDisk,
    servers: Vec<Arc<Mutex<Server>>>,
    scripts: Vec<Arc<Script>>,
    outside: Arc<Mutex<Outside>>,
    checker: Checker,
    now: Millis,
    faults_left: u64,
    outcome: Outcome,
    trace: Xxh3,
    /// The disk holds other than what it said, or a person took files away: what is lost may be lost.
    doubtful: bool,
    /// A bit may be turned in some file still.
    damaged: bool,
    /// The least offset that the log may end at.
    acknowledged: u64,
}

pub(crate) fn run(seed: u64) -> Outcome {
    let mut random = Random::new(seed ^ 0x5EED);
    let identity = match random.one_in(3) {
        true => Identity::Match,
        false => Identity::Listing,
    };
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut scripts = Vec::new();
    for number in 0..FEEDS.len() {
        let mut note = |fault: feeds::FeedFault| *counts.entry(fault.name()).or_insert(0) += 1;
        scripts.push(Arc::new(feeds::script(number, &mut random, &mut note)));
    }
    let servers = scripts.iter().enumerate().map(|(number, script)| {
        Arc::new(Mutex::new(Server {
            script: Arc::clone(script),
            released: 0,
            random: Random::new(seed ^ number as u64 ^ 0xFEED),
            is_calm: false,
            faults: Vec::new(),
        }))
    });
    let plan = plan(identity, true);
    let mut run = Run {
        checker: Checker::new(Arc::clone(&plan), 1 + random.below(3) as usize),
        plan,
        retention: random.one_in(4),
        disk: FaultyDisk::new(seed ^ 0xD15C),
        servers: servers.collect(),
        scripts,
        outside: Arc::default(),
        now: START,
        faults_left: FAULTS,
        outcome: Outcome {
            counts,
            ..Outcome::default()
        },
        trace: Xxh3::new(),
        doubtful: false,
        damaged: false,
        acknowledged: 0,
        random,
    };
    let finding = run.all().err();
    let mut outcome = run.outcome;
    for (fault, fired) in run.disk.fired() {
        *outcome.counts.entry(fault.name()).or_insert(0) += fired;
    }
    for server in &run.servers {
        for fault in &lock(server).faults {
            *outcome.counts.entry(fault.name()).or_insert(0) += 1;
        }
    }
    for fault in &lock(&run.outside).faults {
        *outcome.counts.entry(fault.name()).or_insert(0) += 1;
    }
    outcome.finding = finding;
    outcome.trace = run.trace.digest();
    outcome
}

fn plan(identity: Identity, by_type: bool) -> Arc<Plan> {
    let feeds = FEEDS.iter().enumerate().map(|(number, name)| FeedRule {
        name: (*name).into(),
        analytics: true,
        display: true,
        reset_gap_days: RESET_GAP_DAYS,
        quarantine: number == SNAPSHOTS,
    });
    Arc::new(Plan {
        identity,
        horizon_days: 30,
        relist_gap_days: 45,
        levels: vec![
            Level {
                name: "zip".into(),
                source: LevelSource::Fields(vec![FieldName::Canonical(ProfileField::PostalCode)]),
            },
            Level {
                name: "nation".into(),
                source: LevelSource::Constant("US".into()),
            },
        ],
        segments: Segments {
            by_type,
            by_bedrooms: true,
        },
        feeds: feeds.collect(),
        emit_changes: true,
    })
}

fn found(checker: &'static str, what: impl Into<String>) -> Finding {
    Finding {
        checker,
        what: what.into(),
        is_unreadable: false,
    }
}

impl Run {
    fn note(&mut self, what: &str) {
        self.trace.update(what.as_bytes());
    }

    fn count(&mut self, what: &'static str) {
        *self.outcome.counts.entry(what).or_insert(0) += 1;
    }

    fn is_done(&self) -> bool {
        self.servers.iter().all(|server| {
            let server = lock(server);
            server.released >= server.script.len()
        })
    }

    /// Incarnations of the instance, one after the other, until everything is said and nothing misbehaves any more.
    fn all(&mut self) -> Result<(), Finding> {
        loop {
            self.arm();
            let lived = self.live();
            let failed = self.disk.failed();
            self.outcome.restarts += 1;
            self.note(&format!(
                "{failed:?} {:?}",
                lived.as_ref().err().map(|end| end.text())
            ));
            match lived {
                Ok(true) => return Ok(()),
                // Killed by its supervisor, or stopped in good order.
                Ok(false) => {}
                // Damage that shows while something is read.
                Err(End::Finding(finding)) if finding.is_unreadable && self.damaged => {
                    self.named(&finding.what)?;
                }
                Err(End::Finding(finding)) => return Err(finding),
                Err(End::Stopped(because)) => self.stopped(&because)?,
                Err(End::Failed(error)) => self.failed(failed, &error)?,
            }
            self.doubtful |= failed.is_some_and(Fault::is_lie);
            self.damaged |= self.doubtful;
            self.disk.restart();
            self.between();
        }
    }

    /// Something fails in the next life, and sometimes in its very beginning.
    fn arm(&mut self) {
        if self.faults_left == 0 || self.is_done() {
            self.faults_left = 0;
            return self.disk.behave();
        }
        self.faults_left -= 1;
        let fault = Fault::ALL[self.random.below(Fault::ALL.len() as u64) as usize];
        // What was trimmed cannot be made again: there a lie could only be refused.
        let fault = if self.retention && fault.is_lie() {
            Fault::PowerLoss
        } else {
            fault
        };
        let within = if self.random.one_in(3) { 60 } else { 700 };
        self.disk.fail_in(self.random.below(within), fault);
    }

    /// What a person does while the instance is down.
    fn between(&mut self) {
        if self.faults_left == 0 || self.retention {
            return;
        }
        match self.random.below(20) {
            0 => {
                self.note("change rows taken away");
                let _ = self.disk.remove("changes.redb");
                self.checker_from_the_start();
            }
            1 => {
                self.note("checkpoints taken away");
                let _ = self.disk.remove("state.redb");
                self.checker_from_the_start();
            }
            2 => {
                self.note("another plan");
                self.plan = plan(self.plan.identity, !self.plan.segments.by_type);
                self.checker_from_the_start();
            }
            3 => {
                self.note("a new generation");
                // It fails on a disk that is damaged, and then nothing changed.
                if self.new_generation().is_ok() {
                    self.checker_from_the_start();
                }
            }
            _ => {}
        }
    }

    /// Writes the log anew, as reprocessing does.
    fn new_generation(&mut self) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        {
            let old = EmbeddedLog::open(&self.disk).map_err(|error| text(&error))?;
            let mut new = EmbeddedLog::create_next(&self.disk).map_err(|error| text(&error))?;
            let keep = &mut |_: &_| Ok::<Option<Parsed>, String>(None);
            rewrite(&old, &mut new, FeedId(0), keep).map_err(|error| text(&error))?;
            let mut facts = old.facts().clone();
            facts.generation += 1;
            new.set_facts(facts).map_err(|error| text(&error))?;
        }
        EmbeddedLog::replace(&self.disk).map_err(|error| text(&error))
    }

    fn checker_from_the_start(&mut self) {
        let threads = 1 + self.random.below(3) as usize;
        self.checker = Checker::new(Arc::clone(&self.plan), threads);
    }

    /// The recovery refused to go on: only where the disk holds other than what it said was safe.
    fn stopped(&mut self, because: &str) -> Result<(), Finding> {
        self.count("stop");
        if !self.damaged {
            return Err(found(
                "goes on",
                format!("it stops on a disk that kept everything: {because}"),
            ));
        }
        self.named(because)
    }

    /// It failed: where the disk did, that is as it should be.
    fn failed(&mut self, fault: Option<Fault>, error: &str) -> Result<(), Finding> {
        if fault.is_some() {
            return Ok(());
        }
        if !self.damaged {
            return Err(found(
                "goes on",
                format!("it fails on a good disk: {error}"),
            ));
        }
        self.named(error)
    }

    /// Damage was found: it must say of which file. A person starts a new data directory then.
    fn named(&mut self, said: &str) -> Result<(), Finding> {
        if !said.contains(".redb") {
            return Err(found(
                "damage is named",
                format!("no file is named: {said}"),
            ));
        }
        self.outcome.refusals += 1;
        self.disk.wipe();
        self.doubtful = false;
        self.damaged = false;
        self.acknowledged = 0;
        lock(&self.outside).rows.clear();
        self.checker_from_the_start();
        Ok(())
    }

    fn open(&mut self) -> Result<Stepper, End> {
        let log = EmbeddedLog::open(&self.disk).map_err(CoreError::from)?;
        let checkpoints = Checkpoints::open_or_set_aside(&self.disk).map_err(CoreError::from)?;
        let changes = ChangeStore::open_or_set_aside(&self.disk, u64::MAX);
        let (changes, damage) = changes.map_err(CoreError::from)?;
        if let Some(damage) = damage {
            self.note(&damage);
            self.checker_from_the_start();
        }
        let settings = CoreSettings {
            threads: 1 + self.random.below(3) as usize,
            epoch_rows_max: [1, 3, 20, 50_000][self.random.below(4) as usize],
            checkpoint_rows: 1 + self.random.below(60),
            checkpoint_interval_ms: Millis::MAX,
            log_rows_kept: self.retention.then_some(150),
        };
        let opened = Core::recover(
            &log,
            Arc::clone(&self.plan),
            checkpoints,
            Some(changes),
            settings,
            &mut |_| {},
        );
        let opened = opened.map_err(|error| match error {
            CoreError::Stop(because) => End::Stopped(because),
            other => other.into(),
        });
        let (mut core, checkpoints, restart) = opened?;
        let decided = match &restart.recovery {
            Recovery::Fresh => RECOVERIES[0],
            Recovery::FromCheckpoint { checkpoint: 0 } => RECOVERIES[1],
            Recovery::FromCheckpoint { .. } => RECOVERIES[2],
            Recovery::Rebuild { because } => match because {
                Rebuild::NoCheckpoint => RECOVERIES[3],
                Rebuild::PlanChanged => RECOVERIES[4],
                Rebuild::NewGeneration => RECOVERIES[5],
                Rebuild::ChangesMissing => RECOVERIES[6],
                Rebuild::Damaged { .. } => RECOVERIES[7],
            },
            Recovery::Stop { .. } => RECOVERIES[8],
        };
        self.count(decided);
        self.note(decided);
        core.set_writer(Box::new(checkpoints));
        // Until it is offered everything, what it lacks is its own.
        lock(&self.outside).failed = true;
        let seed = self.random.next_u64();
        core.add_sink(Box::new(OutsideSink::new(Arc::clone(&self.outside), seed)));
        let mut clockwork = Clockwork::new(false, Box::new(Utc));
        if let Some(last) = log.next_offset().checked_sub(1)
            && let Some((_, batch)) = log.read(last).map_err(CoreError::from)?
        {
            clockwork.resume(read(core.books()).engine.shards()[0].clock().now, &batch);
        }
        let mut cursors = Vec::new();
        for number in 0..FEEDS.len() {
            cursors.push(log.cursor(FeedId(number as u16)).map_err(CoreError::from)?);
        }
        let inputs = self
            .servers
            .iter()
            .enumerate()
            .map(|(number, server)| FeedInput {
                feed: FeedId(number as u16),
                name: FEEDS[number].into(),
                mode: FeedMode::Live,
                source: Box::new(PageSource {
                    server: Arc::clone(server),
                    at: 0,
                }),
            });
        let settings = IntakeSettings {
            workers: 1,
            rows_max: 1000,
            bytes_max: [1, 400, 100_000][self.random.below(3) as usize],
            pace: None,
        };
        let intake = Intake::open(
            inputs.collect(),
            &mut |feed| cursors[usize::from(feed.0)].clone(),
            settings,
            clockwork,
        );
        Ok(Stepper::new(Box::new(log), core, intake))
    }

    /// One incarnation; true when all is said and done.
    fn live(&mut self) -> Result<bool, End> {
        let mut stepper = self.open()?;
        if stepper.log.next_offset() < self.acknowledged && !self.doubtful {
            let what = format!(
                "the log held {} records durably, and ends at {}",
                self.acknowledged,
                stepper.log.next_offset()
            );
            return Err(found("log holds what feeds said", what).into());
        }
        if self.doubtful {
            // What the disk lost was told by nothing that is left, or the recovery would have stopped.
            self.checker_from_the_start();
            lock(&self.outside).rows.clear();
            self.doubtful = false;
        }
        self.look(&mut stepper, true)?;
        let turns = 20 + self.random.below(60);
        for turn in 0.. {
            if self.faults_left > 0
                && turn > turns
                && self.disk.failed().is_none()
                && self.random.one_in(8)
            {
                return self.leave(stepper);
            }
            self.turn();
            if self.is_done() {
                self.faults_left = 0;
                self.disk.behave();
            }
            let step = self.step(&mut stepper);
            let step = match step {
                // There is room again: the same is tried again, without a restart.
                Err(error)
                    if matches!(self.disk.failed(), Some(Fault::Full | Fault::Broken))
                        && self.random.one_in(2) =>
                {
                    self.note(&error.to_string());
                    self.disk.mend();
                    self.count("goes on when there is room");
                    self.step(&mut stepper)?;
                    Step::Idle
                }
                step => step?,
            };
            self.look(&mut stepper, self.random.clone().one_in(10))?;
            if step == Step::Idle && self.is_done() && self.faults_left == 0 {
                return self.finish(stepper);
            }
        }
        Ok(false)
    }

    fn step(&mut self, stepper: &mut Stepper) -> Result<Step, CoreError> {
        if self.random.one_in(30) {
            let decision = self.decision();
            let draft = stepper.intake.decision_draft(&decision, self.now);
            return stepper.append(draft, self.now);
        }
        stepper.step(self.now, false)
    }

    fn decision(&mut self) -> Decision {
        let key = format!("{SNAPSHOTS}-{}", self.random.below(20));
        match self.random.below(4) {
            0 => Decision::Uncorrect {
                correction: self.random.below(self.checker.position().max(1)),
            },
            _ => Decision::Correct {
                feed: FEEDS[SNAPSHOTS].into(),
                key,
                field: "ListPrice".into(),
                value: (100_000 + 1_000 * self.random.below(300)).to_string(),
                reason: "simulated".into(),
            },
        }
    }

    /// Time goes on, and feeds have more to say.
    fn turn(&mut self) {
        self.now += 1 + self.random.below(9 * 3_600_000) as Millis;
        let calm = self.faults_left == 0;
        lock(&self.outside).is_calm = calm;
        for server in &self.servers {
            let mut server = lock(server);
            server.is_calm = calm;
            let due = (self.now - START) as u64 * PAGES as u64 / (PAGES as u64 * 20 * 3_600_000);
            if (server.released as u64) < due && server.released < server.script.len() {
                server.released += 1;
            }
        }
    }

    /// Every checker looks.
    fn look(&mut self, stepper: &mut Stepper, heavy: bool) -> Result<(), End> {
        let before = self.checker.position();
        if self.disk.failed().is_some() {
            return Ok(());
        }
        self.checker
            .read_on(&*stepper.log, &self.scripts, &mut self.random)?;
        self.acknowledged = stepper.log.next_offset();
        let position = read(stepper.core.books()).engine.position();
        if position == before && !heavy {
            return Ok(());
        }
        self.outcome.epochs += u64::from(position > before);
        self.checker.check(&stepper.core, &mut self.random, heavy)?;
        self.checker.outside(&lock(&self.outside))?;
        let digest = read(stepper.core.books()).engine.digest().to_string();
        self.note(&format!("{position} {digest}"));
        Ok(())
    }

    /// Stops in good order, or is killed.
    fn leave(&mut self, mut stepper: Stepper) -> Result<bool, End> {
        if !self.random.one_in(3) {
            match stepper.core.close(self.now) {
                // It says so; what the sink lacks it is offered again after the start.
                Ok(()) | Err(CoreError::Sink(_)) => {}
                Err(error) => return Err(error.into()),
            }
            self.count("stopped in good order");
            if self.random.one_in(2) && !self.retention {
                match self.random.below(4) {
                    0 => self.disk.rot(),
                    // Of a checkpoint's manifest.
                    1 | 2 => self.disk.rot_beside("state.redb", b"\"generation\":"),
                    // Of a row.
                    _ => self.disk.rot_beside("log.redb", b"Elm Street"),
                }
                self.doubtful = true;
            }
        } else {
            self.count("killed between two steps");
        }
        Ok(false)
    }

    /// Nothing misbehaves any more: all must be taken, published and closed.
    fn finish(&mut self, mut stepper: Stepper) -> Result<bool, End> {
        for _ in 0..20 {
            self.now += 60_000;
            stepper.step(self.now, true)?;
        }
        stepper.close_day(self.now)?;
        stepper.core.publish(self.now, true);
        self.look(&mut stepper, true)?;
        for (number, script) in self.scripts.iter().enumerate() {
            let (has, said) = (self.checker.of_feeds()[number], script.records.len());
            if has != said {
                let what = format!(
                    "the log holds {has} records of feed {}, which said {said}",
                    FEEDS[number]
                );
                return Err(found("log holds what feeds said", what).into());
            }
            self.outcome.rows += said as u64;
        }
        stepper.core.close(self.now)?;
        Ok(true)
    }
}

/// How a life ended before its time.
enum End {
    Finding(Finding),
    Stopped(String),
    Failed(String),
}

impl End {
    fn text(&self) -> String {
        match self {
            Self::Finding(finding) => finding.what.clone(),
            Self::Stopped(text) | Self::Failed(text) => text.clone(),
        }
    }
}

impl From<Finding> for End {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

impl From<CoreError> for End {
    fn from(error: CoreError) -> Self {
        Self::Failed(error.to_string())
    }
}
