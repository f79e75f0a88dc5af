//! The configuration: read from TOML with every mistake reported at once, checked without touching a network
//! or a feed. What a setting means is told by `docs/reference.md`, which lists what is read here.

mod feed;
pub(crate) mod keys;
mod level;
pub(crate) mod server;
pub(crate) mod simulator;

use std::path::{Path, PathBuf};

use anyhow::Result;
use freehold_connectors::settings::{Problems, Section, fill_environment};
use freehold_kernel::measure::{self, MEASURES, Window};
use freehold_kernel::plan::{FeedRule, Identity, Level, Plan, Segments};
use freehold_kernel::time::Millis;
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::sink::Sink;

pub(crate) use feed::{FeedConfig, FeedKind, FileFeed};
pub(crate) use level::Undisclosed;

use crate::rows_sink::{Column, RowsSink};
use crate::server::ListenSettings;

/// A configuration that cannot be used: all that is wrong with it.
#[derive(Debug)]
pub(crate) struct BadConfig {
    file: String,
    problems: Problems,
}

impl std::fmt::Display for BadConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.problems.0.len();
        write!(
            f,
            "{} has {count} mistake{}:",
            self.file,
            if count == 1 { "" } else { "s" }
        )?;
        self.problems
            .0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {}: {problem}", self.file))
    }
}

impl std::error::Error for BadConfig {}

/// Readings that are written as rows of a file.
#[derive(Debug)]
struct RowsConfig {
    path: PathBuf,
    level: u8,
    columns: Vec<Column>,
    every_rows: u64,
    every_ms: Millis,
}

/// A checked configuration.
pub(crate) struct Config {
    pub(crate) threads: usize,
    pub(crate) epoch_rows_max: u64,
    pub(crate) intake_bytes_max: usize,
    pub(crate) checkpoint_rows: u64,
    pub(crate) checkpoint_interval_ms: Millis,
    pub(crate) log_rows_kept: Option<u64>,
    pub(crate) publish_changes: bool,
    pub(crate) changes_kept: u64,
    pub(crate) feeds: Vec<FeedConfig>,
    pub(crate) server: server::ServerConfig,
    identity: Identity,
    time_zone: String,
    horizon_days: u32,
    relist_gap_days: u32,
    levels: Vec<Level>,
    segments: Segments,
    rows: Option<RowsConfig>,
    /// Areas where sale prices are not disclosed.
    pub(crate) undisclosed: Vec<Undisclosed>,
}

impl Config {
    /// Reads and checks a file.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let mut problems = Problems::default();
            problems.note("(file)", error.to_string(), "a readable TOML file");
            BadConfig {
                file: path.display().to_string(),
                problems,
            }
        })?;
        let base = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::parse(&text, &path.display().to_string(), &base)
    }

    /// Reads and checks a text; relative paths start at `base`.
    pub(crate) fn parse(text: &str, file: &str, base: &Path) -> Result<Self> {
        Self::parse_with(text, file, base, &|name| std::env::var(name).ok())
    }

    /// Reads and checks a text whose variables `lookup` gives.
    pub(crate) fn parse_with(
        text: &str,
        file: &str,
        base: &Path,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut problems = Problems::default();
        let mut table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                problems.note(
                    "(syntax)",
                    error.to_string().trim().replace('\n', " "),
                    "TOML",
                );
                return Err(BadConfig {
                    file: file.into(),
                    problems,
                }
                .into());
            }
        };
        fill_environment(&mut table, lookup, &mut problems);
        let config = Self::read(Section::new("", table), base, &mut problems);
        if problems.0.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig {
                file: file.into(),
                problems,
            }
            .into())
        }
    }

    fn read(mut root: Section, base: &Path, problems: &mut Problems) -> Self {
        let mut instance = root.section("instance", problems);
        let identity = match instance.one_of("identity", &["match", "listing"], problems) {
            Some(1) => Identity::Listing,
            _ => Identity::Match,
        };
        let time_zone = instance
            .text("time_zone", problems)
            .unwrap_or_else(|| "America/New_York".into());
        if jiff::tz::TimeZone::get(&time_zone).is_err() {
            problems.note(
                "instance.time_zone",
                format!("{time_zone:?}"),
                "an IANA time zone such as \"America/Chicago\"",
            );
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = instance
            .integer("threads", 1..=256, problems)
            .map_or(cores, |count| count as usize);
        let horizon_days = days(instance.duration_ms("horizon", problems), 90);
        let relist_gap_days = days(instance.duration_ms("relist_gap", problems), 45);
        let undisclosed = instance.texts("non_disclosure", problems);
        let undisclosed = undisclosed.unwrap_or_default();
        instance.finish(problems);

        let mut epoch = root.section("epoch", problems);
        let epoch_rows_max = epoch
            .integer("rows_max", 1..=10_000_000, problems)
            .unwrap_or(50_000) as u64;
        let intake_bytes_max = epoch
            .integer("bytes_max", 1..=1 << 30, problems)
            .unwrap_or(8 << 20) as usize;
        epoch.finish(problems);

        let mut checkpoint = root.section("checkpoint", problems);
        let checkpoint_rows = checkpoint
            .integer("rows", 1..=i64::MAX, problems)
            .unwrap_or(2_000_000) as u64;
        let checkpoint_interval_ms = checkpoint
            .duration_ms("interval", problems)
            .unwrap_or(60_000);
        checkpoint.finish(problems);

        let mut log = root.section("log", problems);
        let log_rows_kept = log
            .integer("rows_kept", 1..=i64::MAX, problems)
            .map(|rows| rows as u64);
        log.finish(problems);

        let levels = level::read_levels(&mut root, base, problems);
        let undisclosed = level::read_undisclosed(&undisclosed, &levels, problems);
        let mut segments_section = root.section("segments", problems);
        let segments = Segments {
            by_type: segments_section.flag("type", problems).unwrap_or(false),
            by_bedrooms: segments_section.flag("bedrooms", problems).unwrap_or(false),
        };
        segments_section.finish(problems);

        let mut publish = root.section("publish", problems);
        let publish_changes = publish.flag("changes", problems).unwrap_or(true);
        let changes_kept = publish
            .integer("changes_kept", 1..=i64::MAX, problems)
            .unwrap_or(i64::MAX) as u64;
        let rows = read_rows(&mut publish, &levels, base, problems);
        publish.finish(problems);

        let server = server::read(&mut root, base, problems);
        let feeds = feed::read_feeds(&mut root, base, &time_zone, problems);
        root.finish(problems);
        Self {
            threads,
            epoch_rows_max,
            intake_bytes_max,
            checkpoint_rows,
            checkpoint_interval_ms,
            log_rows_kept,
            publish_changes,
            changes_kept,
            feeds,
            server,
            identity,
            time_zone,
            horizon_days,
            relist_gap_days,
            levels,
            segments,
            rows,
            undisclosed,
        }
    }

    /// Options of the command line that win over the file.
    pub(crate) fn override_with(&mut self, epoch_rows: Option<u64>, threads: Option<usize>) {
        self.epoch_rows_max = epoch_rows.unwrap_or(self.epoch_rows_max).max(1);
        self.threads = threads.unwrap_or(self.threads).max(1);
    }

    /// Whether time is that of the feeds: all of them tell of a finished past.
    pub(crate) fn is_virtual(&self) -> bool {
        let is_live = |feed: &FeedConfig| feed.mode == FeedMode::Live;
        !self.feeds.iter().any(is_live)
    }

    /// Where to serve: what the command line says, else the configuration, else, unless the run ends by itself,
    /// the usual address.
    pub(crate) fn listen(&self, asked: Option<&str>, ends: bool) -> Result<Option<ListenSettings>> {
        let settings = self.server.listen.clone();
        match asked {
            None if ends && self.server.is_default => Ok(None),
            None => Ok(settings),
            Some(text) => {
                let address = server::parse_address(text)
                    .map_err(|cause| server::BadListen(format!("--listen: {cause}")))?;
                Ok(address.map(|address| ListenSettings {
                    address,
                    may_move: false,
                    ..settings.unwrap_or_else(|| ListenSettings::plain(address))
                }))
            }
        }
    }

    /// Zones whose local day each tick carries: the instance's own.
    pub(crate) fn zones(&self) -> Vec<String> {
        vec![self.time_zone.clone()]
    }

    /// The plan over `feeds`.
    pub(crate) fn plan(&self, feeds: Vec<FeedRule>) -> Plan {
        Plan {
            identity: self.identity,
            horizon_days: self.horizon_days,
            relist_gap_days: self.relist_gap_days,
            levels: self.levels.clone(),
            segments: self.segments,
            feeds,
            emit_changes: self.publish_changes,
        }
    }

    /// Sinks beside the change rows.
    pub(crate) fn sinks(&self) -> Result<Vec<Box<dyn Sink>>> {
        let Some(rows) = &self.rows else {
            return Ok(Vec::new());
        };
        let sink = RowsSink::create(
            &rows.path,
            rows.level,
            rows.columns.clone(),
            rows.every_rows,
            rows.every_ms,
        )?;
        Ok(vec![Box::new(sink)])
    }
}

/// `[publish.rows]`: a file of rows `area,value,…`.
fn read_rows(
    publish: &mut Section,
    levels: &[Level],
    base: &Path,
    problems: &mut Problems,
) -> Option<RowsConfig> {
    let mut section = publish.section("rows", problems);
    if section.is_empty() {
        return None;
    }
    let path = base.join(section.required_text("path", "the file to write", problems));
    let name = section.required_text("level", "the name of a level", problems);
    let level = levels.iter().position(|level| level.name == name);
    if level.is_none() {
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        problems.note(section.key("level"), format!("{name:?}"), names.join(" | "));
    }
    let mut columns = Vec::new();
    for (number, text) in section
        .texts("columns", problems)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        match read_column(text) {
            Some(column) => columns.push(column),
            None => problems.note(
                format!("{}[{number}]", section.key("columns")),
                format!("{text:?}"),
                format!(
                    "MEASURE, MEASURE/VARIANT or MEASURE/VARIANT/WINDOW with a measure of {}",
                    measure_names()
                ),
            ),
        }
    }
    let every_rows = section
        .integer("every_rows", 1..=i64::MAX, problems)
        .unwrap_or(50_000) as u64;
    let every_ms = section.duration_ms("every", problems).unwrap_or(250);
    section.finish(problems);
    Some(RowsConfig {
        path,
        level: level.unwrap_or(0) as u8,
        columns,
        every_rows,
        every_ms,
    })
}

fn read_column(text: &str) -> Option<Column> {
    let mut parts = text.split('/');
    let measure = measure::find(parts.next()?)?;
    let variant = match parts.next() {
        None => measure.variants[0],
        Some(name) => measure.variants.iter().find(|variant| **variant == name)?,
    };
    let window = match parts.next() {
        None if measure.windows().contains(&Window::Now) => Window::Now,
        None => Window::All,
        Some(name) => Window::parse(name).filter(|window| measure.windows().contains(window))?,
    };
    parts.next().is_none().then_some((measure, variant, window))
}

fn measure_names() -> String {
    MEASURES
        .iter()
        .map(|measure| measure.id)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A duration in whole days.
fn days(ms: Option<Millis>, default: u32) -> u32 {
    ms.map_or(default, |ms| {
        u32::try_from(ms / 86_400_000).unwrap_or(u32::MAX)
    })
}
