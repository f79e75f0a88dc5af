//! How long records take from receipt to being published.

use freehold_kernel::time::Millis;

/// How long records took from receipt to being published, in whole milliseconds.
#[derive(Debug, Clone, Default)]
pub struct LagMeter {
    counts: Vec<u64>,
    total: u64,
}

/// Longer lags are counted as this many milliseconds.
const LAG_MS_MAX: usize = 60_000;

impl LagMeter {
    pub(crate) fn add(&mut self, lag_ms: Millis, records: u64) {
        let at = usize::try_from(lag_ms.max(0))
            .unwrap_or(LAG_MS_MAX)
            .min(LAG_MS_MAX);
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += records;
        self.total += records;
    }

    /// The lag that `percent` of the records did not exceed; `None` without records.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        let rank = (self.total as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut below = 0;
        for (lag, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= rank && below > 0 {
                return Some(lag as u64);
            }
        }
        None
    }
}
