//! What each key is set to and where, for whoever looks at an installation. Secrets are never shown.

use std::fmt;

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
