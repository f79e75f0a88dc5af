//! A configured instance on a data directory: opens and recovers it, runs it, or only looks at it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use freehold_kernel::plan::{FeedRule, Plan};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::Millis;
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::changes::ChangeStore;
use freehold_pipeline::checkpoint::Checkpoints;
use freehold_pipeline::core::{Core, CoreSettings, Restart};
use freehold_pipeline::disk::Directory;
use freehold_pipeline::driver::{RunSettings, SharedLog, run};
use freehold_pipeline::intake::{Clockwork, FeedInput, FeedStatus, Intake, IntakeSettings, Pace};
use freehold_pipeline::log::{EmbeddedLog, FeedDeclaration, Log};
use freehold_pipeline::sink::Sink;
use freehold_pipeline::trouble::Troubles;

use crate::config::{Config, FeedKind};
use crate::directory::{DataDirectory, Holder};
use crate::remote::{Asked, Listener};
use crate::server::{self, FeedFacts, ListenSettings, Parts, Server};
use crate::stored_plan::StoredPlan;
use crate::zones::ZoneTable;

/// The wall clock.
pub(crate) fn wall_clock() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// How to run.
pub(crate) struct RunOptions {
    /// End when every feed is idle.
    pub(crate) until_idle: bool,
    /// How fast a virtual clock goes.
    pub(crate) pace: Option<Pace>,
    /// Set by a signal.
    pub(crate) stop: Arc<AtomicBool>,
    /// What is published beside change rows.
    pub(crate) sinks: Vec<Box<dyn Sink>>,
    /// Where to serve the page and the API.
    pub(crate) listen: Option<ListenSettings>,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) core: Core,
    pub(crate) statuses: Vec<FeedStatus>,
}

/// What shows how a run is doing; called between epochs.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(&Books, &[FeedStatus], &Restart);

/// Runs an instance until it is idle or stopped.
pub(crate) fn run_instance(
    config: &Config,
    path: &Path,
    options: RunOptions,
    watch: Watch<'_>,
) -> Result<Ended> {
    let directory = DataDirectory::hold(path, Holder::Run, true)?;
    let disk = Directory::new(directory.path());
    let mut log = EmbeddedLog::open(&disk)?;
    let plan = Arc::new(declare(config, &mut log, directory.path())?);
    let changes = config
        .publish_changes
        .then(|| ChangeStore::open_or_set_aside(&disk, config.changes_kept))
        .transpose()?;
    let mut announce = |text: &str| tell(text);
    let changes = changes.map(|(changes, damage)| {
        damage.iter().for_each(|damage| announce(damage));
        changes
    });
    let checkpoints = Checkpoints::open_or_set_aside(&disk)?;
    let settings = core_settings(config);
    let (mut core, checkpoints, restart) = Core::recover(
        &log,
        Arc::clone(&plan),
        checkpoints,
        changes,
        settings,
        &mut announce,
    )?;
    options
        .sinks
        .into_iter()
        .for_each(|sink| core.add_sink(sink));

    let last_tick = read(core.books()).engine.shards()[0].clock().now;
    let intake = open_intake(config, &log, last_tick, options.pace)?;

    let log: SharedLog = Arc::new(Mutex::new(Box::new(log)));
    let (commands_out, commands) = channel();
    let listener = Listener::start(
        directory.path(),
        Asked {
            books: Arc::clone(core.books()),
            log: Arc::clone(&log),
            commands: commands_out,
        },
    )?;
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let troubles = Troubles::default();
    let serving = options
        .listen
        .map(|listen| {
            let parts = Parts {
                books: Arc::clone(core.books()),
                log: Arc::clone(&log),
                statuses: Arc::clone(&statuses),
                troubles: troubles.clone(),
                feeds: FeedFacts::of(config),
                time_zone: config.zones().swap_remove(0),
                undisclosed: config.undisclosed.clone(),
                is_virtual: config.is_virtual(),
                clock: wall_clock,
                token: config.server.token.clone(),
            };
            server::start(Server::new(parts), &listen)
        })
        .transpose()?;
    let run_settings = RunSettings {
        until_idle: options.until_idle,
        clock: Arc::new(wall_clock),
        stop: options.stop,
        statuses: Arc::clone(&statuses),
        troubles,
    };
    let now = || {
        statuses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    };
    let each_round = &mut |books: &Books| watch(books, &now(), &restart);
    let core = run(
        &log,
        core,
        intake,
        checkpoints,
        &run_settings,
        commands,
        each_round,
    )?;
    drop(serving);
    drop(listener);
    let statuses = now();
    Ok(Ended { core, statuses })
}

/// Opens the configuration's feeds where `log`, whose last tick was at `last_tick`, left them.
pub(crate) fn open_intake(
    config: &Config,
    log: &EmbeddedLog,
    last_tick: Millis,
    pace: Option<Pace>,
) -> Result<Intake> {
    let is_virtual = log.facts().virtual_clock == Some(true);
    let mut clockwork = Clockwork::new(is_virtual, Box::new(ZoneTable::of(&config.zones())?));
    if let Some(last) = log.next_offset().checked_sub(1)
        && let Some((_, batch)) = log.read(last)?
    {
        clockwork.resume(last_tick, &batch);
    }
    let mut inputs = Vec::new();
    let mut cursors = Vec::new();
    for feed in &config.feeds {
        let id = feed_id(log, &feed.name)?;
        let (name, mode) = (feed.name.clone(), feed.mode);
        inputs.push(FeedInput {
            feed: id,
            name,
            mode,
            source: feed.source(id)?,
        });
        cursors.push((id, log.cursor(id)?));
    }
    let settings = IntakeSettings {
        workers: config.threads,
        rows_max: config.epoch_rows_max.clamp(1, 20_000) as usize,
        bytes_max: config.intake_bytes_max,
        pace,
    };
    let cursor_of = &mut |feed: FeedId| {
        let found = cursors.iter().find(|(known, _)| *known == feed);
        found.and_then(|(_, cursor)| cursor.clone())
    };
    Ok(Intake::open(inputs, cursor_of, settings, clockwork))
}

/// Opens a directory on which nobody runs, only to look.
pub(crate) fn look_at<T>(
    path: &Path,
    look: impl FnOnce(&Books, &SharedLog) -> Result<T>,
) -> Result<T> {
    if !path.is_dir() {
        bail!(
            "{} is no directory: give the --data-dir of an instance that was run",
            path.display()
        );
    }
    let directory = DataDirectory::hold(path, Holder::Question, false)?;
    let Some(stored) = StoredPlan::read(directory.path())? else {
        bail!("{} holds no instance: run one there first", path.display());
    };
    let disk = Directory::new(directory.path());
    let log = EmbeddedLog::open(&disk)?;
    let plan = Arc::new(stored.plan()?);
    let changes = plan
        .emit_changes
        .then(|| ChangeStore::open(&disk, u64::MAX))
        .transpose()?;
    let settings = CoreSettings {
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        epoch_rows_max: 100_000,
        checkpoint_rows: u64::MAX,
        checkpoint_interval_ms: Millis::MAX,
        log_rows_kept: None,
    };
    let checkpoints = Checkpoints::open(&disk)?;
    let (core, _, _) = Core::recover(&log, plan, checkpoints, changes, settings, &mut |text| {
        tell(text)
    })?;
    let log: SharedLog = Arc::new(Mutex::new(Box::new(log)));
    let answer = look(&read(core.books()), &log);
    core.close_unread();
    answer
}

/// Says something out of the ordinary to whoever started the program.
#[expect(clippy::print_stderr, reason = "announcements go to people")]
pub(crate) fn tell(text: &str) {
    eprintln!("freehold: {text}");
}

fn core_settings(config: &Config) -> CoreSettings {
    CoreSettings {
        threads: config.threads,
        epoch_rows_max: config.epoch_rows_max,
        checkpoint_rows: config.checkpoint_rows,
        checkpoint_interval_ms: config.checkpoint_interval_ms,
        log_rows_kept: config.log_rows_kept,
    }
}

fn feed_id(log: &EmbeddedLog, name: &str) -> Result<FeedId> {
    let number = log
        .facts()
        .feeds
        .iter()
        .position(|known| known.name == name);
    let number = number.and_then(|number| u16::try_from(number).ok());
    Ok(FeedId(number.with_context(|| {
        format!("feed {name:?} was not declared")
    })?))
}

/// Declares the configuration's feeds in the log and gives the plan over all feeds that it knows. A feed
/// whose mapping changed after rows were read by the old one is refused: rows of both would mix.
fn declare(config: &Config, log: &mut EmbeddedLog, path: &Path) -> Result<Plan> {
    let old = StoredPlan::read(path)?
        .map(|stored| stored.plan())
        .transpose()?;
    let mut facts = log.facts().clone();
    let virtual_clock = config.is_virtual();
    match facts.virtual_clock {
        Some(before) if before != virtual_clock => bail!(
            "this data directory runs on {} clock, and the configuration now asks for {} (an instance of `history` \
             feeds only has a virtual clock): start a new data directory",
            clock_name(before),
            clock_name(virtual_clock)
        ),
        _ => facts.virtual_clock = Some(virtual_clock),
    }
    for feed in &config.feeds {
        let declaration = FeedDeclaration {
            name: feed.name.clone(),
            mapping: feed.mapping_fingerprint.clone(),
        };
        match facts.feeds.iter().position(|known| known.name == feed.name) {
            None => facts.feeds.push(declaration),
            Some(number) if facts.feeds[number].mapping != declaration.mapping => {
                if log.cursor(FeedId(number as u16))?.is_some() {
                    let (what, way) = match feed.kind {
                        FeedKind::Files(_) => (
                            "the mapping",
                            format!(
                                "Apply the new one to all rows with `freehold reprocess --feed {} --config F --data-dir {}`",
                                feed.name,
                                path.display()
                            ),
                        ),
                        FeedKind::Simulator { .. } => (
                            "the market",
                            "Give another simulated market a name of its own".to_owned(),
                        ),
                    };
                    bail!(
                        "{what} of feed {:?} changed after rows were read by the old one: rows of both are never mixed. \
                         {way}, or go back to the old one",
                        feed.name
                    );
                }
                facts.feeds[number] = declaration;
            }
            Some(_) => {}
        }
    }
    for known in &facts.feeds {
        if !config.feeds.iter().any(|feed| feed.name == known.name) {
            tell(&format!(
                "feed {:?} is not in the configuration any more: no rows come from it, and those that came stay",
                known.name
            ));
        }
    }
    let rule = |name: &str| {
        let now = config
            .feeds
            .iter()
            .find(|feed| feed.name == name)
            .map(|feed| FeedRule {
                name: name.to_owned(),
                analytics: feed.analytics,
                display: feed.display,
                reset_gap_days: feed.reset_gap_days,
                quarantine: feed.quarantine,
            });
        let before = old
            .as_ref()
            .and_then(|plan| plan.feeds.iter().find(|rule| rule.name == name).cloned());
        now.or(before).ok_or_else(|| {
            anyhow!(
                "feed {name:?} has rows here, but neither the configuration nor plan.json knows it"
            )
        })
    };
    let rules = facts
        .feeds
        .iter()
        .map(|feed| rule(&feed.name))
        .collect::<Result<Vec<_>>>()?;
    let plan = config.plan(rules);
    StoredPlan::of(&plan, config.zones()).write(path)?;
    if *log.facts() != facts {
        log.set_facts(facts)?;
    }
    Ok(plan)
}

fn clock_name(is_virtual: bool) -> &'static str {
    if is_virtual { "a virtual" } else { "the wall" }
}
