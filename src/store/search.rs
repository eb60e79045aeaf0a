//! The index of tokens: beside [`super::append_only`] the one place where the two databases are spoken to in
//! different words.
//!
//! They have no full-text index in common. SQLite keeps tokens in an FTS5 table without any text, PostgreSQL in
//! a `tsvector` under a GIN index; both hold the tokens of [`super::words`] under the case number as a number.
//! Migrations hold one text for both, so this table is made here when the schema is brought up to date, and
//! filled from the cases whenever the derivation of tokens has changed. A case's tokens are written in the
//! transaction that writes its keywords.

use sqlx::AnyConnection;

use crate::case::fields::Values;
use crate::case::subject;

use super::words::{self, VERSION};
use super::{Backend, Store, StoreError, Tx, parsed, parsed_json};

/// Rows that are read or written at a time.
const BATCH: usize = 200;

/// What is said differently.
struct Dialect {
    make: &'static str,
    /// After the table was filled.
    finish: &'static [&'static str],
    forget: &'static str,
    into: &'static str,
    /// One row; `{n}` and `{t}` stand for the parameters of number and tokens.
    row: &'static str,
    /// The numbers of cases with all tokens of the parameter `{t}`, as `number`.
    find: &'static str,
    /// Between tokens that must all be there.
    and: &'static str,
}

const SQLITE: Dialect = Dialect {
    make: "CREATE VIRTUAL TABLE case_tokens USING fts5 \
           (tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')",
    finish: &["INSERT INTO case_tokens (case_tokens) VALUES ('optimize')"],
    forget: "DELETE FROM case_tokens WHERE rowid = $1",
    into: "INSERT INTO case_tokens (rowid, tokens) VALUES ",
    row: "({n}, {t})",
    find: "SELECT rowid AS number FROM case_tokens WHERE case_tokens MATCH {t}",
    and: " AND ",
};

const POSTGRES: Dialect = Dialect {
    make: "CREATE TABLE case_tokens (number BIGINT PRIMARY KEY, tokens tsvector NOT NULL)",
    finish: &[
        // Without a list of pending entries, which every search would have to read through.
        "CREATE INDEX case_tokens_by_token ON case_tokens USING gin (tokens) WITH (fastupdate = off)",
        "ANALYZE case_tokens",
    ],
    forget: "DELETE FROM case_tokens WHERE number = $1",
    into: "INSERT INTO case_tokens (number, tokens) VALUES ",
    row: "({n}, array_to_tsvector(string_to_array({t}, ' ')))",
    find: "SELECT number FROM case_tokens WHERE tokens @@ CAST({t} AS tsquery)",
    and: " & ",
};

fn dialect(db: &AnyConnection) -> &'static Dialect {
    if db.backend_name() == "SQLite" { &SQLITE } else { &POSTGRES }
}

/// The query that finds the numbers of the cases with some tokens, and its parameter.
pub(super) struct Find {
    /// The text, with `{t}` where the parameter's name belongs.
    pub sql: &'static str,
    /// The tokens, as the database wants to be asked.
    pub tokens: String,
}

/// How to find the cases that have every token of every word.
pub(super) fn find(db: &AnyConnection, words: &[String]) -> Find {
    let mut tokens: Vec<String> = words.iter().flat_map(|word| words::wanted(word)).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let dialect = dialect(db);
    Find { sql: dialect.find, tokens: tokens.join(dialect.and) }
}

/// Writes the tokens of a case; those of before are forgotten.
pub(super) async fn put(db: &mut AnyConnection, number: &str, keywords: &str) -> Result<(), StoreError> {
    let dialect = dialect(db);
    let row = (as_number(number)?, joined(keywords));
    sqlx::query(dialect.forget).bind(row.0).execute(&mut *db).await?;
    write(db, dialect, &[row]).await
}

/// Makes the index where it is missing or was made by another derivation, and fills it from the cases.
pub(super) async fn prepare(store: &Store) -> Result<(), StoreError> {
    let known = "SELECT version FROM search_index";
    if sqlx::query_scalar(known).fetch_optional(&mut *store.read().await?).await? == Some(VERSION) {
        return Ok(());
    }
    let mut tx = store.write().await?;
    if store.backend() == Backend::Postgres {
        // Two nodes that start at once: the second waits, and finds it done.
        sqlx::query("LOCK TABLE search_index IN EXCLUSIVE MODE").execute(&mut *tx).await?;
    }
    if sqlx::query_scalar(known).fetch_optional(&mut *tx).await? != Some(VERSION) {
        rebuild(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Makes the index anew from the cases: much faster than case by case, where there are many.
pub(super) async fn rebuild(tx: &mut Tx) -> Result<(), StoreError> {
    let dialect = dialect(tx);
    sqlx::query("DROP TABLE IF EXISTS case_tokens").execute(&mut **tx).await?;
    sqlx::query(dialect.make).execute(&mut **tx).await?;
    let mut last = String::new();
    loop {
        let cases: Vec<(String, String)> =
            sqlx::query_as("SELECT number, keywords FROM cases WHERE number > $1 ORDER BY number LIMIT $2")
                .bind(&last)
                .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
                .fetch_all(&mut **tx)
                .await?;
        let Some((number, _)) = cases.last() else { break };
        last.clone_from(number);
        let rows = cases.iter().map(|(number, keywords)| Ok((as_number(number)?, joined(keywords))));
        write(tx, dialect, &rows.collect::<Result<Vec<_>, StoreError>>()?).await?;
    }
    for statement in dialect.finish {
        sqlx::query(*statement).execute(&mut **tx).await?;
    }
    subject_keys(tx).await?;
    sqlx::query("DELETE FROM search_index").execute(&mut **tx).await?;
    sqlx::query("INSERT INTO search_index (version) VALUES ($1)").bind(VERSION).execute(&mut **tx).await?;
    Ok(())
}

/// What subjects are found by, where it isn't written down yet.
async fn subject_keys(tx: &mut Tx) -> Result<(), StoreError> {
    let mut last = String::new();
    loop {
        let subjects: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, answers FROM subjects WHERE id > $1 AND name_key = '' ORDER BY id LIMIT $2",
        )
        .bind(&last)
        .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .fetch_all(&mut **tx)
        .await?;
        let Some((id, _)) = subjects.last() else { return Ok(()) };
        last.clone_from(id);
        for (id, answers) in &subjects {
            let (name, number) = keys(&parsed_json(answers, "subjects", "answers", id)?);
            sqlx::query("UPDATE subjects SET name_key = $2, id_key = $3 WHERE id = $1")
                .bind(id)
                .bind(name)
                .bind(number)
                .execute(&mut **tx)
                .await?;
        }
    }
}

/// What a subject is found by: the name in small letters, and the document's number in capitals.
pub(super) fn keys(answers: &Values) -> (String, String) {
    let text = |id: &str| subject::text(answers, id);
    (text("name").to_lowercase(), text("id_number").to_uppercase())
}

async fn write(db: &mut AnyConnection, dialect: &Dialect, rows: &[(i64, String)]) -> Result<(), StoreError> {
    let places = (0..rows.len()).map(|at| {
        let (number, tokens) = (format!("${}", 2 * at + 1), format!("${}", 2 * at + 2));
        dialect.row.replace("{n}", &number).replace("{t}", &tokens)
    });
    let sql = format!("{}{}", dialect.into, places.collect::<Vec<_>>().join(", "));
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for (number, tokens) in rows {
        query = query.bind(number).bind(tokens);
    }
    query.execute(db).await?;
    Ok(())
}

fn joined(keywords: &str) -> String {
    words::tokens(keywords).into_iter().collect::<Vec<_>>().join(" ")
}

/// A case number is ten digits: the index knows the case by them.
fn as_number(number: &str) -> Result<i64, StoreError> {
    parsed(number, "cases", "number", number)
}
