//! Gzip members (RFC 1952) over raw deflate, fed by slices and resumable at any byte. Exists because the
//! readers at hand take the end of a growing file for the end of its stream.

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The longest member header that is taken; it may hold a file name and a comment.
const HEADER_BYTES_MAX: usize = 128 * 1024;
const TRAILER_BYTES: usize = 8;

/// Why bytes are not gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadGzip {
    #[error("not a gzip header")]
    Header,
    #[error("corrupt deflate data")]
    Deflate,
    #[error("the checksum of a gzip member does not match its content")]
    Checksum,
    #[error("bytes behind the last gzip member that are not gzip")]
    Trailing,
}

/// Decodes members one after another.
pub(super) struct Gzip {
    state: State,
    inflate: Decompress,
    checksum: Crc,
}

enum State {
    /// Before the first member or between two.
    Between {
        first: bool,
    },
    Header(Vec<u8>),
    Body,
    Trailer(Vec<u8>),
    /// Zeros that fill a block, as tapes and some writers leave them.
    Padding,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            state: State::Between { first: true },
            inflate: Decompress::new(false),
            checksum: Crc::new(),
        }
    }

    /// True where a file may end.
    pub(super) fn is_between_members(&self) -> bool {
        matches!(self.state, State::Between { .. } | State::Padding)
    }

    /// Decodes some of `input` into `output`; returns bytes consumed and produced, and (0, 0) only when
    /// it needs more input.
    pub(super) fn run(
        &mut self,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(usize, usize), BadGzip> {
        match &mut self.state {
            State::Between { first } => match input.first() {
                None => Ok((0, 0)),
                Some(0) if !*first => {
                    self.state = State::Padding;
                    Ok((1, 0))
                }
                Some(0x1f) => {
                    self.state = State::Header(vec![0x1f]);
                    Ok((1, 0))
                }
                Some(_) if *first => Err(BadGzip::Header),
                Some(_) => Err(BadGzip::Trailing),
            },
            State::Padding => match input.iter().all(|byte| *byte == 0) {
                true => Ok((input.len(), 0)),
                false => Err(BadGzip::Trailing),
            },
            State::Header(header) => {
                let before = header.len();
                header.extend_from_slice(input);
                match header_len(header)? {
                    Some(len) => {
                        self.inflate.reset(false);
                        self.checksum.reset();
                        self.state = State::Body;
                        Ok((len - before, 0))
                    }
                    None if header.len() > HEADER_BYTES_MAX => Err(BadGzip::Header),
                    None => Ok((input.len(), 0)),
                }
            }
            State::Body => {
                let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
                let status = self
                    .inflate
                    .decompress(input, output, FlushDecompress::None)
                    .map_err(|_| BadGzip::Deflate)?;
                let consumed = (self.inflate.total_in() - before_in) as usize;
                let produced = (self.inflate.total_out() - before_out) as usize;
                self.checksum.update(&output[..produced]);
                if status == Status::StreamEnd {
                    self.state = State::Trailer(Vec::with_capacity(TRAILER_BYTES));
                    if consumed == 0 && produced == 0 {
                        return self.run(input, output);
                    }
                }
                Ok((consumed, produced))
            }
            State::Trailer(trailer) => {
                let taken = input.len().min(TRAILER_BYTES - trailer.len());
                trailer.extend_from_slice(&input[..taken]);
                if let Some(whole) = trailer.first_chunk::<TRAILER_BYTES>() {
                    let found = u64::from_le_bytes(*whole);
                    let wanted =
                        u64::from(self.checksum.sum()) | (u64::from(self.checksum.amount()) << 32);
                    if found != wanted {
                        return Err(BadGzip::Checksum);
                    }
                    self.state = State::Between { first: false };
                }
                Ok((taken, 0))
            }
        }
    }
}

/// The length of the member header that `bytes` begin with; `None` when it is not complete.
fn header_len(bytes: &[u8]) -> Result<Option<usize>, BadGzip> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let fixed = [0x1f, 0x8b, 8];
    let known = bytes.len().min(fixed.len());
    if bytes[..known] != fixed[..known] {
        return Err(BadGzip::Header);
    }
    let Some(&flags) = bytes.get(3) else {
        return Ok(None);
    };
    if flags & 0xe0 != 0 {
        return Err(BadGzip::Header);
    }
    let mut len = 10;
    if flags & EXTRA != 0 {
        let Some(extra) = bytes.get(len..).and_then(|rest| rest.first_chunk::<2>()) else {
            return Ok(None);
        };
        len += 2 + usize::from(u16::from_le_bytes(*extra));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let text = bytes.get(len..).unwrap_or_default();
            let Some(end) = memchr::memchr(0, text) else {
                return Ok(None);
            };
            len += end + 1;
        }
    }
    if flags & CHECKSUM != 0 {
        len += 2;
    }
    Ok((bytes.len() >= len).then_some(len))
}

#[cfg(test)]
mod tests {
    use super::super::scratch::gzip;
    use super::*;

    fn decode(bytes: &[u8], step: usize) -> Result<(Vec<u8>, bool), BadGzip> {
        let mut decoder = Gzip::new();
        let mut out = Vec::new();
        let mut buffer = [0u8; 7];
        for part in bytes.chunks(step) {
            let mut left = part;
            loop {
                let (consumed, produced) = decoder.run(left, &mut buffer)?;
                out.extend_from_slice(&buffer[..produced]);
                left = &left[consumed..];
                if consumed == 0 && produced == 0 {
                    break;
                }
            }
        }
        Ok((out, decoder.is_between_members()))
    }

    #[test]
    fn headers_with_every_part_are_skipped() {
        let plain = gzip(b"hello\n");
        let mut bytes = plain[..10].to_vec();
        bytes[3] = 2 | 4 | 8 | 16;
        bytes.extend_from_slice(&[3, 0, 1, 2, 3]);
        bytes.extend_from_slice(b"name\0comment\0");
        bytes.extend_from_slice(&[9, 9]);
        bytes.extend_from_slice(&plain[10..]);
        for step in [1, 3, 1000] {
            assert_eq!(decode(&bytes, step), Ok((b"hello\n".to_vec(), true)));
        }
    }

    #[test]
    fn padding_is_taken_and_rubbish_is_not() {
        let mut bytes = gzip(b"a\n");
        bytes.extend_from_slice(&[0; 40]);
        assert_eq!(decode(&bytes, 5), Ok((b"a\n".to_vec(), true)));
        bytes.push(7);
        assert_eq!(decode(&bytes, 5), Err(BadGzip::Trailing));
        assert_eq!(decode(b"plain text", 5), Err(BadGzip::Header));
    }

    #[test]
    fn a_wrong_checksum_is_seen() {
        let mut bytes = gzip(b"a\n");
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
        assert_eq!(decode(&bytes, 4), Err(BadGzip::Checksum));
    }
}
