//! When a feed last sent something, how fast it sends, and what it sent today.

use freehold_kernel::time::{Day, Millis};

/// One feed's activity since the process began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    /// Rows a second, over the last few seconds.
    pub(crate) rate: f64,
    /// Wall time at which rows were last seen to come.
    pub(crate) last_received: Option<Millis>,
    counts: [u64; 8],
    base: [u64; 8],
    base_day: Option<Day>,
    measured_at: Option<Millis>,
    measured_received: u64,
}

/// Time over which a rate is measured.
const RATE_MS: Millis = 2000;

impl Activity {
    /// Takes the ledger's counts at wall time `now`.
    pub(super) fn note(&mut self, counts: [u64; 8], now: Millis) {
        let today = Day::of_utc(now);
        if self.base_day != Some(today) {
            // What came before the process began belongs to no day of it.
            self.base = if self.base_day.is_none() {
                counts
            } else {
                self.counts
            };
            self.base_day = Some(today);
        }
        let received = counts[0];
        match self.measured_at {
            None => (self.measured_at, self.measured_received) = (Some(now), received),
            Some(at) if now - at >= RATE_MS => {
                self.rate = received.saturating_sub(self.measured_received) as f64 * 1000.0
                    / (now - at) as f64;
                (self.measured_at, self.measured_received) = (Some(now), received);
            }
            Some(_) => {}
        }
        if received != self.counts[0] && self.measured_at.is_some() {
            self.last_received = Some(now);
        }
        self.counts = counts;
    }

    /// Counts since midnight UTC or the start of the process, whichever is later.
    pub(crate) fn today(&self, counts: &[u64; 8]) -> [u64; 8] {
        std::array::from_fn(|at| counts[at].saturating_sub(self.base[at]))
    }
}
