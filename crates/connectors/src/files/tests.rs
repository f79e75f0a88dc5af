//! What following a feed of files must keep, file operation by file operation.

mod changes;
mod content;
mod harness;
mod random;
