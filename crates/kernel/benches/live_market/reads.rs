//! Reads every market that changed, as an output that follows along does.

use std::hint::black_box;
use std::time::Instant;

use freehold_kernel::Shard;
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{self, Measure, Window};
use freehold_kernel::plan::Plan;

const READ: [(&str, Window); 6] = [
    ("active_count", Window::Now),
    ("median_list_price", Window::Now),
    ("median_list_price_per_area", Window::Now),
    ("price_cuts", Window::All),
    ("new_listings", Window::All),
    ("closed_count", Window::All),
];

/// What is read, and how long it took so far.
pub(crate) struct Reads {
    segments: Vec<Segment>,
    measures: Vec<(&'static Measure, Window)>,
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

impl Reads {
    pub(crate) fn new(plan: &Plan) -> Self {
        let measures = READ
            .iter()
            .map(|(id, window)| (measure::find(id).expect("registered"), *window));
        Self {
            segments: Segment::of_families(plan.segments),
            measures: measures.collect(),
            count: 0,
            seconds: 0.0,
        }
    }

    /// Reads the areas of all levels above the leaves that were touched.
    pub(crate) fn read(&mut self, shard: &mut Shard) {
        let start = Instant::now();
        let mut touched = Vec::new();
        shard.take_touched(&mut touched);
        black_box(shard.take_changes());
        let today = shard.clock().today;
        let mut markets = Vec::new();
        for leaf in touched {
            let (kind, names) = shard.markets().leaf_names(leaf);
            markets.extend(
                names
                    .enumerate()
                    .map(|(level, name)| (level as u8, name, kind)),
            );
        }
        markets.sort_unstable();
        markets.dedup();
        let view = MarketView::new(vec![shard.markets()], today);
        for (level, name, kind) in markets {
            for segment in &self.segments {
                let market = view.market(level, name, kind, *segment);
                for (measure, window) in &self.measures {
                    let reading =
                        (measure.read)(&market, window.period(today), measure.variants[0]);
                    black_box(reading);
                    self.count += 1;
                }
            }
        }
        self.seconds += start.elapsed().as_secs_f64();
    }
}
