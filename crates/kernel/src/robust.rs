//! Middle and spread of values that a few wild ones do not move.

/// The median and the median absolute deviation from it, in the unit of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle value, or the mean of the two in the middle.
    pub median: f64,
    /// The median of the distances to it.
    pub deviation: f64,
}

/// What makes a median absolute deviation comparable to a standard deviation, where values are normal: 1 / Φ⁻¹(3/4).
pub(crate) const TO_STANDARD: f64 = 1.4826;

impl Spread {
    /// The spread of `values`, which are reordered; `None` of no values.
    #[must_use]
    pub fn of(values: &mut [f64]) -> Option<Self> {
        let median = median(values)?;
        values
            .iter_mut()
            .for_each(|value| *value = (*value - median).abs());
        Some(Self {
            median,
            deviation: self::median(values)?,
        })
    }

    /// How many standard deviations a value lies from the median (Hampel's identifier); `None` where the deviation is zero and
    /// says nothing.
    #[must_use]
    pub fn z(&self, value: f64) -> Option<f64> {
        let scale = TO_STANDARD * self.deviation;
        (scale > 0.0).then(|| (value - self.median) / scale)
    }
}

/// The middle value, or the mean of the two in the middle; the values are sorted.
#[must_use]
pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] + values[last.div_ceil(2)]) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out independently.
    #[test]
    fn one_wild_value_is_found_and_moves_nothing() {
        let mut prices = [210.0, 220.0, 225.0, 230.0, 240.0, 245.0, 260.0, 2300.0];
        let spread = Spread::of(&mut prices).expect("eight values");
        assert_eq!((spread.median, spread.deviation), (235.0, 12.5));
        let z = |value| spread.z(value).expect("a deviation");
        assert!((z(2300.0) - 111.426).abs() < 5e-4);
        assert!((z(210.0) + 1.349).abs() < 5e-4);
        assert_eq!(Spread::of(&mut []), None);
        assert_eq!(
            Spread::of(&mut [5.0, 5.0]).and_then(|spread| spread.z(6.0)),
            None
        );
    }
}
