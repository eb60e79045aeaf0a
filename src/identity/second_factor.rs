//! The second factor: offered, confirmed by a first code, asked for at each log-in and before what is delicate.
//!
//! The secret lies sealed in the database; a code counts once, and so does each recovery code. Five wrong ones lock the
//! question for a quarter of an hour: in this device, where it is known since the enrolment ([`super::known`]), or in
//! all others. So whoever has the password can't lock the owner out.

use crate::clock::World;
use crate::store::factors::Factor;
use crate::store::people::Person;
use crate::store::throttles::{self, Try};
use crate::store::{Store, Tx, factors};

use super::credentials;
use super::error::DoorError;
use super::keys::DoorKey;
use super::known::Browser;
use super::log::{self, About, Kind, Whence};
use super::passwords::Passwords;
use super::recovery;
use super::totp::{SECRET, Secret};

const LIMIT: i64 = 5;
const WINDOW: i64 = 15 * 60_000;
/// What wrong codes are counted as.
const WHAT: &str = "second";

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

/// Turns the offered second factor on, if `code` is one of its codes. Every other session ends, and so do remembered
/// devices: whoever may be in by what was before is out.
///
/// # Errors
/// When the database fails, a hash can't be made, or the secret was sealed with another key.
pub async fn enrol(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    browser: Browser<'_>,
    (person, session): (&str, &str),
    code: &str,
) -> Result<Enrolled, DoorError> {
    let (now, whence) = (world.now(), browser.whence);
    // What is offered is known to this session alone: nobody else's failures count here.
    let subject = format!("enrol:{session}");
    match try_once(store, &subject, now).await? {
        Try::Counted(_) => {}
        Try::Refused(until) => {
            log::line(Kind::Locked, of(person), whence);
            return Ok(Enrolled::Locked(minutes(until, now)));
        }
    }
    let since = now - OFFER_MINUTES * 60_000;
    let offered = factors::offered(&mut *store.read().await?, person, session, since).await?;
    let judged = match offered {
        Some(factor) => {
            let step = opened(browser.key, person, &factor.secret)?.step_of(&tidy(code), now);
            step.map(|step| (factor.secret, step))
        }
        None => None,
    };
    let Some((secret, step)) = judged else {
        refuse(store, world, person, false, whence).await?;
        return Ok(Enrolled::Wrong);
    };
    let (shown, kept) = recovery::make(&world.entropy, passwords).await?;
    let mut tx = store.write().await?;
    // Only what the code belongs to: another session may have been offered another secret meanwhile.
    if !factors::activate(&mut tx, person, &secret, step, now).await? {
        return Ok(Enrolled::Wrong);
    }
    factors::put_codes(&mut tx, person, &kept).await?;
    throttles::forget_failures(&mut tx, &subject).await?;
    credentials::end_all(&mut tx, world, person, Some(session)).await?;
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
    browser: Browser<'_>,
    person: &str,
    typed: &str,
) -> Result<Verdict, DoorError> {
    let (now, whence) = (world.now(), browser.whence);
    let factor = factors::active(&mut *store.read().await?, person).await?;
    let Some(factor) = factor else { return Ok(Verdict::Wrong) };
    let subject = subject(&browser, world, person, &factor);
    let failures = match try_once(store, &subject, now).await? {
        Try::Counted(failures) => failures,
        Try::Refused(until) => {
            log::line(Kind::Locked, of(person), whence);
            return Ok(Verdict::Locked(minutes(until, now)));
        }
    };
    let secret = opened(browser.key, person, &factor.secret)?;
    if let Some(step) = secret.step_of(&tidy(typed), now) {
        let mut tx = store.write().await?;
        if factors::use_step(&mut tx, person, step).await? {
            throttles::forget_failures(&mut tx, &subject).await?;
            tx.commit().await?;
            log::line(Kind::CodeAccepted, of(person), whence);
            return Ok(Verdict::Right);
        }
    } else if let Some((selector, rest)) = recovery::parse(typed) {
        let code = factors::code(&mut *store.read().await?, person, &selector).await?;
        if passwords.fits(&rest, code.as_ref().map(|code| code.hash.as_str())).await
            && let Some(left) = recover(store, world, person, (&selector, &subject), whence).await?
        {
            return Ok(Verdict::Recovered(left));
        }
    }
    refuse(store, world, person, failures == LIMIT, whence).await?;
    Ok(Verdict::Wrong)
}

/// Uses a recovery code up, and takes the try back that `subject` was counted by; how many are left, or none when
/// somebody was faster.
async fn recover(
    store: &Store,
    world: &World,
    person: &str,
    (selector, subject): (&str, &str),
    whence: &Whence,
) -> Result<Option<i64>, DoorError> {
    let mut tx = store.write().await?;
    if !factors::use_code(&mut tx, person, selector, world.now()).await? {
        return Ok(None);
    }
    throttles::forget_failures(&mut tx, subject).await?;
    tell(&mut tx, world, Kind::RecoveryUsed, person, whence).await?;
    let left = factors::codes_left(&mut tx, person).await?;
    tx.commit().await?;
    Ok(Some(left))
}

/// New recovery codes in the place of the old ones, to be shown once; all other sessions end.
///
/// # Errors
/// When the database fails or a hash can't be made.
pub async fn renew_codes(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    (person, session): (&str, &str),
    whence: &Whence,
) -> Result<Vec<String>, DoorError> {
    let (shown, kept) = recovery::make(&world.entropy, passwords).await?;
    let mut tx = store.write().await?;
    factors::put_codes(&mut tx, person, &kept).await?;
    credentials::end_all(&mut tx, world, person, Some(session)).await?;
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
    throttles::forget_failures(tx, &strangers(person)).await?;
    tell(tx, world, kind, person, whence).await?;
    Ok(true)
}

/// Its owner takes it off, in the one session that stays.
///
/// # Errors
/// When the database fails.
pub async fn remove_own(
    store: &Store,
    world: &World,
    (person, session): (&str, &str),
    whence: &Whence,
) -> Result<(), DoorError> {
    let mut tx = store.write().await?;
    remove(&mut tx, world, Kind::FactorRemoved, person, whence).await?;
    credentials::end_all(&mut tx, world, person, Some(session)).await?;
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

/// By what wrong codes are counted.
fn subject(browser: &Browser<'_>, world: &World, person: &str, factor: &Factor) -> String {
    browser.subject(world, WHAT, person, factor.created_at)
}

/// By what wrong codes in devices that aren't known are counted.
fn strangers(person: &str) -> String {
    format!("{WHAT}:{person}")
}

fn of(person: &str) -> About<'_> {
    About { person: Some(person), ..About::default() }
}

fn minutes(until: i64, now: i64) -> i64 {
    (until - now + 59_999) / 60_000
}

/// Counts a try before it is judged.
async fn try_once(store: &Store, subject: &str, now: i64) -> Result<Try, DoorError> {
    let mut tx = store.write().await?;
    let tried = throttles::count_try(&mut tx, subject, now, WINDOW, LIMIT).await?;
    tx.commit().await?;
    Ok(tried)
}

/// Tells that a code was wrong, and that it was the last one for a while.
async fn refuse(
    store: &Store,
    world: &World,
    person: &str,
    locks: bool,
    whence: &Whence,
) -> Result<(), DoorError> {
    let mut tx = store.write().await?;
    tell(&mut tx, world, Kind::CodeRefused, person, whence).await?;
    if locks {
        tell(&mut tx, world, Kind::Locked, person, whence).await?;
    }
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
