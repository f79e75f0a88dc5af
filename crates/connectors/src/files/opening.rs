//! Opens a file under its declared format: how it is stored, where its rows start, what parses them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::Compression;
use super::problem::Problem;
use super::reader::RowReader;
use super::stream::{Codec, End};
use crate::format::{FileProblem, Format, OpenedFile};

/// How much of a file a format is shown at first.
const HEAD_BYTES: usize = 64 * 1024;

/// How a file is stored, by its name or first bytes; `None` while it holds too little to tell.
pub(super) fn detect_codec(
    file: &File,
    name: &str,
    compression: Compression,
) -> io::Result<Option<Codec>> {
    let mut first = [0; 4];
    let mut len = 0;
    while len < first.len() {
        match file.read_at(&mut first[len..], len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Codec::detect(name, &first[..len], compression))
}

/// What a format made of a file's beginning.
pub(super) enum Opening {
    Opened(OpenedFile),
    /// The beginning is not complete yet.
    Waits,
    Unfit(Problem),
}

/// Shows `format` the beginning of a file, from a reader that stands at its start. `is_complete` says
/// that the file grows no more, so far as anyone can tell.
pub(super) fn open_format(
    format: &dyn Format,
    name: &str,
    reader: &mut RowReader,
    is_complete: bool,
    head_bytes_max: usize,
) -> io::Result<Opening> {
    let head_bytes_max = head_bytes_max.max(HEAD_BYTES);
    let mut wanted = HEAD_BYTES;
    loop {
        let (head, end) = reader.peek(wanted)?;
        let is_whole = is_complete && end == Some(&End::Whole);
        if end.is_some() && !is_whole && head.is_empty() {
            return Ok(Opening::Waits);
        }
        match format.open_file(name, head, is_whole) {
            Ok(opened) if opened.preamble_bytes <= head.len() as u64 => {
                return Ok(Opening::Opened(opened));
            }
            Err(FileProblem::Unfit {
                field,
                reason,
                hint,
            }) => {
                let cause = format!("{field}: {reason}");
                let doing = format!("read {name}");
                return Ok(Opening::Unfit(Problem::fix(doing, cause, hint.as_deref())));
            }
            Ok(_) | Err(FileProblem::NeedMore) if end.is_some() && !is_whole => {
                return Ok(Opening::Waits);
            }
            Ok(_) | Err(FileProblem::NeedMore) if is_whole || wanted >= head_bytes_max => {
                return Ok(Opening::Unfit(Problem::fix(
                    format!("read {name}"),
                    format!("no complete header in its first {} bytes", head.len()),
                    Some("check the header and the banner lines that the feed declares"),
                )));
            }
            Ok(_) | Err(FileProblem::NeedMore) => wanted = (wanted * 4).min(head_bytes_max),
        }
    }
}
