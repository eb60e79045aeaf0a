//! Passwords: argon2id, what makes one too easy, and random ones for first log-ins.
//!
//! The floor of the parameters is OWASP's: 19 MiB, two passes, one lane. A password is taken as it was typed, byte
//! for byte: nothing is cut off, folded or normalised (a keyboard that composes differently types another password),
//! and nothing is demanded of its composition. Lengths count code points.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::clock::Entropy;
use crate::store::people::Person;

use super::common;

/// The fewest characters of a password for an account without a second factor.
pub const MIN_LENGTH: usize = 15;

/// The fewest for one with a second factor.
pub const MIN_WITH_SECOND: usize = 8;

/// The most characters: a bound on what is hashed, far above what anybody types.
pub const MAX_LENGTH: usize = 1000;

/// How many characters must be left when those of [`About`] are taken away.
const OWN: usize = 8;

/// Makes and checks password hashes.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a password that nobody has: checked when the account doesn't exist,
    /// so that the answer takes as long.
    decoy: String,
    /// So many at once: each takes the memory of one hash.
    turns: Arc<Semaphore>,
}

/// For whom a password is: nothing of it may be most of the password.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Login name, name, address, school, organisation: whatever is known.
    pub words: Vec<String>,
    /// Whether the account has a second factor.
    pub second_factor: bool,
}

impl About {
    /// About this person, with whatever else is known: the names of school and organisation.
    #[must_use]
    pub fn of(person: &Person, others: &[&str], second_factor: bool) -> Self {
        let own = [person.login.as_str(), &person.name, &person.email];
        let words = own.iter().chain(others).map(|word| (*word).to_owned()).collect();
        Self { words, second_factor }
    }
}

/// One thing that is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Fewer characters than so many.
    TooShort(usize),
    /// More than [`MAX_LENGTH`].
    TooLong,
    /// It stands on the list of common passwords.
    Common,
    /// A short piece again and again, or characters in a row.
    Repetitive,
    /// Without the words about the person too little is left.
    Personal,
}

/// A password that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is too easy to guess; every reason.
    #[error("{}", .0.iter().map(Fault::english).collect::<Vec<_>>().join("; "))]
    Weak(Vec<Fault>),
    /// The hash couldn't be made.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

impl Fault {
    /// What is wrong and what would be better, for the person.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::TooShort(least) => format!(
                "密碼至少要有 {least} 個字元。用三、四個不相干的詞連起來，好記又夠長，例如「詞-詞-詞-詞」。"
            ),
            Self::TooLong => format!("密碼最多 {MAX_LENGTH} 個字元。"),
            Self::Common => "這是很多人用過、已經外流的密碼，請換一組自己想的。".into(),
            Self::Repetitive => "密碼只是同一段文字或連續的字元重複，請換成不相干的幾個詞。".into(),
            Self::Personal => {
                "密碼大部分是帳號、姓名、信箱、學校或單位名稱，容易被猜到；請改用與您無關的詞。".into()
            }
        }
    }

    fn english(&self) -> String {
        match self {
            Self::TooShort(least) => format!("a password has at least {least} characters"),
            Self::TooLong => format!("a password has at most {MAX_LENGTH} characters"),
            Self::Common => "this password is among the most common ones".into(),
            Self::Repetitive => "this password repeats one short piece, or is characters in a row".into(),
            Self::Personal => {
                "this password is mostly the login name, the name, the address, the school or the organisation".into()
            }
        }
    }
}

impl Passwords {
    /// With `memory` KiB, `passes` and `lanes`.
    ///
    /// # Errors
    /// When argon2 doesn't take the parameters.
    pub fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let params =
            Params::new(memory, passes, lanes, None).map_err(|why| PasswordError::Hash(why.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let turns = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let mut passwords = Self { argon2, decoy: String::new(), turns: Arc::new(Semaphore::new(turns)) };
        passwords.decoy = passwords.hash_any("a password that nobody has")?;
        Ok(passwords)
    }

    /// The PHC string of a new password. Takes tens of milliseconds: not on an async worker, see [`Self::make`].
    ///
    /// # Errors
    /// [`PasswordError::Weak`] with all that is wrong with it.
    pub fn hash(&self, password: &str, about: &About) -> Result<String, PasswordError> {
        let faults = check(password, about);
        if !faults.is_empty() {
            return Err(PasswordError::Weak(faults));
        }
        self.hash_any(password)
    }

    /// The same beside async work, a few at a time.
    ///
    /// # Errors
    /// As [`Self::hash`].
    pub async fn make(&self, password: &str, about: &About) -> Result<String, PasswordError> {
        let faults = check(password, about);
        if !faults.is_empty() {
            return Err(PasswordError::Weak(faults));
        }
        self.hash_secret(password).await
    }

    /// The PHC string of a secret that isn't a password and has no rules.
    pub(super) async fn hash_secret(&self, secret: &str) -> Result<String, PasswordError> {
        let (this, secret) = (self.clone(), secret.to_owned());
        let turn = self.turns.acquire().await;
        let made = tokio::task::spawn_blocking(move || this.hash_any(&secret)).await;
        drop(turn);
        made.map_err(|stopped| PasswordError::Hash(stopped.to_string()))?
    }

    fn hash_any(&self, password: &str) -> Result<String, PasswordError> {
        let hash = self.argon2.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|why| PasswordError::Hash(why.to_string()))
    }

    /// Whether the password fits the hash. Without a hash, and with one that was made with less than today's parameters,
    /// as much work is done as with one of today: how long it takes tells nothing of the account.
    #[must_use]
    pub fn verify(&self, password: &str, hash: Option<&str>) -> bool {
        self.judge(password, hash).0
    }

    /// The same, and how much work it was, in KiB passed over.
    fn judge(&self, password: &str, hash: Option<&str>) -> (bool, u64) {
        let parsed = hash.and_then(|hash| PasswordHash::new(hash).ok());
        let known = parsed.is_some();
        let Some(parsed) = parsed.or_else(|| PasswordHash::new(&self.decoy).ok()) else { return (false, 0) };
        let done = Params::try_from(&parsed).map_or(0, |params| work(&params));
        let fits = self.argon2.verify_password(password.as_bytes(), &parsed).is_ok();
        (fits && known, done + self.top_up(password, done))
    }

    /// Does what is missing of the work of today's parameters, for nothing; how much it was.
    fn top_up(&self, password: &str, done: u64) -> u64 {
        let today = self.argon2.params();
        let Some(params) = filler(today, work(today).saturating_sub(done)) else { return 0 };
        let (worked, mut out) = (work(&params), [0; 32]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let made = argon2.hash_password_into(password.as_bytes(), b"work for nothing", &mut out);
        std::hint::black_box(out);
        made.map_or(0, |()| worked)
    }

    /// The same beside async work, a few at a time.
    pub async fn fits(&self, password: &str, hash: Option<&str>) -> bool {
        let (this, typed, hash) = (self.clone(), password.to_owned(), hash.map(str::to_owned));
        let turn = self.turns.acquire().await;
        let fits = tokio::task::spawn_blocking(move || this.verify(&typed, hash.as_deref())).await;
        drop(turn);
        fits.unwrap_or(false)
    }

    /// Whether a hash was made with less than today's parameters.
    #[must_use]
    pub fn is_behind(&self, hash: &str) -> bool {
        let Ok(parsed) = PasswordHash::new(hash) else { return false };
        let Ok(old) = Params::try_from(&parsed) else { return false };
        let new = self.argon2.params();
        old.m_cost() < new.m_cost() || old.t_cost() < new.t_cost() || old.p_cost() < new.p_cost()
    }
}

/// The work of one hash: its memory in KiB, as often as it is passed over.
fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// Parameters of so much work in no more memory than today's; none where that is too little for any hash.
fn filler(today: &Params, rest: u64) -> Option<Params> {
    let passes = rest.div_ceil(u64::from(today.m_cost())).max(1);
    let memory = u32::try_from(rest / passes).ok()?;
    Params::new(memory, u32::try_from(passes).ok()?, 1, None).ok()
}

/// All that is wrong with a password for this account; nothing: it will do.
#[must_use]
pub fn check(password: &str, about: &About) -> Vec<Fault> {
    let least = if about.second_factor { MIN_WITH_SECOND } else { MIN_LENGTH };
    let length = password.chars().count();
    let mut faults = Vec::new();
    if length < least {
        faults.push(Fault::TooShort(least));
    }
    if length > MAX_LENGTH {
        faults.push(Fault::TooLong);
        return faults;
    }
    if common::is_common(password) {
        faults.push(Fault::Common);
    } else if common::is_repetitive(password) {
        faults.push(Fault::Repetitive);
    }
    if is_personal(password, about) {
        faults.push(Fault::Personal);
    }
    faults
}

/// Whether too little is left without the words about the person and the service.
fn is_personal(password: &str, about: &About) -> bool {
    let mut words: Vec<String> = about.words.iter().flat_map(|text| pieces(text)).collect();
    words.extend(["casebind", "學諮中心", "輔導"].map(str::to_owned));
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = password.to_lowercase();
    let whole = left.len();
    for word in &words {
        left = left.replace(word.as_str(), "");
    }
    left.len() < whole && left.chars().count() < OWN
}

/// A text and its words, in small letters, but for those too short to say anything.
fn pieces(text: &str) -> Vec<String> {
    let telling = |word: &&str| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    let text = text.trim().to_lowercase();
    let parts = text.split(|c: char| !c.is_alphanumeric());
    std::iter::once(text.as_str()).chain(parts).filter(telling).map(str::to_owned).collect()
}

/// A random password: 20 letters and digits in groups of five, about 100 bits.
#[must_use]
pub fn random(entropy: &Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> =
        entropy.bytes::<20>().iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(second_factor: bool) -> About {
        let words = ["hsiaoming", "王小明", "hsiaoming.wang@example.org", "示範國小", "示範學生輔導諮商中心"];
        About { words: words.map(str::to_owned).into(), second_factor }
    }

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new(19 * 1024, 2, 1).expect("the floor");
        let hash = passwords.hash("correct horse battery", &About::default()).expect("long enough");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery", Some(&hash)));
        assert!(!passwords.verify("correct horse batterx", Some(&hash)));
        assert!(!passwords.verify("Correct horse battery", Some(&hash)));
        assert!(!passwords.verify("a password that nobody has", None));
        let weak = passwords.hash("short", &About::default());
        assert_eq!(weak, Err(PasswordError::Weak(vec![Fault::TooShort(15)])));
    }

    #[test]
    fn a_hash_of_smaller_parameters_is_behind() {
        let (old, new) = (Passwords::new(19 * 1024, 2, 1).unwrap(), Passwords::new(19 * 1024, 3, 1).unwrap());
        let hash = old.hash("correct horse battery", &About::default()).unwrap();
        assert!(new.is_behind(&hash) && !old.is_behind(&hash));
        assert!(new.verify("correct horse battery", Some(&hash)), "it is still good");
        let hash = new.hash("correct horse battery", &About::default()).unwrap();
        assert!(!old.is_behind(&hash), "parameters that fell change nothing");
        assert!(!new.is_behind("no hash"));
    }

    #[test]
    fn an_older_hash_is_as_much_work_as_none() {
        let today = Passwords::new(32 * 1024, 3, 1).unwrap();
        let (fits, none) = today.judge("correct horse battery", None);
        assert!(!fits && none == 3 * 32 * 1024, "{none}");
        for (memory, passes, lanes) in
            [(19 * 1024, 2, 1), (19 * 1024, 3, 2), (32 * 1024, 2, 1), (32 * 1024, 3, 1)]
        {
            let old = Passwords::new(memory, passes, lanes).unwrap();
            let hash = old.hash("correct horse battery", &About::default()).unwrap();
            for (password, right) in [("correct horse battery", true), ("correct horse batterx", false)] {
                let (fits, worked) = today.judge(password, Some(&hash));
                assert_eq!(fits, right, "{hash}");
                assert!(worked.abs_diff(none) <= none / 1000, "{worked} for {hash}, {none} for nobody");
            }
        }
        // What can't be read as a hash is as much work as none.
        assert_eq!(today.judge("correct horse battery", Some("no hash")), (false, none));
    }

    #[test]
    fn nothing_is_cut_off_folded_or_normalised() {
        let passwords = Passwords::new(19 * 1024, 2, 1).unwrap();
        let long = "a long password, and longer: ".repeat(9);
        assert!(long.len() > 64);
        let hash = passwords.hash(&format!("{long}x"), &About::default()).unwrap();
        assert!(!passwords.verify(&format!("{long}y"), Some(&hash)), "the last character counts");
        // The same letter, composed and decomposed: as typed, these are two passwords.
        let hash = passwords.hash("caf\u{e9} caf\u{e9} caf\u{e9} 1", &About::default()).unwrap();
        assert!(!passwords.verify("cafe\u{301} cafe\u{301} cafe\u{301} 1", Some(&hash)));
        let spaces = passwords.hash("  spaces at both ends  ", &About::default()).unwrap();
        assert!(!passwords.verify("spaces at both ends", Some(&spaces)));
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        for (password, second, expected) in [
            ("purple elephant seven", false, vec![]),
            ("全部小寫的中文也可以當密碼使用喔", false, vec![]),
            ("fourteen chars", false, vec![Fault::TooShort(15)]),
            ("fourteen chars", true, vec![]),
            ("1234567", true, vec![Fault::TooShort(8), Fault::Repetitive]),
            ("Password1", true, vec![Fault::Common]),
            ("password", false, vec![Fault::TooShort(15), Fault::Common]),
            ("abcabcabcabcabcabc", false, vec![Fault::Repetitive]),
            ("hsiaoming-hsiaoming-wang", false, vec![Fault::Personal]),
            ("示範國小王小明示範國小王小明1234", false, vec![Fault::Personal]),
            ("casebind casebind", false, vec![Fault::Personal]),
            ("wang walks to the river", false, vec![]),
        ] {
            assert_eq!(check(password, &about(second)), expected, "{password}");
        }
        assert_eq!(check(&"ab cd efg".repeat(200), &about(false)), [Fault::TooLong]);
    }

    #[test]
    fn random_passwords_are_long_enough_and_differ() {
        let entropy = Entropy::seeded(1);
        let (one, two) = (random(&entropy), random(&entropy));
        assert_ne!(one, two);
        assert_eq!(one.len(), 23);
        assert_eq!(check(&one, &about(false)), []);
    }
}
