//! Checkers: general properties that hold at every epoch, whatever happened before. None knows of any fault or planted bug.

use std::collections::BTreeMap;
use std::sync::Arc;

use freehold_kernel::Knowledge;
use freehold_kernel::change::{Aspect, Change};
use freehold_kernel::field::{Kind, Status};
use freehold_kernel::market::{MarketBook, MarketView, Segment, StockClass};
use freehold_kernel::measure::{MEASURES, Period};
use freehold_kernel::plan::{Identity, NO_AREA, Plan};
use freehold_kernel::record::{RawRecord, Record};
use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::books::read;
use freehold_pipeline::core::Core;
use freehold_pipeline::engine::Engine;
use freehold_pipeline::log::Log;
use freehold_pipeline::testing::Random;

use crate::feeds::{FEEDS, SNAPSHOTS, Script};
use crate::sink::{LEVEL, Outside, row};

/// A property that does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// Which checker found it.
    pub(crate) checker: &'static str,
    /// What it found.
    pub(crate) what: String,
    /// A file could not be read: that is for the one to judge who knows what the disk did.
    pub(crate) is_unreadable: bool,
}

pub(crate) type Checked = Result<(), Finding>;

/// The checkers, in the order in which they look.
pub(crate) const CHECKERS: [&str; 9] = [
    "log holds what feeds said",
    "ledger balances",
    "sequence of each listing",
    "conservation",
    "markets equal a recount",
    "numbers equal plain code",
    "state equals a replay",
    "change rows equal a replay",
    "published rows are right",
];

fn finding(checker: &'static str, what: impl Into<String>) -> Finding {
    debug_assert!(
        CHECKERS.contains(&checker) || checker == "goes on" || checker == "damage is named"
    );
    Finding {
        checker,
        what: what.into(),
        is_unreadable: false,
    }
}

fn unreadable(checker: &'static str, error: impl ToString) -> Finding {
    Finding {
        is_unreadable: true,
        ..finding(checker, error.to_string())
    }
}

/// What the checkers know of an instance from its log alone, read once, batch by batch.
pub(crate) struct Checker {
    /// A replay of the log, on other shards and in other cuts.
    shadow: Engine,
    /// How many records of each feed the log holds.
    of_feeds: Vec<usize>,
    /// Rows of each feed: observations and refusals.
    rows: Vec<u64>,
    /// Of the feeds whose homes live plain lives: the newest row of each listing.
    newest: BTreeMap<(u16, Vec<u8>), Plain>,
    /// Change rows of the replay that the instance has not shown yet.
    expected: Vec<Change>,
    seen_changes: u64,
    /// The newest value of each home's stock and price, by its change rows.
    chain: BTreeMap<Link, Option<i64>>,
}

/// A home and an aspect of it.
type Link = (u16, Box<[u8]>, u8);

/// The newest row of a listing.
struct Plain {
    time: Millis,
    status: Status,
    asked: Option<i64>,
    zip: String,
    closed: Option<Day>,
}

impl Checker {
    pub(crate) fn new(plan: Arc<Plan>, threads: usize) -> Self {
        Self {
            shadow: Engine::new(plan, threads),
            of_feeds: vec![0; FEEDS.len()],
            rows: vec![0; FEEDS.len()],
            newest: BTreeMap::new(),
            expected: Vec::new(),
            seen_changes: 0,
            chain: BTreeMap::new(),
        }
    }

    /// The position up to which the log was read.
    pub(crate) fn position(&self) -> u64 {
        self.shadow.position()
    }

    /// How many records of each feed there are.
    pub(crate) fn of_feeds(&self) -> &[usize] {
        &self.of_feeds
    }

    /// Reads on in the log: what feeds said, once each and in order, and nothing that was there is gone.
    pub(crate) fn read_on(
        &mut self,
        log: &dyn Log,
        scripts: &[Arc<Script>],
        random: &mut Random,
    ) -> Checked {
        let checker = CHECKERS[0];
        if log.next_offset() < self.position() {
            let what = format!(
                "the log ended at {} and ends at {} now",
                self.position(),
                log.next_offset()
            );
            return Err(finding(checker, what));
        }
        while self.position() < log.next_offset() {
            let at = self.position();
            let found = log.read(at).map_err(|error| unreadable(checker, error))?;
            let (first, batch) =
                found.ok_or_else(|| finding(checker, format!("no batch at {at}")))?;
            if first > at {
                return Err(finding(
                    checker,
                    format!("the batch of {at} begins at {first}"),
                ));
            }
            for (offset, stamped) in (first..).zip(batch.stamped()) {
                let (raw, _) = stamped.map_err(|error| finding(checker, error.to_string()))?;
                if offset >= at {
                    self.take(&raw, scripts)?;
                }
            }
            let end = first + batch.count;
            let mut from = at;
            while from < end {
                let to = (from + 1 + random.below(40)).min(end);
                let applied = self.shadow.apply(first, &batch, from, to);
                applied.map_err(|error| finding(CHECKERS[6], error.to_string()))?;
                self.expected.extend(self.shadow.take_changes());
                from = to;
            }
        }
        Ok(())
    }

    fn take(&mut self, raw: &RawRecord<'_>, scripts: &[Arc<Script>]) -> Checked {
        let record = raw.decode();
        let feed = match &record {
            Some(Record::Observation(row)) => row.feed,
            Some(Record::Refused(row)) => row.feed,
            Some(Record::SnapshotEnd(end)) => end.feed,
            _ => return Ok(()),
        };
        let at = usize::from(feed.0);
        let number = self.of_feeds[at];
        if scripts[at].records.get(number).map(Vec::as_slice) != Some(raw.bytes()) {
            let what = format!(
                "record {number} of feed {} is not what the feed said then",
                FEEDS[at]
            );
            return Err(finding(CHECKERS[0], what));
        }
        self.of_feeds[at] += 1;
        self.rows[at] += u64::from(!matches!(record, Some(Record::SnapshotEnd(_))));
        if let Some(Record::Observation(row)) = record
            && at != SNAPSHOTS
        {
            use freehold_kernel::field::ProfileField;
            let zip = row
                .profile
                .text(ProfileField::PostalCode)
                .unwrap_or_default();
            let newest = Plain {
                time: row.event_time,
                status: row.terms.status,
                asked: row.terms.list_price,
                zip: zip.to_owned(),
                closed: row.terms.close_date,
            };
            let known = self.newest.entry((feed.0, row.key.to_vec()));
            known
                .and_modify(|known| {
                    if known.time < newest.time {
                        *known = Plain {
                            zip: newest.zip.clone(),
                            ..newest
                        };
                    }
                })
                .or_insert(newest);
        }
        Ok(())
    }

    /// All that holds at the end of an epoch. `heavy` looks also at what takes longer.
    pub(crate) fn check(&mut self, core: &Core, random: &mut Random, heavy: bool) -> Checked {
        let books = read(core.books());
        let engine = &books.engine;
        self.ledgers(engine)?;
        self.sequences(engine, heavy)?;
        conservation(engine)?;
        self.plain_code(engine)?;
        self.replay(engine)?;
        recount(engine, random, heavy)?;
        let changes = books
            .changes()
            .ok_or_else(|| finding(CHECKERS[7], "there are none"))?;
        let mut new = Vec::new();
        let shown = changes.each_from(self.seen_changes, &mut |change| {
            if change.position >= self.seen_changes {
                new.push(change.clone());
            }
            true
        });
        shown.map_err(|error| unreadable(CHECKERS[7], error))?;
        self.changes(engine, new)
    }

    fn ledgers(&self, engine: &Engine) -> Checked {
        for ((ledger, rows), feed) in engine.ledgers().iter().zip(&self.rows).zip(FEEDS) {
            if ledger.imbalance() != 0 {
                return Err(finding(
                    CHECKERS[1],
                    format!("{feed} is off by {}", ledger.imbalance()),
                ));
            }
            if ledger.received != *rows {
                return Err(finding(
                    CHECKERS[1],
                    format!(
                        "{feed} counts {} rows, the log holds {rows}",
                        ledger.received
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Versions of a listing come in their order, none twice.
    fn sequences(&self, engine: &Engine, heavy: bool) -> Checked {
        if !heavy {
            return Ok(());
        }
        for shard in engine.shards() {
            for (_, listing) in shard.listings().iter() {
                let versions: Vec<_> = listing.history.versions().collect();
                if let Some(pair) = versions.windows(2).find(|pair| pair[0] >= pair[1]) {
                    let key = String::from_utf8_lossy(listing.history.key()).into_owned();
                    return Err(finding(
                        CHECKERS[2],
                        format!(
                            "{key}: a version at {} stands twice or out of order",
                            pair[1].time
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Markets of plain lives against the newest rows of their listings, counted here.
    fn plain_code(&self, engine: &Engine) -> Checked {
        let view = engine.view();
        let today = engine.shards()[0].clock().today;
        for zip in ["07030", "07031"] {
            let of_zip = || self.newest.values().filter(|row| row.zip == zip);
            let active = || of_zip().filter(|row| row.status == Status::Active);
            let mut asked: Vec<i64> = active().filter_map(|row| row.asked).collect();
            asked.sort_unstable();
            let median = match asked.len() {
                0 => String::new(),
                n => median_text(asked[(n - 1) / 2] + asked[n / 2]),
            };
            let in_window = |row: &&Plain| {
                let closed = row.closed.filter(|_| row.status == Status::Closed);
                closed.is_some_and(|day| (today.plus(-29)..=today).contains(&day))
            };
            let closed = of_zip().filter(in_window).count();
            let expected = format!(
                "{};{} {median};{} {closed};{closed}",
                active().count(),
                active().count(),
                asked.len()
            );
            let got = row(&view, LEVEL, zip);
            // A market that never was has no clock to be asked.
            if got != expected && !self.newest.is_empty() {
                return Err(finding(
                    CHECKERS[5],
                    format!("{zip} shows {got}, and plain code says {expected}"),
                ));
            }
        }
        Ok(())
    }

    fn replay(&self, engine: &Engine) -> Checked {
        if engine.position() != self.shadow.position() {
            let what = format!(
                "the state stands at {}, the log ends at {}",
                engine.position(),
                self.shadow.position()
            );
            return Err(finding(CHECKERS[6], what));
        }
        let partings = match engine.digest() == self.shadow.digest() {
            true if engine.ledgers() == self.shadow.ledgers()
                && engine.decisions() == self.shadow.decisions()
                && engine.held_snapshots() == self.shadow.held_snapshots() =>
            {
                return Ok(());
            }
            _ => freehold_pipeline::verify::partings(engine, &self.shadow),
        };
        let first = partings
            .first()
            .map_or_else(|| "held snapshots differ".to_owned(), ToString::to_string);
        Err(finding(CHECKERS[6], first))
    }

    fn changes(&mut self, engine: &Engine, new: Vec<Change>) -> Checked {
        let expected = std::mem::take(&mut self.expected);
        if new != expected {
            let what = format!(
                "{} rows from {}, where a replay gives {}",
                new.len(),
                self.seen_changes,
                expected.len()
            );
            return Err(finding(CHECKERS[7], what));
        }
        self.seen_changes = engine.position();
        if engine.plan().identity != Identity::Listing {
            return Ok(());
        }
        // Each home's values follow each other: what a row says was before, the row before said was after.
        for change in new {
            if matches!(change.aspect, Aspect::Event(_)) {
                continue;
            }
            let key = (change.home.0.0, change.home.1.clone(), change.aspect.code());
            let before = self.chain.insert(key, change.after).flatten();
            if before != change.before {
                let home = String::from_utf8_lossy(&change.home.1).into_owned();
                return Err(finding(
                    CHECKERS[2],
                    format!(
                        "{home} {} goes from {before:?}, and its row says from {:?}",
                        change.aspect.name(),
                        change.before
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Rows that an outside system holds: none is ahead of the log, and where the sink says that it took all, each is right.
    pub(crate) fn outside(&self, outside: &Outside) -> Checked {
        let checker = CHECKERS[8];
        let view = self.shadow.view();
        let nothing = row(&view, LEVEL, "no such area");
        let ahead = outside
            .rows
            .iter()
            .find(|(_, (position, _))| *position > self.position());
        if let Some((area, (position, _))) = ahead {
            return Err(finding(
                checker,
                format!(
                    "the row of {area} is of {position}, and the log ends at {}",
                    self.position()
                ),
            ));
        }
        if outside.failed {
            return Ok(());
        }
        for (level, area) in view.areas() {
            if level != LEVEL || area == NO_AREA {
                continue;
            }
            let expected = row(&view, LEVEL, area);
            let held = outside.rows.get(area).map(|(_, row)| row.as_str());
            // A market of which nothing was ever counted need not be told of.
            if held.unwrap_or(&nothing) != expected {
                return Err(finding(
                    checker,
                    format!("{area}: outside is {held:?}, and the log gives {expected}"),
                ));
            }
        }
        Ok(())
    }
}

fn median_text(doubled: i64) -> String {
    // Cents, halved: as the reading says dollars.
    let text = format!("{}.{:03}", doubled / 200, doubled % 200 * 5);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// At each level markets add up to the homes there are, and nothing is negative.
fn conservation(engine: &Engine) -> Checked {
    let view = engine.view();
    let areas = view.areas();
    for kind in Kind::ALL {
        for class in [
            StockClass::Active,
            StockClass::Pending,
            StockClass::ComingSoon,
        ] {
            let mut homes = 0;
            for shard in engine.shards() {
                for members in shard.homes().homes(shard.listings()) {
                    let home = shard.derive_home(&members, kind, Knowledge::NOW);
                    homes += u64::from(
                        home.and_then(|home| home.stock)
                            .is_some_and(|entry| entry.class == class),
                    );
                }
            }
            for level in 0..engine.plan().levels.len() as u8 {
                let of_level = areas.iter().filter(|(known, _)| *known == level);
                let count = of_level
                    .map(|(_, area)| {
                        view.market(level, area, kind, Segment::All)
                            .stock_count(class)
                    })
                    .sum::<u64>();
                if count != homes {
                    return Err(finding(
                        CHECKERS[3],
                        format!(
                            "{class:?} homes of level {level} add up to {count}, and there are {homes}"
                        ),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Some measures of every market against books made anew from the listings.
fn recount(engine: &Engine, random: &mut Random, heavy: bool) -> Checked {
    let today = engine.shards()[0].clock().today;
    let books: Vec<MarketBook> = engine
        .shards()
        .iter()
        .map(|shard| shard.markets_known(Knowledge::NOW))
        .collect();
    let anew = MarketView::new(books.iter().collect(), today);
    let view = engine.view();
    let few = [0; 2].map(|_| MEASURES[random.below(MEASURES.len() as u64) as usize]);
    let measures = if heavy { MEASURES } else { &few[..] };
    for measure in measures {
        let windows = measure.windows();
        let window = windows[random.below(windows.len() as u64) as usize];
        let variant = measure.variants[random.below(measure.variants.len() as u64) as usize];
        let period = Period {
            as_final: false,
            ..window.period(today)
        };
        for (level, area) in view.areas() {
            for kind in Kind::ALL {
                let read = |view: &MarketView<'_>| {
                    (measure.read)(
                        &view.market(level, area, kind, Segment::All),
                        period,
                        variant,
                    )
                };
                let (got, expected) = (read(&view), read(&anew));
                if got != expected {
                    let what = format!(
                        "{} {} of {area} is {got:?}, and a recount gives {expected:?}",
                        measure.id,
                        window.name()
                    );
                    return Err(finding(CHECKERS[4], what));
                }
            }
        }
    }
    Ok(())
}
