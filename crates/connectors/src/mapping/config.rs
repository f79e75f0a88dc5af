//! A feed's mapping as it is declared, read with every mistake reported.

use std::sync::Arc;

use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType, Status};
use jiff::tz::TimeZone;
use regex_lite::Regex;
use toml::{Table, Value};

use super::date::DateFormat;
use super::number::scaled_from_zero;
use super::rule::{Origin, Rule, Slots, Target, Unit, template_parts};
use crate::settings::{Problems, Section, closest, shown};

/// A configuration key, for the reference.
#[derive(Debug, Clone, Copy)]
pub struct KeyDoc {
    /// The key inside `[[feed]]`.
    pub key: &'static str,
    /// What it holds.
    pub kind: &'static str,
    /// Its default.
    pub default: &'static str,
    /// What it means.
    pub doc: &'static str,
}

impl KeyDoc {
    /// A key with its kind, default and meaning.
    #[must_use]
    pub const fn new(
        key: &'static str,
        kind: &'static str,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            key,
            kind,
            default,
            doc,
        }
    }
}

/// Every key of a mapping.
pub const KEYS: &[KeyDoc] = &[
    KeyDoc::new(
        "format",
        "csv | tsv | ndjson",
        "by the file's name",
        "How rows are written.",
    ),
    KeyDoc::new(
        "delimiter",
        "one character",
        "\",\" or a tab",
        "What separates fields of delimited text.",
    ),
    KeyDoc::new(
        "quote",
        "one character",
        "'\"'",
        "What quotes fields of delimited text; doubled inside.",
    ),
    KeyDoc::new(
        "encoding",
        "utf-8 | latin-1",
        "utf-8",
        "How characters are written.",
    ),
    KeyDoc::new(
        "skip_lines",
        "number",
        "0",
        "Banner lines before the header.",
    ),
    KeyDoc::new(
        "header",
        "true | false | auto",
        "true",
        "Whether a header names the columns; `auto`: if the first row equals `columns`.",
    ),
    KeyDoc::new(
        "columns",
        "list of names",
        "",
        "Names of columns where no header gives them. Names are trimmed.",
    ),
    KeyDoc::new(
        "time_zone",
        "IANA name",
        "the instance's",
        "Zone of the area: of local days, and of times without offset.",
    ),
    KeyDoc::new(
        "timestamp_zone",
        "IANA name",
        "time_zone",
        "Zone of times without offset, where it is another.",
    ),
    KeyDoc::new(
        "currency",
        "ISO 4217 code",
        "",
        "Currency of prices, where it is not USD: readings are in USD, so that homes priced otherwise are counted, and left out of prices.",
    ),
    KeyDoc::new(
        "null",
        "list of texts",
        "[\"\", \"-\", \"null\", \"None\", \"NA\"]",
        "Texts that mean absent, after trimming.",
    ),
    KeyDoc::new(
        "file_name_pattern",
        "regular expression",
        "",
        "Named groups of it become columns.",
    ),
    KeyDoc::new(
        "snapshot.time",
        "table",
        "",
        "Each file is a full snapshot of the feed, as of this column, template or constant: what the next one does not name is gone. Off without it.",
    ),
    KeyDoc::new(
        "snapshot.shrink_max",
        "percent",
        "20%",
        "A snapshot that takes away a larger share of the live listings is held and not applied.",
    ),
    KeyDoc::new(
        "allow_missing_columns",
        "true | false",
        "false",
        "Whether a file may lack a mapped column; its field is then absent.",
    ),
    KeyDoc::new(
        "map.FIELD",
        "text or table",
        "",
        "What fills a canonical field: a column's name (in JSON a dotted path), or a table of the keys below. ListingKey, ModificationTimestamp and StandardStatus are required.",
    ),
    KeyDoc::new("map.FIELD.column", "text", "", "The column."),
    KeyDoc::new(
        "map.FIELD.template",
        "text",
        "",
        "Several columns: `{BLOCK}-{LOT}`.",
    ),
    KeyDoc::new(
        "map.FIELD.constant",
        "text or number",
        "",
        "The same for every row.",
    ),
    KeyDoc::new(
        "map.FIELD.values",
        "table",
        "",
        "Source text to value. A text that it lacks stands as it is, unless `otherwise` is given; RESO's own names need no entry.",
    ),
    KeyDoc::new(
        "map.FIELD.otherwise",
        "text",
        "",
        "Value of texts that `values` lacks.",
    ),
    KeyDoc::new(
        "map.FIELD.format",
        "text or list",
        "rfc3339",
        "Of dates and times: rfc3339, unix, unix_ms, `days since YYYY-MM-DD`, or strptime patterns, tried in order.",
    ),
    KeyDoc::new(
        "map.FIELD.unit",
        "text or table",
        "dollars; ft2",
        "Of prices: dollars, cents, thousands. Of LivingArea: ft2, m2, or { column = … }.",
    ),
    KeyDoc::new(
        "map.FIELD.extract",
        "regular expression",
        "",
        "Only its first group is read; no match means absent.",
    ),
    KeyDoc::new("map.FIELD.zero", "null", "", "0 means absent."),
    KeyDoc::new(
        "map.FIELD.required",
        "true | false",
        "false",
        "A row without it is refused.",
    ),
];

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFormat {
    Delimited { delimiter: u8, quote: u8 },
    Ndjson,
}

/// Whether a header names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Yes,
    No,
    Auto,
}

/// When a snapshot file was true.
#[derive(Debug, Clone)]
pub(super) struct SnapshotRule {
    pub(super) time: Rule,
    pub(super) shrink_percent_max: u8,
}

/// A feed's mapping, checked.
#[derive(Debug, Clone)]
pub struct MappingConfig {
    pub(super) format: Option<RowFormat>,
    /// Of delimited text whose format the file's name gives.
    pub(super) quote: u8,
    pub(super) is_latin_1: bool,
    pub(super) skip_lines: u64,
    pub(super) header: Header,
    pub(super) columns: Vec<String>,
    pub(super) zone: TimeZone,
    pub(super) stamp_zone: TimeZone,
    pub(super) currency: Option<String>,
    pub(super) nulls: Vec<String>,
    pub(super) file_name_pattern: Option<Regex>,
    pub(super) snapshot: Option<SnapshotRule>,
    pub(super) allow_missing_columns: bool,
    pub(super) slots: Slots,
    pub(super) rules: Arc<Vec<Rule>>,
    fingerprint: String,
}

impl MappingConfig {
    /// Reads the mapping's keys out of a feed's table; `default_zone` is the instance's.
    #[must_use]
    pub fn read(section: &mut Section, default_zone: &str, problems: &mut Problems) -> Self {
        let (format, quote) = read_format(section, problems);
        let is_latin_1 = section.one_of("encoding", &["utf-8", "latin-1"], problems) == Some(1);
        let skip_lines = section
            .integer("skip_lines", 0..=100_000, problems)
            .unwrap_or(0) as u64;
        let header = read_header(section, problems);
        let columns: Vec<String> = section.texts("columns", problems).unwrap_or_default();
        let columns: Vec<String> = columns.iter().map(|name| name.trim().to_owned()).collect();
        if header != Header::Yes && columns.is_empty() {
            problems.note(
                section.key("columns"),
                "",
                "names of the columns, as there may be no header",
            );
        }
        let mut zone_of = |key: &'static str, default: &TimeZone, problems: &mut Problems| {
            let Some(name) = section.text(key, problems) else {
                return default.clone();
            };
            TimeZone::get(&name).unwrap_or_else(|_| {
                problems.note(
                    section.key(key),
                    format!("{name:?}"),
                    "an IANA time zone such as \"America/Chicago\"",
                );
                TimeZone::UTC
            })
        };
        let default = TimeZone::get(default_zone).unwrap_or(TimeZone::UTC);
        let zone = zone_of("time_zone", &default, problems);
        let stamp_zone = zone_of("timestamp_zone", &zone, problems);
        let currency = section.text("currency", problems);
        if let Some(code) = currency.as_deref().filter(|code| !is_currency(code)) {
            let wanted = "an ISO 4217 code such as \"USD\"";
            problems.note(section.key("currency"), format!("{code:?}"), wanted);
        }
        let nulls = section.texts("null", problems).unwrap_or_else(|| {
            ["", "-", "null", "None", "NA"]
                .map(ToOwned::to_owned)
                .to_vec()
        });
        let file_name_pattern = read_regex(section, "file_name_pattern", problems);
        let allow_missing_columns = section
            .flag("allow_missing_columns", problems)
            .unwrap_or(false);
        let mut slots = Slots::default();
        let snapshot = read_snapshot(section, &mut slots, problems);
        let rules = read_rules(section, &mut slots, problems);
        let mut config = Self {
            format,
            quote,
            is_latin_1,
            skip_lines,
            header,
            columns,
            zone,
            stamp_zone,
            currency,
            nulls,
            file_name_pattern,
            snapshot,
            allow_missing_columns,
            slots,
            rules: Arc::new(rules),
            fingerprint: String::new(),
        };
        config.fingerprint = config.describe();
        config
    }

    /// A text that changes whenever rows would be read in another way.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn describe(&self) -> String {
        let text = format!(
            "{:?} {} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {:?}",
            self.format,
            self.quote,
            self.is_latin_1,
            self.skip_lines,
            self.header,
            self.columns,
            self.zone.iana_name(),
            self.stamp_zone.iana_name(),
            self.currency,
            self.nulls,
            self.file_name_pattern.as_ref().map(Regex::as_str),
            self.snapshot,
            self.allow_missing_columns,
            self.slots.names,
            self.rules
        );
        format!(
            "mapping {:032x}",
            xxhash_rust::xxh3::xxh3_128(text.as_bytes())
        )
    }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn read_format(section: &mut Section, problems: &mut Problems) -> (Option<RowFormat>, u8) {
    let format = section.one_of("format", &["csv", "tsv", "ndjson"], problems);
    let mut one_byte = |key: &'static str, default: u8, problems: &mut Problems| {
        let Some(text) = section.text(key, problems) else {
            return default;
        };
        match text.as_bytes() {
            [byte] => *byte,
            _ => {
                problems.note(section.key(key), format!("{text:?}"), "one ASCII character");
                default
            }
        }
    };
    let has_delimiter = one_byte("delimiter", 0, problems);
    let quote = one_byte("quote", b'"', problems);
    let delimiter = match format {
        Some(2) => return (Some(RowFormat::Ndjson), quote),
        _ if has_delimiter != 0 => has_delimiter,
        Some(1) => b'\t',
        Some(_) => b',',
        None => return (None, quote),
    };
    (Some(RowFormat::Delimited { delimiter, quote }), quote)
}

fn read_header(section: &mut Section, problems: &mut Problems) -> Header {
    match section.take("header") {
        None | Some(Value::Boolean(true)) => Header::Yes,
        Some(Value::Boolean(false)) => Header::No,
        Some(Value::String(text)) if text == "auto" => Header::Auto,
        Some(other) => {
            problems.note(
                section.key("header"),
                shown(&other),
                "true, false or \"auto\"",
            );
            Header::Yes
        }
    }
}

fn read_regex(section: &mut Section, key: &'static str, problems: &mut Problems) -> Option<Regex> {
    let text = section.text(key, problems)?;
    match Regex::new(&text) {
        Ok(regex) => Some(regex),
        Err(error) => {
            problems.note(
                section.key(key),
                format!("{text:?}"),
                format!("a regular expression: {error}"),
            );
            None
        }
    }
}

fn read_snapshot(
    section: &mut Section,
    slots: &mut Slots,
    problems: &mut Problems,
) -> Option<SnapshotRule> {
    let mut table = section.section("snapshot", problems);
    if table.is_empty() {
        return None;
    }
    let path = table.key("time");
    let time = match table.take("time") {
        None => {
            problems.note(path, "", "where a snapshot's time comes from, such as { column = \"scrape_date\", format = \"%Y-%m-%d\" }");
            None
        }
        Some(value) => read_rule(
            "snapshot.time",
            Target::EventTime,
            value,
            &path,
            slots,
            problems,
        ),
    };
    let shrink_percent_max = table.percent("shrink_max", problems).unwrap_or(20);
    table.finish(problems);
    Some(SnapshotRule {
        time: time?,
        shrink_percent_max,
    })
}

fn read_rules(section: &mut Section, slots: &mut Slots, problems: &mut Problems) -> Vec<Rule> {
    let mut map = section.section("map", problems);
    let path = section.key("map");
    let table = map.take_all();
    let mut rules = Vec::new();
    for (name, value) in table {
        let key = format!("{path}.{name}");
        let Some(target) = Target::of(&name) else {
            let wanted = "a canonical field, or a name of your own that begins with X_";
            match closest(&name, Target::names()) {
                Some(word) => problems.note_with_hint(
                    key,
                    "no canonical field",
                    wanted,
                    format!("did you mean {word}?"),
                ),
                None => problems.note(key, "no canonical field", wanted),
            }
            continue;
        };
        rules.extend(read_rule(&name, target, value, &key, slots, problems));
    }
    for (name, target) in [
        ("ListingKey", Target::Key),
        ("ModificationTimestamp", Target::EventTime),
        ("StandardStatus", Target::Status),
    ] {
        if !rules.iter().any(|rule| rule.target == target) {
            problems.note(
                format!("{path}.{name}"),
                "",
                "a column, a template or a constant: every row needs it",
            );
        }
    }
    // Fields of the feed's own go last, in ascending order of name, as records keep them.
    rules.sort_by(|left, right| {
        (left.target == Target::Local, &left.name)
            .cmp(&(right.target == Target::Local, &right.name))
    });
    rules
}

fn read_rule(
    name: &str,
    target: Target,
    value: Value,
    key: &str,
    slots: &mut Slots,
    problems: &mut Problems,
) -> Option<Rule> {
    let table = match value {
        Value::String(column) => {
            let mut table = Table::new();
            table.insert("column".into(), Value::String(column));
            table
        }
        Value::Table(table) => table,
        other => {
            problems.note(key, shown(&other), "a column's name or a table");
            return None;
        }
    };
    let mut section = Section::new(key, table);
    let origin = read_origin(&mut section, slots, problems);
    let extract = read_regex(&mut section, "extract", problems);
    if extract
        .as_ref()
        .is_some_and(|extract| extract.captures_len() < 2)
    {
        problems.note(
            section.key("extract"),
            "a regular expression without a group",
            "one with a group for what is read",
        );
    }
    let required = section.flag("required", problems).unwrap_or(false);
    let zero_is_absent = section.one_of("zero", &["null"], problems).is_some();
    let otherwise = section.text("otherwise", problems);
    let mut values: Vec<(String, String)> = Vec::new();
    for (from, to) in section.section("values", problems).take_all() {
        match to {
            Value::String(to) => values.push((from, to)),
            other => problems.note(format!("{key}.values.{from}"), shown(&other), "a text"),
        }
    }
    values.sort();
    let mut formats = Vec::new();
    if target.is_dated() {
        for text in section
            .texts("format", problems)
            .unwrap_or_else(|| vec!["rfc3339".into()])
        {
            match DateFormat::parse(&text) {
                Ok(format) => formats.push(format),
                Err(cause) => problems.note(
                    section.key("format"),
                    format!("{text:?}"),
                    format!("rfc3339, unix, unix_ms, \"days since YYYY-MM-DD\" or a strptime pattern: {cause}"),
                ),
            }
        }
    }
    let (unit, money_digits) = read_unit(target, &mut section, slots, problems);
    section.finish(problems);
    let rule = Rule {
        name: name.to_owned(),
        target,
        origin: origin?,
        required,
        zero_is_absent,
        extract,
        values,
        otherwise,
        formats,
        unit,
        money_digits,
    };
    check_values(&rule, key, problems);
    Some(rule)
}

fn read_origin(
    section: &mut Section,
    slots: &mut Slots,
    problems: &mut Problems,
) -> Option<Origin> {
    let column = section.text("column", problems);
    let template = section.text("template", problems);
    let constant = match section.take("constant") {
        None => None,
        Some(Value::String(text)) => Some(text),
        Some(value @ (Value::Integer(_) | Value::Float(_))) => Some(value.to_string()),
        Some(other) => {
            problems.note(section.key("constant"), shown(&other), "a text or a number");
            return None;
        }
    };
    match (column, template, constant) {
        (Some(name), None, None) => Some(Origin::Slot(slots.of(name.trim()))),
        (None, None, Some(text)) => Some(Origin::Constant(text)),
        (None, Some(text), None) => match template_parts(&text, slots) {
            Ok(parts) => Some(Origin::Template(parts)),
            Err(cause) => {
                problems.note(
                    section.key("template"),
                    format!("{text:?}"),
                    format!("a template such as {{A}}-{{B}}: {cause}"),
                );
                None
            }
        },
        _ => {
            problems.note(
                section.key("column"),
                "none or several",
                "exactly one of column, template and constant",
            );
            None
        }
    }
}

fn read_unit(
    target: Target,
    section: &mut Section,
    slots: &mut Slots,
    problems: &mut Problems,
) -> (Unit, u32) {
    let feet = Unit::Fixed(AreaUnit::SquareFeet);
    if target.is_money() {
        let digits = match section.one_of("unit", &["dollars", "cents", "thousands"], problems) {
            Some(1) => 0,
            Some(2) => 5,
            _ => 2,
        };
        return (feet, digits);
    }
    if target != Target::Profile(ProfileField::LivingArea) {
        return (feet, 2);
    }
    let key = section.key("unit");
    let unit = match section.take("unit") {
        None => feet,
        Some(Value::String(text)) => match AreaUnit::parse(&text) {
            Some(unit) => Unit::Fixed(unit),
            None => {
                problems.note(key, format!("{text:?}"), "ft2, m2 or { column = … }");
                feet
            }
        },
        Some(Value::Table(table)) => {
            let mut table = Section::new(key, table);
            let column = table.required_text("column", "the column that names the unit", problems);
            table.finish(problems);
            Unit::Slot(slots.of(column.trim()))
        }
        Some(other) => {
            problems.note(key, shown(&other), "ft2, m2 or { column = … }");
            feet
        }
    };
    (unit, 2)
}

/// Values that no row could ever have are mistakes now, not refusals later.
fn check_values(rule: &Rule, key: &str, problems: &mut Problems) {
    let (is_good, wanted): (fn(&str) -> bool, String) = match rule.target {
        Target::Status => (
            |text| Status::parse(text).is_some(),
            names(Status::ALL.iter().map(|value| value.name())),
        ),
        Target::Profile(ProfileField::PropertyType) => (
            |text| PropertyType::parse(text).is_some(),
            names(PropertyType::ALL.iter().map(|value| value.name())),
        ),
        Target::Profile(ProfileField::PropertySubType) => (
            |text| PropertySubType::parse(text).is_some(),
            names(PropertySubType::ALL.iter().map(|value| value.name())),
        ),
        _ if rule.target.is_money() => (
            |text| scaled_from_zero(text, 5).is_ok(),
            "an amount of money".into(),
        ),
        _ => return,
    };
    let constant = match &rule.origin {
        Origin::Constant(text) => Some((format!("{key}.constant"), text)),
        _ => None,
    };
    let values = rule
        .values
        .iter()
        .map(|(from, to)| (format!("{key}.values.{from}"), to));
    let otherwise = rule
        .otherwise
        .iter()
        .map(|text| (format!("{key}.otherwise"), text));
    for (path, text) in values
        .chain(otherwise)
        .chain(constant.filter(|_| rule.values.is_empty()))
    {
        if !is_good(text) {
            problems.note(path, format!("{text:?}"), wanted.clone());
        }
    }
}

fn names(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(" | ")
}
