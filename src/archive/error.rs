//! What can go wrong with an original, each with its own words for the operator and for the person.
//!
//! It must not carry the content of documents or anything about people: digests and paths only.

use std::io;
use std::path::{Path, PathBuf};

use super::bucket::Away;
use super::vault::Broken;
use crate::case::ids::Digest;
use crate::keyring::Unconfirmed;

/// A failure of the archive. Its `Display` is English, for logs and the command line; [`Self::words`]
/// is for the person on the page.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The upload is larger than the installation takes.
    #[error("the file is larger than {limit} bytes, the most that is taken")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// No file of that digest is in the archive.
    #[error("original {digest} is missing: no file {}", path.display())]
    Missing {
        /// What was asked for.
        digest: Digest,
        /// Where it should be.
        path: PathBuf,
    },
    /// The file's bytes aren't those it was stored with.
    #[error(
        "original {expected} is damaged: its {actual_bytes} bytes (expected {expected_bytes}) hash to {actual}"
    )]
    Damaged {
        /// The digest that names the file.
        expected: Digest,
        /// The digest of the bytes that are there.
        actual: Digest,
        /// The size on record.
        expected_bytes: u64,
        /// The size that is there.
        actual_bytes: u64,
    },
    /// The file's key is here, and its seal is broken: its bytes aren't those it was stored with.
    #[error("original {digest} is damaged: {broken}")]
    Broken {
        /// The digest that names the file.
        digest: Digest,
        /// What is known of it.
        broken: Broken,
    },
    /// The file is sealed with a key that isn't here. Nothing is wrong with the file.
    #[error("original {digest} can't be opened: {}; put its key file back, or start with it", absent(*generation))]
    Locked {
        /// What was asked for.
        digest: Digest,
        /// The generation of the key, if the file names one.
        generation: Option<u32>,
    },
    /// The disk or the quota is full.
    #[error("no space left for {}: free some space or enlarge the disk, then try again", path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// The filesystem is mounted read-only.
    #[error("{} is on a read-only filesystem: mount it writable", path.display())]
    ReadOnly {
        /// What was being written.
        path: PathBuf,
    },
    /// The process may not read or write there.
    #[error("no permission for {}: give it to the user that casebind runs as", path.display())]
    Denied {
        /// What was being opened.
        path: PathBuf,
    },
    /// A folder of the archive isn't there any more.
    #[error("{} is gone: mount or restore the folder, nothing is made in its place", path.display())]
    Gone {
        /// What was looked for.
        path: PathBuf,
    },
    /// The store of a bucket doesn't answer, or not as it should. Nothing is known of what is there.
    #[error("{}: the store doesn't answer as it should: {why}", place.display())]
    Away {
        /// What was asked for.
        place: PathBuf,
        /// What was answered.
        why: String,
    },
    /// The folders of the archive don't lie on one filesystem, so that a file can't be renamed in one step.
    #[error(
        "{} and {} are on different filesystems: an original gets its name in one step only within one filesystem",
        temporary.display(), originals.display()
    )]
    Split {
        /// Where files arrive.
        temporary: PathBuf,
        /// Where they are kept.
        originals: PathBuf,
    },
    /// Anything else that the system answered.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done, such as `reading`.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

/// Three sentences in Traditional Chinese for a page: what happened, what stayed safe, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub happened: String,
    /// What stayed safe.
    pub kept: &'static str,
    /// What to do now.
    pub next: &'static str,
}

impl ArchiveError {
    /// Sorts a system error into the kinds that need different help.
    pub(super) fn from_io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if let Some(Away(why)) = away(&source) {
            return Self::Away { place: path, why: why.clone() };
        }
        // For want of the database.
        if let Some(unconfirmed) = source.get_ref().and_then(|inner| inner.downcast_ref::<Unconfirmed>()) {
            return Self::Away { place: path, why: unconfirmed.to_string() };
        }
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            io::ErrorKind::NotFound => Self::Gone { path },
            _ => Self::Io { doing, path, source },
        }
    }

    /// Whether a failure is that of a store that doesn't answer.
    pub(super) fn is_of_away(source: &io::Error) -> bool {
        away(source).is_some()
    }

    /// Whether somebody has to look at the archive now: a stored original is gone or damaged.
    #[must_use]
    pub fn is_alert(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Damaged { .. } | Self::Broken { .. })
    }

    /// Whether the place of originals can't be asked just now, and it is worth to try again.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    /// What the person reads on the page.
    #[must_use]
    pub fn words(&self) -> Words {
        const UNCHANGED: &str = "案件與先前已上傳的檔案都沒有改變。";
        const TRY_LATER: &str = "請稍後再上傳一次；若持續發生，請通知系統管理人員。";
        let (happened, kept, next) = match self {
            Self::TooLarge { limit } => {
                return Words {
                    happened: format!("檔案超過 {}，系統沒有收下。", megabytes(*limit)),
                    kept: UNCHANGED,
                    next: "請以較低的解析度重新掃描，或分成較小的檔案後再上傳。",
                };
            }
            Self::Missing { .. } => (
                "找不到這份原始檔案。",
                "案件資料與其他檔案都沒有改變。",
                "系統已記錄此事，請通知系統管理人員由備份還原。",
            ),
            Self::Damaged { .. } | Self::Broken { .. } => (
                "這份原始檔案與存入時的內容不符，因此沒有送出。",
                "案件資料與其他檔案都沒有改變。",
                "系統已記錄此事，請通知系統管理人員由備份還原。",
            ),
            Self::Locked { .. } => (
                "這份原始檔案目前打不開：開啟它的金鑰不在系統裡。",
                "案件資料與檔案本身都沒有改變。",
                "請通知系統管理人員把金鑰放回原處。",
            ),
            Self::Full { .. } => ("系統的儲存空間已滿，檔案沒有存入。", UNCHANGED, TRY_LATER),
            Self::ReadOnly { .. } => ("系統的儲存空間目前只能讀取，檔案沒有存入。", UNCHANGED, TRY_LATER),
            Self::Gone { .. } => ("系統目前找不到存放檔案的資料夾，檔案沒有存入。", UNCHANGED, TRY_LATER),
            Self::Away { .. } => (
                "系統目前連不上存放檔案的儲存服務，這個動作沒有完成。",
                UNCHANGED,
                "請稍等一分鐘再試一次；若持續發生，請通知系統管理人員。",
            ),
            Self::Denied { .. } | Self::Split { .. } | Self::Io { .. } => {
                ("系統目前無法存取檔案。", UNCHANGED, TRY_LATER)
            }
        };
        Words { happened: happened.into(), kept, next }
    }
}

/// Which key isn't there.
pub(super) fn absent(generation: Option<u32>) -> String {
    match generation {
        Some(number) => format!("the key of generation {number} isn't here"),
        None => "the key that it is sealed with isn't here".into(),
    }
}

fn away(source: &io::Error) -> Option<&Away> {
    source.get_ref().and_then(|source| source.downcast_ref())
}

/// A size as people say it: whole megabytes from one on, else kilobytes or bytes.
fn megabytes(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        MIB.. => format!("{} MB", bytes / MIB),
        1024.. => format!("{} KB", bytes / 1024),
        _ => format!("{bytes} 位元組"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: io::ErrorKind) -> ArchiveError {
        ArchiveError::from_io("writing", Path::new("/data/tmp/x"), kind.into())
    }

    #[test]
    fn a_full_and_a_read_only_disk_have_their_own_words() {
        let full = of(io::ErrorKind::StorageFull);
        assert!(matches!(full, ArchiveError::Full { .. }));
        assert_eq!(
            full.to_string(),
            "no space left for /data/tmp/x: free some space or enlarge the disk, then try again"
        );
        assert_eq!(full.words().happened, "系統的儲存空間已滿，檔案沒有存入。");
        assert!(matches!(of(io::ErrorKind::QuotaExceeded), ArchiveError::Full { .. }));

        let read_only = of(io::ErrorKind::ReadOnlyFilesystem);
        assert_eq!(read_only.to_string(), "/data/tmp/x is on a read-only filesystem: mount it writable");
        assert!(read_only.words().happened.contains("只能讀取"));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), ArchiveError::Denied { .. }));
        assert!(matches!(of(io::ErrorKind::NotFound), ArchiveError::Gone { .. }));
        assert!(matches!(of(io::ErrorKind::Interrupted), ArchiveError::Io { .. }));
    }

    #[test]
    fn a_store_that_is_away_says_nothing_of_what_is_there() {
        let away = io::Error::other(Away("no answer within 60 s".into()));
        let error = ArchiveError::from_io("reading", Path::new("s3://originals/ab"), away);
        assert!(error.is_away() && !error.is_alert());
        assert_eq!(
            error.to_string(),
            "s3://originals/ab: the store doesn't answer as it should: no answer within 60 s"
        );
        assert!(error.words().happened.contains("連不上"));
    }

    #[test]
    fn a_key_that_is_not_here_is_no_damage() {
        let digest = Digest::of(b"form");
        let locked = ArchiveError::Locked { digest, generation: Some(3) };
        assert!(!locked.is_alert());
        assert!(locked.to_string().contains("the key of generation 3 isn't here"), "{locked}");
        assert!(locked.words().happened.contains("金鑰"));
        let broken = Broken { stored: 400, bytes: Some(4), whole: 0 };
        let broken = ArchiveError::Broken { digest, broken };
        assert!(broken.is_alert());
        let told = format!(
            "original {digest} is damaged: 400 bytes, sealed, whose seal is broken after 0 plain bytes of 4"
        );
        assert_eq!(broken.to_string(), told);
        assert!(broken.words().happened.contains("與存入時的內容不符"));
    }

    #[test]
    fn the_limit_is_told_in_the_unit_that_people_use() {
        let words = |limit| ArchiveError::TooLarge { limit }.words().happened;
        assert_eq!(words(20 * 1024 * 1024), "檔案超過 20 MB，系統沒有收下。");
        assert_eq!(words(4096), "檔案超過 4 KB，系統沒有收下。");
    }
}
