//! What is run, and how much of it.

use anyhow::{Context, Result, bail};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Streams,
    Reads,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) case: Case,
    /// How long each phase takes.
    pub(crate) seconds: u64,
    pub(crate) warm_up_seconds: u64,
    /// Turns a second of the simulated feed; about seven rows in ten turns.
    pub(crate) turns: u64,
    pub(crate) listings: u64,
    pub(crate) streams: u64,
    pub(crate) pages: u64,
    /// Requests a second.
    pub(crate) rate: u64,
    pub(crate) connections: u64,
    /// Whether the list of markets is asked for, and not the market itself.
    pub(crate) list: bool,
}

impl Options {
    /// Reads the words behind `--`: a case and its options.
    pub(crate) fn read(words: &[String]) -> Result<Self> {
        let mut words = words.iter();
        let (case, seconds) = match words.next().map(String::as_str) {
            Some("streams") => (Case::Streams, 300),
            Some("reads") => (Case::Reads, 60),
            other => bail!("there is no case {other:?}; there are streams and reads"),
        };
        let mut options = Self {
            case,
            seconds,
            warm_up_seconds: 30,
            turns: 16_000,
            listings: 100_000,
            streams: 200,
            pages: 4,
            rate: 2_000,
            connections: 64,
            list: false,
        };
        while let Some(word) = words.next() {
            let held = match (word.as_str(), case) {
                ("--list", Case::Reads) => {
                    options.list = true;
                    continue;
                }
                ("--seconds", _) => &mut options.seconds,
                ("--warm-up", _) => &mut options.warm_up_seconds,
                ("--turns", _) => &mut options.turns,
                ("--listings", _) => &mut options.listings,
                ("--streams", Case::Streams) => &mut options.streams,
                ("--pages", Case::Streams) => &mut options.pages,
                ("--rate", Case::Reads) => &mut options.rate,
                ("--connections", Case::Reads) => &mut options.connections,
                _ => bail!("{case:?} has no option {word:?}"),
            };
            let number = words.next().and_then(|number| number.parse().ok());
            *held = number.with_context(|| format!("{word} needs a number"))?;
        }
        if options.seconds == 0 || options.connections == 0 {
            bail!("--seconds and --connections need at least 1");
        }
        // The server ends connections that are idle for 10 s.
        if options.rate < options.connections {
            bail!("--rate needs at least one request a second for each of --connections");
        }
        Ok(options)
    }
}
