//! The kernel's only clock: the last tick. From it follow which days are closed and which are final.

use crate::record::Tick;
use crate::time::{DAY_MS, Day, Millis};

/// A day closes at the first tick after noon UTC of the next day: by then it has ended everywhere.
const CLOSE_AFTER_MS: Millis = DAY_MS / 2;

/// No day of a print lies before this one.
const EARLIEST: Day = Day(i32::MIN / 2);

/// The first day whose print knows what happened at `time`, where the log was told at once.
pub(crate) fn print_at_once(time: Millis) -> Day {
    Day::of_utc(time.max(EARLIEST.start_utc()) - CLOSE_AFTER_MS)
}

/// What time it is for the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The last tick, or `Millis::MIN` before the first.
    pub now: Millis,
    /// The local day in the instance's own zone.
    pub today: Day,
    /// The UTC day of the first tick: days whose end we did not watch are never final.
    pub first_day: Day,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            now: Millis::MIN,
            today: EARLIEST,
            first_day: Day(i32::MAX / 2),
        }
    }
}

impl Clock {
    /// Takes a tick; time never goes back.
    pub fn tick(&mut self, tick: &Tick<'_>) {
        if self.now == Millis::MIN {
            self.first_day = Day::of_utc(tick.time);
        }
        if tick.time >= self.now {
            self.now = tick.time;
            self.today = tick.day_in(0);
        }
    }

    /// The last day that is closed.
    #[must_use]
    pub fn closed_through(&self) -> Day {
        if self.now == Millis::MIN {
            return EARLIEST;
        }
        print_at_once(self.now).plus(-1)
    }

    /// The first day whose print knows what the log tells now: the first that has not closed. Before the first tick, that of
    /// what is told at once.
    #[must_use]
    pub fn next_print(&self, event_time: Millis) -> Day {
        if self.now == Millis::MIN {
            return print_at_once(event_time);
        }
        print_at_once(self.now)
    }

    /// Whether the print of `day` was taken under our watch: the day has closed, and not before the first tick.
    #[must_use]
    pub fn is_printed(&self, day: Day) -> bool {
        (self.first_day..=self.closed_through()).contains(&day)
    }

    /// Whether `day` was final at the last tick: closed for longer than the horizon, under our watch.
    #[must_use]
    pub fn is_final(&self, day: Day, horizon_days: u32) -> bool {
        let horizon = i32::try_from(horizon_days).unwrap_or(i32::MAX);
        let last = self.closed_through().0.saturating_sub(horizon);
        let first = self.first_day.0.saturating_sub(horizon);
        (first..=last).contains(&day.0)
    }

    /// The time before which repetitions in a history no longer matter.
    #[must_use]
    pub fn compaction_floor(&self, horizon_days: u32) -> Millis {
        let horizon = i32::try_from(horizon_days).unwrap_or(i32::MAX);
        if self.now == Millis::MIN {
            return Millis::MIN;
        }
        Day(self.closed_through().0.saturating_sub(horizon)).start_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_closes_at_noon_utc_of_the_next_and_is_final_a_horizon_later() {
        let mut clock = Clock::default();
        let day = Day(1000);
        let at = |days: i32, hours: i64| Day(1000 + days).start_utc() + hours * 3_600_000;
        clock.tick(&Tick {
            time: at(0, 1),
            zone_days: &[0],
        });
        clock.tick(&Tick {
            time: at(1, 11),
            zone_days: &[0],
        });
        assert!(clock.closed_through() < day);
        clock.tick(&Tick {
            time: at(1, 12),
            zone_days: &[0],
        });
        assert_eq!(clock.closed_through(), day);
        assert!(!clock.is_final(day, 90));
        clock.tick(&Tick {
            time: at(91, 12),
            zone_days: &[0],
        });
        assert!(clock.is_final(day, 90));
        assert!(
            !clock.is_final(Day(1000 - 91), 90),
            "its end was not watched"
        );
    }
}
