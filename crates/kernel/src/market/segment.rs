//! Segments of a market: all homes, one type, or one number of bedrooms. A home carries one small tag
//! that says its type class and its bedroom class.

use crate::field::{ProfileField, PropertySubType, PropertyType};
use crate::plan::Segments;
use crate::record::Profile;

const TYPE_NAMES: [&str; 5] = [
    "single_family",
    "condo",
    "townhouse",
    "multi_family",
    "other",
];
const TYPE_OTHER: u8 = 4;
const BEDROOM_NAMES: [&str; 7] = ["0", "1", "2", "3", "4", "5+", "other"];
const BEDROOMS_MOST: u8 = 5;
const BEDROOMS_OTHER: u8 = 6;

/// How many tags there are.
pub const TAGS: usize = TYPE_NAMES.len() * BEDROOM_NAMES.len();

/// A home's type class (high four bits) and bedroom class (low four bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u8);

impl Tag {
    /// The tag of a profile. Unknown types and bedrooms are `other`, so that each family adds up.
    #[must_use]
    pub fn of(profile: Profile<'_>) -> Self {
        use PropertySubType as Sub;
        let sub_type = profile
            .code(ProfileField::PropertySubType)
            .and_then(Sub::from_code);
        let property_type = profile
            .code(ProfileField::PropertyType)
            .and_then(PropertyType::from_code);
        let class = match (sub_type, property_type) {
            (Some(Sub::SingleFamilyResidence | Sub::Cabin), _) => 0,
            (Some(Sub::Condominium | Sub::StockCooperative | Sub::Apartment), _) => 1,
            (Some(Sub::Townhouse), _) => 2,
            (Some(Sub::Duplex | Sub::Triplex | Sub::Quadruplex | Sub::MultiFamily), _)
            | (None, Some(PropertyType::ResidentialIncome)) => 3,
            _ => TYPE_OTHER,
        };
        let bedrooms = match profile.integer(ProfileField::BedroomsTotal) {
            Some(count @ 0..) => count.min(i64::from(BEDROOMS_MOST)) as u8,
            _ => BEDROOMS_OTHER,
        };
        Self(class << 4 | bedrooms)
    }

    /// Every tag that a home can have.
    pub fn all() -> impl Iterator<Item = Self> {
        let classes = 0..TYPE_NAMES.len() as u8;
        classes
            .flat_map(|class| (0..=BEDROOMS_OTHER).map(move |bedrooms| Self(class << 4 | bedrooms)))
    }

    /// Its place among all tags, below [`TAGS`].
    #[inline]
    #[must_use]
    pub fn number(self) -> usize {
        usize::from(self.class()) * BEDROOM_NAMES.len() + usize::from(self.0 & 15)
    }

    /// The type class: 0 to 4.
    #[inline]
    #[must_use]
    pub fn class(self) -> u8 {
        self.0 >> 4
    }
}

/// Which homes of a market are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Every home.
    All,
    /// One type class.
    Type(u8),
    /// One bedroom class.
    Bedrooms(u8),
}

impl Segment {
    /// The segments that a choice of families gives, `all` first.
    #[must_use]
    pub fn of_families(families: Segments) -> Vec<Self> {
        let mut all = vec![Self::All];
        if families.by_type {
            all.extend((0..TYPE_NAMES.len() as u8).map(Self::Type));
        }
        if families.by_bedrooms {
            all.extend((0..BEDROOM_NAMES.len() as u8).map(Self::Bedrooms));
        }
        all
    }

    /// Whether a home with this tag belongs.
    #[inline]
    #[must_use]
    pub fn holds(self, tag: Tag) -> bool {
        match self {
            Self::All => true,
            Self::Type(class) => tag.class() == class,
            Self::Bedrooms(class) => tag.0 & 15 == class,
        }
    }

    /// The name in every output: `all`, `type:condo`, `beds:3`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Type(class) => format!("type:{}", TYPE_NAMES[usize::from(class)]),
            Self::Bedrooms(class) => format!("beds:{}", BEDROOM_NAMES[usize::from(class)]),
        }
    }
}

/// Parking, boat slips and timeshares are homes to count, but no prices to compare (domain practice).
#[must_use]
pub fn has_comparable_price(profile: Profile<'_>) -> bool {
    !matches!(
        profile
            .code(ProfileField::PropertySubType)
            .and_then(PropertySubType::from_code),
        Some(
            PropertySubType::DeededParking | PropertySubType::BoatSlip | PropertySubType::Timeshare
        )
    )
}
