//! Faults on purpose: how often, which row, and what each does to it. Labelled, so that a test or a demo can
//! tell what should have been caught. Not the order of rows (`stream`).

use freehold_kernel::field::PropertyType;
use freehold_kernel::field::Status;

use super::config::{ConfigError, parts_of_share};
use super::rng::fold;
use super::update::SimulatedUpdate;

/// Which share of the rows bears which fault, each from 0 to 1. A row bears one fault at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FaultConfig {
    /// Rows that are sent again, byte for byte, at once or up to 64 turns later.
    pub duplicates: f64,
    /// Rows that are sent late: half of them a few rows, half of them behind newer rows of their own listing.
    pub out_of_order: f64,
    /// Rows whose price has a zero too many.
    pub extra_zero: f64,
    /// Rows whose price lacks its last zero.
    pub missing_zero: f64,
    /// Rows with a living area that give square metres as square feet.
    pub unit_mix_up: f64,
    /// Leases that give the rent of a year for that of a month.
    pub annual_rent: f64,
}

/// What was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Sent twice.
    Duplicate,
    /// Sent late.
    OutOfOrder,
    /// Price times ten.
    ExtraZero,
    /// Price over ten.
    MissingZero,
    /// Square metres as square feet.
    UnitMixUp,
    /// Rent times twelve.
    AnnualRent,
}

impl Fault {
    /// Every kind, in the order of [`FaultConfig`]'s fields.
    pub const ALL: [Self; 6] = [
        Self::Duplicate,
        Self::OutOfOrder,
        Self::ExtraZero,
        Self::MissingZero,
        Self::UnitMixUp,
        Self::AnnualRent,
    ];

    /// The label in `X_Fault`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OutOfOrder => "out_of_order",
            Self::ExtraZero => "extra_zero",
            Self::MissingZero => "missing_zero",
            Self::UnitMixUp => "unit_mix_up",
            Self::AnnualRent => "annual_rent",
        }
    }
}

/// Checked shares, cumulative and of 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FaultRolls {
    bounds: [u64; 6],
}

impl FaultRolls {
    pub(super) fn new(config: &FaultConfig) -> Result<Self, ConfigError> {
        let shares = [
            ("faults.duplicates", config.duplicates),
            ("faults.out_of_order", config.out_of_order),
            ("faults.extra_zero", config.extra_zero),
            ("faults.missing_zero", config.missing_zero),
            ("faults.unit_mix_up", config.unit_mix_up),
            ("faults.annual_rent", config.annual_rent),
        ];
        let mut bounds = [0; 6];
        let mut sum = 0;
        for (bound, (key, share)) in bounds.iter_mut().zip(shares) {
            sum += parts_of_share(key, share)?;
            *bound = sum;
        }
        if sum > 1 << 32 {
            return Err(ConfigError::FaultSum);
        }
        Ok(Self { bounds })
    }

    /// True when no row leaves its place.
    pub(super) fn keep_order(&self) -> bool {
        self.bounds[1] == 0
    }

    /// What folds into a configuration's fingerprint.
    pub(super) fn bounds(&self) -> &[u64] {
        &self.bounds
    }

    /// The fault of the row of `turn`; one that does not fit the row is none.
    #[inline]
    pub(super) fn roll(&self, seed: u64, turn: i64) -> Option<Fault> {
        if self.bounds[5] == 0 {
            return None;
        }
        let roll = fold(fold(seed, 0x6661_756c), turn as u64) >> 32;
        let index = self.bounds.iter().position(|bound| roll < *bound)?;
        Some(Fault::ALL[index])
    }
}

/// Labels `update` with `fault` and does it, where it fits.
#[inline]
pub(super) fn apply(fault: Fault, update: &mut SimulatedUpdate) {
    let is_lease = update.property_type == PropertyType::ResidentialLease;
    let price = match (&mut update.close_price, update.status) {
        (Some(close_price), Status::Closed) => close_price,
        _ => &mut update.list_price,
    };
    match fault {
        Fault::Duplicate | Fault::OutOfOrder => {}
        Fault::ExtraZero => *price *= 10,
        Fault::MissingZero => *price /= 10,
        Fault::AnnualRent if is_lease => *price *= 12,
        Fault::UnitMixUp => match &mut update.living_area {
            Some(area) => *area = (u64::from(*area) * 92_903 / 1_000_000) as u32,
            None => return,
        },
        Fault::AnnualRent => return,
    }
    update.fault = Some(fault);
}
