//! The index of tokens: beside [`super::append_only`] the one place where the two databases are spoken to in
//! different words.
//!
//! They have no full-text index in common. SQLite keeps tokens in an FTS5 table without any text, PostgreSQL in
//! a `tsvector` under a GIN index; both hold the tokens of [`super::words`] under the case number as a number.
//! Migrations hold one text for both, so this table is made here when the schema is brought up to date, and
//! filled from the cases whenever the derivation of tokens has changed. A case's tokens are written in the
//! transaction that writes its keywords, or takes in a file whose name they are of.
//!
//! Tokens are hashed with a key of one generation, which the table `search_index` names. When a newer one takes over,
//! cases are hashed anew some at a time ([`rotate`]); until all are, the table names both, and searches ask for both. Whoever
//! writes tokens shares a lock with all others until the end of the transaction, and whoever changes the generation, or
//! makes the index anew, has it alone for that moment: no case comes with tokens of before after it was looked for.

mod rotate;

use sqlx::{AnyConnection, FromRow};

use crate::case::fields::Values;
use crate::case::subject;

use super::file_names::{self, Named};
use super::sealed::{self, Sealer};
use super::sql::Sql;
use super::words::{Text, Tokens, VERSION};
use super::{Db, Store, StoreError, Tx, parsed};

pub(super) use rotate::rotate;

/// Rows that are read or written at a time.
const BATCH: usize = 200;

/// What is said differently.
struct Dialect {
    make: &'static [&'static str],
    /// After the table was filled.
    finish: &'static [&'static str],
    forget: &'static str,
    into: &'static str,
    /// One row; `{n}` and `{t}` stand for the parameters of number and tokens.
    row: &'static str,
    /// The numbers of cases with all tokens of the parameter `{t}`, as `number`.
    find: &'static str,
    /// The numbers, to narrow what is found to some, and to put it in order.
    number: &'static str,
    /// Between tokens that must all be there.
    and: &'static str,
    /// Between groups of tokens of which one must be there.
    or: &'static str,
}

const SQLITE: Dialect = Dialect {
    make: &["CREATE VIRTUAL TABLE case_tokens USING fts5 \
             (tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')"],
    finish: &["INSERT INTO case_tokens (case_tokens) VALUES ('optimize')"],
    forget: "DELETE FROM case_tokens WHERE rowid = $1",
    into: "INSERT INTO case_tokens (rowid, tokens) VALUES ",
    row: "({n}, {t})",
    find: "SELECT rowid AS number FROM case_tokens WHERE case_tokens MATCH {t}",
    number: "rowid",
    and: " AND ",
    or: " OR ",
};

/// PostgreSQL keeps each case's tokens outside of its row, and doesn't reckon what it takes to fetch them there: it would
/// rather look into case after case than ask the index. So tokens are asked for through a function that is said to be
/// dear, and cases are put in order by what isn't the number itself.
const POSTGRES: Dialect = Dialect {
    make: &[
        "CREATE OR REPLACE FUNCTION case_tokens_fetched(tokens tsvector) RETURNS tsvector \
         LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'BEGIN RETURN tokens; END'",
        "CREATE TABLE case_tokens (number BIGINT PRIMARY KEY, tokens tsvector NOT NULL)",
    ],
    finish: &[
        // Without a list of pending entries, which every search would have to read through.
        "CREATE INDEX case_tokens_by_token ON case_tokens USING gin (case_tokens_fetched(tokens)) WITH (fastupdate = off)",
        "ANALYZE case_tokens",
    ],
    forget: "DELETE FROM case_tokens WHERE number = $1",
    into: "INSERT INTO case_tokens (number, tokens) VALUES ",
    row: "({n}, array_to_tsvector(string_to_array({t}, ' ')))",
    find: "SELECT number FROM case_tokens WHERE case_tokens_fetched(tokens) @@ CAST({t} AS tsquery)",
    number: "number + 0",
    and: " & ",
    or: " | ",
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

/// How the index is hashed.
#[derive(PartialEq, Eq, FromRow)]
struct Made {
    version: i64,
    generation: i64,
    /// The generation of those cases that aren't hashed anew yet.
    previous: Option<i64>,
    /// The last case that is.
    reached: String,
}

async fn made(db: &mut Db) -> Result<Option<Made>, StoreError> {
    Ok(sqlx::query_as("SELECT version, generation, previous, reached FROM search_index")
        .fetch_optional(&mut **db)
        .await?)
}

fn impossible(why: &str) -> StoreError {
    StoreError::Impossible {
        table: "search_index",
        column: "generation",
        row: "1".into(),
        why: why.to_owned(),
    }
}

fn tokens_of(sealer: &Sealer, generation: i64) -> Result<Tokens, StoreError> {
    let key = sealer.index_key(generation);
    let key = key.ok_or_else(|| impossible(&format!("the key of generation {generation} isn't here")))?;
    Ok(Tokens::new(&key))
}

/// The ways in which tokens may be hashed just now: searches ask for each.
pub(super) struct Ways {
    generation: i64,
    tokens: Vec<Tokens>,
}

/// How tokens are hashed just now.
pub(super) async fn ways(db: &mut Db) -> Result<Ways, StoreError> {
    let made = made(db).await?.ok_or_else(|| impossible("the index of words isn't made"))?;
    let sealer = db.sealer();
    let generations = [Some(made.generation), made.previous].into_iter().flatten();
    let tokens = generations.map(|generation| tokens_of(&sealer, generation)).collect::<Result<_, _>>()?;
    Ok(Ways { generation: made.generation, tokens })
}

/// Whether no newer generation has begun to take over since: then what was found in these ways meanwhile is all that there
/// is. Otherwise it is to be looked for again.
pub(super) async fn stands(db: &mut Db, ways: &Ways) -> Result<bool, StoreError> {
    Ok(made(db).await?.is_some_and(|made| made.generation == ways.generation))
}

/// How to find the cases that have every token of every word.
pub(super) fn find(db: &AnyConnection, ways: &Ways, kind: Text, words: &[String]) -> Find {
    let dialect = dialect(db);
    let groups = ways.tokens.iter().map(|way| {
        let mut tokens: Vec<String> = words.iter().flat_map(|word| way.wanted(kind, word)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens.join(dialect.and)
    });
    let groups: Vec<String> = groups.collect();
    let tokens = match groups.as_slice() {
        [one] => one.clone(),
        more => more.iter().map(|group| format!("({group})")).collect::<Vec<_>>().join(dialect.or),
    };
    Find { sql: dialect.find, tokens }
}

/// The numbers by which [`Find::sql`] can be narrowed to some, and put in order.
pub(super) fn number_column(db: &AnyConnection) -> &'static str {
    dialect(db).number
}

/// Writes the tokens of a case; those of before are forgotten. Where there is no index yet, it is made of all cases later.
pub(super) async fn put(db: &mut Db, number: &str, keywords: &str) -> Result<(), StoreError> {
    sealed::share(db).await?;
    let Some(made) = made(db).await? else { return Ok(()) };
    let tokens = tokens_of(&db.sealer(), made.generation)?;
    let names = names_of(db, &[number]).await?;
    let rows = rows(&tokens, &[(number.to_owned(), keywords.to_owned())], &names)?;
    replace(db, &rows).await
}

/// Writes the tokens of a case anew: it has another file.
pub(super) async fn refresh(db: &mut Db, case: &str) -> Result<(), StoreError> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT number, keywords FROM cases WHERE id = $1")
        .bind(case)
        .fetch_optional(&mut **db)
        .await?;
    let Some((number, keywords)) = row else { return Ok(()) };
    let keywords = db.sealer().open(&sealed::KEYWORDS, case, keywords)?;
    put(db, &number, &keywords).await
}

/// Makes the index where it is missing, was made by another derivation or hashed with a key that isn't here, and fills it
/// from the cases. Without keys nothing is done: whoever has them does it.
pub(super) async fn prepare(store: &Store) -> Result<(), StoreError> {
    let Some(newest) = store.sealer().newest() else { return Ok(()) };
    let sound = |made: Option<Made>| {
        made.is_some_and(|made| {
            let known = |generation| store.sealer().index_key(generation).is_some();
            made.version == VERSION && known(made.generation) && made.previous.is_none_or(known)
        })
    };
    if sound(made(&mut *store.read().await?).await?) {
        return Ok(());
    }
    let mut tx = store.write().await?;
    // Two nodes that start at once: the second waits, and finds it done.
    sealed::alone(&mut tx).await?;
    if !sound(made(&mut tx).await?) {
        rebuild_with(&mut tx, newest).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Makes the index anew from the cases: much faster than case by case, where there are many.
pub(super) async fn rebuild(tx: &mut Tx) -> Result<(), StoreError> {
    let newest = tx.sealer().newest().ok_or_else(|| impossible("there are no keys"))?;
    rebuild_with(tx, newest).await
}

async fn rebuild_with(tx: &mut Tx, generation: i64) -> Result<(), StoreError> {
    sealed::alone(tx).await?;
    let dialect = dialect(tx);
    let tokens = tokens_of(&tx.sealer(), generation)?;
    sqlx::query("DROP TABLE IF EXISTS case_tokens").execute(&mut ***tx).await?;
    for statement in dialect.make {
        sqlx::query(*statement).execute(&mut ***tx).await?;
    }
    let mut last = String::new();
    loop {
        let cases = batch(tx, &last).await?;
        let Some((number, _)) = cases.last() else { break };
        last.clone_from(number);
        let numbers: Vec<&str> = cases.iter().map(|(number, _)| number.as_str()).collect();
        let names = names_of(tx, &numbers).await?;
        write(tx, dialect, &rows(&tokens, &cases, &names)?).await?;
    }
    for statement in dialect.finish {
        sqlx::query(*statement).execute(&mut ***tx).await?;
    }
    sqlx::query("DELETE FROM search_index").execute(&mut ***tx).await?;
    sqlx::query("INSERT INTO search_index (version, generation) VALUES ($1, $2)")
        .bind(VERSION)
        .bind(generation)
        .execute(&mut ***tx)
        .await?;
    Ok(())
}

/// Some cases after a number, with what a keyword finds.
async fn batch(db: &mut Db, after: &str) -> Result<Vec<(String, String)>, StoreError> {
    let cases: Vec<(String, String, String)> =
        sqlx::query_as("SELECT id, number, keywords FROM cases WHERE number > $1 ORDER BY number LIMIT $2")
            .bind(after)
            .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .fetch_all(&mut **db)
            .await?;
    let sealer = db.sealer();
    let open = |(id, number, keywords): (String, String, String)| {
        Ok((number, sealer.open(&sealed::KEYWORDS, &id, keywords)?))
    };
    cases.into_iter().map(open).collect()
}

/// The names of the files of cases in small letters, each with its case's number.
async fn names_of(db: &mut Db, numbers: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
    let mut sql = Sql::default();
    let list = sql.list(numbers.iter().copied());
    let statement = file_names::statement("cases c", &format!("c.number IN ({list})"));
    let found: Vec<Named> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    let named = |file: Named| {
        let name = file.shown(&sealer)?.to_lowercase();
        Ok((file.number, name))
    };
    found.into_iter().map(named).collect()
}

/// The rows of the index of some cases.
fn rows(
    tokens: &Tokens,
    cases: &[(String, String)],
    names: &[(String, String)],
) -> Result<Vec<(i64, String)>, StoreError> {
    let row = |(number, keywords): &(String, String)| {
        let mut all = tokens.of(Text::Keywords, keywords);
        for (_, name) in names.iter().filter(|(of, _)| of == number) {
            all.extend(tokens.of(Text::FileName, name));
        }
        Ok((as_number(number)?, all.into_iter().collect::<Vec<_>>().join(" ")))
    };
    cases.iter().map(row).collect()
}

/// What a subject is found by: the name in small letters, and the document's number in capitals.
pub(super) fn keys(answers: &Values) -> (String, String) {
    let text = |id: &str| subject::text(answers, id);
    (text("name").to_lowercase(), text("id_number").to_uppercase())
}

/// Writes rows in place of those of before.
async fn replace(db: &mut Db, rows: &[(i64, String)]) -> Result<(), StoreError> {
    let dialect = dialect(db);
    for (number, _) in rows {
        sqlx::query(dialect.forget).bind(*number).execute(&mut **db).await?;
    }
    if rows.is_empty() { Ok(()) } else { write(db, dialect, rows).await }
}

async fn write(db: &mut Db, dialect: &Dialect, rows: &[(i64, String)]) -> Result<(), StoreError> {
    let places = (0..rows.len()).map(|at| {
        let (number, tokens) = (format!("${}", 2 * at + 1), format!("${}", 2 * at + 2));
        dialect.row.replace("{n}", &number).replace("{t}", &tokens)
    });
    let sql = format!("{}{}", dialect.into, places.collect::<Vec<_>>().join(", "));
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for (number, tokens) in rows {
        query = query.bind(number).bind(tokens);
    }
    query.execute(&mut **db).await?;
    Ok(())
}

/// A case number is ten digits: the index knows the case by them.
fn as_number(number: &str) -> Result<i64, StoreError> {
    parsed(number, "cases", "number", number)
}
