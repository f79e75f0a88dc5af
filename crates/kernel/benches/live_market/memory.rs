//! A million listings after ten million updates: resident bytes a listing, and the time to build the shard
//! again from its stored listings, as a restart does.

use crate::stopwatch::Stopwatch;
use std::sync::Arc;

use freehold_kernel::Shard;
use freehold_kernel::state::{ListingEntry, Summary, put_listing};
use freehold_kernel::varint::Reader;

use crate::feed::{Feed, Size};
use crate::{BATCH, SEED, observe, plans};

const LARGE: Size = Size {
    updates: 10_000_000,
    listings: 1_000_000,
    zips: 5_000,
};
const RESTORES: usize = 3;

/// Measures memory; with `restore`, restarts too.
pub(crate) fn run(restore: bool) {
    let before = resident_bytes();
    let shard = build();
    // The feed's own memory is gone by now.
    let resident = resident_bytes().saturating_sub(before);
    let listings = shard.listings().len();
    let (mut text, mut heap, mut versions) = (0, 0, 0);
    for (_, listing) in shard.listings().iter() {
        text += listing.history.key().len() + listing.history.last().profile.0.len();
        heap += listing.history.heap_bytes();
        versions += u64::from(listing.history.count());
    }
    let each = |bytes: usize| bytes as f64 / listings as f64;
    println!(
        "(f) {listings} listings, {:.1} versions each: {:.0} resident bytes a listing, {:.0} of them text \
         (key and profile), {:.0} beside it (histories {:.0} with text)",
        versions as f64 / listings as f64,
        each(resident),
        each(text),
        each(resident.saturating_sub(text)),
        each(heap),
    );
    if restore {
        restore_times(&shard);
    }
}

fn build() -> Shard {
    let mut feed = Feed::new(LARGE, SEED);
    let mut shard = Shard::new(Arc::new(plans::six_levels(feed.zip_codes())));
    let mut records = Vec::new();
    let (mut rows, mut position) = (0, 0);
    let mut touched = Vec::new();
    while feed.next(&mut records) {
        rows += 1;
        if rows % BATCH == 0 {
            observe(&mut shard, &records, feed.now(), &mut position);
            records.clear();
            shard.take_touched(&mut touched);
            touched.clear();
            drop(shard.take_dirty());
        }
    }
    observe(&mut shard, &records, feed.now(), &mut position);
    shard
}

fn restore_times(shard: &Shard) {
    let mut stored = Vec::new();
    for (_, listing) in shard.listings().iter() {
        put_listing(&mut stored, listing);
    }
    let summary = shard.summary().encode();
    for _ in 0..RESTORES {
        let start = Stopwatch::start();
        let mut reader = Reader::new(&stored);
        let mut listings = Vec::with_capacity(shard.listings().len());
        while !reader.is_empty() {
            let entry = ListingEntry::next(&mut reader).expect("just stored");
            listings.push(entry.listing().expect("just stored"));
        }
        let read = start.seconds();
        let summary = Summary::decode(&summary).expect("just stored");
        let again = Shard::restore(Arc::clone(shard.plan()), listings, summary);
        let all = start.seconds();
        println!(
            "(g) restore of {} listings from {} MB: {all:.2} s, of which {read:.2} s reads histories; {}",
            again.listings().len(),
            stored.len() / 1_000_000,
            if again.digest() == shard.digest() {
                "same digest"
            } else {
                "OTHER DIGEST"
            },
        );
    }
}

/// `VmRSS` of this process.
pub(crate) fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
