//! The pipeline's laws: neither cuts, threads, crashes nor a failing disk show in what comes out.

mod crash;
mod cuts;
mod retention;
mod waiting;
mod world;
