//! The binary as its users meet it: real files in a directory of their own, whole outputs compared.

mod asking;
mod configuration;
mod feeds;
mod licences;
mod live;
mod place;
mod purging;
mod reading;
mod reference;
mod refusing;
mod restarting;
mod snapshots;
mod verifying;
