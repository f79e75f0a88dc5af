//! Rows of NDJSON: a scanner that visits each key once, keeps what is mapped and passes over the rest. Nested
//! objects and arrays are passed over, or entered where a dotted path leads into them.

use memchr::memchr2;

/// Where a line is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadJson {
    /// Byte of the line, from 0.
    pub(super) at: usize,
    /// What was wanted there.
    pub(super) wanted: &'static str,
}

/// Mapped keys as a tree: a dotted path is a branch.
#[derive(Debug, Clone, Default)]
pub(super) struct Paths {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    key: String,
    slot: Option<usize>,
    inside: Paths,
}

impl Paths {
    /// The tree of column names, each with its place as slot.
    pub(super) fn of<'n>(names: impl Iterator<Item = (usize, &'n str)>) -> Self {
        let mut root = Self::default();
        for (slot, name) in names {
            let mut paths = &mut root;
            let mut parts = name.split('.').peekable();
            while let Some(part) = parts.next() {
                let at = paths
                    .nodes
                    .iter()
                    .position(|node| node.key == part)
                    .unwrap_or_else(|| {
                        paths.nodes.push(Node {
                            key: part.into(),
                            slot: None,
                            inside: Self::default(),
                        });
                        paths.nodes.len() - 1
                    });
                if parts.peek().is_none() {
                    paths.nodes[at].slot = Some(slot);
                }
                paths = &mut paths.nodes[at].inside;
            }
        }
        root
    }
}

/// A value that was kept: a slice of the line, or text that had escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Line(u32, u32),
    Unescaped(u32, u32),
}

/// Scans lines on one thread, remembering the order of keys from line to line.
pub(super) struct Scanner {
    paths: Paths,
    /// Keys at the top of the line before, in order, each with its node.
    order: Vec<(Box<[u8]>, Option<usize>)>,
    kept: Vec<Option<Kept>>,
    unescaped: String,
}

/// How deep a line may nest.
const DEPTH_MAX: u32 = 64;

impl Scanner {
    pub(super) fn new(paths: Paths, slots: usize) -> Self {
        Self {
            paths,
            order: Vec::new(),
            kept: vec![None; slots],
            unescaped: String::new(),
        }
    }

    /// Scans one line. Afterwards [`Scanner::cell`] gives what was kept.
    #[inline]
    pub(super) fn scan(&mut self, line: &str) -> Result<(), BadJson> {
        self.kept.fill(None);
        self.unescaped.clear();
        let bytes = line.as_bytes();
        let mut at = white(bytes, 0);
        if bytes.get(at) != Some(&b'{') {
            return Err(BadJson {
                at,
                wanted: "an object, which begins with {",
            });
        }
        at = white(bytes, at + 1);
        if bytes.get(at) == Some(&b'}') {
            return ends(bytes, at + 1);
        }
        let paths = std::mem::take(&mut self.paths);
        let scanned = self.members(line, at, &paths);
        self.paths = paths;
        ends(bytes, scanned?)
    }

    /// What was kept of a slot.
    #[inline]
    pub(super) fn cell<'a>(&'a self, line: &'a str, slot: usize) -> Option<&'a str> {
        match self.kept[slot]? {
            Kept::Line(from, to) => line.get(from as usize..to as usize),
            Kept::Unescaped(from, to) => self.unescaped.get(from as usize..to as usize),
        }
    }

    /// The members of the line's own object, whose keys mostly come in the order of the line before.
    #[inline]
    fn members(&mut self, line: &str, mut at: usize, paths: &Paths) -> Result<usize, BadJson> {
        let bytes = line.as_bytes();
        for member in 0.. {
            if bytes.get(at) != Some(&b'"') {
                return Err(BadJson {
                    at,
                    wanted: "a key in quotes",
                });
            }
            let after = at + 1;
            let known = self.order.get(member).and_then(|(key, node)| {
                let end = after + key.len();
                (bytes.get(end) == Some(&b'"') && bytes[after..end] == **key)
                    .then_some((end, *node))
            });
            let (end, node) = match known {
                Some(known) => known,
                None => {
                    let end = string_end(bytes, after)?;
                    let key = &bytes[after..end];
                    let node = paths
                        .nodes
                        .iter()
                        .position(|node| node.key.as_bytes() == key);
                    self.order
                        .truncate(member.max(self.order.len().min(member + 1)));
                    match self.order.get_mut(member) {
                        Some(entry) => *entry = (key.into(), node),
                        None => self.order.push((key.into(), node)),
                    }
                    (end, node)
                }
            };
            at = white(bytes, end + 1);
            if bytes.get(at) != Some(&b':') {
                return Err(BadJson {
                    at,
                    wanted: "a : after the key",
                });
            }
            at = white(bytes, at + 1);
            at = self.value(line, at, node.map(|node| &paths.nodes[node]), 0)?;
            at = white(bytes, at);
            match bytes.get(at) {
                Some(b',') => at = white(bytes, at + 1),
                Some(b'}') => return Ok(at + 1),
                _ => {
                    return Err(BadJson {
                        at,
                        wanted: "a , or the end of the object",
                    });
                }
            }
        }
        Err(BadJson {
            at,
            wanted: "an end",
        })
    }

    /// A value; kept when `node` has a slot, entered when paths lead into it.
    #[inline]
    fn value(
        &mut self,
        line: &str,
        at: usize,
        node: Option<&Node>,
        depth: u32,
    ) -> Result<usize, BadJson> {
        let bytes = line.as_bytes();
        match bytes.get(at) {
            Some(b'"') => {
                let start = at + 1;
                let Some(slot) = node.and_then(|node| node.slot) else {
                    return Ok(string_end(bytes, start)? + 1);
                };
                let stop = memchr2(b'"', b'\\', &bytes[start..]).map(|offset| start + offset);
                match stop {
                    Some(end) if bytes[end] == b'"' => {
                        self.kept[slot] = Some(Kept::Line(start as u32, end as u32));
                        Ok(end + 1)
                    }
                    Some(_) => self.unescape(line, start, slot),
                    None => Err(BadJson {
                        at: bytes.len(),
                        wanted: "the end of a text",
                    }),
                }
            }
            Some(b'{' | b'[') if depth >= DEPTH_MAX => Err(BadJson {
                at,
                wanted: "less nesting",
            }),
            Some(b'{') => self.container(line, at, node, depth, b'}'),
            Some(b'[') => self.container(line, at, node, depth, b']'),
            Some(_) => {
                let rest = &bytes[at..];
                let len = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r'))
                    .unwrap_or(rest.len());
                let literal = &rest[..len];
                let is_number = literal
                    .first()
                    .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-')
                    && literal
                        .iter()
                        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
                if !is_number && !matches!(literal, b"null" | b"true" | b"false") {
                    return Err(BadJson {
                        at,
                        wanted: "a value",
                    });
                }
                if let Some(slot) = node.and_then(|node| node.slot)
                    && literal != b"null"
                {
                    self.kept[slot] = Some(Kept::Line(at as u32, (at + len) as u32));
                }
                Ok(at + len)
            }
            None => Err(BadJson {
                at,
                wanted: "a value",
            }),
        }
    }

    fn container(
        &mut self,
        line: &str,
        start: usize,
        node: Option<&Node>,
        depth: u32,
        close: u8,
    ) -> Result<usize, BadJson> {
        let bytes = line.as_bytes();
        let mut at = white(bytes, start + 1);
        let is_object = close == b'}';
        if bytes.get(at) != Some(&close) {
            for member in 0usize.. {
                let mut inside = None;
                if is_object {
                    if bytes.get(at) != Some(&b'"') {
                        return Err(BadJson {
                            at,
                            wanted: "a key in quotes",
                        });
                    }
                    let end = string_end(bytes, at + 1)?;
                    let key = &bytes[at + 1..end];
                    inside = node.and_then(|node| {
                        node.inside
                            .nodes
                            .iter()
                            .find(|inner| inner.key.as_bytes() == key)
                    });
                    at = white(bytes, end + 1);
                    if bytes.get(at) != Some(&b':') {
                        return Err(BadJson {
                            at,
                            wanted: "a : after the key",
                        });
                    }
                    at = white(bytes, at + 1);
                } else if let Some(node) = node.filter(|node| !node.inside.nodes.is_empty()) {
                    let number = member.to_string();
                    inside = node.inside.nodes.iter().find(|inner| inner.key == number);
                }
                at = white(bytes, self.value(line, at, inside, depth + 1)?);
                match bytes.get(at) {
                    Some(b',') => at = white(bytes, at + 1),
                    Some(byte) if *byte == close => break,
                    _ => {
                        return Err(BadJson {
                            at,
                            wanted: "a , or the end of what was begun",
                        });
                    }
                }
            }
        }
        if let Some(slot) = node.and_then(|node| node.slot) {
            self.kept[slot] = Some(Kept::Line(start as u32, at as u32 + 1));
        }
        Ok(at + 1)
    }

    fn unescape(&mut self, line: &str, start: usize, slot: usize) -> Result<usize, BadJson> {
        let bytes = line.as_bytes();
        let from = self.unescaped.len() as u32;
        let mut at = start;
        loop {
            let Some(offset) = memchr2(b'"', b'\\', &bytes[at..]) else {
                return Err(BadJson {
                    at: bytes.len(),
                    wanted: "the end of a text",
                });
            };
            self.unescaped.push_str(&line[at..at + offset]);
            at += offset;
            if bytes[at] == b'"' {
                self.kept[slot] = Some(Kept::Unescaped(from, self.unescaped.len() as u32));
                return Ok(at + 1);
            }
            let (letter, len) = escape(bytes, at).ok_or(BadJson {
                at,
                wanted: "an escape that JSON knows",
            })?;
            self.unescaped.push(letter);
            at += len;
        }
    }
}

/// The letter of an escape that begins at `at`, and the length of the escape.
fn escape(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let letter = match bytes.get(at + 1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = |at: usize| {
                let digits = std::str::from_utf8(bytes.get(at..at + 4)?).ok()?;
                let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_hex
                    .then(|| u32::from_str_radix(digits, 16).ok())
                    .flatten()
            };
            let first = unit(at + 2)?;
            if !(0xD800..0xDC00).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            let second = bytes
                .get(at + 6..at + 8)
                .filter(|pair| *pair == b"\\u")
                .and_then(|_| unit(at + 8))?;
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
            return Some((
                char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + low)?,
                12,
            ));
        }
        _ => return None,
    };
    Some((letter, 2))
}

/// Place of the quote that ends a text begun before `at`.
#[inline]
fn string_end(bytes: &[u8], mut at: usize) -> Result<usize, BadJson> {
    loop {
        match memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
            Some(offset) if bytes[at + offset] == b'"' => return Ok(at + offset),
            Some(offset) => at += offset + 2,
            None => {
                return Err(BadJson {
                    at: bytes.len(),
                    wanted: "the end of a text",
                });
            }
        }
    }
}

#[inline]
fn white(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

fn ends(bytes: &[u8], at: usize) -> Result<(), BadJson> {
    let at = white(bytes, at);
    if at == bytes.len() {
        Ok(())
    } else {
        Err(BadJson {
            at,
            wanted: "nothing after the object",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scan(names: &[&str], line: &str) -> Result<Vec<Option<String>>, BadJson> {
        let mut scanner = Scanner::new(Paths::of(names.iter().copied().enumerate()), names.len());
        scanner.scan(line)?;
        Ok((0..names.len())
            .map(|slot| scanner.cell(line, slot).map(ToOwned::to_owned))
            .collect())
    }

    #[test]
    fn nested_values_are_entered_or_passed_over() {
        let line = r#"{"a":{"b":[{"c":1},{"c":"two"}],"x":"}"},"d":null,"e":[1,"]"], "f":true}"#;
        let cells = scan(&["a.b.1.c", "d", "e", "f", "g"], line).expect("JSON");
        assert_eq!(
            cells,
            [
                Some("two".into()),
                None,
                Some("[1,\"]\"]".into()),
                Some("true".into()),
                None
            ]
        );
    }

    #[test]
    fn keys_may_change_their_order_from_line_to_line() {
        let mut scanner = Scanner::new(Paths::of(["a", "b"].into_iter().enumerate()), 2);
        for line in [
            r#"{"a":1,"b":2}"#,
            r#"{"b":2,"a":1}"#,
            r#"{"x":0,"b":2,"y":[],"a":1}"#,
            r#"{"a":1,"b":2}"#,
        ] {
            scanner.scan(line).expect("JSON");
            assert_eq!(
                (scanner.cell(line, 0), scanner.cell(line, 1)),
                (Some("1"), Some("2")),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (line, at) in [
            ("[1]", 0),
            ("{\"a\":1", 6),
            ("{\"a\" 1}", 5),
            ("{\"a\":nope}", 5),
            ("{\"a\":1} x", 8),
            ("{\"a\":\"x", 7),
        ] {
            assert_eq!(scan(&["a"], line).expect_err(line).at, at, "{line}");
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(members in prop::collection::btree_map("[a-c]{1,2}", "\\PC{0,12}|[\\x00-\\x1f\"\\\\]{0,4}", 0..6)) {
            let object = serde_json::to_string(&members).expect("JSON");
            let names = ["a", "b", "aa", "ab", "cc"];
            let cells = scan(&names, &object).expect("JSON");
            for (name, cell) in names.iter().zip(cells) {
                prop_assert_eq!(cell.as_ref(), members.get(*name));
            }
        }

        #[test]
        fn it_never_panics(line in "\\PC{0,60}|[{}\\[\\]\",:\\\\ua1 ]{0,60}") {
            let _ = scan(&["a", "a.b"], &line);
        }
    }
}
