//! Logging in with a local account: five failures lock for fifteen minutes.
//!
//! Known and unknown accounts get the same words after the same work: the lock is by what was typed, a password is
//! hashed whether or not there is an account, and the database and the cookie are asked the same of both, also where the
//! lock answers and no hash hides anything. A try counts as a failure before it is judged, so that many at once
//! are no more than a few; whoever was right takes it back. In a device in which the account has signed in before
//! ([`known`]), failures are counted apart, so that nobody else can lock its owner out. Failures of unknown devices
//! are counted by network as well, for those who try one password at many accounts; after they were judged, so that a
//! school that comes in at the same minute isn't taken for one of them.

use std::net::IpAddr;

use sqlx::AnyConnection;

use crate::case::ids::Digest;
use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::throttles::{self, Try};
use crate::store::{Store, StoreError, events, factors, schools};

use super::doors::Doors;
use super::known;
use super::log::{self, About, Kind, Whence};
use super::passwords::{self, Passwords};
use super::sessions::Entry;

const LIMIT: i64 = 5;
/// For how long a password that was made up lets its owner in: a week.
pub const GIVEN_GOOD: i64 = 7 * DAY;
/// Failures are counted over this time, and lock for as long.
pub const WINDOW: i64 = 15 * 60_000;

/// For how long an account's events are kept: a year.
const EVENTS_KEPT: i64 = 365 * DAY;
/// Failures older than that are forgotten.
const DAY: i64 = 24 * 60 * 60_000;

/// What is typed on the log-in page, and where.
pub struct Attempt<'a> {
    /// The login name.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// The cookie of known devices; may be empty.
    pub devices: &'a str,
    /// From where.
    pub whence: &'a Whence,
    /// The organisation's name: a password that is mostly that is to be changed.
    pub organisation: &'a str,
}

/// How a log-in went.
#[derive(Debug)]
pub enum Outcome {
    /// Name and password fit.
    Welcome {
        /// Who, with the password's hash as it was judged, or as it was made anew just now.
        person: Box<Person>,
        /// Whether the password fell behind the rules, or was made up.
        owes_password: bool,
        /// Whether a second factor comes next.
        has_second: bool,
    },
    /// They don't, or there is no such account, or it is disabled, or the password has lapsed: the same answer for all.
    Wrong,
    /// Too many failures; minutes until the next try.
    Locked(i64),
}

/// By what failures are counted.
struct Subjects {
    /// The account, in this known device or in all unknown ones.
    account: String,
    /// The network of an unknown device.
    network: Option<String>,
}

/// Checks name and password.
///
/// # Errors
/// When the database fails.
pub async fn check(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    doors: &Doors,
    attempt: Attempt<'_>,
) -> Result<Outcome, StoreError> {
    let login = attempt.login.trim().to_lowercase();
    let account = doors.key.blind(&login);
    let tell = |kind, person: Option<&Person>| {
        let person = person.map(|person| person.id.as_str());
        log::line(kind, About { person, account: Some(&account), means: Some("password") }, attempt.whence);
    };
    let locked = |until: i64, now: i64| Outcome::Locked((until - now + 59_999) / 60_000);
    let now = world.now();
    let mut db = store.read().await?;
    let person = people::by_login(&mut db, &login).await?;
    let whose = person.as_ref().map_or("", |person| person.id.as_str());
    let device = known::token(&doors.key, world, attempt.devices, whose);
    let subjects = Subjects::new(&login, device, attempt.whence);
    if let Some(until) = subjects.network_locked_until(&mut db, now).await? {
        tell(Kind::NetworkLocked, person.as_ref());
        return Ok(locked(until, now));
    }
    let has_second = factors::active(&mut db, whose).await?.is_some();
    drop(db);
    let mut tx = store.write().await?;
    let tried = throttles::count_try(&mut tx, &subjects.account, now, WINDOW, LIMIT).await?;
    tx.commit().await?;
    let failures = match tried {
        Try::Counted(failures) => failures,
        Try::Refused(until) => {
            tell(Kind::Locked, person.as_ref());
            return Ok(locked(until, now));
        }
    };
    let hash = person.as_ref().and_then(|person| person.password_hash.as_deref());
    let fits = passwords.fits(attempt.password, hash).await;
    let mut tx = store.write().await?;
    let given = match &person {
        Some(person) if fits => people::given_at(&mut tx, &person.id).await?,
        _ => None,
    };
    let lapsed = given.is_some_and(|at| at < now - GIVEN_GOOD);
    match person {
        Some(mut person) if fits && person.active && !lapsed => {
            throttles::forget_failures(&mut tx, &subjects.account).await?;
            tx.commit().await?;
            renew(store, world, passwords, &mut person, attempt.password).await?;
            let school = schools::name(&mut *store.read().await?, person.school.as_deref()).await?;
            let about = passwords::About::of(&person, &[&school, attempt.organisation], has_second);
            let owes_password = given.is_some() || !passwords::check(attempt.password, &about).is_empty();
            Ok(Outcome::Welcome { person: Box::new(person), owes_password, has_second })
        }
        person => {
            if let Some(network) = &subjects.network {
                throttles::count_failure(&mut tx, network, now, WINDOW, doors.rules.network_failures).await?;
            }
            // The one that filled the count tells of the lock; others at the same time don't.
            let locked = failures == LIMIT;
            if let Some(person) = person.as_ref().filter(|_| locked) {
                log::keep(&mut tx, world, Kind::Locked, &person.id, attempt.whence).await?;
            }
            tx.commit().await?;
            tell(Kind::SignInFailed, person.as_ref());
            if locked {
                tell(Kind::Locked, person.as_ref());
            }
            Ok(Outcome::Wrong)
        }
    }
}

/// By what failures at this login are counted in devices that aren't known. What was typed may be anything, a password
/// among them, and of any length: it doesn't stand in the table.
#[must_use]
pub fn strangers(login: &str) -> String {
    format!("login:{}", Digest::of(login.as_bytes()))
}

impl Subjects {
    fn new(login: &str, device: Option<String>, whence: &Whence) -> Self {
        match device {
            Some(token) => Self { account: format!("device:{token}"), network: None },
            None => Self {
                account: strangers(login),
                network: Some(format!("network:{}", network_of(&whence.address))),
            },
        }
    }

    async fn network_locked_until(
        &self,
        db: &mut AnyConnection,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let Some(network) = &self.network else { return Ok(None) };
        let until = throttles::locked_until(db, network).await?;
        Ok((until > now).then_some(until))
    }
}

/// The network that an address belongs to: the address itself, or the /64 of IPv6, which one customer has whole.
#[must_use]
pub fn network_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// Hashes the password anew when its hash was made with less than today's parameters. A password that was changed
/// meanwhile stays as it is.
async fn renew(
    store: &Store,
    world: &World,
    passwords: &Passwords,
    person: &mut Person,
    password: &str,
) -> Result<(), StoreError> {
    let behind = person.password_hash.clone().filter(|hash| passwords.is_behind(hash));
    let Some(old) = behind else { return Ok(()) };
    match passwords.hash_secret(password).await {
        Ok(hash) => {
            let mut tx = store.write().await?;
            if people::replace_password(&mut tx, &person.id, &old, &hash, world.now()).await? {
                tx.commit().await?;
                tracing::info!(person = %person.id, "password hashed anew");
                person.password_hash = Some(hash);
            }
        }
        Err(error) => tracing::error!(person = %person.id, %error, "a password couldn't be hashed anew"),
    }
    Ok(())
}

/// Tells that somebody came in.
///
/// # Errors
/// When the database fails.
pub async fn came_in(
    store: &Store,
    world: &World,
    entry: &Entry<'_>,
    whence: &Whence,
) -> Result<(), StoreError> {
    let about = About { person: Some(entry.person), account: None, means: Some(entry.means.as_str()) };
    log::line(Kind::SignedIn, about, whence);
    let mut tx = store.write().await?;
    log::keep(&mut tx, world, Kind::SignedIn, entry.person, whence).await?;
    events::sweep(&mut tx, entry.person, world.now() - EVENTS_KEPT).await?;
    throttles::sweep(&mut tx, world.now() - DAY).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::network_of;

    #[test]
    fn an_address_of_version_six_stands_for_its_network() {
        assert_eq!(network_of("192.0.2.7"), "192.0.2.7");
        assert_eq!(network_of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network_of(""), "");
    }
}
