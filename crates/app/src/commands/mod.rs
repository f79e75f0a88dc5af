//! One file a command.

pub(crate) mod ask;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod correct;
pub(crate) mod demo;
pub(crate) mod held;
pub(crate) mod init;
pub(crate) mod purge;
pub(crate) mod replay;
pub(crate) mod reprocess;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod simulate;
pub(crate) mod verify;
