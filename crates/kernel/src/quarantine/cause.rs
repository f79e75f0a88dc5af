//! What is wrong with a value that is held, by name.

/// Why a value is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// An amount that stands for none: one dollar, 1111111, 123456.
    Placeholder,
    /// Ten times too much.
    ExtraZero,
    /// A tenth.
    MissingZero,
    /// A hundred times too much.
    TwoExtraZeros,
    /// A hundredth.
    TwoMissingZeros,
    /// The rent of a year, given as a month's.
    AnnualRent,
    /// The rent of a week, given as a month's.
    WeeklyRent,
    /// A month's rent as the price of a sale.
    RentInSale,
    /// The price of a sale as a month's rent.
    SaleInLease,
    /// A living area in square metres, given as square feet.
    SquareMeters,
    /// A living area in acres, given as square feet.
    Acres,
    /// A living area ten times too large.
    AreaExtraZero,
    /// A person said that it is wrong.
    Rejected,
}

/// Names and what they say, in the order of [`Cause::ALL`].
const WORDS: [(&str, &str); Cause::ALL.len()] = [
    ("placeholder", "held: a placeholder price"),
    ("extra_zero", "held: the price has a zero too many"),
    ("missing_zero", "held: the price lacks a zero"),
    ("two_extra_zeros", "held: the price has two zeros too many"),
    ("two_missing_zeros", "held: the price lacks two zeros"),
    ("annual_rent", "held: a year's rent given as a month's"),
    ("weekly_rent", "held: a week's rent given as a month's"),
    ("rent_in_sale", "held: a rent given as the price of a sale"),
    ("sale_in_lease", "held: the price of a sale given as a rent"),
    (
        "square_meters",
        "held: a living area in square metres given as square feet",
    ),
    ("acres", "held: a living area in acres given as square feet"),
    (
        "area_extra_zero",
        "held: the living area has a zero too many",
    ),
    ("rejected", "held: rejected by a person"),
];

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 13] = [
        Self::Placeholder,
        Self::ExtraZero,
        Self::MissingZero,
        Self::TwoExtraZeros,
        Self::TwoMissingZeros,
        Self::AnnualRent,
        Self::WeeklyRent,
        Self::RentInSale,
        Self::SaleInLease,
        Self::SquareMeters,
        Self::Acres,
        Self::AreaExtraZero,
        Self::Rejected,
    ];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        WORDS[self as usize].0
    }

    /// Why a home is excluded, in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        WORDS[self as usize].1
    }

    /// Whether the living area is at fault, not the price.
    #[must_use]
    pub fn is_of_area(self) -> bool {
        matches!(self, Self::SquareMeters | Self::Acres | Self::AreaExtraZero)
    }
}
