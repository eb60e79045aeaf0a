//! The settings of fixity: how often originals are read again, and how gently.

use super::reader::Reader;

/// How often every original is read again, and how gently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixity {
    /// Days within which every original is read.
    pub days: u32,
    /// Bytes a second at most.
    pub bytes_per_second: u64,
}

impl Fixity {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            days: r.number("fixity.days", 90, 1..=3650),
            bytes_per_second: r.number("fixity.megabytes_per_second", 8, 1..=10_000) * 1024 * 1024,
        }
    }
}
