//! One-time links in mails: a random secret in the link, its digest in the database, good for one use and a while.
//!
//! A secret is made when the mail is written and rests nowhere else. Opening the page of a link doesn't use it
//! up: mail programs look at links by themselves.

use sqlx::AnyConnection;

use crate::case::ids::Digest;
use crate::clock::World;
use crate::store::{StoreError, links};

const MINUTE: i64 = 60_000;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Confirms the address of a registration.
    Register,
    /// Sets a new password.
    Password,
    /// Says at the new address that the account may move there.
    NewAddress,
    /// Says at the old address that the account may move away.
    OldAddress,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Password => "password",
            Self::NewAddress => "new-address",
            Self::OldAddress => "old-address",
        }
    }

    /// How long such a link is good for, in milliseconds.
    #[must_use]
    pub const fn good_millis(self) -> i64 {
        match self {
            Self::Password => 15 * MINUTE,
            Self::Register | Self::NewAddress | Self::OldAddress => 24 * 60 * MINUTE,
        }
    }
}

/// A link's secret: 256 random bits.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Secret {
    fn new(world: &World) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&world.entropy.bytes::<32>()))
    }

    /// From a link.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For a link.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

/// Makes a link in place of earlier ones for the same, and sweeps those that are over.
///
/// # Errors
/// When the database fails.
pub async fn make(
    db: &mut AnyConnection,
    world: &World,
    purpose: Purpose,
    subject: &str,
) -> Result<Secret, StoreError> {
    let (secret, now) = (Secret::new(world), world.now());
    links::sweep(db, now).await?;
    links::put(db, &secret.hash(), purpose.name(), subject, now + purpose.good_millis()).await?;
    Ok(secret)
}

/// What a link that is still good is for.
///
/// # Errors
/// When the database fails.
pub async fn peek(
    db: &mut AnyConnection,
    world: &World,
    purpose: Purpose,
    secret: &Secret,
) -> Result<Option<String>, StoreError> {
    links::find(db, &secret.hash(), purpose.name(), world.now()).await
}

/// Uses a link up: what it was for, if it was still good.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &mut AnyConnection,
    world: &World,
    purpose: Purpose,
    secret: &Secret,
) -> Result<Option<String>, StoreError> {
    links::take(db, &secret.hash(), purpose.name(), world.now()).await
}

/// Ends the links for something.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut AnyConnection, purpose: Purpose, subject: &str) -> Result<(), StoreError> {
    links::forget(db, purpose.name(), subject).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_never_shown() {
        let world = World::seeded(1, 0);
        let secret = Secret::new(&world);
        assert_eq!(secret.as_text().len(), 43);
        assert_ne!(secret.as_text(), Secret::new(&world).as_text());
        assert!(!format!("{secret:?}").contains(secret.as_text()));
        assert_eq!(Secret::from_text(secret.as_text()).hash(), secret.hash());
    }
}
