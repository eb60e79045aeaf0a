//! What the owner of an account sees of it: sessions, remembered devices, and what happened.

use crate::clock::World;
use crate::store::devices::{self, Device};
use crate::store::events::{self, Event};
use crate::store::sessions::{self as rows, Session};
use crate::store::{Store, StoreError};

use super::sessions::Limits;

/// As many events are shown.
const EVENTS: i64 = 20;

/// Sessions, devices and events of one account.
#[derive(Debug)]
pub struct Overview {
    /// Sessions in use, the one used last first.
    pub sessions: Vec<Session>,
    /// Remembered devices, the one used last first.
    pub devices: Vec<Device>,
    /// The newest events.
    pub events: Vec<Event>,
}

/// What there is. Where `proved` says that the person has proved a moment ago who it is, what alarmed counts as seen from
/// now on: whoever has taken a session over can't make its owner's warnings go away by a look.
///
/// # Errors
/// When the database fails.
pub async fn look(
    store: &Store,
    world: &World,
    limits: Limits,
    person: &str,
    proved: bool,
) -> Result<Overview, StoreError> {
    let now = world.now();
    let mut tx = store.write().await?;
    let overview = Overview {
        sessions: rows::of_person(&mut tx, person, now - limits.idle, now - limits.absolute).await?,
        devices: devices::of_person(&mut tx, person, now).await?,
        events: events::newest(&mut tx, person, EVENTS).await?,
    };
    if proved {
        events::seen(&mut tx, person, now).await?;
    }
    tx.commit().await?;
    Ok(overview)
}

/// The owner, who has proved it, says that what alarmed was seen.
///
/// # Errors
/// When the database fails.
pub async fn seen(store: &Store, world: &World, person: &str) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    events::seen(&mut tx, person, world.now()).await?;
    Ok(tx.commit().await?)
}

/// The sign-in before the present one; none at the first.
///
/// # Errors
/// When the database fails.
pub async fn last_sign_in(store: &Store, person: &str) -> Result<Option<i64>, StoreError> {
    events::before_last(&mut *store.read().await?, person, super::log::Kind::SignedIn.as_str()).await
}
