//! Slow twins: each measure recounted by plain code over the rows themselves, which shares nothing with the
//! books. One listing a home here; how several listings make one home has tests of its own.

use std::collections::BTreeMap;

use freehold_kernel::Shard;
use freehold_kernel::field::{Kind, Status};
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{self, Value, Window};
use freehold_kernel::plan::Identity;
use freehold_kernel::time::Day;
use proptest::prelude::*;

use crate::rows::{Row, ZIPS, apply, plan, row};

/// The rows of each listing of the analytics feeds in event-time order, each distinct row once.
fn lives(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut lives: BTreeMap<(u16, u8), Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.feed < 2) {
        lives.entry((row.feed, row.key)).or_default().push(row);
    }
    lives.into_values().collect()
}

/// Percentile `tenths` of whole hundredths, in quarters and tenths of one: exact, as PostgreSQL's percentile_cont of numerics.
fn percentile(mut values: Vec<i64>, (part, whole): (usize, usize)) -> Option<(i128, i128)> {
    values.sort_unstable();
    let at = part * values.len().checked_sub(1)?;
    let (low, rest) = (at / whole, at % whole);
    let first = i128::from(values[low]) * whole as i128;
    let step = if rest == 0 {
        0
    } else {
        i128::from(values[low + 1] - values[low]) * rest as i128
    };
    Some((first + step, whole as i128))
}

fn real_percentile(mut values: Vec<f64>, (part, whole): (usize, usize)) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = part * values.len().checked_sub(1)?;
    let (low, rest) = (at / whole, at % whole);
    let next = if rest == 0 { low } else { low + 1 };
    // As PostgreSQL interpolates: (low + high) / 2 may differ in the last bit.
    Some(values[low] + rest as f64 / whole as f64 * (values[next] - values[low]))
}

const STATISTICS: [(&str, (usize, usize)); 5] = [
    ("median", (1, 2)),
    ("p10", (1, 10)),
    ("p25", (1, 4)),
    ("p75", (3, 4)),
    ("p90", (9, 10)),
];

/// A sale by a list price in billionths; `None` where either is missing or the other is a mistake.
fn ratio(close: Option<i64>, list: Option<i64>) -> Option<i64> {
    let (close, list) = (i128::from(close?), i128::from(list?));
    let is_sound = 2 * close > list && 2 * close < 3 * list;
    is_sound.then(|| ((close * 10_000_000_000 / list + 5) / 10) as i64)
}

/// What a decimal text says, as a fraction.
fn fraction(text: &str) -> (i128, i128) {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part}").parse().expect("a decimal");
    (digits, 10i128.pow(part.len() as u32))
}

/// Whether a reading's text says exactly these cents.
fn says_cents(value: Value, cents: Option<(i128, i128)>) -> bool {
    match (value.to_string().as_str(), cents) {
        ("", None) => true,
        ("", _) | (_, None) => false,
        (text, Some((part, whole))) => {
            let (digits, scale) = fraction(text);
            digits * whole * 100 == part * scale
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn measures_equal_a_recount(mut rows in prop::collection::vec(row(), 1..60)) {
        // One row an instant and listing: ties have laws of their own.
        rows.sort_by_key(|row| (row.feed, row.key, row.hour));
        rows.dedup_by_key(|row| (row.feed, row.key, row.hour));
        let mut shard = Shard::new(plan(Identity::Listing));
        let mut arrival = rows.clone();
        arrival.sort_by_key(|row| (row.hour * 7919) % 1013);
        arrival.iter().for_each(|row| apply(&mut shard, &row.record(), 1_390_000_000_000, 0));
        let view = MarketView::new(vec![shard.markets()], Day(16_090));
        for (zip, name) in ZIPS.iter().enumerate() {
            for kind in Kind::ALL {
                let market = view.market(0, name.unwrap_or("(none)"), kind, Segment::All);
                let read = |id: &str, variant: &str| {
                    let measure = measure::find(id).expect("registered");
                    let window = if measure.windows().contains(&Window::Now) { Window::Now } else { Window::All };
                    (measure.read)(&market, window.period(Day(16_090)), variant)
                };
                let mut active = Vec::new();
                let (mut pending, mut cuts, mut inferred, mut closings) = (0, 0, 0, 0);
                let mut ratios = Vec::new();
                let mut paid = Vec::new();
                let (mut contracts, mut withdrawn, mut expired, mut removed, mut announced) = (0, 0, 0, 0, 0);
                let mut to_list: Vec<Option<i64>> = Vec::new();
                let mut to_original: Vec<Option<i64>> = Vec::new();
                for life in lives(&rows) {
                    let last = life[life.len() - 1];
                    if last.zip != zip || last.lease != (kind == Kind::Lease) {
                        continue;
                    }
                    let comparable = last.sub_type != 3;
                    match last.status() {
                        Status::Active => {
                            active.push(last.list.filter(|_| comparable));
                            if let (Some(list), Some(area @ 1..), true) = (last.list, last.area, comparable) {
                                ratios.push(list as f64 / (area * 100) as f64);
                            }
                        }
                        Status::Pending | Status::ActiveUnderContract => pending += 1,
                        Status::ComingSoon => announced += 1,
                        _ => {}
                    }
                    // A contract after a closing is one of a new episode.
                    let (mut is_open, mut was_contract, mut was_closed) = (false, false, false);
                    for row in &life {
                        let is_contract = matches!(row.status(), Status::Pending | Status::ActiveUnderContract | Status::Closed);
                        let is_closed = row.status() == Status::Closed;
                        contracts += u64::from(is_contract && (!was_contract || was_closed && !is_closed));
                        (was_contract, was_closed) = (is_contract, is_closed);
                        match row.status() {
                            Status::Active | Status::Pending | Status::ActiveUnderContract => is_open = true,
                            Status::Closed => is_open = false,
                            _ if !is_open => {}
                            Status::Withdrawn | Status::Canceled => (withdrawn, is_open) = (withdrawn + 1, false),
                            Status::Expired => (expired, is_open) = (expired + 1, false),
                            _ => (removed, is_open) = (removed + 1, false),
                        }
                    }
                    let mut asked: Option<i64> = None;
                    for row in &life {
                        let overwritten = row.status() == Status::Closed && row.close == row.list;
                        if let (Some(before), Some(now)) = (asked, row.list)
                            && now < before && !overwritten { cuts += 1; }
                        asked = row.list.or(asked);
                    }
                    inferred += u64::from(matches!((life[0].original, life[0].list), (Some(o), Some(l)) if o > l));
                    // A closing is a run of Closed rows; its last row is what holds.
                    let mut before: Option<i64> = None;
                    for run in life.chunk_by(|a, b| (a.status() == Status::Closed) == (b.status() == Status::Closed)) {
                        if run[0].status() == Status::Closed {
                            closings += 1;
                            let last = run[run.len() - 1];
                            let close = last.close.filter(|_| comparable);
                            paid.extend(close);
                            to_list.push(ratio(close, before.or(run[0].list)));
                            to_original.push(ratio(close, last.original));
                        }
                        before = run.iter().rev().find_map(|row| row.list).or(before);
                    }
                }
                prop_assert_eq!(read("active_count", "own").value, Value::Count(active.len() as u64));
                prop_assert_eq!(read("pending_count", "own").value, Value::Count(pending));
                prop_assert_eq!(read("coming_soon_count", "own").value, Value::Count(announced));
                prop_assert_eq!(read("pending_sales", "own").value, Value::Count(contracts));
                prop_assert_eq!(read("withdrawn_count", "own").value, Value::Count(withdrawn));
                prop_assert_eq!(read("expired_count", "own").value, Value::Count(expired));
                prop_assert_eq!(read("removed_count", "own").value, Value::Count(removed));
                prop_assert_eq!(read("price_cuts", "seen").value, Value::Count(cuts));
                prop_assert_eq!(read("price_cuts", "inferred").value, Value::Count(inferred));
                prop_assert_eq!(read("closed_count", "own").value, Value::Count(closings));
                let asking: Vec<i64> = active.iter().flatten().copied().collect();
                let list = read("median_list_price", "own");
                prop_assert_eq!(list.n, asking.len() as u64);
                prop_assert_eq!(list.n_excluded, (active.len() - asking.len()) as u64);
                let per_area = read("mean_list_price_per_area", "own");
                prop_assert_eq!(per_area.n, ratios.len() as u64);
                let close = read("mean_close_price", "own");
                prop_assert_eq!(close.n + close.n_excluded, closings);
                prop_assert_eq!(close.n, paid.len() as u64);
                for (name, part) in STATISTICS {
                    for (of, cents) in [("list_price", &asking), ("close_price", &paid)] {
                        let reading = read(&format!("{name}_{of}"), "own");
                        prop_assert!(says_cents(reading.value, percentile(cents.clone(), part)), "{} {} {:?}", name, of, reading);
                    }
                    let per_area = read(&format!("{name}_list_price_per_area"), "own");
                    prop_assert_eq!(per_area.value.as_f64(), real_percentile(ratios.clone(), part));
                }
                for (of, cents) in [("list_price", &asking), ("close_price", &paid)] {
                    let mean = (!cents.is_empty()).then(|| {
                        // Rounded to the cent, halves up.
                        let (sum, n) = (i128::from(cents.iter().sum::<i64>()), cents.len() as i128);
                        ((sum * 10 / n + 5).div_euclid(10), 1)
                    });
                    prop_assert!(says_cents(read(&format!("mean_{of}"), "own").value, mean), "{}", of);
                }
                for (of, ratios) in [("sale_to_list", &to_list), ("sale_to_original_list", &to_original)] {
                    let known: Vec<i64> = ratios.iter().flatten().copied().collect();
                    let median = read(&format!("median_{of}"), "own");
                    prop_assert_eq!((median.n, median.n_excluded), (known.len() as u64, (ratios.len() - known.len()) as u64));
                    for (name, part) in STATISTICS {
                        // Billionths, which the check takes for hundredths of ten millionths.
                        let said = read(&format!("{name}_{of}"), "own").value;
                        let wanted = percentile(known.clone(), part).map(|(part, whole)| (part, whole * 10_000_000));
                        prop_assert!(says_cents(said, wanted), "{} {} {:?}", name, of, said);
                    }
                }
                let above = to_list.iter().flatten().filter(|ratio| **ratio > 1_000_000_000).count();
                let share = read("sold_above_list_share", "own");
                let known = to_list.iter().flatten().count();
                prop_assert_eq!((share.n, share.n_excluded), (known as u64, (to_list.len() - known) as u64));
                prop_assert_eq!(share.value.as_f64(), (known > 0).then(|| above as f64 / known as f64));
                let mean = (!ratios.is_empty()).then(|| {
                    let sum: f64 = ratios.iter().map(|ratio| (ratio * 10_000.0).round()).sum();
                    (sum / ratios.len() as f64).round() / 10_000.0
                });
                prop_assert_eq!(per_area.value.as_f64(), mean);
            }
        }
    }
}
