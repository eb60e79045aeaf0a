//! Known devices (OWASP's device cookies): a browser in which somebody has signed in holds a signed token for that
//! account. Its failures are counted by the token and not with the strangers', so that a stranger who fails on
//! purpose locks strangers out, and never the owner.
//!
//! The token opens nothing and names nobody; it outlives sessions and log-outs.

use data_encoding::BASE64URL_NOPAD;

use crate::case::ids::Digest;
use crate::clock::World;

use super::keys::DoorKey;
use super::log::Whence;

/// For how long a device stays known after a log-in.
pub const KEPT_MILLIS: i64 = 365 * 24 * 60 * 60_000;

/// As many accounts as one browser knows: schools share machines.
const ACCOUNTS: usize = 5;
/// What is as long as that is none of our tokens, and isn't looked at: nobody causes more work than a few of ours do.
const TOO_LONG: usize = 100;

/// The browser in which somebody proves something.
#[derive(Clone, Copy, Debug)]
pub struct Browser<'a> {
    /// The installation's key.
    pub key: &'a DoorKey,
    /// The cookie of known devices; may be empty.
    pub devices: &'a str,
    /// From where it asks.
    pub whence: &'a Whence,
}

impl Browser<'_> {
    /// By what failures of `what` are counted for this account: this device, where it has been known since `since`, or
    /// all that aren't.
    #[must_use]
    pub fn subject(&self, world: &World, what: &str, person: &str, since: i64) -> String {
        match token_since(self.key, world, self.devices, person, since) {
            Some(token) => format!("{what}-device:{token}"),
            None => format!("{what}:{person}"),
        }
    }
}

/// The token of a known device for this account, which its failures are counted by; none in an unknown one. For an account
/// that isn't there the identifier is empty, and the work the same.
#[must_use]
pub fn token(key: &DoorKey, world: &World, cookie: &str, person: &str) -> Option<String> {
    token_since(key, world, cookie, person, 0)
}

/// The same of a device that is known since `since` or later. A second factor asks for it: whoever had the password alone
/// before it was enrolled could have made many devices known, each of which would have tries of its own.
#[must_use]
pub fn token_since(key: &DoorKey, world: &World, cookie: &str, person: &str, since: i64) -> Option<String> {
    tokens(cookie).take(ACCOUNTS).find_map(|token| {
        let (name, mac) = token.rsplit_once('.')?;
        let (_, at) = name.split_once('.')?;
        let at: i64 = at.parse().ok()?;
        // By their digests: how long that takes tells nothing of how much of it was right.
        let signed = Digest::of(mac.as_bytes()) == Digest::of(sign(key, name, person).as_bytes());
        let fits = signed && (0..KEPT_MILLIS).contains(&(world.now() - at));
        (fits && at >= since).then(|| name.to_owned())
    })
}

/// The cookie after a log-in: with a new token of this account first, and the other accounts' behind it.
#[must_use]
pub fn after_log_in(key: &DoorKey, world: &World, cookie: &str, person: &str) -> String {
    let old = token(key, world, cookie, person);
    let name = format!("{}.{}", BASE64URL_NOPAD.encode(&world.entropy.bytes::<12>()), world.now());
    let mac = sign(key, &name, person);
    let others = tokens(cookie).filter(|token| old.as_deref().is_none_or(|old| !token.starts_with(old)));
    let all: Vec<String> =
        std::iter::once(format!("{name}.{mac}")).chain(others.map(str::to_owned)).take(ACCOUNTS).collect();
    all.join("~")
}

/// What may be a token of ours.
fn tokens(cookie: &str) -> impl Iterator<Item = &str> {
    cookie.split('~').filter(|token| !token.is_empty() && token.len() < TOO_LONG)
}

fn sign(key: &DoorKey, name: &str, person: &str) -> String {
    BASE64URL_NOPAD.encode(&key.mac("known device", &[name, person])[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_account_and_a_year() {
        let (key, world) = (DoorKey::from_bytes([5; 32]), World::seeded(1, 1_790_000_000_000));
        let cookie = after_log_in(&key, &world, "", "person-1");
        let first = token(&key, &world, &cookie, "person-1").unwrap();
        assert!(!cookie.contains("person"));
        assert_eq!(token(&key, &world, &cookie, "person-2"), None);
        assert_eq!(token(&DoorKey::from_bytes([6; 32]), &world, &cookie, "person-1"), None);
        assert_eq!(token(&key, &world, &cookie.replace(&first, "x.1"), "person-1"), None);
        assert!(token_since(&key, &world, &cookie, "person-1", world.now()).is_some());
        assert_eq!(token_since(&key, &world, &cookie, "person-1", world.now() + 1), None);
        world.clock.advance(KEPT_MILLIS);
        assert_eq!(token(&key, &world, &cookie, "person-1"), None);
        for nonsense in ["", "~", ".", "a.b.c", "~~~~~~"] {
            assert_eq!(token(&key, &world, nonsense, "person-1"), None);
        }
    }

    #[test]
    fn what_is_too_long_for_a_token_is_not_looked_at() {
        let (key, world) = (DoorKey::from_bytes([5; 32]), World::seeded(1, 1_790_000_000_000));
        let signed = |letters: usize| {
            let name = format!("{}.{}", "x".repeat(letters), world.now());
            let mac = sign(&key, &name, "person-1");
            format!("{name}.{mac}")
        };
        let rest = signed(0).len();
        let (longest, too_long) = (signed(TOO_LONG - 1 - rest), signed(TOO_LONG - rest));
        assert!(token(&key, &world, &longest, "person-1").is_some());
        assert_eq!(token(&key, &world, &too_long, "person-1"), None, "signed all the same");
        // It takes no good token's place.
        let cookie = format!("{}{longest}", format!("{too_long}~").repeat(1000));
        assert!(token(&key, &world, &cookie, "person-1").is_some());
        assert!(after_log_in(&key, &world, &cookie, "person-2").len() < 5 * TOO_LONG);
    }

    #[test]
    fn one_browser_knows_five_accounts_each_once() {
        let (key, world) = (DoorKey::from_bytes([5; 32]), World::seeded(1, 1_790_000_000_000));
        let mut cookie = String::new();
        for person in ["1", "2", "2", "3", "4", "5", "6"] {
            cookie = after_log_in(&key, &world, &cookie, person);
        }
        let known = |person| token(&key, &world, &cookie, person).is_some();
        assert!(["2", "3", "4", "5", "6"].into_iter().all(known) && !known("1"));
        assert_eq!(cookie.split('~').count(), 5);
    }
}
