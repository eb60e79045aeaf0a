//! What a process says of itself while it may be sealing files: they lie outside any transaction, so that nobody could
//! see those that are on their way otherwise.
//!
//! A process says which generation it begins files with and the oldest that one is under way with, says it again when that
//! changes and long before it ends ([`HOLDS`]), and begins and stores files only meanwhile ([`crate::keyring::Keys::begin`]).
//! A generation is given up when no living process says it or an older one, and only then its files are counted. A process
//! that died is waited for until what it said has ended; one that stood still for longer, or whose machine was suspended,
//! finds its files given up. Where somebody writes for so long that it can't be said in time, what is under way is given up
//! too, and what is begun waits a while for it to be said again.

use std::time::Duration;

use crate::clock::Moment;
use crate::store::{Db, Store, StoreError};

use super::known;

/// How long what a process says of itself holds for others.
pub const HOLDS: Duration = Duration::from_secs(40);
/// How much earlier it ends for the process itself: clocks agree to within seconds, and a file gets its name in less.
const EARLIER: Duration = Duration::from_secs(10);
/// After this it is said again although nothing has changed.
const AGAIN: Duration = Duration::from_secs(10);

/// What was said last.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    newest: u32,
    oldest: u32,
    at: Moment,
}

/// Says with which generations this process seals, and lets it; a new one is made known first. `id` is like no other
/// process's; `now` is the time of the day, epoch milliseconds. None: there are no keys.
///
/// # Errors
/// When the database fails, or the key that everybody seals with isn't here.
pub async fn say(store: &Store, id: &str, now: i64) -> Result<Option<Said>, StoreError> {
    let sealer = store.sealer();
    let Some(keys) = sealer.keys() else { return Ok(None) };
    let at = keys.clocks().at(now);
    let Some(newest) = known::prove_own(store).await? else { return Ok(None) };
    let mut tx = store.write().await?;
    // Whoever raises the floor sees this process, or this process sees the floor.
    known::share(&mut tx).await?;
    known::insist_newest(&mut tx, newest).await?;
    let oldest = keys.admit(newest);
    let holds = i64::try_from(HOLDS.as_millis()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO sealers (id, generation, newest, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, newest = excluded.newest, \
         until = excluded.until",
    )
    .bind(id)
    .bind(i64::from(oldest))
    .bind(i64::from(newest))
    .bind(now + holds)
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM sealers WHERE until < $1").bind(now - holds).execute(&mut **tx).await?;
    tx.commit().await?;
    keys.confirm(at, HOLDS - EARLIER);
    sealer.said_as(id);
    Ok(Some(Said { newest, oldest, at }))
}

/// Whether it is time to say something again.
#[must_use]
pub fn is_due(store: &Store, said: &Said) -> bool {
    let Some(keys) = store.sealer().keys() else { return false };
    let newest = keys.all().newest().number();
    let oldest = keys.oldest_under_way().map_or(said.newest, |oldest| oldest.min(said.newest));
    keys.clocks().since(said.at) >= AGAIN || newest != said.newest || oldest != said.oldest
}

/// Says that this process seals nothing any more, unless a file is under way: then that ends by its time.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn leave(store: &Store) -> Result<(), StoreError> {
    let sealer = store.sealer();
    let Some((keys, id)) = sealer.keys().zip(sealer.said_id()) else { return Ok(()) };
    if keys.oldest_under_way().is_none() {
        let mut tx = store.write().await?;
        sqlx::query("DELETE FROM sealers WHERE id = $1").bind(id).execute(&mut **tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How many processes may be sealing files with a generation or an older one.
///
/// # Errors
/// When the database fails.
pub async fn sealing_with(db: &mut Db, generation: u32, now: i64) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM sealers WHERE generation <= $1 AND until > $2")
        .bind(i64::from(generation))
        .bind(now)
        .fetch_one(&mut **db)
        .await?)
}
