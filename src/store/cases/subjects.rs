//! 對象: the children that cases are about. Deleted ones are kept.

use crate::case::fields::Values;
use crate::store::sql::{ByCase, Sql};
use crate::store::{Db, StoreError, sealed, search, to_json};

/// A subject.
#[derive(Clone)]
pub struct Subject {
    /// The identifier.
    pub id: String,
    /// The answers.
    pub answers: Values,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// The subjects of a case, deleted ones too, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn subjects(db: &mut Db, case: &str) -> Result<Vec<Subject>, StoreError> {
    Ok(subjects_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn subjects_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Subject>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT case_id, id, answers, deleted_at FROM subjects WHERE case_id IN ({ids}) \
         ORDER BY case_id, created_at, id"
    );
    let rows: Vec<(String, String, String, Option<i64>)> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|(case, id, answers, deleted_at)| {
        let answers = sealer.open_json(&sealed::ANSWERS, &id, answers)?;
        Ok((case, Subject { id, answers, deleted: deleted_at.is_some() }))
    }))
}

/// Adds a subject.
///
/// # Errors
/// When the database fails, or there is one already (a unique violation).
pub async fn add_subject(
    db: &mut Db,
    id: &str,
    case: &str,
    answers: &Values,
    now: i64,
) -> Result<(), StoreError> {
    let (name, number) = search::keys(answers);
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO subjects (id, case_id, answers, created_at, changed_at, name_key, id_key) \
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(id)
    .bind(case)
    .bind(sealer.seal(&sealed::ANSWERS, id, &to_json(answers))?)
    .bind(now)
    .bind(sealer.look_up(&sealed::NAME_KEY, &name)?)
    .bind(sealer.look_up(&sealed::ID_KEY, &number)?)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Changes a subject that isn't deleted. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn change_subject(
    db: &mut Db,
    id: &str,
    case: &str,
    answers: &Values,
    now: i64,
) -> Result<bool, StoreError> {
    let (name, number) = search::keys(answers);
    let sealer = db.sealer();
    let done = sqlx::query(
        "UPDATE subjects SET answers = $3, changed_at = $4, name_key = $5, id_key = $6 \
         WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(sealer.seal(&sealed::ANSWERS, id, &to_json(answers))?)
    .bind(now)
    .bind(sealer.look_up(&sealed::NAME_KEY, &name)?)
    .bind(sealer.look_up(&sealed::ID_KEY, &number)?)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a subject as deleted; it is kept. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete_subject(db: &mut Db, id: &str, case: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE subjects SET deleted_at = $3, changed_at = $3 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}
