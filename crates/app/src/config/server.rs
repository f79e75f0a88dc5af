//! `[server]`: where the page and the API are served, and who may ask.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use freehold_connectors::settings::{Problems, Section};

use crate::server::ListenSettings;

/// Where the page is when nobody says otherwise.
pub(crate) const DEFAULT_ADDRESS: &str = "127.0.0.1:8484";

/// Whether and how to serve.
#[derive(Clone)]
pub(crate) struct ServerConfig {
    /// `None`: not at all.
    pub(crate) listen: Option<ListenSettings>,
    /// What every request must carry.
    pub(crate) token: Option<String>,
    /// Nobody said where.
    pub(crate) is_default: bool,
}

/// An address that is none, or that may not be listened on.
#[derive(Debug)]
pub(crate) struct BadListen(pub(crate) String);

impl std::fmt::Display for BadListen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadListen {}

/// The address of `text`; `off` is none.
pub(crate) fn parse_address(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        format!("{text:?} is no address; wanted IP:PORT such as {DEFAULT_ADDRESS}, or off")
    })
}

pub(super) fn read(root: &mut Section, base: &Path, problems: &mut Problems) -> ServerConfig {
    let mut section = root.section("server", problems);
    let listen = section.text("listen", problems);
    let is_default = listen.is_none();
    let text = listen.unwrap_or_else(|| DEFAULT_ADDRESS.into());
    let address = parse_address(&text).unwrap_or_else(|_| {
        problems.note(
            "server.listen",
            format!("{text:?}"),
            "IP:PORT such as \"127.0.0.1:8484\", or \"off\"",
        );
        None
    });
    let mut file = |key| section.text(key, problems).map(|path| base.join(path));
    let (certificate, key): (Option<PathBuf>, Option<PathBuf>) = (file("certificate"), file("key"));
    let token = section.text("token", problems);
    let connections_max = section
        .integer("connections_max", 1..=100_000, problems)
        .unwrap_or(1024);
    section.finish(problems);
    if certificate.is_some() != key.is_some() {
        problems.note(
            "server.certificate",
            "one without the other",
            "both server.certificate and server.key, or neither",
        );
    }
    if token.as_ref().is_some_and(|token| token.len() < 16) {
        problems.note(
            "server.token",
            "a token of fewer than 16 characters",
            "a long random text, best from ${ENV}",
        );
    }
    let is_open = address.is_some_and(|address| !address.ip().is_loopback());
    if is_open && (certificate.is_none() || token.is_none()) {
        problems.note(
            "server.listen",
            format!("{text:?}, which is not of this machine alone"),
            "TLS (server.certificate and server.key) and server.token beside it, or 127.0.0.1",
        );
    }
    let listen = address.map(|address| ListenSettings {
        address,
        may_move: is_default,
        connections_max: connections_max as usize,
        certificate,
        key,
    });
    ServerConfig {
        listen,
        token,
        is_default,
    }
}
