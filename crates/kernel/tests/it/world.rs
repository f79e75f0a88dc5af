//! Random worlds: rows early and late, ticks that make days final in between, corrections laid and taken
//! back, snapshots that end listings.

use freehold_kernel::Shard;
use freehold_kernel::listing::{Correction, FieldValue};
use freehold_kernel::plan::Identity;
use freehold_kernel::record::{FeedId, Records, SnapshotEnd, put_snapshot_end};
use freehold_kernel::time::Day;
use proptest::prelude::*;

use crate::rows::{Row, apply, plan, row, tick};

const RECEIPT: i64 = 1_390_000_000_000;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Row(Row),
    Tick(i32),
    Correct(u16, u8, usize, u64),
    Uncorrect(u64),
    SnapshotEnd(u16),
}

const FIXES: [(&str, &str); 7] = [
    ("ListPrice", "310000"),
    ("PostalCode", "07031"),
    ("BedroomsTotal", "5"),
    ("StandardStatus", "Closed"),
    ("OnMarketDate", "2013-10-25"),
    ("CloseDate", "2013-11-20"),
    ("LivingArea", ""),
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => row().prop_map(Step::Row),
        1 => (60i32..260).prop_map(Step::Tick),
        1 => (0u16..3, 0u8..6, 0..FIXES.len(), 0u64..4)
            .prop_map(|(feed, key, fix, id)| Step::Correct(feed, key, fix, id)),
        1 => (0u64..4).prop_map(Step::Uncorrect),
        1 => (0u16..3).prop_map(Step::SnapshotEnd),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let first = prop::collection::vec(step(), 1..40);
    let later = prop::collection::vec(step(), 0..20);
    (first, later).prop_map(|(first, later)| {
        // Days are final only where their end was watched: the clock starts before all of them.
        let mut steps = vec![Step::Tick(-60)];
        steps.extend(first);
        steps.push(Step::Tick(150));
        steps.extend(later);
        steps
    })
}

pub(crate) fn identity() -> impl Strategy<Value = Identity> {
    prop_oneof![Just(Identity::Listing), Just(Identity::Match)]
}

/// The shards of a world, of which each has all ticks and its share of the rest.
pub(crate) fn world(identity: Identity, shards: usize, steps: &[Step]) -> Vec<Shard> {
    let new = || Shard::new(plan(identity));
    let mut world: Vec<Shard> = (0..shards).map(|_| new()).collect();
    for (position, step) in steps.iter().enumerate() {
        let position = position as u64;
        match step {
            Step::Row(row) => {
                let record = row.record();
                let raw = Records::new(&record).next_raw();
                let raw = raw.expect("one").expect("undamaged");
                let (feed, key) = raw.feed_and_key().expect("an observation");
                let hash = freehold_kernel::hash_key(u64::from(feed.0), key);
                let shard = &mut world[hash as usize % shards];
                apply(shard, &record, RECEIPT, position);
            }
            Step::Tick(day) => world
                .iter_mut()
                .for_each(|shard| apply(shard, &tick(*day), 0, position)),
            Step::Correct(feed, key, fix, id) => {
                let (field, text) = FIXES[*fix];
                let correction = Correction {
                    id: *id,
                    field: field.into(),
                    text: text.into(),
                    value: FieldValue::parse(field, text).expect("valid"),
                    reason: String::new(),
                    known: Day(0),
                };
                for shard in &mut world {
                    shard.correct(FeedId(*feed), &[b'k', *key], &correction, position);
                }
            }
            Step::Uncorrect(id) => {
                for shard in &mut world {
                    shard.uncorrect(*id, position);
                }
            }
            Step::SnapshotEnd(feed) => {
                let mut end = Vec::new();
                let feed = FeedId(*feed);
                let day = Day(16_000 + 70);
                let time = day.start_utc();
                let end_of = SnapshotEnd {
                    feed,
                    time,
                    day,
                    shrink_percent_max: 100,
                    forced: false,
                };
                put_snapshot_end(&mut end, &end_of);
                world
                    .iter_mut()
                    .for_each(|shard| apply(shard, &end, RECEIPT, position));
            }
        }
    }
    world
}
