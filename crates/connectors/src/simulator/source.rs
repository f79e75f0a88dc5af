//! The simulated market as a feed: a history on virtual time, or live at a rate a second.
//! The rows are `stream`'s; here are cursors, bounds and, for live feeds, the wall clock.

use freehold_kernel::record::FeedId;
use freehold_kernel::time::Millis;
use freehold_pipeline::source::{
    Content, Cursor, Parsed, Piece, Poll, Source, SourceError, SourceErrorKind,
};

use super::config::{ConfigError, Plan, SimulatorConfig};
use super::cursor::SimulatorCursor;
use super::market::Market;
use super::observation::ObservationWriter;
use super::rng::fold;
use super::schedule::{Interval, Schedule};
use super::simulation::interval_of;
use super::stream::{Next, Position, Stream, turns_waited};

/// On whose time a source runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Virtual time, as fast as it is polled.
    History,
    /// The time of the polls.
    Live { interval: Interval },
}

/// A simulated feed.
///
/// A **history** starts at `config.start` and ends at `config.end` or after `config.updates` rows. Its
/// cursor is a position; opened there, it gives exactly the rows that would have come.
///
/// A **live** source paces the same market by the wall clock: each turn has its instant, and the rows of the
/// turns up to `now` are handed over with that instant as event time. It promises:
/// - no turn is taken twice and none is skipped behind a durable cursor, so that each listing shows all
///   its steps in order, with event times that never decrease, over any number of restarts;
/// - while nobody polls, the market stands still: after more than 2 s it goes on one second before
///   `now`, so that what is made good is never more than 2 s of rows;
/// - rows that were handed over but whose cursor was lost come again as the same steps at later times;
/// - a clock set back gives no rows until it has caught up;
/// - a listing's dates do not move, as long as no more than 512 stalls fall into its life.
///
/// `open` with both bounds gives the same rows with the same times again, in both modes; a live source refuses
/// when the two cursors lie more than 512 stalls, or a life of the listings with a stall in it, apart.
#[derive(Debug)]
pub struct SimulatorSource {
    feed: FeedId,
    market: Market,
    mode: Mode,
    rows_per_piece: u32,
    writer: ObservationWriter,
    run: Option<Run>,
}

/// A source that has been opened.
#[derive(Debug)]
struct Run {
    /// Unset in a live source that was never polled.
    schedule: Option<Schedule>,
    stream: Option<Stream>,
    from: Position,
    /// Rows at which a bounded read ends.
    until_rows: Option<u64>,
}

const ROWS_PER_PIECE: u32 = 8192;
/// A live source that is behind by more has stalled …
const STALL: Millis = 2000;
/// … and goes on from so far behind now.
const RESUME_BEHIND: Millis = 1000;

impl SimulatorSource {
    /// A feed on virtual time.
    ///
    /// # Errors
    /// When the configuration is no market.
    pub fn history(feed: FeedId, config: &SimulatorConfig) -> Result<Self, ConfigError> {
        Self::new(feed, config, Mode::History)
    }

    /// A feed of about `per_second` rows a second of the wall clock; `start` and `rate` of `config` are not
    /// looked at.
    ///
    /// # Errors
    /// When the configuration is no market, or the rate is not 1 to 1,000,000.
    pub fn live(
        feed: FeedId,
        config: &SimulatorConfig,
        per_second: u64,
    ) -> Result<Self, ConfigError> {
        let interval = interval_of(per_second)?;
        Self::new(feed, config, Mode::Live { interval })
    }

    fn new(feed: FeedId, config: &SimulatorConfig, mode: Mode) -> Result<Self, ConfigError> {
        Ok(Self {
            feed,
            market: Market::new(Plan::new(config)?)?,
            mode,
            rows_per_piece: ROWS_PER_PIECE,
            writer: ObservationWriter::new(feed),
            run: None,
        })
    }

    /// At most `rows` (at least 1) in a piece; 8,192 unless set.
    #[must_use]
    pub fn with_rows_per_piece(mut self, rows: u32) -> Self {
        self.rows_per_piece = rows.max(1);
        self
    }

    /// Live feeds may change their rate between starts, histories may not: their positions count turns of it.
    fn fingerprint(&self) -> u64 {
        let plan = &self.market.plan;
        match self.mode {
            Mode::History => [1, plan.start as u64, plan.turns_per_day]
                .into_iter()
                .fold(plan.fingerprint(), fold),
            Mode::Live { .. } => fold(plan.fingerprint(), 2),
        }
    }

    fn read_cursor(&self, bytes: &[u8]) -> Result<SimulatorCursor, SourceError> {
        let error = |kind, cause: &str, hint: Option<&str>| SourceError {
            kind,
            doing: format!("open simulated feed {}", self.feed.0),
            cause: cause.into(),
            hint: hint.map(Into::into),
        };
        let cursor = SimulatorCursor::decode(bytes).ok_or_else(|| {
            error(
                SourceErrorKind::BadCursor,
                "the cursor is not of a simulator",
                None,
            )
        })?;
        if cursor.fingerprint != self.fingerprint() {
            return Err(error(
                SourceErrorKind::FixConfig,
                "the cursor was made with other settings of the simulator",
                Some("put back seed, states, listings, lease_share, faults, start, rate and mode"),
            ));
        }
        if cursor.schedule.is_some() != (self.mode != Mode::History) {
            return Err(error(
                SourceErrorKind::BadCursor,
                "the cursor lacks its schedule",
                None,
            ));
        }
        Ok(cursor)
    }

    /// Brings a live schedule up to `now`: begins it, changes its pace, or takes it past a stall.
    fn follow_clock(&self, run: &mut Run, now: Millis, interval: Interval) {
        let Some(schedule) = &mut run.schedule else {
            run.schedule = Some(Schedule::even(now, interval));
            return;
        };
        let turn = run.stream.as_ref().map_or(run.from, Stream::position).turn;
        let needed = self.market.turns_looked_back() + turns_waited(&self.market);
        // The turn that the position stands in keeps its instant: a part of its rows may be out.
        let next = turn + 1;
        let due = schedule.time(next);
        if now.saturating_sub(due) > STALL {
            schedule.resume(next, now - RESUME_BEHIND, interval, turn - needed);
        } else if schedule.interval() != Some(interval) {
            schedule.resume(next, due, interval, turn - needed);
        }
    }
}

impl Source for SimulatorSource {
    fn feed(&self) -> FeedId {
        self.feed
    }

    fn open(&mut self, cursor: Option<&[u8]>, until: Option<&[u8]>) -> Result<(), SourceError> {
        let from = cursor.map(|bytes| self.read_cursor(bytes)).transpose()?;
        let until = until.map(|bytes| self.read_cursor(bytes)).transpose()?;
        let plan = &self.market.plan;
        let known = from.as_ref().and_then(|cursor| cursor.schedule.as_ref());
        let later = until.as_ref().and_then(|cursor| cursor.schedule.as_ref());
        let schedule = match (self.mode, known, later) {
            (Mode::History, ..) => Some(Schedule::history(plan.start, plan.interval())),
            (Mode::Live { .. }, known, None) => known.cloned(),
            (Mode::Live { .. }, None, Some(later)) => {
                (later.segments().1 == 0).then(|| later.clone())
            }
            (Mode::Live { .. }, Some(known), Some(later)) => known.joined(later),
        };
        if schedule.is_none() && until.is_some() {
            return Err(SourceError {
                kind: SourceErrorKind::FixConfig,
                doing: format!("read simulated feed {} again", self.feed.0),
                cause: "the times of its rows are no longer known between the two cursors".into(),
                hint: Some("take the rows from the log".into()),
            });
        }
        self.run = Some(Run {
            schedule,
            stream: None,
            from: from.map(|cursor| cursor.position).unwrap_or_default(),
            until_rows: until.map(|cursor| cursor.position.rows),
        });
        Ok(())
    }

    fn poll(&mut self, now: Millis, _finish: bool) -> Result<Poll, SourceError> {
        let Some(mut run) = self.run.take() else {
            return Err(SourceError {
                kind: SourceErrorKind::Retry,
                doing: format!("poll simulated feed {}", self.feed.0),
                cause: "it has not been opened".into(),
                hint: None,
            });
        };
        let polled = self.poll_run(&mut run, now);
        self.run = Some(run);
        polled
    }

    fn is_sorted_by_time(&self) -> bool {
        self.mode == Mode::History && self.market.plan.faults.keep_order()
    }
}

impl SimulatorSource {
    fn poll_run(&mut self, run: &mut Run, now: Millis) -> Result<Poll, SourceError> {
        let is_bounded = run.until_rows.is_some();
        let turns_until = match self.mode {
            Mode::Live { interval } if !is_bounded => {
                self.follow_clock(run, now, interval);
                now
            }
            _ => Millis::MAX,
        };
        let Some(schedule) = &run.schedule else {
            return Ok(Poll::Idle);
        };
        let stream = run
            .stream
            .get_or_insert_with(|| Stream::new(&self.market, schedule, run.from));
        let mut rows = Parsed::default();
        let mut has_ended = false;
        while rows.count < self.rows_per_piece {
            if run
                .until_rows
                .is_some_and(|until| stream.position().rows >= until)
            {
                has_ended = true;
                break;
            }
            match stream.next(&self.market, schedule, turns_until) {
                Next::Row(update) => {
                    self.writer
                        .write(&update, &mut rows.records)
                        .map_err(|cause| SourceError {
                            kind: SourceErrorKind::FixConfig,
                            doing: format!("write row {}", update.key),
                            cause: cause.to_string(),
                            hint: None,
                        })?
                }
                Next::NotYet => break,
                Next::Ended => {
                    has_ended = true;
                    break;
                }
            }
            rows.count += 1;
        }
        if rows.count == 0 {
            return Ok(if has_ended { Poll::Ended } else { Poll::Idle });
        }
        Ok(Poll::Piece(Piece {
            content: Content::Parsed(rows),
            cursor: self.cursor_at(stream.position(), schedule),
            snapshot_end: None,
        }))
    }

    fn cursor_at(&self, position: Position, schedule: &Schedule) -> Cursor {
        SimulatorCursor {
            fingerprint: self.fingerprint(),
            position,
            schedule: (self.mode != Mode::History).then(|| schedule.clone()),
        }
        .encode()
    }
}
