//! 記住我: a browser that comes back without the password, by one press of a button.
//!
//! The cookie holds a series and a token; the token changes at each use, and the database knows only digests. An old
//! token that comes back means that somebody has a copy: the series ends with all its sessions, and the owner is told.
//! A remembered device stands for the password and never for the second factor.

use sqlx::AnyConnection;

use crate::clock::World;
use crate::store::devices::{self as rows, Device};
use crate::store::people::{self, Person};
use crate::store::sessions as session_rows;
use crate::store::{Store, StoreError, factors};

use super::doors::{Rules, StaffFactor};
use super::log::{self, About, Kind, Whence};
use super::sessions::{self, Token};

/// For how long the token before the newest is good: for a button pressed twice, and an answer that was lost.
const MOMENT: i64 = 30_000;

/// What a remembered device's cookie is good for.
#[derive(Debug)]
pub enum Back {
    /// Whose device it is, its name, and the next cookie.
    Welcome {
        /// Who.
        person: Box<Person>,
        /// The device.
        device: String,
        /// What the cookie holds from now on.
        cookie: String,
    },
    /// An old token: the series has ended.
    Stolen {
        /// Whose it is.
        person: String,
    },
    /// Nothing: unknown, ended or over.
    Nothing,
}

/// Remembers this browser for a person, whose password is the one with the hash `judged` still; what its cookie holds.
/// None: it was changed since, and a change ends all remembered devices.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    store: &Store,
    world: &World,
    keep: i64,
    (person, judged): (&str, &str),
    whence: &Whence,
) -> Result<Option<String>, StoreError> {
    let (token, now, id) = (Token::new(world), world.now(), world.new_id());
    let device = Device {
        id: id.clone(),
        person_id: person.into(),
        token_hash: token.hash(),
        previous_hash: String::new(),
        rotated_at: now,
        created_at: now,
        expires_at: now + keep,
        address: whence.address.clone(),
        agent: whence.agent.clone(),
    };
    let mut tx = store.write().await?;
    if !people::hold(&mut tx, person, judged).await? {
        return Ok(None);
    }
    rows::add(&mut tx, &device).await?;
    log::keep(&mut tx, world, Kind::DeviceRemembered, person, whence).await?;
    tx.commit().await?;
    log::line(Kind::DeviceRemembered, About { person: Some(person), ..About::default() }, whence);
    Ok(Some(format!("{id}.{}", token.as_cookie())))
}

/// Whose device this is, without using its token: for the log-in page's button. An old token is nobody's.
///
/// # Errors
/// When the database fails.
pub async fn whose(
    store: &Store,
    world: &World,
    rules: &Rules,
    cookie: &str,
) -> Result<Option<Person>, StoreError> {
    let Some((id, token)) = cookie.split_once('.') else { return Ok(None) };
    let hash = Token::from_cookie(token).hash();
    let mut db = store.read().await?;
    match rows::find(&mut db, id, world.now()).await? {
        Some(device) if device.token_hash == hash => owner(&mut db, rules, &device.person_id).await,
        _ => Ok(None),
    }
}

/// Comes back with a cookie: its token is used up, and the next one takes its place.
///
/// # Errors
/// When the database fails.
pub async fn come_back(
    store: &Store,
    world: &World,
    rules: &Rules,
    cookie: &str,
    whence: &Whence,
) -> Result<Back, StoreError> {
    let Some((id, token)) = cookie.split_once('.') else { return Ok(Back::Nothing) };
    let (hash, now) = (Token::from_cookie(token).hash(), world.now());
    let mut tx = store.write().await?;
    let Some(device) = rows::find(&mut tx, id, now).await? else { return Ok(Back::Nothing) };
    let newest = device.token_hash == hash;
    let replaced_just_now = device.previous_hash == hash && now < device.rotated_at + MOMENT;
    if !newest && !replaced_just_now {
        rows::end(&mut tx, &device.person_id, id, now).await?;
        session_rows::end_of_device(&mut tx, id).await?;
        log::keep(&mut tx, world, Kind::DeviceStolen, &device.person_id, whence).await?;
        tx.commit().await?;
        let about = About { person: Some(&device.person_id), ..About::default() };
        log::line(Kind::DeviceStolen, about, whence);
        return Ok(Back::Stolen { person: device.person_id });
    }
    let Some(person) = owner(&mut tx, rules, &device.person_id).await? else { return Ok(Back::Nothing) };
    let token = Token::new(world);
    let next = Device {
        token_hash: token.hash(),
        previous_hash: device.token_hash.clone(),
        // The moment of a second press begins with the first.
        rotated_at: if newest { now } else { device.rotated_at },
        expires_at: now + rules.remember,
        address: whence.address.clone(),
        agent: whence.agent.clone(),
        ..device.clone()
    };
    if !rows::rotate(&mut tx, &next, &device.token_hash).await? {
        return Ok(Back::Nothing);
    }
    tx.commit().await?;
    let cookie = format!("{id}.{}", token.as_cookie());
    Ok(Back::Welcome { person: Box::new(person), device: device.id, cookie })
}

/// Whom a device may let in: nobody whose account is closed, and no staff who need a second factor and have none
/// yet, because the password proves who they are before they enrol it.
async fn owner(db: &mut AnyConnection, rules: &Rules, id: &str) -> Result<Option<Person>, StoreError> {
    let Some(person) = people::by_id(db, id).await?.filter(|person| person.active) else { return Ok(None) };
    let needs = rules.staff == StaffFactor::Required && sessions::is_staff(&person);
    let enough = !needs || factors::active(db, id).await?.is_some();
    Ok(enough.then_some(person))
}

/// Forgets the device of this cookie, whoever holds it: leaving needs no proof.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, world: &World, cookie: &str) -> Result<(), StoreError> {
    let Some((id, token)) = cookie.split_once('.') else { return Ok(()) };
    let mut tx = store.write().await?;
    if let Some(device) = rows::find(&mut tx, id, world.now()).await?
        && device.token_hash == Token::from_cookie(token).hash()
    {
        rows::end(&mut tx, &device.person_id, id, world.now()).await?;
    }
    Ok(tx.commit().await?)
}
