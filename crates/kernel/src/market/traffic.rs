//! How busy a market is, for those who watch it: no part of its state, and begun anew with the process.

use crate::record::FeedId;

/// What has come to a market since the process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Accepted observations of listings that stood here.
    pub updates: u64,
    /// Grows whenever anything that a reading may rest on changes.
    pub revision: u64,
    /// Feeds that ever had a listing here, also before the process began.
    pub feeds: Vec<FeedId>,
}

impl Traffic {
    /// A listing of `feed` stands here.
    #[inline]
    pub(super) fn note_feed(&mut self, feed: FeedId) {
        if let Err(at) = self.feeds.binary_search(&feed) {
            self.feeds.insert(at, feed);
        }
    }

    /// Adds up what came to several leaves.
    pub(super) fn add(&mut self, other: &Self) {
        self.updates += other.updates;
        self.revision += other.revision;
        other.feeds.iter().for_each(|feed| self.note_feed(*feed));
    }
}
