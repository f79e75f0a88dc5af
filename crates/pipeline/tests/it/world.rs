//! A small world for the pipeline: a plan, feeds with rows that collide, and one way to run them.

use std::sync::Arc;

use freehold_kernel::change::Change;
use freehold_kernel::field::{AreaUnit, Kind, ProfileField, PropertySubType, Status};
use freehold_kernel::market::Segment;
use freehold_kernel::measure::MEASURES;
use freehold_kernel::plan::{FeedRule, FieldName, Identity, Level, LevelSource, Plan, Segments};
use freehold_kernel::record::{FeedId, ObservationBuilder, Refused, SnapshotEnd, put_refused};
use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::books::read;
use freehold_pipeline::changes::ChangeStore;
use freehold_pipeline::checkpoint::Checkpoints;
use freehold_pipeline::core::{Core, CoreError, CoreSettings, Restart};
use freehold_pipeline::disk::Disk;
use freehold_pipeline::driver::{Step, Stepper};
use freehold_pipeline::intake::{Clockwork, FeedInput, FeedMode, Intake, IntakeSettings, Utc};
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::testing::{Random, Script, ScriptedSource};

pub(crate) const FEEDS: [&str; 3] = ["alpha", "beta", "gamma"];

pub(crate) fn plan(identity: Identity) -> Arc<Plan> {
    let feeds = FEEDS.iter().map(|name| FeedRule {
        name: (*name).into(),
        analytics: true,
        display: true,
        reset_gap_days: freehold_kernel::plan::RESET_GAP_DAYS,
        quarantine: true,
    });
    let field = |field| LevelSource::Fields(vec![FieldName::Canonical(field)]);
    Arc::new(Plan {
        identity,
        horizon_days: 30,
        relist_gap_days: 45,
        levels: vec![
            Level {
                name: "zip".into(),
                source: field(ProfileField::PostalCode),
            },
            Level {
                name: "nation".into(),
                source: LevelSource::Constant("US".into()),
            },
        ],
        segments: Segments {
            by_type: true,
            by_bedrooms: false,
        },
        feeds: feeds.collect(),
        emit_changes: true,
    })
}

/// Scripts of all feeds: `rows` each, over about five months, with refused rows and snapshots.
pub(crate) fn scripts(seed: u64, rows: usize) -> Vec<Arc<Script>> {
    let mut random = Random::new(seed);
    (0..FEEDS.len())
        .map(|number| {
            let feed = FeedId(number as u16);
            let mut script = Script::default();
            let mut builder = ObservationBuilder::new(feed);
            let mut time: Millis = Day(16_000).start_utc();
            for row in 0..rows {
                time += random.below(2 * 150 * 86_400_000 / rows as u64) as Millis;
                // One in eight comes out of order, some of those too late.
                let late = if random.one_in(8) {
                    random.below(45 * 86_400_000) as Millis
                } else {
                    0
                };
                let mut record = Vec::new();
                if random.one_in(40) {
                    let place = format!("feed:{row}");
                    let refused = Refused {
                        feed,
                        place: &place,
                        field: "ListPrice",
                        reason: "bad",
                        raw: b"x",
                    };
                    put_refused(&mut record, &refused);
                } else if random.one_in(30) && !script.records.is_empty() {
                    let at = random.below(script.records.len() as u64) as usize;
                    record.clone_from(&script.records[at]);
                } else {
                    observation(&mut builder, &mut random, time - late);
                    builder.finish(&mut record).expect("complete");
                }
                script.records.push(record);
                if number == 1 && random.one_in(60) {
                    let day = Day::of_utc(time);
                    let end = SnapshotEnd {
                        feed,
                        time,
                        day,
                        shrink_percent_max: 90,
                        forced: false,
                    };
                    script.snapshot_ends.push((row + 1, end));
                }
            }
            Arc::new(script)
        })
        .collect()
}

fn observation(builder: &mut ObservationBuilder, random: &mut Random, time: Millis) {
    builder.clear();
    let key = random.below(40);
    builder.key(format!("L{key}").as_bytes());
    builder.event(time, Day::of_utc(time));
    builder.status(Status::ALL[random.below(12) as usize]);
    let price = |random: &mut Random| Some(1_000_000 * (1 + random.below(60) as i64));
    builder.terms.list_price = price(random);
    if random.one_in(3) {
        builder.terms.close_price = price(random);
    }
    let zip = if random.one_in(10) {
        random.below(4)
    } else {
        key % 4
    };
    builder.text(
        ProfileField::PostalCode,
        ["07030", "07031", "72201", "75001"][zip as usize],
    );
    builder.text(
        ProfileField::UnparsedAddress,
        &format!("{} Elm Street", key / 2),
    );
    let sub_type = if key.is_multiple_of(3) {
        PropertySubType::Townhouse
    } else {
        PropertySubType::SingleFamilyResidence
    };
    builder.code(ProfileField::PropertySubType, sub_type.code());
    builder.living_area(100 * (800 + 10 * key as i64), AreaUnit::SquareFeet);
}

/// How one run cuts its work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) mode: FeedMode,
    pub(crate) threads: usize,
    pub(crate) epoch_rows_max: u64,
    pub(crate) piece_max: u64,
    pub(crate) merge_rows_max: usize,
    pub(crate) checkpoint_rows: u64,
    pub(crate) seed: u64,
}

impl Cut {
    pub(crate) fn plain(mode: FeedMode) -> Self {
        Self {
            mode,
            threads: 1,
            epoch_rows_max: 1000,
            piece_max: 1000,
            merge_rows_max: 1000,
            checkpoint_rows: u64::MAX,
            seed: 1,
        }
    }
}

/// Opens a data directory on `disk` and recovers.
pub(crate) fn open(
    disk: &dyn Disk,
    plan: &Arc<Plan>,
    scripts: &[Arc<Script>],
    cut: Cut,
) -> Result<(Stepper, Restart), CoreError> {
    let log = EmbeddedLog::open(disk)?;
    let checkpoints = Checkpoints::open(disk)?;
    let changes = ChangeStore::open(disk, u64::MAX)?;
    let settings = CoreSettings {
        threads: cut.threads,
        epoch_rows_max: cut.epoch_rows_max,
        checkpoint_rows: cut.checkpoint_rows,
        checkpoint_interval_ms: Millis::MAX,
        log_rows_kept: None,
    };
    let (mut core, checkpoints, restart) = Core::recover(
        &log,
        Arc::clone(plan),
        checkpoints,
        Some(changes),
        settings,
        &mut |_| {},
    )?;
    core.set_writer(Box::new(checkpoints));
    let mut clockwork = Clockwork::new(cut.mode != FeedMode::Live, Box::new(Utc));
    if let Some(last) = log.next_offset().checked_sub(1)
        && let Some((_, batch)) = log.read(last)?
    {
        clockwork.resume(read(core.books()).engine.shards()[0].clock().now, &batch);
    }
    let inputs = scripts.iter().enumerate().map(|(number, script)| {
        let feed = FeedId(number as u16);
        // A history that is merged is read whole and sorted, however it is cut.
        let source = ScriptedSource::new(
            feed,
            Arc::clone(script),
            cut.seed + number as u64,
            cut.piece_max,
            false,
        );
        FeedInput {
            feed,
            name: FEEDS[number].into(),
            mode: cut.mode,
            source: Box::new(source),
        }
    });
    let mut cursors = Vec::new();
    for number in 0..scripts.len() {
        cursors.push(log.cursor(FeedId(number as u16))?);
    }
    let settings = IntakeSettings {
        workers: 1,
        rows_max: cut.merge_rows_max,
        bytes_max: 2000,
        pace: None,
    };
    let intake = Intake::open(
        inputs.collect(),
        &mut |feed| cursors[usize::from(feed.0)].clone(),
        settings,
        clockwork,
    );
    Ok((Stepper::new(Box::new(log), core, intake), restart))
}

/// Everything that a user could see: digest, ledgers, readings, changes.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) digest: String,
    pub(crate) ledgers: Vec<[u64; 8]>,
    pub(crate) readings: Vec<String>,
    pub(crate) changes: Vec<Change>,
}

pub(crate) fn seen(core: &Core) -> Seen {
    let books = read(core.books());
    let mut changes = Vec::new();
    books
        .changes()
        .expect("kept")
        .each(&mut |change| {
            changes.push(change.clone());
            true
        })
        .expect("readable");
    let engine = &books.engine;
    let view = engine.view();
    let mut readings = Vec::new();
    for (level, area) in view.areas() {
        for segment in Segment::of_families(engine.plan().segments) {
            let market = view.market(level, area, Kind::Sale, segment);
            for measure in MEASURES {
                for window in measure.windows() {
                    for variant in measure.variants {
                        let reading =
                            (measure.read)(&market, window.period(market.today()), variant);
                        readings.push(format!(
                            "{level} {area} {segment:?} {} {window:?} {variant} {reading:?}",
                            measure.id
                        ));
                    }
                }
            }
        }
    }
    let ledgers = engine.ledgers();
    ledgers
        .iter()
        .for_each(|ledger| assert_eq!(ledger.imbalance(), 0, "the ledger balances"));
    Seen {
        digest: engine.digest().to_string(),
        ledgers: ledgers
            .iter()
            .map(freehold_kernel::ledger::Ledger::counts)
            .collect(),
        readings,
        changes,
    }
}

/// The state that a fresh replay of the stepper's log gives, from its first record on.
pub(crate) fn replayed(log: &dyn Log, plan: &Arc<Plan>) -> Seen {
    let disk = freehold_pipeline::testing::FaultyDisk::new(0);
    let settings = CoreSettings {
        threads: 2,
        epoch_rows_max: 333,
        checkpoint_rows: u64::MAX,
        checkpoint_interval_ms: Millis::MAX,
        log_rows_kept: None,
    };
    let checkpoints = Checkpoints::open(&disk).expect("an empty disk opens");
    let changes = ChangeStore::open(&disk, u64::MAX).expect("an empty disk opens");
    let recovered = Core::recover(
        log,
        Arc::clone(plan),
        checkpoints,
        Some(changes),
        settings,
        &mut |_| {},
    );
    let (core, _, _) = recovered.expect("a good log replays");
    seen(&core)
}

/// Steps until nothing is left.
pub(crate) fn run_out(stepper: &mut Stepper, now: &mut Millis) -> Result<(), CoreError> {
    loop {
        *now += 10;
        if stepper.step(*now, true)? == Step::Idle {
            break;
        }
    }
    stepper.close_day(*now)?;
    stepper.core.close(*now)
}
