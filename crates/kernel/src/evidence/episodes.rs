//! The rows behind a share of marketing episodes: an episode each that touches the period, and its first cut
//! there. The reading counts starts, ends and cuts, each as final days know them; so do these rows.

use super::late::{Told, mark_late};
use super::row::{EvidenceRow, LATE};
use super::{Home, Question};
use crate::as_of::Knowledge;
use crate::market::{EventKey, FIRST_DAY, What};
use crate::measure::{Period, Value};
use crate::shard::Shard;
use crate::time::Day;

/// Why an episode counts that had ended before the period.
const END_LATE: &str = "its end became known after its day was final";
/// Why a known end takes an episode away of which the start is not known.
const START_LATE: &str = "its start became known after its day was final, its end in time";
/// Why a cut adds to no episode of the period.
const CUT_BESIDE: &str = "a cut besides the first of its episode, or after its end";

impl Shard {
    pub(super) fn episode_rows(
        &self,
        homes: &[Home],
        question: &Question<'_>,
        is_cut: fn(&EventKey, Period, &str) -> bool,
        knowledge: Knowledge,
    ) -> Vec<EvidenceRow> {
        let period = question.period;
        let begins = |event: &EventKey| {
            event.what == What::EpisodeStart && FIRST_DAY <= event.day && event.day <= period.to
        };
        let before = period.from.plus(-1);
        let ended = |event: &EventKey| {
            event.what == What::EpisodeEnd
                && before > FIRST_DAY
                && FIRST_DAY <= event.day
                && event.day <= before
        };
        let cuts = |event: &EventKey| {
            period.from <= event.day
                && event.day <= period.to
                && is_cut(event, period, question.variant)
        };
        let mut rows = Vec::new();
        let gather = |wanted: &dyn Fn(&EventKey) -> bool| {
            let mut told = Told::of(homes, wanted);
            let rest = mark_late(&mut told, self.apart_in(question, wanted));
            (told, rest)
        };
        let (starts, starts_rest) = gather(&begins);
        let (ends, ends_rest) = gather(&ended);
        let (cuts, cuts_rest) = gather(&cuts);
        let (mut starts, mut ends, mut cuts) = (&starts[..], &ends[..], &cuts[..]);
        for (number, home) in homes.iter().enumerate() {
            let told = HomeTold {
                starts: take(&mut starts, number),
                ends: take(&mut ends, number),
                all_ends: end_days(home),
                cuts: take(&mut cuts, number),
            };
            let first = rows.len();
            told.rows(&mut rows);
            for row in &mut rows[first..] {
                let event = row.event.as_ref();
                row.lead = event.map(|event| self.teller(home, event, knowledge));
                row.members.clone_from(&home.members);
            }
        }
        let nobody = |event, cut, times| EvidenceRow::new(Some(event), Ok(cut)).of_nobody(times);
        let starts = starts_rest.into_iter();
        rows.extend(starts.map(|(event, times)| nobody(event, with_cuts(0), times)));
        let ends = ends_rest.into_iter();
        rows.extend(ends.map(|(event, times)| nobody(event, with_cuts(0), -times)));
        let cuts = cuts_rest.into_iter();
        rows.extend(cuts.map(|(event, times)| nobody(event, with_cuts(times), 0)));
        rows
    }
}

/// What one home tells, each in order of days.
struct HomeTold<'a> {
    /// Starts up to the period's end.
    starts: &'a [Told],
    /// Ends before the period.
    ends: &'a [Told],
    /// The days of all ends.
    all_ends: Vec<Day>,
    /// Cuts in the period.
    cuts: &'a [Told],
}

impl HomeTold<'_> {
    /// Appends the home's rows: the first start belongs to the first end, and so on.
    fn rows(&self, rows: &mut Vec<EvidenceRow>) {
        let first = rows.len();
        let row = |event, times| EvidenceRow {
            times,
            ..EvidenceRow::new(Some(event), Ok(with_cuts(0)))
        };
        let noted = |row: EvidenceRow, reason| EvidenceRow {
            reason: Some(reason),
            ..row
        };
        // Of each row, which of the home's episodes it is and on which day that began.
        let mut begun: Vec<(usize, Day)> = Vec::new();
        for at in 0..self.starts.len().max(self.ends.len()) {
            let (start, end) = (self.starts.get(at), self.ends.get(at));
            let Some(event) = start.or(end).map(|told| told.event) else {
                continue;
            };
            let is_in = |told: Option<&Told>| told.is_some_and(|told| !told.late);
            let episode = match (is_in(start), is_in(end)) {
                (true, false) if end.is_some() => noted(row(event, 1), END_LATE),
                (true, false) => row(event, 1),
                (false, true) => noted(row(event, -1), START_LATE),
                (false, false) if end.is_none() => row(event, 1).set_apart(),
                (true, true) | (false, false) => continue,
            };
            rows.push(episode);
            begun.push((at, event.day));
        }
        for cut in self.cuts {
            if cut.late {
                rows.push(noted(row(cut.event, 0).set_apart(), LATE));
            } else if let Some(at) = self.episode_of(cut.event.day, &begun, &rows[first..]) {
                rows[first + at].event = Some(cut.event);
                rows[first + at].value = with_cuts(1);
            } else {
                let beside = EvidenceRow::new(Some(cut.event), Ok(with_cuts(1)));
                rows.push(EvidenceRow {
                    times: 0,
                    ..noted(beside, CUT_BESIDE)
                });
            }
        }
    }

    /// The row to which a cut on `day` belongs, one without a cut yet: the last episode that covers the day,
    /// else the last that began before, as a closed home's price may be cut after its end.
    fn episode_of(&self, day: Day, begun: &[(usize, Day)], rows: &[EvidenceRow]) -> Option<usize> {
        let is_open = |at: &usize| {
            let row = &rows[*at];
            row.counted && row.times == 1 && row.value == with_cuts(0)
        };
        let began = || {
            let rows = begun.iter().enumerate().rev();
            rows.filter(|(_, (_, start))| *start <= day)
        };
        let covers = |number: usize| self.all_ends.get(number).is_none_or(|end| day <= *end);
        let covering = began().filter(|(_, (number, _))| covers(*number));
        let mut covering = covering.map(|(at, _)| at);
        let last = || began().next().map(|(at, _)| at).filter(is_open);
        covering.find(is_open).or_else(last)
    }
}

fn end_days(home: &Home) -> Vec<Day> {
    let ends = home.derived.events.iter();
    let ends = ends.filter(|(event, _)| event.what == What::EpisodeEnd);
    ends.flat_map(|(event, count)| std::iter::repeat_n(event.day, (*count).max(0) as usize))
        .collect()
}

/// Takes what home `number` tells off the front.
fn take<'a>(told: &mut &'a [Told], number: usize) -> &'a [Told] {
    let own = told.iter().take_while(|told| told.home == number).count();
    let (own, rest) = told.split_at(own);
    *told = rest;
    own
}

/// The value of a row with this many cuts.
fn with_cuts(cuts: i64) -> Value {
    Value::Exact {
        numerator: i128::from(cuts),
        denominator: 1,
    }
}
