//! What a check of a backup can find, each with what was expected, what is there, and the way forward.

use std::path::Path;

use serde::Serialize;

use crate::archive::verify;

/// Something that is wrong with a backup, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The same for the same trouble in every check, such as `file-damaged-3-cases`.
    pub id: String,
    /// What kind of trouble it is: one of [`Kind`], or of those of originals.
    pub kind: &'static str,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// What depends on it.
    pub rows: Vec<String>,
    /// The way forward.
    pub repair: String,
}

/// The kinds of trouble beside those of originals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no finished generation.
    NoGeneration,
    /// A generation without a manifest: its run was broken off.
    Unfinished,
    /// The manifest isn't the one that was written.
    ManifestAltered,
    /// A file of the generation isn't there.
    FileMissing,
    /// A file of the generation ends too early.
    FileTruncated,
    /// A file of the generation has other bytes.
    FileDamaged,
    /// Something lies there that no backup puts there.
    ForeignFile,
    /// A key isn't the one that belongs to the backup.
    WrongKey,
    /// Rows that the database doesn't take.
    RowsUnfit,
    /// A table has more or fewer rows than were counted.
    WrongCount,
    /// Rows name rows that aren't there.
    DanglingRow,
    /// A case doesn't stand where its flow ends, or the flow has gaps.
    StateAndFlow,
    /// A case names a bound scan that isn't its own.
    BadlyBound,
    /// The ledger of disposals can't be read.
    LedgerUnfit,
}

impl Kind {
    /// The name, as in ids and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGeneration => "no-generation",
            Self::Unfinished => "unfinished",
            Self::ManifestAltered => "manifest-altered",
            Self::FileMissing => "file-missing",
            Self::FileTruncated => "file-truncated",
            Self::FileDamaged => "file-damaged",
            Self::ForeignFile => "foreign-file",
            Self::WrongKey => "wrong-key",
            Self::RowsUnfit => "rows-unfit",
            Self::WrongCount => "wrong-count",
            Self::DanglingRow => "dangling-row",
            Self::StateAndFlow => "state-and-flow",
            Self::BadlyBound => "badly-bound",
            Self::LedgerUnfit => "ledger-unfit",
        }
    }
}

/// What helps where rows are damaged.
pub(super) const ANOTHER: &str = "Restore another generation (--generation N), or the same one from another copy of the backup; run `casebind backup` now.";

impl Finding {
    /// A finding about `what`.
    #[must_use]
    pub fn new(
        kind: Kind,
        what: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
        repair: impl Into<String>,
    ) -> Self {
        Self {
            id: format!("{}-{what}", kind.as_str()),
            kind: kind.as_str(),
            expected: expected.into(),
            actual: actual.into(),
            rows: Vec::new(),
            repair: repair.into(),
        }
    }

    pub(super) fn foreign(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self::new(
            Kind::ForeignFile,
            &name,
            "only what a backup puts there",
            path.display().to_string(),
            format!("Casebind didn't put it there. Look at {} and move it away.", path.display()),
        )
    }
}

/// An original is looked at in the same way wherever it lies; what to do about it differs.
impl From<verify::Finding> for Finding {
    fn from(found: verify::Finding) -> Self {
        use verify::Kind as Of;
        let repair = match found.kind {
            Of::Missing | Of::Empty | Of::Truncated | Of::Damaged | Of::Unreadable | Of::Swapped => {
                "Run `casebind backup --reread`: it copies this original again from the installation.".into()
            }
            Of::Orphan => {
                "A run that was broken off leaves such a file, and so does removing a generation by hand. \
                           `casebind backup --keep N` removes it."
                    .into()
            }
            _ => found.repair,
        };
        Self {
            id: found.id,
            kind: found.kind.as_str(),
            expected: found.expected,
            actual: found.actual,
            rows: found.rows,
            repair,
        }
    }
}
