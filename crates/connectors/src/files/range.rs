//! Reads a part of a file's content again, for reprocessing and explanations.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use freehold_pipeline::source::SourceError;

use super::Compression;
use super::opening::detect_codec;
use super::problem::Problem;
use super::stream::{Codec, Stream};

const SKIPPED_BYTES: u64 = 256 * 1024;

/// The decompressed bytes `from..to` of the file at `path`.
///
/// # Errors
/// When the file cannot be read, or its content ends before `to`.
pub fn read_range(
    path: &str,
    from: u64,
    to: u64,
    compression: Compression,
) -> Result<Vec<u8>, SourceError> {
    let doing = || format!("read bytes {from} to {to} of {path}");
    let content = read(path, from, to, compression)
        .map_err(|error| SourceError::from(Problem::io(doing(), &error)))?;
    content.ok_or_else(|| {
        let cause = "the file's content ends before that";
        Problem::fix(
            doing(),
            cause,
            Some("the file is not the one that was read"),
        )
        .into()
    })
}

fn read(path: &str, from: u64, to: u64, compression: Compression) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let codec = detect_codec(&file, path, compression)?.unwrap_or(Codec::Plain);
    let mut left = from;
    if codec == Codec::Plain {
        // Nothing is allocated for a range that is not there.
        if to > metadata.len() {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(from))?;
        left = 0;
    }
    let mut stream = Stream::new(file, codec)?;
    let mut content = Vec::new();
    while left > 0 {
        let step = left.min(SKIPPED_BYTES);
        content.clear();
        stream.read(&mut content, step as usize)?;
        if (content.len() as u64) < step {
            return Ok(None);
        }
        left -= step;
    }
    content.clear();
    let mut wanted = to.saturating_sub(from);
    while wanted > 0 {
        let step = wanted.min(SKIPPED_BYTES);
        let before = content.len() as u64;
        stream.read(&mut content, step as usize)?;
        if content.len() as u64 - before < step {
            return Ok(None);
        }
        wanted -= step;
    }
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use freehold_pipeline::source::SourceErrorKind;

    use super::super::scratch::{TempDir, gzip, zstd};
    use super::*;

    #[test]
    fn a_range_is_the_same_however_it_is_stored() {
        let dir = TempDir::new("range");
        let text: Vec<u8> = (0..400_000u32).map(|at| (at % 251) as u8).collect();
        dir.write("a.csv", &text);
        dir.write("a.csv.gz", gzip(&text));
        dir.write("a.csv.zst", zstd(&text));
        for name in ["a.csv", "a.csv.gz", "a.csv.zst"] {
            let path = dir.path(name);
            for (from, to) in [(0, 10), (5, 5), (299_990, 399_999), (0, 400_000)] {
                let bytes = read_range(&path, from, to, Compression::Auto).expect("readable");
                assert_eq!(bytes, text[from as usize..to as usize]);
            }
            let error = read_range(&path, 0, 400_001, Compression::Auto).expect_err("too far");
            assert_eq!(error.kind, SourceErrorKind::FixConfig);
        }
    }

    #[test]
    fn what_is_no_file_is_said() {
        let dir = TempDir::new("range-none");
        for path in [dir.path(""), dir.path("none")] {
            let error = read_range(&path, 0, 1, Compression::Auto).expect_err("no file");
            assert_eq!(error.kind, SourceErrorKind::FixConfig);
            assert!(error.doing.ends_with(&path), "{error}");
        }
    }
}
