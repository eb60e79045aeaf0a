//! How a step can end other than well. Nothing was changed, whatever the variant.

use crate::archive::ArchiveError;
use crate::archive::verify::VerifyError;
use crate::case::account::Fault;
use crate::case::refusal::Refused;
use crate::case::school_list::NoList;
use crate::case::validate::FieldError;
use crate::forms::PrintError;
use crate::identity::DoorError;
use crate::intake::{JudgeFailure, Judgement, Reason};
use crate::store::{StoreError, Uncommitted};

use super::bulk::BulkRefused;
use super::custody::CustodyTrouble;
use super::disposal::{DisposalRefused, Gone};
use super::stack::StackUnderWay;

/// Why a step didn't happen.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// There is no such case, or it isn't theirs to see: nobody is told which.
    #[error("not found")]
    NotFound,
    /// An archivist takes nothing out before saying for what.
    #[error("a stated purpose is needed")]
    PurposeNeeded,
    /// The case was disposed of, and they could have seen it.
    #[error("the case was disposed of")]
    Disposed(Box<Gone>),
    /// The case can't be disposed of as asked.
    #[error(transparent)]
    Disposal(#[from] DisposalRefused),
    /// The life cycle doesn't allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was typed needs mending.
    #[error("{} fields need mending", .0.len())]
    Invalid(Vec<FieldError>),
    /// What was typed needs the person's confirmation.
    #[error("a field needs confirming")]
    Confirm(FieldError),
    /// The case was changed since the page was opened; what was typed is kept on the page.
    #[error("changed meanwhile")]
    Conflict,
    /// Something about an account won't do.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Account(Vec<Fault>),
    /// The file isn't a list of schools.
    #[error(transparent)]
    SchoolList(#[from] NoList),
    /// The uploaded file wasn't accepted.
    #[error("the file was refused: {}", .0.iter().map(Reason::code).collect::<Vec<_>>().join(", "))]
    File(Vec<Reason>),
    /// The signed form was read, and isn't accepted: with what was seen on its pages.
    #[error("the scan was refused: {}", .0.reasons.iter().map(Reason::code).collect::<Vec<_>>().join(", "))]
    Scan(Box<Judgement>),
    /// The same file had been let go of, and was removed while these bytes came in: they can be handed in again.
    #[error("the same file was being removed; put it again")]
    Went,
    /// A photographed page wasn't accepted.
    #[error("photo {photo} was refused: {}", .reason.code())]
    Photo {
        /// Which photo, from 1.
        photo: u32,
        /// Why.
        reason: Reason,
    },
    /// The typed short code doesn't fit; the sentence for the person.
    #[error("the short code doesn't fit this case's newest print")]
    ShortCode(String),
    /// The form couldn't be printed.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// The printed code has no room for another revision.
    #[error("the case has as many printed revisions as the printed code can count")]
    TooManyPrints,
    /// Many forms can't be printed at once as asked.
    #[error(transparent)]
    Bulk(#[from] BulkRefused),
    /// The person has another stack under way.
    #[error(transparent)]
    StackUnderWay(#[from] StackUnderWay),
    /// The folder of originals failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive couldn't be checked.
    #[error(transparent)]
    Fixity(Box<VerifyError>),
    /// The child process that reads files couldn't be run.
    #[error(transparent)]
    Judge(#[from] JudgeFailure),
    /// A key doesn't open what it should, or a hash couldn't be made.
    #[error(transparent)]
    Door(DoorError),
    /// The custody chain can't be signed.
    #[error(transparent)]
    Custody(#[from] CustodyTrouble),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A background task was stopped.
    #[error("a background task was stopped")]
    Stopped,
}

impl From<DoorError> for StepError {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::Store(error) => Self::Store(error),
            other => Self::Door(other),
        }
    }
}

impl From<Uncommitted> for StepError {
    fn from(error: Uncommitted) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
