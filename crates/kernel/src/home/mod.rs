//! The second book: which listings are one home, and what that home posts to its markets. A home is a pure
//! function of its listings' versions; what is stored here only saves deriving it again.

mod book;
mod derive;
mod fold;
mod match_key;
mod placement;

pub use book::PropertyBook;
pub(crate) use book::{ALONE, in_stable_order, stable_order};
pub use derive::Derived;
pub(crate) use derive::{derive, fold_versions, step_judged};
pub use fold::{Fold, Phase};
pub use match_key::match_key;
pub use placement::{Comparable, Placement};
pub(crate) use placement::{NOWHERE, SQUARE_FEET_PER_SQUARE_METER};
