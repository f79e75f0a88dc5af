//! The binary in a directory of its own, from its start to its end.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::feed::configuration;
use crate::options::Options;

/// How long the page may take to be there.
const START_TIME: Duration = Duration::from_secs(60);

/// Messages of the binary that are kept for a failure.
const MESSAGES_KEPT: usize = 20;

type Messages = Arc<Mutex<VecDeque<String>>>;

/// A running server; dropping it ends the process and removes its directory.
pub(crate) struct Instance {
    child: Child,
    _folder: Folder,
    messages: Messages,
    /// Host and port.
    pub(crate) address: String,
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory that is removed when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Instance {
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let name = format!("freehold-serving-{}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).context("make a directory for the instance")?;
        let config = folder.0.join("freehold.toml");
        std::fs::write(&config, configuration(options)).context("write the configuration")?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_freehold"))
            .args(["run", "--config", "freehold.toml", "--data-dir", "instance"])
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("start the binary")?;
        let said = child.stderr.take().context("take the binary's messages")?;
        let mut instance = Self {
            child,
            _folder: folder,
            messages: Messages::default(),
            address: String::new(),
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        let messages = Arc::clone(&instance.messages);
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("page at http://") {
                    let _ = sender.send(address.trim_end_matches('/').to_owned());
                }
                let Ok(mut messages) = messages.lock() else {
                    return;
                };
                messages.push_back(line);
                if messages.len() > MESSAGES_KEPT {
                    messages.pop_front();
                }
            }
        });
        match receiver.recv_timeout(START_TIME) {
            Ok(address) => instance.address = address,
            Err(_) => bail!("the binary names no page; it said:\n{}", instance.said()),
        }
        Ok(instance)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails when the process has ended, with what it said last.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait().context("look at the server")? {
            bail!("the server ended with {status}; it said:\n{}", self.said());
        }
        Ok(())
    }

    fn said(&self) -> String {
        let messages = self.messages.lock();
        messages.map_or_else(
            |_| String::new(),
            |messages| Vec::from(messages.clone()).join("\n"),
        )
    }
}
