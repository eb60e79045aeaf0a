//! One integration binary whose tree mirrors the walk of the paper.
//!
//! Tests that touch the store are written once with `both!` and run on SQLite and on PostgreSQL:
//! `tests/garage tests/postgres cargo nextest run --test suite`, or everything with `tests/run`.

#![expect(clippy::unwrap_used, reason = "what can't be had ends the test")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "expected lists read as lists")]

use casebind_scans as scans;

#[macro_use]
mod support;

mod access;
mod admin;
mod api;
mod architecture;
mod backup;
mod bags;
mod bucket;
mod case;
mod commands;
mod crash;
mod custody;
mod disposal;
mod entrance;
mod fixity;
mod forms;
mod identity;
mod intake;
mod network;
mod notices;
mod operation;
mod paper;
mod retention;
mod retrieval;
mod review;
mod samples;
mod sealed;
mod sign_on;
mod store;
mod walk;
mod web;
mod zones;
