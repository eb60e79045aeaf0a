//! Casebind: from a case record to a sealed, scanned and provable application form.
//!
//! A document walks through the rooms of this house in this order:
//!
//! 1. [`case`]: the record, its life cycle and its rules. Pure.
//! 2. [`forms`]: a case record becomes a printed form (PDF/A) with a printed code and seal boxes.
//! 3. [`intake`]: untrusted bytes become an accepted document, or a refusal in words.
//! 4. [`paper`]: what is on a scanned page: which case, revision and page, and which boxes are sealed. A crate of
//!    its own, so that it is optimised wherever it is built.
//! 5. [`archive`]: originals by digest: put, open, check.
//! 6. [`custody`]: events and accesses as a hash chain with signed checkpoints. Pure.
//! 7. [`steps`]: one file per step that people take: open, edit, print, scan, submit, review, dispatch, close.
//! 8. [`mail`]: letters about what waits, and the outbox that they are put into.
//! 9. [`store`]: the only SQL. [`identity`]: who someone is. [`web`]: thin HTTP over the steps.
//!    [`metrics`]: what is counted of all that. [`keyring`]: the keys of what is encrypted at rest.
//!
//! # Invariants
//!
//! - A case is submitted only with an accepted scan of the newest revision bound to it.
//! - What was answered with success is on disk: original first, then one transaction.
//! - An original is never changed and lies sealed; every retrieval opens and hashes it again before the first byte goes out.
//! - No case is disposed of but by two people; words go in one transaction, files after it, and no crash stops that.
//! - `case` knows no IO; dependencies run `web -> steps -> {case, forms, intake, paper, archive, custody, store}`.
//! - What people type about a child is sealed in the database, with keys that aren't in it.
//! - Every event and every trace has its entry in the custody chain from the same transaction on.
//! - Untrusted PDFs are opened only in a child process with limits.
//!
//! # Reading order
//!
//! [`case::lifecycle`] (the table), `case::fields`, [`forms`], [`paper`], `steps::submit`, `web`.

pub mod archive;
pub mod case;
pub mod clock;
pub mod config;
pub mod custody;
pub mod fault;
pub mod forms;
pub mod identity;
pub mod intake;
pub mod keyring;
pub mod mail;
pub mod metrics;
pub mod steps;
pub mod store;
pub mod telemetry;
pub mod web;

pub mod cli;

pub use casebind_paper as paper;

/// Typesetting is many small allocations: a quarter of its time went to the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
