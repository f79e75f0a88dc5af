//! A file's decompressed bytes as a stream that can wait: at the end of the file it says whether the
//! compressed stream is complete, and goes on when the file has grown. Not rows.

use std::fs::File;
use std::io::{self, Read};

use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::Compression;
use super::gzip::Gzip;

const INPUT_BYTES: usize = 128 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// How a file's bytes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Gzip,
    Zstd,
}

impl Codec {
    /// From the configuration, the name's ending or the first bytes; `None` while these are too few.
    pub(super) fn detect(name: &str, first: &[u8], compression: Compression) -> Option<Self> {
        match compression {
            Compression::None => return Some(Self::Plain),
            Compression::Gzip => return Some(Self::Gzip),
            Compression::Zstd => return Some(Self::Zstd),
            Compression::Auto => {}
        }
        if let Some((_, codec)) = compressed_stem(name) {
            return Some(codec);
        }
        if first.starts_with(GZIP_MAGIC) {
            Some(Self::Gzip)
        } else if first.starts_with(ZSTD_MAGIC) {
            Some(Self::Zstd)
        } else if GZIP_MAGIC.starts_with(first) || ZSTD_MAGIC.starts_with(first) {
            None
        } else {
            Some(Self::Plain)
        }
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The name that a compressed file had before, by its ending.
pub(super) fn compressed_stem(name: &str) -> Option<(&str, Codec)> {
    let gzip = name.strip_suffix(".gz").map(|stem| (stem, Codec::Gzip));
    gzip.or_else(|| {
        let stem = name.strip_suffix(".zst").or(name.strip_suffix(".zstd"));
        stem.map(|stem| (stem, Codec::Zstd))
    })
}

/// What stopped a read before it had all that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The file's end, and the stream's.
    Whole,
    /// The file's end within a compressed stream.
    Cut,
    /// Bytes that no decoder takes, and why.
    Corrupt(String),
}

/// Decompressed bytes of one open file.
pub(super) struct Stream {
    file: File,
    codec: Codec,
    decoder: Decoder,
}

enum Decoder {
    Plain,
    Gzip(Input, Box<Gzip>),
    Zstd {
        input: Input,
        decoder: ZstdDecoder<'static>,
        inside: bool,
    },
}

impl Stream {
    /// Reads `file` from where it stands, which is its start or, for a plain file, any offset.
    pub(super) fn new(file: File, codec: Codec) -> io::Result<Self> {
        let decoder = match codec {
            Codec::Plain => Decoder::Plain,
            Codec::Gzip => Decoder::Gzip(Input::new(), Box::new(Gzip::new())),
            Codec::Zstd => Decoder::Zstd {
                input: Input::new(),
                decoder: ZstdDecoder::new()?,
                inside: false,
            },
        };
        Ok(Self {
            file,
            codec,
            decoder,
        })
    }

    /// The file under it.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// How the file is stored.
    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// Appends up to `wanted` bytes to `out`; fewer only with the end that it met.
    pub(super) fn read(&mut self, out: &mut Vec<u8>, wanted: usize) -> io::Result<Option<End>> {
        if matches!(self.decoder, Decoder::Plain) {
            // Into room that is not filled first: zeroing it cost as much as parsing a field.
            out.reserve(wanted);
            let read = (&mut self.file).take(wanted as u64).read_to_end(out)?;
            return Ok((read < wanted).then_some(End::Whole));
        }
        let start = out.len();
        out.resize(start + wanted, 0);
        let mut filled = start;
        let end = self.fill(out, &mut filled);
        out.truncate(filled);
        end
    }

    fn fill(&mut self, out: &mut [u8], filled: &mut usize) -> io::Result<Option<End>> {
        while *filled < out.len() {
            let target = &mut out[*filled..];
            match &mut self.decoder {
                Decoder::Plain => match read_some(&mut self.file, target)? {
                    0 => return Ok(Some(End::Whole)),
                    len => *filled += len,
                },
                Decoder::Gzip(input, gzip) => match gzip.run(input.bytes(), target) {
                    Ok((0, 0)) => {
                        if input.refill(&mut self.file)? == 0 {
                            return Ok(Some(if gzip.is_between_members() {
                                End::Whole
                            } else {
                                End::Cut
                            }));
                        }
                    }
                    Ok((consumed, produced)) => {
                        input.consume(consumed);
                        *filled += produced;
                    }
                    Err(why) => return Ok(Some(End::Corrupt(why.to_string()))),
                },
                Decoder::Zstd {
                    input,
                    decoder,
                    inside,
                } => {
                    let mut from = InBuffer::around(input.bytes());
                    let mut into = OutBuffer::around(target);
                    if *inside || !from.src.is_empty() {
                        match decoder.run(&mut from, &mut into) {
                            Ok(hint) => *inside = hint != 0,
                            Err(error) => return Ok(Some(End::Corrupt(error.to_string()))),
                        }
                    }
                    let (consumed, produced) = (from.pos(), into.pos());
                    input.consume(consumed);
                    *filled += produced;
                    if consumed == 0 && produced == 0 && input.refill(&mut self.file)? == 0 {
                        return Ok(Some(if *inside { End::Cut } else { End::Whole }));
                    }
                }
            }
        }
        Ok(None)
    }
}

struct Input {
    buffer: Vec<u8>,
    taken: usize,
}

impl Input {
    fn new() -> Self {
        Self {
            buffer: Vec::new(),
            taken: 0,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    fn consume(&mut self, len: usize) {
        self.taken += len;
    }

    /// Adds what the file has next and says how much; decoders take all that they are given, so that
    /// what is left over is empty as a rule.
    fn refill(&mut self, file: &mut File) -> io::Result<usize> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let left = self.buffer.len();
        self.buffer.resize(left + INPUT_BYTES, 0);
        let read = read_some(file, &mut self.buffer[left..]);
        self.buffer
            .truncate(left + read.as_ref().copied().unwrap_or(0));
        read
    }
}

fn read_some(file: &mut File, target: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(target) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::scratch::{TempDir, gzip, zstd};
    use super::*;

    fn read_all(stream: &mut Stream, step: usize) -> (Vec<u8>, End) {
        let mut out = Vec::new();
        loop {
            if let Some(end) = stream.read(&mut out, step).expect("readable") {
                return (out, end);
            }
        }
    }

    fn text() -> Vec<u8> {
        (0..20_000u32)
            .flat_map(|n| format!("row {n} of {}\n", n % 7).into_bytes())
            .collect()
    }

    fn packed(codec: Codec, bytes: &[u8]) -> Vec<u8> {
        match codec {
            Codec::Plain => bytes.to_vec(),
            Codec::Gzip => gzip(bytes),
            Codec::Zstd => zstd(bytes),
        }
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let dir = TempDir::new("stream-members");
        for codec in [Codec::Gzip, Codec::Zstd] {
            let path = dir.path("file");
            let mut bytes = packed(codec, &text());
            bytes.extend(packed(codec, b""));
            bytes.extend(packed(codec, b"more\n"));
            std::fs::write(&path, bytes).expect("written");
            for step in [1000, 1 << 20] {
                let file = File::open(&path).expect("opened");
                let mut stream = Stream::new(file, codec).expect("a decoder");
                let (out, end) = read_all(&mut stream, step);
                assert_eq!(end, End::Whole);
                assert_eq!(out, [&text()[..], b"more\n"].concat());
            }
        }
    }

    #[test]
    fn a_cut_stream_waits_and_goes_on_at_any_byte() {
        let dir = TempDir::new("stream-cut");
        for codec in [Codec::Gzip, Codec::Zstd] {
            let whole = packed(codec, &text());
            for cut in (1..whole.len()).step_by(whole.len() / 23 + 1) {
                let path = dir.path("file");
                std::fs::write(&path, &whole[..cut]).expect("written");
                let file = File::open(&path).expect("opened");
                let mut stream = Stream::new(file, codec).expect("a decoder");
                let (mut out, end) = read_all(&mut stream, 3000);
                assert_eq!(end, End::Cut, "{codec:?} cut at {cut}");
                let mut append = File::options().append(true).open(&path).expect("opened");
                append.write_all(&whole[cut..]).expect("written");
                let (rest, end) = read_all(&mut stream, 3000);
                assert_eq!(end, End::Whole);
                out.extend(rest);
                assert_eq!(out, text());
            }
        }
    }

    #[test]
    fn a_damaged_stream_says_so() {
        let dir = TempDir::new("stream-damaged");
        for codec in [Codec::Gzip, Codec::Zstd] {
            let mut bytes = packed(codec, &text());
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            let path = dir.path("file");
            std::fs::write(&path, bytes).expect("written");
            let file = File::open(&path).expect("opened");
            let mut stream = Stream::new(file, codec).expect("a decoder");
            assert!(matches!(read_all(&mut stream, 5000).1, End::Corrupt(_)));
        }
    }

    #[test]
    fn codecs_are_told_by_name_or_by_first_bytes() {
        let auto = |name: &str, first: &[u8]| Codec::detect(name, first, Compression::Auto);
        assert_eq!(auto("a.csv.gz", b""), Some(Codec::Gzip));
        assert_eq!(auto("a.csv.zst", b""), Some(Codec::Zstd));
        assert_eq!(auto("a.1", &gzip(b"x")), Some(Codec::Gzip));
        assert_eq!(auto("a.1", &zstd(b"x")), Some(Codec::Zstd));
        assert_eq!(auto("a.1", b"(x)\n"), Some(Codec::Plain));
        assert_eq!(auto("a.1", b"\x1f"), None);
        let none = Codec::detect("a.gz", b"", Compression::None);
        assert_eq!(none, Some(Codec::Plain));
    }
}
