//! What happened lately, for the rail of the page: steep price cuts and troubles of feeds. Above a few a second
//! they are told together.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use freehold_kernel::change::Aspect;
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use crate::query::changes::{home_name, may_be_shown};
use crate::server::Server;
use crate::server::api::feeds::state_of;

/// A cut of at least this share of the price is told.
const STEEP_CUT_PERCENT: i64 = 15;
/// More events than this a second are told together.
const APART_MAX: usize = 5;
const KEPT_MAX: usize = 100;
/// Records whose changes are looked at between two looks at the books.
const POSITIONS_AT_ONCE: u64 = 2_000;

/// Recent events, each with its number.
#[derive(Default)]
pub(crate) struct Rail {
    position: Option<u64>,
    states: BTreeMap<String, &'static str>,
    recent: VecDeque<(u64, Value)>,
    next: u64,
}

impl Rail {
    /// Events from number `from` on.
    pub(super) fn since(&self, from: u64) -> Vec<Value> {
        let newer = self.recent.iter().filter(|(number, _)| *number >= from);
        newer.map(|(_, event)| event.clone()).collect()
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    fn tell(&mut self, event: Value) {
        self.recent.push_back((self.next, event));
        self.next += 1;
        if self.recent.len() > KEPT_MAX {
            self.recent.pop_front();
        }
    }

    /// Takes what happened since this was last called.
    pub(super) fn note(&mut self, server: &Server) {
        let at = format_instant((server.clock)());
        let to = read(&server.books).engine.position();
        let mut from = self.position.replace(to).unwrap_or(to);
        let mut cuts: Vec<Value> = Vec::new();
        // The books are let go between two steps.
        while from < to {
            let end = to.min(from + POSITIONS_AT_ONCE);
            steep_cuts(&read(&server.books), from..end, &mut cuts);
            from = end;
        }
        if cuts.len() > APART_MAX {
            let rest = cuts.split_off(APART_MAX - 1).len();
            cuts.push(json!({
                "at": at, "kind": "group", "count": rest,
                "text": format!("and {rest} more asking prices cut by {STEEP_CUT_PERCENT}% or more"),
            }));
        }
        cuts.into_iter().for_each(|cut| self.tell(cut));
        let books = read(&server.books);
        for (number, rule) in books.engine.plan().feeds.iter().enumerate() {
            let state = state_of(server, number, &rule.name);
            let before = self.states.insert(rule.name.clone(), state);
            let is_trouble = |state: &str| matches!(state, "failing" | "stale" | "lagging");
            if let Some(before) = before.filter(|before| is_trouble(before) != is_trouble(state)) {
                let name = &rule.name;
                self.tell(json!({"at": at, "kind": "feed", "count": 1, "text": format!("feed {name} is {state}, and was {before}")}));
            }
        }
    }
}

/// Cuts that records at these positions caused.
fn steep_cuts(books: &Books, positions: Range<u64>, cuts: &mut Vec<Value>) {
    let Some(changes) = books.changes() else {
        return;
    };
    // The rail may lack what cannot be read; the list of changes says why.
    let _ = changes.each_from(positions.start, &mut |change| {
        let (Some(before @ 1..), Some(after)) = (change.before, change.after) else {
            return change.position < positions.end;
        };
        let is_steep = change.aspect == Aspect::ListPrice
            && (before - after) * 100 >= before * STEEP_CUT_PERCENT;
        if is_steep && positions.contains(&change.position) && may_be_shown(books, change) {
            let home = home_name(books, change);
            let percent = (after - before) as f64 / before as f64 * 100.0;
            cuts.push(json!({
                "at": format_instant(change.event_time), "kind": "price_drop", "count": 1, "home": home,
                "text": format!("{home}: asking price {percent:.1}%"),
            }));
        }
        change.position < positions.end
    });
}
