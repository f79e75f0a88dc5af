//! `[[feed]]`: where rows come from, what they may be used for, and how they are read.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use freehold_connectors::files::{Compression, FileSource, FileSourceConfig};
use freehold_connectors::mapping::{FeedFormat, MappingConfig};
use freehold_connectors::settings::{Problems, Section};
use freehold_connectors::simulator::{SimulatorConfig, SimulatorSource};
use freehold_kernel::plan::RESET_GAP_DAYS;
use freehold_kernel::record::FeedId;
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::source::Source;

use super::{days, simulator};

/// A checked feed.
pub(crate) struct FeedConfig {
    pub(crate) name: String,
    pub(crate) mode: FeedMode,
    pub(crate) analytics: bool,
    pub(crate) display: bool,
    /// Days off the market after which cumulative days on market begin anew.
    pub(crate) reset_gap_days: u32,
    /// Whether values that cannot be right are held.
    pub(crate) quarantine: bool,
    /// Changes whenever rows would be read in another way.
    pub(crate) mapping_fingerprint: String,
    pub(crate) kind: FeedKind,
    /// Silence after which numbers that rest on the feed are stale.
    pub(crate) stale_after_ms: Option<i64>,
}

/// What a feed is.
pub(crate) enum FeedKind {
    /// Files by declaration.
    Files(FileFeed),
    /// A simulated market; live ones at so many rows a second.
    Simulator {
        config: SimulatorConfig,
        per_second: Option<u64>,
    },
}

/// Files and how their rows are read.
#[derive(Debug, Clone)]
pub(crate) struct FileFeed {
    pub(crate) paths: Vec<String>,
    pub(crate) mapping: Arc<MappingConfig>,
    compression: Compression,
    line_bytes_max: usize,
    chunk_bytes: usize,
    settle: Duration,
}

impl FileFeed {
    /// The format of the feed's files.
    pub(crate) fn format(&self, feed: FeedId) -> FeedFormat {
        FeedFormat::new(
            Arc::clone(&self.mapping),
            feed,
            self.paths.first().map_or("", String::as_str),
        )
    }
}

impl FeedConfig {
    /// The feed's source, under its number.
    pub(crate) fn source(&self, feed: FeedId) -> Result<Box<dyn Source>> {
        match &self.kind {
            FeedKind::Files(files) => {
                let config = FileSourceConfig {
                    compression: files.compression,
                    line_bytes_max: files.line_bytes_max,
                    chunk_bytes: files.chunk_bytes,
                    settle: files.settle,
                    ..FileSourceConfig::new(feed, &self.name, files.paths.clone())
                };
                Ok(Box::new(FileSource::new(
                    config,
                    Arc::new(files.format(feed)),
                )))
            }
            FeedKind::Simulator {
                config,
                per_second: None,
            } => Ok(Box::new(SimulatorSource::history(feed, config)?)),
            FeedKind::Simulator {
                config,
                per_second: Some(rate),
            } => Ok(Box::new(SimulatorSource::live(feed, config, *rate)?)),
        }
    }
}

pub(super) fn read_feeds(
    root: &mut Section,
    base: &Path,
    zone: &str,
    problems: &mut Problems,
) -> Vec<FeedConfig> {
    let mut feeds: Vec<FeedConfig> = Vec::new();
    let sections = root.sections("feed", problems);
    if sections.is_empty() {
        problems.note_with_hint(
            "feed",
            "",
            "at least one [[feed]]",
            "draft one with `freehold init FILE`",
        );
    }
    for section in sections {
        let feed = read_feed(section, base, zone, problems);
        if let Some(feed) = feed {
            if feeds.iter().any(|known| known.name == feed.name) {
                problems.note(
                    "feed.name",
                    format!("{:?} a second time", feed.name),
                    "a name of its own for each feed",
                );
            }
            feeds.push(feed);
        }
    }
    feeds
}

fn read_feed(
    mut section: Section,
    base: &Path,
    zone: &str,
    problems: &mut Problems,
) -> Option<FeedConfig> {
    let name = section.required_text("name", "a name that never changes", problems);
    if name.contains(['/', '\n']) {
        problems.note(
            section.key("name"),
            format!("{name:?}"),
            "a name without / and on one line: FEED/KEY names a listing",
        );
    }
    let is_simulator = section.one_of("type", &["file", "simulator"], problems) == Some(1);
    let is_history = section.one_of("mode", &["live", "history"], problems) == Some(1);
    let as_arrived = section.one_of("order", &["time", "arrival"], problems) == Some(1);
    let mode = match (is_history, as_arrived) {
        (false, _) => FeedMode::Live,
        (true, false) => FeedMode::HistoryByTime,
        (true, true) => FeedMode::HistoryAsArrived,
    };
    let uses = section.texts("uses", problems).unwrap_or_default();
    if uses.is_empty() {
        let hint = "uses = [\"analytics\", \"display\"] where the feed's licence permits both";
        problems.note_with_hint(
            section.key("uses"),
            "",
            "what the feed's licence permits: analytics, display",
            hint,
        );
    }
    for word in uses
        .iter()
        .filter(|word| !matches!(word.as_str(), "analytics" | "display"))
    {
        problems.note(
            section.key("uses"),
            format!("{word:?}"),
            "analytics | display",
        );
    }
    let stale_after_ms = section.duration_ms("stale_after", problems);
    let reset_gap_days = days(section.duration_ms("reset_gap", problems), RESET_GAP_DAYS);
    let quarantine = section.one_of("quarantine", &["on", "off"], problems) != Some(1);
    let permits = |wanted: &str| uses.iter().any(|word| word == wanted);
    let (analytics, display) = (permits("analytics"), permits("display"));
    let (mapping_fingerprint, kind) = if is_simulator {
        let (config, per_second) = simulator::read_simulator(&mut section, is_history, problems);
        // A live market may change its rate; all else is another market.
        (
            format!("simulator {config:?}"),
            FeedKind::Simulator { config, per_second },
        )
    } else {
        let files = read_files(&mut section, base, zone, problems);
        (
            files.mapping.fingerprint().to_owned(),
            FeedKind::Files(files),
        )
    };
    section.finish(problems);
    Some(FeedConfig {
        name,
        mode,
        analytics,
        display,
        reset_gap_days,
        quarantine,
        mapping_fingerprint,
        kind,
        stale_after_ms,
    })
}

fn read_files(section: &mut Section, base: &Path, zone: &str, problems: &mut Problems) -> FileFeed {
    let paths = section.texts("path", problems).unwrap_or_default();
    if paths.is_empty() || paths.iter().any(String::is_empty) {
        problems.note(
            section.key("path"),
            "",
            "files, directories or patterns such as \"in/*.csv\"",
        );
    }
    let paths = paths
        .iter()
        .map(|path| base.join(path).display().to_string())
        .collect();
    let compression =
        match section.one_of("compression", &["auto", "none", "gzip", "zstd"], problems) {
            Some(1) => Compression::None,
            Some(2) => Compression::Gzip,
            Some(3) => Compression::Zstd,
            _ => Compression::Auto,
        };
    let bytes = |number: Option<i64>| number.map_or(1 << 20, |number| number as usize);
    let line_bytes_max = bytes(section.integer("line_bytes_max", 64..=1 << 28, problems));
    let chunk_bytes = bytes(section.integer("chunk_bytes", 64..=1 << 28, problems));
    let settle_ms = section.duration_ms("settle", problems).unwrap_or(10_000);
    let mapping = Arc::new(MappingConfig::read(section, zone, problems));
    let settle = Duration::from_millis(u64::try_from(settle_ms).unwrap_or(0));
    FileFeed {
        paths,
        mapping,
        compression,
        line_bytes_max,
        chunk_bytes,
        settle,
    }
}
