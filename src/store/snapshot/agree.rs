//! Whether rows that were taken in agree with each other.

use sqlx::AnyConnection;

use crate::store::StoreError;

/// How many are named at most: who has more has one trouble, not many.
const NAMED: i64 = 100;

/// Numbers of cases that don't stand where their flow ends, or whose flow has gaps.
///
/// # Errors
/// When the database fails.
pub async fn out_of_step(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT c.number FROM cases c LEFT JOIN flow f ON f.case_id = c.id \
         AND f.seq = (SELECT MAX(g.seq) FROM flow g WHERE g.case_id = c.id) \
         WHERE f.id IS NULL OR f.to_state <> c.state \
         OR f.seq <> (SELECT COUNT(*) FROM flow g WHERE g.case_id = c.id) ORDER BY c.number LIMIT $1",
    )
    .bind(NAMED)
    .fetch_all(db)
    .await?)
}

/// Rows that name rows that aren't there, which SQLite alone can tell: the table, the one that it refers to, how many.
///
/// # Errors
/// When the database fails.
pub async fn dangling(db: &mut AnyConnection) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT CAST(k.\"table\" AS TEXT), CAST(k.parent AS TEXT), COUNT(*) FROM pragma_foreign_key_check k \
         GROUP BY 1, 2 ORDER BY 1, 2",
    )
    .fetch_all(db)
    .await?)
}
