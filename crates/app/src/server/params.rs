//! The parameters of a request: what each endpoint takes, read strictly. A parameter that nobody knows is
//! refused, as a mistyped filter would otherwise answer another question.

use anyhow::Result;

use crate::query::BadQuestion;

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A text.
    Text,
    /// Names, separated by commas.
    Names,
    /// A text; the parameter may come more than once, for each value of a list.
    Repeated,
    /// A whole number between two bounds.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) about: &'static str,
}

impl Param {
    pub(crate) const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, about }
    }
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(&'static str, String)>,
}

impl Params {
    /// Reads a query string by what is `known`.
    pub(crate) fn read(query: &str, known: &[&Param]) -> Result<Self> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(param) = known.iter().find(|param| param.name == name) else {
                let names: Vec<&str> = known.iter().map(|param| param.name).collect();
                let known = if names.is_empty() {
                    "none is known here".to_owned()
                } else {
                    format!("known here are {}", names.join(", "))
                };
                return Err(BadQuestion::at(
                    "(name)",
                    format!("there is no parameter {name:?}; {known}"),
                ));
            };
            let may_repeat = matches!(param.shape, Shape::Repeated | Shape::Names);
            if !may_repeat && pairs.iter().any(|(known, _)| *known == param.name) {
                return Err(BadQuestion::at(param.name, "it is given more than once"));
            }
            if value.contains('\0') || value.contains('\u{fffd}') {
                return Err(BadQuestion::at(
                    param.name,
                    "it holds bytes that are no UTF-8 text",
                ));
            }
            check(param, &value)?;
            pairs.push((param.name, value.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.pairs.iter().filter(|(known, _)| *known == name);
        values.next().map(|(_, value)| value.as_str())
    }

    /// A text, owned.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Every value of a repeated parameter.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let values = self.pairs.iter().filter(|(known, _)| *known == name);
        values.map(|(_, value)| value.clone()).collect()
    }

    /// Names, separated by commas.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let values = self.all(name);
        let names = values.iter().flat_map(|value| value.split(','));
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1"))
    }
}

fn check(param: &Param, value: &str) -> Result<()> {
    match param.shape {
        Shape::Text | Shape::Names | Shape::Repeated => Ok(()),
        Shape::Number(least, most) => {
            let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let number = value.parse::<u64>().ok().filter(|_| is_plain);
            match number {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                _ => Err(BadQuestion::at(
                    param.name,
                    format!("{value:?} is no whole number from {least} to {most}"),
                )),
            }
        }
        Shape::Flag => match value {
            "true" | "false" | "1" | "0" => Ok(()),
            _ => Err(BadQuestion::at(
                param.name,
                format!("{value:?} is neither true nor false"),
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Param = Param::new("area", Shape::Repeated, "");
    const LIMIT: Param = Param::new("limit", Shape::Number(1, 10), "");

    fn read(query: &str) -> Result<Params, String> {
        Params::read(query, &[&AREA, &LIMIT]).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_decoded_and_checked() {
        let params = read("area=King%2C+WA&limit=7&area=Ames").expect("good parameters");
        assert_eq!(params.all("area"), ["King, WA", "Ames"]);
        assert_eq!(params.number("limit"), Some(7));
        for bad in [
            "limit=0",
            "limit=11",
            "limit=-1",
            "limit=",
            "limit=%2B5",
            "limit=1&limit=2",
            "x=1",
            "area=%FF",
        ] {
            assert!(read(bad).is_err(), "{bad} is taken");
        }
    }
}
