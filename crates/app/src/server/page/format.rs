//! How numbers read: the same rules as `web/format.js`, held to it by `web/format-cases.json`.

const MINUS: &str = "\u{2212}";
/// What stands for an unknown value.
pub(super) const UNKNOWN: &str = "\u{2014}";

/// A decimal text taken apart: sign, digits before and after the point.
fn decimal(value: &str) -> (bool, String, String) {
    let (negative, text) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (mut whole, mut part) = (whole.to_owned(), part.to_owned());
    match exponent.parse::<i32>().unwrap_or(0) {
        shift @ 1.. => {
            for _ in 0..shift {
                let next = if part.is_empty() { '0' } else { part.remove(0) };
                whole.push(next);
            }
        }
        shift => {
            for _ in shift..0 {
                part.insert(0, whole.pop().unwrap_or('0'));
            }
        }
    }
    let trimmed = whole.trim_start_matches('0');
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    (negative, whole.to_owned(), part)
}

struct Rounded {
    negative: bool,
    zero: bool,
    text: String,
}

/// Shifted by powers of ten and rounded half away from zero; grouped by commas.
fn rounded(value: &str, shift: i32, places: usize) -> Rounded {
    let (negative, whole, part) = decimal(value);
    let mut digits = format!("{whole}{part}");
    let mut point = whole.len() as i32 + shift;
    if point < 1 {
        digits.insert_str(0, &"0".repeat((1 - point) as usize));
        point = 1;
    }
    let end = point as usize + places;
    while digits.len() < end + 1 {
        digits.push('0');
    }
    let up = digits.as_bytes()[end] >= b'5';
    let kept: u128 = digits[..end].parse().unwrap_or(0);
    let number = format!("{:0>1$}", kept + u128::from(up), places + 1);
    let (before, after) = number.split_at(number.len() - places);
    let zero = number.bytes().all(|digit| digit == b'0');
    let mut text = String::new();
    for (at, digit) in before.chars().enumerate() {
        if at > 0 && (before.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if places > 0 {
        text.push('.');
        text.push_str(after);
    }
    Rounded {
        negative,
        zero,
        text,
    }
}

fn size(value: &str) -> f64 {
    value.parse::<f64>().unwrap_or(0.0).abs()
}

fn plain(value: &str, shift: i32, places: usize) -> String {
    let rounded = rounded(value, shift, places);
    let sign = if rounded.negative && !rounded.zero {
        MINUS
    } else {
        ""
    };
    format!("{sign}{}", rounded.text)
}

fn signed(value: &str, places: usize, unit: &str) -> String {
    let shown = rounded(value, 0, places);
    if size(value) == 0.0 {
        return format!("{}{unit}", rounded("0", 0, places).text);
    }
    if shown.zero {
        return format!("≈{}{unit}", shown.text);
    }
    format!(
        "{}{}{unit}",
        if shown.negative { MINUS } else { "+" },
        shown.text
    )
}

fn compact(value: &str) -> String {
    let size = size(value);
    if size < 9999.5 {
        return plain(value, 0, 0);
    }
    for (power, letter) in [(3, "k"), (6, "M"), (9, "B")] {
        let scaled = size / 10f64.powi(power);
        if scaled >= 999.5 && letter != "B" {
            continue;
        }
        let places = if scaled < 9.995 {
            2
        } else if scaled < 99.95 {
            1
        } else {
            0
        };
        return format!("{}{letter}", plain(value, -power, places));
    }
    plain(value, 0, 0)
}

fn span(value: &str) -> String {
    let seconds: f64 = value.parse().unwrap_or(0.0);
    let whole = |number: f64| plain(&format!("{}", number.round()), 0, 0);
    match seconds {
        s if s < 0.9995 => format!("{} ms", whole(s * 1000.0)),
        s if s < 9.95 => format!("{} s", plain(value, 0, 1)),
        s if s < 119.5 => format!("{} s", plain(value, 0, 0)),
        s if s < 7170.0 => format!("{} min", (s / 60.0).round()),
        s if s < 172_800.0 => format!("{} h", (s / 3600.0).round()),
        s => format!("{} days", whole(s / 86_400.0)),
    }
}

/// The text of a value in a unit. `context` is `table`, `full` or `compact`.
pub(crate) fn format(value: Option<&str>, unit: &str, context: &str) -> String {
    let Some(value) =
        value.filter(|value| value.parse::<f64>().is_ok_and(|number| !number.is_nan()))
    else {
        return UNKNOWN.to_owned();
    };
    let bare = value.strip_prefix('-').unwrap_or(value);
    let sign = if size(value) > 0.0 && value.starts_with('-') {
        MINUS
    } else {
        ""
    };
    match unit {
        "USD" if context == "full" => format!("{sign}${}", plain(bare, 0, 0)),
        "USD" => format!("{sign}${}", compact(bare)),
        "USD/ft2" => {
            let places = if size(value) < 9.995 { 2 } else { 0 };
            format!("{sign}${}/ft²", plain(bare, 0, places))
        }
        "share" => {
            let text = plain(value, 2, 1);
            let about = if text == "0.0" && size(value) > 0.0 {
                "≈"
            } else {
                ""
            };
            format!("{about}{text}%")
        }
        "days" | "months" | "years" => {
            let text = plain(value, 0, 1);
            let unit = match unit {
                "days" => "d",
                "months" => "mo",
                _ => "y",
            };
            format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
        }
        "%" => signed(value, usize::from(size(value) < 999.95), "%"),
        "pp" => signed(value, 1, " pp"),
        "d" => signed(value, 1, " d"),
        "times" => format!("{}×", plain(value, 0, usize::from(size(value) < 99.95))),
        "s" => span(value),
        "per_s" => {
            let is_small = size(value) < 9.95 && size(value) > 0.0;
            format!("{}/s", plain(value, 0, usize::from(is_small)))
        }
        "MB" => format!("{} MB", plain(value, 0, 0)),
        "fps" => format!("{} fps", plain(value, 0, 0)),
        _ if context == "compact" => compact(value),
        _ => plain(value, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn both_sides_write_the_same_texts() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../web/format-cases.json"))
                .expect("the cases are JSON");
        assert!(cases.len() > 50, "the cases are there");
        for case in cases {
            let text = |key: &str| case[key].as_str();
            let shown = format(
                text("value"),
                text("unit").unwrap_or(""),
                text("context").unwrap_or("table"),
            );
            assert_eq!(Some(shown.as_str()), text("text"), "{case}");
        }
    }
}
