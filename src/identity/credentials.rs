//! What belongs to an account and is changed by its owner: the password, sessions and devices.

use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::throttles::{self, Try};
use crate::store::{Store, StoreError, Tx, addresses, devices, phones, sessions};

use super::error::DoorError;
use super::known::Browser;
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

/// Whether this is the person's password; five wrong ones lock the question for a quarter of an hour, in this device if
/// it is known, or in all others. What is wrong stands in the log.
///
/// # Errors
/// When the database fails.
pub async fn prove(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    browser: Browser<'_>,
    person: &Person,
    password: &str,
) -> Result<Proved, DoorError> {
    let now = world.now();
    let (subject, whence) = (browser.subject(world, "proof", &person.id, 0), browser.whence);
    let about = Told { person: Some(&person.id), means: Some("password"), ..Told::default() };
    let mut tx = store.write().await?;
    let tried = throttles::count_try(&mut tx, &subject, now, WINDOW, LIMIT).await?;
    tx.commit().await?;
    let failures = match tried {
        Try::Counted(failures) => failures,
        Try::Refused(until) => {
            log::line(Kind::Locked, about, whence);
            return Ok(Proved::Locked((until - now + 59_999) / 60_000));
        }
    };
    let fits = passwords.fits(password, person.password_hash.as_deref()).await;
    let mut tx = store.write().await?;
    if fits {
        throttles::forget_failures(&mut tx, &subject).await?;
    } else {
        log::line(Kind::RiseRefused, about, whence);
        if failures == LIMIT {
            log::line(Kind::Locked, about, whence);
            log::keep(&mut tx, world, Kind::Locked, &person.id, whence).await?;
        }
    }
    tx.commit().await?;
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
    browser: Browser<'_>,
    (person, about): (&Person, &About),
    (present, new): (&str, &str),
    session: &str,
) -> Result<Changed, DoorError> {
    match prove(store, world, passwords, browser, person, present).await? {
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
    let was = person.password_hash.as_deref().unwrap_or_default();
    let mut tx = store.write().await?;
    // Somebody else may have changed it while the new one was hashed: then the present one isn't what was typed.
    if !people::replace_password(&mut tx, &person.id, was, &hash, world.now()).await? {
        return Ok(Changed::Wrong);
    }
    people::note_given(&mut tx, &person.id, None).await?;
    after_change(&mut tx, world, &person.id, Some(session), browser.whence).await?;
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
    after_change(tx, world, person, but, whence).await
}

/// What follows a new password; its owner is told by mail as well.
async fn after_change(
    tx: &mut Tx,
    world: &World,
    person: &str,
    but: Option<&str>,
    whence: &Whence,
) -> Result<(), StoreError> {
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

/// Ends all of a person's sessions, but for `but`, and forgets all remembered devices and all phones that act for the person.
/// For disabling too.
///
/// # Errors
/// When the database fails.
pub async fn end_all(tx: &mut Tx, world: &World, person: &str, but: Option<&str>) -> Result<(), StoreError> {
    devices::end_all(tx, person, None, world.now()).await?;
    sessions::end_all(tx, person, but).await?;
    phones::end_all(tx, person).await
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
