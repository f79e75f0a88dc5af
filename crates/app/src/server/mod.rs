//! The HTTP server of a running instance: REST, live readings, the page. It reads the books between two epochs
//! and holds nothing of its own but what it watches, so that it can be slow, stopped or absent and no number
//! changes.

pub(crate) mod answer;
mod api;
mod disclosure;
mod endpoints;
mod list;
mod listen;
mod live;
mod openapi;
mod page;
mod params;
mod routes;

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};

use freehold_kernel::time::Millis;
use freehold_pipeline::books::{Books, SharedBooks, read};
use freehold_pipeline::driver::{SharedLog, lock};
use freehold_pipeline::intake::FeedStatus;
use freehold_pipeline::trouble::Troubles;

pub(crate) use listen::{ListenSettings, start};

use crate::config::{Config, FeedKind, FileFeed, Undisclosed};
use crate::query::moment::Moment;
use freehold_pipeline::intake::FeedMode;

/// What is known of a feed beside its counts.
#[derive(Debug, Clone)]
pub(crate) struct FeedFacts {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) mode: &'static str,
    pub(crate) is_live: bool,
    pub(crate) uses: Vec<&'static str>,
    pub(crate) simulated: bool,
    /// Silence after which the feed's numbers are stale.
    pub(crate) stale_after_ms: Option<Millis>,
    /// Where its rows stand, for a feed of files.
    pub(crate) files: Option<FileFeed>,
}

impl FeedFacts {
    /// The facts of every configured feed.
    pub(crate) fn of(config: &Config) -> Vec<Self> {
        let facts = config.feeds.iter().map(|feed| {
            let (kind, simulated, files) = match &feed.kind {
                FeedKind::Files(files) => ("file", false, Some(files.clone())),
                FeedKind::Simulator { .. } => ("simulator", true, None),
            };
            let mode = match feed.mode {
                FeedMode::Live => "live",
                FeedMode::HistoryByTime | FeedMode::HistoryAsArrived => "history",
            };
            let uses = [(feed.analytics, "analytics"), (feed.display, "display")];
            Self {
                name: feed.name.clone(),
                kind,
                mode,
                is_live: feed.mode == FeedMode::Live,
                uses: uses
                    .into_iter()
                    .filter_map(|(may, name)| may.then_some(name))
                    .collect(),
                simulated,
                stale_after_ms: feed.stale_after_ms,
                files,
            }
        });
        facts.collect()
    }
}

/// What the server reads.
pub(crate) struct Server {
    pub(crate) books: SharedBooks,
    pub(crate) log: SharedLog,
    pub(crate) statuses: Arc<Mutex<Vec<FeedStatus>>>,
    pub(crate) troubles: Troubles,
    pub(crate) feeds: Vec<FeedFacts>,
    pub(crate) time_zone: String,
    pub(crate) undisclosed: Vec<Undisclosed>,
    pub(crate) is_virtual: bool,
    pub(crate) hub: live::Hub,
    pub(crate) histories: page::Histories,
    pub(crate) clock: fn() -> Millis,
    pub(crate) started: Millis,
    pub(crate) token: Option<String>,
    pub(crate) requests: Requests,
    pub(crate) address: std::sync::OnceLock<SocketAddr>,
    long_answers: Mutex<()>,
}

/// What a new server is made of.
pub(crate) struct Parts {
    pub(crate) books: SharedBooks,
    pub(crate) log: SharedLog,
    pub(crate) statuses: Arc<Mutex<Vec<FeedStatus>>>,
    pub(crate) troubles: Troubles,
    pub(crate) feeds: Vec<FeedFacts>,
    pub(crate) time_zone: String,
    pub(crate) undisclosed: Vec<Undisclosed>,
    pub(crate) is_virtual: bool,
    pub(crate) clock: fn() -> Millis,
    pub(crate) token: Option<String>,
}

impl Server {
    pub(crate) fn new(parts: Parts) -> Self {
        let started = (parts.clock)();
        let waiting = read(&parts.books).waiting().clone();
        Self {
            hub: live::Hub::new(started, parts.feeds.len(), waiting),
            books: parts.books,
            log: parts.log,
            statuses: parts.statuses,
            troubles: parts.troubles,
            feeds: parts.feeds,
            time_zone: parts.time_zone,
            undisclosed: parts.undisclosed,
            is_virtual: parts.is_virtual,
            histories: page::Histories::default(),
            clock: parts.clock,
            started,
            token: parts.token,
            requests: Requests::default(),
            address: std::sync::OnceLock::new(),
            long_answers: Mutex::default(),
        }
    }

    /// For an answer that looks at every home of a market: these take turns, so that the next epoch gets to the books
    /// between two of them, however many are asked for. To be taken before the books are.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.long_answers)
    }
}

/// Counts of answers.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// By the first digit of the status, from 2 on.
    pub(crate) by_class: [AtomicU64; 4],
    pub(crate) connections: AtomicU64,
    pub(crate) refused_connections: AtomicU64,
    pub(crate) streams: AtomicU64,
    pub(crate) stream_messages: AtomicU64,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Csv,
}

/// A request that an endpoint answers.
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a Server,
    pub(crate) params: params::Params,
    /// The parts of the path that stand for names, in order.
    pub(crate) names: Vec<String>,
    pub(crate) form: Form,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

impl Asked<'_> {
    /// The moment that a parameter names; now without it.
    pub(crate) fn moment(&self, books: &Books, parameter: &'static str) -> anyhow::Result<Moment> {
        let (text, zone) = (self.params.text(parameter), &self.server.time_zone);
        Moment::read(books, text, parameter, Some(zone))
    }
}
