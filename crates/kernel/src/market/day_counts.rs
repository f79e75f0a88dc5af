//! How many events there are of each sort on each day, and what their values add up to, so that a count or a mean over a
//! window costs its days and not its events. What the events are, `flows` knows; counts over all days by tag are in
//! `tally`. Events that came after their day was final are counted apart, as there.

use std::iter::Sum;
use std::ops::{AddAssign, Sub};

use super::event_values::EventValue;
use super::flows::{BILLIONTHS, EventKey, NO_VALUE, UNKNOWN, What};
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
    /// Events that have a value, by their day.
    Valued(EventValue),
    /// Contracts within [`QUICK_DAYS`] of coming on the market, by their day.
    QuickContract,
    /// Closings above the last list price, by their day.
    AboveList,
}

const SORTS: usize = What::ALL.len();
const VALUES: usize = EventValue::ALL.len();
const KINDS: usize = SORTS + 5 + VALUES;

/// Days on market up to which a contract is quick: two weeks, as Redfin counts.
pub(crate) const QUICK_DAYS: u64 = 14;

impl Dated {
    #[inline]
    fn index(self) -> usize {
        match self {
            Self::Event(what) => what as usize - 1,
            Self::CutAfterSeen => SORTS,
            Self::CutAfterAny => SORTS + 1,
            Self::CutInferredInEpisode => SORTS + 2,
            Self::QuickContract => SORTS + 3,
            Self::AboveList => SORTS + 4,
            Self::Valued(value) => SORTS + 5 + value as usize,
        }
    }

    /// The sort of events that is counted.
    #[inline]
    pub(crate) fn what(self) -> What {
        match self {
            Self::Event(what) => what,
            Self::CutAfterSeen | Self::CutAfterAny => What::CutSeen,
            Self::CutInferredInEpisode => What::CutInferred,
            Self::Valued(value) => value.what(),
            Self::QuickContract => What::Contract,
            Self::AboveList => What::SaleToList,
        }
    }

    /// The day on which an event counts; [`UNKNOWN`] where it does not.
    #[inline]
    pub(crate) fn day_of(self, event: &EventKey) -> Day {
        if event.what != self.what() || event.day == UNKNOWN {
            return UNKNOWN;
        }
        match self {
            Self::Event(_) => event.day,
            Self::CutAfterSeen => event.other_day.min(event.day),
            Self::CutAfterAny => event.other_day.max(event.inferred_cut()).min(event.day),
            Self::CutInferredInEpisode if event.other_day == UNKNOWN => UNKNOWN,
            Self::CutInferredInEpisode => event.day,
            Self::Valued(value) if value.of(event) == NO_VALUE => UNKNOWN,
            Self::Valued(_) => event.day,
            Self::QuickContract if EventValue::DaysOnMarket.of(event) <= QUICK_DAYS => event.day,
            Self::AboveList if event.price > BILLIONTHS && event.price != NO_VALUE => event.day,
            Self::QuickContract | Self::AboveList => UNKNOWN,
        }
    }
}

/// Counts and sums by day of what a leaf or an area holds.
#[derive(Debug, Default)]
pub(crate) struct DayCounts {
    held: Kinds,
    /// Of events that came after their day was final; most leaves have none.
    late: Option<Box<Kinds>>,
}

#[derive(Debug, Default)]
struct Kinds {
    counts: [Days<i64>; KINDS],
    /// Of each value, in its whole units.
    sums: [Days<i128>; VALUES],
}

/// The days that ever had something, in order, and all of them together.
#[derive(Debug, Default)]
struct Days<T> {
    days: Vec<(Day, T)>,
    all: T,
}

impl<T: Copy + AddAssign + Sub<Output = T> + Sum> Days<T> {
    #[inline]
    fn add(&mut self, day: Day, change: T) {
        self.all += change;
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

    fn add_all(&mut self, other: &Self) {
        let days = other.days.iter();
        days.for_each(|(day, part)| self.add(*day, *part));
    }

    fn between(&self, (from, to): (Day, Day)) -> T {
        let first = self.days.partition_point(|(day, _)| *day < from);
        let end = self.days.partition_point(|(day, _)| *day <= to).max(first);
        let sum = |days: &[(Day, T)]| days.iter().map(|(_, part)| *part).sum::<T>();
        if end - first > self.days.len() / 2 {
            self.all - sum(&self.days[..first]) - sum(&self.days[end..])
        } else {
            sum(&self.days[first..end])
        }
    }
}

impl Kinds {
    #[inline]
    fn post(&mut self, event: &EventKey, change: i32) {
        let counts = &mut self.counts;
        let mut add = |dated: Dated| {
            let day = dated.day_of(event);
            if day != UNKNOWN {
                counts[dated.index()].add(day, i64::from(change));
            }
            day
        };
        add(Dated::Event(event.what));
        match event.what {
            What::CutSeen => {
                add(Dated::CutAfterSeen);
                add(Dated::CutAfterAny);
            }
            What::CutInferred => {
                add(Dated::CutInferredInEpisode);
            }
            What::Contract => {
                add(Dated::QuickContract);
            }
            What::SaleToList => {
                add(Dated::AboveList);
            }
            _ => {}
        }
        for value in EventValue::of_sort(event.what) {
            if add(Dated::Valued(value)) != UNKNOWN {
                let whole = value.whole(value.of(event));
                self.sums[value as usize].add(event.day, whole * i128::from(change));
            }
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (sums, counts) in self.counts.iter_mut().zip(&other.counts) {
            sums.add_all(counts);
        }
        for (sums, parts) in self.sums.iter_mut().zip(&other.sums) {
            sums.add_all(parts);
        }
    }
}

impl DayCounts {
    /// Counts `change` more of an event; `is_final` when its day was final already.
    #[inline]
    pub(crate) fn post(&mut self, event: &EventKey, change: i32, is_final: bool) {
        if is_final {
            self.late.get_or_insert_default().post(event, change);
        } else {
            self.held.post(event, change);
        }
    }

    /// Adds all that others count.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.held.add_all(&other.held);
        if let Some(late) = &other.late {
            self.late.get_or_insert_default().add_all(late);
        }
    }

    /// What makes a reading: with `as_final`, as days were known when they closed for good.
    fn kinds(&self, as_final: bool) -> impl Iterator<Item = &Kinds> {
        let late = self.late.as_deref().filter(|_| !as_final);
        std::iter::once(&self.held).chain(late)
    }

    /// How many there are in `days`, both included.
    pub(crate) fn between(&self, dated: Dated, days: (Day, Day), as_final: bool) -> i64 {
        let kinds = self.kinds(as_final);
        kinds
            .map(|kinds| kinds.counts[dated.index()].between(days))
            .sum()
    }

    /// The sum of a value over the events in `days`, both included, in its whole units.
    pub(crate) fn sum(&self, value: EventValue, days: (Day, Day), as_final: bool) -> i128 {
        let kinds = self.kinds(as_final);
        kinds
            .map(|kinds| kinds.sums[value as usize].between(days))
            .sum()
    }

    /// Days that ever had one, with how many they have: of a day twice where some came after it was final.
    pub(crate) fn days(&self, dated: Dated, as_final: bool) -> impl Iterator<Item = (Day, i64)> {
        let kinds = self.kinds(as_final);
        kinds.flat_map(move |kinds| kinds.counts[dated.index()].days.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::super::first_cut::code_of_day;
    use super::super::segment::Tag;
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = (EventKey, i32)> {
        let day = || prop_oneof![Just(UNKNOWN), (0..12i32).prop_map(Day)];
        let what = prop::sample::select(vec![
            What::CutSeen,
            What::CutInferred,
            What::Close,
            What::Contract,
            What::SaleToList,
        ]);
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
            let known = || events.iter().filter(|(_, is_late)| !(as_final && *is_late)).map(|(event, _)| event);
            let kinds = [
                Dated::Event(What::CutSeen), Dated::Event(What::CutInferred), Dated::CutAfterSeen,
                Dated::CutAfterAny, Dated::CutInferredInEpisode, Dated::QuickContract, Dated::AboveList,
                Dated::Valued(EventValue::ClosePrice), Dated::Valued(EventValue::DaysOnMarket),
            ];
            for dated in kinds {
                let within = |day: Day| day != UNKNOWN && days.0 <= day && day <= days.1;
                let walked = known().filter(|(event, _)| within(dated.day_of(event)));
                let walked: i64 = walked.map(|(_, change)| i64::from(*change)).sum();
                prop_assert_eq!(counts.between(dated, days, as_final), walked);
                let of_days = counts.days(dated, as_final).filter(|(day, _)| within(*day));
                prop_assert_eq!(of_days.map(|(_, count)| count).sum::<i64>(), walked);
            }
            for value in EventValue::ALL {
                let within = known().filter(|(event, _)| {
                    let day = Dated::Valued(value).day_of(event);
                    day != UNKNOWN && days.0 <= day && day <= days.1
                });
                let walked = within.map(|(event, change)| value.whole(value.of(event)) * i128::from(*change));
                prop_assert_eq!(counts.sum(value, days, as_final), walked.sum::<i128>());
            }
        }
    }
}
