//! Where a listing's values are posted, and what its prices are divided by: all that markets take from a
//! profile, worked out once per profile.

use crate::field::{AreaUnit, Kind, ProfileField, PropertyType};
use crate::market::{LeafId, MarketBook, NO_VALUE, Tag, has_comparable_price};
use crate::plan::Plan;
use crate::record::{Cents, Profile};

/// Square feet in a square metre: (1 / 0.3048)².
pub(crate) const SQUARE_FEET_PER_SQUARE_METER: f64 = 10.763_910_416_709_722;

/// Whether prices may enter medians, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparable {
    /// They may.
    Yes,
    /// It is no home.
    NoHome,
    /// They are in a currency other than the readings'.
    OtherCurrency,
}

/// The currency of readings; prices without one are in it.
const CURRENCY: &str = "USD";

impl Comparable {
    fn of(profile: Profile<'_>) -> Self {
        let currency = profile.text(ProfileField::Currency);
        if !has_comparable_price(profile) {
            Self::NoHome
        } else if currency.is_some_and(|currency| currency != CURRENCY) {
            Self::OtherCurrency
        } else {
            Self::Yes
        }
    }

    /// Why they may not, in words for people.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Yes => None,
            Self::NoHome => Some("parking, boat slip or timeshare"),
            Self::OtherCurrency => Some("priced in another currency"),
        }
    }
}

/// A listing's place among the markets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// The leaf that holds its values.
    pub leaf: LeafId,
    /// Sale or lease.
    pub kind: Kind,
    /// Type and bedroom class.
    pub tag: Tag,
    /// Living area in hundredths of a square foot; 0 when unknown.
    pub area: f64,
    /// Whether its prices may enter medians.
    pub comparable: Comparable,
    /// Whether its values are judged, and held where they cannot be right.
    pub judged: bool,
}

/// The leaf of a listing that reaches no market.
pub(crate) const NOWHERE: LeafId = LeafId(u32::MAX);

impl Default for Placement {
    fn default() -> Self {
        Self {
            leaf: NOWHERE,
            kind: Kind::Sale,
            tag: Tag(0),
            area: 0.0,
            comparable: Comparable::Yes,
            judged: false,
        }
    }
}

impl Placement {
    /// The placement of a home with this profile.
    pub fn of(plan: &Plan, markets: &mut MarketBook, profile: Profile<'_>) -> Self {
        let property_type = profile
            .code(ProfileField::PropertyType)
            .and_then(PropertyType::from_code);
        let kind = Kind::of(property_type);
        let area = match profile.living_area() {
            Some((hundredths @ 1.., AreaUnit::SquareFeet)) => hundredths as f64,
            Some((hundredths @ 1.., AreaUnit::SquareMeters)) => {
                hundredths as f64 * SQUARE_FEET_PER_SQUARE_METER
            }
            _ => 0.0,
        };
        Self {
            leaf: markets.leaf_for(plan, kind, profile),
            kind,
            tag: Tag::of(profile),
            area,
            comparable: Comparable::of(profile),
            judged: false,
        }
    }

    /// Living area in square feet; 0 when unknown.
    #[inline]
    #[must_use]
    pub fn square_feet(&self) -> f64 {
        self.area / 100.0
    }

    /// The same place for a home of unknown size.
    #[must_use]
    pub(crate) fn without_area(&self) -> Self {
        Self { area: 0.0, ..*self }
    }

    /// A price as it enters medians: cents, or [`NO_VALUE`].
    #[inline]
    #[must_use]
    pub fn price(&self, cents: Option<Cents>) -> u64 {
        match cents {
            Some(cents) if self.comparable == Comparable::Yes => {
                u64::try_from(cents).unwrap_or(NO_VALUE)
            }
            _ => NO_VALUE,
        }
    }

    /// The price per square foot of a price from [`Placement::price`], as bits of `f64`. Dividing cents by
    /// hundredths of a square foot rounds once, so the bits equal those of dollars by square feet.
    #[inline]
    #[must_use]
    pub fn ratio(&self, price: u64) -> u64 {
        if price == NO_VALUE || self.area <= 0.0 {
            NO_VALUE
        } else {
            (price as f64 / self.area).to_bits()
        }
    }
}
