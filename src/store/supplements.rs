//! 補件 and 更正: what was asked for and answered, and what was corrected.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::case::fields::Value;
use crate::case::supplement::Item;

use super::sql::{ByCase, Sql};
use super::{Db, StoreError, parsed, sealed, to_json};

/// One request for a supplement.
#[derive(Clone, Debug)]
pub struct Supplement {
    /// The identifier.
    pub id: String,
    /// 補件說明.
    pub reason: String,
    /// Who asked, by name.
    pub asked_by: String,
    /// When, epoch milliseconds.
    pub asked_at: i64,
    /// When it was answered, epoch milliseconds; none: it is open.
    pub answered_at: Option<i64>,
    /// What reopened.
    pub items: Vec<Item>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    case_id: String,
    reason: String,
    name: String,
    asked_at: i64,
    answered_at: Option<i64>,
}

#[derive(FromRow)]
struct ItemRow {
    supplement_id: String,
    seq: i64,
    place: String,
    item: String,
    label: String,
    baseline: String,
    answer: String,
}

/// The supplements of a case with their items, newest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<Supplement>, StoreError> {
    Ok(of_cases(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn of_cases(db: &mut Db, cases: &[&str]) -> Result<ByCase<Supplement>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT s.id, s.case_id, s.reason, p.name, s.asked_at, s.answered_at FROM supplements s \
         JOIN people p ON p.id = s.asked_by WHERE s.case_id IN ({ids}) \
         ORDER BY s.case_id, s.asked_at DESC, s.id DESC"
    );
    let rows: Vec<Row> = sql.rows(db, statement).await?;
    if rows.is_empty() {
        return ByCase::new(std::iter::empty());
    }
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT i.supplement_id, i.seq, i.place, i.item, i.label, i.baseline, i.answer FROM supplement_items i \
         JOIN supplements s ON s.id = i.supplement_id WHERE s.case_id IN ({ids}) ORDER BY i.supplement_id, i.seq"
    );
    let items: Vec<ItemRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let of_row = items.iter().filter(|item| item.supplement_id == row.id);
        let supplement = Supplement {
            items: of_row.map(|row| item(&sealer, row)).collect::<Result<_, _>>()?,
            reason: sealer.open(&sealed::SUPPLEMENT_REASON, &row.id, row.reason)?,
            id: row.id,
            asked_by: row.name,
            asked_at: row.asked_at,
            answered_at: row.answered_at,
        };
        Ok((row.case_id, supplement))
    }))
}

fn item(sealer: &sealed::Sealer, row: &ItemRow) -> Result<Item, StoreError> {
    let name = format!("{}/{}", row.supplement_id, row.seq);
    Ok(Item {
        seq: row.seq,
        place: parsed(&row.place, "supplement_items", "place", &row.supplement_id)?,
        id: row.item.clone(),
        label: row.label.clone(),
        baseline: sealer.open(&sealed::BASELINE, &name, row.baseline.clone())?,
        answer: sealer.open(&sealed::ANSWER, &name, row.answer.clone())?,
    })
}

/// Asks for a supplement.
///
/// # Errors
/// When the database fails, or one is open already (a unique violation).
pub async fn ask(
    db: &mut Db,
    id: &str,
    case: &str,
    reason: &str,
    by: &str,
    now: i64,
    items: &[Item],
) -> Result<(), StoreError> {
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO supplements (id, case_id, reason, asked_by, asked_at, answered_at) \
         VALUES ($1, $2, $3, $4, $5, NULL)",
    )
    .bind(id)
    .bind(case)
    .bind(sealer.seal(&sealed::SUPPLEMENT_REASON, id, reason)?)
    .bind(by)
    .bind(now)
    .execute(&mut **db)
    .await?;
    for item in items {
        let row = format!("{id}/{}", item.seq);
        sqlx::query(
            "INSERT INTO supplement_items (supplement_id, seq, place, item, label, baseline, answer) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(item.seq)
        .bind(item.place.as_str())
        .bind(&item.id)
        .bind(&item.label)
        .bind(sealer.seal(&sealed::BASELINE, &row, &item.baseline)?)
        .bind(sealer.seal(&sealed::ANSWER, &row, &item.answer)?)
        .execute(&mut **db)
        .await?;
    }
    Ok(())
}

/// Keeps the applicant's words about an item. False: there is no such item.
///
/// # Errors
/// When the database fails.
pub async fn answer(db: &mut Db, id: &str, seq: i64, words: &str) -> Result<bool, StoreError> {
    let sealed = db.sealer().seal(&sealed::ANSWER, &format!("{id}/{seq}"), words)?;
    let done = sqlx::query("UPDATE supplement_items SET answer = $3 WHERE supplement_id = $1 AND seq = $2")
        .bind(id)
        .bind(seq)
        .bind(sealed)
        .execute(&mut **db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes the open supplement of a case, answered or not (a case can be withdrawn in 補件).
///
/// # Errors
/// When the database fails.
pub async fn close(db: &mut Db, case: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE supplements SET answered_at = $2 WHERE case_id = $1 AND answered_at IS NULL")
        .bind(case)
        .bind(now)
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// One field of a correction.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// `content` or `subject`.
    pub place: String,
    /// The field's id.
    pub field: String,
    /// Its label.
    pub label: String,
    /// What stood there; none: nothing.
    pub before: Option<Value>,
    /// What stands there now; none: nothing.
    pub after: Option<Value>,
}

/// What was corrected is personal.
impl std::fmt::Debug for Corrected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Corrected").field("field", &self.field).finish_non_exhaustive()
    }
}

/// A correction by a case manager.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Why.
    pub reason: String,
    /// Whether the form must be signed again.
    pub seal_anew: bool,
    /// What was changed.
    pub changes: Vec<Corrected>,
    /// Who, by name.
    pub by: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

#[derive(FromRow)]
struct CorrectionRow {
    id: String,
    case_id: String,
    reason: String,
    seal_anew: i64,
    changes: String,
    name: String,
    at: i64,
}

/// The corrections of a case, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn corrections(db: &mut Db, case: &str) -> Result<Vec<Correction>, StoreError> {
    Ok(corrections_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn corrections_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Correction>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT c.id, c.case_id, c.reason, c.seal_anew, c.changes, p.name, c.at FROM corrections c \
         JOIN people p ON p.id = c.person_id WHERE c.case_id IN ({ids}) ORDER BY c.case_id, c.at, c.id"
    );
    let rows: Vec<CorrectionRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let correction = Correction {
            changes: sealer.open_json(&sealed::CORRECTION_CHANGES, &row.id, row.changes)?,
            reason: sealer.open(&sealed::CORRECTION_REASON, &row.id, row.reason)?,
            seal_anew: row.seal_anew != 0,
            by: row.name,
            at: row.at,
        };
        Ok((row.case_id, correction))
    }))
}

/// Numbers of the cases in 收件 of this zone, or of every zone, in which something was corrected, since the print that
/// their scan shows was made, that must be signed again. Whether that was undone since, their dossiers tell.
///
/// # Errors
/// When the database fails.
pub async fn to_seal(db: &mut Db, zone: Option<&str>) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    let ours = zone.map_or_else(String::new, |zone| format!(" AND s.zone_id = {}", sql.text(zone)));
    let statement = format!(
        "SELECT c.number FROM cases c JOIN schools s ON s.code = c.school_code WHERE c.state = 'received'{ours} \
         AND EXISTS (SELECT 1 FROM corrections k JOIN scans n ON n.id = c.bound_scan_id \
         JOIN prints p ON p.id = n.print_id WHERE k.case_id = c.id AND k.seal_anew = 1 AND k.at >= p.printed_at)"
    );
    let rows: Vec<(String,)> = sql.rows(db, statement).await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// A correction to write down.
#[derive(Debug)]
pub struct NewCorrection<'a> {
    /// The row's identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whether the form must be signed again.
    pub seal_anew: bool,
    /// What was changed.
    pub changes: &'a [Corrected],
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Writes a correction down.
///
/// # Errors
/// When the database fails.
pub async fn add_correction(db: &mut Db, new: &NewCorrection<'_>) -> Result<(), StoreError> {
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO corrections (id, case_id, reason, seal_anew, changes, person_id, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(sealer.seal(&sealed::CORRECTION_REASON, new.id, new.reason)?)
    .bind(i64::from(new.seal_anew))
    .bind(sealer.seal(&sealed::CORRECTION_CHANGES, new.id, &to_json(&new.changes))?)
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}
