//! One canonical field's rule, as declared and as compiled: where its text comes from and what is made of it.

use regex_lite::Regex;

use super::date::DateFormat;
use freehold_kernel::field::{AreaUnit, ProfileField};

/// What a rule fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Key,
    EventTime,
    Sequence,
    Status,
    ListPrice,
    OriginalListPrice,
    ClosePrice,
    OnMarketDate,
    ContractDate,
    CloseDate,
    OffMarketDate,
    Profile(ProfileField),
    /// A field of the feed's own; its name is the rule's.
    Local,
}

/// Names of the targets that are not profile fields.
const NAMED: &[(&str, Target)] = &[
    ("ListingKey", Target::Key),
    ("ModificationTimestamp", Target::EventTime),
    ("Sequence", Target::Sequence),
    ("StandardStatus", Target::Status),
    ("ListPrice", Target::ListPrice),
    ("OriginalListPrice", Target::OriginalListPrice),
    ("ClosePrice", Target::ClosePrice),
    ("OnMarketDate", Target::OnMarketDate),
    ("PurchaseContractDate", Target::ContractDate),
    ("CloseDate", Target::CloseDate),
    ("OffMarketDate", Target::OffMarketDate),
];

impl Target {
    /// The target of a field's name.
    pub(super) fn of(name: &str) -> Option<Self> {
        if name.starts_with("X_") && name.len() > 2 {
            return Some(Self::Local);
        }
        let named = NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, target)| *target);
        named.or_else(|| {
            let field = ProfileField::ALL.iter().find(|field| field.name() == name);
            field
                .filter(|field| **field != ProfileField::Local)
                .map(|field| Self::Profile(*field))
        })
    }

    /// Every name that can be mapped, for hints.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        let profile = ProfileField::ALL
            .iter()
            .filter(|field| **field != ProfileField::Local);
        NAMED
            .iter()
            .map(|(name, _)| *name)
            .chain(profile.map(|field| field.name()))
    }

    /// Whether a format says how its text is a date or time.
    pub(super) fn is_dated(self) -> bool {
        matches!(
            self,
            Self::EventTime
                | Self::OnMarketDate
                | Self::ContractDate
                | Self::CloseDate
                | Self::OffMarketDate
        )
    }

    /// Whether its value is money.
    pub(super) fn is_money(self) -> bool {
        matches!(
            self,
            Self::ListPrice | Self::OriginalListPrice | Self::ClosePrice
        )
    }
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    /// A column, by its slot.
    Slot(usize),
}

/// Where a rule's text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A column, by its slot.
    Slot(usize),
    /// The same for every row.
    Constant(String),
    /// Several columns and text between them; absent when every column is.
    Template(Vec<Part>),
}

/// The unit of an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    Fixed(AreaUnit),
    /// A column that names it, by its slot.
    Slot(usize),
}

/// A field's rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) origin: Origin,
    pub(super) required: bool,
    pub(super) zero_is_absent: bool,
    pub(super) extract: Option<Regex>,
    /// Source text to canonical text; sorted.
    pub(super) values: Vec<(String, String)>,
    pub(super) otherwise: Option<String>,
    pub(super) formats: Vec<DateFormat>,
    pub(super) unit: Unit,
    /// Powers of ten from the source's money unit to cents: dollars 2, cents 0, thousands 5.
    pub(super) money_digits: u32,
}

/// Names of columns, each with a slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    pub(super) names: Vec<String>,
}

impl Slots {
    /// The slot of a column, made if need be.
    pub(super) fn of(&mut self, name: &str) -> usize {
        let found = self.names.iter().position(|known| known == name);
        found.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }
}

/// Splits `{A}-{B}` into parts; `{{` is a brace.
pub(super) fn template_parts(text: &str, slots: &mut Slots) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        if rest[at + 1..].starts_with(brace) {
            literal.push_str(brace);
            rest = &rest[at + 2..];
            continue;
        }
        if brace == "}" {
            return Err("a } without its {".into());
        }
        let end = rest[at..].find('}').ok_or("a { without its }")?;
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
        }
        parts.push(Part::Slot(slots.of(&rest[at + 1..at + end])));
        rest = &rest[at + end + 1..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}
