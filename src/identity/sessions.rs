//! Sessions: a random token in a cookie, its digest in the database, an idle and an absolute limit.

use sqlx::AnyConnection;

use crate::case::ids::Digest;
use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::sessions as rows;
use crate::store::{Store, StoreError};

/// How long a session lasts, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a request.
    pub idle: i64,
    /// At most.
    pub absolute: i64,
}

/// A session's secret, as the cookie holds it.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(redacted)")
    }
}

impl Token {
    /// A new one: 256 random bits.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&world.entropy.bytes::<32>()))
    }

    /// From a cookie.
    #[must_use]
    pub fn from_cookie(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For a cookie.
    #[must_use]
    pub fn as_cookie(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

/// Begins a session and sweeps those that are over.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store, world: &World, limits: Limits, person: &str) -> Result<Token, StoreError> {
    let token = Token::new(world);
    let now = world.now();
    let mut tx = store.write().await?;
    rows::sweep(&mut tx, now - limits.idle, now - limits.absolute).await?;
    rows::add(&mut tx, &token.hash(), person, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn end(store: &Store, token: &Token) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    rows::end(&mut tx, &token.hash()).await?;
    Ok(tx.commit().await?)
}

/// Whose session this is, with roles as they are now; nothing when it is over or the account is disabled.
///
/// # Errors
/// When the database fails.
pub async fn resume(
    store: &Store,
    world: &World,
    limits: Limits,
    token: &Token,
) -> Result<Option<Person>, StoreError> {
    let now = world.now();
    let mut db = store.read().await?;
    let Some(person) = person_of(&mut db, token, limits, now).await? else { return Ok(None) };
    drop(db);
    Ok(Some(person))
}

async fn person_of(
    db: &mut AnyConnection,
    token: &Token,
    limits: Limits,
    now: i64,
) -> Result<Option<Person>, StoreError> {
    const MINUTE: i64 = 60_000;
    let hash = token.hash();
    let Some(session) = rows::find(db, &hash).await? else { return Ok(None) };
    if session.seen_at < now - limits.idle || session.created_at < now - limits.absolute {
        return Ok(None);
    }
    if session.seen_at < now - MINUTE {
        // Once a minute is exact enough for a limit of many minutes, and spares a write per request.
        rows::touch(db, &hash, now).await?;
    }
    Ok(people::by_id(db, &session.person_id).await?.filter(|person| person.active))
}
