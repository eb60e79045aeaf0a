//! Rows that are only ever added: the database itself refuses to change or delete them.
//!
//! Beside the index of words and the counts of cases this is the one place where the two databases need texts of their
//! own: neither's triggers can be written in the other's words. They hold against mistakes of this program and of whoever types SQL by hand; they don't
//! hold against the owner of the database, who can drop them.
//!
//! The way out for retention: traces older than [`TRACE_YEARS`] may be deleted, so that whoever tidies up needs no
//! exception and can't tidy up too much. A case's flow, verdicts, corrections, records and traces have words in them that
//! a disposal erases: it names the case in the table `disposing` inside its own transaction, and for that case alone the
//! guard gives way to changes. It also gives way where the table `resealing` has a row, inside the transactions that seal
//! rows anew with another key ([`super::sealed`]); that the words stayed the same is held by the custody chain. Nothing can
//! be deleted all the same.

use super::guards::Guard;
use super::{Backend, StoreError, Tx};

/// How long a trace can't be deleted: traces of use are kept five years at least.
pub const TRACE_YEARS: i64 = 5;

/// Five years and their leap days in milliseconds.
const TRACE_MILLIS: i64 = (TRACE_YEARS * 365 + 2) * 24 * 60 * 60 * 1000;

/// The tables, and from which age on a row may be deleted; none: never.
const TABLES: [(&str, Option<i64>); 12] = [
    ("changes", None),
    ("flow", None),
    ("verdicts", None),
    ("corrections", None),
    ("record_revisions", None),
    ("collection_notices", None),
    ("acceptances", None),
    ("traces", Some(TRACE_MILLIS)),
    ("trace_cases", Some(TRACE_MILLIS)),
    ("custody_links", None),
    ("custody_tiles", None),
    ("custody_checkpoints", None),
];

/// Columns of a table that alone are guarded against changes; all where nothing is said. The salt of a link goes when the
/// words that it hides are erased.
fn guarded(table: &str) -> &'static str {
    match table {
        "custody_links" => " OF seq, row_id, kind, at, case_id, appended, entry, hash",
        _ => "",
    }
}

/// Puts the triggers where they belong. They are made anew where one is missing or was made by another text, so that a
/// change here reaches old databases. Where they stand already they are left alone: making one on PostgreSQL waits for
/// everybody who writes into the table, and keeps them waiting, while other processes serve.
pub(super) async fn guard(tx: &mut Tx, backend: Backend) -> Result<(), StoreError> {
    if backend == Backend::Sqlite {
        for statement in TABLES.into_iter().flat_map(|(table, age)| sqlite(table, age)) {
            run(tx, &statement).await?;
        }
        return Ok(());
    }
    // Two nodes that start at once take turns.
    run(tx, "SELECT pg_advisory_xact_lock(4738201)").await?;
    let of_tables = TABLES.into_iter().flat_map(|(table, age)| {
        let function = case_of(table).map(|case| postgres_function_of(table, case));
        function.into_iter().chain(postgres(table, age))
    });
    let statements: Vec<String> = std::iter::once(POSTGRES_FUNCTION.to_owned()).chain(of_tables).collect();
    let guard = Guard::of("append-only", &statements);
    let names = |table: &str| ["unchanged", "kept", "whole"].map(|end| format!("{table}_{end}")).to_vec();
    if guard.stands(tx, &TABLES.map(|(table, _)| (table, names(table)))).await? {
        return Ok(());
    }
    for statement in &statements {
        run(tx, statement).await?;
    }
    guard.made(tx).await
}

/// By which case a disposal may change a row of a table; none: it may not.
fn case_of(table: &str) -> Option<&'static str> {
    match table {
        "flow" | "verdicts" | "corrections" | "traces" => Some("OLD.case_id"),
        "record_revisions" => Some("(SELECT r.case_id FROM service_records r WHERE r.id = OLD.record_id)"),
        _ => None,
    }
}

async fn run(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut ***tx).await?;
    Ok(())
}

fn sqlite(table: &str, age: Option<i64>) -> Vec<String> {
    let young = age.map_or_else(String::new, |age| {
        format!("WHEN OLD.at > CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {age} ")
    });
    let of = guarded(table);
    let undisposed = case_of(table).map_or_else(String::new, |case| {
        format!(
            "WHEN NOT EXISTS (SELECT 1 FROM disposing d WHERE d.case_id = {case}) \
             AND NOT EXISTS (SELECT 1 FROM resealing) "
        )
    });
    let refuse = format!("BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END");
    vec![
        format!("DROP TRIGGER IF EXISTS {table}_unchanged"),
        format!("DROP TRIGGER IF EXISTS {table}_kept"),
        format!("CREATE TRIGGER {table}_unchanged BEFORE UPDATE{of} ON {table} {undisposed}{refuse}"),
        format!("CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} {young}{refuse}"),
    ]
}

const POSTGRES_FUNCTION: &str = "CREATE OR REPLACE FUNCTION refuse_append_only() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$";

/// A trigger's condition can't ask another table there; its function can.
fn postgres_function_of(table: &str, case: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION refuse_unless_disposing_{table}() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF EXISTS (SELECT 1 FROM disposing d WHERE d.case_id = {case}) \
         OR EXISTS (SELECT 1 FROM resealing) THEN RETURN NEW; END IF; \
         RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
}

fn postgres(table: &str, age: Option<i64>) -> Vec<String> {
    let young = age.map_or_else(String::new, |age| {
        format!("WHEN (OLD.at > (extract(epoch FROM now()) * 1000)::bigint - {age}) ")
    });
    let of = guarded(table);
    let refuse = "EXECUTE FUNCTION refuse_append_only()";
    let refuse_change = case_of(table)
        .map_or_else(|| refuse.to_owned(), |_| format!("EXECUTE FUNCTION refuse_unless_disposing_{table}()"));
    vec![
        format!(
            "CREATE OR REPLACE TRIGGER {table}_unchanged BEFORE UPDATE{of} ON {table} FOR EACH ROW {refuse_change}"
        ),
        format!(
            "CREATE OR REPLACE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW {young}{refuse}"
        ),
        format!(
            "CREATE OR REPLACE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
        ),
    ]
}
