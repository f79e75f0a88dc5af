//! Reads again exactly what a feed of files read between two cursors, and refuses where the files are
//! not what they were. Follows nothing.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::sync::Arc;

use freehold_pipeline::source::{Piece, Poll, SourceError};

use super::FileSourceConfig;
use super::cursor::Encoder;
use super::mark::{Mark, Tail};
use super::opening::{Opening, detect_codec, open_format};
use super::problem::Problem;
use super::reader::{Cutting, Depth, RowReader, Step, TailRule};
use super::source::make_piece;
use super::stream::Codec;
use super::sweep::{Files, Sweep, stat_file};
use crate::format::{Format, OpenedFile};

/// A bounded read.
pub(super) struct Bounded {
    cutting: Cutting,
    /// Where it began; files done stand at their targets.
    marks: BTreeMap<Arc<str>, Mark>,
    targets: VecDeque<(Arc<str>, Mark)>,
    active: Option<Active>,
}

struct Active {
    name: Arc<str>,
    target: Mark,
    mark: Mark,
    path: Arc<str>,
    reader: RowReader,
    opened: Option<OpenedFile>,
    rule: TailRule,
}

impl Bounded {
    pub(super) fn new(
        cutting: Cutting,
        from: BTreeMap<Arc<str>, Mark>,
        until: BTreeMap<Arc<str>, Mark>,
    ) -> Self {
        let targets = until.into_iter();
        let targets = targets.filter(|(name, target)| {
            let has_something = target.offset > 0 || target.is_stopped || target.is_snapshot_ended;
            has_something && from.get(name) != Some(target)
        });
        Self {
            cutting,
            targets: targets.collect(),
            marks: from,
            active: None,
        }
    }

    pub(super) fn poll(
        &mut self,
        config: &FileSourceConfig,
        format: &dyn Format,
    ) -> Result<Poll, SourceError> {
        self.next(config, format)
            .map_err(|problem| problem.of_feed(&config.feed_name))
    }

    fn next(&mut self, config: &FileSourceConfig, format: &dyn Format) -> Result<Poll, Problem> {
        loop {
            if let Some(mut active) = self.active.take() {
                let step = active.step();
                let step =
                    step.map_err(|error| Problem::io(format!("read {}", active.path), &error))?;
                let made = make_piece(
                    config.feed,
                    &active.path,
                    &mut active.mark,
                    active.opened.as_ref(),
                    step,
                );
                let (name, target) = (Arc::clone(&active.name), active.target);
                let Some((content, snapshot_end, is_open)) = made else {
                    self.marks.insert(name, target);
                    continue;
                };
                let mark = if is_open { active.mark } else { target };
                self.active = is_open.then_some(active);
                self.marks.insert(name, mark);
                let cursor = self.cursor();
                return Ok(Poll::Piece(Piece {
                    content,
                    cursor,
                    snapshot_end: snapshot_end.filter(|_| target.is_snapshot_ended),
                }));
            }
            let Some((name, target)) = self.targets.front().cloned() else {
                return Ok(Poll::Ended);
            };
            self.active = self.begin(config, format, name, target)?;
            self.targets.pop_front();
        }
    }

    /// Opens a file, checks that it still begins with what is to be read, and goes to where to begin;
    /// `None` when nothing is to be read of it.
    fn begin(
        &mut self,
        config: &FileSourceConfig,
        format: &dyn Format,
        name: Arc<str>,
        target: Mark,
    ) -> Result<Option<Active>, Problem> {
        let sweep = Sweep {
            config,
            cutting: self.cutting,
            now: 0,
            finish: true,
        };
        let path = if sweep
            .begins_as(&name, &target, Depth::Whole)
            .unwrap_or(false)
        {
            Arc::clone(&name)
        } else if let Some((path, _)) = sweep.find_copy(&name, &target, &Files::new()) {
            path
        } else {
            return Err(Problem::fix(
                format!("read {name} again"),
                "the file is gone, or its content is not what it was when it was read",
                Some("bring the file back as it was, or rebuild without it"),
            ));
        };
        let failed = |error: io::Error| Problem::io(format!("read {path} again"), &error);
        let codec = detect_codec(
            &File::open(&*path).map_err(failed)?,
            &path,
            config.compression,
        );
        let codec = codec.map_err(failed)?.unwrap_or(Codec::Plain);
        let open = || File::open(&*path).map_err(failed);

        // Another file's mark may be this one's before it was renamed.
        let same_name = self.marks.get(&name).copied();
        let same_file = || {
            self.marks
                .values()
                .copied()
                .find(|mark| mark.stat.is_same_file(target.stat))
        };
        let mut start = None;
        for mark in same_name.into_iter().chain(same_file()) {
            if mark.offset > 0 && mark.offset <= target.offset && start.is_none() {
                let resumed = RowReader::resume(open()?, codec, self.cutting, &mark, Depth::Whole);
                start = resumed.map_err(failed)?.map(|reader| (reader, mark));
            }
        }
        let mut head = RowReader::start(open()?, codec, self.cutting).map_err(failed)?;
        let opening = open_format(format, &path, &mut head, true, config.line_bytes_max);
        let opened = match opening.map_err(failed)? {
            Opening::Opened(opened) => Some(opened),
            Opening::Unfit(problem) => return Err(problem),
            Opening::Waits => None,
        };
        let (mut reader, mark) = match (start, &opened) {
            (Some(start), _) => start,
            (None, Some(opened)) => {
                let mut mark = Mark::start(target.stat);
                let bytes = opened.preamble_bytes as usize;
                head.skip_preamble(&mut mark, bytes, opened.preamble_lines);
                (head, mark)
            }
            (None, None) => (head, Mark::start(target.stat)),
        };
        // A stream that was cut or corrupt is read to where it is so, if nothing has changed since.
        let is_stopped = target.is_stopped && stat_file(&path) == Some(target.stat);
        if !is_stopped {
            reader.stop_at(&mark, target.offset);
        }
        let takes_tail =
            target.is_finished || target.is_snapshot_ended || target.tail == Tail::Unterminated;
        Ok(Some(Active {
            name,
            target,
            mark,
            path,
            reader,
            opened,
            rule: if takes_tail {
                TailRule::Take
            } else {
                TailRule::Wait
            },
        }))
    }

    fn cursor(&self) -> Vec<u8> {
        let mut encoder = Encoder::new();
        for (name, mark) in &self.marks {
            encoder.push(name, mark);
        }
        encoder.finish()
    }
}

impl Active {
    fn step(&mut self) -> io::Result<Step> {
        if self.opened.is_some() {
            return self.reader.step(&mut self.mark, self.rule);
        }
        let stopped = self.reader.stopped(&self.mark, self.rule);
        Ok(stopped.map_or(Step::Drained { is_finished: true }, Step::Stopped))
    }
}
