//! Numbers as feeds write them: `$1,250.00`, ` 7,738,700 `, `450000.0`, `4.5e5`. Exact where money is meant.

/// Why a text is not the number that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadNumber {
    /// Not a number.
    Text,
    /// Below zero, where nothing can be.
    Negative,
    /// Beyond what is stored.
    Range,
}

impl BadNumber {
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a number",
            Self::Negative => "a number that is not negative",
            Self::Range => "a number within range",
        }
    }
}

/// The largest number that is taken, in the scale asked for.
const MOST: i64 = 1_000_000_000_000_000;

/// A decimal times `10^digits`, rounded half away from zero. A currency sign and space around it are passed
/// over, and so are commas and spaces between groups of three digits; other commas mean something else
/// (`1.250,00`, `12,5`), which is not guessed at.
#[inline]
pub(super) fn scaled(text: &str, digits: u32) -> Result<i64, BadNumber> {
    let mut whole: i64 = 0;
    let mut seen = false;
    let mut negative = false;
    let mut decimals: Option<u32> = None;
    let mut round_up = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                match decimals {
                    Some(count) if count >= digits => {
                        if count == digits {
                            round_up = byte >= b'5';
                        }
                        decimals = Some(count + 1);
                    }
                    other => {
                        whole = whole * 10 + i64::from(byte - b'0');
                        if whole > MOST {
                            return Err(BadNumber::Range);
                        }
                        decimals = other.map(|count| count + 1);
                    }
                }
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            b'-' if !seen && !negative => negative = true,
            b'$' | b' ' | b'+' if !seen => {}
            b'$' if is_end(&text.as_bytes()[at + 1..]) => {}
            b',' | b' ' if is_separator(&text.as_bytes()[at + 1..], decimals) => {}
            b'e' | b'E' if seen => return exponent(text, digits),
            _ => return Err(BadNumber::Text),
        }
    }
    if !seen {
        return Err(BadNumber::Text);
    }
    for _ in decimals.unwrap_or(0)..digits {
        whole *= 10;
        if whole > MOST {
            return Err(BadNumber::Range);
        }
    }
    whole += i64::from(round_up);
    Ok(if negative { -whole } else { whole })
}

/// Whether nothing that counts comes after.
fn is_end(rest: &[u8]) -> bool {
    rest.iter().all(|byte| matches!(byte, b' ' | b'$'))
}

/// Whether a comma or space before `rest` stands between groups of three digits, or at the end.
fn is_separator(rest: &[u8], decimals: Option<u32>) -> bool {
    let group = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (group == 3 && decimals.is_none()) || is_end(rest)
}

/// Like [`scaled`], but not below zero.
#[inline]
pub(super) fn scaled_from_zero(text: &str, digits: u32) -> Result<i64, BadNumber> {
    let value = scaled(text, digits)?;
    if value < 0 {
        Err(BadNumber::Negative)
    } else {
        Ok(value)
    }
}

fn exponent(text: &str, digits: u32) -> Result<i64, BadNumber> {
    let value: f64 = text.trim().parse().map_err(|_| BadNumber::Text)?;
    let scale = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]
        .get(digits as usize)
        .copied()
        .unwrap_or(1.0);
    let scaled = (value * scale).round();
    if scaled.is_finite() && scaled.abs() <= MOST as f64 {
        Ok(scaled as i64)
    } else {
        Err(BadNumber::Range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_write_numbers_in_many_ways() {
        for (text, cents) in [
            ("450000", 45_000_000),
            (" 7,738,700 ", 773_870_000),
            ("$2150", 215_000),
            ("450000.0", 45_000_000),
            ("0.015", 2),
            ("4.5e5", 45_000_000),
            ("-3", -300),
            ("-$3", -300),
            ("$ 1 250 000.5 ", 125_000_050),
            ("2,150 $", 215_000),
            ("1e-2", 1),
            ("-0", 0),
        ] {
            assert_eq!(scaled(text, 2), Ok(cents), "{text:?}");
        }
        for text in [
            "", "-", "$", "+", ".", "12a", "1.2.3", "N/A", "1.250,00", "12,5", "1,2345", "1,,000",
            "5$0", "3 1/2", "2 3", "5-", "--5", "(500)", "\u{663}", "1e", "1e+", "nan", "inf",
            "750ft2",
        ] {
            assert_eq!(scaled(text, 2), Err(BadNumber::Text), "{text:?}");
        }
        assert_eq!(scaled_from_zero("-3", 2), Err(BadNumber::Negative));
        for text in ["99999999999999999999", "1e400", "10000000000000.01"] {
            assert_eq!(scaled(text, 2), Err(BadNumber::Range), "{text:?}");
        }
    }
}
