//! Old generations go, and with them the originals that no kept generation names.
//!
//! Nothing is removed on the word of a damaged list: each kept generation is checked first.

use std::fs;

use super::super::{ArchiveError, Vault, folder};
use super::{BackupFolder, Documents, Finding, Generation, SealKey, check_generation};

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Generations.
    pub generations: u64,
    /// Originals.
    pub originals: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Keeps the newest `keep` generations. With a finding nothing was removed.
///
/// # Errors
/// When the folder can't be read or written.
pub fn sweep(
    backup: &BackupFolder,
    keep: usize,
    key: &SealKey,
    find: &mut dyn FnMut(Finding),
) -> Result<Swept, ArchiveError> {
    let mut old = backup.finished()?;
    let kept = old.split_off(old.len().saturating_sub(keep));
    let mut swept = Swept::default();
    for generation in &kept {
        let mut sound = true;
        check_generation(generation, Some(key), &mut |finding| {
            sound = false;
            find(finding);
        })?;
        if !sound {
            return Ok(swept);
        }
    }
    for generation in &old {
        generation.remove()?;
        swept.generations += 1;
    }
    originals(backup, &kept, &mut swept)?;
    Ok(swept)
}

/// Removes the originals that none of `kept` names, in one pass over both sides.
fn originals(backup: &BackupFolder, kept: &[Generation], swept: &mut Swept) -> Result<(), ArchiveError> {
    // A length is known without a key.
    let originals = backup.originals(&Vault::without_keys());
    let mut named = Documents::of(kept)?;
    let mut next = named.next_original()?;
    for byte in 0..=u8::MAX {
        for file in originals.shelf().part(byte)?.files {
            while next.as_ref().is_some_and(|(digest, _, _)| *digest < file.digest) {
                next = named.next_original()?;
            }
            if next.as_ref().is_some_and(|(digest, _, _)| *digest == file.digest) {
                continue;
            }
            let path = originals.path_of(&file.digest);
            let bytes = originals.size_now(&file.digest)?.unwrap_or(file.stored);
            fs::remove_file(&path).map_err(|error| ArchiveError::from_io("removing", &path, error))?;
            if let Some(parent) = path.parent() {
                folder::sync(parent)?;
            }
            swept.originals += 1;
            swept.bytes += bytes;
        }
    }
    Ok(())
}
