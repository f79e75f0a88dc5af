//! What an update costs as a market grows and as an event gets older, and what many markets with many days take.

use std::sync::Arc;

use freehold_kernel::Shard;
use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType, Status};
use freehold_kernel::plan::Plan;
use freehold_kernel::record::{FeedId, ObservationBuilder, Tick, put_tick};
use freehold_kernel::time::{DAY_MS, Day};

use crate::memory::resident_bytes;
use crate::stopwatch::Stopwatch;
use crate::{observe, plans};

const HOMES: u32 = 200_000;
const UPDATES: u32 = 200_000;
const FIRST_DAY: i32 = 20_000;
const SECOND_MS: i64 = 1_000;

/// A small generator, so that the same numbers come each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 33) * u64::from(bound)) >> 31) as u32
    }
}

/// Makes rows of homes that stand in ZIPs of `per_zip` each.
struct Rows {
    builder: ObservationBuilder,
    numbers: Numbers,
    per_zip: u32,
}

impl Rows {
    fn new(per_zip: u32) -> Self {
        Self {
            builder: ObservationBuilder::new(FeedId(0)),
            numbers: Numbers(42),
            per_zip,
        }
    }

    /// A row of a home at an instant: what it asks is about what homes there ask.
    fn put(&mut self, home: u32, time: i64, status: Status, out: &mut Vec<u8>) {
        let row = &mut self.builder;
        row.clear();
        row.key(format!("{home:010}").as_bytes());
        row.event(time, Day::of_utc(time));
        row.status(status);
        let price = i64::from(250_000 + 1_000 * self.numbers.below(300)) * 100;
        row.terms.list_price = Some(price);
        row.terms.close_price = (status == Status::Closed).then_some(price);
        row.code(ProfileField::PropertyType, PropertyType::Residential.code());
        row.code(
            ProfileField::PropertySubType,
            PropertySubType::SingleFamilyResidence.code(),
        );
        row.integer(ProfileField::BedroomsTotal, 3);
        row.living_area(i64::from(1_200 + home % 900) * 100, AreaUnit::SquareFeet);
        row.text(
            ProfileField::PostalCode,
            &format!("{:05}", home / self.per_zip),
        );
        row.text(ProfileField::StateOrProvince, "TX");
        row.finish(out).expect("key, time and status are set");
    }
}

fn start_of(day: i32) -> i64 {
    Day(FIRST_DAY + day).start_utc()
}

fn tick(day: i32, out: &mut Vec<u8>) {
    let time = start_of(day) + DAY_MS / 2;
    put_tick(
        out,
        &Tick {
            time,
            zone_days: &[0],
        },
    );
}

/// Nanoseconds an update of homes taken at random, a row each, from `time` on.
fn updates(shard: &mut Shard, rows: &mut Rows, time: impl Fn(u32) -> i64, receipt: i64) -> f64 {
    let mut records = Vec::new();
    for number in 0..UPDATES {
        let home = rows.numbers.below(HOMES);
        rows.put(home, time(number), Status::Active, &mut records);
    }
    let mut position = u64::from(HOMES);
    let start = Stopwatch::start();
    observe(shard, &records, receipt, &mut position);
    start.seconds() * 1e9 / f64::from(UPDATES)
}

/// 200,000 active homes, in markets of so many each, after `days` days in which each was repriced every twenty.
fn market(plan: &Plan, per_zip: u32, days: i32) -> (Shard, Rows) {
    let mut shard = Shard::new(Arc::new(plan.clone()));
    let mut rows = Rows::new(per_zip);
    let mut position = 0;
    let mut records = Vec::new();
    for day in (0..=days).step_by(20) {
        records.clear();
        tick(day, &mut records);
        for home in 0..HOMES {
            rows.put(
                home,
                start_of(day) + i64::from(home),
                Status::Active,
                &mut records,
            );
        }
        observe(
            &mut shard,
            &records,
            start_of(day) + DAY_MS / 2,
            &mut position,
        );
    }
    (shard, rows)
}

/// Updates of a market of 200,000 homes beside those of a thousand markets of 200.
pub(crate) fn market_sizes(passes: usize) {
    let plan = plans::zip_only();
    for _ in 0..passes {
        let cost = |per_zip| {
            let (mut shard, mut rows) = market(&plan, per_zip, 0);
            let time = |number| start_of(1) + i64::from(number) * SECOND_MS / 4;
            updates(&mut shard, &mut rows, time, start_of(2))
        };
        let (small, large) = (cost(200), cost(HOMES));
        println!(
            "(i) an update in markets of 200 homes {small:.0} ns, in one of {HOMES} {large:.0} ns: {:.2} times",
            large / small
        );
    }
}

/// Updates that come 89 days late beside updates on time.
pub(crate) fn late_events(passes: usize) {
    let plan = plans::zip_only();
    for _ in 0..passes {
        let (mut shard, mut rows) = market(&plan, 200, 100);
        let receipt = start_of(102);
        let on_time = |number| start_of(101) + i64::from(number) * SECOND_MS / 4;
        let late = |number| start_of(13) + i64::from(number) * SECOND_MS / 4;
        let (on_time, late) = (
            updates(&mut shard, &mut rows, on_time, receipt),
            updates(&mut shard, &mut rows, late, receipt),
        );
        println!(
            "(j) an update on time {on_time:.0} ns, 89 days late {late:.0} ns: {:.1} times",
            late / on_time
        );
    }
}

/// 40,000 markets with 400 days of homes that come, change price, and close.
pub(crate) fn many_markets() {
    const ZIPS: u32 = 40_000;
    const PER_ZIP: u32 = 25;
    const DAYS: i32 = 400;
    let before = resident_bytes();
    let mut shard = Shard::new(Arc::new(plans::six_levels(std::iter::empty())));
    let mut rows = Rows::new(PER_ZIP);
    let mut lives: Vec<(i32, u32, Status)> = Vec::new();
    for home in 0..ZIPS * PER_ZIP {
        let start = rows.numbers.below(DAYS as u32 - 60) as i32;
        let steps = [
            (0, Status::Active),
            (20, Status::Active),
            (35, Status::Active),
            (45, Status::Pending),
            (59, Status::Closed),
        ];
        lives.extend(steps.map(|(after, status)| (start + after, home, status)));
    }
    lives.sort_unstable_by_key(|(day, home, _)| (*day, *home));
    let (mut position, mut records, mut touched) = (0, Vec::new(), Vec::new());
    for day in lives.chunk_by(|left, right| left.0 == right.0) {
        records.clear();
        tick(day[0].0, &mut records);
        for (day, home, status) in day {
            rows.put(
                *home,
                start_of(*day) + i64::from(*home),
                *status,
                &mut records,
            );
        }
        observe(&mut shard, &records, start_of(day[0].0 + 1), &mut position);
        shard.take_touched(&mut touched);
        touched.clear();
        drop(shard.take_dirty());
    }
    let rows_read = lives.len();
    drop((lives, records, rows));
    let resident = resident_bytes().saturating_sub(before);
    println!(
        "(k) {ZIPS} markets, {DAYS} days, {} listings, {rows_read} rows, six levels: {:.2} GB resident",
        ZIPS * PER_ZIP,
        resident as f64 / 1e9
    );
}
