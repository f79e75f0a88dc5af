//! Reads one file forward in chunks of whole rows and moves its mark. Knows the rules for rows that are too
//! long, unterminated or cut off; not which file is read, nor when.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use freehold_kernel::record::REFUSED_RAW_BYTES_MAX;
use memchr::{memchr, memchr_iter};
use xxhash_rust::xxh3::xxh3_64;

use super::digest::{BLOCK_BYTES, Chain, HEAD_BYTES};
use super::mark::{Mark, Stat, Tail};
use super::rows::{RowEnds, fitting_prefix};
use super::stream::{Codec, End, Stream};
use crate::format::Framing;

/// How much is compared at a time.
const COMPARED_BYTES: usize = 256 * 1024;

const CONTINUED: &str = "the line goes on behind a row that was taken without its line end; \
    its beginning was read as a row of its own";

/// How a file's rows are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutting {
    pub(super) framing: Framing,
    pub(super) chunk_bytes: usize,
    pub(super) row_bytes_max: usize,
}

/// What becomes of a last row without its line end; each rule takes at least what the ones before do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TailRule {
    /// It waits.
    Wait,
    /// It is taken when the file is still what its mark says.
    IfUnchanged,
    /// It is taken.
    Take,
}

impl TailRule {
    /// Whether the file counts as complete.
    pub(super) fn is_quiet(self) -> bool {
        self != Self::Wait
    }
}

/// How much of a file is compared with what was consumed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The head and the last block; everything where the file is compressed.
    Ends,
    /// All that was consumed.
    Whole,
}

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Whole rows, and where they stood.
    Rows {
        bytes: Vec<u8>,
        offset: u64,
        line: u64,
        /// Nothing follows them while the file stays as it is.
        is_last: bool,
    },
    /// Bytes that are no row.
    Refused(Refusal),
    /// No whole row is left; `is_finished` when nothing at all is.
    Drained { is_finished: bool },
    /// Nothing more can be read of this state of the file.
    Stopped(Refusal),
}

/// Bytes that could not be taken for a row, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) line: u64,
    pub(super) reason: String,
    /// Their beginning.
    pub(super) raw: Vec<u8>,
}

/// One open file, read forward.
pub(super) struct RowReader {
    stream: Stream,
    cutting: Cutting,
    /// What was read and not consumed; starts at the mark's offset.
    buffer: Vec<u8>,
    ends: RowEnds,
    chain: Chain,
    end: Option<End>,
    stop_at: Option<u64>,
}

impl RowReader {
    /// At the start of `file`.
    pub(super) fn start(file: File, codec: Codec, cutting: Cutting) -> io::Result<Self> {
        Ok(Self::over(Stream::new(file, codec)?, cutting, Chain::new()))
    }

    /// Behind what `mark` says was consumed of `file`; `None` when the file does not begin with that.
    pub(super) fn resume(
        file: File,
        codec: Codec,
        cutting: Cutting,
        mark: &Mark,
        depth: Depth,
    ) -> io::Result<Option<Self>> {
        if codec == Codec::Plain {
            if file.metadata()?.len() < mark.offset {
                return Ok(None);
            }
            if depth == Depth::Ends {
                let chain = compare_ends(&file, mark)?;
                let Some(chain) = chain else { return Ok(None) };
                (&file).seek(SeekFrom::Start(mark.offset))?;
                return Ok(Some(Self::over(Stream::new(file, codec)?, cutting, chain)));
            }
        }
        let mut stream = Stream::new(file, codec)?;
        let chain = compare_whole(&mut stream, mark)?;
        Ok(chain.map(|chain| Self::over(stream, cutting, chain)))
    }

    fn over(stream: Stream, cutting: Cutting, chain: Chain) -> Self {
        Self {
            stream,
            cutting,
            buffer: Vec::new(),
            ends: RowEnds::new(cutting.framing),
            chain,
            end: None,
            stop_at: None,
        }
    }

    /// Takes `offset`, which is not before `mark`, for the end of the file.
    pub(super) fn stop_at(&mut self, mark: &Mark, offset: u64) {
        let left = offset.saturating_sub(mark.offset);
        if left < self.buffer.len() as u64 {
            self.buffer.truncate(left as usize);
            self.end = Some(End::Whole);
        }
        self.stop_at = Some(offset);
    }

    /// The file may have grown: its end is to be looked for again.
    pub(super) fn wake(&mut self) {
        self.end = None;
    }

    /// What the open file looks like now.
    pub(super) fn stat(&self) -> io::Result<Stat> {
        Ok(Stat::of(&self.stream.file().metadata()?))
    }

    /// How the file is stored.
    pub(super) fn codec(&self) -> Codec {
        self.stream.codec()
    }

    /// The next `wanted` bytes without consuming them; fewer only where the file ends so far.
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<(&[u8], Option<&End>)> {
        self.fill(0, wanted)?;
        let len = self.buffer.len().min(wanted);
        let end = self.end.as_ref().filter(|_| len == self.buffer.len());
        Ok((&self.buffer[..len], end))
    }

    /// Passes what stands before the first row; it has been peeked at.
    pub(super) fn skip_preamble(&mut self, mark: &mut Mark, bytes: usize, lines: u64) {
        self.consume(mark, bytes);
        mark.lines = lines;
        mark.digest = self.chain.digest();
    }

    /// The next step; moves `mark` behind it.
    pub(super) fn step(&mut self, mark: &mut Mark, rule: TailRule) -> io::Result<Step> {
        let step = match self.pass_tail(mark, rule) {
            Ok(None) => self.next_rows(mark, rule),
            Ok(Some(step)) => Ok(step),
            Err(error) => Err(error),
        };
        // Also behind an error: what was passed before it is passed.
        mark.digest = self.chain.digest();
        step
    }

    /// Why nothing more can come of the file as it is, if so.
    pub(super) fn stopped(&self, mark: &Mark, rule: TailRule) -> Option<Refusal> {
        let codec = self.stream.codec().name();
        let reason = match (&self.end, rule) {
            (Some(End::Corrupt(why)), _) => {
                let at = mark.offset + self.buffer.len() as u64;
                format!("the {codec} stream is corrupt behind byte {at} of its content: {why}")
            }
            (Some(End::Cut), TailRule::Take) => format!("{codec} stream ends early"),
            _ => return None,
        };
        Some(self.refusal(mark, self.buffer.len(), reason))
    }

    /// Passes the rest of a line whose beginning was dealt with before.
    fn pass_tail(&mut self, mark: &mut Mark, rule: TailRule) -> io::Result<Option<Step>> {
        let mut wanted = self.cutting.chunk_bytes;
        while mark.tail != Tail::Clean {
            self.fill(mark.offset, wanted)?;
            let was_refused = mark.tail == Tail::Skipping;
            let line_end = memchr(b'\n', &self.buffer);
            let is_too_long = self.buffer.len() > self.cutting.row_bytes_max;
            let is_taken = self.end == Some(End::Whole) && self.holds(mark, rule)?;
            let line = &self.buffer[..line_end.unwrap_or(self.buffer.len())];
            let is_empty = matches!(line, [] | [b'\r']);
            if line_end.is_none() && !was_refused && !is_too_long && (!is_taken || is_empty) {
                if self.end.is_some() {
                    return Ok(Some(self.ended(mark, rule, is_taken)));
                }
                wanted = self.buffer.len() + self.cutting.chunk_bytes;
                continue;
            }
            let refusal = self.refusal(mark, line.len(), CONTINUED.to_owned());
            match line_end {
                Some(at) => {
                    self.consume(mark, at + 1);
                    mark.tail = Tail::Clean;
                }
                None => {
                    self.consume(mark, self.buffer.len());
                    if is_too_long {
                        mark.tail = Tail::Skipping;
                    }
                }
            }
            if !was_refused && !is_empty {
                return Ok(Some(Step::Refused(refusal)));
            }
            if mark.tail == Tail::Skipping && self.end.is_some() {
                return Ok(Some(self.ended(mark, rule, is_taken)));
            }
        }
        Ok(None)
    }

    fn next_rows(&mut self, mark: &mut Mark, rule: TailRule) -> io::Result<Step> {
        let row_bytes_max = self.cutting.row_bytes_max;
        let mut wanted = self.cutting.chunk_bytes;
        let (rows, is_at_end) = loop {
            self.fill(mark.offset, wanted)?;
            let seen = self.buffer.len().min(wanted);
            let rows = self.ends.last(&self.buffer[..seen]);
            let is_at_end = self.end.is_some() && seen == self.buffer.len();
            if rows > 0 || is_at_end || seen > row_bytes_max {
                break (rows, is_at_end);
            }
            wanted = (seen + self.cutting.chunk_bytes).min(row_bytes_max + 1);
        };
        let is_all = is_at_end && self.end == Some(End::Whole) && self.holds(mark, rule)?;
        let len = if is_all { self.buffer.len() } else { rows };
        let fitting = fitting_prefix(&self.buffer[..len], self.cutting.framing, row_bytes_max);
        if fitting > 0 {
            let is_last = is_all && fitting == len;
            let (offset, line) = (mark.offset, mark.line());
            let bytes = self.take(mark, fitting);
            if fitting > rows {
                mark.tail = Tail::Unterminated;
            }
            return Ok(Step::Rows {
                bytes,
                offset,
                line,
                is_last,
            });
        }
        if len > 0 || self.buffer.len() > row_bytes_max {
            return Ok(Step::Refused(self.refuse_row(mark)));
        }
        Ok(self.ended(mark, rule, is_all))
    }

    /// The step behind the last row that can be had.
    fn ended(&self, mark: &Mark, rule: TailRule, is_finished: bool) -> Step {
        let stopped = self.stopped(mark, rule).map(Step::Stopped);
        stopped.unwrap_or(Step::Drained { is_finished })
    }

    /// Refuses the line that the buffer starts with. Where quotes are out of balance, the row seems to go
    /// on for ever: only its first line is refused, so that the rows behind it are not lost with it.
    fn refuse_row(&mut self, mark: &mut Mark) -> Refusal {
        let max = self.cutting.row_bytes_max;
        let reason = match self.cutting.framing {
            Framing::Lines => format!("the row is longer than {max} bytes"),
            Framing::Quoted { .. } => {
                format!("the row is longer than {max} bytes, or a quote in it is not closed")
            }
        };
        let line_end = memchr(b'\n', &self.buffer);
        let len = line_end.unwrap_or(self.buffer.len());
        let refusal = self.refusal(mark, len, reason);
        match line_end {
            Some(at) => self.consume(mark, at + 1),
            None => {
                self.consume(mark, len);
                mark.tail = Tail::Skipping;
            }
        }
        refusal
    }

    fn refusal(&self, mark: &Mark, len: usize, reason: String) -> Refusal {
        Refusal {
            line: mark.line(),
            reason,
            raw: self.buffer[..len.min(REFUSED_RAW_BYTES_MAX)].to_vec(),
        }
    }

    fn holds(&self, mark: &Mark, rule: TailRule) -> io::Result<bool> {
        Ok(match rule {
            TailRule::Wait => false,
            TailRule::IfUnchanged => self.stat()? == mark.stat,
            TailRule::Take => true,
        })
    }

    fn fill(&mut self, offset: u64, wanted: usize) -> io::Result<()> {
        if self.end.is_some() || self.buffer.len() >= wanted {
            return Ok(());
        }
        let mut len = wanted - self.buffer.len();
        if let Some(stop_at) = self.stop_at {
            let left = stop_at.saturating_sub(offset + self.buffer.len() as u64);
            if left <= len as u64 {
                len = left as usize;
                let end = self.stream.read(&mut self.buffer, len)?;
                self.end = Some(end.unwrap_or(End::Whole));
                return Ok(());
            }
        }
        self.end = self.stream.read(&mut self.buffer, len)?;
        Ok(())
    }

    fn passed(&mut self, mark: &mut Mark, len: usize) {
        let bytes = &self.buffer[..len];
        self.chain.update(bytes);
        mark.offset += len as u64;
        mark.lines += memchr_iter(b'\n', bytes).count() as u64;
    }

    fn consume(&mut self, mark: &mut Mark, len: usize) {
        self.passed(mark, len);
        self.buffer.drain(..len);
        self.ends = RowEnds::new(self.cutting.framing);
    }

    /// Consumes whole rows and gives them away in the buffer that they were read into.
    fn take(&mut self, mark: &mut Mark, len: usize) -> Vec<u8> {
        self.passed(mark, len);
        let left = self.buffer.len() - len;
        let capacity = if self.end.is_some() {
            left
        } else {
            left.max(self.cutting.chunk_bytes)
        };
        let mut next = Vec::with_capacity(capacity);
        next.extend_from_slice(&self.buffer[len..]);
        let mut rows = std::mem::replace(&mut self.buffer, next);
        rows.truncate(len);
        if rows.capacity() > 2 * len {
            rows.shrink_to_fit();
        }
        self.ends.taken(len);
        rows
    }
}

fn compare_ends(file: &File, mark: &Mark) -> io::Result<Option<Chain>> {
    let mut head = vec![0; mark.offset.min(HEAD_BYTES as u64) as usize];
    let rest_len = mark.offset % BLOCK_BYTES as u64;
    let mut rest = vec![0; rest_len as usize];
    let read = file
        .read_exact_at(&mut head, 0)
        .and_then(|()| file.read_exact_at(&mut rest, mark.offset - rest_len));
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    if xxh3_64(&head) != mark.digest.head {
        return Ok(None);
    }
    Ok(Chain::resume(mark.offset, mark.digest, &rest))
}

fn compare_whole(stream: &mut Stream, mark: &Mark) -> io::Result<Option<Chain>> {
    let mut chain = Chain::new();
    let mut left = mark.offset;
    let mut buffer = Vec::with_capacity(COMPARED_BYTES.min(left as usize));
    while left > 0 {
        // The head first: most files that are not the one are told by it.
        let most = if left == mark.offset {
            HEAD_BYTES
        } else {
            COMPARED_BYTES
        };
        let wanted = left.min(most as u64) as usize;
        buffer.clear();
        stream.read(&mut buffer, wanted)?;
        if buffer.len() < wanted {
            return Ok(None);
        }
        chain.update(&buffer);
        left -= wanted as u64;
        if chain
            .whole_head()
            .is_some_and(|head| head != mark.digest.head)
        {
            return Ok(None);
        }
    }
    Ok((chain.digest() == mark.digest).then_some(chain))
}

#[cfg(test)]
mod tests {
    use super::super::scratch::{TempDir, gzip};
    use super::*;

    #[test]
    fn however_far_a_stream_expands_little_of_it_is_held() {
        let dir = TempDir::new("reader-bomb");
        let mut content = vec![0; 32 << 20];
        content.extend_from_slice(b"\nrow\n");
        dir.write("a.gz", gzip(&content));
        let cutting = Cutting {
            framing: Framing::Lines,
            chunk_bytes: 4096,
            row_bytes_max: 10_000,
        };
        let file = File::open(dir.path("a.gz")).expect("opened");
        let mut reader = RowReader::start(file, Codec::Gzip, cutting).expect("a reader");
        let mut mark = Mark::default();
        let mut steps = Vec::new();
        while steps.last() != Some(&Step::Drained { is_finished: true }) {
            steps.push(reader.step(&mut mark, TailRule::Take).expect("readable"));
            assert!(reader.buffer.capacity() <= 4 * (4096 + 10_000));
        }
        let [Step::Refused(refusal), Step::Rows { bytes, line, .. }, _] = &steps[..] else {
            panic!("a refusal and a row, not {} steps", steps.len());
        };
        assert_eq!(
            (refusal.line, refusal.raw.len()),
            (1, REFUSED_RAW_BYTES_MAX)
        );
        assert_eq!((&bytes[..], *line), (&b"row\n"[..], 2));
        assert_eq!(mark.offset, content.len() as u64);
    }

    #[test]
    fn a_settled_file_that_has_just_grown_keeps_its_tail() {
        let dir = TempDir::new("reader-grown");
        let cutting = Cutting {
            framing: Framing::Lines,
            chunk_bytes: 100,
            row_bytes_max: 100,
        };
        for (grows, wanted) in [(false, "row\nlast"), (true, "row\n")] {
            dir.write("a", "row\nlast");
            let file = File::open(dir.path("a")).expect("opened");
            let mut reader = RowReader::start(file, Codec::Plain, cutting).expect("a reader");
            let mut mark = Mark::start(reader.stat().expect("open"));
            if grows {
                dir.append("a", " half");
            }
            let step = reader.step(&mut mark, TailRule::IfUnchanged);
            let Ok(Step::Rows { bytes, is_last, .. }) = step else {
                panic!("rows");
            };
            assert_eq!((&bytes[..], is_last), (wanted.as_bytes(), !grows));
        }
    }

    #[test]
    fn a_mark_resumes_only_over_what_was_consumed() {
        let dir = TempDir::new("reader-resume");
        let content: Vec<u8> = (0..40_000u32)
            .flat_map(|n| format!("{n}\n").into_bytes())
            .collect();
        let cutting = Cutting {
            framing: Framing::Lines,
            chunk_bytes: 100_000,
            row_bytes_max: 1000,
        };
        dir.write("a", &content);
        dir.write("a.gz", gzip(&content));
        let mut changed = content.clone();
        changed[50_000] ^= 1;
        dir.write("b", &changed);
        dir.write("b.gz", gzip(&changed));
        dir.write("short", &content[..content.len() / 4]);
        let open = |name: &str| File::open(dir.path(name)).expect("opened");
        let mut reader = RowReader::start(open("a"), Codec::Plain, cutting).expect("a reader");
        let mut mark = Mark::default();
        reader.step(&mut mark, TailRule::Wait).expect("readable");
        for (name, codec, depth, wanted) in [
            ("a", Codec::Plain, Depth::Ends, true),
            ("a", Codec::Plain, Depth::Whole, true),
            ("a.gz", Codec::Gzip, Depth::Whole, true),
            // A change in the middle is seen by a whole comparison only.
            ("b", Codec::Plain, Depth::Ends, true),
            ("b", Codec::Plain, Depth::Whole, false),
            ("b.gz", Codec::Gzip, Depth::Whole, false),
            ("short", Codec::Plain, Depth::Ends, false),
        ] {
            let resumed = RowReader::resume(open(name), codec, cutting, &mark, depth);
            let mut resumed = resumed.expect("readable");
            assert_eq!(resumed.is_some(), wanted, "{name} {depth:?}");
            if let (Some(reader), "a" | "a.gz") = (&mut resumed, name) {
                let mut mark = mark;
                let mut rest = mark.offset as usize;
                while let Step::Rows { bytes, .. } =
                    reader.step(&mut mark, TailRule::Wait).expect("readable")
                {
                    assert_eq!(bytes, content[rest..rest + bytes.len()]);
                    rest += bytes.len();
                }
                assert_eq!(rest, content.len());
            }
        }
    }
}
