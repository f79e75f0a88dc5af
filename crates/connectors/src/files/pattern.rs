//! Glob patterns over path segments: `*`, `?`, `[a-z]`, `[!a]`, and `**` for any depth of directories.
//! Pure text; the walk over directories is `discover`.

/// True when `text` holds a glob character.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Matches one path segment. Names that begin with a dot match only where the pattern says the dot.
pub(super) fn matches_segment(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // The last star may take one more character each time that the rest fails: linear in practice, and
    // never worse than the product of the lengths.
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, read));
            at += 1;
            continue;
        }
        if let Some(next) = matches_one(&pattern, at, name[read]) {
            at = next;
            read += 1;
            continue;
        }
        let Some((behind, taken)) = star else {
            return false;
        };
        star = Some((behind, taken + 1));
        at = behind;
        read = taken + 1;
    }
    pattern[at..].iter().all(|part| *part == '*')
}

/// Matches one character against the pattern at `at`; where the pattern goes on when it does.
fn matches_one(pattern: &[char], at: usize, character: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => {
            let Some((class, end)) = character_class(pattern, at) else {
                return (character == '[').then_some(at + 1);
            };
            let (negated, class) = match class {
                ['!' | '^', rest @ ..] => (true, rest),
                _ => (false, class),
            };
            (class_holds(class, character) != negated).then_some(end)
        }
        literal => (*literal == character).then_some(at + 1),
    }
}

/// The inside of the class that opens at `at`, and where the pattern goes on behind it.
fn character_class(pattern: &[char], at: usize) -> Option<(&[char], usize)> {
    let inside = at + 1;
    let first = inside + usize::from(matches!(pattern.get(inside), Some('!' | '^')));
    // A bracket in first place is a member, as in every shell.
    let close = (first + 1..pattern.len()).find(|index| pattern[*index] == ']')?;
    Some((&pattern[inside..close], close + 1))
}

fn class_holds(class: &[char], character: char) -> bool {
    let mut rest = class;
    loop {
        rest = match rest {
            [low, '-', high, later @ ..] => {
                if (*low..=*high).contains(&character) {
                    return true;
                }
                later
            }
            [one, later @ ..] => {
                if *one == character {
                    return true;
                }
                later
            }
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_match_as_in_a_shell() {
        for (pattern, name, wanted) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.tmp", false),
            ("*.csv", ".a.csv", false),
            (".*", ".a", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]x", "]x", true),
            ("[x", "[x", true),
            ("日*", "日本", true),
            ("*", "", true),
        ] {
            assert_eq!(matches_segment(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
