//! Why a reading is other than it was: `then=` of `/v1/explain`.

use std::collections::BTreeSet;

use anyhow::Result;
use freehold_kernel::clock::Clock;
use freehold_kernel::evidence::{Cause, EvidenceRow, NamedRow, change};
use freehold_kernel::market::MarketKey;
use freehold_kernel::measure::{Measure, Value as Number, Window};
use freehold_kernel::{AsOf, Knowledge, Shard};
use freehold_pipeline::books::Books;
use serde_json::{Value, json};

use super::lists::day_of;
use crate::query::BadQuestion;
use crate::query::homes::{displayable, name_of};
use crate::query::markets::value_cell;
use crate::query::moment::Moment;
use crate::server::Asked;
use crate::server::answer::cell_value;

/// Homes of each cause that are named: those with the largest effect on a sum come first.
const HOMES_NAMED: usize = 20;

/// Which reading.
pub(super) struct Question<'a> {
    pub(super) key: &'a MarketKey,
    pub(super) measure: &'static Measure,
    pub(super) variant: &'static str,
    pub(super) window: Window,
}

/// The causes of the change since the moment that the request names `then`; null when it names none.
///
/// The reading then is that of the same window, ended at that moment, by what had happened by then and is known now; where
/// that day was printed, also by what its print knew.
pub(super) fn change_since_then(
    asked: &Asked<'_>,
    books: &Books,
    question: &Question<'_>,
    rows: &[(&Shard, EvidenceRow)],
) -> Result<Value> {
    let Some(text) = asked.params.text("then") else {
        return Ok(Value::Null);
    };
    if asked.params.text("known").is_some() {
        let cause = "a change is told by what is known now: ask for then, or for known";
        return Err(BadQuestion::at("then", cause));
    }
    let now = asked.moment(books, "as_of")?;
    let date = day_of(asked, "date")?;
    let then = asked.moment(books, "then")?;
    if then.today > date.unwrap_or(now.today) {
        let cause = format!("{text} is not before what it is compared with");
        return Err(BadQuestion::at("then", cause));
    }
    let mut names = Names {
        books,
        hidden: BTreeSet::new(),
    };
    let mut rows_of = |knowledge| rows_then(&mut names, question, then, knowledge);
    let old = rows_of(then.knowledge());
    let clock = books.engine.shards()[0].clock();
    let no_print = no_print(then, clock);
    let printed = no_print.is_none().then(|| rows_of(then.printed()));
    let new = rows
        .iter()
        .map(|(shard, row)| (names.of(shard, row), row.clone()));
    let new: Vec<NamedRow> = new.collect();
    let change = change(
        question.measure,
        question.variant,
        printed.as_deref(),
        &old,
        &new,
    );
    let mut causes: Vec<Value> = change
        .causes
        .iter()
        .map(|cause| cause_json(&names.hidden, cause))
        .collect();
    let no_value = change.printed.map(|reading| reading.value) == Some(Number::Absent);
    let no_value = no_value.then_some("its print had no value: nothing was known then");
    if let Some(reason) = no_print.or(no_value) {
        causes.retain(|cause| cause["cause"] != "corrected");
        causes.push(json!({"cause": "corrected", "n": Value::Null, "effect": Value::Null, "homes": [], "reason": reason}));
    }
    causes.push(json!({"cause": "interaction", "n": Value::Null, "effect": number(change.interaction), "homes": []}));
    Ok(json!({
        "then": text,
        "value": number(change.then.value),
        "n": change.then.n,
        "printed": change.printed.map(|reading| json!({"value": number(reading.value), "n": reading.n})),
        "total": number(change.total),
        "causes": causes,
    }))
}

/// Why a moment has no print.
fn no_print(then: Moment, clock: &Clock) -> Option<&'static str> {
    if !matches!(then.as_of, Some(AsOf::EndOf(_))) {
        return Some("a moment within a day has no print: only its end has");
    }
    if then.today < clock.first_day {
        return Some("that day had closed before this instance began: it has no print");
    }
    (!clock.is_printed(then.today)).then_some("that day has not closed yet: it has no print")
}

fn rows_then(
    names: &mut Names<'_>,
    question: &Question<'_>,
    then: Moment,
    knowledge: Knowledge,
) -> Vec<NamedRow> {
    let date = question.window.date(then.today);
    let period = question.window.period(date);
    let mut all = Vec::new();
    for shard in names.books.engine.shards() {
        let (key, measure) = (question.key, question.measure);
        let rows = shard.evidence(key, measure, question.variant, period, knowledge);
        all.extend(rows.into_iter().map(|row| (names.of(shard, &row), row)));
    }
    all
}

/// The stable names of homes, and which of them may not be shown.
struct Names<'a> {
    books: &'a Books,
    hidden: BTreeSet<String>,
}

impl Names<'_> {
    /// The name of a row's home; empty for an event of which no home tells any more.
    fn of(&mut self, shard: &Shard, row: &EvidenceRow) -> String {
        let names = row.members.iter().map(|id| name_of(self.books, shard, *id));
        let name = names.min().unwrap_or_default();
        if displayable(self.books, shard, &row.members).len() < row.members.len() {
            self.hidden.insert(name.clone());
        }
        name
    }
}

fn number(value: Number) -> Value {
    cell_value(&value_cell(value))
}

/// Homes that may not be shown have no name here.
fn cause_json(hidden: &BTreeSet<String>, cause: &Cause) -> Value {
    let moved = |(_, before, after): &(String, Number, Number)| {
        (after.as_f64().unwrap_or(0.0) - before.as_f64().unwrap_or(0.0)).abs()
    };
    let mut rows: Vec<_> = cause.rows.iter().collect();
    rows.sort_by(|left, right| {
        moved(right)
            .total_cmp(&moved(left))
            .then(left.0.cmp(&right.0))
    });
    let homes = rows
        .into_iter()
        .take(HOMES_NAMED)
        .map(|(home, before, after)| {
            let home = Some(home).filter(|home| !home.is_empty() && !hidden.contains(*home));
            json!({"home": home, "before": number(*before), "after": number(*after)})
        });
    json!({
        "cause": cause.name,
        "n": cause.rows.len(),
        "effect": number(cause.effect),
        "homes": homes.collect::<Vec<_>>(),
    })
}
