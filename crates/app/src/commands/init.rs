//! `init`: drafts a feed's configuration from a file.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use freehold_connectors::mapping::draft;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// A file of listings: CSV, TSV or NDJSON, plain or .gz
    file: PathBuf,
}

/// How much of a file is looked at.
pub(crate) const HEAD_BYTES: u64 = 256 * 1024;

/// The first bytes of a file, decompressed.
pub(crate) fn head_of(path: &std::path::Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut start = Vec::new();
    let mut source: Box<dyn Read> = Box::new(file);
    source
        .by_ref()
        .take(4)
        .read_to_end(&mut start)
        .with_context(|| format!("read {}", path.display()))?;
    let whole = std::io::Cursor::new(start.clone()).chain(source);
    let mut reader: Box<dyn Read> = if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::read::MultiGzDecoder::new(whole))
    } else if start == [0x28, 0xb5, 0x2f, 0xfd] {
        Box::new(zstd::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    };
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .with_context(|| format!("read {}", path.display()))?;
    Ok(head)
}

#[expect(clippy::print_stdout, reason = "the draft is the output")]
pub(crate) fn run(args: &InitArgs) -> Result<ExitCode> {
    let head = head_of(&args.file)?;
    println!("{}", draft(&args.file.display().to_string(), &head));
    Ok(ExitCode::SUCCESS)
}
