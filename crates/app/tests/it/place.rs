//! A directory of a test's own, and the binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A fresh directory, removed when it is dropped.
pub(crate) struct Place(PathBuf);

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("output is text"),
            err: String::from_utf8(output.stderr).expect("messages are text"),
        }
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("freehold-it-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a fresh directory");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        std::fs::write(path, bytes).expect("written");
        self
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path(name))
            .expect("opened");
        file.write_all(text.as_bytes()).expect("appended");
    }

    /// The binary with words as its command line, in this directory.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
        command.args(line).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    pub(crate) fn say(&self, line: &[&str]) -> Said {
        self.command(line)
            .output()
            .expect("the binary starts")
            .into()
    }

    /// Runs `c.toml` on `d` until its feeds are idle.
    pub(crate) fn run(&self) -> Said {
        self.say(&[
            "run",
            "--config",
            "c.toml",
            "--data-dir",
            "d",
            "--until-idle",
            "--quiet",
        ])
    }

    /// Like [`Place::run`], and it must go well.
    pub(crate) fn run_well(&self) {
        let said = self.run();
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    }

    /// The answer to a question about `d`, as CSV.
    pub(crate) fn ask(&self, line: &[&str]) -> String {
        let said = self.try_ask(line);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{line:?}");
        said.out
    }

    pub(crate) fn try_ask(&self, line: &[&str]) -> Said {
        let mut words = line.to_vec();
        words.extend(["--data-dir", "d", "--format", "csv"]);
        self.say(&words)
    }

    /// Starts `c.toml` on `d`, waits until it listens, and lets it run.
    pub(crate) fn start(&self) -> Running {
        // What a killed one left behind would be taken for the new one's.
        let _ = std::fs::remove_file(self.path("d/control.sock"));
        let mut command =
            self.command(&["run", "--config", "c.toml", "--data-dir", "d", "--quiet"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        self.wait_for_path("d/control.sock");
        Running(Some(child))
    }

    /// Asks until the answer is as wanted.
    pub(crate) fn wait_for(&self, line: &[&str], is_wanted: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let said = self.try_ask(line);
            if said.code == 0 && is_wanted(&said.out) {
                return said.out;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "waited for {line:?}: {said:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a path is there.
    pub(crate) fn wait_for_path(&self, name: &str) {
        let started = Instant::now();
        while !self.path(name).exists() {
            assert!(started.elapsed() < PATIENCE, "waited for {name}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running instance; killed when a test forgets it.
pub(crate) struct Running(Option<Child>);

impl Running {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("not ended yet")
    }

    /// Ctrl-C, and how it ended.
    pub(crate) fn interrupt(mut self) -> Said {
        let id = self.child().id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill is there").success());
        self.end()
    }

    /// SIGKILL: no chance to say good-bye.
    pub(crate) fn kill(mut self) {
        self.child().kill().expect("it can be killed");
        self.end();
    }

    fn end(&mut self) -> Said {
        let child = self.0.take().expect("not ended yet");
        child.wait_with_output().expect("it ends").into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Bytes of a file of the repository's examples.
pub(crate) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    std::fs::read_to_string(path).expect("an example")
}
