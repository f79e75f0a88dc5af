//! Sources, the durable log, the epoch driver, checkpoints and recovery around the kernel.

pub mod source;
