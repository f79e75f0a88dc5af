//! What those who watch a shard ask beside its state: how far each feed's listings reach in time, and what became
//! of the newest records. Nothing of it is stored, and no number depends on it.

use crate::listing::Verdict;
use crate::record::FeedId;
use crate::time::Millis;

/// How many of the newest positions are remembered with their verdicts; a power of two.
pub const VERDICTS_KEPT: u64 = 1 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Newest event time of each feed's accepted observations.
    newest_events: Vec<Millis>,
    oldest_event: Millis,
    /// By position, in a ring: 0 for unknown, else the verdict's place in [`VERDICTS`] from 1.
    verdicts: Vec<u8>,
}

const VERDICTS: [Verdict; 7] = [
    Verdict::Rejected,
    Verdict::Duplicate,
    Verdict::Stale,
    Verdict::Late,
    Verdict::First,
    Verdict::Newest,
    Verdict::Inserted,
];

impl Watch {
    pub(crate) fn new(feeds: usize) -> Self {
        Self {
            newest_events: vec![Millis::MIN; feeds],
            oldest_event: Millis::MAX,
            verdicts: vec![0; VERDICTS_KEPT as usize],
        }
    }

    pub(crate) fn newest_events(&self) -> &[Millis] {
        &self.newest_events
    }

    pub(crate) fn oldest_event(&self) -> Option<Millis> {
        (self.oldest_event != Millis::MAX).then_some(self.oldest_event)
    }

    /// A listing of `feed` has a version of this time.
    #[inline]
    pub(crate) fn note_event(&mut self, feed: FeedId, time: Millis) {
        let at = usize::from(feed.0);
        if at >= self.newest_events.len() {
            self.newest_events.resize(at + 1, Millis::MIN);
        }
        self.newest_events[at] = self.newest_events[at].max(time);
        self.oldest_event = self.oldest_event.min(time);
    }

    #[inline]
    pub(crate) fn note_verdict(&mut self, position: u64, verdict: Verdict) {
        self.verdicts[(position % VERDICTS_KEPT) as usize] = verdict as u8 + 1;
    }

    /// The verdict on the observation at `position`, which must be one of the newest [`VERDICTS_KEPT`] positions
    /// and this shard's own; `None` when it was applied before this process began.
    pub(crate) fn verdict(&self, position: u64) -> Option<Verdict> {
        let code = self.verdicts[(position % VERDICTS_KEPT) as usize];
        VERDICTS.get(usize::from(code).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_reads_back_and_a_lap_later_the_newer_one_does() {
        let mut watch = Watch::new(0);
        for (position, verdict) in (0..).zip(VERDICTS) {
            assert_eq!(watch.verdict(position), None);
            watch.note_verdict(position, verdict);
            assert_eq!(watch.verdict(position), Some(verdict));
        }
        watch.note_verdict(VERDICTS_KEPT, Verdict::Late);
        assert_eq!(watch.verdict(VERDICTS_KEPT), Some(Verdict::Late));
        assert_eq!(watch.verdict(1), Some(Verdict::Duplicate));
    }

    #[test]
    fn events_reach_from_the_oldest_to_each_feeds_newest() {
        let mut watch = Watch::new(1);
        assert_eq!(watch.oldest_event(), None);
        watch.note_event(FeedId(2), 500);
        watch.note_event(FeedId(0), 700);
        watch.note_event(FeedId(2), 300);
        assert_eq!(watch.newest_events(), &[700, Millis::MIN, 500]);
        assert_eq!(watch.oldest_event(), Some(300));
    }
}
