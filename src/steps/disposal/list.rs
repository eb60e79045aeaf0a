//! The lists of 銷毀: what waits for a decision, and what was disposed of.

use crate::case::holder::Archivist;
use crate::store::disposals::{self, Disposal};

use crate::steps::office::Origin;
use crate::steps::retention::PAGE;
use crate::steps::{Office, StepError};

/// Proposals that are shown at once.
const MOST_OPEN: i64 = 500;

/// A disposal in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The disposal.
    pub disposal: Disposal,
    /// The service item's title.
    pub service: String,
}

impl Office {
    /// Proposals that wait, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::steps) async fn open_disposals(&self, _: &Archivist) -> Result<Vec<Listed>, StepError> {
        let open = disposals::open(&mut *self.store.read().await?, MOST_OPEN).await?;
        Ok(open.into_iter().map(|disposal| self.listed(disposal)).collect())
    }

    /// What was disposed of, the newest first, and where the next page begins; `before` is where this one does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disposed(
        &self,
        who: &Archivist,
        origin: &Origin,
        before: &(i64, String),
    ) -> Result<(Vec<Listed>, Option<(i64, String)>), StepError> {
        let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut found = disposals::approved(&mut *self.store.read().await?, before, most).await?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found.last().filter(|_| more).map(|last| (last.decided_at.unwrap_or(0), last.id.clone()));
        let numbers: Vec<&str> = found.iter().map(|one| one.number.as_str()).collect();
        self.trace_list(who, origin, false, &numbers).await?;
        Ok((found.into_iter().map(|disposal| self.listed(disposal)).collect(), next))
    }

    fn listed(&self, disposal: Disposal) -> Listed {
        Listed { service: self.service_title(&disposal.service), disposal }
    }
}
