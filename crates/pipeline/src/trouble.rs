//! What keeps a running instance from doing all of its work, and goes away by itself when there is room again or an outside
//! system answers: for whoever asks how it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::driver::lock;

/// What cannot be done just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Rows cannot be made durable: feeds wait.
    Log,
    /// Change rows cannot be written: they wait in memory.
    Changes,
    /// No checkpoint can be written: a restart would replay more.
    Checkpoint,
    /// A sink does not take what is published: it will be offered again.
    Sink,
}

impl Work {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Changes => "change_rows",
            Self::Checkpoint => "checkpoint",
            Self::Sink => "sink",
        }
    }
}

/// The troubles of one instance, with why.
#[derive(Debug, Clone, Default)]
pub struct Troubles(Arc<Mutex<BTreeMap<Work, String>>>);

impl Troubles {
    /// Notes why work cannot be done, or that it can. True when that is news.
    pub fn set(&self, work: Work, why: Option<String>) -> bool {
        let mut known = lock(&self.0);
        match why {
            Some(why) => known.insert(work, why).is_none(),
            None => known.remove(&work).is_some(),
        }
    }

    /// What cannot be done just now, and why.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Work, String> {
        lock(&self.0).clone()
    }
}
