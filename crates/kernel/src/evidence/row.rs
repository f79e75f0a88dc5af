//! One row of evidence, and what its fields mean.

use crate::listing::ListingId;
use crate::market::EventKey;
use crate::measure::Value;

/// Why a row does not count that a final day did not know of.
pub(super) const LATE: &str = "became known after its day was final";
/// Why a row counts of which no home tells now.
const TAKEN_BACK: &str = "taken back after its day was final";

/// Which part of a quotient a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What is divided.
    Above,
    /// What it is divided by.
    Below,
}

impl Side {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// One home or event behind a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceRow {
    /// The home's listings that speak in this market and were known then, in order of feed name and key.
    /// Empty where no home tells of the event any more, while a day that is final knows it.
    pub members: Vec<ListingId>,
    /// The listing that speaks for the home: it told the event, or leads the stock.
    pub lead: Option<ListingId>,
    /// The event; none for homes of the stock. For a marketing episode its first cut in the period where it
    /// has one, else its start.
    pub event: Option<EventKey>,
    /// How often it counts: 1, but for events that no home tells of any more. A row that belongs to an
    /// episode counted elsewhere, or to none that touches the period, has 0.
    pub times: i64,
    /// Whether the reading's value rests on it.
    pub counted: bool,
    /// Whether it does not belong to the reading at all, not even to `n_excluded`: final days did not know it.
    pub late: bool,
    /// Why it is not counted, or counts though no home tells of it; in words for people.
    pub reason: Option<&'static str>,
    /// Its value in the measure's unit. For a share, 1 with a cut and 0 without: the share is the sum of
    /// values by the sum of `times`. Absent where it has none.
    pub value: Value,
    /// The part that it belongs to, of a measure of two.
    pub part: Option<Side>,
}

impl EvidenceRow {
    /// A row that counts once where it has a value.
    pub(super) fn new(event: Option<EventKey>, value: Result<Value, &'static str>) -> Self {
        Self {
            members: Vec::new(),
            lead: None,
            event,
            times: 1,
            counted: value.is_ok(),
            late: false,
            reason: value.err(),
            value: value.unwrap_or(Value::Absent),
            part: None,
        }
    }

    pub(super) fn of(self, members: &[ListingId], lead: ListingId) -> Self {
        Self {
            members: members.to_vec(),
            lead: Some(lead),
            ..self
        }
    }

    /// The same for an event of which no home tells.
    pub(super) fn of_nobody(self, times: i64) -> Self {
        let reason = self.reason.or(Some(TAKEN_BACK));
        Self {
            times,
            reason,
            ..self
        }
    }

    /// Makes its value that of all the times that it counts.
    pub(super) fn add_up(&mut self) {
        if let Value::Exact { numerator, .. } = &mut self.value {
            *numerator *= i128::from(self.times);
        }
    }

    /// The same, as final days see it: not at all.
    pub(super) fn set_apart(self) -> Self {
        Self {
            counted: false,
            late: true,
            reason: Some(LATE),
            ..self
        }
    }
}
