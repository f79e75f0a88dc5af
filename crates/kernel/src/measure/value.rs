//! A reading's value. Integers and fractions stay exact until they are written out.

use crate::market::{BILLIONTHS, NO_VALUE, Ranks, Stock, code_of_day, ten_thousandths};
use crate::time::Day;

/// The unit of a measure's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of homes or events.
    Count,
    /// The currency of the market.
    Money,
    /// Currency per square foot.
    MoneyPerArea,
    /// A number of days.
    Days,
    /// A number of months.
    Months,
    /// A number of years.
    Years,
    /// A part of a whole, 0 to 1.
    Share,
}

impl Unit {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Money => "USD",
            Self::MoneyPerArea => "USD/ft2",
            Self::Days => "days",
            Self::Months => "months",
            Self::Years => "years",
            Self::Share => "share",
        }
    }
}

/// A value, or none where nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Nothing to say: no home, or no denominator. Never shown as 0.
    Absent,
    /// A whole number.
    Count(u64),
    /// An exact fraction with a small denominator whose decimal form ends (a multiple of 2, 4 or 10).
    Exact {
        /// Numerator.
        numerator: i128,
        /// Denominator.
        denominator: u64,
    },
    /// A real number.
    Real(f64),
}

impl Value {
    /// Why a home has no price per area, in words for people.
    pub(crate) const NO_AREA: &'static str = "no LivingArea";

    /// An amount in cents, in the unit of its currency.
    pub(crate) fn cents(cents: u64) -> Self {
        Self::Exact {
            numerator: i128::from(cents),
            denominator: 100,
        }
    }

    /// A ratio in billionths; none where there is none.
    pub(crate) fn ratio(billionths: u64) -> Option<Self> {
        (billionths != NO_VALUE).then(|| Self::Exact {
            numerator: i128::from(billionths),
            denominator: BILLIONTHS,
        })
    }

    /// One where something holds, else zero: what a share adds up.
    pub(crate) fn either(holds: bool) -> Self {
        Self::Exact {
            numerator: i128::from(holds),
            denominator: 1,
        }
    }

    /// A part of a whole; absent of nothing.
    pub(crate) fn share(part: u64, whole: u64) -> Self {
        match whole {
            0 => Self::Absent,
            whole => Self::Real(part as f64 / whole as f64),
        }
    }

    /// A number of days.
    pub(crate) fn days(days: i32) -> Self {
        Self::Exact {
            numerator: i128::from(days),
            denominator: 1,
        }
    }

    /// The value between two neighbouring integers `low` and `high`, in units of 1/`scale`.
    pub(crate) fn between(low: i128, high: i128, ranks: Ranks, scale: u64) -> Self {
        let numerator = low * i128::from(ranks.whole) + (high - low) * i128::from(ranks.part);
        Self::Exact {
            numerator,
            denominator: ranks.whole * scale,
        }
    }

    /// The value between two neighbouring reals given as bits, as PostgreSQL interpolates them.
    fn between_bits(low: u64, high: u64, ranks: Ranks) -> Self {
        let (low, high) = (f64::from_bits(low), f64::from_bits(high));
        Self::Real(low + (ranks.part as f64 / ranks.whole as f64) * (high - low))
    }

    /// The value at the ranks of a quantile. Keys are integers in units of 1/`scale`, without one bits of reals.
    pub(crate) fn at_ranks(found: Option<(u64, u64, Ranks)>, scale: Option<u64>) -> Self {
        match (found, scale) {
            (None, _) => Self::Absent,
            (Some((low, high, ranks)), Some(scale)) => {
                Self::between(i128::from(low), i128::from(high), ranks, scale)
            }
            (Some((low, high, ranks)), None) => Self::between_bits(low, high, ranks),
        }
    }

    /// The value at the ranks of a quantile of a stock's keys, on a day.
    pub(crate) fn of_stock(stock: Stock, found: Option<(u64, u64, Ranks)>, today: Day) -> Self {
        match (stock, found) {
            (Stock::Age, Some((early, late, ranks))) => {
                let age = |start| i128::from(code_of_day(today)) - i128::from(start);
                Self::between(age(late), age(early), ranks, 1)
            }
            (_, found) => Self::at_ranks(found, stock.scale()),
        }
    }

    /// The mean of `n` values of a stock, of whose keys this is the sum in whole units, on a day.
    pub(crate) fn mean_of_stock(stock: Stock, sum: i128, n: u64, today: Day) -> Self {
        let sum = match stock {
            Stock::Age => stock.whole(code_of_day(today)) * i128::from(n) - sum,
            Stock::ListPrice | Stock::ListPricePerArea => sum,
        };
        Self::mean(sum, n, stock.wholes())
    }

    /// The mean of `n` values whose sum is given in units of 1/`scale`, rounded to such a unit, halves up.
    #[must_use]
    pub fn mean(sum: i128, n: u64, scale: u64) -> Self {
        if n == 0 {
            return Self::Absent;
        }
        let n = i128::from(n);
        Self::Exact {
            numerator: (2 * sum + n).div_euclid(2 * n),
            denominator: scale,
        }
    }

    /// The value in the whole units in which means add it up, with their number in one: cents, tenths of a day,
    /// ten-thousandths of a real.
    pub(crate) fn wholes(self) -> Option<(i128, u64)> {
        match self {
            Self::Exact {
                numerator,
                denominator: 1,
            } => Some((numerator * 10, 10)),
            Self::Exact {
                numerator,
                denominator,
            } => Some((numerator, denominator)),
            Self::Real(real) => Some((ten_thousandths(real.to_bits()), 10_000)),
            Self::Absent | Self::Count(_) => None,
        }
    }

    /// The difference of two values, exact where both are; absent where one is.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let exact = |value: Self| match value {
            Self::Count(count) => Some((i128::from(count), 1)),
            Self::Exact {
                numerator,
                denominator,
            } => Some((numerator, denominator)),
            Self::Real(_) | Self::Absent => None,
        };
        if let (Some((left, of_left)), Some((right, of_right))) = (exact(self), exact(other)) {
            let common = of_left / greatest_common_divisor(of_left, of_right) * of_right;
            let times = |of: u64| i128::from(common / of);
            return Self::Exact {
                numerator: left * times(of_left) - right * times(of_right),
                denominator: common,
            };
        }
        match (self.as_f64(), other.as_f64()) {
            (Some(left), Some(right)) => Self::Real(left - right),
            _ => Self::Absent,
        }
    }

    /// The value as a floating-point number.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Count(count) => Some(count as f64),
            Self::Exact {
                numerator,
                denominator,
            } => Some(numerator as f64 / denominator as f64),
            Self::Real(real) => Some(real),
        }
    }
}

fn greatest_common_divisor(left: u64, right: u64) -> u64 {
    match right {
        0 => left,
        _ => greatest_common_divisor(right, left % right),
    }
}

impl std::fmt::Display for Value {
    /// Empty for an absent value; exact decimals for fractions; the shortest text that reads back for reals.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Absent => Ok(()),
            Self::Count(count) => write!(f, "{count}"),
            Self::Real(real) => write!(f, "{real}"),
            Self::Exact {
                numerator,
                denominator,
            } => {
                let whole = numerator / i128::from(denominator);
                let mut rest = (numerator % i128::from(denominator)).unsigned_abs();
                if numerator < 0 && whole == 0 {
                    f.write_str("-")?;
                }
                write!(f, "{whole}")?;
                if rest > 0 {
                    f.write_str(".")?;
                }
                // Denominators are products of 2 and 5, so the digits end.
                for _ in 0..18 {
                    if rest == 0 {
                        break;
                    }
                    rest *= 10;
                    write!(f, "{}", rest / u128::from(denominator))?;
                    rest %= u128::from(denominator);
                }
                Ok(())
            }
        }
    }
}

/// A value with the number of homes or events that it rests on, and of those that had no value to give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// How many homes or events it rests on.
    pub n: u64,
    /// How many belong to the market and period but have no usable value.
    pub n_excluded: u64,
}

impl Reading {
    /// A count rests on all that it counts.
    pub(crate) fn count(count: u64) -> Self {
        Self {
            value: Value::Count(count),
            n: count,
            n_excluded: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_values_print_as_decimals() {
        let text = |numerator, denominator| {
            Value::Exact {
                numerator,
                denominator,
            }
            .to_string()
        };
        assert_eq!(text(25_000_000, 100), "250000");
        assert_eq!(text(50_000_001, 200), "250000.005");
        assert_eq!(text(-1, 200), "-0.005");
        assert_eq!(text(1, 10), "0.1");
        let exact = |numerator, denominator| Value::Exact {
            numerator,
            denominator,
        };
        let difference = exact(50_000_001, 200).minus(exact(25_000_000, 100));
        assert_eq!(difference.to_string(), "0.005");
        assert_eq!(Value::Count(3).minus(Value::Count(5)).to_string(), "-2");
        assert_eq!(Value::Count(3).minus(Value::Absent), Value::Absent);
        assert_eq!(Value::Absent.to_string(), "");
        assert_eq!(Value::Real(178.25).to_string(), "178.25");
    }
}
