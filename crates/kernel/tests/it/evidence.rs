//! What stands behind a reading gives that reading: every measure, variant and window, as it stands, as it
//! was final, and as of a moment.

use freehold_kernel::evidence::{EvidenceRow, reduce};
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketBook, MarketKey, MarketView, Segment};
use freehold_kernel::measure::{MEASURES, Period};
use freehold_kernel::time::Day;
use freehold_kernel::{AsOf, Shard};
use proptest::prelude::*;

use crate::world::{identity, steps, world};

/// Checks every market of a view, in some segments and on some days.
fn check(
    shards: &[Shard],
    view: &MarketView<'_>,
    as_of: Option<AsOf>,
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
                                        shard.evidence(&key, measure, variant, *period, as_of)
                                    })
                                    .collect();
                                for row in &rows {
                                    let names_lead =
                                        row.lead.is_some_and(|lead| row.members.contains(&lead));
                                    let plain =
                                        names_lead && !row.late && (0..=1).contains(&row.times);
                                    // Only final days know what no home tells of.
                                    prop_assert!(
                                        plain || period.as_final && as_of.is_none(),
                                        "{:?}",
                                        row
                                    );
                                    prop_assert!(names_lead || row.members.is_empty(), "{:?}", row);
                                    prop_assert!(row.counted || row.reason.is_some(), "{:?}", row);
                                }
                                let read = (measure.read)(&market, *period, variant);
                                prop_assert_eq!(
                                    reduce(measure.reduction, &rows),
                                    read,
                                    "{:?} {} {} {:?} {:?}: {:#?}",
                                    key,
                                    measure.id,
                                    variant,
                                    period,
                                    as_of,
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
        class in 0u8..5, beds in 0u8..7, days in prop::collection::vec(-25i32..100, 2..4), moment in -10i32..90)
    {
        // Listings of one home must meet in one shard.
        let parts = if identity == freehold_kernel::plan::Identity::Match { 1 } else { parts };
        let shards = world(identity, parts, &steps);
        let segments = [Segment::All, Segment::Type(class), Segment::Bedrooms(beds)];
        let days: Vec<Day> = days.iter().map(|day| Day(16_000 + day)).collect();
        let today = Day(16_090);
        let view = MarketView::new(shards.iter().map(Shard::markets).collect(), today);
        check(&shards, &view, None, &segments, &days)?;
        let day = Day(16_000 + moment);
        for moment in [AsOf::EndOf(day), AsOf::Instant(day.start_utc() + 40_000_000)] {
            let books: Vec<MarketBook> = shards.iter().map(|shard| shard.markets_as_of(moment)).collect();
            let view = MarketView::new(books.iter().collect(), day);
            check(&shards, &view, Some(moment), &segments[..2], &days)?;
        }
    }
}
