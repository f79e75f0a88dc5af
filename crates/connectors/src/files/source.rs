//! The feed of files: polls sweep by sweep, file by file, chunk by chunk, and gives each piece its cursor.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::sync::Arc;

use freehold_kernel::record::{FeedId, Refused, SnapshotEnd, put_refused};
use freehold_kernel::time::Millis;
use freehold_pipeline::source::{
    Chunk, Content, Cursor, Parsed, Piece, Place, Poll, Source, SourceError, SourceErrorKind,
};

use super::FileSourceConfig;
use super::bounded::Bounded;
use super::cursor::{self, Encoder};
use super::mark::{Mark, Stat};
use super::opening::{Opening, detect_codec, open_format};
use super::problem::{Problem, join};
use super::reader::{Cutting, Depth, Refusal, RowReader, Step, TailRule};
use super::stream::Codec;
use super::sweep::{Files, Sweep};
use super::tracked::Tracked;
use crate::format::{Format, OpenedFile};

/// How many half-written compressed files are kept open, so as not to decompress them from the start
/// each time that they grow.
const PARKED_MAX: usize = 16;

/// A feed that follows files and directories. See [`FileSourceConfig`] for what it takes.
///
/// A file is known by its path, its inode and the hash of what was consumed of it. Where its content is
/// not what was consumed, it is read again from its start: the books know equal rows again, but nobody
/// can bring back a row that was skipped.
///
/// A poll hands over one piece. What goes wrong with one file keeps no other from being read: it is
/// reported at the end of the sweep over all files, and again by each sweep until it is mended. Content
/// that does not fit the format is looked at again only when the file has changed.
pub struct FileSource {
    config: FileSourceConfig,
    format: Arc<dyn Format>,
    cutting: Cutting,
    files: Files,
    bounded: Option<Bounded>,
    /// Files that this sweep has still to read.
    queue: VecDeque<Arc<str>>,
    active: Option<Active>,
    /// What went wrong in this sweep.
    problems: Vec<Problem>,
    /// Set within a sweep: whether it began with `finish`.
    sweep: Option<bool>,
    /// The cursor's entries before a name, whose marks have not moved since.
    encoded: Option<(Arc<str>, Encoder)>,
}

/// The file that is being read.
struct Active {
    name: Arc<str>,
    reader: RowReader,
    rule: TailRule,
}

impl FileSource {
    /// A feed of the files that `config` names, read under `format`.
    #[must_use]
    pub fn new(config: FileSourceConfig, format: Arc<dyn Format>) -> Self {
        let cutting = Cutting {
            framing: format.framing(),
            chunk_bytes: config.chunk_bytes.max(1),
            row_bytes_max: config.line_bytes_max.max(1),
        };
        Self {
            config,
            format,
            cutting,
            files: Files::new(),
            bounded: None,
            queue: VecDeque::new(),
            active: None,
            problems: Vec::new(),
            sweep: None,
            encoded: None,
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<BTreeMap<Arc<str>, Mark>, SourceError> {
        cursor::decode(bytes).ok_or_else(|| SourceError {
            kind: SourceErrorKind::BadCursor,
            doing: format!("feed {}: open at a cursor", self.config.feed_name),
            cause: "the stored cursor is not one of a file feed of this version".to_owned(),
            hint: None,
        })
    }

    fn follow(&mut self, now: Millis, finish: bool) -> Result<Poll, SourceError> {
        self.look_again();
        loop {
            if let Some(mut active) = self.active.take() {
                match self.advance(&mut active) {
                    Ok(Some((piece, is_open))) => {
                        self.active = is_open.then_some(active);
                        return Ok(Poll::Piece(piece));
                    }
                    Ok(None) => self.park(active),
                    Err(error) => {
                        let doing = format!("read {}", active.name);
                        self.problems.push(Problem::io(doing, &error));
                    }
                }
            } else if let Some(name) = self.queue.pop_front() {
                self.begin(name, now, finish);
            } else if let Some(began_with_finish) = self.sweep.take() {
                // Files were left waiting that are now said to be complete.
                if finish && !began_with_finish {
                    continue;
                }
                let problems = std::mem::take(&mut self.problems);
                return join(&self.config.feed_name, problems).map_or(Ok(Poll::Idle), Err);
            } else {
                self.encoded = None;
                let mut problems = std::mem::take(&mut self.problems);
                let mut files = std::mem::take(&mut self.files);
                self.queue = self
                    .sweep(now, finish)
                    .run(&mut files, &mut problems)
                    .into();
                self.files = files;
                self.problems = problems;
                self.sweep = Some(finish);
            }
        }
    }

    /// Where the active file changed since the last poll, it is compared again before it is read on: what
    /// was written over it must not be joined to what was read before.
    fn look_again(&mut self) {
        let is_changed = self.active.as_ref().is_some_and(|active| {
            let known = self.files.get(&active.name).map(|file| file.mark.stat);
            active.reader.stat().ok() != known
        });
        if is_changed && let Some(active) = self.active.take() {
            self.queue.push_front(Arc::clone(&active.name));
            self.park(active);
        }
    }

    fn sweep(&self, now: Millis, finish: bool) -> Sweep<'_> {
        Sweep {
            config: &self.config,
            cutting: self.cutting,
            now,
            finish,
        }
    }

    /// Opens a file at its mark and makes it the active one.
    fn begin(&mut self, name: Arc<str>, now: Millis, finish: bool) {
        let Some(mut file) = self.files.remove(&name) else {
            return;
        };
        if self.encoded.as_ref().is_some_and(|(upto, _)| name < *upto) {
            self.encoded = None;
        }
        match self.open_file(&name, &mut file, now, finish) {
            Ok(Some((reader, rule))) => {
                self.active = Some(Active {
                    name: Arc::clone(&name),
                    reader,
                    rule,
                });
            }
            Ok(None) => {}
            Err(problem) => self.problems.push(problem),
        }
        self.files.insert(name, file);
    }

    /// A reader behind what was consumed, and the rule for the last row; `None` when the file waits.
    fn open_file(
        &mut self,
        name: &Arc<str>,
        file: &mut Tracked,
        now: Millis,
        finish: bool,
    ) -> Result<Option<(RowReader, TailRule)>, Problem> {
        let failed = |error: io::Error| Problem::io(format!("read {name}"), &error);
        let Some(mut reader) = self
            .reader_at_mark(name, file, now, finish)
            .map_err(failed)?
        else {
            return Ok(None);
        };
        let rule = file.rule(now, self.config.settle, finish);
        if file.opened.is_none() {
            let mut from_start = None;
            if !file.is_untouched() {
                let again = File::open(&**name).map_err(failed)?;
                let start = RowReader::start(again, reader.codec(), self.cutting);
                from_start = Some(start.map_err(failed)?);
            }
            let head = from_start.as_mut().unwrap_or(&mut reader);
            let max = self.config.line_bytes_max;
            let opening =
                open_format(&*self.format, name, head, rule.is_quiet(), max).map_err(failed)?;
            match opening {
                Opening::Opened(opened) => file.opened = Some(opened),
                // A corrupt or cut file shows itself in the reader's first step.
                Opening::Waits if reader.stopped(&file.mark, rule).is_some() => {}
                Opening::Waits => {
                    file.drained = Some(rule);
                    return Ok(None);
                }
                // Rotation leaves an empty file until its first row comes.
                Opening::Unfit(_) if file.stat.size == 0 && !finish => {
                    file.drained = Some(rule);
                    return Ok(None);
                }
                Opening::Unfit(problem) => {
                    file.problem = Some(problem.clone());
                    return Err(problem);
                }
            }
        }
        if let (true, Some(opened)) = (file.is_untouched(), &file.opened) {
            let bytes = opened.preamble_bytes as usize;
            reader.skip_preamble(&mut file.mark, bytes, opened.preamble_lines);
        }
        Ok(Some((reader, rule)))
    }

    fn reader_at_mark(
        &mut self,
        name: &Arc<str>,
        file: &mut Tracked,
        now: Millis,
        finish: bool,
    ) -> io::Result<Option<RowReader>> {
        let is_quiet = file.rule(now, self.config.settle, finish).is_quiet();
        if let Some(mut parked) = file.parked.take() {
            let stat = parked.stat()?;
            let goes_on = stat == file.mark.stat || stat.has_grown_from(file.mark.stat);
            let is_stirred = file.tells_again(stat) || file.mark.is_suspect && is_quiet;
            if goes_on && stat == file.stat && !is_stirred {
                parked.wake();
                file.confirm(stat, Depth::Ends, now, is_quiet);
                return Ok(Some(parked));
            }
        }
        let open = match File::open(&**name) {
            // Renamed or deleted since the sweep: the next one knows.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let stat = Stat::of(&open.metadata()?);
        if !stat.is_same_file(file.stat) {
            return Ok(None);
        }
        file.see(stat, now);
        let is_quiet = file.rule(now, self.config.settle, finish).is_quiet();
        let detected = detect_codec(&open, name, self.config.compression)?;
        let codec = detected.unwrap_or(Codec::Plain);
        if !file.is_untouched() && !file.tells_again(stat) {
            let depth = file.comparison(stat, now, is_quiet);
            let resumed = RowReader::resume(open, codec, self.cutting, &file.mark, depth)?;
            if let Some(reader) = resumed {
                file.confirm(stat, depth, now, is_quiet);
                return Ok(Some(reader));
            }
            self.keep_copy(name, file, now, finish);
        }
        file.restart(stat);
        file.mark_fresh(stat, now, is_quiet);
        if detected.is_none() && !is_quiet {
            file.drained = Some(TailRule::Wait);
            return Ok(None);
        }
        // By a new handle: the old one stands anywhere. What it opens is looked at again by the next sweep.
        RowReader::start(File::open(&**name)?, codec, self.cutting).map(Some)
    }

    /// What was consumed under `name` is there no more: where it was copied away, the copy is gone on with.
    fn keep_copy(&mut self, name: &Arc<str>, file: &mut Tracked, now: Millis, finish: bool) {
        let copy = self
            .sweep(now, finish)
            .find_copy(name, &file.mark, &self.files);
        if let Some((path, stat)) = copy {
            let mut tracked = Tracked::new(file.mark);
            tracked.opened = file.opened.take();
            tracked.confirm(stat, Depth::Whole, now, false);
            tracked.see(stat, now);
            self.encoded = None;
            self.files.insert(Arc::clone(&path), tracked);
            self.queue.push_front(path);
        }
    }

    /// The next piece of the active file, and whether it may have more.
    fn advance(&mut self, active: &mut Active) -> io::Result<Option<(Piece, bool)>> {
        let Some(file) = self.files.get_mut(&active.name) else {
            return Ok(None);
        };
        let step = match &file.opened {
            Some(_) => active.reader.step(&mut file.mark, active.rule)?,
            None => match active.reader.stopped(&file.mark, active.rule) {
                Some(refusal) => Step::Stopped(refusal),
                None => Step::Drained { is_finished: false },
            },
        };
        if let Step::Drained { .. } = step {
            file.drained = Some(active.rule);
        }
        let made = make_piece(
            self.config.feed,
            &active.name,
            &mut file.mark,
            file.opened.as_ref(),
            step,
        );
        let Some((content, snapshot_end, is_open)) = made else {
            return Ok(None);
        };
        let cursor = self.cursor(&active.name);
        Ok(Some((
            Piece {
                content,
                cursor,
                snapshot_end,
            },
            is_open,
        )))
    }

    /// Where the feed stands, when `active` is the file that is being read. Files are read in order of
    /// name, so that what was encoded up to one need not be encoded again for the next.
    fn cursor(&mut self, active: &Arc<str>) -> Cursor {
        let (from, mut encoder) = match self.encoded.take() {
            Some((upto, encoder)) if upto <= *active => (Bound::Included(upto), encoder),
            _ => (Bound::Unbounded, Encoder::new()),
        };
        let upto = Bound::Excluded(Arc::clone(active));
        push_marks(&mut encoder, self.files.range((from, upto)));
        let mut whole = encoder.clone();
        self.encoded = Some((Arc::clone(active), encoder));
        let from = Bound::Included(Arc::clone(active));
        push_marks(&mut whole, self.files.range((from, Bound::Unbounded)));
        whole.finish()
    }

    /// Keeps a half-written compressed file open for the time when it has grown.
    fn park(&mut self, active: Active) {
        let parked = self.files.values().filter(|file| file.parked.is_some());
        if active.reader.codec() == Codec::Plain || parked.count() >= PARKED_MAX {
            return;
        }
        if let Some(file) = self.files.get_mut(&active.name)
            && !file.mark.is_finished
        {
            file.parked = Some(active.reader);
        }
    }
}

fn push_marks<'a>(encoder: &mut Encoder, files: impl Iterator<Item = (&'a Arc<str>, &'a Tracked)>) {
    for (name, file) in files.filter(|(_, file)| file.is_recorded()) {
        encoder.push(name, &file.mark);
    }
}

/// Turns a step into what is handed over, and notes in `mark` what ends with it: content, the end of a
/// snapshot, and whether the file may have more.
pub(super) fn make_piece(
    feed: FeedId,
    name: &Arc<str>,
    mark: &mut Mark,
    opened: Option<&OpenedFile>,
    step: Step,
) -> Option<(Content, Option<SnapshotEnd>, bool)> {
    let snapshot_end = opened.and_then(|opened| opened.snapshot_end);
    match (step, opened) {
        (
            Step::Rows {
                bytes,
                offset,
                line,
                is_last,
            },
            Some(opened),
        ) => {
            mark.is_finished = is_last;
            mark.is_snapshot_ended = is_last && snapshot_end.is_some();
            let chunk = Chunk {
                bytes,
                place: Place {
                    name: Arc::clone(name),
                    offset,
                    line,
                },
                parser: Arc::clone(&opened.parser),
            };
            let end = snapshot_end.filter(|_| is_last);
            Some((Content::Raw(chunk), end, !is_last))
        }
        (Step::Refused(refusal), _) => {
            mark.is_snapshot_ended = false;
            Some((refused(feed, name, &refusal), None, true))
        }
        (Step::Stopped(refusal), _) => {
            mark.is_finished = true;
            mark.is_stopped = true;
            Some((refused(feed, name, &refusal), None, false))
        }
        (Step::Drained { is_finished }, _) => {
            mark.is_finished |= is_finished;
            let end = snapshot_end.filter(|_| is_finished && !mark.is_snapshot_ended)?;
            mark.is_snapshot_ended = true;
            Some((Content::Parsed(Parsed::default()), Some(end), false))
        }
        (Step::Rows { .. }, None) => None,
    }
}

fn refused(feed: FeedId, name: &str, refusal: &Refusal) -> Content {
    let mut parsed = Parsed::default();
    put_refused(
        &mut parsed.records,
        &Refused {
            feed,
            place: &format!("{name}:{}", refusal.line),
            field: "",
            reason: &refusal.reason,
            raw: &refusal.raw,
        },
    );
    parsed.count = 1;
    Content::Parsed(parsed)
}

impl Source for FileSource {
    fn feed(&self) -> FeedId {
        self.config.feed
    }

    fn open(&mut self, cursor: Option<&[u8]>, until: Option<&[u8]>) -> Result<(), SourceError> {
        let from = match cursor {
            Some(bytes) => self.decode(bytes)?,
            None => Default::default(),
        };
        let until = until.map(|bytes| self.decode(bytes)).transpose()?;
        self.queue.clear();
        self.active = None;
        self.problems.clear();
        self.sweep = None;
        self.encoded = None;
        self.files.clear();
        self.bounded = None;
        match until {
            Some(until) => {
                self.bounded = Some(Bounded::new(self.cutting, from, until));
            }
            None => {
                let tracked = from.into_iter();
                self.files
                    .extend(tracked.map(|(name, mark)| (name, Tracked::new(mark))));
            }
        }
        Ok(())
    }

    fn poll(&mut self, now: Millis, finish: bool) -> Result<Poll, SourceError> {
        if let Some(bounded) = &mut self.bounded {
            return bounded.poll(&self.config, &*self.format);
        }
        self.follow(now, finish)
    }
}
