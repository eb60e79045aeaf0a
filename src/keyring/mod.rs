//! The key ring of what is encrypted at rest: one age identity (X25519) a generation, oldest first.
//!
//! A generation is a file `archive-N.key` in the text form that `age-keygen` writes, so that an archivist opens an
//! original with the `age` tool and that file alone. What the database keeps is sealed with keys derived from the same
//! identity. The newest generation seals, as soon as the database knows it ([`gate`]); every one that is there opens. A
//! folder is looked at again when it has changed, a second apart at most, so that running processes find a new generation
//! by themselves.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tempfile::NamedTempFile;

use crate::clock::Clocks;

pub mod aead;
mod gate;

use gate::Gate;
pub use gate::{PATIENCE, Unconfirmed, UnderWay};

/// How long a look at the folder holds.
const LOOK: Duration = Duration::from_secs(1);

/// Why the keys of a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error(
        "{} has no archive-N.key: restore the keys from where they are kept, or nothing that is encrypted can be read; \
         a first one is made by `casebind keys new`", folder.display()
    )]
    NoKey {
        /// The folder.
        folder: PathBuf,
    },
    /// A file holds something else.
    #[error("{}: {reason}", file.display())]
    BadKey {
        /// The key file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Anything that the system answered.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> KeyringError {
    KeyringError::Io { doing, path: path.to_owned(), source }
}

/// One generation. Its identity is never shown.
#[derive(Clone)]
pub struct Generation {
    number: u32,
    identity: Arc<str>,
    recipient: Arc<str>,
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generation({}, redacted)", self.number)
    }
}

impl Generation {
    /// A generation from the text of a key file: one identity, and comments. The error says what is wrong, and quotes
    /// nothing.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn parse(number: u32, text: &str) -> Result<Self, &'static str> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err("a key file holds one age identity, a line that begins with AGE-SECRET-KEY-1");
        };
        let identity: Identity =
            line.parse().map_err(|_| "not an age identity: such a line begins with AGE-SECRET-KEY-1")?;
        let recipient = identity.to_public().to_string();
        Ok(Self {
            number,
            identity: identity.to_string().expose_secret().into(),
            recipient: recipient.into(),
        })
    }

    /// A new one, of random bytes of the system's.
    #[must_use]
    pub fn generate(number: u32) -> Self {
        let identity = Identity::generate();
        let recipient = identity.to_public().to_string();
        Self { number, identity: identity.to_string().expose_secret().into(), recipient: recipient.into() }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The identity's text: `AGE-SECRET-KEY-1…`.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The public half, `age1…`, by which one key is told from another.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// A key for one purpose: HMAC-SHA256 of the purpose under the identity's text.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.identity.as_bytes()).expect("HMAC takes any key");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The key file's text, as `age-keygen` writes it.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "# casebind archive key, generation {}\n# public key: {}\n{}\n",
            self.number, self.recipient, self.identity
        )
    }
}

/// All generations as they were at one moment, oldest first; never empty. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<[Generation]>);

impl Keyring {
    /// These generations.
    ///
    /// # Errors
    /// When there is none, or two have one number.
    pub fn new(mut generations: Vec<Generation>) -> Result<Self, &'static str> {
        generations.sort_by_key(Generation::number);
        if generations.is_empty() {
            return Err("there is no key");
        }
        if generations.windows(2).any(|two| two[0].number == two[1].number) {
            return Err("two keys have one number");
        }
        Ok(Self(generations.into()))
    }

    /// Identities of a text, separated by commas or line ends, oldest first. A number and a colon before one is its
    /// generation's (`2:AGE-SECRET-KEY-1…`); without it is the next after the one before, and the first is 1.
    ///
    /// # Errors
    /// When there is none, one of them is none, or the numbers don't rise.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let identities = text.split([',', '\n']).map(str::trim);
        let mut generations: Vec<Generation> = Vec::new();
        for line in identities.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let before = generations.last().map_or(0, Generation::number);
            let (number, identity) = match line.split_once(':') {
                Some((number, identity)) => {
                    let number = number.trim().parse().ok().filter(|number| *number > 0);
                    (number.ok_or("a number from 1 stands before the colon")?, identity.trim())
                }
                None => (before.checked_add(1).ok_or("a number is too large")?, line),
            };
            if number <= before {
                return Err("the oldest comes first: numbers rise");
            }
            generations.push(Generation::parse(number, identity)?);
        }
        Self::new(generations)
    }

    /// Those up to a number; all where none is.
    fn up_to(self, number: u32) -> Self {
        if self.newest().number <= number {
            return self;
        }
        let some: Vec<Generation> = self.0.iter().filter(|one| one.number <= number).cloned().collect();
        if some.is_empty() { self } else { Self(some.into()) }
    }

    /// The generation that seals.
    #[must_use]
    pub fn newest(&self) -> &Generation {
        self.0.last().expect("a ring is never empty")
    }

    /// The generation with this number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Generation> {
        self.0.iter().find(|generation| generation.number == number)
    }

    /// Every generation, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Generation] {
        &self.0
    }
}

/// Where the ring comes from; gives it as it is now. Cheap to clone, and clones share what was read.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Source>);

#[derive(Debug)]
struct Source {
    /// The folder; none: they were given, and stay the same.
    folder: Option<PathBuf>,
    seen: RwLock<Seen>,
    gate: Gate,
}

#[derive(Clone, Debug)]
struct Seen {
    ring: Keyring,
    looked: Instant,
    changed: Option<SystemTime>,
}

impl Keys {
    /// Keys that stay the same.
    #[must_use]
    pub fn given(ring: Keyring) -> Self {
        Self::of(None, ring, None)
    }

    /// The keys of a folder.
    ///
    /// # Errors
    /// When it can't be read, has none, or one that is none.
    pub fn of_folder(folder: &Path) -> Result<Self, KeyringError> {
        // What comes in between is a change since then.
        let changed = changed(folder);
        Ok(Self::of(Some(folder.to_owned()), read(folder)?, changed))
    }

    fn of(folder: Option<PathBuf>, ring: Keyring, changed: Option<SystemTime>) -> Self {
        let seen = Seen { ring, looked: Instant::now(), changed };
        Self::by(Clocks::system(), folder, seen)
    }

    fn by(clocks: Clocks, folder: Option<PathBuf>, seen: Seen) -> Self {
        Self(Arc::new(Source { folder, seen: RwLock::new(seen), gate: Gate::new(clocks) }))
    }

    /// The same keys in another process, as it were: watched by itself, and going by these clocks.
    #[must_use]
    pub fn with_clocks(&self, clocks: Clocks) -> Self {
        let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self::by(clocks, self.0.folder.clone(), seen)
    }

    /// The folder; none where the keys were given.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.0.folder.as_deref()
    }

    /// The generations that may seal, as they are now or were a second ago: those that the database knows, where the keys
    /// are watched.
    #[must_use]
    pub fn ring(&self) -> Keyring {
        self.0.gate.admitted(self.all())
    }

    /// Every generation that is there now, or was a second ago.
    #[must_use]
    pub fn all(&self) -> Keyring {
        {
            let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner);
            if self.0.folder.is_none() || seen.looked.elapsed() < LOOK {
                return seen.ring.clone();
            }
        }
        self.look(false)
    }

    /// Every generation, read anew unless this one is among them: something names it.
    #[must_use]
    pub fn ring_with(&self, number: u32) -> Keyring {
        let ring = self.all();
        if self.0.folder.is_none() || ring.get(number).is_some() { ring } else { self.look(true) }
    }

    /// Looks at the folder again. What can't be read leaves the ring as it was.
    fn look(&self, anyway: bool) -> Keyring {
        let mut seen = self.0.seen.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &self.0.folder {
            seen.looked = Instant::now();
            let now = changed(folder);
            if anyway || now != seen.changed {
                match read(folder) {
                    Ok(ring) => (seen.ring, seen.changed) = (ring, now),
                    Err(error) => {
                        tracing::error!(%error, "the keys can't be read anew; the known ones stay in use")
                    }
                }
            }
        }
        seen.ring.clone()
    }
}

/// The name of a generation's file.
#[must_use]
pub fn file_name(number: u32) -> String {
    format!("archive-{number}.key")
}

/// The number of the generation that a file of this name holds.
fn number_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("archive-")?.strip_suffix(".key")?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (file_name(number) == name).then_some(number)
}

fn changed(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder).and_then(|found| found.modified()).ok()
}

/// The numbers of the generations in a folder, in order.
///
/// # Errors
/// When it can't be listed.
pub fn numbers(folder: &Path) -> Result<Vec<u32>, KeyringError> {
    let listing = |error| failed("listing", folder, error);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(listing)? {
        numbers.extend(entry.map_err(listing)?.file_name().to_str().and_then(number_of));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn read(folder: &Path) -> Result<Keyring, KeyringError> {
    let generations = numbers(folder)?.into_iter().map(|number| {
        let file = folder.join(file_name(number));
        let content = read_key(&file)?;
        Generation::parse(number, &String::from_utf8_lossy(&content))
            .map_err(|reason| KeyringError::BadKey { file, reason })
    });
    Keyring::new(generations.collect::<Result<_, _>>()?)
        .map_err(|_| KeyringError::NoKey { folder: folder.to_owned() })
}

fn read_key(file: &Path) -> Result<Vec<u8>, KeyringError> {
    let content = fs::read(file).map_err(|error| failed("reading", file, error))?;
    let mode = fs::metadata(file).map_err(|error| failed("reading", file, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others can read a key: chmod 600");
    }
    Ok(content)
}

/// Adds a generation to a folder, durable and for its owner alone. Of two that add at once each adds its own.
///
/// # Errors
/// When the folder can't be read or written.
pub fn add(folder: &Path) -> Result<Generation, KeyringError> {
    loop {
        if let Some(new) = make(folder, numbers(folder)?.last().map_or(1, |last| last + 1))? {
            return Ok(new);
        }
    }
}

/// Makes a first generation where there is none. Of two that do at once one does.
///
/// # Errors
/// When the folder can't be read or written.
pub fn make_first(folder: &Path) -> Result<(), KeyringError> {
    if numbers(folder)?.is_empty() {
        make(folder, 1)?;
    }
    Ok(())
}

/// Makes the generation of this number; none: somebody was faster.
fn make(folder: &Path, number: u32) -> Result<Option<Generation>, KeyringError> {
    let wrong = |error| failed("writing to", folder, error);
    let new = Generation::generate(number);
    let mut file = NamedTempFile::new_in(folder).map_err(wrong)?;
    file.write_all(new.to_text().as_bytes()).map_err(wrong)?;
    file.as_file().sync_all().map_err(wrong)?;
    match file.persist_noclobber(folder.join(file_name(number))) {
        Ok(_) => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)?;
            Ok(Some(new))
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(wrong(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_files_that_age_keygen_could_have_written() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (add(folder.path()).unwrap(), add(folder.path()).unwrap());
        assert_eq!((one.number(), two.number()), (1, 2));
        let file = folder.path().join("archive-1.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().any(|line| line == one.identity()), "the identity has a line of its own");
        let keygen = format!(
            "# created: 2026-11-23T10:00:00+08:00\r\n# public key: {}\r\n{}\r\n",
            one.recipient(),
            one.identity()
        );
        let again = Generation::parse(1, &keygen).unwrap();
        assert_eq!(again.identity(), one.identity());
        fs::write(folder.path().join("archive-03.key"), "no name of ours").unwrap();
        fs::write(folder.path().join("custody.key"), "somebody else's").unwrap();
        let ring = Keys::of_folder(folder.path()).unwrap().ring();
        assert_eq!(ring.newest().identity(), two.identity());
        assert_eq!(ring.get(1).unwrap().identity(), one.identity());
        assert!(ring.get(3).is_none());
        assert_eq!(ring.all().len(), 2);
    }

    #[test]
    fn a_new_generation_is_found_while_others_use_the_ring() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path()).unwrap();
        let keys = Keys::of_folder(folder.path()).unwrap();
        let other = keys.clone();
        assert_eq!(keys.ring().newest().number(), 1);
        add(folder.path()).unwrap();
        assert_eq!(keys.ring_with(2).newest().number(), 2, "something names it: looked for at once");
        assert_eq!(other.ring().newest().number(), 2);
        fs::write(folder.path().join("archive-3.key"), "broken").unwrap();
        assert_eq!(keys.ring_with(3).newest().number(), 2, "what can't be read changes nothing");
    }

    #[test]
    fn keys_for_purposes_differ_by_purpose_and_generation() {
        let (one, two) = (Generation::generate(1), Generation::generate(2));
        assert_eq!(one.secret("seal"), one.secret("seal"));
        assert_ne!(one.secret("seal"), one.secret("look-up"));
        assert_ne!(one.secret("seal"), two.secret("seal"));
    }

    #[test]
    fn identities_come_from_a_text_too_oldest_first() {
        let (one, two) = (Generation::generate(1), Generation::generate(2));
        for text in [
            format!("{},{}", one.identity(), two.identity()),
            format!("# ours\n{}\n{}\n", one.identity(), two.identity()),
        ] {
            let ring = Keyring::parse(&text).unwrap();
            assert_eq!(ring.newest().identity(), two.identity());
            assert_eq!(ring.get(1).unwrap().identity(), one.identity());
        }
        assert!(Keyring::parse(" , ").is_err());
        assert!(Keyring::parse("AGE-SECRET-KEY-1BROKEN").is_err());
    }

    #[test]
    fn an_identity_of_a_text_may_have_its_number_before_it() {
        let (two, five) = (Generation::generate(2), Generation::generate(5));
        let numbers = |text: String| {
            let ring = Keyring::parse(&text)?;
            Ok::<_, &'static str>(ring.all().iter().map(Generation::number).collect::<Vec<_>>())
        };
        let (a, b) = (two.identity(), five.identity());
        assert_eq!(numbers(format!("2:{a}")), Ok(vec![2]));
        assert_eq!(numbers(format!("2:{a},{b}")), Ok(vec![2, 3]), "the next one goes on");
        assert_eq!(numbers(format!("{a}\n 5 : {b}\n")), Ok(vec![1, 5]));
        for wrong in
            [format!("0:{a}"), format!("x:{a}"), format!("2:{a},2:{b}"), format!("2:{a},1:{b}"), "2:".into()]
        {
            let error = numbers(wrong).unwrap_err();
            assert!(!error.contains("SECRET-KEY-1Q"), "{error}");
        }
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let one = Generation::generate(1);
        let keys = Keys::given(Keyring::new(vec![one.clone()]).unwrap());
        let told = format!("{one:?} {keys:?} {:?}", keys.ring());
        assert!(!told.contains("AGE-SECRET-KEY"), "{told}");
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Keys::of_folder(folder.path()), Err(KeyringError::NoKey { .. })));
        fs::write(folder.path().join("archive-1.key"), format!("{}x", one.identity())).unwrap();
        let error = Keys::of_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("archive-1.key") && !error.contains(one.identity()), "{error}");
    }
}
