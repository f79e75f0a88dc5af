//! Time that this thread ran. On a machine shared with others, wall time measures them as well; alone on it
//! the two are the same, since nothing here waits.

use std::time::{Duration, Instant};

/// Started once, asked often.
pub(crate) struct Stopwatch {
    wall: Instant,
    ran: Option<u64>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            wall: Instant::now(),
            ran: ran_nanos(),
        }
    }

    /// Seconds since the start: of running where the system tells, else of the wall clock.
    pub(crate) fn seconds(&self) -> f64 {
        let ran = ran_nanos().zip(self.ran);
        ran.map_or(self.wall.elapsed(), |(now, start)| {
            Duration::from_nanos(now - start)
        })
        .as_secs_f64()
    }
}

fn ran_nanos() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
