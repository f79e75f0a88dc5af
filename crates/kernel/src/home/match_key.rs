//! The key under which listings are one home: parcel and unit, else address and unit. A co-op, condo or
//! lease without a unit never matches: a parcel or a street number alone may hold a hundred of them.

use crate::field::{Kind, ProfileField, PropertySubType, PropertyType};
use crate::record::Profile;

/// Street suffixes and directions as USPS Publication 28 abbreviates them (the common ones).
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("AVENUE", "AVE"),
    ("BOULEVARD", "BLVD"),
    ("CIRCLE", "CIR"),
    ("COURT", "CT"),
    ("DRIVE", "DR"),
    ("EAST", "E"),
    ("HIGHWAY", "HWY"),
    ("LANE", "LN"),
    ("NORTH", "N"),
    ("NORTHEAST", "NE"),
    ("NORTHWEST", "NW"),
    ("PARKWAY", "PKWY"),
    ("PLACE", "PL"),
    ("ROAD", "RD"),
    ("SOUTH", "S"),
    ("SOUTHEAST", "SE"),
    ("SOUTHWEST", "SW"),
    ("SQUARE", "SQ"),
    ("STREET", "ST"),
    ("TERRACE", "TER"),
    ("TRAIL", "TRL"),
    ("WEST", "W"),
];

const UNIT_WORDS: &[&str] = &["UNIT", "APT", "APARTMENT", "SUITE", "STE", "#"];

/// The block inside which a home can be matched: first three ZIP digits, else county, else state.
#[must_use]
pub(crate) fn block(profile: Profile<'_>) -> String {
    if let Some(zip) = profile
        .text(ProfileField::PostalCode)
        .and_then(|zip| zip.get(..3))
    {
        return zip.to_owned();
    }
    let state = profile.text(ProfileField::StateOrProvince).unwrap_or("");
    match profile.text(ProfileField::CountyOrParish) {
        Some(county) => format!("{county}/{state}"),
        None => state.to_owned(),
    }
}

/// The key of the home that a profile describes; `None` when it must stand alone.
#[must_use]
pub fn match_key(profile: Profile<'_>) -> Option<String> {
    let mut words = profile
        .text(ProfileField::UnparsedAddress)
        .map(address_words)
        .unwrap_or_default();
    let mut unit: String = profile
        .text(ProfileField::UnitNumber)
        .map(letters_and_digits)
        .unwrap_or_default();
    if let Some(at) = words
        .iter()
        .position(|word| UNIT_WORDS.contains(&word.as_str()))
    {
        let named: String = words.drain(at..).skip(1).take(1).collect();
        if unit.is_empty() {
            unit = named;
        }
    }
    if unit.is_empty() && needs_unit(profile) {
        return None;
    }
    let block = block(profile);
    let parcel = profile
        .text(ProfileField::ParcelNumber)
        .map(letters_and_digits)
        .unwrap_or_default();
    if !parcel.is_empty() {
        let county = profile.text(ProfileField::CountyOrParish).unwrap_or("");
        return Some(format!("{block}|parcel|{county}|{parcel}|{unit}"));
    }
    let numbered = words
        .first()
        .is_some_and(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    if words.len() < 2 || !numbered {
        return None;
    }
    let place = profile
        .text(ProfileField::PostalCode)
        .map(ToOwned::to_owned)
        .or_else(|| profile.text(ProfileField::City).map(letters_and_digits))
        .unwrap_or_default();
    Some(format!(
        "{block}|address|{place}|{}|{unit}",
        words.join(" ")
    ))
}

fn needs_unit(profile: Profile<'_>) -> bool {
    let property_type = profile
        .code(ProfileField::PropertyType)
        .and_then(PropertyType::from_code);
    let sub_type = profile
        .code(ProfileField::PropertySubType)
        .and_then(PropertySubType::from_code);
    Kind::of(property_type) == Kind::Lease
        || matches!(
            sub_type,
            Some(
                PropertySubType::Condominium
                    | PropertySubType::StockCooperative
                    | PropertySubType::Apartment
            )
        )
}

fn letters_and_digits(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Words of the street line: upper case, abbreviated, up to the first comma.
fn address_words(address: &str) -> Vec<String> {
    let line = address.split_once(", ").map_or(address, |(line, rest)| {
        // "12 Elm St, Unit 3, Newark": the unit belongs to the street line.
        let unit = rest.split(',').next().unwrap_or("");
        let is_unit = UNIT_WORDS
            .iter()
            .any(|word| unit.to_uppercase().starts_with(word));
        if is_unit {
            &address[..line.len() + 2 + unit.len()]
        } else {
            line
        }
    });
    let spaced: String = line
        .chars()
        .flat_map(|letter| match letter {
            '#' => vec![' ', '#', ' '],
            letter if letter.is_alphanumeric() => letter.to_uppercase().collect(),
            _ => vec![' '],
        })
        .collect();
    spaced
        .split_whitespace()
        .map(|word| {
            let short = ABBREVIATIONS.binary_search_by_key(&word, |entry| entry.0);
            short.map_or(word, |at| ABBREVIATIONS[at].1).to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{FeedId, ObservationBuilder, Record, Records};

    fn key(fields: &[(ProfileField, &str)], sub_type: Option<PropertySubType>) -> Option<String> {
        let mut builder = ObservationBuilder::new(FeedId(0));
        builder.key(b"k");
        builder.event(0, crate::time::Day(0));
        builder.status(crate::field::Status::Active);
        fields
            .iter()
            .for_each(|(field, text)| builder.text(*field, text));
        if let Some(sub_type) = sub_type {
            builder.code(ProfileField::PropertySubType, sub_type.code());
        }
        let mut out = Vec::new();
        builder.finish(&mut out).expect("complete");
        let Some(Ok(Record::Observation(row))) = Records::new(&out).next() else {
            panic!("a row")
        };
        match_key(row.profile)
    }

    #[test]
    fn spellings_of_one_address_match() {
        let zip = (ProfileField::PostalCode, "07030");
        let one = key(
            &[
                (
                    ProfileField::UnparsedAddress,
                    "12 North Elm Street, Hoboken, NJ",
                ),
                zip,
            ],
            None,
        );
        let other = key(
            &[(ProfileField::UnparsedAddress, "12 n. elm st"), zip],
            None,
        );
        assert!(one.is_some());
        assert_eq!(one, other);
        let unit = key(
            &[(ProfileField::UnparsedAddress, "12 N Elm St #3"), zip],
            None,
        );
        let apart = key(
            &[(ProfileField::UnparsedAddress, "12 N Elm St, Unit 3"), zip],
            None,
        );
        assert_eq!(unit, apart);
        assert_ne!(unit, one);
    }

    #[test]
    fn a_condo_without_a_unit_stands_alone() {
        let fields = [
            (ProfileField::UnparsedAddress, "12 Elm St"),
            (ProfileField::PostalCode, "07030"),
        ];
        assert_eq!(key(&fields, Some(PropertySubType::Condominium)), None);
        assert_eq!(key(&fields, Some(PropertySubType::StockCooperative)), None);
        assert!(key(&fields, Some(PropertySubType::SingleFamilyResidence)).is_some());
    }

    #[test]
    fn abbreviations_are_sorted_for_the_search() {
        assert!(ABBREVIATIONS.is_sorted());
    }
}
