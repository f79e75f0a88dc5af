//! From sources to drafts: polls feeds, has chunks parsed on several threads, merges histories by time, and
//! stamps receipt times and ticks. What comes out is ready to be appended; nothing here is durable.

mod lane;
mod parse;
mod stamp;

pub use stamp::{Clockwork, Utc, Zones};

use freehold_kernel::record::{FeedId, put_snapshot_end};
use freehold_kernel::time::Millis;
use xxhash_rust::xxh3::xxh3_64;

use crate::batch::{Draft, Provenance, Receipt};
use crate::decision::Decision;
use crate::source::{Content, Cursor, Piece, Poll, Source, SourceError, SourceErrorKind};

use lane::Lane;
use parse::parse_all;

/// How a feed's rows meet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedMode {
    /// Rows are received as they come.
    Live,
    /// A finished past: rows are merged with other histories by event time.
    HistoryByTime,
    /// A finished past, taken in the order of arrival.
    HistoryAsArrived,
}

/// A feed that the intake reads.
pub struct FeedInput {
    /// Its number.
    pub feed: FeedId,
    /// Its name, for messages.
    pub name: String,
    /// How its rows meet time.
    pub mode: FeedMode,
    /// Where its rows come from.
    pub source: Box<dyn Source>,
}

/// How the intake goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct IntakeSettings {
    /// Threads that parse.
    pub workers: usize,
    /// The most records of one draft of merged histories.
    pub rows_max: usize,
    /// The most raw bytes that are polled for one draft.
    pub bytes_max: usize,
    /// How fast a virtual clock goes, where people are to watch it.
    pub pace: Option<Pace>,
}

/// The pace of a virtual clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Virtual milliseconds that pass in a wall millisecond.
    pub ratio: f64,
    /// What lies before this instant is played flat out.
    pub from: Millis,
}

/// How a feed is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedStatus {
    /// The feed's name.
    pub name: String,
    /// Its last error, until a poll succeeds.
    pub error: Option<String>,
    /// Nothing more will come.
    pub ended: bool,
}

/// What a poll of all feeds gave.
#[derive(Debug)]
pub enum Polled {
    /// Something to append.
    Draft(Draft),
    /// Nothing now.
    Idle,
}

enum Input {
    Plain {
        source: Box<dyn Source>,
        retry_at: Millis,
    },
    Lane(Lane),
}

struct Feed {
    id: FeedId,
    input: Input,
    status: FeedStatus,
}

/// After an error a feed is left alone for this long.
const RETRY_AFTER_MS: Millis = 1000;

/// All feeds of an instance.
pub struct Intake {
    feeds: Vec<Feed>,
    settings: IntakeSettings,
    clockwork: Clockwork,
    next_feed: usize,
    paced_from: Option<(Millis, Millis)>,
}

impl Intake {
    /// Opens every feed behind its cursor. A feed that cannot be opened is failing; the others go on.
    pub fn open(
        inputs: Vec<FeedInput>,
        cursor_of: &mut dyn FnMut(FeedId) -> Option<Cursor>,
        settings: IntakeSettings,
        clockwork: Clockwork,
    ) -> Self {
        let mut feeds = Vec::with_capacity(inputs.len());
        for FeedInput {
            feed,
            name,
            mode,
            mut source,
        } in inputs
        {
            let cursor = cursor_of(feed);
            let mut error = None;
            let input = match mode {
                FeedMode::HistoryByTime => Input::Lane(Lane::new(source, cursor)),
                FeedMode::Live | FeedMode::HistoryAsArrived => {
                    error = source
                        .open(cursor.as_deref(), None)
                        .err()
                        .map(|error| error.to_string());
                    Input::Plain {
                        source,
                        retry_at: if error.is_some() {
                            Millis::MAX
                        } else {
                            Millis::MIN
                        },
                    }
                }
            };
            feeds.push(Feed {
                id: feed,
                input,
                status: FeedStatus {
                    name,
                    error,
                    ended: false,
                },
            });
        }
        Self {
            feeds,
            settings,
            clockwork,
            next_feed: 0,
            paced_from: None,
        }
    }

    /// How each feed is doing.
    #[must_use]
    pub fn statuses(&self) -> Vec<FeedStatus> {
        self.feeds.iter().map(|feed| feed.status.clone()).collect()
    }

    /// The clock that stamps records.
    #[must_use]
    pub fn clockwork(&self) -> &Clockwork {
        &self.clockwork
    }

    /// Asks every feed for more. `now` is the wall clock; with `finish`, what is there is complete.
    pub fn poll(&mut self, now: Millis, finish: bool) -> Polled {
        let mut draft = Draft::new(self.clockwork.receipt(now));
        self.poll_plain(&mut draft, now, finish);
        self.poll_lanes(&mut draft, now);
        let draft = self.clockwork.stamp(draft, now);
        if draft.is_empty() {
            Polled::Idle
        } else {
            Polled::Draft(draft)
        }
    }

    /// The tick that closes an idle time, if anything happened since the last one.
    pub fn closing_tick(&mut self, now: Millis) -> Option<Draft> {
        self.clockwork.closing_tick(now)
    }

    /// A person's decision as a draft.
    #[must_use]
    pub fn decision_draft(&mut self, decision: &Decision, now: Millis) -> Draft {
        let mut draft = Draft::new(self.clockwork.receipt(now));
        decision.put(&mut draft.records);
        draft.count = 1;
        self.clockwork.stamp(draft, now)
    }

    fn poll_plain(&mut self, draft: &mut Draft, now: Millis, finish: bool) {
        let mut pieces: Vec<(FeedId, Piece)> = Vec::new();
        let mut bytes = 0;
        let count = self.feeds.len();
        let mut quiet = 0;
        while quiet < count && bytes < self.settings.bytes_max {
            let feed = &mut self.feeds[self.next_feed % count];
            self.next_feed = (self.next_feed + 1) % count;
            let Input::Plain { source, retry_at } = &mut feed.input else {
                quiet += 1;
                continue;
            };
            if feed.status.ended || now < *retry_at {
                quiet += 1;
                continue;
            }
            match source.poll(now, finish) {
                Ok(Poll::Piece(piece)) => {
                    quiet = 0;
                    feed.status.error = None;
                    bytes += match &piece.content {
                        Content::Raw(chunk) => chunk.bytes.len(),
                        Content::Parsed(parsed) => parsed.records.len(),
                    };
                    pieces.push((feed.id, piece));
                }
                Ok(Poll::Idle) => {
                    quiet += 1;
                    feed.status.error = None;
                }
                Ok(Poll::Ended) => {
                    quiet += 1;
                    feed.status.ended = true;
                }
                Err(error) => {
                    quiet += 1;
                    *retry_at = now.saturating_add(RETRY_AFTER_MS);
                    note_error(&mut feed.status, &error);
                }
            }
        }
        for (feed, parsed) in parse_all(pieces, self.settings.workers) {
            draft.provenance.push(Provenance {
                feed,
                place: parsed.place,
                bytes: parsed.bytes,
                hash: parsed.hash,
                records: u64::from(parsed.parsed.count),
            });
            draft.records.extend_from_slice(&parsed.parsed.records);
            draft.count += u64::from(parsed.parsed.count);
            if let Some(end) = parsed.snapshot_end {
                put_snapshot_end(&mut draft.records, &end);
                draft.count += 1;
            }
            match draft.cursors.iter_mut().find(|(known, _)| *known == feed) {
                Some(entry) => entry.1 = parsed.cursor,
                None => draft.cursors.push((feed, parsed.cursor)),
            }
        }
    }

    /// Merges histories by event time, up to the draft's size and, when paced, up to the virtual present.
    fn poll_lanes(&mut self, draft: &mut Draft, now: Millis) {
        let mut taken = vec![false; self.feeds.len()];
        for _ in 0..self.settings.rows_max {
            let mut first: Option<(Millis, usize)> = None;
            for (number, feed) in self.feeds.iter_mut().enumerate() {
                let Input::Lane(lane) = &mut feed.input else {
                    continue;
                };
                match lane.head_time(now, self.settings.workers) {
                    Ok(Some(time)) if first.is_none_or(|(least, _)| time < least) => {
                        first = Some((time, number))
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => feed.status.ended = lane.has_ended(),
                    Err(error) => note_error(&mut feed.status, &error),
                }
            }
            let Some((time, number)) = first else { break };
            if let Some(pace) = self
                .settings
                .pace
                .filter(|pace| time >= pace.from.max(Millis::MIN + 1))
            {
                let (wall, virtual_start) = *self.paced_from.get_or_insert((now, time));
                let present =
                    virtual_start.saturating_add(((now - wall) as f64 * pace.ratio) as Millis);
                if time > present {
                    break;
                }
            }
            if let Input::Lane(lane) = &mut self.feeds[number].input {
                draft.count += lane.take(&mut draft.records);
                taken[number] = true;
            }
        }
        for (feed, _) in self.feeds.iter().zip(&taken).filter(|(_, taken)| **taken) {
            if let Input::Lane(lane) = &feed.input {
                draft.cursors.push((feed.id, lane.cursor()));
            }
        }
    }
}

fn note_error(status: &mut FeedStatus, error: &SourceError) {
    status.error = Some(error.to_string());
    if error.kind == SourceErrorKind::BadCursor {
        status.ended = true;
    }
}

/// A parsed piece with what must be stored beside its records.
pub(crate) struct ParsedPiece {
    pub(crate) parsed: crate::source::Parsed,
    /// Where a chunk stood; empty for records that the source made itself.
    pub(crate) place: crate::source::Place,
    pub(crate) bytes: u64,
    pub(crate) hash: u64,
    pub(crate) cursor: Cursor,
    pub(crate) snapshot_end: Option<freehold_kernel::record::SnapshotEnd>,
}

impl ParsedPiece {
    /// Parses a piece's chunk, if it is raw still.
    pub(crate) fn of(piece: Piece) -> Self {
        let Piece {
            content,
            cursor,
            snapshot_end,
        } = piece;
        match content {
            Content::Parsed(parsed) => Self {
                parsed,
                place: crate::source::Place::default(),
                bytes: 0,
                hash: 0,
                cursor,
                snapshot_end,
            },
            Content::Raw(chunk) => {
                let mut parsed = crate::source::Parsed::default();
                chunk.parser.parse(&chunk, &mut parsed);
                let (bytes, hash) = (chunk.bytes.len() as u64, xxh3_64(&chunk.bytes));
                Self {
                    parsed,
                    place: chunk.place,
                    bytes,
                    hash,
                    cursor,
                    snapshot_end,
                }
            }
        }
    }
}

/// The receipt of a draft that only ticks.
fn tick_draft(receipt: Receipt, records: Vec<u8>, count: u64) -> Draft {
    Draft {
        records,
        count,
        ..Draft::new(receipt)
    }
}
