//! The progress line of a run: rate, lag, the virtual date, and how many markets there are.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use freehold_kernel::time::Millis;
use freehold_pipeline::books::Books;
use freehold_pipeline::core::Restart;
use freehold_pipeline::intake::FeedStatus;

const EVERY: Duration = Duration::from_millis(500);

/// Prints a line at most twice a second.
pub(crate) struct Progress {
    shown: Instant,
    position: u64,
    is_terminal: bool,
    is_quiet: bool,
    announced: bool,
    /// What was said once already.
    told: Vec<String>,
}

impl Progress {
    pub(crate) fn new(is_quiet: bool) -> Self {
        Self {
            shown: Instant::now(),
            position: 0,
            is_terminal: std::io::stderr().is_terminal(),
            is_quiet,
            announced: false,
            told: Vec::new(),
        }
    }

    /// Shows how the run is doing, when it is time.
    pub(crate) fn show(&mut self, books: &Books, feeds: &[FeedStatus], restart: &Restart) {
        if !self.announced {
            self.announced = true;
            self.position = books.engine.position();
            if restart.to > 0 && !self.is_quiet {
                self.line(&format!(
                    "taking up at record {} ({} replayed from the log)",
                    restart.to,
                    restart.to - restart.from
                ));
            }
        }
        for feed in feeds {
            let Some(error) = &feed.error else { continue };
            let text = format!("feed {}: {}", feed.name, cause_of(feed, error));
            self.once(text);
        }
        for held in books.engine.held_snapshots() {
            let feeds = &books.engine.plan().feeds;
            let name = feeds
                .get(usize::from(held.end.feed.0))
                .map_or("?", |rule| &rule.name);
            self.once(format!(
                "feed {name}: the snapshot of {} lacks {} of {} live listings: held, not applied",
                held.end.day, held.absent, held.live
            ));
        }
        let elapsed = self.shown.elapsed();
        if self.is_quiet || elapsed < EVERY {
            return;
        }
        let position = books.engine.position();
        let rate = (position - self.position) as f64 / elapsed.as_secs_f64();
        self.position = position;
        self.shown = Instant::now();
        let clock = books.engine.shards()[0].clock();
        let date = if clock.now == Millis::MIN {
            "-".to_owned()
        } else {
            clock.today.to_string()
        };
        let lag = books
            .lag()
            .percentile(99.0)
            .map_or_else(String::new, |lag| format!("  lag p99 {lag} ms"));
        let markets = books.engine.view().areas().len();
        let text = format!("{date}  {position} records  {rate:.0}/s{lag}  {markets} areas");
        if self.is_terminal {
            self.write(&format!("\r{text:<78}"));
        } else if position > 0 {
            self.line(&text);
        }
    }

    /// Ends the line.
    pub(crate) fn end(&self) {
        if self.is_terminal && !self.is_quiet {
            self.write("\n");
        }
    }

    /// Says something that is to be said once.
    fn once(&mut self, text: String) {
        if !self.told.contains(&text) {
            self.line(&text);
            self.told.push(text);
        }
    }

    fn line(&self, text: &str) {
        let start = if self.is_terminal { "\r" } else { "" };
        self.write(&format!("{start}freehold: {text}\n"));
    }

    fn write(&self, text: &str) {
        let mut err = std::io::stderr();
        // Nobody may be watching; that stops nothing.
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

/// A feed's error without its name in front, which the caller gives.
pub(crate) fn cause_of<'e>(feed: &FeedStatus, error: &'e str) -> &'e str {
    error
        .strip_prefix("feed ")
        .and_then(|rest| rest.strip_prefix(feed.name.as_str()))
        .and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(error)
}
