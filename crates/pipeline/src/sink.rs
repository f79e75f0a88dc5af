//! What is published of an epoch. A sink keeps the identity of what it holds (positions, never epoch numbers),
//! so that what comes again after a restart changes nothing.

use freehold_kernel::time::Millis;

use crate::engine::Engine;

/// Takes what an epoch changed.
pub trait Sink: Send {
    /// The engine stands at the end of an epoch, at wall time `now`; `is_last` when no more will come soon, so
    /// that a sink with a cadence should not wait for its next turn.
    ///
    /// # Errors
    /// When not all could be published. It will be asked again with the next epoch, and must then publish what is missing;
    /// what it published before may come again.
    fn publish(&mut self, engine: &mut Engine, now: Millis, is_last: bool)
    -> Result<(), SinkError>;
}

/// A sink could not take an epoch.
#[derive(Debug, thiserror::Error)]
#[error("publish to {sink}: {cause}")]
pub struct SinkError {
    /// Which sink.
    pub sink: String,
    /// What went wrong.
    pub cause: String,
}
