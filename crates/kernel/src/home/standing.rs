//! Where a listing stands at the end of each local day: the part of a fold that the stock rests on, without
//! the events. What several listings of one home make of it is not decided here.

use super::fold::{Phase, stock_of};
use crate::listing::Listing;
use crate::market::StockEntry;
use crate::time::{Day, Millis};

/// A listing's standing from the end of a day on, until that of the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    /// The first local day at whose end it holds.
    pub(crate) from: Day,
    /// Since when the listing is in its phase, by the versions of these days.
    pub(crate) since: Millis,
    /// What it adds to the stock.
    pub(crate) stock: Option<StockEntry>,
}

/// One version, as far as standings go.
#[derive(Debug, Clone, Copy)]
struct Step {
    day: Day,
    time: Millis,
    phase: Phase,
    stock: Option<StockEntry>,
}

/// Works out standings; keeps its memory from one listing to the next.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    steps: Vec<Step>,
}

impl Standings {
    /// Appends a listing's standings, oldest first; each holds until the next. The end of a day knows the
    /// versions whose local day is not after it, in order of event time, as [`crate::AsOf::EndOf`] does.
    pub(crate) fn append(&mut self, listing: &Listing, out: &mut Vec<Standing>) {
        self.steps.clear();
        listing.each_version(|version| {
            let phase = Phase::of(version.terms.status);
            self.steps.push(Step {
                day: version.day,
                time: version.time,
                phase,
                stock: stock_of(phase, version.terms.list_price, &listing.placement),
            });
        });
        if self.steps.is_sorted_by_key(|step| step.day) {
            stand(&self.steps, |_| true, None, out);
            return;
        }
        // A listing that moved to another zone: a later version may lie on an earlier local day.
        let mut days: Vec<Day> = self.steps.iter().map(|step| step.day).collect();
        days.sort_unstable();
        days.dedup();
        for end in days {
            stand(&self.steps, |step| step.day <= end, Some(end), out);
        }
    }
}

/// Appends the standing after each day's last step, of the steps that are known. Where `end` is given, these
/// are what is known at its end: only the standing after all of them is appended.
fn stand(steps: &[Step], known: impl Fn(&Step) -> bool, end: Option<Day>, out: &mut Vec<Standing>) {
    let first = out.len();
    let (mut phase, mut since) = (Phase::Unseen, 0);
    for step in steps.iter().filter(|step| known(step)) {
        if step.phase != phase {
            (phase, since) = (step.phase, step.time);
        }
        let standing = Standing {
            from: end.unwrap_or(step.day),
            since,
            stock: step.stock,
        };
        match out[first..].last_mut() {
            Some(last) if last.from == standing.from => *last = standing,
            _ => out.push(standing),
        }
    }
}
