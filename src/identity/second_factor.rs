//! The second factor: offered, confirmed by a first code, asked for at each log-in and before what is delicate.
//!
//! The secret lies sealed in the database; a code counts once, and so does each recovery code. Five wrong ones lock the
//! question for a quarter of an hour.

use crate::clock::World;
use crate::store::people::Person;
use crate::store::{Store, Tx, factors, throttles};

use super::error::DoorError;
use super::keys::DoorKey;
use super::log::{self, About, Kind, Whence};
use super::passwords::Passwords;
use super::recovery;
use super::totp::{SECRET, Secret};

const LIMIT: i64 = 5;
const WINDOW: i64 = 15 * 60_000;

/// A second factor to enrol, as the page shows it.
pub struct Offer {
    /// The link in the QR code.
    pub link: String,
    /// The secret in groups, for typing.
    pub secret: String,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer(redacted)")
    }
}

/// How the first code went.
pub enum Enrolled {
    /// It is on; the recovery codes, to be shown once.
    Done(Vec<String>),
    /// The code was wrong.
    Wrong,
    /// Too many wrong ones; minutes until the next try.
    Locked(i64),
}

/// How a code went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was right.
    Right,
    /// A recovery code was; so many are left.
    Recovered(i64),
    /// It was wrong, or used before.
    Wrong,
    /// Too many wrong ones; minutes until the next try.
    Locked(i64),
}

/// How long an offered secret may be enrolled.
const OFFER_MINUTES: i64 = 10;

/// The second factor that this person may enrol in this session; the same one for ten minutes. Another session is offered
/// another one: whoever has seen this one may not be its owner.
///
/// # Errors
/// When the database fails, or an offered secret was sealed with another key.
pub async fn offer(
    store: &Store,
    world: &World,
    key: &DoorKey,
    (person, session): (&Person, &str),
    issuer: &str,
) -> Result<Offer, DoorError> {
    let fresh = world.entropy.bytes::<SECRET>();
    let sealed = key.seal(&world.entropy, &person.id, &fresh);
    let now = world.now();
    let since = now - OFFER_MINUTES * 60_000;
    let mut tx = store.write().await?;
    factors::offer(&mut tx, &person.id, (session, &sealed), since, now).await?;
    let offered = factors::offered(&mut tx, &person.id, session, since).await?;
    tx.commit().await?;
    let bytes = match offered {
        Some(factor) => key.open(&person.id, &factor.secret)?,
        None => fresh.to_vec(),
    };
    let secret = Secret::new(bytes, issuer, &person.login);
    Ok(Offer { link: secret.link().unwrap_or_default(), secret: secret.groups() })
}

/// Turns the offered second factor on, if `code` is one of its codes.
///
/// # Errors
/// When the database fails, a hash can't be made, or the secret was sealed with another key.
pub async fn enrol(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    key: &DoorKey,
    (person, session): (&str, &str),
    code: &str,
    whence: &Whence,
) -> Result<Enrolled, DoorError> {
    let now = world.now();
    if let Some(minutes) = try_once(store, person, now).await? {
        return Ok(Enrolled::Locked(minutes));
    }
    let since = now - OFFER_MINUTES * 60_000;
    let offered = factors::offered(&mut *store.read().await?, person, session, since).await?;
    let step = match &offered {
        Some(factor) => opened(key, person, &factor.secret)?.step_of(&tidy(code), now),
        None => None,
    };
    let Some(step) = step else {
        refuse(store, world, person, whence).await?;
        return Ok(Enrolled::Wrong);
    };
    let (shown, kept) = recovery::make(&world.entropy, passwords).await?;
    let mut tx = store.write().await?;
    if !factors::activate(&mut tx, person, step, now).await? {
        return Ok(Enrolled::Wrong);
    }
    factors::put_codes(&mut tx, person, &kept).await?;
    throttles::forget_failures(&mut tx, &subject(person)).await?;
    tell(&mut tx, world, Kind::FactorEnrolled, person, whence).await?;
    tx.commit().await?;
    Ok(Enrolled::Done(shown))
}

/// Judges a code, or a recovery code in its place, and uses it up.
///
/// # Errors
/// When the database fails, or the secret was sealed with another key.
pub async fn check(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    key: &DoorKey,
    person: &str,
    typed: &str,
    whence: &Whence,
) -> Result<Verdict, DoorError> {
    let now = world.now();
    if let Some(minutes) = try_once(store, person, now).await? {
        log::line(Kind::Locked, of(person), whence);
        return Ok(Verdict::Locked(minutes));
    }
    let factor = factors::active(&mut *store.read().await?, person).await?;
    let Some(factor) = factor else { return Ok(Verdict::Wrong) };
    let secret = opened(key, person, &factor.secret)?;
    if let Some(step) = secret.step_of(&tidy(typed), now) {
        let mut tx = store.write().await?;
        if factors::use_step(&mut tx, person, step).await? {
            throttles::forget_failures(&mut tx, &subject(person)).await?;
            tx.commit().await?;
            log::line(Kind::CodeAccepted, of(person), whence);
            return Ok(Verdict::Right);
        }
    } else if let Some((selector, rest)) = recovery::parse(typed)
        && let Some(left) = recover(store, world, passwords, person, (&selector, &rest), whence).await?
    {
        return Ok(Verdict::Recovered(left));
    }
    refuse(store, world, person, whence).await?;
    Ok(Verdict::Wrong)
}

/// Uses a recovery code up; how many are left, or none when it isn't one.
async fn recover(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    person: &str,
    (selector, rest): (&str, &str),
    whence: &Whence,
) -> Result<Option<i64>, DoorError> {
    let code = factors::code(&mut *store.read().await?, person, selector).await?;
    if !passwords.fits(rest, code.as_ref().map(|code| code.hash.as_str())).await {
        return Ok(None);
    }
    let mut tx = store.write().await?;
    if !factors::use_code(&mut tx, person, selector, world.now()).await? {
        return Ok(None);
    }
    throttles::forget_failures(&mut tx, &subject(person)).await?;
    tell(&mut tx, world, Kind::RecoveryUsed, person, whence).await?;
    let left = factors::codes_left(&mut tx, person).await?;
    tx.commit().await?;
    Ok(Some(left))
}

/// New recovery codes in the place of the old ones, to be shown once.
///
/// # Errors
/// When the database fails or a hash can't be made.
pub async fn renew_codes(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    person: &str,
    whence: &Whence,
) -> Result<Vec<String>, DoorError> {
    let (shown, kept) = recovery::make(&world.entropy, passwords).await?;
    let mut tx = store.write().await?;
    factors::put_codes(&mut tx, person, &kept).await?;
    tell(&mut tx, world, Kind::RecoveryRenewed, person, whence).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Takes the second factor off, for its owner or by an administrator ([`Kind::FactorReset`]), inside the caller's
/// transaction. False: there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    tx: &mut Tx,
    world: &World,
    kind: Kind,
    person: &str,
    whence: &Whence,
) -> Result<bool, DoorError> {
    if !factors::remove(tx, person).await? {
        return Ok(false);
    }
    throttles::forget_failures(tx, &subject(person)).await?;
    tell(tx, world, kind, person, whence).await?;
    Ok(true)
}

/// Its owner takes it off.
///
/// # Errors
/// When the database fails.
pub async fn remove_own(
    store: &Store,
    world: &World,
    person: &str,
    whence: &Whence,
) -> Result<(), DoorError> {
    let mut tx = store.write().await?;
    remove(&mut tx, world, Kind::FactorRemoved, person, whence).await?;
    Ok(tx.commit().await?)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database fails.
pub async fn codes_left(store: &Store, person: &str) -> Result<i64, DoorError> {
    Ok(factors::codes_left(&mut *store.read().await?, person).await?)
}

/// Whether the installation's key opens what the database keeps sealed.
///
/// # Errors
/// When it doesn't, or the database fails.
pub async fn prove_key(store: &Store, key: &DoorKey) -> Result<(), DoorError> {
    if let Some((person, secret)) = factors::any(&mut *store.read().await?).await? {
        key.open(&person, &secret)?;
    }
    Ok(())
}

fn opened(key: &DoorKey, person: &str, sealed: &str) -> Result<Secret, DoorError> {
    Ok(Secret::new(key.open(person, sealed)?, "", ""))
}

/// A code as it is meant: people type groups.
fn tidy(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn subject(person: &str) -> String {
    format!("second:{person}")
}

fn of(person: &str) -> About<'_> {
    About { person: Some(person), ..About::default() }
}

/// Counts a try; the minutes until the next one where there were too many.
async fn try_once(store: &Store, person: &str, now: i64) -> Result<Option<i64>, DoorError> {
    let mut tx = store.write().await?;
    let locked = throttles::count_try(&mut tx, &subject(person), now, WINDOW, LIMIT).await?;
    tx.commit().await?;
    Ok(locked.map(|until| (until - now + 59_999) / 60_000))
}

async fn refuse(store: &Store, world: &World, person: &str, whence: &Whence) -> Result<(), DoorError> {
    let mut tx = store.write().await?;
    tell(&mut tx, world, Kind::CodeRefused, person, whence).await?;
    Ok(tx.commit().await?)
}

async fn tell(
    tx: &mut Tx,
    world: &World,
    kind: Kind,
    person: &str,
    whence: &Whence,
) -> Result<(), DoorError> {
    log::keep(tx, world, kind, person, whence).await?;
    log::line(kind, of(person), whence);
    Ok(())
}
