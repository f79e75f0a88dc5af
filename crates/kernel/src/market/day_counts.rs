//! How many events there are of each sort on each day, so that a count over a window costs its days and not its
//! events. What the events are, `flows` knows; counts over all days by tag are in `tally`. Events that came after their
//! day was final are counted apart, as there.

use super::flows::{EventKey, UNKNOWN, What};
use crate::time::Day;

/// What is counted by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dated {
    /// Events of a sort, by their day.
    Event(What),
    /// Seen cuts that are not their episode's first, by the day of the one before, or their own where that is later.
    CutAfterSeen,
    /// Seen cuts with another before them, seen or inferred, by the day of the newer of these, or their own.
    CutAfterAny,
    /// Inferred cuts of homes that were on the market, by their day.
    CutInferredInEpisode,
}

const SORTS: usize = What::ALL.len();
const KINDS: usize = SORTS + 3;

impl Dated {
    #[inline]
    fn index(self) -> usize {
        match self {
            Self::Event(what) => what as usize - 1,
            Self::CutAfterSeen => SORTS,
            Self::CutAfterAny => SORTS + 1,
            Self::CutInferredInEpisode => SORTS + 2,
        }
    }

    /// The day on which an event counts; [`UNKNOWN`] where it does not.
    #[inline]
    pub(crate) fn day_of(self, event: &EventKey) -> Day {
        let what = match self {
            Self::Event(what) => what,
            Self::CutAfterSeen | Self::CutAfterAny => What::CutSeen,
            Self::CutInferredInEpisode => What::CutInferred,
        };
        if event.what != what || event.day == UNKNOWN {
            return UNKNOWN;
        }
        match self {
            Self::Event(_) => event.day,
            Self::CutAfterSeen => event.other_day.min(event.day),
            Self::CutAfterAny => event.other_day.max(event.inferred_cut()).min(event.day),
            Self::CutInferredInEpisode if event.other_day == UNKNOWN => UNKNOWN,
            Self::CutInferredInEpisode => event.day,
        }
    }
}

/// Counts by day of what a leaf or an area holds.
#[derive(Debug, Default)]
pub(crate) struct DayCounts {
    held: [Counts; KINDS],
    /// Of events that came after their day was final; most leaves have none.
    late: Option<Box<[Counts; KINDS]>>,
}

/// Counts of one kind: the days that ever had one, in order, and all of them together.
#[derive(Debug, Default)]
struct Counts {
    days: Vec<(Day, i32)>,
    all: i64,
}

impl Counts {
    #[inline]
    fn add(&mut self, day: Day, change: i32) {
        self.all += i64::from(change);
        // Most of what happens, happens on the newest day.
        let at = match self.days.last() {
            Some((last, _)) if *last == day => Ok(self.days.len() - 1),
            Some((last, _)) if *last > day => {
                self.days.binary_search_by_key(&day, |(other, _)| *other)
            }
            _ => Err(self.days.len()),
        };
        match at {
            Ok(at) => self.days[at].1 += change,
            Err(at) => self.days.insert(at, (day, change)),
        }
    }

    fn between(&self, (from, to): (Day, Day)) -> i64 {
        let first = self.days.partition_point(|(day, _)| *day < from);
        let end = self.days.partition_point(|(day, _)| *day <= to);
        let sum =
            |days: &[(Day, i32)]| days.iter().map(|(_, count)| i64::from(*count)).sum::<i64>();
        if first >= end {
            0
        } else if end - first > self.days.len() / 2 {
            self.all - sum(&self.days[..first]) - sum(&self.days[end..])
        } else {
            sum(&self.days[first..end])
        }
    }
}

impl DayCounts {
    /// Counts `change` more of an event; `is_final` when its day was final already.
    #[inline]
    pub(crate) fn post(&mut self, event: &EventKey, change: i32, is_final: bool) {
        let counts = if is_final {
            &mut **self.late.get_or_insert_default()
        } else {
            &mut self.held
        };
        let mut add = |dated: Dated| {
            let day = dated.day_of(event);
            if day != UNKNOWN {
                counts[dated.index()].add(day, change);
            }
        };
        add(Dated::Event(event.what));
        match event.what {
            What::CutSeen => {
                add(Dated::CutAfterSeen);
                add(Dated::CutAfterAny);
            }
            What::CutInferred => add(Dated::CutInferredInEpisode),
            _ => {}
        }
    }

    /// Adds all that others count.
    pub(crate) fn add_all(&mut self, other: &Self) {
        fn add(sums: &mut [Counts], counts: &[Counts]) {
            for (sums, counts) in sums.iter_mut().zip(counts) {
                counts
                    .days
                    .iter()
                    .for_each(|(day, count)| sums.add(*day, *count));
            }
        }
        add(&mut self.held, &other.held);
        if let Some(late) = &other.late {
            add(&mut **self.late.get_or_insert_default(), &**late);
        }
    }

    /// The counts that make a reading: with `as_final`, as days were known when they closed for good.
    fn counts(&self, dated: Dated, as_final: bool) -> impl Iterator<Item = &Counts> {
        let late = self.late.as_ref().filter(|_| !as_final);
        let late = late.map(move |late| &late[dated.index()]);
        std::iter::once(&self.held[dated.index()]).chain(late)
    }

    /// How many there are in `days`, both included.
    pub(crate) fn between(&self, dated: Dated, days: (Day, Day), as_final: bool) -> i64 {
        let counts = self.counts(dated, as_final);
        counts.map(|counts| counts.between(days)).sum()
    }

    /// Days that ever had one, with how many they have: of a day twice where some came after it was final.
    pub(crate) fn days(&self, dated: Dated, as_final: bool) -> impl Iterator<Item = (Day, i64)> {
        let days = self.counts(dated, as_final).flat_map(|counts| &counts.days);
        days.map(|(day, count)| (*day, i64::from(*count)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::first_cut::code_of_day;
    use super::super::flows::NO_VALUE;
    use super::super::segment::Tag;
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = (EventKey, i32)> {
        let day = || prop_oneof![Just(UNKNOWN), (0..12i32).prop_map(Day)];
        let what = prop::sample::select(vec![What::CutSeen, What::CutInferred, What::Close]);
        (what, day(), day(), day(), -1..=1i32).prop_map(
            |(what, day, other_day, inferred, change)| {
                let price = match inferred {
                    UNKNOWN => NO_VALUE,
                    day => code_of_day(day),
                };
                let (tag, ratio) = (Tag(0), NO_VALUE);
                let event = EventKey {
                    what,
                    day,
                    tag,
                    other_day,
                    price,
                    ratio,
                };
                (event, change)
            },
        )
    }

    proptest! {
        #[test]
        fn counts_of_days_are_those_of_every_event(
            events in prop::collection::vec((event(), any::<bool>()), 0..40),
            from in -2..14i32, length in -1..14i32, as_final: bool,
        ) {
            let mut parts = [DayCounts::default(), DayCounts::default()];
            for (at, ((event, change), is_late)) in events.iter().enumerate() {
                parts[at % 2].post(event, *change, *is_late);
            }
            let [mut counts, other] = parts;
            counts.add_all(&other);
            let days = (Day(from), Day(from + length));
            let kinds = [
                Dated::Event(What::CutSeen), Dated::Event(What::CutInferred), Dated::CutAfterSeen,
                Dated::CutAfterAny, Dated::CutInferredInEpisode,
            ];
            for dated in kinds {
                let within = |day: Day| day != UNKNOWN && days.0 <= day && day <= days.1;
                let known = events.iter().filter(|(_, is_late)| !(as_final && *is_late)).map(|(event, _)| event);
                let walked = known.filter(|(event, _)| within(dated.day_of(event)));
                let walked: i64 = walked.map(|(_, change)| i64::from(*change)).sum();
                prop_assert_eq!(counts.between(dated, days, as_final), walked);
                let of_days = counts.days(dated, as_final).filter(|(day, _)| within(*day));
                prop_assert_eq!(of_days.map(|(_, count)| count).sum::<i64>(), walked);
            }
        }
    }
}
