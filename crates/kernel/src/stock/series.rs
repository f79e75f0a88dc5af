//! Readings of stock measures for many days in one sweep over the spans of a market's homes.

use super::spans::StockSpan;
use crate::market::{NO_VALUE, SortedValues, Stock, StockClass, StockEntry, Tag};
use crate::measure::{Basis, Measure, Reading, Reduction, Statistic, Value};
use crate::time::Day;

/// Stock measures of one market over a list of days. It takes spans of any shard in any order; which spans
/// belong to the market, the caller decides by their leaf and tag.
#[derive(Debug)]
pub struct StockSeries {
    days: Vec<Day>,
    /// Of each class, how many more homes there are on a day than on the one before.
    changes: [Vec<i64>; 3],
    /// Homes with a value of any sort.
    valued: Vec<Valued>,
}

/// A home's values, and the places in the list of days from (included) and to (excluded) which it stands.
#[derive(Debug, Clone, Copy)]
struct Valued {
    from: u32,
    to: u32,
    entry: StockEntry,
}

impl StockSeries {
    /// A series over these local days, of which each is kept once, in order.
    #[must_use]
    pub fn new(mut days: Vec<Day>) -> Self {
        days.sort_unstable();
        days.dedup();
        let none = || vec![0; days.len()];
        Self {
            changes: [none(), none(), none()],
            days,
            valued: Vec::new(),
        }
    }

    /// The days, in order.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Adds a home's span.
    pub fn add(&mut self, span: &StockSpan) {
        let from = self.days.partition_point(|day| *day < span.from);
        let to = self.days.partition_point(|day| *day < span.to);
        if from >= to {
            return;
        }
        let changes = &mut self.changes[span.entry.class as usize];
        changes[from] += 1;
        if let Some(change) = changes.get_mut(to) {
            *change -= 1;
        }
        if span.entry.class == StockClass::Active {
            self.valued.push(Valued {
                from: from as u32,
                to: to as u32,
                entry: span.entry,
            });
        }
    }

    /// The readings of a stock measure at the end of each day, as a market's reader would give them; `None`
    /// for a measure that is not one, or rests on others.
    #[must_use]
    pub fn readings(&self, measure: &Measure) -> Option<Vec<Reading>> {
        let Basis::Homes { class, value } = measure.basis else {
            return None;
        };
        let mut homes = 0;
        let changes = self.changes[class as usize].iter();
        let counts = changes.map(|change| {
            homes += change;
            u64::try_from(homes).unwrap_or(0)
        });
        Some(match value {
            None => counts.map(Reading::count).collect(),
            Some(stock) => match measure.reduction {
                Reduction::Statistic(statistic) => self.statistics(stock, statistic, counts),
                Reduction::Count | Reduction::Share | Reduction::Quotient => return None,
            },
        })
    }

    fn statistics(
        &self,
        stock: Stock,
        statistic: Statistic,
        homes: impl Iterator<Item = u64>,
    ) -> Vec<Reading> {
        let key = |valued: &Valued| stock.of(&valued.entry);
        let of_all = self.valued.iter().filter(|valued| key(valued) != NO_VALUE);
        let mut comes: Vec<(u32, u64)> = Vec::new();
        let mut goes: Vec<(u32, u64)> = Vec::new();
        for valued in of_all {
            comes.push((valued.from, key(valued)));
            goes.push((valued.to, key(valued)));
        }
        comes.sort_unstable();
        goes.sort_unstable();
        let there = comes.partition_point(|(at, _)| *at == 0);
        let first = comes[..there].iter().map(|(_, key)| (*key, 0)).collect();
        let mut sum: i128 = comes[..there]
            .iter()
            .map(|(_, key)| stock.whole(*key))
            .sum();
        let mut values = SortedValues::of_unsorted(first);
        let mut comes = comes[there..].iter().peekable();
        let mut goes = goes.iter().peekable();
        let mut readings = Vec::with_capacity(self.days.len());
        for ((at, homes), today) in (0u32..).zip(homes).zip(&self.days) {
            while let Some((_, key)) = goes.next_if(|(to, _)| *to <= at) {
                let removed = values.remove(*key, Tag(0));
                debug_assert!(removed, "a value goes that never came");
                sum -= stock.whole(*key);
            }
            while let Some((_, key)) = comes.next_if(|(from, _)| *from <= at) {
                values.insert(*key, Tag(0));
                sum += stock.whole(*key);
            }
            let n = values.len() as u64;
            let value = match statistic {
                Statistic::Mean => Value::mean_of_stock(stock, sum, n, *today),
                Statistic::Quantile(quantile) => {
                    let ranks = stock.ranks(quantile, n);
                    let found = ranks.and_then(|ranks| ranks.find(|at| values.at(at as usize)));
                    Value::of_stock(stock, found, *today)
                }
            };
            readings.push(Reading {
                value,
                n,
                n_excluded: homes.saturating_sub(n),
            });
        }
        readings
    }
}
