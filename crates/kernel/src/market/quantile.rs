//! Exact quantiles as PostgreSQL's `percentile_cont` defines them: the value at rank p(n-1), interpolated
//! between the two neighbours.

/// A quantile as a fraction, so that interpolation of integers stays exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantile {
    /// Numerator.
    pub numerator: u64,
    /// Denominator.
    pub denominator: u64,
}

impl Quantile {
    /// The median.
    pub const MEDIAN: Self = Self {
        numerator: 1,
        denominator: 2,
    };

    /// The ranks between which the quantile of `n` values lies; `None` when there are none.
    #[must_use]
    pub fn ranks(self, n: u64) -> Option<Ranks> {
        let scaled = self.numerator * n.checked_sub(1)?;
        let low = scaled / self.denominator;
        let part = scaled % self.denominator;
        Some(Ranks {
            low,
            high: low + u64::from(part > 0),
            part,
            whole: self.denominator,
        })
    }
}

/// Two neighbouring ranks and how far between them the quantile lies: `part / whole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// Lower rank, from 0.
    pub low: u64,
    /// Upper rank: `low` or `low + 1`.
    pub high: u64,
    /// Numerator of the way from low to high.
    pub part: u64,
    /// Denominator.
    pub whole: u64,
}

impl Ranks {
    /// The values at both ranks, by `at`, with the ranks; the upper is looked for only where it is another.
    pub(crate) fn find(self, at: impl Fn(u64) -> Option<u64>) -> Option<(u64, u64, Self)> {
        let low = at(self.low)?;
        let high = if self.high == self.low {
            low
        } else {
            at(self.high)?
        };
        Some((low, high, self))
    }
}

/// The values at both ranks of unsorted `values`, which are reordered.
pub(crate) fn select(values: &mut [u64], ranks: Ranks) -> Option<(u64, u64)> {
    let low_at = usize::try_from(ranks.low).ok()?;
    if low_at >= values.len() {
        return None;
    }
    let (_, &mut low, above) = values.select_nth_unstable(low_at);
    let high = if ranks.high == ranks.low {
        low
    } else {
        *above.iter().min()?
    };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_percentile_cont() {
        assert_eq!(Quantile::MEDIAN.ranks(0), None);
        assert_eq!(
            Quantile::MEDIAN.ranks(1),
            Some(Ranks {
                low: 0,
                high: 0,
                part: 0,
                whole: 2
            })
        );
        assert_eq!(
            Quantile::MEDIAN.ranks(4),
            Some(Ranks {
                low: 1,
                high: 2,
                part: 1,
                whole: 2
            })
        );
        let tenth = Quantile {
            numerator: 1,
            denominator: 10,
        };
        assert_eq!(
            tenth.ranks(8),
            Some(Ranks {
                low: 0,
                high: 1,
                part: 7,
                whole: 10
            })
        );
    }

    #[test]
    fn select_finds_both_neighbours() {
        let mut values = [9, 1, 7, 3];
        let ranks = Quantile::MEDIAN.ranks(4).expect("four values");
        assert_eq!(select(&mut values, ranks), Some((3, 7)));
    }
}
