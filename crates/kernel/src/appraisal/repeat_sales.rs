//! A price index from homes that sold twice: weighted repeat sales in three stages (Case and Shiller 1987). Only plain
//! numbers; which sales make a pair is not decided here.

/// A home that sold twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SalePair {
    /// The period of the first sale, from 0.
    pub first: usize,
    /// The period of the second, after the first.
    pub second: usize,
    /// The natural logarithm of the second price by the first.
    pub log_ratio: f64,
}

/// An index of so many periods.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatSalesIndex {
    /// The index of each period; 100 in period 0.
    pub levels: Vec<f64>,
    /// The standard error of the logarithm of each level; 0 in period 0.
    pub errors: Vec<f64>,
    /// Of the squared residuals of the first stage: what each pair has, however long between its sales (twice the variance of
    /// a single price).
    pub constant: f64,
    /// What each period between the sales adds (the variance of a home's own way through one).
    pub slope: f64,
}

/// Why there is no index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoIndex {
    /// A pair is out of order, beyond the periods, or has no number.
    #[error("pair {0} has no two sales in order within the periods")]
    Pair(usize),
    /// Not every period is tied to period 0 by pairs, or the pairs are fewer than the periods.
    #[error("no chain of pairs ties period {0} to the first: merge periods")]
    Untied(usize),
}

/// The index of `periods` periods. (1) Least squares of the log ratios on the periods, the second sale +1, the first -1,
/// period 0 left out. (2) The squared residuals on a constant and the periods between the sales. (3) Least squares again, each
/// pair weighted by one by its fitted square. A fit at or below zero counts as the least that is above it.
///
/// Levels are 100 exp(b); errors come from the inverse of X'WX of the third stage.
///
/// # Errors
/// When a pair is no pair, or a period cannot be told.
pub fn repeat_sales(pairs: &[SalePair], periods: usize) -> Result<RepeatSalesIndex, NoIndex> {
    let is_pair = |pair: &SalePair| {
        pair.first < pair.second && pair.second < periods && pair.log_ratio.is_finite()
    };
    if let Some(at) = pairs.iter().position(|pair| !is_pair(pair)) {
        return Err(NoIndex::Pair(at));
    }
    let plain = Normal::of(pairs, periods, |_| 1.0).solve()?;
    let residual =
        |pair: &SalePair| pair.log_ratio - (plain.at(pair.second) - plain.at(pair.first));
    let squares: Vec<f64> = pairs
        .iter()
        .map(|pair| residual(pair) * residual(pair))
        .collect();
    let (constant, slope) = line(pairs, &squares);
    let fitted = |pair: &SalePair| constant + slope * (pair.second - pair.first) as f64;
    let least = pairs
        .iter()
        .map(fitted)
        .filter(|fit| *fit > 0.0)
        .fold(f64::INFINITY, f64::min);
    let weight = |pair: &SalePair| match fitted(pair) {
        fit if fit > 0.0 => 1.0 / fit,
        // Where prices have no noise at all, every pair is as good as another.
        _ if least.is_finite() => 1.0 / least,
        _ => 1.0,
    };
    let weighted = Normal::of(pairs, periods, weight).solve()?;
    let levels = (0..periods).map(|period| 100.0 * libm::exp(weighted.at(period)));
    Ok(RepeatSalesIndex {
        levels: levels.collect(),
        errors: (0..periods).map(|period| weighted.error(period)).collect(),
        constant,
        slope,
    })
}

/// The normal equations, without period 0: row after row.
struct Normal {
    size: usize,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl Normal {
    fn of(pairs: &[SalePair], periods: usize, weight: impl Fn(&SalePair) -> f64) -> Self {
        let size = periods.saturating_sub(1);
        let (mut matrix, mut right) = (vec![0.0; size * size], vec![0.0; size]);
        for pair in pairs {
            let weight = weight(pair);
            let places = [(pair.second, 1.0), (pair.first, -1.0)];
            // Period 0 has no column.
            let places = places
                .into_iter()
                .filter_map(|(period, sign)| Some((period.checked_sub(1)?, sign)));
            for (row, sign) in places.clone() {
                right[row] += sign * weight * pair.log_ratio;
                for (column, other) in places.clone() {
                    matrix[row * size + column] += sign * other * weight;
                }
            }
        }
        Self {
            size,
            matrix,
            right,
        }
    }

    /// By Cholesky's factors: the matrix is symmetric, and positive where every period is tied to the first.
    fn solve(mut self) -> Result<Solved, NoIndex> {
        let size = self.size;
        let at = |row: usize, column: usize| row * size + column;
        for column in 0..size {
            let own = self.matrix[at(column, column)];
            for row in column..size {
                let known: f64 = (0..column)
                    .map(|k| self.matrix[at(row, k)] * self.matrix[at(column, k)])
                    .sum();
                let rest = self.matrix[at(row, column)] - known;
                self.matrix[at(row, column)] = if row == column {
                    // Beside what it is left of, rounding alone is no tie.
                    if rest <= own * 1e-12 {
                        return Err(NoIndex::Untied(column + 1));
                    }
                    libm::sqrt(rest)
                } else {
                    rest / self.matrix[at(column, column)]
                };
            }
        }
        let coefficients = self.back(&self.forth(&self.right));
        Ok(Solved {
            factors: self,
            coefficients,
        })
    }

    /// L x = right.
    fn forth(&self, right: &[f64]) -> Vec<f64> {
        let mut found: Vec<f64> = Vec::with_capacity(self.size);
        for (row, own) in right.iter().enumerate() {
            let factors = &self.matrix[row * self.size..];
            let known: f64 = found
                .iter()
                .zip(factors)
                .map(|(value, factor)| value * factor)
                .sum();
            found.push((own - known) / factors[row]);
        }
        found
    }

    /// L' x = right.
    fn back(&self, right: &[f64]) -> Vec<f64> {
        let mut found = vec![0.0; self.size];
        for row in (0..self.size).rev() {
            let below = row + 1..self.size;
            let known: f64 = below
                .map(|k| self.matrix[k * self.size + row] * found[k])
                .sum();
            found[row] = (right[row] - known) / self.matrix[row * self.size + row];
        }
        found
    }
}

struct Solved {
    factors: Normal,
    coefficients: Vec<f64>,
}

impl Solved {
    /// The logarithm of a period's level by that of period 0.
    fn at(&self, period: usize) -> f64 {
        period
            .checked_sub(1)
            .map_or(0.0, |at| self.coefficients[at])
    }

    /// Its standard error, where weights are one by variances.
    fn error(&self, period: usize) -> f64 {
        let Some(at) = period.checked_sub(1) else {
            return 0.0;
        };
        let mut unit = vec![0.0; self.factors.size];
        unit[at] = 1.0;
        let column = self.factors.forth(&unit);
        libm::sqrt(column.iter().map(|value| value * value).sum())
    }
}

/// The line through the squares over the periods between sales, by least squares; flat where all pairs are as long.
fn line(pairs: &[SalePair], squares: &[f64]) -> (f64, f64) {
    let count = pairs.len().max(1) as f64;
    let gap = |pair: &SalePair| (pair.second - pair.first) as f64;
    let mean_gap = pairs.iter().map(gap).sum::<f64>() / count;
    let mean = squares.iter().sum::<f64>() / count;
    let (mut both, mut own) = (0.0, 0.0);
    for (pair, square) in pairs.iter().zip(squares) {
        both += (gap(pair) - mean_gap) * (square - mean);
        own += (gap(pair) - mean_gap) * (gap(pair) - mean_gap);
    }
    let slope = if own > 0.0 { both / own } else { 0.0 };
    (mean - slope * mean_gap, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform numbers in (0, 1), and normal ones by Box and Muller.
    struct Chance(u64);

    impl Chance {
        fn uniform(&mut self) -> f64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            let radius = libm::sqrt(-2.0 * libm::log(self.uniform()));
            radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
        }
    }

    const PERIODS: usize = 24;

    /// The world of the published description: a planted index, noise of each price, and each home's own way between its sales.
    fn planted(seed: u64, pairs: usize) -> (Vec<f64>, Vec<SalePair>) {
        let mut chance = Chance(seed);
        let index: Vec<f64> = (0..PERIODS)
            .map(|t| 0.01 * t as f64 + 0.03 * libm::sin(t as f64 / 3.0))
            .collect();
        let index: Vec<f64> = index.iter().map(|level| level - index[0]).collect();
        let pairs = (0..pairs).map(|_| {
            let a = (chance.uniform() * PERIODS as f64) as usize;
            let b = (a + 1 + (chance.uniform() * (PERIODS - 1) as f64) as usize) % PERIODS;
            let (first, second) = (a.min(b), a.max(b));
            let between = (second - first) as f64;
            let noise = 0.08 * (chance.normal() - chance.normal())
                + 0.02 * libm::sqrt(between) * chance.normal();
            SalePair {
                first,
                second,
                log_ratio: index[second] - index[first] + noise,
            }
        });
        let pairs = pairs.collect();
        (index, pairs)
    }

    fn miss(index: &[f64], found: &[f64]) -> f64 {
        let squares = index.iter().zip(found).map(|(wanted, found)| {
            let miss = libm::log(found / 100.0) - wanted;
            miss * miss
        });
        libm::sqrt(squares.sum::<f64>() / index.len() as f64)
    }

    #[test]
    fn the_planted_index_and_variances_come_back() {
        let (mut weighted, mut plain, mut inside, mut told) = (0.0, 0.0, 0, 0);
        for seed in 7..17 {
            let (index, pairs) = planted(seed, 6_000);
            let found = repeat_sales(&pairs, PERIODS).expect("tied");
            assert_eq!((found.levels[0], found.errors[0]), (100.0, 0.0));
            // Twice 0.08 squared, and 0.02 squared.
            assert!(
                (found.constant - 0.0128).abs() < 0.0015,
                "constant {}",
                found.constant
            );
            assert!(
                (found.slope - 0.0004).abs() < 0.00015,
                "slope {}",
                found.slope
            );
            weighted += miss(&index, &found.levels);
            let by_least_squares = Normal::of(&pairs, PERIODS, |_| 1.0).solve().expect("tied");
            let levels: Vec<f64> = (0..PERIODS)
                .map(|t| 100.0 * libm::exp(by_least_squares.at(t)))
                .collect();
            plain += miss(&index, &levels);
            for (period, wanted) in index.iter().enumerate().skip(1) {
                let off = libm::log(found.levels[period] / 100.0) - wanted;
                inside += usize::from(off.abs() < 1.96 * found.errors[period]);
                told += 1;
            }
        }
        assert!(
            weighted / 10.0 < 0.008 && weighted < plain,
            "{weighted} by weights, {plain} without"
        );
        // 95 in 100, of levels that lean on each other.
        assert!(
            (0.85..=1.0).contains(&(inside as f64 / told as f64)),
            "{inside} of {told}"
        );
    }

    #[test]
    fn without_noise_the_index_is_exact() {
        let index = [0.0, 0.5, -0.25];
        let pair = |first: usize, second: usize| SalePair {
            first,
            second,
            log_ratio: index[second] - index[first],
        };
        let found = repeat_sales(&[pair(0, 1), pair(1, 2), pair(0, 2)], 3).expect("tied");
        for (level, wanted) in found.levels.iter().zip(index) {
            assert!((level - 100.0 * libm::exp(wanted)).abs() < 1e-9);
        }
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let pair = |first, second| SalePair {
            first,
            second,
            log_ratio: 0.1,
        };
        assert_eq!(
            repeat_sales(&[pair(0, 1), pair(2, 3)], 4),
            Err(NoIndex::Untied(3))
        );
        assert_eq!(repeat_sales(&[pair(0, 1)], 3), Err(NoIndex::Untied(2)));
        assert_eq!(
            repeat_sales(&[pair(0, 1), pair(1, 1)], 2),
            Err(NoIndex::Pair(1))
        );
        assert_eq!(repeat_sales(&[pair(0, 2)], 2), Err(NoIndex::Pair(0)));
        let nothing = SalePair {
            log_ratio: f64::NAN,
            ..pair(0, 1)
        };
        assert_eq!(repeat_sales(&[nothing], 2), Err(NoIndex::Pair(0)));
    }
}
