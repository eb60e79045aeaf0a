//! Sessions: a random token in a cookie, its digest in the database, an idle and an absolute limit.
//!
//! [`begin`] is the one way in, whatever the means. How far a session reaches is its [`Stage`]: the whole house only
//! when nothing is owed any more. A rise of rights ([`rise`]) changes the token.

use std::sync::Arc;

use crate::case::ids::Digest;
use crate::case::role::Role;
use crate::clock::World;
use crate::store::people::{self, Person};
use crate::store::sessions::{self as rows, NewSession};
use crate::store::{Store, StoreError, devices};

use super::doors::{Rules, StaffFactor};

/// For how long the row of a session that is over is kept: it still says whose a form was that came too late.
const REMAINS: i64 = 24 * 60 * 60_000;

/// The means of a session that began by sign-on, as the database names it.
const SIGN_ON: &str = "sign-on";

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

    /// What the database knows of it.
    pub(super) fn hash(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

/// How somebody came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// With login name and password.
    Password,
    /// By the sign-on's provider, which may have asked for a second factor of its own.
    SignOn {
        /// Whether it did.
        second_factor: bool,
        /// When the person proved there who they are, if it said so (epoch milliseconds). A cookie of the provider's
        /// is no fresh proof.
        proved_at: Option<i64>,
    },
    /// From a device that 記住我 remembered.
    Remembered {
        /// The device.
        device: String,
    },
}

impl Means {
    /// The stable name, in logs and in the database.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SignOn { .. } => SIGN_ON,
            Self::Remembered { .. } => "remembered",
        }
    }
}

/// Who comes in, how and from where.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Whose session it will be.
    pub person: &'a str,
    /// How.
    pub means: Means,
    /// The hash of the password that was judged, where one was: a session begins only if it is the password still.
    pub judged: Option<&'a str>,
    /// From which address.
    pub address: &'a str,
    /// The browser's family, by [`super::agent::family`].
    pub agent: &'a str,
    /// Whether the password fell behind the rules and is to be changed before anything else.
    pub owes_password: bool,
}

/// How far a session reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Wherever the person's roles do.
    Whole,
    /// To the page that asks for the second factor.
    Code,
    /// To the enrolment of a second factor.
    Enrol,
    /// To the change of the password.
    Password,
}

/// A session in use.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its name on pages; opens nothing.
    pub id: String,
    /// Whose, with roles as they are now.
    pub person: Arc<Person>,
    /// When it began.
    pub begun_at: i64,
    /// When it was last used.
    pub seen_at: i64,
    /// The last password or sign-on; none: only remembered.
    pub proved_at: Option<i64>,
    /// The last second factor.
    pub second_at: Option<i64>,
    /// Whether the person has a second factor.
    pub has_second: bool,
    /// Whether something alarming happened that the person hasn't seen.
    pub alarmed: bool,
    /// The remembered device that it began from.
    pub device: Option<String>,
    /// Whether it began by sign-on.
    pub signed_on: bool,
    owes_password: bool,
}

/// What a token is good for.
#[derive(Clone, Debug)]
pub enum Found {
    /// A session in use.
    Live(Box<Session>),
    /// One that lasted too long: whose it was, and which limit.
    Over(String, Limit),
    /// Nothing: no session, ended, or of an account that may not come in.
    Nothing,
}

/// The limit that ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Without a request for too long.
    Idle,
    /// Too long in all.
    Absolute,
}

impl Session {
    /// How far it reaches under these rules.
    #[must_use]
    pub fn stage(&self, rules: &Rules) -> Stage {
        let staff = is_staff(&self.person);
        if self.has_second && self.second_at.is_none() {
            Stage::Code
        } else if self.owes_password {
            Stage::Password
        } else if staff && rules.staff == StaffFactor::Required && self.second_at.is_none() {
            Stage::Enrol
        } else {
            Stage::Whole
        }
    }

    /// Whether the last proof is fresh enough for what demands one: of the second factor, or of the password
    /// where there is none.
    #[must_use]
    pub fn is_fresh(&self, rules: &Rules, now: i64) -> bool {
        let last = if self.has_second { self.second_at } else { self.proved_at.max(self.second_at) };
        last.is_some_and(|at| at > now - rules.fresh)
    }
}

/// Whether this person is staff: whoever holds a role beside the applicant's.
#[must_use]
pub fn is_staff(person: &Person) -> bool {
    person.roles.iter().any(|role| *role != Role::Applicant)
}

/// Begins a session and sweeps those that are long over. The one way in. None: the password that was judged was changed
/// since, the account was disabled, or the device isn't remembered any more.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    store: &Store,
    world: &World,
    limits: Limits,
    entry: &Entry<'_>,
) -> Result<Option<Token>, StoreError> {
    let token = Token::new(world);
    let now = world.now();
    let device = match &entry.means {
        Means::Remembered { device } => Some(device.as_str()),
        Means::Password | Means::SignOn { .. } => None,
    };
    let new = NewSession {
        id: &world.new_id(),
        token_hash: &token.hash(),
        person: entry.person,
        means: entry.means.as_str(),
        device,
        proved_at: match &entry.means {
            Means::Password => Some(now),
            Means::SignOn { proved_at, .. } => *proved_at,
            Means::Remembered { .. } => None,
        },
        second_at: match &entry.means {
            Means::SignOn { second_factor: true, proved_at } => Some(proved_at.unwrap_or(0)),
            _ => None,
        },
        owes_password: entry.owes_password,
        address: entry.address,
        agent: entry.agent,
    };
    let mut tx = store.write().await?;
    // The account is held from here on: a change of the password ends this session, or comes first and is seen.
    if !people::signed_in(&mut tx, entry.person, entry.judged, now).await? {
        return Ok(None);
    }
    if let Some(device) = device
        && !devices::hold(&mut tx, device).await?
    {
        return Ok(None);
    }
    rows::sweep(&mut tx, now - limits.idle - REMAINS, now - limits.absolute - REMAINS).await?;
    rows::add(&mut tx, new, now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Ends a session; whose it was.
///
/// # Errors
/// When the database fails.
pub async fn end(store: &Store, token: &Token) -> Result<Option<String>, StoreError> {
    let mut tx = store.write().await?;
    let whose = rows::end(&mut tx, &token.hash()).await?;
    tx.commit().await?;
    Ok(whose)
}

/// Whose session this is, with roles as they are now. `passive` requests, which a page sends by itself, don't
/// prolong it.
///
/// # Errors
/// When the database fails.
pub async fn resume(
    store: &Store,
    world: &World,
    limits: Limits,
    token: &Token,
    passive: bool,
) -> Result<Found, StoreError> {
    const MINUTE: i64 = 60_000;
    let now = world.now();
    let hash = token.hash();
    let mut db = store.read().await?;
    let Some(row) = rows::find(&mut db, &hash).await? else { return Ok(Found::Nothing) };
    if row.created_at < now - limits.absolute {
        return Ok(Found::Over(row.person_id, Limit::Absolute));
    }
    if row.seen_at < now - limits.idle {
        return Ok(Found::Over(row.person_id, Limit::Idle));
    }
    // Once a minute is exact enough for a limit of many minutes, and spares a write per request.
    let pause = MINUTE.min(limits.idle / 8);
    if !passive && row.seen_at < now - pause {
        rows::touch(&mut db, &hash, now).await?;
    }
    let Some(person) = people::by_id(&mut db, &row.person_id).await?.filter(|person| person.active) else {
        return Ok(Found::Nothing);
    };
    Ok(Found::Live(Box::new(Session {
        id: row.id,
        person: Arc::new(person),
        begun_at: row.created_at,
        seen_at: row.seen_at,
        proved_at: row.proved_at,
        second_at: row.second_at,
        has_second: row.factors > 0,
        alarmed: row.alarms > 0,
        device: row.device_id,
        signed_on: row.means == SIGN_ON,
        owes_password: row.owes_password != 0,
    })))
}

/// What was proved anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The password, or the sign-on.
    First,
    /// The second factor.
    Second,
}

/// A session rises: it is fresh again, and has a new token; the old one is good for nothing.
///
/// # Errors
/// When the database fails.
pub async fn rise(store: &Store, world: &World, session: &str, proof: Proof) -> Result<Token, StoreError> {
    let token = Token::new(world);
    let mut tx = store.write().await?;
    let (first, second) = (proof == Proof::First, proof == Proof::Second);
    rows::rise(&mut tx, session, &token.hash(), first, second, world.now()).await?;
    tx.commit().await?;
    Ok(token)
}
