//! What can be wrong with a configuration, in words for the operator.

use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("configuration {}: {source}; name another with --config FILE", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The file isn't TOML.
    #[error("configuration {} is not TOML: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line and column, and what was expected there.
        message: String,
    },
    /// Settings that can't be used, all of them.
    #[error("configuration {}: {}", file.display(), Listed(problems))]
    Settings {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problems: Vec<Problem>,
    },
}

/// One setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, and the environment variable where the value came from one.
    pub key: String,
    /// The value as it was found; secrets are left out. `None`: the key is missing.
    pub value: Option<String>,
    /// What is allowed.
    pub allowed: String,
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}: allowed is {}", self.key, self.allowed),
            None => write!(f, "{} is missing: it is {}", self.key, self.allowed),
        }
    }
}

struct Listed<'a>(&'a [Problem]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} {} can't be used", if count == 1 { "setting" } else { "settings" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
