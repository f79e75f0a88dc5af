//! A print of a day is what the books said at the tick that took it: markets read at each closing tick of a history, against
//! prints told afterwards, when more had come.

use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketKey, MarketView, Segment};
use freehold_kernel::measure::{Basis, MEASURES, Nature, Period, Reading, Window};
use freehold_kernel::plan::Identity;
use freehold_kernel::prints::{FlowPrints, Vintage};
use freehold_kernel::stock::StockSeries;
use freehold_kernel::time::Day;
use freehold_kernel::{AsOf, Shard};
use proptest::prelude::*;

use crate::rows::{Row, row};
use crate::world::{Step, identity, world};

/// Rows, decisions and ticks whose time goes on. A listing stays where it is: prints stand where it stands now.
fn history() -> impl Strategy<Value = Vec<Step>> {
    // Price, status and dates; the place of a fix among all of them.
    let fix = prop::sample::select(vec![0usize, 3, 4, 5]);
    let said = prop_oneof![
        12 => row().prop_map(|row| vec![Step::Row(in_place(row))]),
        1 => (0u16..3, 0u8..6, fix, any::<u64>()).prop_map(|(feed, key, fix, id)| vec![Step::Correct(feed, key, fix, id)]),
        1 => (0u16..3).prop_map(|feed| vec![Step::SnapshotEnd(feed)]),
        4 => Just(Vec::new()),
    ];
    prop::collection::vec((said, 0i32..5), 1..60).prop_map(|said| {
        let mut day = -60;
        let mut steps = vec![Step::Tick(day)];
        for (step, days) in said {
            // Quickly to where rows are, and then no further than where runs are compacted.
            day = (day + days + if day < 0 { 12 } else { 0 }).min(90);
            steps.extend(step);
            steps.push(Step::Tick(day));
        }
        steps
    })
}

fn in_place(row: Row) -> Row {
    let place = usize::from(row.key) + usize::from(row.feed);
    Row {
        zip: place % 2,
        house: 10 + (place % 2) as u8,
        sub_type: place % 3,
        beds: Some(i64::from(row.key)),
        area: Some(634),
        lease: row.key == 5,
        ..row
    }
}

/// The world right after the tick that first closes `day`; `None` where no tick does.
fn at_print(identity: Identity, parts: usize, steps: &[Step], day: Day) -> Option<Vec<Shard>> {
    let closes = |step: &Step| matches!(step, Step::Tick(tick) if Day(16_000 + tick - 1) >= day);
    let at = steps.iter().position(closes)?;
    Some(world(identity, parts, &steps[..=at]))
}

fn keys() -> Vec<MarketKey> {
    let areas = [(0, "07030"), (1, "Hudson, NJ"), (2, "US")];
    let mut keys = Vec::new();
    for (level, area) in areas {
        for kind in Kind::ALL {
            for segment in [Segment::All, Segment::Bedrooms(3)] {
                let area = area.into();
                keys.push(MarketKey {
                    level,
                    area,
                    segment,
                    kind,
                });
            }
        }
    }
    keys
}

fn told_now(
    shards: &[Shard],
    key: &MarketKey,
    days: &[Day],
    vintage: Vintage,
) -> (StockSeries, impl Fn() -> FlowPrints) {
    let area = Some((key.level, &*key.area));
    let mut stock = StockSeries::new(days.to_vec());
    for shard in shards {
        let homes = shard.stock_homes(key.kind, area);
        let all = 0..shard.listings().len() as u32;
        shard.stock_spans(&homes, vintage, all, &mut |span| {
            if key.segment.holds(span.tag) {
                stock.add(span);
            }
        });
    }
    let flows = move || {
        let mut prints = FlowPrints::default();
        for shard in shards {
            let homes = shard.stock_homes(key.kind, area);
            prints.add(shard, &homes, 0..shard.listings().len() as u32);
        }
        prints
    };
    (stock, flows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_print_is_what_was_known_at_its_tick(identity in identity(), steps in history(), parts in 1usize..3,
        days in prop::collection::vec(-20i32..95, 1..4), after in prop_oneof![Just(0u32), Just(7)])
    {
        let parts = if identity == Identity::Match { 1 } else { parts };
        let now = world(identity, parts, &steps);
        let mut days: Vec<Day> = days.iter().map(|day| Day(16_000 + day)).collect();
        days.sort_unstable();
        days.dedup();
        let mut then = Vec::new();
        for day in days {
            if let Some(shards) = at_print(identity, parts, &steps, day.plus(after as i32)) {
                then.push((day, shards));
            }
        }
        let days: Vec<Day> = then.iter().map(|(day, _)| *day).collect();
        let vintage = Vintage::Print(after);
        for key in keys() {
            let (stock, flows) = told_now(&now, &key, &days, vintage);
            for measure in MEASURES {
                if matches!(measure.basis, Basis::Homes { .. }) {
                    let at_ticks: Vec<Reading> = then.iter().map(|(day, shards)| {
                        let books: Vec<_> = shards.iter().map(|shard| shard.markets_as_of(AsOf::EndOf(*day))).collect();
                        let view = MarketView::new(books.iter().collect(), *day);
                        let market = view.market(key.level, &key.area, key.kind, key.segment);
                        (measure.read)(&market, Window::Now.period(*day), measure.variants[0])
                    }).collect();
                    prop_assert_eq!(stock.readings(measure), Some(at_ticks), "{} of {:?}", measure.id, key);
                }
                if measure.nature != Nature::Flow || matches!(measure.basis, Basis::Quotient { .. }) {
                    continue;
                }
                for variant in measure.variants {
                    let window = *measure.windows().iter().max_by_key(|window| window.name().len()).expect("some");
                    // Up to the day itself: a month is printed when its last day is.
                    let until = |day: &Day| Period { to: *day, as_final: false, ..window.period(*day) };
                    let periods: Vec<Period> = days.iter().map(until).collect();
                    let at_ticks: Vec<Reading> = then.iter().zip(&periods).map(|((day, shards), period)| {
                        let view = MarketView::new(shards.iter().map(Shard::markets).collect(), *day);
                        let market = view.market(key.level, &key.area, key.kind, key.segment);
                        (measure.read)(&market, *period, variant)
                    }).collect();
                    let told = flows().readings(&key, (measure, variant), vintage, &periods);
                    prop_assert_eq!(told, at_ticks, "{} {} {:?} of {:?}", measure.id, variant, window, key);
                }
            }
        }
    }
}
