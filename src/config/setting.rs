//! What each key is set to and where, for whoever looks at an installation. Secrets are never shown.

use std::fmt;

use crate::case::ids::Digest;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File,
    /// The environment.
    Environment,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key, such as `limits.pages`.
    pub key: String,
    /// Its value as it may be shown; none where nothing is set and the default isn't one value.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// The environment variable that sets it.
    pub variable: String,
    /// Tells one value from another where what may be shown doesn't; none: it does.
    pub mark: Option<Mark>,
}

/// Stands for a value that isn't shown. It is a bare digest, and so goes nowhere but into a keyed hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark(Digest);

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(..)")
    }
}

impl Mark {
    pub(super) fn of(value: &str) -> Self {
        Self(Digest::of(value.as_bytes()))
    }

    /// For the keyed hash.
    #[must_use]
    pub fn text(self) -> String {
        self.0.to_string()
    }
}

/// All keys, in the order in which they were read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(pub Vec<Setting>);

/// Too long to be read; the configuration itself tells more.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings(..)")
    }
}

impl Settings {
    /// Notes a key; the first note counts.
    pub(super) fn note(&mut self, setting: Setting) {
        if !self.0.iter().any(|known| known.key == setting.key) {
            self.0.push(setting);
        }
    }

    /// Says what a key is by default.
    pub(super) fn default_of(&mut self, key: &str, value: &str) {
        let known = self.0.iter_mut().find(|known| known.key == key && known.source == Source::Default);
        if let Some(known) = known {
            known.value = Some(value.to_owned());
        }
    }
}

/// Whether a key's value is never shown. How often a password may be asked for is none.
pub(super) fn is_secret(key: &str) -> bool {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let words = ["secret", "password", "token", "key"];
    section != "requests" && words.iter().any(|word| name.split('_').any(|part| part == *word))
}

/// Whether a key that nobody knows may have been meant for a secret: its name holds a word of one, however it is spelt
/// otherwise.
pub(super) fn may_be_secret(key: &str) -> bool {
    let name = key.to_ascii_lowercase();
    ["secret", "pas", "token", "key", "credential"].iter().any(|word| name.contains(word))
}
