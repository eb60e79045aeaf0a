//! What was answered with success survives a killed process, a full disk, and folders and databases that go away.

/// A release has no points to die at.
#[cfg(debug_assertions)]
mod batches;
mod database_gone;
mod disk_full;
mod folder_gone;
mod gate;
pub mod killed;
#[cfg(debug_assertions)]
mod points;
mod server;
pub mod uploads;

pub use server::{Server, ask};
