//! The canonical fields of a listing and their closed value sets, under RESO Data Dictionary 2.0 names.
//! Not a parser of feeds: connectors map what a feed says onto these.

/// Defines a closed value set with stable codes, RESO names and forgiving parsing.
macro_rules! value_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal => $text:literal $(| $alias:literal)*,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $code,)* }

        impl $name {
            /// Every value, in code order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stored code.
            #[inline]
            #[must_use]
            pub fn code(self) -> u8 { self as u8 }

            /// The value with this stored code.
            #[inline]
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The name in the RESO Data Dictionary.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Parses a wire form: case, spaces, `-`, `_` and `/` do not matter
            /// (RESO feeds send `Active Under Contract` and `ActiveUnderContract` alike).
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $(if same_name(text, $text) $(|| same_name(text, $alias))* { return Some(Self::$variant); })*
                None
            }
        }
    };
}

value_set! {
    /// Where a listing stands: RESO `StandardStatus`, and `Removed` for a listing that left its feed.
    Status {
        Active = 1 => "Active",
        ActiveUnderContract = 2 => "Active Under Contract",
        Canceled = 3 => "Canceled" | "Cancelled",
        Closed = 4 => "Closed" | "Sold",
        ComingSoon = 5 => "Coming Soon",
        Delete = 6 => "Delete" | "Deleted",
        Expired = 7 => "Expired",
        Hold = 8 => "Hold",
        Incomplete = 9 => "Incomplete",
        Pending = 10 => "Pending",
        Withdrawn = 11 => "Withdrawn",
        /// Derived: the key was absent from a full snapshot or a reconcile.
        Removed = 12 => "Removed",
    }
}

value_set! {
    /// RESO `PropertyType`.
    PropertyType {
        BusinessOpportunity = 1 => "Business Opportunity",
        CommercialLease = 2 => "Commercial Lease",
        CommercialSale = 3 => "Commercial Sale",
        Farm = 4 => "Farm",
        Land = 5 => "Land",
        ManufacturedInPark = 6 => "Manufactured In Park",
        Residential = 7 => "Residential",
        ResidentialIncome = 8 => "Residential Income",
        ResidentialLease = 9 => "Residential Lease",
    }
}

value_set! {
    /// RESO `PropertySubType`, the values that a segment or a rule tells apart.
    PropertySubType {
        SingleFamilyResidence = 1 => "Single Family Residence" | "Single Family",
        Condominium = 2 => "Condominium" | "Condo",
        Townhouse = 3 => "Townhouse",
        StockCooperative = 4 => "Stock Cooperative",
        Duplex = 5 => "Duplex",
        Triplex = 6 => "Triplex",
        Quadruplex = 7 => "Quadruplex",
        MultiFamily = 8 => "Multi Family",
        ManufacturedHome = 9 => "Manufactured Home",
        MobileHome = 10 => "Mobile Home",
        Apartment = 11 => "Apartment",
        DeededParking = 12 => "Deeded Parking",
        BoatSlip = 13 => "Boat Slip",
        Timeshare = 14 => "Timeshare",
        Cabin = 15 => "Cabin",
        Farm = 16 => "Farm",
        Ranch = 17 => "Ranch",
        UnimprovedLand = 18 => "Unimproved Land",
        /// A value outside this set; the record is kept, its segment is `other`.
        Other = 255 => "Other",
    }
}

value_set! {
    /// RESO `LivingAreaUnits`; areas keep the unit of their source.
    AreaUnit {
        SquareFeet = 1 => "Square Feet" | "ft2" | "sqft" | "sq ft",
        SquareMeters = 2 => "Square Meters" | "m2" | "sqm" | "sq m",
    }
}

value_set! {
    /// What a profile says, one code a field. Codes are stored: never reuse one.
    ProfileField {
        PropertyType = 1 => "PropertyType",
        PropertySubType = 2 => "PropertySubType",
        BedroomsTotal = 3 => "BedroomsTotal",
        /// In quarters of a bath as `BathroomsTotalDecimal` x 100; the dictionary's `BathroomsTotalInteger` is a whole number.
        BathroomsTotalInteger = 4 => "BathroomsTotalInteger",
        LivingArea = 5 => "LivingArea",
        LotSizeSquareFeet = 6 => "LotSizeSquareFeet",
        YearBuilt = 7 => "YearBuilt",
        /// In millionths of a degree.
        Latitude = 8 => "Latitude",
        /// In millionths of a degree.
        Longitude = 9 => "Longitude",
        PostalCode = 10 => "PostalCode",
        City = 11 => "City",
        CountyOrParish = 12 => "CountyOrParish",
        StateOrProvince = 13 => "StateOrProvince",
        Country = 14 => "Country",
        UnparsedAddress = 15 => "UnparsedAddress",
        UnitNumber = 16 => "UnitNumber",
        ParcelNumber = 17 => "ParcelNumber",
        Currency = 18 => "Currency",
        ListingId = 19 => "ListingId",
        OriginatingSystemName = 20 => "OriginatingSystemName",
        SubdivisionName = 21 => "SubdivisionName",
        MlsStatus = 22 => "MlsStatus",
        /// A field of the feed's own, named `X_…` in the configuration.
        Local = 31 => "Local",
    }
}

/// How a profile field's payload is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileKind {
    /// UTF-8 text.
    Text,
    /// A zigzag varint; the field's documentation names its scale.
    Integer,
    /// One byte: the code of a value set.
    Code,
    /// A zigzag varint in hundredths of the unit, then the unit's code.
    Area,
    /// Name length, name, text.
    Local,
}

impl ProfileField {
    /// How this field's payload is stored.
    #[must_use]
    pub fn kind(self) -> ProfileKind {
        match self {
            Self::PropertyType | Self::PropertySubType => ProfileKind::Code,
            Self::BedroomsTotal
            | Self::BathroomsTotalInteger
            | Self::LotSizeSquareFeet
            | Self::YearBuilt
            | Self::Latitude
            | Self::Longitude => ProfileKind::Integer,
            Self::LivingArea => ProfileKind::Area,
            Self::Local => ProfileKind::Local,
            Self::PostalCode
            | Self::City
            | Self::CountyOrParish
            | Self::StateOrProvince
            | Self::Country
            | Self::UnparsedAddress
            | Self::UnitNumber
            | Self::ParcelNumber
            | Self::Currency
            | Self::ListingId
            | Self::OriginatingSystemName
            | Self::SubdivisionName
            | Self::MlsStatus => ProfileKind::Text,
        }
    }
}

/// For sale or for rent; every market is one of the two (RESO `PropertyType` decides).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A price buys the home.
    Sale,
    /// A price rents it for a month.
    Lease,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Sale, Self::Lease];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Lease => "lease",
        }
    }

    /// Leases are leases; everything else, and no type at all, is a sale.
    #[must_use]
    pub fn of(property_type: Option<PropertyType>) -> Self {
        match property_type {
            Some(PropertyType::ResidentialLease | PropertyType::CommercialLease) => Self::Lease,
            _ => Self::Sale,
        }
    }
}

fn same_name(left: &str, right: &str) -> bool {
    let letters = |text: &'_ str| {
        text.bytes()
            .filter(|byte| !matches!(byte, b' ' | b'-' | b'_' | b'/'))
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    left == right || letters(left) == letters(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_wire_forms_of_a_status_are_one() {
        for text in [
            "Active Under Contract",
            "ActiveUnderContract",
            "active-under_contract",
        ] {
            assert_eq!(Status::parse(text), Some(Status::ActiveUnderContract));
        }
        assert_eq!(Status::parse("Cancelled"), Some(Status::Canceled));
        assert_eq!(Status::parse("Asleep"), None);
    }

    #[test]
    fn codes_round_trip() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(status.code()), Some(*status));
        }
        for field in ProfileField::ALL {
            assert_eq!(ProfileField::from_code(field.code()), Some(*field));
        }
    }
}
