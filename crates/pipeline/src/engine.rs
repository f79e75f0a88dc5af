//! The kernel on several threads: shards that share nothing, fed record by record. The answer does not depend
//! on how many shards there are, nor on how records are cut into calls.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use freehold_kernel::change::Change;
use freehold_kernel::ledger::Ledger;
use freehold_kernel::listing::{Correction, FieldValue, Listing, ListingId, Verdict};
use freehold_kernel::market::MarketView;
use freehold_kernel::plan::{Identity, Plan};
use freehold_kernel::quarantine::{Norms, Settling, ValueCounts};
use freehold_kernel::record::{BadRecord, Control, FeedId, RawRecord, Record, SnapshotEnd};
use freehold_kernel::state::{ListingEntry, StateError, Summary, put_listing};
use freehold_kernel::time::{Day, Millis};
use freehold_kernel::varint::Reader;
use freehold_kernel::{Digest, Shard, SnapshotShrink, VERDICTS_KEPT, hash_key};

use crate::batch::{Batch, Stamped};
use crate::decision::Decision;

/// Below this many records a call runs on the caller's thread: starting others would cost more.
const PARALLEL_FROM: u64 = 1024;

/// All shards, at one position.
pub struct Engine {
    plan: Arc<Plan>,
    shards: Vec<Shard>,
    position: u64,
    changes: Vec<Change>,
    held: Vec<HeldSnapshot>,
    decisions: BTreeMap<u64, String>,
    settling: Settling,
}

/// A snapshot that shrank too much and was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSnapshot {
    /// Its record.
    pub end: SnapshotEnd,
    /// Position of its record.
    pub position: u64,
    /// Live listings of the feed then.
    pub live: u64,
    /// Those that it did not name.
    pub absent: u64,
}

impl Engine {
    /// An empty engine of `threads` shards (at least one).
    #[must_use]
    pub fn new(plan: Arc<Plan>, threads: usize) -> Self {
        let shards = (0..shard_count(&plan, threads))
            .map(|_| Shard::new(Arc::clone(&plan)))
            .collect();
        Self {
            plan,
            shards,
            position: 0,
            changes: Vec::new(),
            held: Vec::new(),
            decisions: BTreeMap::new(),
            settling: Settling::default(),
        }
    }

    /// Position of the next record.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The shards.
    #[must_use]
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// The shards, for those who keep track of what changed.
    pub fn shards_mut(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// The markets of all shards.
    #[must_use]
    pub fn view(&self) -> MarketView<'_> {
        let books = self.shards.iter().map(Shard::markets).collect();
        MarketView::new(books, self.shards[0].clock().today)
    }

    /// What is usual in every place, by which values are judged.
    #[must_use]
    pub fn norms(&self) -> &Norms {
        self.shards[0].norms()
    }

    /// Counts of each feed, by its number.
    #[must_use]
    pub fn ledgers(&self) -> Vec<Ledger> {
        let mut sums = vec![Ledger::default(); self.plan.feeds.len()];
        for shard in &self.shards {
            sums.iter_mut()
                .zip(shard.ledgers())
                .for_each(|(sum, part)| sum.add(part));
        }
        sums
    }

    /// Snapshots that were held and not applied, and not released since.
    #[must_use]
    pub fn held_snapshots(&self) -> &[HeldSnapshot] {
        &self.held
    }

    /// Corrections and other decisions in force, by their position.
    #[must_use]
    pub fn decisions(&self) -> &BTreeMap<u64, String> {
        &self.decisions
    }

    /// What became of the observation `raw`, applied at `position`; `None` when that was longer ago than is
    /// remembered, or before this process began.
    #[must_use]
    pub fn verdict(&self, position: u64, raw: &RawRecord<'_>) -> Option<Verdict> {
        let is_remembered =
            (self.position.saturating_sub(VERDICTS_KEPT)..self.position).contains(&position);
        let owner = owner(&self.plan, self.shards.len(), raw)?;
        self.shards[owner]
            .verdict(position)
            .filter(|_| is_remembered)
    }

    /// The digest of the whole state.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.shards
            .iter()
            .for_each(|shard| digest.add(shard.digest()));
        digest.add(self.norms().digest());
        digest
    }

    /// Change rows since this was last asked, in order of position, home and ordinal.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.changes);
        self.shards
            .iter_mut()
            .for_each(|shard| changes.extend(shard.take_changes()));
        // One record may touch homes of several shards; no order of shards may show.
        changes.sort_by(|left, right| {
            let key = |change: &'_ Change| (change.position, change.ordinal);
            (left.position, &left.home)
                .cmp(&(right.position, &right.home))
                .then(key(left).cmp(&key(right)))
        });
        changes
    }

    /// Applies the records of `batch` with offsets in `from..to`, where `batch` begins at `first`.
    ///
    /// # Errors
    /// When a record is damaged; nothing after it is applied.
    pub fn apply(
        &mut self,
        first: u64,
        batch: &Batch,
        from: u64,
        to: u64,
    ) -> Result<(), BadRecord> {
        let mut stamped = batch.stamped();
        for _ in first..from {
            stamped.next().transpose()?;
        }
        let mut at = from;
        while at < to {
            // Up to the next record that all shards must see together.
            let mut end = at;
            let mut ahead = stamped.clone();
            let mut for_all = None;
            while end < to {
                let Some(next) = ahead.next() else { break };
                let (raw, _) = next?;
                if raw.is_for_all() || self.settles_at(&raw)? {
                    for_all = Some(raw);
                    break;
                }
                end += 1;
            }
            self.apply_plain(stamped.clone(), at, end)?;
            if let Some(raw) = for_all {
                let record = raw.decode().ok_or(BadRecord { offset: 0 })?;
                self.apply_for_all(&record, end);
                end += 1;
            } else if end < to {
                break;
            }
            stamped = ahead;
            at = end;
        }
        self.position = at.max(self.position);
        Ok(())
    }

    fn apply_plain(&mut self, stamped: Stamped<'_>, from: u64, to: u64) -> Result<(), BadRecord> {
        let plan = &self.plan;
        let shards = self.shards.len();
        if shards == 1 || to - from < PARALLEL_FROM {
            for (number, shard) in self.shards.iter_mut().enumerate() {
                apply_own(shard, (number, shards), plan, stamped.clone(), from..to)?;
            }
            return Ok(());
        }
        std::thread::scope(|scope| {
            let work = self.shards.iter_mut().enumerate().map(|(number, shard)| {
                let stamped = stamped.clone();
                scope.spawn(move || apply_own(shard, (number, shards), plan, stamped, from..to))
            });
            let work: Vec<_> = work.collect();
            work.into_iter().try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }

    fn apply_for_all(&mut self, record: &Record<'_>, position: u64) {
        match record {
            Record::SnapshotEnd(end) => self.end_snapshot(end, position),
            Record::Control(control) => self.decide(control, position),
            Record::Tick(tick) => {
                self.shards.iter_mut().for_each(|shard| shard.tick(tick));
                self.settle(position);
            }
            Record::Observation(_) | Record::Refused(_) => {}
        }
    }

    /// Whether norms are taken anew at a record, which is the next.
    fn settles_at(&mut self, raw: &RawRecord<'_>) -> Result<bool, BadRecord> {
        if raw.is_observation() {
            self.settling.row();
            return Ok(false);
        }
        if !raw.is_tick() {
            return Ok(false);
        }
        match raw.decode().ok_or(BadRecord { offset: 0 })? {
            Record::Tick(tick) => Ok(self.settling.tick(tick.time)),
            _ => Ok(false),
        }
    }

    /// Takes norms anew, of the values of all shards, and judges every value by them.
    fn settle(&mut self, position: u64) {
        let mut counts = ValueCounts::default();
        self.shards
            .iter()
            .for_each(|shard| counts.add(shard.value_counts()));
        self.settling.settled(counts.listings());
        let norms = Arc::new(counts.norms());
        for shard in &mut self.shards {
            shard.set_norms(Arc::clone(&norms), position);
        }
    }

    fn end_snapshot(&mut self, end: &SnapshotEnd, position: u64) {
        let mut shrink = SnapshotShrink::default();
        self.shards
            .iter()
            .for_each(|shard| shrink.add(shard.snapshot_shrink(end)));
        let apply = end.forced || shrink.is_within(end.shrink_percent_max);
        // A later snapshot of the feed says more than a held one.
        self.held.retain(|held| held.end.feed != end.feed);
        if !apply {
            self.held.push(HeldSnapshot {
                end: *end,
                position,
                live: shrink.live,
                absent: shrink.absent,
            });
        }
        self.shards
            .iter_mut()
            .for_each(|shard| shard.end_snapshot(end, apply, position));
    }

    /// A person's decision. One that names nothing is kept in the log and changes nothing.
    fn decide(&mut self, control: &Control<'_>, position: u64) {
        match Decision::read(control) {
            Some(Decision::Correct {
                feed,
                key,
                field,
                value,
                reason,
            }) => {
                let Ok(read) = FieldValue::parse(&field, &value) else {
                    return;
                };
                let Some(number) = self.plan.feeds.iter().position(|rule| rule.name == feed) else {
                    return;
                };
                let correction = Correction {
                    id: position,
                    field,
                    text: value,
                    value: read,
                    reason,
                    known: Day(0),
                };
                let feed = FeedId(number as u16);
                for shard in &mut self.shards {
                    shard.correct(feed, key.as_bytes(), &correction, position);
                }
            }
            Some(Decision::Uncorrect { correction }) => {
                for shard in &mut self.shards {
                    shard.uncorrect(correction, position);
                }
            }
            Some(Decision::Purge { .. }) => {}
            None => return,
        }
        self.decisions.insert(
            position,
            String::from_utf8_lossy(control.payload).into_owned(),
        );
    }

    /// Entries of the listings that changed since this was last asked, and the summary beside them.
    pub fn take_dirty(&mut self) -> (Vec<Vec<u8>>, Summary) {
        let entries = self.shards.iter_mut().map(|shard| {
            let dirty: Vec<ListingId> = shard.take_dirty();
            let mut bytes = Vec::new();
            dirty
                .iter()
                .for_each(|id| put_listing(&mut bytes, shard.listings().get(*id)));
            bytes
        });
        (entries.collect(), self.summary())
    }

    /// The state beside listings, of all shards.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = Summary::default();
        self.shards
            .iter()
            .for_each(|shard| sum.add(shard.summary()));
        sum.settling = self.settling;
        sum
    }

    /// An engine of stored entries at `position`: chunks, of which the first few are the base. Of entries of one
    /// key, the last given wins.
    ///
    /// # Errors
    /// When an entry is damaged.
    pub fn restore(
        plan: Arc<Plan>,
        threads: usize,
        chunks: (&[Vec<u8>], usize),
        summary: Summary,
        position: u64,
    ) -> Result<Self, StateError> {
        let shards = shard_count(&plan, threads);
        let settling = summary.settling;
        let restored: Result<Vec<Shard>, StateError> = std::thread::scope(|scope| {
            let work: Vec<_> = (0..shards)
                .map(|number| {
                    let (plan, summary) = (Arc::clone(&plan), summary.clone());
                    scope.spawn(move || {
                        let listings = newest_listings(chunks, number, shards)?;
                        let summary = if number == 0 {
                            summary
                        } else {
                            Summary {
                                ledgers: Vec::new(),
                                apart: Vec::new(),
                                ..summary
                            }
                        };
                        Ok(Shard::restore(plan, listings, summary))
                    })
                })
                .collect();
            let joined = work.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        });
        Ok(Self {
            plan,
            shards: restored?,
            position,
            changes: Vec::new(),
            held: Vec::new(),
            decisions: BTreeMap::new(),
            settling,
        })
    }

    /// Puts back what a checkpoint keeps of held snapshots and decisions.
    pub fn set_decisions(&mut self, held: Vec<HeldSnapshot>, decisions: BTreeMap<u64, String>) {
        self.held = held;
        self.decisions = decisions;
    }
}

/// Listings that are matched must meet: they share one shard.
fn shard_count(plan: &Plan, threads: usize) -> usize {
    match plan.identity {
        Identity::Listing => threads.max(1),
        Identity::Match => 1,
    }
}

/// The shard of an observation by its key; `None` for what every shard must see.
#[inline]
fn owner(plan: &Plan, shards: usize, raw: &RawRecord<'_>) -> Option<usize> {
    if raw.is_refused() {
        return Some(0);
    }
    if shards == 1 {
        return raw.is_observation().then_some(0);
    }
    debug_assert_eq!(plan.identity, Identity::Listing);
    let (feed, key) = raw.feed_and_key()?;
    Some(owner_of_key(feed, key, shards))
}

#[inline]
fn owner_of_key(feed: FeedId, key: &[u8], shards: usize) -> usize {
    ((u128::from(hash_key(u64::from(feed.0), key)) * shards as u128) >> 64) as usize
}

/// Rows that are looked at together before they are applied.
const ROWS_AHEAD: usize = 16;

/// Applies the records of `positions` that concern shard `number` of `shards`.
fn apply_own(
    shard: &mut Shard,
    (number, shards): (usize, usize),
    plan: &Plan,
    stamped: Stamped<'_>,
    positions: std::ops::Range<u64>,
) -> Result<(), BadRecord> {
    let mut ahead: Vec<(RawRecord<'_>, Millis, u64)> = Vec::with_capacity(ROWS_AHEAD);
    let mut keys: Vec<(FeedId, &[u8])> = Vec::with_capacity(ROWS_AHEAD);
    let mut apply = |ahead: &mut Vec<(RawRecord<'_>, Millis, u64)>,
                     keys: &mut Vec<(FeedId, &[u8])>| {
        shard.warm(keys);
        keys.clear();
        ahead
            .drain(..)
            .try_for_each(|(raw, receipt, position)| apply_one(shard, &raw, receipt, position))
    };
    for (position, next) in positions.zip(stamped) {
        let (raw, receipt) = next?;
        if owner(plan, shards, &raw).is_none_or(|owner| owner == number) {
            keys.extend(raw.feed_and_key());
            ahead.push((raw, receipt, position));
            if ahead.len() == ROWS_AHEAD {
                apply(&mut ahead, &mut keys)?;
            }
        }
    }
    apply(&mut ahead, &mut keys)
}

#[inline]
fn apply_one(
    shard: &mut Shard,
    raw: &RawRecord<'_>,
    receipt: Millis,
    position: u64,
) -> Result<(), BadRecord> {
    match raw.decode().ok_or(BadRecord { offset: 0 })? {
        Record::Observation(row) => {
            shard.observe(&row, receipt, position);
        }
        Record::Refused(refused) => shard.refuse(refused.feed),
        Record::Tick(tick) => shard.tick(&tick),
        Record::SnapshotEnd(_) | Record::Control(_) => {}
    }
    Ok(())
}

/// The newest entry of each key of one shard. The first `base` chunks have one entry a key; chunks behind them
/// may have newer ones.
fn newest_listings(
    (chunks, base): (&[Vec<u8>], usize),
    number: usize,
    shards: usize,
) -> Result<Vec<Listing>, StateError> {
    let mut listings = Vec::new();
    let mut newer = HashSet::new();
    for (chunk_number, chunk) in chunks.iter().enumerate().rev() {
        let is_base = chunk_number < base;
        let mut reader = Reader::new(chunk);
        while !reader.is_empty() {
            let entry = ListingEntry::next(&mut reader)?;
            if shards > 1 && owner_of_key(entry.feed, entry.key, shards) != number {
                continue;
            }
            let key = (entry.feed, entry.key);
            let is_newest = if is_base {
                newer.is_empty() || !newer.contains(&key)
            } else {
                newer.insert(key)
            };
            if is_newest {
                listings.push(entry.listing()?);
            }
        }
    }
    Ok(listings)
}
