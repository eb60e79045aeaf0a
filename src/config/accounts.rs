//! The settings of accounts.

use super::reader::Reader;

/// When accounts are looked at again, and when those that nobody uses are disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Days without a sign-in after which an account is disabled; 0: never.
    pub disable_unused_days: u32,
    /// Days after which an account is to be looked at again; 0: never.
    pub review_days: u32,
}

impl Accounts {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            disable_unused_days: r.number("accounts.disable_unused_days", 180, 0..=3650),
            review_days: r.number("accounts.review_days", 180, 0..=3650),
        }
    }
}
