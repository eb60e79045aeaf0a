//! Logging in with a local account: five failures lock for fifteen minutes.

use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::sessions;
use crate::store::{Store, StoreError};

use super::passwords::Passwords;

const LIMIT: i64 = 5;
const WINDOW: i64 = 15 * 60_000;

/// How a log-in went.
#[derive(Debug)]
pub enum Outcome {
    /// Name and password fit.
    Welcome(Box<Person>),
    /// They don't, or there is no such account, or it is disabled: the same answer for all.
    Wrong,
    /// Too many failures; minutes until the next try.
    Locked(i64),
}

/// Checks name and password; failures are counted by account.
///
/// # Errors
/// When the database fails.
pub async fn check(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    login: &str,
    password: &str,
) -> Result<Outcome, StoreError> {
    let login = login.trim().to_lowercase();
    let subject = format!("login:{login}");
    let now = world.now();
    let mut db = store.read().await?;
    let until = sessions::locked_until(&mut db, &subject).await?;
    if until > now {
        return Ok(Outcome::Locked((until - now + 59_999) / 60_000));
    }
    let person = people::by_login(&mut db, &login).await?;
    drop(db);
    let hash = person.as_ref().and_then(|person| person.password_hash.clone());
    let (checker, typed) = (passwords.clone(), password.to_owned());
    let fits =
        tokio::task::spawn_blocking(move || checker.verify(&typed, hash.as_deref())).await.unwrap_or(false);
    let mut tx = store.write().await?;
    let outcome = match person {
        Some(person) if fits && person.active => {
            sessions::forget_failures(&mut tx, &subject).await?;
            Outcome::Welcome(Box::new(person))
        }
        _ => {
            sessions::count_failure(&mut tx, &subject, now, WINDOW, LIMIT).await?;
            Outcome::Wrong
        }
    };
    tx.commit().await?;
    Ok(outcome)
}
