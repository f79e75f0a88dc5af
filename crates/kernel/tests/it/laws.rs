//! Laws of state: what is kept incrementally equals what is built anew; arrival order, shards and restarts
//! do not show.

use freehold_kernel::Knowledge;
use freehold_kernel::plan::Identity;
use freehold_kernel::record::{FeedId, Records, SnapshotEnd, put_snapshot_end};
use freehold_kernel::time::Day;
use freehold_kernel::{Digest, Shard, hash_key};
use proptest::prelude::*;

use crate::rows::{Row, apply, plan, rebuilt, row, tick};

const RECEIPT: i64 = 1_390_000_000_000;

fn both() -> impl Strategy<Value = Identity> {
    prop_oneof![Just(Identity::Listing), Just(Identity::Match)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Homes and markets kept row by row equal those built anew from the stored listings.
    #[test]
    fn a_rebuilt_state_is_the_same(identity in both(), rows in prop::collection::vec(row(), 1..60),
                                   ticks in prop::collection::vec((0usize..60, 0i32..300), 0..4)) {
        let mut shard = Shard::new(plan(identity));
        for (at, row) in rows.iter().enumerate() {
            for (when, day) in &ticks {
                if *when == at {
                    apply(&mut shard, &tick(*day), 0, at as u64);
                }
            }
            apply(&mut shard, &row.record(), RECEIPT, at as u64);
            prop_assert_eq!(rebuilt(&shard), shard.digest(), "after row {}: {:?}", at, row);
        }
    }

    /// After every row: over all markets of a level, and over all segments of a family, counts add up to the live homes,
    /// and nothing is below zero.
    #[test]
    fn counts_are_conserved(identity in both(), rows in prop::collection::vec(row(), 1..50)) {
        let mut shard = Shard::new(plan(identity));
        for (at, row) in rows.iter().enumerate() {
            apply(&mut shard, &row.record(), RECEIPT, at as u64);
            conserved(&shard)?;
        }
    }

    /// Rows in any order inside the horizon end in the same state.
    #[test]
    fn arrival_order_does_not_matter(identity in both(),
        (rows, shuffled) in prop::collection::vec(row(), 1..40).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())))
    {
        let run = |rows: &[Row]| {
            let mut shard = Shard::new(plan(identity));
            rows.iter().for_each(|row| apply(&mut shard, &row.record(), RECEIPT, 0));
            shard.digest()
        };
        prop_assert_eq!(run(&rows), run(&shuffled));
    }

    /// Shards add up.
    #[test]
    fn two_shards_are_one(rows in prop::collection::vec(row(), 1..60)) {
        let mut whole = Shard::new(plan(Identity::Listing));
        let mut parts = [Shard::new(plan(Identity::Listing)), Shard::new(plan(Identity::Listing))];
        for row in &rows {
            let record = row.record();
            let raw = Records::new(&record).next_raw().expect("one").expect("undamaged");
            let (feed, key) = raw.feed_and_key().expect("an observation");
            let part = hash_key(u64::from(feed.0), key) % 2;
            apply(&mut whole, &record, RECEIPT, 0);
            apply(&mut parts[part as usize], &record, RECEIPT, 0);
        }
        let mut sum = Digest::default();
        parts.iter().for_each(|part| sum.add(part.digest()));
        prop_assert_eq!(sum, whole.digest());
    }

    /// What is final stays, whatever comes later, and the ledger always balances.
    #[test]
    fn final_days_do_not_change(identity in both(), first in prop::collection::vec(row(), 1..40),
                                later in prop::collection::vec(row(), 1..40)) {
        use freehold_kernel::field::Kind;
        use freehold_kernel::market::{MarketView, Segment};
        use freehold_kernel::measure::{MEASURES, Window};
        let finals = |shard: &Shard| -> Vec<String> {
            let view = MarketView::new(vec![shard.markets()], shard.clock().today);
            let market = view.market(2, "US", Kind::Sale, Segment::All);
            let flows = MEASURES.iter().filter(|measure| measure.windows().contains(&Window::Day));
            flows.flat_map(|measure| (-30..85).map(|day| {
                let period = Window::Day.period(Day(16_000 + day));
                format!("{} {day} {:?}", measure.id, (measure.read)(&market, period, measure.variants[0]))
            }).collect::<Vec<_>>()).collect()
        };
        let mut shard = Shard::new(plan(identity));
        apply(&mut shard, &tick(-60), 0, 0);
        first.iter().for_each(|row| apply(&mut shard, &row.record(), RECEIPT, 0));
        apply(&mut shard, &tick(300), 0, 0);
        let before = finals(&shard);
        for row in &later {
            apply(&mut shard, &row.record(), RECEIPT, 0);
            prop_assert_eq!(rebuilt(&shard), shard.digest());
        }
        prop_assert_eq!(before, finals(&shard));
        shard.ledgers().iter().for_each(|ledger| assert_eq!(ledger.imbalance(), 0));
    }

    /// After a snapshot that names nothing, nothing of the feed is live.
    #[test]
    fn an_empty_snapshot_ends_all(rows in prop::collection::vec(row(), 1..40)) {
        let mut shard = Shard::new(plan(Identity::Match));
        rows.iter().for_each(|row| apply(&mut shard, &row.record(), RECEIPT, 0));
        let mut end = Vec::new();
        for feed in 0..3 {
            for _ in 0..2 {
                put_snapshot_end(&mut end, &SnapshotEnd { feed: FeedId(feed), time: RECEIPT, day: Day(16_088),
                    shrink_percent_max: 100, forced: false });
            }
        }
        apply(&mut shard, &end, RECEIPT, 1);
        let live = shard.listings().iter().filter(|(_, listing)| {
            freehold_kernel::home::Phase::of(listing.history.last().terms.status).is_live()
        });
        prop_assert_eq!(live.count(), 0);
        prop_assert_eq!(rebuilt(&shard), shard.digest());
    }
}

/// Checks that counts add up at this moment.
fn conserved(shard: &Shard) -> Result<(), TestCaseError> {
    use freehold_kernel::field::Kind;
    use freehold_kernel::market::{MarketView, Segment, StockClass};
    const CLASSES: [StockClass; 3] = [
        StockClass::Active,
        StockClass::Pending,
        StockClass::ComingSoon,
    ];
    let mut live = [[0u64; CLASSES.len()]; 2];
    for members in shard.homes().homes(shard.listings()) {
        for kind in Kind::ALL {
            let home = shard.derive_home(&members, kind, Knowledge::NOW);
            if let Some(entry) = home.and_then(|home| home.stock) {
                live[kind as usize][entry.class as usize] += 1;
            }
        }
    }
    let view = MarketView::new(vec![shard.markets()], shard.clock().today);
    let families = Segment::of_families(shard.plan().segments);
    for level in 0..shard.plan().levels.len() as u8 {
        for kind in Kind::ALL {
            for class in CLASSES {
                let count = |segment: Segment| -> u64 {
                    let areas = view.areas().into_iter().filter(|(of, _)| *of == level);
                    let markets = areas.map(|(_, area)| view.market(level, area, kind, segment));
                    markets.map(|market| market.stock_count(class)).sum()
                };
                let all = live[kind as usize][class as usize];
                let of = |is_it: fn(&Segment) -> bool| -> u64 {
                    families
                        .iter()
                        .filter(|segment| is_it(segment))
                        .map(|segment| count(*segment))
                        .sum()
                };
                prop_assert_eq!(count(Segment::All), all);
                prop_assert_eq!(of(|segment| matches!(segment, Segment::Type(_))), all);
                prop_assert_eq!(of(|segment| matches!(segment, Segment::Bedrooms(_))), all);
            }
        }
    }
    Ok(())
}
