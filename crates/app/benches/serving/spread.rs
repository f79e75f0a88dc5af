//! Exact percentiles: every value is kept and sorted.

/// Milliseconds, sorted.
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The least value that so many percent do not exceed.
    fn percentile(&self, percent: f64) -> f64 {
        let rank = (self.0.len() as f64 * percent / 100.0).ceil() as usize;
        self.0.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
    }

    /// Percentiles of the values less `beyond`; a value below counts as 0.
    pub(crate) fn text(&self, beyond: f64) -> String {
        let at = |percent| (self.percentile(percent) - beyond).max(0.0);
        format!(
            "p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms",
            at(50.0),
            at(99.0),
            at(99.9),
            at(100.0)
        )
    }
}
