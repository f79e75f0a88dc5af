//! From the rows behind a reading to the reading.

use super::{EvidenceRow, Side};
use crate::market::Quantile;
use crate::measure::{Basis, Measure, Part, Reading, Reduction, Statistic, Value};

/// The reading that rests on these rows: all rows of all shards, for one market and period.
#[must_use]
pub fn reduce(measure: &Measure, variant: &str, rows: &[EvidenceRow]) -> Reading {
    match measure.basis {
        Basis::Quotient { of } => {
            let quotient = of(variant);
            let part = |part: Part, side| {
                let rows = rows.iter().filter(|row| row.part == Some(side));
                let rows: Vec<EvidenceRow> = rows.cloned().collect();
                reduce(part.measure, part.variant, &rows)
            };
            let above = part(quotient.above, Side::Above);
            quotient.of(above, part(quotient.below, Side::Below))
        }
        _ => reduce_to_one(measure.reduction, rows),
    }
}

fn reduce_to_one(reduction: Reduction, rows: &[EvidenceRow]) -> Reading {
    let counted = || rows.iter().filter(|row| row.counted);
    let count = whole(counted().map(|row| row.times).sum());
    let excluded = || {
        let excluded = rows.iter().filter(|row| !row.counted && !row.late);
        whole(excluded.map(|row| row.times).sum())
    };
    match reduction {
        Reduction::Count | Reduction::Quotient => Reading::count(count),
        Reduction::Share => {
            let cut = counted().map(|row| match row.value {
                Value::Exact { numerator, .. } => numerator,
                _ => 0,
            });
            let cut = u64::try_from(cut.sum::<i128>()).unwrap_or(0);
            Reading {
                value: Value::share(cut, count),
                n: count,
                n_excluded: excluded(),
            }
        }
        Reduction::Statistic(statistic) => {
            let (n, value) = match statistic {
                Statistic::Mean => mean(counted()),
                Statistic::Quantile(at) => quantile(at, counted()),
            };
            Reading {
                value,
                n,
                n_excluded: excluded(),
            }
        }
    }
}

fn mean<'a>(rows: impl Iterator<Item = &'a EvidenceRow>) -> (u64, Value) {
    let (mut n, mut sum, mut scale) = (0, 0, 1);
    for row in rows {
        if let Some((wholes, in_one)) = row.value.wholes() {
            n += row.times;
            sum += wholes * i128::from(row.times);
            scale = in_one;
        }
    }
    let n = whole(n);
    (n, Value::mean(sum, n, scale))
}

fn quantile<'a>(quantile: Quantile, rows: impl Iterator<Item = &'a EvidenceRow>) -> (u64, Value) {
    let mut scale = None;
    let mut keys: Vec<(i128, i64)> = Vec::new();
    for row in rows {
        let key = match row.value {
            Value::Exact {
                numerator,
                denominator,
            } => {
                scale = Some(denominator);
                numerator
            }
            Value::Real(real) => i128::from(real.to_bits()),
            Value::Count(_) | Value::Absent => continue,
        };
        keys.push((key, row.times));
    }
    keys.sort_unstable();
    // Equal values are added up first: one may have been taken back.
    let counts = keys.chunk_by(|left, right| left.0 == right.0).map(|same| {
        let times = same.iter().map(|entry| entry.1).sum();
        (same[0].0, whole(times))
    });
    let counts: Vec<(i128, u64)> = counts.collect();
    let n = counts.iter().map(|entry| entry.1).sum();
    let Some(ranks) = quantile.ranks(n) else {
        return (0, Value::Absent);
    };
    let at = |rank: u64| {
        let mut before = 0;
        let found = counts.iter().find(|(_, count)| {
            before += count;
            rank < before
        });
        found.map_or(0, |(key, _)| *key)
    };
    let (low, high) = (at(ranks.low), at(ranks.high));
    let value = match scale {
        Some(scale) => Value::between(low, high, ranks, scale),
        None => Value::at_ranks(Some((low as u64, high as u64, ranks)), None),
    };
    (n, value)
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
