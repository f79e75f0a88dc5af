//! The page's files, compressed once and addressed by what they hold: a browser may keep them for ever.

use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::Xxh3;

use crate::server::answer::{Answer, problem};

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Where shapes are served, and the files that hold them.
const SHAPES: [(&str, &str); 2] = [
    ("shapes/states.json", "vendor/states-albers-10m.json.gz"),
    ("shapes/counties.json", "vendor/counties-albers-10m.json.gz"),
];

struct Asset {
    compressed: Vec<u8>,
    kind: &'static str,
}

struct Assets {
    hash: String,
    files: HashMap<&'static str, Asset>,
}

fn assets() -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let mut hash = Xxh3::new();
        let mut files = HashMap::new();
        for &(name, bytes) in FILES {
            hash.update(name.as_bytes());
            hash.update(bytes);
            let shapes = SHAPES.iter().find(|(_, file)| *file == name);
            if let Some((served, _)) = shapes {
                let asset = Asset {
                    compressed: bytes.to_vec(),
                    kind: "application/json",
                };
                files.insert(*served, asset);
            } else {
                files.insert(
                    name,
                    Asset {
                        compressed: compress(&served(name, bytes)),
                        kind: kind_of(name),
                    },
                );
            }
        }
        Assets {
            hash: format!("{:016x}", hash.digest()),
            files,
        }
    })
}

/// Our own scripts without the lines that are only comments; everything else as it is.
fn served(name: &str, bytes: &[u8]) -> Vec<u8> {
    let is_ours = name.ends_with(".js") && !name.starts_with("vendor/");
    match std::str::from_utf8(bytes) {
        Ok(text) if is_ours => without_comments(text).into_bytes(),
        _ => bytes.to_vec(),
    }
}

/// The same program without comments and indentation, which are for those who read it here.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_inside = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        is_inside |= bare.starts_with("/**");
        if is_inside {
            is_inside = !bare.ends_with("*/");
        } else if !bare.starts_with("//") {
            out.push_str(line.trim_start());
        }
    }
    out
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// The path before every file.
pub(super) fn base() -> String {
    format!("/assets/{}", assets().hash)
}

/// One file. Those that cannot take it compressed get it plain.
pub(super) async fn answer(
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let assets = assets();
    let Some(asset) = assets
        .files
        .get(name.as_str())
        .filter(|_| hash == assets.hash)
    else {
        return problem(StatusCode::NOT_FOUND, "the page has no such file", None);
    };
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let takes_gzip = accepted.is_some_and(|accepted| accepted.contains("gzip"));
    let bytes = if takes_gzip {
        asset.compressed.clone()
    } else {
        plain(&asset.compressed)
    };
    let mut answer = Response::new(Body::from(bytes));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if takes_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn plain(compressed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(compressed);
    let _ = std::io::Read::read_to_end(&mut decoder, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{FILES, without_comments};

    #[test]
    fn only_comments_and_indentation_are_left_out() {
        let text = "// What.\n/** One. */\nconst at = \"http://x\"; // kept\n/**\n * Two.\n */\n  *steps() {}\n";
        assert_eq!(
            without_comments(text),
            "const at = \"http://x\"; // kept\n*steps() {}\n"
        );
    }

    /// No budget is met by what a reader cannot read: only comments are left out.
    #[test]
    fn our_scripts_are_small() {
        let ours = FILES
            .iter()
            .filter(|(name, _)| name.ends_with(".js") && !name.starts_with("vendor/"));
        let size: usize = ours
            .map(|(name, bytes)| super::compress(&super::served(name, bytes)).len())
            .sum();
        assert!(size <= 60 * 1024, "{size} bytes compressed");
    }
}
