//! Any sequence of writes, rotations, compressions, rewrites, restarts and crashes: every line is handed
//! over, and once only where nothing was overwritten.

use std::collections::BTreeMap;

use freehold_pipeline::source::Poll;
use proptest::prelude::*;

use super::harness::{Feed, Got, LineFormat, SETTLE};
use crate::files::scratch::{gzip, zstd};

#[derive(Debug, Clone, Copy)]
enum Act {
    /// Appends lines.
    Append(u8),
    /// Appends a line in two writes, with a look in between.
    AppendHalf(u8),
    /// `live` becomes `live.1`, and that `live.2`, and so on.
    Rotate,
    /// The numbered rotated file becomes a compressed one.
    Compress(u8, bool),
    /// The live file is truncated in place and written anew.
    Truncate(u8),
    /// The live file is replaced, by rename, by other content.
    Replace(u8),
    /// The live file is copied away and truncated.
    CopyTruncate,
    /// A few polls.
    Poll(u8),
    /// Polls until idle.
    Drain,
    /// Starts again at the last cursor.
    Restart,
    /// Keeps the cursor so far as the durable one.
    Save,
    /// Loses the pieces since the durable cursor.
    Crash,
    /// Lets time pass.
    Settle,
}

fn quiet_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u8..60).prop_map(Act::Append),
        2 => (1u8..9).prop_map(Act::AppendHalf),
        2 => Just(Act::Rotate),
        2 => (0u8..4, any::<bool>()).prop_map(|(which, gz)| Act::Compress(which, gz)),
        3 => (0u8..5).prop_map(Act::Poll),
        2 => Just(Act::Drain),
        2 => Just(Act::Restart),
        2 => Just(Act::Save),
        2 => Just(Act::Crash),
        1 => Just(Act::Settle),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => quiet_act(),
        1 => (0u8..60).prop_map(Act::Truncate),
        1 => (0u8..60).prop_map(Act::Replace),
        1 => Just(Act::CopyTruncate),
    ]
}

/// The disk as the writer knows it, and what a reader that forgets nothing would hold.
struct World {
    feed: Feed,
    /// How many lines were written; each is unlike all others.
    written: usize,
    /// Names from the live file to the oldest.
    names: Vec<String>,
    rows: Vec<String>,
    /// The durable cursor, and how many rows are before it.
    saved: (Option<Vec<u8>>, usize),
    /// Lines that were in a file that was overwritten, so that nobody could read them.
    gone: Vec<String>,
}

impl World {
    fn new() -> Self {
        let mut feed = Feed::new("random", "live*", LineFormat::LINES);
        feed.config.chunk_bytes = 200;
        feed.restart();
        feed.dir.write("live", "");
        Self {
            feed,
            written: 0,
            names: vec!["live".to_owned()],
            rows: Vec::new(),
            saved: (None, 0),
            gone: Vec::new(),
        }
    }

    fn lines(&mut self, count: u8) -> String {
        let first = self.written;
        self.written += usize::from(count);
        (first..self.written)
            .map(|number| format!("{} {}\n", number, "x".repeat(number * 37 % 90)))
            .collect()
    }

    fn take(&mut self, got: Got) {
        assert_eq!((got.refused, got.errors), (vec![], vec![]));
        self.rows.extend(got.rows);
    }

    fn drain(&mut self) {
        let got = self.feed.drain(false);
        self.take(got);
    }

    /// What is about to be overwritten and was not read durably is nobody's to recover.
    fn lose(&mut self, name: &str) {
        let content = std::fs::read_to_string(self.feed.dir.path(name)).expect("text");
        self.gone.extend(content.lines().map(str::to_owned));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Append(count) => {
                let lines = self.lines(count);
                self.feed.dir.append("live", lines);
            }
            Act::AppendHalf(cut) => {
                let line = self.lines(1);
                let (head, tail) = line.split_at(usize::from(cut).min(line.len() - 1));
                self.feed.dir.append("live", head);
                self.drain();
                self.feed.dir.append("live", tail);
            }
            Act::Rotate => {
                for number in (0..self.names.len()).rev() {
                    let name = &self.names[number];
                    let ending = match name.rsplit('.').next() {
                        Some(ending @ ("gz" | "zst")) => format!(".{ending}"),
                        _ => String::new(),
                    };
                    let older = format!("live.{}{ending}", number + 1);
                    self.feed.dir.rename(name, &older);
                    self.names[number] = older;
                }
                self.names.insert(0, "live".to_owned());
                self.feed.dir.write("live", "");
            }
            Act::Compress(which, is_gzip) => {
                let which = usize::from(which);
                let Some(name) = self.names.get(which).filter(|_| which > 0).cloned() else {
                    return;
                };
                if name.ends_with("gz") || name.ends_with("zst") {
                    return;
                }
                let content = std::fs::read(self.feed.dir.path(&name)).expect("readable");
                let (ending, packed) = if is_gzip {
                    ("gz", gzip(&content))
                } else {
                    ("zst", zstd(&content))
                };
                let to = format!("{name}.{ending}");
                self.feed.dir.write(&to, packed);
                self.feed.dir.remove(&name);
                self.names[which] = to;
            }
            Act::Truncate(count) => {
                self.lose("live");
                let lines = self.lines(count);
                self.feed.dir.write("live", lines);
            }
            Act::Replace(count) => {
                self.lose("live");
                let lines = self.lines(count);
                self.feed.dir.write("new", lines);
                self.feed.dir.rename("new", "live");
            }
            Act::CopyTruncate => {
                self.act(Act::Rotate);
                // As if it had been copied: the live file keeps the inode.
                let content = std::fs::read(self.feed.dir.path("live.1")).expect("readable");
                self.feed.dir.rename("live.1", "live");
                self.feed.dir.write("live.1", content);
                self.feed.dir.write("live", "");
            }
            Act::Poll(count) => {
                for _ in 0..count {
                    let mut got = Got::default();
                    if let Poll::Piece(piece) = self.feed.poll(false).expect("readable") {
                        got.add(&piece);
                    }
                    self.take(got);
                }
            }
            Act::Drain => self.drain(),
            Act::Restart => self.feed.restart(),
            Act::Save => self.saved = (self.feed.cursor.clone(), self.rows.len()),
            Act::Crash => {
                let (cursor, rows) = self.saved.clone();
                self.rows.truncate(rows);
                self.feed.restart_at(cursor, None).expect("opened");
            }
            Act::Settle => self.feed.now += SETTLE,
        }
    }

    /// How often each line was handed over in the end.
    fn finish(&mut self) -> (Vec<usize>, Vec<String>) {
        let got = self.feed.drain(true);
        self.take(got);
        let got = self.feed.drain(true);
        assert_eq!(got, Got::default());
        let mut counts = BTreeMap::<String, usize>::new();
        for row in &self.rows {
            *counts.entry(row.clone()).or_default() += 1;
        }
        let mut times = Vec::new();
        let mut missing = Vec::new();
        for number in 0..self.written {
            let line = format!("{} {}", number, "x".repeat(number * 37 % 90));
            let count = counts.remove(&line).unwrap_or(0);
            if count == 0 && !self.gone.contains(&line) {
                missing.push(line);
            } else if !self.gone.contains(&line) {
                times.push(count);
            }
        }
        assert!(counts.is_empty(), "rows that nobody wrote: {counts:?}");
        (times, missing)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_line_comes_once_where_nothing_is_overwritten(
        acts in prop::collection::vec(quiet_act(), 1..40),
    ) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        let (times, missing) = world.finish();
        prop_assert_eq!(missing, Vec::<String>::new());
        prop_assert!(times.iter().all(|count| *count == 1), "{:?}", times);

        // All of it is still there, and can be read again up to the end and no further.
        let Some(end) = world.feed.cursor.clone() else {
            return Ok(());
        };
        world.act(Act::Append(3));
        world.feed.restart_at(None, Some(end)).expect("opened");
        let again = world.feed.drain(false);
        prop_assert_eq!(again.errors, Vec::<String>::new());
        world.rows.sort();
        let mut rows = again.rows;
        rows.sort();
        prop_assert_eq!(rows, world.rows);
    }

    #[test]
    fn every_line_comes_at_least_once_whatever_is_overwritten(
        acts in prop::collection::vec(any_act(), 1..40),
    ) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        let (_, missing) = world.finish();
        prop_assert_eq!(missing, Vec::<String>::new());
    }
}
