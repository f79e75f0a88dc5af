//! Looks back: the stock of a year of days from the spans of all homes, and the evidence of one reading.

use std::sync::Arc;

use freehold_kernel::evidence::reduce;
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketKey, Segment};
use freehold_kernel::measure::{MEASURES, Window, find};
use freehold_kernel::plan::{Identity, Plan};
use freehold_kernel::prints::Vintage;
use freehold_kernel::stock::StockSeries;
use freehold_kernel::time::Day;
use freehold_kernel::{Knowledge, Shard};

use crate::stopwatch::Stopwatch;
use crate::{Batch, START_DAY, observe};

/// Listings that a caller would ask about under one lock.
const SLICE: usize = 4_096;
const DAYS: i32 = 365;

/// Measures both, with homes of one listing and with matched ones.
pub(crate) fn run(plan: Plan, batches: &[Batch]) {
    for identity in [Identity::Listing, Identity::Match] {
        let mut shard = Shard::new(Arc::new(Plan {
            identity,
            ..plan.clone()
        }));
        let mut position = 0;
        for batch in batches {
            observe(&mut shard, &batch.records, batch.receipt, &mut position);
        }
        let nation = plan.levels.len() as u8 - 1;
        let zip = shard
            .markets()
            .area_name(freehold_kernel::market::LeafId(0), 0);
        stock(&shard, identity, None, "all areas");
        stock(&shard, identity, Some((nation, "US")), "nation");
        stock(&shard, identity, Some((0, zip)), "one ZIP");
        evidence(&shard, identity, nation, "US", "nation");
        evidence(&shard, identity, 0, zip, "one ZIP");
    }
}

fn stock(shard: &Shard, identity: Identity, area: Option<(u8, &str)>, name: &str) {
    let today = START_DAY + 1;
    let mut series = StockSeries::new((today - DAYS + 1..=today).map(Day).collect());
    let listings = shard.listings().len();
    let (mut spans, mut longest) = (0u64, 0.0f64);
    let start = Stopwatch::start();
    let homes = shard.stock_homes(Kind::Sale, area);
    for from in (0..listings).step_by(SLICE) {
        let slice = Stopwatch::start();
        shard.stock_spans(
            &homes,
            Vintage::Now,
            from as u32..(from + SLICE) as u32,
            &mut |span| {
                spans += 1;
                series.add(span);
            },
        );
        longest = longest.max(slice.seconds());
    }
    let walked = start.seconds();
    let stock_measures = MEASURES
        .iter()
        .filter_map(|measure| series.readings(measure));
    let readings: usize = stock_measures.map(|readings| readings.len()).sum();
    println!(
        "(h) {identity:?}, {name}: {spans} spans of {listings} listings in {:.0} ms, {:.0} listings/s, a slice \
         of {SLICE} at most {:.2} ms; {readings} readings in {:.0} ms",
        walked * 1e3,
        listings as f64 / walked,
        longest * 1e3,
        (start.seconds() - walked) * 1e3,
    );
}

fn evidence(shard: &Shard, identity: Identity, level: u8, area: &str, name: &str) {
    let market = MarketKey {
        level,
        area: area.into(),
        segment: Segment::All,
        kind: Kind::Sale,
    };
    for id in ["median_list_price", "price_cut_share"] {
        let measure = find(id).expect("registered");
        let period = measure.windows()[0].period(Day(START_DAY));
        let period = if measure.windows().contains(&Window::All) {
            Window::All.period(Day(START_DAY))
        } else {
            period
        };
        let start = Stopwatch::start();
        let rows = shard.evidence(
            &market,
            measure,
            measure.variants[0],
            period,
            Knowledge::NOW,
        );
        let seconds = start.seconds();
        println!(
            "(h) {identity:?}, {name}: evidence of {id}: {} rows in {:.1} ms; n {}",
            rows.len(),
            seconds * 1e3,
            reduce(measure, measure.variants[0], &rows).n,
        );
    }
}
