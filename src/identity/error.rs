//! What can go wrong at the doors that isn't a refusal.

use crate::store::{StoreError, Uncommitted};

use super::keys::Unopened;
use super::passwords::PasswordError;

/// Why nobody can be let in or turned away just now. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A second factor was sealed with another key than the installation has.
    #[error("a second factor can't be opened: keys/doors.key isn't the key that it was sealed with")]
    Sealed(#[from] Unopened),
    /// A hash couldn't be made.
    #[error(transparent)]
    Hash(PasswordError),
}

impl From<Uncommitted> for DoorError {
    fn from(error: Uncommitted) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for DoorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
