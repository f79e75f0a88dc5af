//! What went wrong with one path, kept until the file changes, and how it becomes a `SourceError`.

use std::io;

use freehold_pipeline::source::{SourceError, SourceErrorKind};

/// An error of one file, that can be reported more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: SourceErrorKind,
    pub(super) doing: String,
    pub(super) cause: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    /// Something that a person must change.
    pub(super) fn fix(doing: String, cause: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            kind: SourceErrorKind::FixConfig,
            doing,
            cause: cause.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// From the operating system.
    pub(super) fn io(doing: String, error: &io::Error) -> Self {
        use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
        let (kind, hint) = match error.kind() {
            PermissionDenied => (
                SourceErrorKind::FixConfig,
                Some("let the user that runs freehold read it"),
            ),
            NotFound => (SourceErrorKind::FixConfig, Some("check the path")),
            IsADirectory | NotADirectory => (SourceErrorKind::FixConfig, None),
            _ => (SourceErrorKind::Retry, None),
        };
        Self {
            kind,
            doing,
            cause: error.to_string(),
            hint: hint.map(str::to_owned),
        }
    }
}

impl Problem {
    /// As an error of the feed of that name.
    pub(super) fn of_feed(mut self, feed_name: &str) -> SourceError {
        self.doing = format!("feed {feed_name}: {}", self.doing);
        self.into()
    }
}

impl From<Problem> for SourceError {
    fn from(problem: Problem) -> Self {
        Self {
            kind: problem.kind,
            doing: problem.doing,
            cause: problem.cause,
            hint: problem.hint,
        }
    }
}

/// One error for all problems of a feed's sweep: the first in full, three more in short.
pub(super) fn join(feed_name: &str, problems: Vec<Problem>) -> Option<SourceError> {
    let mut problems = problems.into_iter();
    let mut first = problems.next()?;
    let others: Vec<String> = problems
        .map(|problem| {
            if problem.kind == SourceErrorKind::FixConfig {
                first.kind = SourceErrorKind::FixConfig;
            }
            format!("{}: {}", problem.doing, problem.cause)
        })
        .collect();
    if !others.is_empty() {
        let more = others.len();
        let shown: Vec<String> = others.into_iter().take(3).collect();
        first.cause = format!("{}; {more} more: {}", first.cause, shown.join("; "));
    }
    Some(first.of_feed(feed_name))
}
