//! Pages in a real browser, by Node.js and Chromium: `tests/browser/load.mjs` opens and measures them.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::options::Options;

/// The browser's pages are measured this long before their phase ends.
const LEAD_SECONDS: u64 = 5;

/// How long the report may take behind the phase.
const PATIENCE: Duration = Duration::from_secs(60);

/// Running pages; dropping them ends the process.
pub(crate) struct Pages(Option<(Browser, oneshot::Receiver<String>)>);

struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `load.mjs` prints.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Report {
    pub(crate) pages: Vec<Page>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    address: String,
    /// What the page says of its connection at the end: live, lagging …
    state: String,
    early: Measured,
    end: Measured,
    tasks: Tasks,
    pub(crate) faults: Vec<String>,
}

/// A page behind a collection of garbage.
#[derive(Debug, Deserialize)]
struct Measured {
    second: f64,
    heap: f64,
    nodes: u64,
    listeners: u64,
}

#[derive(Debug, Deserialize)]
struct Tasks {
    all: u64,
    longest_ms: f64,
}

impl Page {
    pub(crate) fn text(&self) -> String {
        let measured = |at: &Measured| {
            format!(
                "heap {:.1} MB, {} nodes, {} listeners after {:.0} s",
                at.heap / 1e6,
                at.nodes,
                at.listeners,
                at.second
            )
        };
        format!(
            "page {}: {}; {}; {} tasks over 50 ms, longest {:.0} ms; {} at the end",
            self.address,
            measured(&self.early),
            measured(&self.end),
            self.tasks.all,
            self.tasks.longest_ms,
            self.state
        )
    }
}

impl Pages {
    /// Opens the pages for `seconds`.
    pub(crate) fn start(address: &str, options: &Options, seconds: u64) -> Result<Self> {
        if options.pages == 0 {
            return Ok(Self(None));
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/browser/load.mjs");
        let seconds = seconds.saturating_sub(LEAD_SECONDS);
        let child = Command::new("node")
            .arg(script)
            .arg(format!("http://{address}"))
            .args([seconds.to_string(), options.pages.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("start node for the pages (--pages 0 goes without)")?;
        let mut browser = Browser(child);
        let mut said = browser.0.stdout.take().context("take the pages' report")?;
        let (sender, receiver) = oneshot::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = said.read_to_string(&mut text);
            let _ = sender.send(text);
        });
        Ok(Self(Some((browser, receiver))))
    }

    /// Waits for the end of the pages.
    pub(crate) async fn report(self) -> Result<Report> {
        let Some((_browser, receiver)) = self.0 else {
            return Ok(Report::default());
        };
        match tokio::time::timeout(PATIENCE, receiver).await {
            Ok(text) => serde_json::from_str(&text.unwrap_or_default())
                .context("read the pages' report, which load.mjs prints"),
            Err(_) => bail!("the pages gave no report in {} s", PATIENCE.as_secs()),
        }
    }
}
