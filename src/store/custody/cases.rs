//! One case's part of the chain: read for those who take the case elsewhere, and written where it came in.

use crate::custody::case::{Known, Salted};
use crate::custody::entry::Of;
use crate::store::{Db, StoreError, Tx, sealed};

/// Entries of a case that wait for their link.
///
/// # Errors
/// When the database fails.
pub async fn waiting_of(db: &mut Db, case: &str) -> Result<Vec<Salted>, StoreError> {
    let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT row_id, kind, entry, salt FROM custody_waiting WHERE case_id = $1 AND entry IS NOT NULL ORDER BY at, kind, row_id",
    )
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    let sealer = db.sealer();
    let open = |(row, kind, entry, salt): (String, String, String, Option<String>)| {
        let salt = sealer.open_maybe(&sealed::WAITING_SALT, &format!("{row}/{kind}"), salt)?;
        Ok(Salted { entry, salt })
    };
    rows.into_iter().map(open).collect()
}

/// Lets rows of a case that came in wait for their link with the entries that they had elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn wait_as_known(tx: &mut Tx, case: &str, known: &[Known]) -> Result<(), StoreError> {
    let sealer = tx.sealer();
    for Known { of, salted } in known {
        let name = format!("{}/{}", of.id, of.of.as_str());
        let salt = salted.salt.as_deref();
        let salt = salt.map(|salt| sealer.seal(&sealed::WAITING_SALT, &name, salt)).transpose()?;
        sqlx::query(
            "INSERT INTO custody_waiting (row_id, kind, at, case_id, entry, salt) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&of.id)
        .bind(of.of.as_str())
        .bind(of.at)
        .bind(case)
        .bind(&salted.entry)
        .bind(salt)
        .execute(&mut ***tx)
        .await?;
    }
    Ok(())
}

/// Lets every other row of the case wait: its entry is made when it is linked.
///
/// # Errors
/// When the database fails.
pub async fn wait_for_case(tx: &mut Tx, case: &str) -> Result<(), StoreError> {
    for (of, table) in [(Of::Flow, "flow"), (Of::Trace, "traces")] {
        let kind = of.as_str();
        let sql = format!(
            "INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT r.id, '{kind}', r.at, r.case_id FROM {table} r \
             WHERE r.case_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM custody_links l WHERE l.row_id = r.id AND l.kind = '{kind}') \
             AND NOT EXISTS (SELECT 1 FROM custody_waiting w WHERE w.row_id = r.id AND w.kind = '{kind}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(case).execute(&mut ***tx).await?;
    }
    Ok(())
}
