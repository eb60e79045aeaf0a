//! What is said of a case that was disposed of, to those who could have seen it.

use crate::case::dates;
use crate::store::cases::Case;
use crate::store::{Db, StoreError, disposals};

use crate::steps::{Office, StepError};

/// A case that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// 案件編號.
    pub number: String,
    /// On which day, as screens show it.
    pub day: String,
    /// Who proposed it.
    pub proposer: String,
    /// Who approved.
    pub approver: String,
}

impl Gone {
    /// For the person.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "案件 {} 已於 {} 依保存年限銷毀，由{}提請、{}核准。",
            self.number, self.day, self.proposer, self.approver
        )
    }
}

impl Office {
    /// Insists that a case is still there: one gate before everything that is read or done at a case.
    ///
    /// # Errors
    /// [`StepError::Disposed`].
    pub(in crate::steps) async fn insist_on(&self, db: &mut Db, case: &Case) -> Result<(), StepError> {
        let Some(at) = case.disposed_at else { return Ok(()) };
        let found = disposals::of_case(db, &case.id).await?;
        let names = found.and_then(|one| Some((one.proposer, one.decider?)));
        let (proposer, approver) = names.ok_or_else(|| StoreError::Impossible {
            table: "cases",
            column: "disposed_at",
            row: case.id.clone(),
            why: "no disposal of it was approved".into(),
        })?;
        let day = dates::screen(&self.day_of(at).to_string());
        Err(StepError::Disposed(Box::new(Gone { number: case.number.clone(), day, proposer, approver })))
    }
}
