//! What a check of the chain finds, each with what was expected, what is there, and the way forward.

use serde::Serialize;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A link's hash isn't that of its text.
    LinkEdited,
    /// A link names another predecessor than the one that stands before it.
    LinkBroken,
    /// Links are missing before this one.
    LinkMissing,
    /// A link stands where it doesn't belong: inserted, repeated or moved.
    LinkMisplaced,
    /// A link was appended before its predecessor, by its own word.
    TimeBackwards,
    /// A checkpoint knows more links than there are.
    TailCut,
    /// The links don't lead to a checkpoint's head: the chain was made anew.
    Recomputed,
    /// A file isn't a checkpoint.
    NoCheckpoint,
    /// A checkpoint isn't signed by a known key.
    NotSigned,
    /// Two checkpoints of the same size name different heads.
    CheckpointsDisagree,
    /// A row isn't as it was when it was linked.
    RowEdited,
    /// A linked row is gone.
    RowDeleted,
    /// A row has no link and waits for none.
    RowInserted,
    /// A row's words, and the salt with which they could be compared, are gone.
    RowErased,
}

impl Kind {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LinkEdited => "link-edited",
            Self::LinkBroken => "link-broken",
            Self::LinkMissing => "link-missing",
            Self::LinkMisplaced => "link-misplaced",
            Self::TimeBackwards => "time-backwards",
            Self::TailCut => "tail-cut",
            Self::Recomputed => "recomputed",
            Self::NoCheckpoint => "no-checkpoint",
            Self::NotSigned => "not-signed",
            Self::CheckpointsDisagree => "checkpoints-disagree",
            Self::RowEdited => "row-edited",
            Self::RowDeleted => "row-deleted",
            Self::RowInserted => "row-inserted",
            Self::RowErased => "row-erased",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn repair(self) -> &'static str {
        match self {
            Self::NoCheckpoint => "fetch the file again from where checkpoints are kept elsewhere",
            Self::NotSigned => {
                "give the public key of that time as well; if there was none, somebody else made this checkpoint"
            }
            Self::CheckpointsDisagree => {
                "keep both: they prove that there were two histories; find out which one others have seen"
            }
            Self::RowErased => {
                "ask for the disposal that erased these words; without one, restore the row from a backup"
            }
            Self::RowEdited | Self::RowDeleted => {
                "compare the row with a backup that is older than the change; the link tells what it was; change nothing by hand"
            }
            Self::RowInserted => {
                "find out who wrote it: no step of this program leaves a row without a link; change nothing by hand"
            }
            Self::LinkEdited
            | Self::LinkBroken
            | Self::LinkMissing
            | Self::LinkMisplaced
            | Self::TimeBackwards
            | Self::TailCut
            | Self::Recomputed => {
                "compare with an exported links file or a backup of the time of the newest checkpoint that holds; change nothing by hand"
            }
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about, such as `row-edited flow 0193…`.
    pub id: String,
    /// What is wrong.
    pub kind: Kind,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// What to do.
    pub repair: &'static str,
}

impl Finding {
    /// A finding about `what`.
    #[must_use]
    pub fn new(kind: Kind, what: &str, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            id: format!("{} {what}", kind.as_str()),
            kind,
            expected: expected.into(),
            actual: actual.into(),
            repair: kind.repair(),
        }
    }
}
