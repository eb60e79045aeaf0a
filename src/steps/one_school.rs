//! 學校, one at a time: what the ministry's lists don't have, or not yet. Each change is kept with what stood there before.

use crate::case::holder::Administrator;
use crate::case::school::SchoolDraft;
use crate::case::school_list::ListedSchool;
use crate::case::validate::FieldError;
use crate::store::changes::Change;
use crate::store::schools::{self, School};
use crate::store::zones;

use super::accounts::Hand;
use super::office::Origin;
use super::{Office, StepError};

impl Office {
    /// The school with this code, as its form shows it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] where there is none.
    pub async fn school(&self, _: &Administrator, code: &str) -> Result<SchoolDraft, StepError> {
        let found = schools::find(&mut *self.store.read().await?, code).await?;
        found.map(|school| draft(&school)).ok_or(StepError::NotFound)
    }

    /// Adds a school, in its district's zone.
    ///
    /// # Errors
    /// [`StepError::Invalid`] with what needs mending, also where the code is taken.
    pub async fn add_school(
        &self,
        who: &Administrator,
        origin: &Origin,
        typed: &SchoolDraft,
    ) -> Result<(), StepError> {
        let school = typed.read().map_err(StepError::Invalid)?;
        let mut tx = self.store.write().await?;
        zones::lock(&mut tx).await?;
        match schools::add(&mut tx, &school).await {
            Err(error) if error.is_taken() => {
                let words = format!("已有代碼 {} 的學校，請核對代碼。", school.code);
                return Err(StepError::Invalid(vec![FieldError { field: "code".into(), words }]));
            }
            other => other?,
        }
        let place = format!("{} {}", school.district, school.stage);
        let change = Change { new: &place, ..change(&school, "made") };
        self.changed(&mut tx, &Hand::Administrator(who, origin), change).await?;
        tx.commit().await?;
        tracing::info!(school = %school.code, "school added");
        Ok(())
    }

    /// Changes a school but for its code; `mark` is what the page knew. It follows its district, unless it was set into
    /// a zone by itself.
    ///
    /// # Errors
    /// As [`Self::add_school`]; [`StepError::NotFound`], and [`StepError::Conflict`] when somebody else was faster.
    pub async fn change_school(
        &self,
        who: &Administrator,
        origin: &Origin,
        mark: &str,
        typed: &SchoolDraft,
    ) -> Result<(), StepError> {
        let school = typed.read().map_err(StepError::Invalid)?;
        let mut tx = self.store.write().await?;
        zones::lock(&mut tx).await?;
        let before = schools::find(&mut tx, &school.code).await?.ok_or(StepError::NotFound)?;
        if draft(&before).mark() != mark {
            return Err(StepError::Conflict);
        }
        let fields = [
            ("name", before.name.as_str(), school.name.as_str()),
            ("district", before.district.as_str(), school.district.as_str()),
            ("stage", before.stage.label(), school.stage.label()),
        ];
        let changed: Vec<_> = fields.into_iter().filter(|(_, old, new)| old != new).collect();
        if changed.is_empty() {
            return Ok(());
        }
        schools::set(&mut tx, &school).await?;
        for (field, old, new) in changed {
            let change = Change { old, new, ..change(&school, field) };
            self.changed(&mut tx, &Hand::Administrator(who, origin), change).await?;
        }
        tx.commit().await?;
        tracing::info!(school = %school.code, "school changed");
        Ok(())
    }
}

fn draft(school: &School) -> SchoolDraft {
    SchoolDraft::of(&school.code, &school.name, &school.district, school.stage)
}

fn change<'a>(school: &'a ListedSchool, field: &'a str) -> Change<'a> {
    Change { kind: "school", subject: &school.code, name: &school.name, field, ..Change::default() }
}
