//! What changed a reading between two moments: homes or events that entered, that left, and that give another value.

use std::collections::{BTreeMap, BTreeSet};

use super::{EvidenceRow, Side, reduce};
use crate::market::What;
use crate::measure::{Basis, Measure, Reading, Value};
use crate::time::Day;

/// A row with the stable name of its home, which is the same at both moments.
pub type NamedRow = (String, EvidenceRow);

/// Rows of one cause, and what they do to the value.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The name in every output: `entered`, `left`, `repriced` or `corrected`.
    pub name: &'static str,
    /// The value now, less what it would be without this cause; absent where nothing would be left to take it of.
    pub effect: Value,
    /// Each row that it concerns: its home, its value before and after.
    pub rows: Vec<(String, Value, Value)>,
}

/// A change of a reading by its causes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadingChange {
    /// The reading then, by what is known now.
    pub then: Reading,
    /// The reading then, as it was printed; `None` where it was not.
    pub printed: Option<Reading>,
    /// The value now less the value then: as it was printed, where it was with a value.
    pub total: Value,
    /// The causes, each taken away from now alone; at the end, where the moment was printed, what became known of it since.
    pub causes: Vec<Cause>,
    /// What is left: causes that act on each other, and those of which nothing can be said alone.
    pub interaction: Value,
}

/// What makes a row the same row at another moment.
type Key = (String, Option<Side>, Option<(What, Day)>, u32);

/// The rows that count, by what makes them the same.
fn counted<'a>(measure: &Measure, rows: &'a [NamedRow]) -> BTreeMap<Key, &'a NamedRow> {
    let mut counted = BTreeMap::new();
    for named in rows.iter().filter(|(_, row)| row.counted) {
        let (home, row) = named;
        let event = match measure.basis {
            // An episode is told of by its start or by its cut.
            Basis::Episodes { .. } => None,
            _ => row.event.map(|event| (event.what, event.day)),
        };
        let mut key = (home.clone(), row.part, event, 0);
        while counted.contains_key(&key) {
            key.3 += 1;
        }
        counted.insert(key, named);
    }
    counted
}

/// Each row that is other in `new` than in `old`: its home, its value in either.
fn differences(
    old: &BTreeMap<Key, &NamedRow>,
    new: &BTreeMap<Key, &NamedRow>,
) -> Vec<(String, Value, Value)> {
    let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
    let told = |rows: &BTreeMap<Key, &NamedRow>, key| {
        rows.get(key).map(|named| (named.1.value, named.1.times))
    };
    let changed = keys
        .into_iter()
        .filter(|key| told(old, key) != told(new, key));
    let value = |rows, key| told(rows, key).map_or(Value::Absent, |(value, _)| value);
    changed
        .map(|key| (key.0.clone(), value(old, key), value(new, key)))
        .collect()
}

/// The causes of a reading's change from the rows `then` to the rows `now`, which are those of one measure and variant.
/// Each cause is undone alone, in the rows of now: what entered is taken out, what left put back, what has another value
/// given its old one. What these three do not add up to is their interaction. `printed` are the rows of then as they were
/// known when the day was printed: from these to `then` the reading was corrected.
#[must_use]
pub fn change(
    measure: &Measure,
    variant: &str,
    printed: Option<&[NamedRow]>,
    then: &[NamedRow],
    now: &[NamedRow],
) -> ReadingChange {
    let (old, new) = (counted(measure, then), counted(measure, now));
    let value_of = |rows: Vec<&EvidenceRow>| {
        let rows: Vec<EvidenceRow> = rows.into_iter().cloned().collect();
        reduce(measure, variant, &rows)
    };
    let plain = |rows: &BTreeMap<Key, &NamedRow>| {
        rows.values()
            .map(|named| named.1.clone())
            .collect::<Vec<_>>()
    };
    let before = reduce(measure, variant, &plain(&old));
    let after = reduce(measure, variant, &plain(&new));
    let is_other = |key: &Key, row: &EvidenceRow| {
        let known = old.get(key);
        known.is_some_and(|(_, old)| (old.value, old.times) != (row.value, row.times))
    };
    let entered = new.iter().filter(|(key, _)| !old.contains_key(*key));
    let left = old.iter().filter(|(key, _)| !new.contains_key(*key));
    let repriced = new.iter().filter(|(key, named)| is_other(key, &named.1));
    let stayed = new.iter().filter(|(key, _)| old.contains_key(*key));
    let without_entered = stayed.map(|(_, named)| &named.1).collect();
    let with_left = new.values().map(|named| &named.1);
    let with_left = with_left
        .chain(left.clone().map(|(_, named)| &named.1))
        .collect();
    let at_old_values = new.iter().map(|(key, named)| match old.get(key) {
        Some(old) if is_other(key, &named.1) => &old.1,
        _ => &named.1,
    });
    let effect = |undone: Vec<&EvidenceRow>| after.value.minus(value_of(undone).value);
    let mut causes = vec![
        Cause {
            name: "entered",
            effect: effect(without_entered),
            rows: entered
                .map(|(_, (home, row))| (home.clone(), Value::Absent, row.value))
                .collect(),
        },
        Cause {
            name: "left",
            effect: effect(with_left),
            rows: left
                .map(|(_, (home, row))| (home.clone(), row.value, Value::Absent))
                .collect(),
        },
        Cause {
            name: "repriced",
            effect: effect(at_old_values.collect()),
            rows: repriced
                .map(|(key, (home, row))| {
                    let before = old.get(key).map_or(Value::Absent, |(_, old)| old.value);
                    (home.clone(), before, row.value)
                })
                .collect(),
        },
    ];
    let printed = printed.map(|rows| counted(measure, rows));
    let printed = printed.map(|rows| (reduce(measure, variant, &plain(&rows)), rows));
    if let Some((reading, rows)) = &printed {
        causes.push(Cause {
            name: "corrected",
            effect: before.value.minus(reading.value),
            rows: differences(rows, &old),
        });
    }
    let printed = printed.map(|(reading, _)| reading);
    // A print without a value is nothing to be compared with: what changed since then is told of what is known of it now.
    let base = printed.map(|reading| reading.value);
    let base = base.filter(|value| *value != Value::Absent);
    let total = after.value.minus(base.unwrap_or(before.value));
    let known = causes.iter().filter(|cause| cause.effect != Value::Absent);
    let interaction = known.fold(total, |rest, cause| rest.minus(cause.effect));
    ReadingChange {
        then: before,
        printed,
        total,
        causes,
        interaction,
    }
}
