//! How many cases there are of each kind: the database keeps count itself, with each change of a case and in the same
//! transaction, whoever changes it. Lists and start pages tell whole numbers by it without counting.
//!
//! As in [`super::append_only`] the triggers need a text for each database. One statement changes both counts of a
//! case that moves, in the order of their keys, so that no two transactions wait for each other.

use crate::case::ids::Digest;

use super::{Backend, StoreError, Tx};

/// What tells one kind from another.
const KEYS: &str = "school_code, state, service, submitted, bound";

/// The counts as if each were a case, for conditions that are written for cases: read as `c`.
pub(super) const AS_CASES: &str = "(SELECT m.school_code, m.state, m.service, m.n, \
    CASE WHEN m.submitted = 1 THEN 1 END AS submitted_at, CASE WHEN m.bound = 1 THEN '' END AS bound_scan_id \
    FROM case_counts m) c";

/// The kind of a row of cases.
fn kind(row: &str) -> String {
    format!(
        "{row}.school_code, {row}.state, {row}.service, CASE WHEN {row}.submitted_at IS NULL THEN 0 ELSE 1 END, \
         CASE WHEN {row}.bound_scan_id IS NULL THEN 0 ELSE 1 END"
    )
}

/// Puts the triggers where they belong, made anew where they are others, as those of [`super::append_only`], and counts once what was there
/// before them. While they are made nobody else changes a case.
pub(super) async fn keep(tx: &mut Tx, backend: Backend) -> Result<(), StoreError> {
    let statements = match backend {
        Backend::Sqlite => sqlite(),
        Backend::Postgres => postgres(),
    };
    let digest = Digest::of(statements.join(";").as_bytes()).to_string();
    if backend == Backend::Sqlite || !stands(tx, &digest).await? {
        for statement in statements {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut ***tx).await?;
        }
        sqlx::query(
            "INSERT INTO guards (name, digest) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET digest = excluded.digest",
        )
        .bind(GUARD)
        .bind(&digest)
        .execute(&mut ***tx)
        .await?;
    }
    let some: Option<i64> =
        sqlx::query_scalar("SELECT n FROM case_counts LIMIT 1").fetch_optional(&mut ***tx).await?;
    if some.is_none() {
        let all = format!(
            "INSERT INTO case_counts ({KEYS}, n) SELECT x.school_code, x.state, x.service, x.submitted, x.bound, \
             COUNT(*) FROM (SELECT c.school_code, c.state, c.service, \
             CASE WHEN c.submitted_at IS NULL THEN 0 ELSE 1 END AS submitted, \
             CASE WHEN c.bound_scan_id IS NULL THEN 0 ELSE 1 END AS bound FROM cases c) x \
             GROUP BY x.school_code, x.state, x.service, x.submitted, x.bound"
        );
        sqlx::query(sqlx::AssertSqlSafe(all)).execute(&mut ***tx).await?;
    }
    Ok(())
}

/// The name of these triggers among those whose digests are kept.
const GUARD: &str = "case-counts";

/// Whether PostgreSQL has the trigger as this program makes it, which then is left alone: making it waits for everybody
/// who writes cases. A restore brings the digest without the trigger.
async fn stands(tx: &mut Tx, digest: &str) -> Result<bool, StoreError> {
    let made: Option<String> = sqlx::query_scalar("SELECT digest FROM guards WHERE name = $1")
        .bind(GUARD)
        .fetch_optional(&mut ***tx)
        .await?;
    let there: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = to_regclass('cases') AND tgname = 'cases_counted' \
         AND tgenabled = 'O'",
    )
    .fetch_one(&mut ***tx)
    .await?;
    Ok(made.as_deref() == Some(digest) && there == 1)
}

fn sqlite() -> Vec<String> {
    let (old, new) = (kind("OLD"), kind("NEW"));
    let count = |kind: &str, by: &str| {
        format!(
            "INSERT INTO case_counts ({KEYS}, n) VALUES ({kind}, {by}) \
             ON CONFLICT ({KEYS}) DO UPDATE SET n = n + {by};"
        )
    };
    let (less, more) = (count(&old, "-1"), count(&new, "1"));
    vec![
        "DROP TRIGGER IF EXISTS cases_counted_in".into(),
        "DROP TRIGGER IF EXISTS cases_counted_on".into(),
        "DROP TRIGGER IF EXISTS cases_counted_out".into(),
        format!("CREATE TRIGGER cases_counted_in AFTER INSERT ON cases BEGIN {more} END"),
        format!(
            "CREATE TRIGGER cases_counted_on AFTER UPDATE ON cases WHEN ({old}) IS NOT ({new}) BEGIN {less} {more} END"
        ),
        format!("CREATE TRIGGER cases_counted_out AFTER DELETE ON cases BEGIN {less} END"),
    ]
}

fn postgres() -> Vec<String> {
    let (old, new) = (kind("OLD"), kind("NEW"));
    let function = format!(
        "CREATE OR REPLACE FUNCTION count_cases() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF TG_OP = 'UPDATE' AND ROW({old}) IS NOT DISTINCT FROM ROW({new}) THEN RETURN NULL; END IF; \
         INSERT INTO case_counts ({KEYS}, n) \
         SELECT x.* FROM (SELECT {old}, -1 WHERE TG_OP <> 'INSERT' UNION ALL SELECT {new}, 1 WHERE TG_OP <> 'DELETE') x \
         ORDER BY 1, 2, 3, 4, 5 ON CONFLICT ({KEYS}) DO UPDATE SET n = case_counts.n + EXCLUDED.n; \
         RETURN NULL; END $$"
    );
    let trigger = "CREATE OR REPLACE TRIGGER cases_counted AFTER INSERT OR UPDATE OR DELETE ON cases \
        FOR EACH ROW EXECUTE FUNCTION count_cases()";
    vec![function, trigger.into()]
}
