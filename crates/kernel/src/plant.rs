//! Bugs planted on purpose, to see that simulation finds them. Without the feature `plant` every question is answered by a
//! constant, and nothing of it is compiled in. A planted bug only changes what the code does; it tells nobody.

/// A realistic mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Bug {
    /// A row that says what is known already is taken as news.
    SkipDedupe = 1,
    /// A home that leaves the stock is not taken out of its market.
    ForgetRetraction,
    /// An event that is taken back stays counted.
    ForgetEvent,
    /// Closings fall on the day after.
    DayOff,
    /// After a restart the clock believes that it watched one day less.
    ClockOff,
    /// A listing gone from a snapshot is not marked for the next checkpoint.
    ForgetDirty,
    /// Where a feed stands is durable before its rows.
    CommitPositionEarly,
    /// Sinks are told before the log has it.
    PublishBeforeCommit,
    /// A restart takes the chunks of the checkpoint before, with the position of the newest.
    RestoreStaleCheckpoint,
    /// A restart drops the last batch, taking it for torn.
    LoseTornTail,
    /// A restart applies the batch before its checkpoint again.
    ReuseEpochBounds,
    /// Change rows that are held already are taken again.
    RepeatChanges,
    /// Entries of a checkpoint that could not be written are forgotten.
    LoseFailedCheckpoint,
    /// Batches are not synced.
    SkipSync,
    /// What a sink refused is not offered again.
    ForgetRefused,
    /// Decisions of people are lost in a restart from a checkpoint.
    LoseDecisions,
    /// A bit that the disk changed in a batch is not looked for.
    SkipChecksum,
    /// The norms by which values are judged are lost in a restart.
    LoseNorms,
}

impl Bug {
    /// Every bug.
    pub const ALL: [Self; 18] = [
        Self::SkipDedupe,
        Self::ForgetRetraction,
        Self::ForgetEvent,
        Self::DayOff,
        Self::ClockOff,
        Self::ForgetDirty,
        Self::CommitPositionEarly,
        Self::PublishBeforeCommit,
        Self::RestoreStaleCheckpoint,
        Self::LoseTornTail,
        Self::ReuseEpochBounds,
        Self::RepeatChanges,
        Self::LoseFailedCheckpoint,
        Self::SkipSync,
        Self::ForgetRefused,
        Self::LoseDecisions,
        Self::SkipChecksum,
        Self::LoseNorms,
    ];

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SkipDedupe => "skip-dedupe",
            Self::ForgetRetraction => "forget-retraction",
            Self::ForgetEvent => "forget-event",
            Self::DayOff => "day-off",
            Self::ClockOff => "clock-off",
            Self::ForgetDirty => "forget-dirty",
            Self::CommitPositionEarly => "commit-position-early",
            Self::PublishBeforeCommit => "publish-before-commit",
            Self::RestoreStaleCheckpoint => "restore-stale-checkpoint",
            Self::LoseTornTail => "lose-torn-tail",
            Self::ReuseEpochBounds => "reuse-epoch-bounds",
            Self::RepeatChanges => "repeat-changes",
            Self::LoseFailedCheckpoint => "lose-failed-checkpoint",
            Self::SkipSync => "skip-sync",
            Self::ForgetRefused => "forget-refused",
            Self::LoseDecisions => "lose-decisions",
            Self::SkipChecksum => "skip-checksum",
            Self::LoseNorms => "lose-norms",
        }
    }
}

#[cfg(feature = "plant")]
mod planted {
    use core::sync::atomic::{AtomicU32, Ordering};

    use super::Bug;

    static BUG: AtomicU32 = AtomicU32::new(0);

    /// Plants a bug, or none, for the whole process.
    pub fn plant(bug: Option<Bug>) {
        BUG.store(bug.map_or(0, |bug| bug as u32), Ordering::Relaxed);
    }

    /// Whether this bug is planted.
    #[must_use]
    pub fn is_planted(bug: Bug) -> bool {
        BUG.load(Ordering::Relaxed) == bug as u32
    }
}

#[cfg(feature = "plant")]
pub use planted::{is_planted, plant};

/// No bug is planted in this build.
#[cfg(not(feature = "plant"))]
#[inline(always)]
#[must_use]
pub const fn is_planted(_: Bug) -> bool {
    false
}
