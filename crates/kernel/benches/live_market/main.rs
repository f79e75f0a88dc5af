//! Updates per second of one shard on one thread, memory per listing, and time to restore. Rows come as
//! encoded records, so decoding is inside the time; making them, reading files and logs are not.
//!
//! `cargo bench -p freehold-kernel` runs the feed cases; arguments choose: case letters (`a` to `e`),
//! `f` for memory, `g` for restore, `h` for looking back, `i` for markets of two sizes, `j` for late events, `k` for many
//! markets, `--passes N`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock and its arguments; the purity is the kernel's"
)]

mod feed;
mod memory;
mod past;
mod plans;
mod reads;
mod scale;
mod stopwatch;

use crate::stopwatch::Stopwatch;
use std::sync::Arc;

use freehold_kernel::Shard;
use freehold_kernel::plan::{Identity, Plan, Segments};
use freehold_kernel::record::{FeedId, RawRecord, Record, Records};

use crate::feed::{Feed, START_DAY, Size};
use crate::reads::Reads;

const SEED: u64 = 42;
const LIVE: Size = Size {
    updates: 2_000_000,
    listings: 200_000,
    zips: 1_000,
};
/// Updates between two reads of every touched market; also the size of a batch.
const BATCH: u64 = 50_000;

/// Records as the log would hold them: one batch, received at one instant.
struct Batch {
    receipt: i64,
    records: Vec<u8>,
}

fn main() {
    let mut chosen = Vec::new();
    let mut passes = 5;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--passes" => passes = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(5),
            letters => chosen.extend(letters.chars()),
        }
    }
    let is_chosen = |letter| chosen.is_empty() && letter < 'f' || chosen.contains(&letter);
    if is_chosen('h') {
        let mut feed = Feed::new(LIVE, SEED);
        let plan = plans::six_levels(feed.zip_codes());
        past::run(plan, &batches(&mut feed));
    }
    if ('a'..='e').any(is_chosen) {
        let mut feed = Feed::new(LIVE, SEED);
        let cases = cases(&feed);
        let batches = batches(&mut feed);
        let bytes: usize = batches.iter().map(|batch| batch.records.len()).sum();
        println!(
            "{} updates of {} listings in {} ZIPs, {} bytes a record; a read each {BATCH} updates",
            LIVE.updates,
            LIVE.listings,
            LIVE.zips,
            bytes as u64 / LIVE.updates
        );
        for (letter, name, plan) in cases {
            if is_chosen(letter) {
                run_case(letter, name, &Arc::new(plan), &batches, passes);
            }
        }
    }
    if is_chosen('i') {
        scale::market_sizes(passes);
    }
    if is_chosen('j') {
        scale::late_events(passes);
    }
    if is_chosen('k') {
        scale::many_markets();
    }
    if is_chosen('f') || is_chosen('g') {
        memory::run(is_chosen('g'));
    }
}

fn cases(feed: &Feed) -> Vec<(char, &'static str, Plan)> {
    let six = || plans::six_levels(feed.zip_codes());
    let with = |change: fn(&mut Plan)| {
        let mut plan = six();
        change(&mut plan);
        plan
    };
    let segments = |plan: &mut Plan| {
        plan.segments = Segments {
            by_type: true,
            by_bedrooms: true,
        }
    };
    vec![
        ('a', "zip only", plans::zip_only()),
        ('b', "six levels", six()),
        ('c', "six levels, segments", with(segments)),
        (
            'd',
            "six levels, changes",
            with(|plan| plan.emit_changes = true),
        ),
        (
            'e',
            "six levels, matched homes",
            with(|plan| plan.identity = Identity::Match),
        ),
    ]
}

fn batches(feed: &mut Feed) -> Vec<Batch> {
    let mut batches = Vec::new();
    loop {
        let mut records = Vec::new();
        let mut rows = 0;
        while rows < BATCH && feed.next(&mut records) {
            rows += 1;
        }
        if rows == 0 {
            return batches;
        }
        let receipt = feed.now();
        batches.push(Batch { receipt, records });
    }
}

/// Observes one batch's records as the pipeline's engine does: the listings of 16 rows are looked at before
/// the rows are applied.
fn observe(shard: &mut Shard, records: &[u8], receipt: i64, position: &mut u64) {
    const ROWS_AHEAD: usize = 16;
    let mut ahead: Vec<RawRecord<'_>> = Vec::with_capacity(ROWS_AHEAD);
    let mut keys: Vec<(FeedId, &[u8])> = Vec::with_capacity(ROWS_AHEAD);
    let mut records = Records::new(records);
    loop {
        let next = records.next_raw().map(|raw| raw.expect("encoded just now"));
        let is_last = next.is_none();
        if let Some(raw) = next {
            keys.extend(raw.feed_and_key());
            ahead.push(raw);
        }
        if ahead.len() == ROWS_AHEAD || is_last {
            shard.warm(&keys);
            keys.clear();
            for raw in ahead.drain(..) {
                match raw.decode() {
                    Some(Record::Observation(row)) => {
                        shard.observe(&row, receipt, *position);
                    }
                    Some(Record::Tick(tick)) => shard.tick(&tick),
                    other => panic!("{other:?} in a feed of rows and ticks"),
                }
                *position += 1;
            }
        }
        if is_last {
            return;
        }
    }
}

fn run_case(letter: char, name: &str, plan: &Arc<Plan>, batches: &[Batch], passes: usize) {
    let mut rates = Vec::new();
    let mut read_share = 0.0;
    let mut summary = String::new();
    for _ in 0..passes {
        let start = Stopwatch::start();
        let mut shard = Shard::new(Arc::clone(plan));
        let mut reads = Reads::new(plan);
        let mut position = 0;
        for batch in batches {
            observe(&mut shard, &batch.records, batch.receipt, &mut position);
            reads.read(&mut shard);
        }
        let seconds = start.seconds();
        rates.push(LIVE.updates as f64 / seconds);
        read_share = reads.seconds / seconds;
        summary = format!("{} readings, digest {}", reads.count, shard.digest());
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "({letter}) {name:<26} {:>9.0} updates/s, {:.0} to {:.0}; reads {:.0} % of the time; {summary}",
        rates[passes / 2],
        rates[0],
        rates[passes - 1],
        read_share * 100.0,
    );
}
