//! The data directory in which a moved installation lands: the same one, a new one, or one with the same keys.

use std::path::{Path, PathBuf};

use crate::archive::backup::Fingerprint;
use crate::cli::house::Trouble;
use crate::config::{DataDir, KeptKeys, Restoring};

/// Where it lands.
pub enum Landing {
    /// Where it is, or where it landed before.
    There(PathBuf),
    /// In a directory that is none until everything is there.
    New(Restoring, KeptKeys),
}

impl Landing {
    /// Looks where it lands; a new directory is begun.
    ///
    /// # Errors
    /// When something else lies there, or it can't be written.
    pub fn begin(from: &DataDir, to: &Path) -> Result<Self, Trouble> {
        let same = |one: &Path, other: &Path| {
            one.canonicalize().ok().is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
        };
        if same(from.root(), to) {
            return Ok(Self::There(to.to_owned()));
        }
        let keys = KeptKeys::of(from)?;
        if to.join("VERSION").exists() {
            let there = KeptKeys::of(&DataDir::open_existing(to)?)?;
            let all = keys.files().all(|key| there.files().any(|other| other == key));
            if !all {
                return Err(format!(
                    "{} is a data directory already, with other keys: name an empty or a new one",
                    to.display()
                )
                .into());
            }
            return Ok(Self::There(to.to_owned()));
        }
        let first = keys.first().ok_or("the data directory has no keys")?;
        let restoring = Restoring::begin(to, &format!("installation {}, moved", Fingerprint::of(first)))?;
        Ok(Self::New(restoring, keys))
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        match self {
            Self::There(root) => root,
            Self::New(restoring, _) => restoring.root(),
        }
    }

    /// Everything is there.
    ///
    /// # Errors
    /// When the directory can't be written.
    pub fn finish(self) -> Result<(), Trouble> {
        if let Self::New(restoring, keys) = self {
            restoring.finish(&keys)?;
        }
        Ok(())
    }
}
