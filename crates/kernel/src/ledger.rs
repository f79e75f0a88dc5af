//! The ledger of a feed: each row received falls in exactly one class, and the sum is kept in the open.

/// Counts of one feed. `received` is always the sum of the six classes; `tombstones` are derived records
/// and count apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Data rows or JSON objects received.
    pub received: u64,
    /// Took their place in a listing's history.
    pub accepted: u64,
    /// Same time and content as a version that we hold.
    pub duplicate: u64,
    /// Add nothing to a history already compacted.
    pub stale: u64,
    /// Older than the horizon, with a newer version held.
    pub late: u64,
    /// Waiting for evidence.
    pub held: u64,
    /// Could not be used.
    pub rejected: u64,
    /// Listings found gone by a snapshot or reconcile.
    pub tombstones: u64,
}

impl Ledger {
    /// The names of [`Ledger::counts`], in every output.
    pub const CLASSES: [&str; 8] = [
        "received",
        "accepted",
        "duplicate",
        "stale",
        "late",
        "held",
        "rejected",
        "tombstones",
    ];

    /// Received less the sum of its classes: 0, or rows were lost or doubled.
    #[must_use]
    pub fn imbalance(&self) -> i64 {
        let classes =
            self.accepted + self.duplicate + self.stale + self.late + self.held + self.rejected;
        self.received as i64 - classes as i64
    }

    /// Adds another shard's counts.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.duplicate += other.duplicate;
        self.stale += other.stale;
        self.late += other.late;
        self.held += other.held;
        self.rejected += other.rejected;
        self.tombstones += other.tombstones;
    }

    /// The counts in their stored order.
    #[must_use]
    pub fn counts(&self) -> [u64; 8] {
        [
            self.received,
            self.accepted,
            self.duplicate,
            self.stale,
            self.late,
            self.held,
            self.rejected,
            self.tombstones,
        ]
    }

    /// The inverse of [`Ledger::counts`].
    #[must_use]
    pub fn from_counts(counts: [u64; 8]) -> Self {
        let [
            received,
            accepted,
            duplicate,
            stale,
            late,
            held,
            rejected,
            tombstones,
        ] = counts;
        Self {
            received,
            accepted,
            duplicate,
            stale,
            late,
            held,
            rejected,
            tombstones,
        }
    }
}
