//! A print of a day is what the books said at the tick that took it: markets read at each closing tick of a history, against
//! prints told afterwards, when more had come.

use freehold_kernel::field::{Kind, Status};
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
        // What says that a listing is gone is taken back when it is there at the same moment: of that no print knows.
        status: match row.status() {
            Status::Removed => 0,
            _ => row.status,
        },
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

fn stock_now(shards: &[Shard], key: &MarketKey, days: &[Day], vintage: Vintage) -> StockSeries {
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
    stock
}

fn add_all(prints: &mut FlowPrints, shards: &[Shard], key: &MarketKey) {
    for shard in shards {
        let homes = shard.stock_homes(key.kind, Some((key.level, &*key.area)));
        prints.add(shard, &homes, 0..shard.listings().len() as u32);
    }
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
            let stock = stock_now(&now, &key, &days, vintage);
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
                    let mut prints = FlowPrints::of(key.clone(), (measure, variant), periods);
                    add_all(&mut prints, &now, &key);
                    let told = prints.readings(vintage);
                    prop_assert_eq!(told, at_ticks, "{} {} {:?} of {:?}", measure.id, variant, window, key);
                }
            }
        }
    }
}

/// Within one print some events come and others go: in whatever order they are taken, the print is what is left.
#[test]
fn closings_told_again_before_their_day_closed_are_printed_once() {
    let row = |key: u8, hour: u32, close: Option<i64>| {
        let status = if close.is_some() { "Closed" } else { "Active" };
        let is_it = |one: &Status| one.name() == status;
        Step::Row(in_place(Row {
            feed: 0,
            key,
            hour,
            status: Status::ALL.iter().position(is_it).expect("a status"),
            list: Some(30_000_000),
            original: None,
            close,
            close_shift: close.map(|_| 0),
            market_day: None,
            zip: 0,
            house: 10,
            sub_type: 0,
            beds: None,
            area: None,
            lease: false,
        }))
    };
    let mut steps = vec![Step::Tick(0)];
    let price = |key: u8| 20_000_000 + i64::from(key) * 7_919 % 251 * 1_000;
    for key in 6..=u8::MAX {
        steps.push(row(key, 30, None));
        steps.push(row(key, 31 + u32::from(key % 3), Some(price(key))));
    }
    for key in 6..=u8::MAX {
        steps.push(row(key, 40, Some(price(key) / 2 + i64::from(key))));
    }
    steps.push(Step::Tick(3));
    let shards = world(Identity::Listing, 2, &steps);
    let (day, key) = (Day(16_001), keys().remove(0));
    let view = MarketView::new(shards.iter().map(Shard::markets).collect(), day);
    let market = view.market(key.level, &key.area, key.kind, key.segment);
    let measures = MEASURES.iter().filter(|one| one.nature == Nature::Flow);
    for measure in measures.filter(|one| matches!(one.basis, Basis::Events { .. })) {
        let (variant, period) = (measure.variants[0], Window::Trailing30.period(day));
        let mut prints = FlowPrints::of(key.clone(), (measure, variant), vec![period]);
        add_all(&mut prints, &shards, &key);
        let said = (measure.read)(&market, period, variant);
        assert_eq!(prints.readings(Vintage::Print(0)), [said], "{}", measure.id);
        if measure.id == "closed_count" {
            assert_eq!(said.n, 125);
        }
    }
}
