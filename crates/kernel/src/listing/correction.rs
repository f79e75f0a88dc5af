//! A person's correction of a listing: one field, overlaid on every version until it is taken back.

use crate::field::{AreaUnit, ProfileField, ProfileKind, PropertySubType, PropertyType, Status};
use crate::quarantine::HeldField;
use crate::record::{Cents, Profile, Terms};
use crate::time::Day;
use crate::varint::{put_bytes, put_i64};

/// A field and its corrected value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// `StandardStatus`.
    Status(Status),
    /// `ListPrice`.
    ListPrice(Option<Cents>),
    /// `OriginalListPrice`.
    OriginalListPrice(Option<Cents>),
    /// `ClosePrice`.
    ClosePrice(Option<Cents>),
    /// `OnMarketDate`.
    OnMarketDate(Option<Day>),
    /// `PurchaseContractDate`.
    ContractDate(Option<Day>),
    /// `CloseDate`.
    CloseDate(Option<Day>),
    /// `OffMarketDate`.
    OffMarketDate(Option<Day>),
    /// A person released a value: it counts, whatever is usual. Cents, or hundredths of a square foot.
    Release(HeldField, i64),
    /// A person said that a value is wrong: it stays held.
    Reject(HeldField, i64),
    /// A profile field, with its stored payload; empty payload for absent.
    Profile(ProfileField, Vec<u8>),
}

/// Why a correction cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// No such field, or not one that can be corrected.
    #[error("{0:?} is not a field that can be corrected")]
    Field(String),
    /// The value does not fit the field.
    #[error("{value:?} is no {wanted} for {field}")]
    Value {
        /// The field.
        field: String,
        /// What was given.
        value: String,
        /// What was wanted.
        wanted: &'static str,
    },
}

impl FieldValue {
    /// Reads `FIELD` and `VALUE` as a person writes them: RESO names, dollars, ISO dates; an empty value
    /// means absent.
    ///
    /// # Errors
    /// When the field cannot be corrected or the value does not fit it.
    pub fn parse(field: &str, value: &str) -> Result<Self, CorrectionError> {
        let wrong = |wanted| CorrectionError::Value {
            field: field.into(),
            value: value.into(),
            wanted,
        };
        let money = || -> Result<Option<Cents>, CorrectionError> {
            if value.is_empty() {
                return Ok(None);
            }
            parse_dollars(value)
                .map(Some)
                .ok_or_else(|| wrong("amount in dollars"))
        };
        let day = || -> Result<Option<Day>, CorrectionError> {
            if value.is_empty() {
                return Ok(None);
            }
            Day::parse_iso(value)
                .map(Some)
                .ok_or_else(|| wrong("date YYYY-MM-DD"))
        };
        Ok(match field {
            "StandardStatus" => {
                Self::Status(Status::parse(value).ok_or_else(|| wrong("StandardStatus"))?)
            }
            "ListPrice" => Self::ListPrice(money()?),
            "OriginalListPrice" => Self::OriginalListPrice(money()?),
            "ClosePrice" => Self::ClosePrice(money()?),
            "OnMarketDate" => Self::OnMarketDate(day()?),
            "PurchaseContractDate" => Self::ContractDate(day()?),
            "CloseDate" => Self::CloseDate(day()?),
            "OffMarketDate" => Self::OffMarketDate(day()?),
            RELEASE | REJECT => {
                let ruled =
                    parse_ruled(value).ok_or_else(|| wrong("FIELD=VALUE of a held value"))?;
                match field {
                    RELEASE => Self::Release(ruled.0, ruled.1),
                    _ => Self::Reject(ruled.0, ruled.1),
                }
            }
            _ => {
                let known = ProfileField::ALL
                    .iter()
                    .copied()
                    .find(|known| known.name() == field);
                let known = known.ok_or_else(|| CorrectionError::Field(field.into()))?;
                Self::Profile(known, profile_payload(known, field, value)?)
            }
        })
    }

    fn overlay_terms(&self, terms: &mut Terms) {
        match self {
            Self::Status(status) => terms.status = *status,
            Self::ListPrice(price) => terms.list_price = *price,
            Self::OriginalListPrice(price) => terms.original_list_price = *price,
            Self::ClosePrice(price) => terms.close_price = *price,
            Self::OnMarketDate(day) => terms.on_market_date = *day,
            Self::ContractDate(day) => terms.contract_date = *day,
            Self::CloseDate(day) => terms.close_date = *day,
            Self::OffMarketDate(day) => terms.off_market_date = *day,
            Self::Release(..) | Self::Reject(..) | Self::Profile(..) => {}
        }
    }
}

fn profile_payload(
    known: ProfileField,
    field: &str,
    value: &str,
) -> Result<Vec<u8>, CorrectionError> {
    let wrong = |wanted| CorrectionError::Value {
        field: field.into(),
        value: value.into(),
        wanted,
    };
    let mut payload = Vec::new();
    if value.is_empty() {
        return Ok(payload);
    }
    match known.kind() {
        ProfileKind::Text => payload.extend_from_slice(value.as_bytes()),
        ProfileKind::Integer => {
            let scale = match known {
                ProfileField::BathroomsTotalInteger => 100.0,
                ProfileField::Latitude | ProfileField::Longitude => 1e6,
                _ => 1.0,
            };
            let number: f64 = value.parse().map_err(|_| wrong("number"))?;
            put_i64(&mut payload, (number * scale).round() as i64);
        }
        ProfileKind::Code => payload.push(match known {
            ProfileField::PropertyType => PropertyType::parse(value)
                .ok_or_else(|| wrong("PropertyType"))?
                .code(),
            _ => PropertySubType::parse(value)
                .ok_or_else(|| wrong("PropertySubType"))?
                .code(),
        }),
        ProfileKind::Area => {
            let number: f64 = value.parse().map_err(|_| wrong("area in square feet"))?;
            put_i64(&mut payload, (number * 100.0).round() as i64);
            payload.push(AreaUnit::SquareFeet.code());
        }
        ProfileKind::Local => return Err(CorrectionError::Field(field.into())),
    }
    Ok(payload)
}

/// The name under which a release stands among corrections.
pub const RELEASE: &str = "release";
/// The name under which a rejection does.
pub const REJECT: &str = "reject";

/// `ListPrice=399000` or `LivingArea=1250.5`: a held field and its value, in cents or hundredths of a square foot.
fn parse_ruled(text: &str) -> Option<(HeldField, i64)> {
    let (name, value) = text.split_once('=')?;
    let field = HeldField::ALL
        .into_iter()
        .find(|field| field.name() == name)?;
    Some((field, parse_dollars(value)?))
}

/// Dollars with at most two decimals, as cents.
fn parse_dollars(text: &str) -> Option<Cents> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || part.len() > 2
        || !whole
            .bytes()
            .chain(part.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let cents: i64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(cents)
}

/// A correction in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The number by which it can be taken back.
    pub id: u64,
    /// The field's name as the person gave it.
    pub field: String,
    /// The value as the person gave it.
    pub text: String,
    /// Both, read.
    pub value: FieldValue,
    /// Why, in the person's words.
    pub reason: String,
    /// The first day whose print knows it; set when it is laid over a listing.
    pub known: Day,
}

/// Terms as corrected.
pub(crate) fn corrected_terms(corrections: &[Correction], mut terms: Terms) -> Terms {
    corrections
        .iter()
        .for_each(|correction| correction.value.overlay_terms(&mut terms));
    terms
}

/// A profile as corrected, as stored bytes.
pub(crate) fn corrected_profile(corrections: &[Correction], profile: Profile<'_>) -> Vec<u8> {
    let replaced = |field: ProfileField| {
        corrections
            .iter()
            .rev()
            .find_map(|correction| match &correction.value {
                FieldValue::Profile(which, payload) if *which == field => Some(payload.as_slice()),
                _ => None,
            })
    };
    let mut out = Vec::with_capacity(profile.0.len() + 16);
    let mut put = |field: ProfileField, payload: &[u8]| {
        out.push(field.code());
        put_bytes(&mut out, payload);
    };
    for &field in ProfileField::ALL {
        match replaced(field) {
            Some([]) => {}
            Some(payload) => put(field, payload),
            None => profile
                .fields()
                .filter(|own| own.0 == field)
                .for_each(|own| put(field, own.1)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_exact() {
        assert_eq!(parse_dollars("412000"), Some(41_200_000));
        assert_eq!(parse_dollars("0.5"), Some(50));
        assert_eq!(parse_dollars("-1"), None);
        assert_eq!(parse_dollars("1.005"), None);
    }

    #[test]
    fn a_corrected_profile_keeps_field_order() {
        let profile = Profile(b"\x03\x01\x06\x0a\x0507030");
        let fix = |field: &str, value: &str| Correction {
            id: 1,
            field: field.into(),
            text: value.into(),
            value: FieldValue::parse(field, value).expect("valid"),
            reason: String::new(),
            known: Day(0),
        };
        let out = corrected_profile(
            &[fix("PostalCode", "07031"), fix("BedroomsTotal", "")],
            profile,
        );
        assert_eq!(out, b"\x0a\x0507031");
        assert!(FieldValue::parse("Colour", "red").is_err());
        assert!(FieldValue::parse("ListPrice", "cheap").is_err());
    }
}
