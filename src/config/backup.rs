//! The settings of backups that the service makes itself, and of the warning that there is none.

use std::path::PathBuf;

use super::reader::Reader;

/// Where to, how often, and when somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The folder of backups, where the ledger of disposals is kept up to date too; none: the service makes none itself.
    pub folder: Option<PathBuf>,
    /// Hours from one to the next.
    pub every_hours: u32,
    /// Generations that are kept.
    pub keep: u16,
    /// Days after which the newest backup, whoever made it, is too old; 0: never.
    pub warn_days: u32,
}

impl Backup {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            folder: r.path("backup.folder"),
            every_hours: r.number("backup.every_hours", 24, 1..=744),
            keep: r.number("backup.keep", 14, 1..=1000),
            warn_days: r.number("backup.warn_days", 7, 0..=3650),
        }
    }
}
