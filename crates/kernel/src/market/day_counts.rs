//! How many events there are of each sort on each day, and what their values add up to, so that a count or a mean over a
//! window costs its days and not its events. What the events are, `flows` knows; counts over all days by tag are in
//! `tally`. Events that came after their day was final are counted apart, as there.

use super::day_table::DayTable;
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

/// Days on market up to which a contract is quick: two weeks, as Redfin counts.
pub(crate) const QUICK_DAYS: u64 = 14;

impl Dated {
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

/// A table a sort of events.
#[derive(Debug, Default)]
struct Kinds {
    sorts: [DayTable; SORTS],
}

/// Which columns the table of a sort has: its events, then `extras`, then the count of each value; behind these, their sums.
#[derive(Debug, Clone, Copy)]
struct Layout {
    extras: &'static [Dated],
    values: &'static [EventValue],
}

impl Layout {
    #[inline]
    fn of(what: What) -> Self {
        let extras: &[Dated] = match what {
            What::CutSeen => &[Dated::CutAfterSeen, Dated::CutAfterAny],
            What::CutInferred => &[Dated::CutInferredInEpisode],
            What::Contract => &[Dated::QuickContract],
            What::SaleToList => &[Dated::AboveList],
            _ => &[],
        };
        let values = EventValue::of_sort(what);
        Self { extras, values }
    }

    #[inline]
    fn counts(self) -> usize {
        1 + self.extras.len() + self.values.len()
    }

    #[inline]
    fn width(self) -> usize {
        self.counts() + 2 * self.values.len()
    }

    /// The column of a count. What is of another sort has none.
    fn column(self, dated: Dated) -> usize {
        let at = match dated {
            Dated::Event(_) => None,
            Dated::Valued(value) => {
                let at = self.values.iter().position(|other| *other == value);
                at.map(|at| self.extras.len() + at)
            }
            extra => self.extras.iter().position(|other| *other == extra),
        };
        at.map_or(0, |at| 1 + at)
    }

    /// The first column of a sum.
    fn sum_column(self, value: EventValue) -> usize {
        let at = self.values.iter().position(|other| *other == value);
        self.counts() + 2 * at.unwrap_or(0)
    }
}

impl Kinds {
    #[inline]
    fn post(&mut self, event: &EventKey, change: i32) {
        if event.day == UNKNOWN {
            return;
        }
        let layout = Layout::of(event.what);
        let (width, count) = (layout.width(), i64::from(change));
        let table = &mut self.sorts[event.what as usize - 1];
        for (at, extra) in layout.extras.iter().enumerate() {
            let day = extra.day_of(event);
            if day != UNKNOWN {
                let row = table.row(width, day);
                table.add(row, 1 + at, count);
            }
        }
        let row = table.row(width, event.day);
        table.add(row, 0, count);
        for (at, value) in layout.values.iter().enumerate() {
            let key = value.of(event);
            if key != NO_VALUE {
                table.add(row, 1 + layout.extras.len() + at, count);
                let sum = value.whole(key) * i128::from(change);
                table.add_wide(row, layout.counts() + 2 * at, sum);
            }
        }
    }

    fn add_all(&mut self, other: &Self) {
        for what in What::ALL {
            let layout = Layout::of(what);
            let at = what as usize - 1;
            self.sorts[at].add_all(&other.sorts[at], layout.width(), layout.counts());
        }
    }

    fn table(&self, what: What) -> (&DayTable, Layout) {
        (&self.sorts[what as usize - 1], Layout::of(what))
    }

    fn between(&self, dated: Dated, days: (Day, Day)) -> i64 {
        let (table, layout) = self.table(dated.what());
        table.between(layout.width(), layout.column(dated), days)
    }

    fn sum(&self, value: EventValue, days: (Day, Day)) -> i128 {
        let (table, layout) = self.table(value.what());
        table.wide_between(layout.width(), layout.sum_column(value), days)
    }

    fn days(&self, dated: Dated) -> impl Iterator<Item = (Day, i64)> {
        let (table, layout) = self.table(dated.what());
        let column = layout.column(dated);
        let days = table.rows(layout.width());
        days.map(move |(day, columns)| (day, columns[column]))
            .filter(|(_, count)| *count != 0)
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
        kinds.map(|kinds| kinds.between(dated, days)).sum()
    }

    /// The sum of a value over the events in `days`, both included, in its whole units.
    pub(crate) fn sum(&self, value: EventValue, days: (Day, Day), as_final: bool) -> i128 {
        let kinds = self.kinds(as_final);
        kinds.map(|kinds| kinds.sum(value, days)).sum()
    }

    /// Days that have one, with how many they have: of a day twice where some came after it was final.
    pub(crate) fn days(&self, dated: Dated, as_final: bool) -> impl Iterator<Item = (Day, i64)> {
        let kinds = self.kinds(as_final);
        kinds.flat_map(move |kinds| kinds.days(dated))
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

    #[test]
    fn each_value_stands_with_its_sort() {
        let of_sorts = What::ALL.into_iter().flat_map(|what| {
            let values = EventValue::of_sort(what).iter();
            values.map(move |value| (value.what() == what, *value as usize))
        });
        let mut of_sorts: Vec<_> = of_sorts.collect();
        of_sorts.sort_unstable();
        let all = EventValue::ALL.map(|value| (true, value as usize));
        assert_eq!(of_sorts, all);
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
