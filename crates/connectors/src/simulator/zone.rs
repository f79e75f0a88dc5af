//! Local days: the shifts of one IANA zone from UTC as a table that is built once and searched.
//! Not a calendar: `kernel::time` has that.

use freehold_kernel::time::{Day, Millis};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Transitions are kept from the first to the second; before and after, the nearest shift holds.
const FIRST_KEPT: Millis = -315_619_200_000; // 1960-01-01
const LAST_KEPT: Millis = 4_102_444_800_000; // 2100-01-01
const STRETCH_BITS: u32 = 32;

/// The shifts of one zone.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    before: Millis,
    /// Instant, and the shift in milliseconds that holds from it on; ascending.
    shifts: Vec<(Millis, Millis)>,
    /// For each stretch of 2^32 ms (50 days) since the first kept: how many shifts lie before it.
    /// Zones change less often, so that a look-up takes a step or two where a search takes eight.
    before_stretch: Vec<u16>,
}

impl Zone {
    /// The table of `zone`.
    pub(super) fn new(zone: &TimeZone) -> Option<Self> {
        let first = Timestamp::from_millisecond(FIRST_KEPT).ok()?;
        let shifts: Vec<_> = zone
            .following(first)
            .map(|change| {
                (
                    change.timestamp().as_millisecond(),
                    Millis::from(change.offset().seconds()) * 1000,
                )
            })
            .take_while(|(instant, _)| *instant < LAST_KEPT)
            .collect();
        let stretches = (LAST_KEPT - FIRST_KEPT) >> STRETCH_BITS;
        let before_stretch = (0..=stretches)
            .map(|stretch| {
                let begin = FIRST_KEPT + (stretch << STRETCH_BITS);
                u16::try_from(shifts.partition_point(|(from, _)| *from <= begin)).ok()
            })
            .collect::<Option<_>>()?;
        Some(Self {
            before_stretch,
            before: Millis::from(zone.to_offset(first).seconds()) * 1000,
            shifts,
        })
    }

    /// The civil day in this zone at `instant`.
    #[inline]
    pub(super) fn day(&self, instant: Millis) -> Day {
        let stretch = (instant - FIRST_KEPT).max(0) >> STRETCH_BITS;
        let stretch = (stretch as usize).min(self.before_stretch.len() - 1);
        let mut next = usize::from(self.before_stretch[stretch]);
        while self
            .shifts
            .get(next)
            .is_some_and(|(from, _)| *from <= instant)
        {
            next += 1;
        }
        let shift = match next.checked_sub(1) {
            Some(index) => self.shifts[index].1,
            None => self.before,
        };
        Day::of_utc(instant + shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone_library() {
        for name in ["America/New_York", "America/Chicago"] {
            let tz = TimeZone::get(name).expect("bundled");
            let zone = Zone::new(&tz).expect("a table");
            for hour in 0..24 * 366 * 3 {
                let instant = 1_262_304_000_000 + hour * 3_600_000 - 1;
                let date = Timestamp::from_millisecond(instant)
                    .expect("in range")
                    .to_zoned(tz.clone())
                    .date();
                assert_eq!(zone.day(instant).to_string(), date.to_string());
            }
        }
    }
}
