//! How long homes were on the market, recounted from the spells of each listing's life: ages, days on market of each variant,
//! cumulative days, and sizes of cuts. Lives here are told without dates of their own, one listing a home; lives with such dates,
//! and homes of several listings, have cases of their own (`life`).

use freehold_kernel::Shard;
use freehold_kernel::field::{Kind, Status};
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{self, Reading, Window};
use freehold_kernel::plan::{Identity, Plan};
use freehold_kernel::time::Day;
use proptest::prelude::*;

use crate::life::say;
use crate::rows::{Row, apply, plan};

const TODAY: i32 = 16_085;
const RELIST_GAP: i32 = 45;

/// What a life leaves behind, all in days.
#[derive(Debug, Default)]
struct Told {
    /// Of the home, where it is active at the end.
    age: Vec<i64>,
    /// Of each contract, where it is known: days on market, and with earlier episodes, up to a reset and up to a closing.
    contracts: Vec<Option<[i64; 3]>>,
    /// Of each episode that ended.
    ended: Vec<Option<i64>>,
    /// Parts of prices, in billionths.
    cuts: Vec<i64>,
}

/// One marketing episode: days on market so far, without its gaps.
#[derive(Debug, Clone, Copy)]
struct Episode {
    start: i32,
    is_known: bool,
    away: i32,
}

fn recount(life: &[Row], reset_gap: i32, told: &mut Told) {
    let mut episode: Option<Episode> = None;
    // The last one that ended, on which day, and whether by a closing.
    let mut last: Option<(Episode, i32, bool)> = None;
    // Days on market of episodes before, as far back as the feed's rule and as the last closing.
    let mut earlier = [0i64; 2];
    let mut before = None;
    let mut asked: Option<i64> = None;
    for row in life {
        let (day, status) = (row.day().0, row.status());
        let is_contract = matches!(status, Status::Pending | Status::Closed);
        let is_same_sale = status == Status::Closed && before == Some(Status::Closed);
        if (is_contract || status == Status::Active) && episode.is_none() && !is_same_sale {
            let known = status == Status::Active;
            episode = Some(match last.take() {
                Some((old, end, false)) if day - end < RELIST_GAP => {
                    if day - end >= reset_gap {
                        earlier[0] = -i64::from(end - old.start - old.away);
                    }
                    told.ended.pop();
                    Episode {
                        away: old.away + day - end,
                        ..old
                    }
                }
                Some((old, end, false)) => {
                    let days = i64::from(if old.is_known {
                        end - old.start - old.away
                    } else {
                        0
                    });
                    earlier = [
                        if day - end >= reset_gap {
                            0
                        } else {
                            earlier[0] + days
                        },
                        earlier[1] + days,
                    ];
                    Episode {
                        start: day,
                        is_known: known,
                        away: 0,
                    }
                }
                _ => {
                    earlier = [0, 0];
                    Episode {
                        start: day,
                        is_known: known,
                        away: 0,
                    }
                }
            });
        }
        let days = |open: Episode| {
            open.is_known
                .then(|| i64::from(day - open.start - open.away))
        };
        if let Some(open) = episode {
            let was_contract = matches!(before, Some(Status::Pending)) && !is_same_sale;
            if is_contract && !was_contract {
                told.contracts
                    .push(days(open).map(|days| {
                        [days, (days + earlier[0]).max(0), (days + earlier[1]).max(0)]
                    }));
            }
            if !matches!(status, Status::Active | Status::Pending) {
                told.ended.push(days(open));
                last = Some((open, day, status == Status::Closed));
                episode = None;
            }
        }
        if let (Some(was), Some(now)) = (asked, row.list)
            && now < was
            && (episode.is_some() || status == Status::Closed)
        {
            told.cuts
                .push(((was - now) * 10_000_000_000 / was + 5) / 10);
        }
        asked = row.list.or(asked);
        before = Some(status);
    }
    if let (Some(open), Some(Status::Active)) = (episode, before) {
        told.age.push(i64::from(TODAY - open.start));
        if !open.is_known {
            told.age.pop();
        }
    }
}

/// The median of whole numbers, by a scale, as text.
fn median(mut values: Vec<i64>, scale: f64) -> Option<f64> {
    values.sort_unstable();
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] + values[last.div_ceil(2)]) as f64 / (2.0 * scale))
}

fn life(key: u8) -> impl Strategy<Value = Vec<Row>> {
    const STATUSES: [Status; 6] = [
        Status::Active,
        Status::Pending,
        Status::Closed,
        Status::Withdrawn,
        Status::Expired,
        Status::Hold,
    ];
    let step = (1u32..30, prop::sample::select(STATUSES.to_vec()), 1i64..40);
    prop::collection::vec(step, 1..9).prop_map(move |steps| {
        let mut day = 0;
        let rows = steps.into_iter().map(|(days, status, list)| {
            day += days;
            say(0, key, day, status, list)
        });
        rows.filter(|row| row.day().0 < TODAY).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn durations_equal_a_recount(lives in (life(1), life(2), life(3)), reset_gap in 5u32..60) {
        let mut rules = Plan::clone(&plan(Identity::Listing));
        rules.feeds[0].reset_gap_days = reset_gap;
        let mut shard = Shard::new(rules.into());
        let mut told = Told::default();
        for life in [lives.0, lives.1, lives.2] {
            recount(&life, reset_gap as i32, &mut told);
            // The newest first: the others take their places before it.
            life.iter().rev().for_each(|row| apply(&mut shard, &row.record(), 1_390_000_000_000, 0));
        }
        let view = MarketView::new(vec![shard.markets()], Day(TODAY));
        let market = view.market(2, "US", Kind::Sale, Segment::All);
        let read = |id: &str, variant: &str| -> Reading {
            let measure = measure::find(id).expect("registered");
            let window = if measure.windows().contains(&Window::Now) { Window::Now } else { Window::All };
            (measure.read)(&market, window.period(Day(TODAY)), variant)
        };
        let contracts = |at: usize| told.contracts.iter().flatten().map(|days| days[at]).collect::<Vec<i64>>();
        let quick = contracts(0).into_iter().filter(|days| *days <= 365).collect();
        let wanted = [
            ("median_age_of_inventory", "own", median(told.age.clone(), 1.0)),
            ("median_days_on_market", "own", median(contracts(0), 1.0)),
            ("median_days_on_market", "redfin", median(quick, 1.0)),
            ("median_days_on_market", "realtor", median(told.ended.iter().flatten().copied().collect(), 1.0)),
            ("median_cumulative_days_on_market", "own", median(contracts(1), 1.0)),
            ("median_cumulative_days_on_market", "property", median(contracts(2), 1.0)),
            ("median_price_cut_size", "own", median(told.cuts.clone(), 1e9)),
        ];
        for (id, variant, wanted) in wanted {
            let reading = read(id, variant);
            prop_assert_eq!(reading.value.as_f64(), wanted, "{} {} {:?}", id, variant, told);
        }
        let known = contracts(0).len() as u64;
        let days = read("median_days_on_market", "own");
        prop_assert_eq!((days.n, days.n + days.n_excluded), (known, told.contracts.len() as u64));
        let ended = read("median_days_on_market", "realtor");
        prop_assert_eq!(ended.n + ended.n_excluded, told.ended.len() as u64);
        let mean = (!told.age.is_empty()).then(|| {
            let (sum, n) = (told.age.iter().sum::<i64>(), told.age.len() as i64);
            (2 * sum * 10 + n).div_euclid(2 * n) as f64 / 10.0
        });
        prop_assert_eq!(read("mean_age_of_inventory", "own").value.as_f64(), mean);
    }
}
