//! One followed file: its mark, and what is known of it in this run. Decides what a change calls for;
//! touches no file.

use std::time::Duration;

use freehold_kernel::time::Millis;

use super::mark::{Mark, Stat, Tail};
use super::problem::Problem;
use super::reader::{Depth, RowReader, TailRule};
use crate::format::OpenedFile;

/// Up to here all that was consumed of a file is compared each time that it grows.
const COMPARED_BYTES_MAX: u64 = 64 << 20;

/// But no more often than this, so that a file that grows all the time is not read all the time.
const COMPARED_INTERVAL: Millis = 1000;

/// A file changed within this time may change again without its time of change moving.
const CLOCK_GRAIN: Millis = 100;

/// A followed file.
pub(super) struct Tracked {
    pub(super) mark: Mark,
    /// As last seen.
    pub(super) stat: Stat,
    /// Unchanged since.
    pub(super) seen_at: Millis,
    /// Not found since.
    pub(super) missing_since: Option<Millis>,
    /// All that was consumed was last compared then.
    pub(super) compared_at: Option<Millis>,
    /// Under this rule nothing is left in it as last seen.
    pub(super) drained: Option<TailRule>,
    /// Why its content, as last seen, is not taken.
    pub(super) problem: Option<Problem>,
    pub(super) opened: Option<OpenedFile>,
    /// Kept open, where going on is cheaper than starting again.
    pub(super) parked: Option<RowReader>,
}

impl Tracked {
    /// A file that was consumed up to `mark`, in an earlier run or not at all, and not looked at yet.
    pub(super) fn new(mark: Mark) -> Self {
        Self {
            mark,
            stat: mark.stat,
            seen_at: Millis::MAX,
            missing_since: None,
            compared_at: None,
            drained: None,
            problem: None,
            opened: None,
            parked: None,
        }
    }

    /// Takes note of what the file looks like now.
    pub(super) fn see(&mut self, stat: Stat, now: Millis) {
        self.missing_since = None;
        self.seen_at = self.seen_at.min(now);
        if stat != self.stat {
            self.stat = stat;
            self.seen_at = now;
            self.drained = None;
            self.problem = None;
        }
    }

    /// Nothing of the file was consumed.
    pub(super) fn is_untouched(&self) -> bool {
        self.mark.offset == 0
    }

    /// A file that looks like `stat`, under this one's name, needs no comparison to be taken for it until
    /// it is read on: nothing but growth happened, and that while it was followed.
    pub(super) fn is_likely(&self, stat: Stat) -> bool {
        let was_seen = self.seen_at != Millis::MAX;
        stat == self.stat || (was_seen && stat.has_grown_from(self.stat))
    }

    /// Its content is not the one consumed: it is to be read from its start.
    pub(super) fn restart(&mut self, stat: Stat) {
        self.mark = Mark::start(stat);
        self.compared_at = None;
        self.opened = None;
        self.parked = None;
    }

    /// It is a snapshot that was ended and has grown since: only the whole says what the snapshot names, so it is
    /// read again from its start.
    pub(super) fn tells_again(&self, stat: Stat) -> bool {
        self.mark.is_snapshot_ended && stat.has_grown_from(self.mark.stat)
    }

    /// What becomes of its last row: taken where the file is said to be complete (`finish`) or has been
    /// unchanged for `settle`.
    pub(super) fn rule(&self, now: Millis, settle: Duration, finish: bool) -> TailRule {
        let settle = Millis::try_from(settle.as_millis()).unwrap_or(Millis::MAX);
        if finish {
            TailRule::Take
        } else if now.saturating_sub(self.seen_at) >= settle {
            TailRule::IfUnchanged
        } else {
            TailRule::Wait
        }
    }

    /// Whether it must be opened at all.
    pub(super) fn needs_reading(&self, rule: TailRule) -> bool {
        let is_open = self.stat != self.mark.stat || !self.mark.is_finished;
        is_open && self.drained < Some(rule)
    }

    /// How much must be compared before the file, which looks like `stat` now, is read on.
    pub(super) fn comparison(&self, stat: Stat, now: Millis, is_quiet: bool) -> Depth {
        let is_due = self
            .compared_at
            .is_none_or(|then| now.saturating_sub(then) >= COMPARED_INTERVAL);
        let is_cheap = self.mark.offset <= COMPARED_BYTES_MAX && is_due;
        let is_whole = if stat == self.mark.stat {
            self.mark.is_suspect && is_quiet
        } else if stat.has_grown_from(self.mark.stat) {
            is_cheap || is_quiet
        } else {
            true
        };
        if is_whole { Depth::Whole } else { Depth::Ends }
    }

    /// The file, which looks like `stat`, was compared with what was consumed and is the same.
    pub(super) fn confirm(&mut self, stat: Stat, depth: Depth, now: Millis, is_quiet: bool) {
        if self.tells_again(stat) {
            return self.restart(stat);
        }
        match depth {
            Depth::Whole => {
                self.compared_at = Some(now);
                self.mark.is_suspect = false;
                self.parked = None;
            }
            Depth::Ends => self.mark.is_suspect |= stat != self.mark.stat,
        }
        self.mark_fresh(stat, now, is_quiet);
        if stat != self.mark.stat {
            self.mark.reopen(stat);
        }
    }

    /// A change right now may be followed by one that does not show.
    pub(super) fn mark_fresh(&mut self, stat: Stat, now: Millis, is_quiet: bool) {
        let modified = stat.modified.div_euclid(1_000_000);
        self.mark.is_suspect |= !is_quiet && modified.saturating_add(CLOCK_GRAIN) > now;
    }

    /// Worth keeping in the cursor.
    pub(super) fn is_recorded(&self) -> bool {
        self.mark.offset > 0 || self.mark.is_finished || self.mark.tail != Tail::Clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: Stat = Stat {
        device: 1,
        inode: 2,
        size: 100,
        modified: 5_000_000_000,
    };

    fn tracked(offset: u64) -> Tracked {
        let mut mark = Mark::start(STAT);
        mark.offset = offset;
        Tracked::new(mark)
    }

    #[test]
    fn a_change_that_is_no_growth_calls_for_a_whole_comparison() {
        let file = tracked(100);
        let touched = Stat {
            modified: 6,
            ..STAT
        };
        let replaced = Stat {
            inode: 9,
            size: 200,
            ..STAT
        };
        let shorter = Stat { size: 99, ..STAT };
        for stat in [touched, replaced, shorter] {
            assert_eq!(file.comparison(stat, 0, false), Depth::Whole);
        }
        assert_eq!(file.comparison(STAT, 0, true), Depth::Ends);
    }

    #[test]
    fn growth_of_a_large_file_is_compared_whole_only_once_it_is_quiet() {
        let grown = Stat {
            size: 200 << 20,
            ..STAT
        };
        let mut small = tracked(64 << 20);
        let mut large = tracked((64 << 20) + 1);
        assert_eq!(small.comparison(grown, 0, false), Depth::Whole);
        small.confirm(grown, Depth::Whole, 10_000, false);
        assert!(!small.mark.is_suspect);
        assert_eq!(large.comparison(grown, 0, false), Depth::Ends);
        large.confirm(grown, Depth::Ends, 10_000, false);
        assert!(large.mark.is_suspect && large.needs_reading(TailRule::IfUnchanged));
        assert_eq!(large.comparison(grown, 0, true), Depth::Whole);
    }

    #[test]
    fn growth_twice_a_second_is_compared_whole_once() {
        let mut file = tracked(50);
        let first = Stat { size: 150, ..STAT };
        let second = Stat { size: 151, ..STAT };
        file.confirm(first, Depth::Whole, 10_000, false);
        assert_eq!(file.comparison(second, 10_500, false), Depth::Ends);
        assert_eq!(file.comparison(second, 11_000, false), Depth::Whole);
    }

    #[test]
    fn a_file_changed_this_instant_is_suspect() {
        let mut file = tracked(0);
        file.mark_fresh(STAT, 5_050, false);
        assert!(file.mark.is_suspect);
        let mut file = tracked(0);
        file.mark_fresh(STAT, 5_100, false);
        assert!(!file.mark.is_suspect);
    }
}
