//! Feeds: files by declaration (`files` follows them, `mapping` reads them) and the market `simulator`.
//! One folder a system; each turns what it receives into records of the kernel's canonical fields.

pub mod files;
pub mod format;
pub mod mapping;
pub mod settings;
pub mod simulator;
