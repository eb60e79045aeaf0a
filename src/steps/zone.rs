//! 分區: the administrator says which district lies in which zone, and which school is an exception.
//! Each change is traced with what stood there before; supervisors see it at their next request.

use crate::case::holder::Administrator;
use crate::case::validate::FieldError;
use crate::store::Tx;
use crate::store::changes::Change;
use crate::store::schools;
use crate::store::traces::Trace;
use crate::store::zones::{self, District, PlacedSchool, Zone};

use super::accounts::Hand;
use super::office::Origin;
use super::{Office, StepError};

/// Code points of a zone's name at most.
const NAME: usize = 30;

/// Schools on one page at most.
const LISTED: i64 = 50;

/// Where a district shall lie. `was` is where it lay when the page was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The district.
    pub district: String,
    /// The zone at that time; empty: none.
    pub was: String,
    /// The zone from now on; empty: none.
    pub to: String,
}

/// Zones as the administrator's page shows them.
#[derive(Debug)]
pub struct Overview {
    /// The zones.
    pub zones: Vec<Zone>,
    /// Who supervises: the zone's identifier and the name.
    pub supervisors: Vec<(String, String)>,
    /// All districts.
    pub districts: Vec<District>,
    /// The schools found, or those that were set by themselves.
    pub schools: Vec<PlacedSchool>,
    /// Whether there are more.
    pub more: bool,
}

impl Office {
    /// Zones, districts, and the schools that `keyword` finds; an empty one: those set by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn zones(&self, _: &Administrator, keyword: &str) -> Result<Overview, StepError> {
        let mut db = self.store.read().await?;
        let mut schools = zones::schools(&mut db, keyword, LISTED + 1).await?;
        let listed = usize::try_from(LISTED).unwrap_or(usize::MAX);
        let more = schools.len() > listed;
        schools.truncate(listed);
        Ok(Overview {
            zones: zones::all(&mut db).await?,
            supervisors: zones::supervisors(&mut db).await?,
            districts: zones::districts(&mut db).await?,
            schools,
            more,
        })
    }

    /// Adds a zone.
    ///
    /// # Errors
    /// [`StepError::Invalid`] for a name that won't do.
    pub async fn add_zone(&self, who: &Administrator, origin: &Origin, name: &str) -> Result<(), StepError> {
        let name = read_name(name)?;
        let mut tx = self.zones_begin().await?;
        let id = self.world.new_id();
        put(&mut tx, &id, &name).await?;
        self.trace_zone(&mut tx, who, origin, made("zone", &id, &name, "-", &name)).await?;
        Ok(tx.commit().await?)
    }

    /// Renames a zone.
    ///
    /// # Errors
    /// As [`Self::add_zone`]; [`StepError::NotFound`] for a zone that isn't there.
    pub async fn rename_zone(
        &self,
        who: &Administrator,
        origin: &Origin,
        id: &str,
        name: &str,
    ) -> Result<(), StepError> {
        let name = read_name(name)?;
        let mut tx = self.zones_begin().await?;
        let known = zones::all(&mut tx).await?;
        let zone = known.into_iter().find(|zone| zone.id == id).ok_or(StepError::NotFound)?;
        if zone.name == name {
            return Ok(());
        }
        put(&mut tx, id, &name).await?;
        self.trace_zone(&mut tx, who, origin, made("zone", id, &zone.name, &zone.name, &name)).await?;
        Ok(tx.commit().await?)
    }

    /// Moves districts between zones, all or none; their schools follow in the same transaction. What isn't
    /// to change is left as it is.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a zone that isn't there;
    /// [`StepError::Conflict`] when a district lies elsewhere than the page knew.
    pub async fn move_districts(
        &self,
        who: &Administrator,
        origin: &Origin,
        moves: &[Move],
    ) -> Result<usize, StepError> {
        let mut tx = self.zones_begin().await?;
        let known = zones::all(&mut tx).await?;
        let districts = zones::districts(&mut tx).await?;
        let mut moved = 0;
        for one in moves.iter().filter(|one| one.was != one.to) {
            let district =
                districts.iter().find(|known| known.name == one.district).ok_or(StepError::NotFound)?;
            if district.zone.as_deref().unwrap_or_default() != one.was {
                return Err(StepError::Conflict);
            }
            let to = wanted(&known, &one.to)?;
            zones::move_district(&mut tx, &one.district, to.map(|zone| zone.id.as_str())).await?;
            let (before, after) = (name_of(&known, &one.was), name_of(&known, &one.to));
            let change = made("district", &one.district, &one.district, before, after);
            self.trace_zone(&mut tx, who, origin, change).await?;
            moved += 1;
        }
        tx.commit().await?;
        tracing::info!(districts = moved, "districts moved");
        Ok(moved)
    }

    /// Sets a school into a zone by itself; with an empty `to` it follows its district again. `was` is what
    /// the page knew: the zone that was set, or empty.
    ///
    /// # Errors
    /// As [`Self::move_districts`].
    pub async fn place_school(
        &self,
        who: &Administrator,
        origin: &Origin,
        code: &str,
        was: &str,
        to: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.zones_begin().await?;
        let known = zones::all(&mut tx).await?;
        let school = zones::school(&mut tx, code).await?.ok_or(StepError::NotFound)?;
        let now = if school.own == 1 { school.zone.as_deref().unwrap_or_default() } else { "" };
        if now == to {
            return Ok(());
        }
        if now != was {
            return Err(StepError::Conflict);
        }
        let zone = wanted(&known, to)?;
        zones::set_school(&mut tx, code, zone.map(|zone| zone.id.as_str())).await?;
        let follows = |id: &str| if id.is_empty() { "依行政區" } else { name_of(&known, id) }.to_owned();
        let (before, after) = (follows(was), follows(to));
        self.trace_zone(&mut tx, who, origin, made("school", code, code, &before, &after)).await?;
        tx.commit().await?;
        tracing::info!(school = %code, "school placed");
        Ok(())
    }

    /// The zones' identifiers and names, for forms that choose one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn zone_names(&self) -> Result<Vec<(String, String)>, StepError> {
        Ok(schools::zones(&mut *self.store.read().await?).await?)
    }

    /// A transaction in which nobody else changes zones.
    async fn zones_begin(&self) -> Result<Tx, StepError> {
        let mut tx = self.store.write().await?;
        zones::lock(&mut tx).await?;
        Ok(tx)
    }

    /// Traces a change, and writes it down beside those of accounts and schools.
    async fn trace_zone(
        &self,
        tx: &mut Tx,
        who: &Administrator,
        origin: &Origin,
        change: Change<'_>,
    ) -> Result<(), StepError> {
        let detail = format!("{} {}: {} -> {}", change.kind, change.name, change.old, change.new);
        let trace =
            Trace { person: Some(&who.id), action: "edit-zones", detail: &detail, ..Trace::default() };
        self.trace_in(tx, origin, trace).await?;
        self.changed(tx, &Hand::Administrator(who, origin), change).await
    }
}

/// A change of where something lies, or of a zone's own name.
fn made<'a>(kind: &'a str, subject: &'a str, name: &'a str, old: &'a str, new: &'a str) -> Change<'a> {
    let field = if kind == "zone" { "name" } else { "zone" };
    Change { kind, subject, name, field, old, new, reason: "" }
}

/// Writes a zone; a name that another zone has is an error of its field.
async fn put(tx: &mut Tx, id: &str, name: &str) -> Result<(), StepError> {
    match schools::put_zone(tx, id, name).await {
        Err(error) if error.is_taken() => Err(wrong(&format!("已有「{name}」，請換一個名稱。"))),
        other => Ok(other?),
    }
}

fn read_name(typed: &str) -> Result<String, StepError> {
    let name = typed.trim();
    match name.chars().count() {
        0 => Err(wrong("請填寫分區名稱。")),
        n if n > NAME => Err(wrong("分區名稱最多 30 字，請刪減。")),
        _ => Ok(name.to_owned()),
    }
}

fn wrong(words: &str) -> StepError {
    StepError::Invalid(vec![FieldError { field: "name".into(), words: words.into() }])
}

/// The zone that was chosen; none where nothing was.
fn wanted<'z>(known: &'z [Zone], id: &str) -> Result<Option<&'z Zone>, StepError> {
    if id.is_empty() {
        return Ok(None);
    }
    known.iter().find(|zone| zone.id == id).map(Some).ok_or(StepError::NotFound)
}

fn name_of<'z>(known: &'z [Zone], id: &str) -> &'z str {
    known.iter().find(|zone| zone.id == id).map_or("-", |zone| zone.name.as_str())
}
