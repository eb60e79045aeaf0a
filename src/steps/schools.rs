//! 學校: the ministry's list is read, what it would change is shown, and then it is applied, all of it or nothing.
//! A school is never deleted: one that is in no list any more is closed, and its cases stay.

use crate::case::holder::Administrator;
use crate::case::school_list::{Known, ListedSchool, Plan, SchoolList, compare};
use crate::case::stage::SchoolStage;
use crate::store::changes::Change;
use crate::store::school_lists::{self, Kept};
use crate::store::schools::{self, School, Standing};
use crate::store::{StoreError, Tx};

use super::accounts::Hand;
use super::office::Origin;
use super::{Office, StepError};

/// How long a list waits to be applied.
const DAY: i64 = 24 * 60 * 60_000;
/// Code points of a file's name that are kept.
const FILE_NAME: usize = 80;

/// A list, and what it would change.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The list.
    pub kept: Kept,
    /// The cities in it with the number of their schools, most first.
    pub cities: Vec<(String, usize)>,
    /// The city that is looked at.
    pub city: String,
    /// What would change.
    pub plan: Plan,
}

/// What was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// New schools.
    pub added: usize,
    /// Schools that differed.
    pub changed: usize,
    /// Schools that were closed.
    pub closed: usize,
}

impl Office {
    /// All schools and how they stand, in one order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schools(&self, _: &Administrator) -> Result<Vec<(School, Standing)>, StepError> {
        let mut db = self.store.read().await?;
        Ok(all(&mut db).await?)
    }

    /// Reads an uploaded list and keeps it for a day. Nothing is changed yet. Returns where it is kept.
    ///
    /// # Errors
    /// [`StepError::SchoolList`] for a file that is none.
    pub async fn take_school_list(
        &self,
        who: &Administrator,
        file_name: &str,
        bytes: &[u8],
        stage: Option<SchoolStage>,
    ) -> Result<String, StepError> {
        let list = SchoolList::read(bytes, stage)?;
        let now = self.world.now();
        let kept = Kept {
            id: self.world.new_id(),
            file_name: file_name.chars().filter(|c| !c.is_control()).take(FILE_NAME).collect(),
            at: now,
            list,
            applied_at: None,
        };
        let mut tx = self.store.write().await?;
        school_lists::add(&mut tx, &who.id, &kept, now - DAY).await?;
        tx.commit().await?;
        Ok(kept.id)
    }

    /// What a kept list would change for a city; an empty one: the city with the most schools in it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a list that isn't there any more.
    pub async fn school_list(&self, _: &Administrator, id: &str, city: &str) -> Result<Preview, StepError> {
        let mut db = self.store.read().await?;
        let kept = school_lists::find(&mut db, id).await?.ok_or(StepError::NotFound)?;
        let known = known(&mut db).await?;
        Ok(preview(kept, city, &known))
    }

    /// Applies a kept list for a city. `close` also closes the schools that it doesn't have.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a list that isn't there any more, [`StepError::Conflict`] where it was applied.
    pub async fn apply_school_list(
        &self,
        who: &Administrator,
        origin: &Origin,
        id: &str,
        city: &str,
        close: bool,
    ) -> Result<Applied, StepError> {
        let mut tx = self.store.write().await?;
        if !school_lists::applied(&mut tx, id, self.world.now()).await? {
            return Err(StepError::Conflict);
        }
        let kept = school_lists::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        let hand = Hand::Administrator(who, origin);
        let applied = self.apply(&mut tx, hand, &kept.list, city, close).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// What a list would change for a city, and nothing is kept: for the command line.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn compare_schools(&self, list: &SchoolList, city: &str) -> Result<Plan, StepError> {
        let known = known(&mut *self.store.read().await?).await?;
        Ok(compare(list, city, &known))
    }

    /// Applies a list at once: for the command line.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_schools(
        &self,
        list: &SchoolList,
        city: &str,
        close: bool,
    ) -> Result<Applied, StepError> {
        let mut tx = self.store.write().await?;
        let applied = self.apply(&mut tx, Hand::Command, list, city, close).await?;
        tx.commit().await?;
        Ok(applied)
    }

    async fn apply(
        &self,
        tx: &mut Tx,
        hand: Hand<'_>,
        list: &SchoolList,
        city: &str,
        close: bool,
    ) -> Result<Applied, StepError> {
        crate::store::zones::lock(tx).await?;
        let plan = compare(list, city, &known(tx).await?);
        for school in &plan.added {
            schools::relist(tx, school).await?;
            let place = format!("{} {}", school.district, school.stage);
            let change = Change { new: &place, ..change(school, "listed") };
            self.changed(tx, &hand, change).await?;
        }
        for (school, differences) in &plan.changed {
            schools::relist(tx, school).await?;
            for one in differences {
                let change = Change { old: &one.old, new: &one.new, ..change(school, one.field) };
                self.changed(tx, &hand, change).await?;
            }
        }
        let missing = if close { plan.missing.as_slice() } else { &[] };
        for school in missing {
            schools::close(tx, &school.code, self.world.now()).await?;
            let change = Change { old: "開辦", new: "停辦", ..change(school, "closed") };
            self.changed(tx, &hand, change).await?;
        }
        let applied = Applied { added: plan.added.len(), changed: plan.changed.len(), closed: missing.len() };
        tracing::info!(
            added = applied.added,
            changed = applied.changed,
            closed = applied.closed,
            "schools listed"
        );
        Ok(applied)
    }
}

fn change<'a>(school: &'a ListedSchool, field: &'a str) -> Change<'a> {
    Change { kind: "school", subject: &school.code, name: &school.name, field, ..Change::default() }
}

fn preview(kept: Kept, city: &str, known: &[Known]) -> Preview {
    let cities = kept.list.cities();
    let chosen = cities.iter().find(|(name, _)| name == city).or(cities.first());
    let city = chosen.map(|(name, _)| name.clone()).unwrap_or_default();
    let plan = compare(&kept.list, &city, known);
    Preview { kept, cities, city, plan }
}

async fn all(db: &mut sqlx::AnyConnection) -> Result<Vec<(School, Standing)>, StoreError> {
    let mut standings: std::collections::HashMap<String, Standing> =
        schools::standings(db).await?.into_iter().map(|one| (one.code.clone(), one)).collect();
    let schools = schools::all(db).await?;
    Ok(schools
        .into_iter()
        .filter_map(|school| standings.remove(&school.code).map(|one| (school, one)))
        .collect())
}

async fn known(db: &mut sqlx::AnyConnection) -> Result<Vec<Known>, StoreError> {
    let known = |(school, standing): (School, Standing)| Known {
        school: ListedSchool {
            code: school.code,
            name: school.name,
            city: standing.city,
            district: school.district,
            stage: school.stage,
        },
        closed: standing.closed_at.is_some(),
    };
    Ok(all(db).await?.into_iter().map(known).collect())
}
