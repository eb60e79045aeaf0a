//! What the database says about a child is sealed: a copy of it tells nothing to whoever lacks the keys.
//!
//! A sealed value is a text: [`MARK`], the generation's number, a dot, and nonce and ciphertext in base64url. It is bound
//! to its table, column and row, so that no value can be put in another one's place. What is written is always sealed
//! with the newest generation; an empty text stays empty. A value without the mark was written before there were keys, or
//! by an erasure, and reads as it stands. [`places`] lists the columns; [`rotate`] seals anew what older keys sealed;
//! [`known`] says which generations may be written with, and [`watch`] which a process seals files with. [`insist_opens`]
//! holds keys against all that is there.
//!
//! What is looked for as a whole (the number of a document, a name) stands beside it as a keyed hash.

mod known;
mod opened;
mod places;
mod rotate;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::clock::Entropy;
use crate::keyring::{Generation, Keyring, Keys, aead};

use super::{StoreError, parsed_json};

pub(in crate::store) use known::{alone, begin_alone, insist, share};
pub use known::{close_older, known, prove, retire};
pub use opened::insist_opens;
pub(crate) use places::*;
pub use places::{ALL, Key, Place, place};
pub use rotate::{Named, Rotation, named, rotate, sealed_since};
pub(in crate::store) use watch::leave;
pub use watch::{HOLDS, Said, is_due, say, sealing_with};

/// What a sealed value begins with: nobody's text does.
pub const MARK: &str = "~s1.";

/// What a hash for look-ups begins with, before the generation's number.
const LOOKED_UP: char = 'k';

/// Seals and opens for one installation. Cheap to clone.
#[derive(Clone, Default)]
pub struct Sealer {
    inner: Option<Arc<Inner>>,
    /// The generations that sealed or hashed something in one transaction; none: it isn't one's.
    used: Option<Arc<Mutex<BTreeMap<u32, Generation>>>>,
}

struct Inner {
    keys: Keys,
    entropy: Entropy,
    derived: RwLock<BTreeMap<u32, Arc<Derived>>>,
    /// The keys that the database was seen to know, by their public halves.
    proved: RwLock<BTreeMap<u32, String>>,
    /// The name under which this process said what it seals with.
    said_as: OnceLock<String>,
}

/// The keys of one generation, derived once.
struct Derived {
    recipient: String,
    seal: [u8; 32],
    look_up: [u8; 32],
    index: [u8; 32],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.inner.is_some() { "Sealer(redacted)" } else { "Sealer(without keys)" })
    }
}

impl Derived {
    fn of(generation: &Generation) -> Self {
        Self {
            recipient: generation.recipient().to_owned(),
            seal: generation.secret("casebind database seal 1"),
            look_up: generation.secret("casebind database look-up 1"),
            index: generation.secret("casebind database index 1"),
        }
    }
}

impl Sealer {
    /// One with keys.
    #[must_use]
    pub fn new(keys: Keys, entropy: Entropy) -> Self {
        let inner = Inner {
            keys,
            entropy,
            derived: RwLock::default(),
            proved: RwLock::default(),
            said_as: OnceLock::new(),
        };
        Self { inner: Some(Arc::new(inner)), used: None }
    }

    /// The same for one transaction: it notes which generations are written with.
    pub(super) fn of_transaction(&self) -> Self {
        Self { inner: self.inner.clone(), used: Some(Arc::default()) }
    }

    /// The generations that this transaction writes with, oldest first.
    fn used(&self) -> Vec<Generation> {
        let used = self.used.as_ref().map(|used| used.lock().unwrap_or_else(PoisonError::into_inner));
        used.map(|used| used.values().cloned().collect()).unwrap_or_default()
    }

    fn note(&self, generation: &Generation) {
        if let Some(used) = &self.used {
            let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
            used.entry(generation.number()).or_insert_with(|| generation.clone());
        }
    }

    /// Whether it has keys. One without opens what isn't sealed, and seals nothing.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.inner.is_some()
    }

    /// The generations that may seal, as they are now; none without keys.
    #[must_use]
    pub fn ring(&self) -> Option<Keyring> {
        self.keys().map(Keys::ring)
    }

    /// Where the generations come from; none without keys.
    #[must_use]
    pub fn keys(&self) -> Option<&Keys> {
        self.inner.as_ref().map(|inner| &inner.keys)
    }

    /// Seals a text for a place.
    ///
    /// # Errors
    /// When there are no keys.
    pub fn seal(&self, place: &Place, row: &str, text: &str) -> Result<String, StoreError> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let ring = self.ring().ok_or_else(|| place.impossible(row, "there are no keys to seal it with"))?;
        self.note(ring.newest());
        self.seal_as(ring.newest(), place, row, text)
    }

    /// Seals with this generation.
    fn seal_as(
        &self,
        generation: &Generation,
        place: &Place,
        row: &str,
        text: &str,
    ) -> Result<String, StoreError> {
        let inner = self.inner.as_ref();
        let inner = inner.ok_or_else(|| place.impossible(row, "there are no keys to seal it with"))?;
        let nonce = inner.entropy.bytes();
        let mut whole = nonce.to_vec();
        let key = inner.derived(generation).seal;
        whole.extend(aead::seal(&key, nonce, &place.bound_to(row), text.as_bytes()));
        Ok(format!("{MARK}{}.{}", generation.number(), BASE64URL_NOPAD.encode(&whole)))
    }

    /// Opens with this generation's key what any of its number may have sealed.
    fn open_as(
        &self,
        generation: &Generation,
        place: &Place,
        row: &str,
        value: &str,
    ) -> Result<String, StoreError> {
        // Not by its number: under that another key may be known.
        let sealed = value.strip_prefix(MARK).unwrap_or_default();
        open_with(&Derived::of(generation), place, row, sealed).ok_or_else(|| {
            place.impossible(row, "it was sealed for another place or with another key, or changed since")
        })
    }

    /// Whether the database was seen to know this key.
    fn is_proved(&self, generation: &Generation) -> bool {
        self.inner.as_ref().is_some_and(|inner| {
            let proved = inner.proved.read().unwrap_or_else(PoisonError::into_inner);
            proved.get(&generation.number()).is_some_and(|known| known == generation.recipient())
        })
    }

    /// Notes that it does.
    fn proved(&self, generation: &Generation) {
        if let Some(inner) = &self.inner {
            let mut proved = inner.proved.write().unwrap_or_else(PoisonError::into_inner);
            proved.insert(generation.number(), generation.recipient().to_owned());
        }
    }

    /// Notes under which name this process said what it seals with.
    fn said_as(&self, id: &str) {
        if let Some(inner) = &self.inner {
            inner.said_as.get_or_init(|| id.to_owned());
        }
    }

    /// That name, if it did.
    fn said_id(&self) -> Option<&str> {
        self.inner.as_ref()?.said_as.get().map(String::as_str)
    }

    /// Opens what [`Self::seal`] sealed for the same place; what isn't sealed comes back as it is.
    ///
    /// # Errors
    /// When its generation's key isn't there, or it was sealed for another place or changed since. The error names table,
    /// column and row.
    pub fn open(&self, place: &Place, row: &str, value: String) -> Result<String, StoreError> {
        let Some(sealed) = value.strip_prefix(MARK) else { return Ok(value) };
        let number = generation_of(&value);
        let number = number.ok_or_else(|| place.impossible(row, "it isn't a sealed value"))?;
        let generation = self.inner.as_ref().and_then(|inner| {
            let ring = inner.keys.ring_with(number);
            ring.get(number).map(|generation| inner.derived(generation))
        });
        let generation = generation.ok_or_else(|| {
            place.impossible(row, &format!("it is sealed with generation {number}, whose key isn't here"))
        })?;
        open_with(&generation, place, row, sealed).ok_or_else(|| {
            place.impossible(row, "it was sealed for another place or with another key, or changed since")
        })
    }

    /// The same where nothing may be there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_maybe(
        &self,
        place: &Place,
        row: &str,
        value: Option<String>,
    ) -> Result<Option<String>, StoreError> {
        value.map(|value| self.open(place, row, value)).transpose()
    }

    /// The same for what is held against something else afterwards: what was changed comes back as it stands.
    ///
    /// # Errors
    /// When its generation's key isn't there.
    pub fn open_or_keep(&self, place: &Place, row: &str, value: String) -> Result<String, StoreError> {
        let known = generation_of(&value).is_none_or(|number| {
            self.inner.as_ref().is_some_and(|inner| inner.keys.ring_with(number).get(number).is_some())
        });
        match self.open(place, row, value.clone()) {
            Err(_) if known => Ok(value),
            other => other,
        }
    }

    /// Opens a column of JSON.
    ///
    /// # Errors
    /// As [`Self::open`], and when it isn't that JSON.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        place: &Place,
        row: &str,
        value: String,
    ) -> Result<T, StoreError> {
        parsed_json(&self.open(place, row, value)?, place.table, place.column, row)
    }

    /// The hash by which a whole text is looked up; of an empty text it is empty.
    ///
    /// # Errors
    /// When there are no keys.
    pub fn look_up(&self, place: &Place, text: &str) -> Result<String, StoreError> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let inner = self.inner.as_ref();
        let inner = inner.ok_or_else(|| place.impossible("(new)", "there are no keys to hash it with"))?;
        let ring = inner.keys.ring();
        self.note(ring.newest());
        Ok(inner.hash(place, ring.newest(), text))
    }

    /// Everything by which a whole text may have been kept: its hash under each generation, and the text itself where it
    /// was kept before there were keys.
    #[must_use]
    pub fn look_ups(&self, place: &Place, text: &str) -> Vec<String> {
        let mut all = vec![text.to_owned()];
        if let Some(inner) = &self.inner {
            all.extend(inner.keys.all().all().iter().map(|generation| inner.hash(place, generation, text)));
        }
        all
    }

    /// The key of the index of words under a generation; none where its key isn't here.
    pub(super) fn index_key(&self, number: i64) -> Option<[u8; 32]> {
        let (inner, number) = (self.inner.as_ref()?, u32::try_from(number).ok()?);
        let ring = inner.keys.ring_with(number);
        Some(inner.derived(ring.get(number)?).index)
    }

    /// The number of the generation that seals; none without keys.
    pub(super) fn newest(&self) -> Option<i64> {
        self.ring().map(|ring| i64::from(ring.newest().number()))
    }
}

impl Inner {
    /// The derived keys of a generation, made at its first use. A file that was replaced by another key counts as new.
    fn derived(&self, generation: &Generation) -> Arc<Derived> {
        let known =
            self.derived.read().unwrap_or_else(PoisonError::into_inner).get(&generation.number()).cloned();
        match known {
            Some(derived) if derived.recipient == generation.recipient() => derived,
            _ => {
                let derived = Arc::new(Derived::of(generation));
                let mut all = self.derived.write().unwrap_or_else(PoisonError::into_inner);
                all.insert(generation.number(), Arc::clone(&derived));
                derived
            }
        }
    }

    fn hash(&self, place: &Place, generation: &Generation, text: &str) -> String {
        let key = self.derived(generation).look_up;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes any key");
        mac.update(place.name().as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        let hash = mac.finalize().into_bytes();
        format!("{LOOKED_UP}{}.{}", generation.number(), HEXLOWER.encode(&hash[..16]))
    }
}

fn open_with(derived: &Derived, place: &Place, row: &str, sealed: &str) -> Option<String> {
    let (_, coded) = sealed.split_once('.')?;
    let whole = BASE64URL_NOPAD.decode(coded.as_bytes()).ok()?;
    let (nonce, sealed) = whole.split_at_checked(aead::NONCE)?;
    let opened = aead::open(&derived.seal, nonce.try_into().ok()?, &place.bound_to(row), sealed)?;
    String::from_utf8(opened).ok()
}

/// The generation that sealed a value; none where it isn't sealed.
#[must_use]
pub fn generation_of(value: &str) -> Option<u32> {
    value.strip_prefix(MARK)?.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests;
