//! Exact quantiles as PostgreSQL's `percentile_cont` defines them: the value at rank p(n-1), interpolated
//! between the two neighbours.

/// A quantile that measures use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// One tenth of the values lies below it.
    P10,
    /// The lower quartile.
    P25,
    /// The middle.
    Median,
    /// The upper quartile.
    P75,
    /// One tenth of the values lies above it.
    P90,
}

impl Quantile {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P10 => "p10",
            Self::P25 => "p25",
            Self::Median => "median",
            Self::P75 => "p75",
            Self::P90 => "p90",
        }
    }

    /// Numerator and denominator, so that interpolation of integers stays exact.
    #[must_use]
    pub fn fraction(self) -> (u64, u64) {
        match self {
            Self::P10 => (1, 10),
            Self::P25 => (1, 4),
            Self::Median => (1, 2),
            Self::P75 => (3, 4),
            Self::P90 => (9, 10),
        }
    }

    /// The ranks between which the quantile of `n` values lies; `None` when there are none.
    #[must_use]
    pub fn ranks(self, n: u64) -> Option<Ranks> {
        let (numerator, denominator) = self.fraction();
        let scaled = numerator * n.checked_sub(1)?;
        let low = scaled / denominator;
        let part = scaled % denominator;
        Some(Ranks {
            low,
            high: low + u64::from(part > 0),
            part,
            whole: denominator,
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
        assert_eq!(Quantile::Median.ranks(0), None);
        assert_eq!(
            Quantile::Median.ranks(1),
            Some(Ranks {
                low: 0,
                high: 0,
                part: 0,
                whole: 2
            })
        );
        assert_eq!(
            Quantile::Median.ranks(4),
            Some(Ranks {
                low: 1,
                high: 2,
                part: 1,
                whole: 2
            })
        );
        assert_eq!(
            Quantile::P10.ranks(8),
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
        let ranks = Quantile::Median.ranks(4).expect("four values");
        assert_eq!(select(&mut values, ranks), Some((3, 7)));
    }
}
