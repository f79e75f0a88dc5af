//! When each turn happens: a pure function from a turn's number to its instant, by segments of even pace.
//! Knows nothing of homes; turns before the first segment lie in its past at its pace.

use freehold_kernel::time::{DAY_MS, Millis};

/// Time from one turn to the next, in 2^-36 ms: an instant then takes a multiplication, and is the same
/// everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval(pub(super) i64);

const INTERVAL_BITS: u32 = 36;

/// Instants of no calendar, far from where sums of two would overflow.
const TIME_FARTHEST: i128 = 1 << 60;

impl Interval {
    pub(super) fn of_turns_per_day(turns: u64) -> Self {
        let turns = i64::try_from(turns).unwrap_or(i64::MAX).max(1);
        Self(((DAY_MS << INTERVAL_BITS) / turns).max(1))
    }

    #[inline]
    fn times(self, turns: i64) -> Millis {
        let exact = (i128::from(self.0) * i128::from(turns)) >> INTERVAL_BITS;
        exact.clamp(-TIME_FARTHEST, TIME_FARTHEST) as Millis
    }
}

/// A stretch of even pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Its first turn.
    pub(super) turn: i64,
    /// The instant of that turn.
    pub(super) time: Millis,
    /// From turn to turn.
    pub(super) interval: Interval,
}

/// Turns to instants. Segments ascend in turn and time, and there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    segments: Vec<Segment>,
    /// How many segments before these have been dropped.
    dropped: u64,
    /// Whether turns crowd into the waking hours.
    by_daylight: bool,
}

/// The most segments that are kept.
pub(super) const SEGMENTS_MAX: usize = 512;

impl Schedule {
    /// Virtual time from `start` on, crowded into the waking hours of the United States.
    pub(super) fn history(start: Millis, interval: Interval) -> Self {
        Self {
            segments: vec![Segment {
                turn: 0,
                time: from_daylight(start),
                interval,
            }],
            dropped: 0,
            by_daylight: true,
        }
    }

    /// An even pace from `start` on.
    pub(super) fn even(start: Millis, interval: Interval) -> Self {
        Self {
            segments: vec![Segment {
                turn: 0,
                time: start,
                interval,
            }],
            dropped: 0,
            by_daylight: false,
        }
    }

    /// An even schedule out of its stored segments.
    pub(super) fn from_segments(segments: Vec<Segment>, dropped: u64) -> Option<Self> {
        let ascend = segments
            .windows(2)
            .all(|pair| pair[0].turn <= pair[1].turn && pair[0].time <= pair[1].time);
        let paced = segments.iter().all(|segment| {
            segment.interval.0 > 0 && i128::from(segment.time).abs() < TIME_FARTHEST
        });
        (!segments.is_empty() && ascend && paced).then_some(Self {
            segments,
            dropped,
            by_daylight: false,
        })
    }

    /// The kept segments, and how many were dropped before them.
    pub(super) fn segments(&self) -> (&[Segment], u64) {
        (&self.segments, self.dropped)
    }

    /// The pace of the last segment.
    pub(super) fn interval(&self) -> Option<Interval> {
        self.segments.last().map(|segment| segment.interval)
    }

    /// The instant of `turn`; never decreases from turn to turn.
    #[inline]
    pub(super) fn time(&self, turn: i64) -> Millis {
        let last = self.segments.len() - 1;
        let index = if self.segments[last].turn <= turn {
            last
        } else {
            self.segments
                .partition_point(|segment| segment.turn <= turn)
                .saturating_sub(1)
        };
        let segment = &self.segments[index];
        let since = turn.saturating_sub(segment.turn);
        let even = segment.time.saturating_add(segment.interval.times(since));
        if self.by_daylight {
            to_daylight(even)
        } else {
            even
        }
    }

    /// From `turn` on, goes on at `time` with `interval`. Segments that end before `needed_from` are
    /// dropped, and the oldest ones beyond [`SEGMENTS_MAX`].
    pub(super) fn resume(&mut self, turn: i64, time: Millis, interval: Interval, needed_from: i64) {
        self.segments.push(Segment {
            turn,
            time,
            interval,
        });
        let unneeded = self
            .segments
            .partition_point(|segment| segment.turn <= needed_from)
            .saturating_sub(1);
        let drop = unneeded.max(self.segments.len().saturating_sub(SEGMENTS_MAX));
        self.segments.drain(..drop);
        self.dropped += drop as u64;
    }

    /// This schedule with what `later`, its own continuation, knows beyond it; `None` where segments
    /// between the two have been dropped or the two are not of one run.
    pub(super) fn joined(&self, later: &Self) -> Option<Self> {
        let own_only = usize::try_from(later.dropped.checked_sub(self.dropped)?).ok()?;
        let mut joined = self.clone();
        joined.segments = self.segments.get(..own_only)?.to_vec();
        joined.segments.extend_from_slice(&later.segments);
        let agrees = self
            .segments
            .iter()
            .zip(&joined.segments)
            .all(|(own, joint)| own == joint);
        (agrees && joined.segments.len() >= self.segments.len()).then_some(joined)
    }
}

// Four fifths of all turns fall between 13:00 and 01:00 UTC: 8 in the morning to 8 at night in the east.
// The pieces are linear, ascending and exact in integers: (even ms, real ms) of a UTC day.
const DAYLIGHT: [(Millis, Millis); 4] = [
    (0, 0),
    (5_760_000, 3_600_000),
    (23_040_000, 46_800_000),
    (DAY_MS, DAY_MS),
];

#[inline]
fn to_daylight(even: Millis) -> Millis {
    // By piece, so that the divisors are constants: a turn's instant is asked for several times a row.
    #[inline]
    fn within<const PIECE: usize>(of_day: Millis) -> Millis {
        let ((even_from, real_from), (even_to, real_to)) = (DAYLIGHT[PIECE], DAYLIGHT[PIECE + 1]);
        real_from + (of_day - even_from) * (real_to - real_from) / (even_to - even_from)
    }
    let of_day = even.rem_euclid(DAY_MS);
    let real = if of_day < DAYLIGHT[1].0 {
        within::<0>(of_day)
    } else if of_day < DAYLIGHT[2].0 {
        within::<1>(of_day)
    } else {
        within::<2>(of_day)
    };
    even - of_day + real
}

/// The first even instant whose real one is not before `real`.
fn from_daylight(real: Millis) -> Millis {
    let of_day = real.rem_euclid(DAY_MS);
    for pair in DAYLIGHT.windows(2) {
        let ((even_from, real_from), (even_to, real_to)) = (pair[0], pair[1]);
        if of_day < real_to {
            let (share, length) = (
                (of_day - real_from) * (even_to - even_from),
                real_to - real_from,
            );
            return real - of_day + even_from + (share + length - 1) / length;
        }
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn time_never_runs_backwards(
            start in -1_000_000_000_000_i64..2_000_000_000_000,
            turns_per_day in 1_u64..3_000_000_000_000,
            turn in -1_000_000_000_i64..1_000_000_000,
        ) {
            let interval = Interval::of_turns_per_day(turns_per_day);
            for schedule in [Schedule::history(start, interval), Schedule::even(start, interval)] {
                prop_assert!(schedule.time(turn) <= schedule.time(turn + 1));
                prop_assert!(schedule.time(0) >= start);
                prop_assert!(schedule.time(0) - start <= 3);
            }
        }
    }

    #[test]
    fn a_stall_moves_only_what_comes_after_it() {
        let interval = Interval::of_turns_per_day(DAY_MS as u64);
        let mut schedule = Schedule::even(0, interval);
        schedule.resume(1000, 5000, interval, -100);
        assert_eq!(schedule.time(999), 999);
        assert_eq!(schedule.time(1000), 5000);
        assert_eq!(schedule.time(1001), 5001);
        let early = schedule.clone();
        schedule.resume(2000, 50_000, interval, 1500);
        assert_eq!(schedule.segments().1, 1);
        let joined = early.joined(&schedule).expect("nothing is missing");
        assert_eq!(joined.time(500), 500);
        assert_eq!(joined.time(2001), 50_001);
        schedule.resume(3000, 60_000, interval, 2900);
        schedule.resume(4000, 70_000, interval, 3900);
        assert_eq!(early.joined(&schedule), None);
    }
}
