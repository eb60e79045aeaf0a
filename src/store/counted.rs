//! How many cases there are of each kind: the database keeps count itself, with each change of a case and in the same
//! transaction, whoever changes it. Lists and start pages tell whole numbers by it without counting.
//!
//! As in [`super::append_only`] the triggers need a text for each database. One statement changes both counts of a
//! case that moves, in the order of their keys, so that no two transactions wait for each other.

use sqlx::{AnyConnection, FromRow};

use super::guards::Guard;
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
    let guard = Guard::of("case-counts", &statements);
    if backend == Backend::Sqlite || !guard.stands(tx, &[("cases", vec!["cases_counted".into()])]).await? {
        for statement in statements {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut ***tx).await?;
        }
        guard.made(tx).await?;
    }
    let some: Option<i64> =
        sqlx::query_scalar("SELECT n FROM case_counts LIMIT 1").fetch_optional(&mut ***tx).await?;
    if some.is_none() { count(tx).await } else { Ok(()) }
}

/// Counts all cases into the empty table.
async fn count(tx: &mut Tx) -> Result<(), StoreError> {
    let all = format!(
        "INSERT INTO case_counts ({KEYS}, n) SELECT x.school_code, x.state, x.service, x.submitted, x.bound, \
         COUNT(*) FROM (SELECT c.school_code, c.state, c.service, \
         CASE WHEN c.submitted_at IS NULL THEN 0 ELSE 1 END AS submitted, \
         CASE WHEN c.bound_scan_id IS NULL THEN 0 ELSE 1 END AS bound FROM cases c) x \
         GROUP BY x.school_code, x.state, x.service, x.submitted, x.bound"
    );
    sqlx::query(sqlx::AssertSqlSafe(all)).execute(&mut ***tx).await?;
    Ok(())
}

/// A kind of cases whose kept count isn't theirs.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Miscounted {
    /// The school.
    pub school_code: String,
    /// The state.
    pub state: String,
    /// The service item.
    pub service: String,
    /// 1: was submitted once.
    pub submitted: i64,
    /// 1: rests on a signed scan.
    pub bound: i64,
    /// What is kept.
    pub kept: i64,
    /// What there is.
    pub there: i64,
}

/// Every kind whose kept count isn't the number of its cases: none, unless somebody has changed the counts themselves or
/// taken the triggers away for a while. Reads through all cases.
///
/// # Errors
/// When the database fails.
pub async fn miscounted(db: &mut AnyConnection) -> Result<Vec<Miscounted>, StoreError> {
    let sql = format!(
        "SELECT x.school_code, x.state, x.service, x.submitted, x.bound, CAST(SUM(x.kept) AS BIGINT) AS kept, \
         CAST(SUM(x.there) AS BIGINT) AS there FROM (SELECT m.school_code, m.state, m.service, m.submitted, m.bound, \
         m.n AS kept, 0 AS there FROM case_counts m UNION ALL SELECT {}, 0, 1 FROM cases c) x \
         GROUP BY x.school_code, x.state, x.service, x.submitted, x.bound HAVING SUM(x.kept) <> SUM(x.there) \
         ORDER BY x.school_code, x.state, x.service, x.submitted, x.bound",
        kind("c")
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(db).await?)
}

/// Counts all cases anew. Meanwhile nobody else changes one.
///
/// # Errors
/// When the database fails.
pub async fn recount(tx: &mut Tx, backend: Backend) -> Result<(), StoreError> {
    if backend == Backend::Postgres {
        // Whoever has changed a case has changed its count too, and ends first.
        sqlx::query("LOCK TABLE cases IN SHARE MODE").execute(&mut ***tx).await?;
    }
    sqlx::query("DELETE FROM case_counts").execute(&mut ***tx).await?;
    count(tx).await
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
