//! One integration binary whose tree mirrors the walk of the paper.
//!
//! Tests that touch the store are written once with `both!` and run on SQLite and on PostgreSQL:
//! `tests/postgres cargo nextest run --test suite`, or everything with `tests/run`.

#[path = "../scans/mod.rs"]
#[expect(unused_imports, reason = "the generator of scans serves other tests and benches as well")]
mod scans;
#[macro_use]
mod support;

mod access;
mod architecture;
mod case;
mod intake;
mod paper;
#[path = "../scans/mod.rs"]
mod scans;
mod commands;
mod crash;
mod identity;
mod store;
mod walk;
mod web;
