//! Which of the events that homes tell of now a final day did not know, and which it knows though no home
//! tells of them. Books set such changes apart as counts; here these meet the homes.

use std::collections::BTreeMap;

use super::Home;
use crate::market::EventKey;

/// One event of one home, told once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// The home's place among those asked about.
    pub(super) home: usize,
    pub(super) event: EventKey,
    /// Became known after its day was final.
    pub(super) late: bool,
}

impl Told {
    /// The wanted events of homes, home by home, each home's in order.
    pub(super) fn of(homes: &[Home], wanted: &dyn Fn(&EventKey) -> bool) -> Vec<Self> {
        let mut all = Vec::new();
        for (home, found) in homes.iter().enumerate() {
            for &(event, count) in found.derived.events.iter().filter(|told| wanted(&told.0)) {
                let told = Self {
                    home,
                    event,
                    late: false,
                };
                all.extend(std::iter::repeat_n(
                    told,
                    usize::try_from(count).unwrap_or(0),
                ));
            }
        }
        all
    }
}

/// Marks, from the last on, as many of equal events as were set apart. What is left is told by no home, with
/// how often final days know it.
pub(super) fn mark_late(told: &mut [Told], apart: Vec<(EventKey, i64)>) -> Vec<(EventKey, i64)> {
    if apart.is_empty() {
        return Vec::new();
    }
    // A home that moved within the area is taken back from one leaf and posted to the other: no change here.
    let mut left: BTreeMap<EventKey, i64> = BTreeMap::new();
    for (event, count) in apart {
        *left.entry(event).or_insert(0) += count;
    }
    for told in told.iter_mut().rev() {
        if let Some(count) = left.get_mut(&told.event).filter(|count| **count > 0) {
            told.late = true;
            *count -= 1;
        }
    }
    let rest = left.into_iter().filter(|(_, count)| *count != 0);
    rest.map(|(event, count)| (event, -count)).collect()
}
