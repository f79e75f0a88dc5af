//! What stands behind a reading gives that reading: every measure, variant and window, as it stands, as it
//! was final, and as of a moment.

use freehold_kernel::evidence::{EvidenceRow, reduce};
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketBook, MarketKey, MarketView, Segment};
use freehold_kernel::measure::{MEASURES, Period};
use freehold_kernel::time::Day;
use freehold_kernel::{AsOf, Knowledge, Shard};
use proptest::prelude::*;

use crate::world::{identity, steps, world};

/// Checks every market of a view, in some segments and on some days.
fn check(
    shards: &[Shard],
    view: &MarketView<'_>,
    knowledge: Knowledge,
    segments: &[Segment],
    days: &[Day],
) -> Result<(), TestCaseError> {
    for (level, area) in view.areas() {
        for kind in Kind::ALL {
            for &segment in segments {
                let key = MarketKey {
                    level,
                    area: area.into(),
                    segment,
                    kind,
                };
                let market = view.market(level, area, kind, segment);
                for measure in MEASURES {
                    for variant in measure.variants {
                        for window in measure.windows() {
                            let periods: Vec<Period> =
                                days.iter().map(|day| window.period(*day)).collect();
                            for (at, period) in periods.iter().enumerate() {
                                if periods[..at].contains(period) {
                                    continue;
                                }
                                let rows: Vec<EvidenceRow> = shards
                                    .iter()
                                    .flat_map(|shard| {
                                        shard.evidence(&key, measure, variant, *period, knowledge)
                                    })
                                    .collect();
                                for row in &rows {
                                    let names_lead =
                                        row.lead.is_some_and(|lead| row.members.contains(&lead));
                                    let plain =
                                        names_lead && !row.late && (0..=1).contains(&row.times);
                                    // Only final days know what no home tells of.
                                    prop_assert!(
                                        plain || period.as_final && knowledge == Knowledge::NOW,
                                        "{:?}",
                                        row
                                    );
                                    prop_assert!(names_lead || row.members.is_empty(), "{:?}", row);
                                    prop_assert!(row.counted || row.reason.is_some(), "{:?}", row);
                                }
                                let read = (measure.read)(&market, *period, variant);
                                prop_assert_eq!(
                                    reduce(measure, variant, &rows),
                                    read,
                                    "{:?} {} {} {:?} {:?}: {:#?}",
                                    key,
                                    measure.id,
                                    variant,
                                    period,
                                    knowledge,
                                    rows
                                );
                            }
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn evidence_gives_the_reading(identity in identity(), steps in steps(), parts in 1usize..3,
        class in 0u8..5, beds in 0u8..7, days in prop::collection::vec(-25i32..100, 2..4), moment in -10i32..90,
        known in prop::option::of(-70i32..160))
    {
        // Listings of one home must meet in one shard.
        let parts = if identity == freehold_kernel::plan::Identity::Match { 1 } else { parts };
        let shards = world(identity, parts, &steps);
        let segments = [Segment::All, Segment::Type(class), Segment::Bedrooms(beds)];
        let days: Vec<Day> = days.iter().map(|day| Day(16_000 + day)).collect();
        let today = Day(16_090);
        let view = MarketView::new(shards.iter().map(Shard::markets).collect(), today);
        check(&shards, &view, Knowledge::NOW, &segments, &days)?;
        let day = Day(16_000 + moment);
        for moment in [AsOf::EndOf(day), AsOf::Instant(day.start_utc() + 40_000_000)] {
            let print = known.map(|known| Day(16_000 + known));
            let knowledge = Knowledge { happened: Some(moment), print };
            let books: Vec<MarketBook> = shards.iter().map(|shard| shard.markets_known(knowledge)).collect();
            let view = MarketView::new(books.iter().collect(), day);
            check(&shards, &view, knowledge, &segments[..2], &days)?;
        }
    }
}

/// A sale told after its day was final: the final day does not know it, all days do. Taken back again, a final
/// day would still know what no home tells of.
#[test]
fn a_late_sale_is_set_apart_and_a_lost_one_is_kept() {
    use crate::rows::{apply, plan, tick};
    use freehold_kernel::field::Status;
    use freehold_kernel::measure::{Window, find};
    use freehold_kernel::plan::Identity;

    let receipt = 1_390_000_000_000;
    let mut in_time = crate::life::say(0, 1, 10, Status::Closed, 300);
    in_time.close = Some(30_000_000);
    let mut late = crate::life::say(0, 2, 10, Status::Closed, 400);
    late.close = Some(40_000_000);
    let mut shard = Shard::new(plan(Identity::Listing));
    apply(&mut shard, &tick(-60), 0, 0);
    apply(&mut shard, &in_time.record(), receipt, 1);
    apply(&mut shard, &tick(150), 0, 2);
    apply(&mut shard, &late.record(), receipt, 3);
    // The closing in time is now said to have been another day's.
    let mut moved = in_time.clone();
    moved.hour += 1;
    moved.close_shift = Some(-3);
    apply(&mut shard, &moved.record(), receipt, 4);

    let key = MarketKey {
        level: 0,
        area: "07030".into(),
        segment: Segment::All,
        kind: Kind::Sale,
    };
    let measure = find("median_close_price").expect("registered");
    let rows = |window: Window| {
        let period = window.period(Day(16_010));
        let rows = shard.evidence(&key, measure, "own", period, Knowledge::NOW);
        let told = rows.iter().map(|row| {
            let who = row.members.len();
            let value = row.value.to_string();
            (who, row.times, row.counted, row.reason, value)
        });
        (
            told.collect::<Vec<_>>(),
            reduce(measure, measure.variants[0], &rows)
                .value
                .to_string(),
        )
    };
    let late = "became known after its day was final";
    let lost = "taken back after its day was final";
    assert_eq!(
        rows(Window::Day),
        (
            vec![
                (1, 1, false, Some(late), "400000".into()),
                (0, 1, true, Some(lost), "300000".into())
            ],
            "300000".into()
        )
    );
    assert_eq!(
        rows(Window::All),
        (
            vec![
                (1, 1, true, None, "300000".into()),
                (1, 1, true, None, "400000".into())
            ],
            "350000".into()
        )
    );
}
