//! What was answered with success survives a killed process and a full disk.

mod disk_full;
pub mod killed;
mod server;

pub use server::Server;
