//! `[[level]]`: where a home's area on each level comes from.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use freehold_connectors::mapping;
use freehold_connectors::settings::{Problems, Section};
use freehold_kernel::plan::{FieldName, Level, LevelSource};

use crate::stored_plan::field_of;

/// Levels are numbered by one byte, and more than a few make no sense.
const LEVELS_MAX: usize = 32;

pub(super) fn read_levels(root: &mut Section, base: &Path, problems: &mut Problems) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for mut section in root.sections("level", problems) {
        let name = section.required_text("name", "a name such as \"county\"", problems);
        if levels.iter().any(|level| level.name == name) {
            problems.note(
                section.key("name"),
                format!("{name:?} a second time"),
                "a name of its own",
            );
        }
        let key = section.texts("key", problems);
        let constant = section.text("constant", problems);
        let has_lookup = {
            let lookup = section.section("lookup", problems);
            (!lookup.is_empty()).then_some(lookup)
        };
        let source = match (key, constant, has_lookup) {
            (Some(names), None, None) if !names.is_empty() => {
                LevelSource::Fields(read_fields(&section.key("key"), &names, problems))
            }
            (None, Some(area), None) => LevelSource::Constant(area),
            (None, None, Some(lookup)) => read_lookup(lookup, base, problems),
            _ => {
                problems.note(
                    section.key("key"),
                    "none or several of them",
                    "exactly one of key, constant and lookup",
                );
                LevelSource::Constant(String::new())
            }
        };
        section.finish(problems);
        levels.push(Level { name, source });
    }
    if levels.len() > LEVELS_MAX {
        problems.note(
            "level",
            format!("{} levels", levels.len()),
            format!("at most {LEVELS_MAX}"),
        );
    }
    if levels.is_empty() {
        // An instance without levels still has one market: everything.
        levels.push(Level {
            name: "all".into(),
            source: LevelSource::Constant("all".into()),
        });
    }
    levels
}

fn read_fields(key: &str, names: &[String], problems: &mut Problems) -> Vec<FieldName> {
    let read = names.iter().filter_map(|name| {
        let field = field_of(name);
        if field.is_none() {
            let wanted = "text fields such as PostalCode, City, CountyOrParish, StateOrProvince, or X_… of your own";
            problems.note(key, format!("{name:?}"), wanted);
        }
        field
    });
    read.collect()
}

/// A table file: `lookup = { field = "PostalCode", file = "zips.tsv.gz", from = "zip", to = "cbsa_name" }`.
fn read_lookup(mut section: Section, base: &Path, problems: &mut Problems) -> LevelSource {
    let field = section.required_text("field", "the field that is looked up", problems);
    let file = section.required_text("file", "a CSV or TSV file, plain or .gz", problems);
    let from = section.required_text(
        "from",
        "the file's column that holds the field's text",
        problems,
    );
    let to = section.texts("to", problems).unwrap_or_default();
    let by = read_fields(&section.key("field"), &[field], problems).pop();
    let mut table = BTreeMap::new();
    let path = base.join(&file);
    if !file.is_empty() {
        match read_table(&path, &from, &to) {
            Ok(read) => table = read,
            Err(cause) => problems.note(
                section.key("file"),
                format!("{:?}: {cause}", path.display().to_string()),
                "a readable table",
            ),
        }
    }
    section.finish(problems);
    match by {
        Some(by) => LevelSource::Lookup {
            by,
            table: Arc::new(table),
        },
        None => LevelSource::Constant(String::new()),
    }
}

/// Column `from` to columns `to`, joined by `", "`; rows in which one is empty have no area.
fn read_table(path: &Path, from: &str, to: &[String]) -> Result<BTreeMap<String, String>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        decoder
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
    } else {
        text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    }
    let first_line = text.lines().next().unwrap_or_default();
    let delimiter = if first_line.contains('\t') {
        b'\t'
    } else {
        b','
    };
    let mut rows = mapping::read_table(&text, delimiter).into_iter();
    let names = rows.next().ok_or("it is empty")?;
    let column = |name: &str| {
        let at = names.iter().position(|known| known == name);
        at.ok_or_else(|| format!("it has no column {name:?}; it has {}", names.join(", ")))
    };
    if to.is_empty() {
        return Err("`to` names no column".into());
    }
    let from = column(from)?;
    let to: Vec<usize> = to
        .iter()
        .map(|name| column(name))
        .collect::<Result<_, _>>()?;
    let mut table = BTreeMap::new();
    for cells in rows {
        let area: Option<Vec<&str>> = to
            .iter()
            .map(|at| {
                cells
                    .get(*at)
                    .map(String::as_str)
                    .filter(|cell| !cell.is_empty())
            })
            .collect();
        if let (Some(key), Some(area)) = (cells.get(from), area) {
            table.insert(key.clone(), area.join(", "));
        }
    }
    Ok(table)
}

/// An area where sale prices are not disclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undisclosed {
    /// The level's name.
    pub(crate) level: String,
    /// The area's name.
    pub(crate) area: String,
}

impl Undisclosed {
    /// `LEVEL:AREA`.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.level, self.area)
    }
}

/// Areas as `LEVEL:AREA`, of levels that there are.
pub(super) fn read_undisclosed(
    texts: &[String],
    levels: &[Level],
    problems: &mut Problems,
) -> Vec<Undisclosed> {
    let mut areas = Vec::new();
    for text in texts {
        match text.split_once(':') {
            Some((level, area)) if levels.iter().any(|known| known.name == level) => {
                areas.push(Undisclosed {
                    level: level.into(),
                    area: area.into(),
                });
            }
            _ => problems.note(
                "instance.non_disclosure",
                format!("{text:?}"),
                "LEVEL:AREA of a level of this configuration, such as \"state:TX\"",
            ),
        }
    }
    areas
}
