//! One integration binary whose tree mirrors the walk of the paper.

mod case;
mod intake;
mod paper;
#[path = "../scans/mod.rs"]
mod scans;
