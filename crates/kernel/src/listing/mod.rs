//! The first book: each listing's accepted versions in event-time order. Which listings are one home is not
//! decided here (`home`).

mod book;
mod correction;
mod held_terms;
mod history;

pub use book::{Listing, ListingBook, ListingId, Verdict};
pub(crate) use book::{is_from_future, version_of};
pub(crate) use correction::corrected_profile;
pub use correction::{Correction, CorrectionError, FieldValue, REJECT, RELEASE};
pub use history::{History, Version};
