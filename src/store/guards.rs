//! Which triggers stand in the database, by the digest of the statements that made them: a process that starts beside
//! others leaves them alone when they are those that it would make. Making one on PostgreSQL waits for everybody who
//! writes into the table, and keeps them waiting.

use crate::case::ids::Digest;

use super::sql::Sql;
use super::{StoreError, Tx};

/// Triggers that are made together.
pub(super) struct Guard {
    /// Their name among those whose digests are kept.
    name: &'static str,
    /// Of the statements.
    digest: String,
}

impl Guard {
    /// Those that these statements make.
    pub fn of(name: &'static str, statements: &[String]) -> Self {
        Self { name, digest: Digest::of(statements.join(";").as_bytes()).to_string() }
    }

    /// Whether PostgreSQL has all of `triggers` (of a table each), as this program makes them. A restore brings the digest
    /// without the triggers.
    pub async fn stands(&self, tx: &mut Tx, triggers: &[(&str, Vec<String>)]) -> Result<bool, StoreError> {
        let made: Option<String> = sqlx::query_scalar("SELECT digest FROM guards WHERE name = $1")
            .bind(self.name)
            .fetch_optional(&mut ***tx)
            .await?;
        if made.as_ref() != Some(&self.digest) {
            return Ok(false);
        }
        for (table, names) in triggers {
            let mut sql = Sql::default();
            let (table, list) = (sql.text(*table), sql.list(names.iter().map(String::as_str)));
            let statement = format!(
                "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = to_regclass({table}) AND tgenabled = 'O' \
                 AND tgname IN ({list})"
            );
            let there: Vec<(i64,)> = sql.rows(tx, statement).await?;
            if there.first().and_then(|(count,)| usize::try_from(*count).ok()) != Some(names.len()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes that they were made.
    pub async fn made(&self, tx: &mut Tx) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO guards (name, digest) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET digest = excluded.digest",
        )
        .bind(self.name)
        .bind(&self.digest)
        .execute(&mut ***tx)
        .await?;
        Ok(())
    }
}
