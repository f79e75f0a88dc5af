//! The answers of the endpoints, one file a subject.

pub(super) mod days;
pub(super) mod explain;
pub(super) mod feeds;
pub(super) mod instance;
pub(super) mod lists;
pub(super) mod market;
pub(super) mod measures;
pub(super) mod metrics;
pub(super) mod series;
pub(super) mod trace;
pub(super) mod trends;
pub(super) mod why;
