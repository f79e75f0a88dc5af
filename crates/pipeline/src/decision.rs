//! People's decisions as control records: what can be said, and how it is written down.

use freehold_kernel::record::{Control, put_control};
use serde::{Deserialize, Serialize};

/// A decision of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// One field of one listing is other than its feed says.
    Correct {
        /// The feed's name.
        feed: String,
        /// The feed's key of the listing.
        key: String,
        /// RESO name of the field.
        field: String,
        /// Its value, as a person writes it; empty for absent.
        value: String,
        /// Why.
        reason: String,
    },
    /// A correction is taken back.
    Uncorrect {
        /// Position of the correction's record.
        correction: u64,
    },
    /// Records were taken out of the log for good. Said when it was done; it changes nothing more.
    Purge {
        /// The feed's name.
        feed: String,
        /// XXH3 (128 bits) of the listing's key; none where the whole feed is gone.
        key_hash: Option<String>,
        /// How many records are gone.
        records: u64,
        /// When, in milliseconds of the wall clock.
        at: i64,
        /// Why.
        reason: String,
    },
}

/// The name of decisions among control records.
const NAME: &str = "decision";

impl Decision {
    /// Reads a control record; `None` when it is something else.
    #[must_use]
    pub fn read(control: &Control<'_>) -> Option<Self> {
        if control.name != NAME {
            return None;
        }
        serde_json::from_slice(control.payload).ok()
    }

    /// Appends the decision's record.
    pub fn put(&self, out: &mut Vec<u8>) {
        // A struct of texts and numbers has no form that JSON cannot hold.
        let payload = serde_json::to_vec(self).unwrap_or_default();
        put_control(
            out,
            &Control {
                name: NAME,
                payload: &payload,
            },
        );
    }
}
