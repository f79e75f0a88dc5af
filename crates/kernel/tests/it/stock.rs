//! The stock of past days from spans equals that of markets built as of the end of each day.

use freehold_kernel::Shard;
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketBook, MarketView, Segment};
use freehold_kernel::measure::{Basis, MEASURES, Measure, Nature, Reading, Window};
use freehold_kernel::plan::Identity;
use freehold_kernel::prints::Vintage;
use freehold_kernel::stock::{StockSeries, StockSpan};
use freehold_kernel::time::Day;
use proptest::prelude::*;

use crate::world::{Step, identity, steps, world};

fn stock_measures() -> impl Iterator<Item = &'static Measure> {
    let all = MEASURES.iter().copied();
    all.filter(|measure| matches!(measure.basis, Basis::Homes { .. }))
}

/// Every span of a shard, in slices of so many listings.
fn spans(
    shard: &Shard,
    kind: Kind,
    area: Option<(u8, &str)>,
    vintage: Vintage,
    slice: u32,
) -> Vec<StockSpan> {
    let homes = shard.stock_homes(kind, area);
    let mut all = Vec::new();
    let count = shard.listings().len() as u32;
    for from in (0..count).step_by(slice as usize) {
        shard.stock_spans(&homes, vintage, from..from + slice, &mut |span| {
            all.push(*span)
        });
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn spans_give_the_stock_of_any_day(identity in identity(), mut steps in steps(), parts in 1usize..3, squeeze in any::<bool>(),
        class in 0u8..5, beds in 0u8..7, days in prop::collection::vec(-5i32..90, 1..8), slice in 1u32..7,
        vintage in prop_oneof![Just(Vintage::Now), Just(Vintage::Print(0)), Just(Vintage::Print(90))])
    {
        if squeeze {
            // All in four days: versions of one listing whose local days go back.
            for step in &mut steps {
                if let Step::Row(row) = step {
                    row.hour %= 96;
                }
            }
        }
        let parts = if identity == Identity::Match { 1 } else { parts };
        let shards = world(identity, parts, &steps);
        let days: Vec<Day> = days.iter().map(|day| Day(16_000 + if squeeze { day.rem_euclid(8) - 2 } else { *day })).collect();
        let empty = StockSeries::new(days);
        let past: Vec<(Day, Vec<MarketBook>)> = empty.days().iter().map(|&day| {
            (day, shards.iter().map(|shard| shard.markets_known(vintage.end_of(day))).collect())
        }).collect();
        let live = MarketView::new(shards.iter().map(Shard::markets).collect(), Day(16_090));
        for kind in Kind::ALL {
            let of_all: Vec<Vec<StockSpan>> = shards.iter().map(|shard| spans(shard, kind, None, vintage, slice)).collect();
            for (level, area) in live.areas() {
                let of_area: Vec<Vec<StockSpan>> =
                    shards.iter().map(|shard| spans(shard, kind, Some((level, area)), vintage, slice)).collect();
                for (shard, (all, own)) in shards.iter().zip(of_all.iter().zip(&of_area)) {
                    let mut own = own.clone();
                    let mut same: Vec<StockSpan> = all.iter().copied()
                        .filter(|span| shard.markets().area_name(span.leaf, level) == area).collect();
                    // A home of listings in several areas is met with another of them.
                    let order = |span: &StockSpan| (span.leaf, span.tag, span.from, span.to, span.entry.class, span.entry.price, span.entry.ratio);
                    own.sort_by_key(order);
                    same.sort_by_key(order);
                    prop_assert_eq!(own, same);
                }
                for segment in [Segment::All, Segment::Type(class), Segment::Bedrooms(beds)] {
                    let mut series = StockSeries::new(empty.days().to_vec());
                    of_area.iter().flatten().filter(|span| segment.holds(span.tag)).for_each(|span| series.add(span));
                    for measure in stock_measures() {
                        let read: Vec<Reading> = past.iter().map(|(day, books)| {
                            let view = MarketView::new(books.iter().collect(), *day);
                            let market = view.market(level, area, kind, segment);
                            (measure.read)(&market, Window::Now.period(*day), measure.variants[0])
                        }).collect();
                        prop_assert_eq!(series.readings(measure), Some(read), "{} of {} {:?} {:?}", measure.id, area, segment, kind);
                    }
                }
            }
        }
    }
}

#[test]
fn a_flow_has_no_stock_series() {
    let series = StockSeries::new(vec![Day(1)]);
    let flows = MEASURES
        .iter()
        .filter(|measure| measure.nature == Nature::Flow);
    for measure in flows {
        assert_eq!(series.readings(measure), None);
    }
}
