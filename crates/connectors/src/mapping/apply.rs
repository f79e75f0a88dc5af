//! Applies a mapping's rules to the cells of one row. Pure: the same cells give the same record.

use freehold_kernel::field::{
    AreaUnit, ProfileField, ProfileKind, PropertySubType, PropertyType, Status,
};
use freehold_kernel::record::{FeedId, ObservationBuilder, TEXT_BYTES_MAX};
use freehold_kernel::time::{Day, Millis};

use super::config::MappingConfig;
use super::date::{Moment, Zone};
use super::number::{BadNumber, scaled, scaled_from_zero};
use super::rule::{Origin, Part, Rule, Target, Unit};

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowProblem {
    /// The canonical field at fault; empty for the whole row.
    pub(super) field: String,
    /// What was found and what was wanted.
    pub(super) reason: String,
}

impl RowProblem {
    pub(super) fn row(reason: impl Into<String>) -> Self {
        Self {
            field: String::new(),
            reason: reason.into(),
        }
    }

    fn field(rule: &Rule, text: &str, wanted: &str) -> Self {
        let short: String = text.chars().take(80).collect();
        Self {
            field: rule.name.clone(),
            reason: format!("found {short:?}, wanted {wanted}"),
        }
    }
}

/// Event times outside of this are mistakes: 1900 to 2200.
const EARLIEST: Day = Day(-25_567);
const LATEST: Day = Day(84_006);

/// Recently read coded values, so that a status is parsed once and not a million times.
#[derive(Debug, Default)]
struct Recent {
    values: Vec<(String, u8)>,
}

const RECENT_MAX: usize = 16;

impl Recent {
    #[inline]
    fn code(&mut self, text: &str, parse: impl FnOnce(&str) -> Option<u8>) -> Option<u8> {
        if let Some((_, code)) = self.values.iter().find(|(known, _)| known == text) {
            return Some(*code);
        }
        let code = parse(text)?;
        if self.values.len() < RECENT_MAX {
            self.values.push((text.to_owned(), code));
        }
        Some(code)
    }
}

/// A mapping in use on one thread.
pub(super) struct Applier<'m> {
    config: &'m MappingConfig,
    builder: ObservationBuilder,
    zone: Zone,
    stamp_zone: Zone,
    scratch: String,
    recent: Vec<Recent>,
}

impl<'m> Applier<'m> {
    pub(super) fn new(config: &'m MappingConfig, feed: FeedId) -> Self {
        Self {
            config,
            builder: ObservationBuilder::new(feed),
            zone: Zone::new(config.zone.clone()),
            stamp_zone: Zone::new(config.stamp_zone.clone()),
            scratch: String::new(),
            recent: config.rules.iter().map(|_| Recent::default()).collect(),
        }
    }

    /// Appends the record of a row, given its cells by slot; nothing when it is refused.
    #[inline]
    pub(super) fn row(
        &mut self,
        cells: &[Option<&str>],
        out: &mut Vec<u8>,
    ) -> Result<(), RowProblem> {
        self.builder.clear();
        if let Some(currency) = &self.config.currency {
            self.builder.text(ProfileField::Currency, currency);
        }
        let config = self.config;
        for (number, rule) in config.rules.iter().enumerate() {
            let mut scratch = std::mem::take(&mut self.scratch);
            let text = text_of(config, rule, cells, &mut scratch);
            let done = match text {
                Some(text) => self.set(number, rule, text, cells),
                None if rule.required => Err(RowProblem::field(
                    rule,
                    "",
                    "a value: the field is required",
                )),
                None => Ok(()),
            };
            self.scratch = scratch;
            done?;
        }
        self.builder.finish(out).map_err(|lack| RowProblem {
            field: lack.field().into(),
            reason: lack.to_string(),
        })
    }

    #[inline]
    fn set(
        &mut self,
        number: usize,
        rule: &Rule,
        text: &str,
        cells: &[Option<&str>],
    ) -> Result<(), RowProblem> {
        let bad = |error: BadNumber| RowProblem::field(rule, text, error.wanted());
        if rule.zero_is_absent && scaled(text, 6) == Ok(0) {
            return if rule.required {
                Err(RowProblem::field(rule, text, "a value other than 0"))
            } else {
                Ok(())
            };
        }
        match rule.target {
            Target::Key => self.builder.key(text.as_bytes()),
            Target::EventTime => {
                let (time, day) = self.moment(rule, text)?;
                self.builder.event(time, day);
            }
            Target::Sequence => {
                let sequence = text
                    .parse()
                    .map_err(|_| RowProblem::field(rule, text, "a whole number from 0"))?;
                self.builder.sequence(sequence);
            }
            Target::Status => {
                let code =
                    self.recent[number].code(text, |text| Status::parse(text).map(Status::code));
                let status = code.and_then(Status::from_code);
                self.builder.status(status.ok_or_else(|| {
                    RowProblem::field(
                        rule,
                        text,
                        "a StandardStatus, or an entry in `values` for it",
                    )
                })?);
            }
            Target::ListPrice => {
                self.builder.terms.list_price = Some(money(rule, text).map_err(bad)?)
            }
            Target::OriginalListPrice => {
                self.builder.terms.original_list_price = Some(money(rule, text).map_err(bad)?);
            }
            Target::ClosePrice => {
                self.builder.terms.close_price = Some(money(rule, text).map_err(bad)?)
            }
            Target::OnMarketDate => self.builder.terms.on_market_date = Some(self.day(rule, text)?),
            Target::ContractDate => self.builder.terms.contract_date = Some(self.day(rule, text)?),
            Target::CloseDate => self.builder.terms.close_date = Some(self.day(rule, text)?),
            Target::OffMarketDate => {
                self.builder.terms.off_market_date = Some(self.day(rule, text)?)
            }
            Target::Profile(field) => self.profile(number, rule, field, text, cells)?,
            Target::Local => {
                check_length(rule, text)?;
                self.builder.local(&rule.name, text);
            }
        }
        Ok(())
    }

    fn profile(
        &mut self,
        number: usize,
        rule: &Rule,
        field: ProfileField,
        text: &str,
        cells: &[Option<&str>],
    ) -> Result<(), RowProblem> {
        let bad = |error: BadNumber| RowProblem::field(rule, text, error.wanted());
        match field.kind() {
            ProfileKind::Text if field == ProfileField::PostalCode => {
                check_length(rule, text)?;
                let mut padded = [b'0'; 5];
                self.builder.text(field, postal_code(text, &mut padded));
            }
            ProfileKind::Text | ProfileKind::Local => {
                check_length(rule, text)?;
                if text.contains("  ") {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    self.builder.text(field, &words.join(" "));
                } else {
                    self.builder.text(field, text);
                }
            }
            ProfileKind::Integer => {
                let value = match field {
                    ProfileField::BathroomsTotalInteger => {
                        scaled_from_zero(text, 2).map_err(bad)?
                    }
                    ProfileField::Latitude | ProfileField::Longitude => {
                        let most = if field == ProfileField::Latitude {
                            90_000_000
                        } else {
                            180_000_000
                        };
                        let degrees = scaled(text, 6).map_err(bad)?;
                        if degrees.abs() > most {
                            return Err(bad(BadNumber::Range));
                        }
                        degrees
                    }
                    _ => scaled_from_zero(text, 0).map_err(bad)?,
                };
                self.builder.integer(field, value);
            }
            ProfileKind::Code => {
                let recent = &mut self.recent[number];
                let code = if field == ProfileField::PropertyType {
                    recent.code(text, |text| {
                        PropertyType::parse(text).map(PropertyType::code)
                    })
                } else {
                    // Sub types are an open set: one that no segment knows is `Other`.
                    recent.code(text, |text| {
                        Some(
                            PropertySubType::parse(text)
                                .unwrap_or(PropertySubType::Other)
                                .code(),
                        )
                    })
                };
                let wanted = "a PropertyType, or an entry in `values` for it";
                self.builder.code(
                    field,
                    code.ok_or_else(|| RowProblem::field(rule, text, wanted))?,
                );
            }
            ProfileKind::Area => {
                let unit = match &rule.unit {
                    Unit::Fixed(unit) => *unit,
                    Unit::Slot(slot) => match cells[*slot]
                        .map(str::trim)
                        .filter(|text| !self.config.nulls.iter().any(|null| null == text))
                    {
                        None => AreaUnit::SquareFeet,
                        Some(name) => AreaUnit::parse(name).ok_or_else(|| {
                            RowProblem::field(rule, name, "a unit: Square Feet or Square Meters")
                        })?,
                    },
                };
                self.builder
                    .living_area(scaled_from_zero(text, 2).map_err(bad)?, unit);
            }
        }
        Ok(())
    }

    /// The instant of an event and the local day that it falls on.
    #[inline]
    pub(super) fn moment(&mut self, rule: &Rule, text: &str) -> Result<(Millis, Day), RowProblem> {
        let moment = rule.formats.iter().find_map(|format| format.read(text));
        let (time, day) = match moment {
            Some(Moment::Instant(time)) => (time, self.zone.day(time)),
            Some(Moment::Civil(civil)) => {
                let time = self.stamp_zone.instant(civil);
                (time, self.zone.day(time))
            }
            None => return Err(RowProblem::field(rule, text, &wanted_formats(rule))),
        };
        if !(EARLIEST..=LATEST).contains(&day) {
            return Err(RowProblem::field(rule, text, "a time from 1900 to 2200"));
        }
        Ok((time, day))
    }

    /// A date: a civil one as it stands, an instant as its local day.
    #[inline]
    fn day(&mut self, rule: &Rule, text: &str) -> Result<Day, RowProblem> {
        let day = match rule.formats.iter().find_map(|format| format.read(text)) {
            Some(Moment::Instant(time)) => self.zone.day(time),
            Some(Moment::Civil(civil)) => Day::of_utc(civil),
            None => return Err(RowProblem::field(rule, text, &wanted_formats(rule))),
        };
        if !(EARLIEST..=LATEST).contains(&day) {
            return Err(RowProblem::field(rule, text, "a date from 1900 to 2200"));
        }
        Ok(day)
    }
}

fn wanted_formats(rule: &Rule) -> String {
    let names: Vec<String> = rule
        .formats
        .iter()
        .map(super::date::DateFormat::name)
        .collect();
    format!("a date as {}", names.join(" or "))
}

#[inline]
fn money(rule: &Rule, text: &str) -> Result<i64, BadNumber> {
    scaled_from_zero(text, rule.money_digits)
}

fn check_length(rule: &Rule, text: &str) -> Result<(), RowProblem> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(RowProblem::field(
            rule,
            text,
            &format!("at most {TEXT_BYTES_MAX} bytes"),
        ));
    }
    Ok(())
}

/// The text of a rule: trimmed, extracted, translated; `None` when it is absent.
#[inline]
pub(super) fn text_of<'c>(
    config: &'c MappingConfig,
    rule: &'c Rule,
    cells: &[Option<&'c str>],
    scratch: &'c mut String,
) -> Option<&'c str> {
    let is_null = |text: &str| config.nulls.iter().any(|null| null == text);
    let mut text = match &rule.origin {
        Origin::Constant(text) => text.as_str(),
        Origin::Slot(slot) => cells[*slot]?.trim(),
        Origin::Template(parts) => {
            scratch.clear();
            let mut has_any = false;
            for part in parts {
                match part {
                    Part::Literal(literal) => scratch.push_str(literal),
                    Part::Slot(slot) => {
                        let cell = cells[*slot].map_or("", str::trim);
                        has_any |= !cell.is_empty();
                        scratch.push_str(cell);
                    }
                }
            }
            if !has_any {
                return None;
            }
            scratch.trim()
        }
    };
    if let Some(extract) = &rule.extract {
        text = extract.captures(text)?.get(1)?.as_str().trim();
    }
    if is_null(text) {
        return None;
    }
    if !rule.values.is_empty() || rule.otherwise.is_some() {
        return Some(
            match rule
                .values
                .binary_search_by(|(from, _)| from.as_str().cmp(text))
            {
                Ok(at) => &rule.values[at].1,
                Err(_) => rule.otherwise.as_deref().unwrap_or(text),
            },
        );
    }
    Some(text)
}

/// A US ZIP as five digits (spreadsheets lose leading zeros, ZIP+4 has four more); other codes as they are.
fn postal_code<'t>(text: &'t str, padded: &'t mut [u8; 5]) -> &'t str {
    let (first, rest) = text.split_once(['-', ' ', '.']).unwrap_or((text, ""));
    let is_number = first
        .bytes()
        .chain(rest.bytes())
        .all(|byte| byte.is_ascii_digit());
    match first.len() {
        5 if is_number => first,
        9 if is_number => &first[..5],
        3 | 4 if is_number => {
            padded[5 - first.len()..].copy_from_slice(first.as_bytes());
            std::str::from_utf8(padded).unwrap_or(text)
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::postal_code;

    #[test]
    fn zips_are_five_digits_and_other_codes_stand() {
        for (text, expected) in [
            ("07030", "07030"),
            ("7030", "07030"),
            ("501", "00501"),
            ("07030-1234", "07030"),
            ("7030-1234", "07030"),
            ("070301234", "07030"),
            ("7030.0", "07030"),
            ("07030 1234", "07030"),
            ("SW1A 1AA", "SW1A 1AA"),
            ("1234 AB", "1234 AB"),
            ("-", "-"),
            ("12", "12"),
            ("12345678", "12345678"),
        ] {
            assert_eq!(postal_code(text, &mut [b'0'; 5]), expected, "{text}");
        }
    }
}
