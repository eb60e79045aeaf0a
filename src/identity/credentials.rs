//! What belongs to an account and is changed by its owner: the password, sessions and devices.

use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::{Store, StoreError, Tx, addresses, devices, sessions, throttles};

use super::error::DoorError;
use super::links::{self, Purpose};
use super::log::{self, About as Told, Kind, Whence};
use super::login::WINDOW;
use super::passwords::{About, Fault, PasswordError, Passwords};

const LIMIT: i64 = 5;

/// How a change of the password went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is changed, and all other sessions and remembered devices have ended.
    Done,
    /// The present one was wrong.
    Wrong,
    /// Too many wrong ones; minutes until the next try.
    Locked(i64),
    /// The new one is the present one.
    Same,
    /// The new one is too easy: every reason.
    Weak(Vec<Fault>),
}

/// How a proof by the password went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// Too many wrong ones; minutes until the next try.
    Locked(i64),
}

/// Whether this is the person's password; five wrong ones lock the question for a quarter of an hour.
///
/// # Errors
/// When the database fails.
pub async fn prove(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    person: &Person,
    password: &str,
) -> Result<Proved, DoorError> {
    let (subject, now) = (format!("proof:{}", person.id), world.now());
    let mut tx = store.write().await?;
    let locked = throttles::count_try(&mut tx, &subject, now, WINDOW, LIMIT).await?;
    tx.commit().await?;
    if let Some(until) = locked {
        return Ok(Proved::Locked((until - now + 59_999) / 60_000));
    }
    let fits = passwords.fits(password, person.password_hash.as_deref()).await;
    if fits {
        let mut tx = store.write().await?;
        throttles::forget_failures(&mut tx, &subject).await?;
        tx.commit().await?;
    }
    Ok(if fits { Proved::Right } else { Proved::Wrong })
}

/// Changes the password of its owner, who types the present one. `session` is the one that stays.
///
/// # Errors
/// When the database fails or a hash can't be made.
pub async fn change(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    (person, about): (&Person, &About),
    (present, new): (&str, &str),
    (session, whence): (&str, &Whence),
) -> Result<Changed, DoorError> {
    match prove(store, world, passwords, person, present).await? {
        Proved::Right => {}
        Proved::Wrong => return Ok(Changed::Wrong),
        Proved::Locked(minutes) => return Ok(Changed::Locked(minutes)),
    }
    if present == new {
        return Ok(Changed::Same);
    }
    let hash = match passwords.make(new, about).await {
        Ok(hash) => hash,
        Err(PasswordError::Weak(faults)) => return Ok(Changed::Weak(faults)),
        Err(other) => return Err(DoorError::Hash(other)),
    };
    let mut tx = store.write().await?;
    put(&mut tx, world, &person.id, &hash, Some(session), whence).await?;
    tx.commit().await?;
    Ok(Changed::Done)
}

/// Writes a new password's hash, and ends all sessions and remembered devices but for the session `but`, inside the
/// caller's transaction. For resets too.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    world: &World,
    person: &str,
    hash: &str,
    but: Option<&str>,
    whence: &Whence,
) -> Result<(), StoreError> {
    people::set_password(tx, person, hash, world.now()).await?;
    end_ways_by_mail(tx, person).await?;
    sessions::password_paid(tx, person).await?;
    end_all(tx, world, person, but).await?;
    log::keep(tx, world, Kind::PasswordChanged, person, whence).await?;
    log::line(Kind::PasswordChanged, Told { person: Some(person), ..Told::default() }, whence);
    Ok(())
}

/// Ends what is under way by mail: links to set a password, and a change of address that somebody asked for.
///
/// # Errors
/// When the database fails.
pub async fn end_ways_by_mail(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    links::forget(tx, Purpose::Password, person).await?;
    addresses::withdraw(tx, person).await?;
    Ok(())
}

/// Ends all of a person's sessions, but for `but`, and forgets all remembered devices. For disabling too.
///
/// # Errors
/// When the database fails.
pub async fn end_all(tx: &mut Tx, world: &World, person: &str, but: Option<&str>) -> Result<(), StoreError> {
    devices::end_all(tx, person, None, world.now()).await?;
    sessions::end_all(tx, person, but).await?;
    Ok(())
}

/// What the owner ends on the page of sessions.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// One session.
    Session(&'a str),
    /// One remembered device and what came of it.
    Device(&'a str),
    /// Everything but this session.
    Others(&'a str),
}

/// Ends what its owner chose. False: there is no such thing any more.
///
/// # Errors
/// When the database fails.
pub async fn end(
    store: &Store,
    world: &World,
    person: &str,
    what: Ended<'_>,
    whence: &Whence,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let done = match what {
        Ended::Session(id) => sessions::end_one(&mut tx, person, id).await?,
        Ended::Device(id) => {
            let known = devices::end(&mut tx, person, id, world.now()).await?;
            if known {
                sessions::end_of_device(&mut tx, id).await?;
            }
            known
        }
        Ended::Others(but) => {
            end_all(&mut tx, world, person, Some(but)).await?;
            true
        }
    };
    if done {
        log::keep(&mut tx, world, Kind::SessionsEnded, person, whence).await?;
        log::line(Kind::SessionsEnded, Told { person: Some(person), ..Told::default() }, whence);
    }
    tx.commit().await?;
    Ok(done)
}
