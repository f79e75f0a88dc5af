//! Reads settings out of TOML tables and reports every mistake at once: which key, what was found, what was
//! wanted, and a hint. Knows nothing of what the settings mean.

use toml::{Table, Value};

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path of the key: `feed[2].map.ListPrice.format`.
    pub key: String,
    /// What was found; empty when nothing was.
    pub found: String,
    /// What was wanted.
    pub wanted: String,
    /// What a person may try.
    pub hint: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.key)?;
        if self.found.is_empty() {
            write!(f, "is missing; wanted {}", self.wanted)?;
        } else {
            write!(f, "found {}; wanted {}", self.found, self.wanted)?;
        }
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// Mistakes, as they are found.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes a mistake.
    pub fn note(
        &mut self,
        key: impl Into<String>,
        found: impl Into<String>,
        wanted: impl Into<String>,
    ) {
        self.0.push(Problem {
            key: key.into(),
            found: found.into(),
            wanted: wanted.into(),
            hint: None,
        });
    }

    /// Notes a mistake with a hint.
    pub fn note_with_hint(
        &mut self,
        key: impl Into<String>,
        found: impl Into<String>,
        wanted: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.note(key, found, wanted);
        if let Some(last) = self.0.last_mut() {
            last.hint = Some(hint.into());
        }
    }
}

/// A table that is being read: what is taken is known, what is left at the end is not.
#[derive(Debug)]
pub struct Section {
    path: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Section {
    /// The table at dotted `path`, which is empty for a whole file.
    #[must_use]
    pub fn new(path: impl Into<String>, table: Table) -> Self {
        Self {
            path: path.into(),
            table,
            known: Vec::new(),
        }
    }

    /// The dotted path of `key` here.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// True when nothing is left to take.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Takes the value of `key`, whatever it is.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// Takes what is left, when keys are names of the user's own.
    pub fn take_all(&mut self) -> Table {
        std::mem::take(&mut self.table)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        problems: &mut Problems,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let typed = read(&value);
        if typed.is_none() {
            problems.note(self.key(key), shown(&value), wanted);
        }
        typed
    }

    /// Text.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        self.typed(key, "a text", problems, |value| {
            value.as_str().map(ToOwned::to_owned)
        })
    }

    /// Text that must be there.
    pub fn required_text(
        &mut self,
        key: &'static str,
        wanted: &str,
        problems: &mut Problems,
    ) -> String {
        if !self.table.contains_key(key) {
            self.known.push(key);
            problems.note(self.key(key), "", wanted);
            return String::new();
        }
        self.text(key, problems).unwrap_or_default()
    }

    /// True or false.
    pub fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        self.typed(key, "true or false", problems, Value::as_bool)
    }

    /// A whole number in `range`.
    pub fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
        problems: &mut Problems,
    ) -> Option<i64> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.typed(key, &wanted, problems, |value| {
            value.as_integer().filter(|number| range.contains(number))
        })
    }

    /// A number.
    pub fn number(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        self.typed(key, "a number", problems, |value| {
            value
                .as_float()
                .or_else(|| value.as_integer().map(|number| number as f64))
        })
    }

    /// A duration such as `20ms`, `30s`, `5m`, `12h`, `90d`, in milliseconds.
    pub fn duration_ms(&mut self, key: &'static str, problems: &mut Problems) -> Option<i64> {
        let wanted = "a duration such as \"20ms\", \"30s\", \"5m\", \"12h\" or \"90d\"";
        self.typed(key, wanted, problems, |value| {
            parse_duration_ms(value.as_str()?)
        })
    }

    /// A share such as `20%`, as whole percent.
    pub fn percent(&mut self, key: &'static str, problems: &mut Problems) -> Option<u8> {
        self.typed(key, "a share from \"0%\" to \"100%\"", problems, |value| {
            value
                .as_str()?
                .strip_suffix('%')?
                .trim()
                .parse()
                .ok()
                .filter(|percent| *percent <= 100)
        })
    }

    /// One text, or a list of texts.
    pub fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Option<Vec<String>> {
        self.typed(
            key,
            "a text or a list of texts",
            problems,
            |value| match value {
                Value::String(text) => Some(vec![text.clone()]),
                Value::Array(list) => list
                    .iter()
                    .map(|item| item.as_str().map(ToOwned::to_owned))
                    .collect(),
                _ => None,
            },
        )
    }

    /// One of a few words, as its place in `words`.
    pub fn one_of(
        &mut self,
        key: &'static str,
        words: &[&str],
        problems: &mut Problems,
    ) -> Option<usize> {
        let text = self.text(key, problems)?;
        let found = words.iter().position(|word| *word == text);
        if found.is_none() {
            let hint = closest(&text, words.iter().copied());
            problems.note(self.key(key), format!("{text:?}"), words.join(" | "));
            if let (Some(last), Some(word)) = (problems.0.last_mut(), hint) {
                last.hint = Some(format!("did you mean {word:?}?"));
            }
        }
        found
    }

    /// A table of its own; an empty one when it is absent.
    pub fn section(&mut self, key: &'static str, problems: &mut Problems) -> Self {
        let path = self.key(key);
        let table = self.typed(key, "a table", problems, |value| value.as_table().cloned());
        Self::new(path, table.unwrap_or_default())
    }

    /// A list of tables.
    pub fn sections(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Self> {
        let path = self.key(key);
        let tables = self.typed(key, "a list of tables", problems, |value| {
            value
                .as_array()?
                .iter()
                .map(|item| item.as_table().cloned())
                .collect::<Option<Vec<_>>>()
        });
        let numbered = tables.unwrap_or_default().into_iter().enumerate();
        numbered
            .map(|(number, table)| Self::new(format!("{path}[{number}]"), table))
            .collect()
    }

    /// Reports what was not taken.
    pub fn finish(self, problems: &mut Problems) {
        for (key, value) in &self.table {
            let path = self.key(key);
            let wanted = if self.known.is_empty() {
                "nothing here".into()
            } else {
                format!("one of {}", self.known.join(", "))
            };
            problems.note(
                path,
                format!("an unknown key with {}", shown(value)),
                wanted,
            );
            if let (Some(last), Some(word)) = (
                problems.0.last_mut(),
                closest(key, self.known.iter().copied()),
            ) {
                last.hint = Some(format!("did you mean {word}?"));
            }
        }
    }
}

/// A value as a person would recognise it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Table(_) => "a table".into(),
        Value::Array(list) => format!("a list of {}", list.len()),
        other => other.to_string(),
    }
}

/// Milliseconds of `20ms`, `30s`, `5m`, `12h`, `90d`.
#[must_use]
pub fn parse_duration_ms(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

/// The word that `text` was probably meant to be.
#[must_use]
pub fn closest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + text.chars().count() / 4;
    words
        .map(|word| (distance(text, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|best| best.1)
}

/// How many letters must be put in, left out or replaced (Levenshtein), case aside.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (number, letter) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (at, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// Fills `${NAME}` and `${NAME:-default}` in every text of a table. `lookup` gives the environment.
pub fn fill_environment(
    table: &mut Table,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) {
    for (key, value) in table.iter_mut() {
        fill_value(key, value, lookup, problems);
    }
}

fn fill_value(
    path: &str,
    value: &mut Value,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) {
    match value {
        Value::String(text) => {
            if let Some(filled) = fill_text(path, text, lookup, problems) {
                *text = filled;
            }
        }
        Value::Array(list) => {
            for (number, item) in list.iter_mut().enumerate() {
                fill_value(&format!("{path}[{number}]"), item, lookup, problems);
            }
        }
        Value::Table(table) => {
            for (key, item) in table.iter_mut() {
                fill_value(&format!("{path}.{key}"), item, lookup, problems);
            }
        }
        _ => {}
    }
}

fn fill_text(
    path: &str,
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Option<String> {
    let mut rest = text;
    let mut out = String::new();
    let mut filled = false;
    while let Some(start) = rest.find("${") {
        let Some(len) = rest[start..].find('}') else {
            break;
        };
        let inside = &rest[start + 2..start + len];
        let (name, default) = inside
            .split_once(":-")
            .map_or((inside, None), |(name, default)| (name, Some(default)));
        out.push_str(&rest[..start]);
        // As in a shell, an empty variable has the default too.
        let set = lookup(name).filter(|value| default.is_none() || !value.is_empty());
        match set.or_else(|| default.map(ToOwned::to_owned)) {
            Some(value) => out.push_str(&value),
            None => problems.note_with_hint(
                path,
                format!("${{{name}}}"),
                "a variable that is set",
                format!("set {name} in the environment, or write ${{{name}:-default}}"),
            ),
        }
        filled = true;
        rest = &rest[start + len + 1..];
    }
    out.push_str(rest);
    filled.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Section {
        Section::new("", text.parse().expect("TOML"))
    }

    #[test]
    fn every_mistake_is_found_at_once() {
        let mut problems = Problems::default();
        let mut root = section("thread = 2\nhorizon = \"soon\"\nmode = \"lvie\"");
        root.integer("threads", 1..=64, &mut problems);
        root.duration_ms("horizon", &mut problems);
        root.one_of("mode", &["live", "history"], &mut problems);
        root.required_text("name", "a name", &mut problems);
        root.finish(&mut problems);
        let text: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
        assert_eq!(text.len(), 4, "{text:?}");
        assert!(text[1].contains("did you mean \"live\"?"), "{}", text[1]);
        assert!(text[2].starts_with("name: is missing"), "{}", text[2]);
        assert!(text[3].contains("did you mean threads?"), "{}", text[3]);
    }

    #[test]
    fn the_environment_is_filled_in_and_what_is_missing_is_named() {
        let mut problems = Problems::default();
        let mut table: Table = "path = \"${HOME_OF}/x\"\nlist = [\"${B:-two}\", \"${EMPTY:-three}\"]\nbad = \"${NOPE}\""
            .parse()
            .expect("TOML");
        fill_environment(
            &mut table,
            &|name| match name {
                "HOME_OF" => Some("/data".into()),
                "EMPTY" => Some(String::new()),
                _ => None,
            },
            &mut problems,
        );
        assert_eq!(table["path"].as_str(), Some("/data/x"));
        assert_eq!(table["list"][0].as_str(), Some("two"));
        assert_eq!(table["list"][1].as_str(), Some("three"));
        assert_eq!(problems.0.len(), 1);
        assert_eq!(problems.0[0].key, "bad");
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration_ms("90d"), Some(90 * 86_400_000));
        assert_eq!(parse_duration_ms("20ms"), Some(20));
        assert_eq!(parse_duration_ms("20"), None);
    }
}
