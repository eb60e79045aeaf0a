//! Seals anew, beside running servers, what an older generation sealed, or nobody.
//!
//! First nothing may be written with an older generation any more ([`super::known`]): whoever was under way with it has
//! ended, or is refused. Then rows are read in the order of their keys, some at a time, and each is changed only if it
//! still holds what was read: whoever changed it meanwhile has sealed it with the newest generation. So going through
//! once finds everything. Broken off and begun again it finds the rest. Where the database refuses changes, [`super::super::append_only`] gives way to this inside the transaction.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::store::sql::Sql;
use crate::store::{Db, Store, StoreError, Tx, search};

use super::places::{ALL, ANSWERS, FILTER, FILTER_NAME, ID_KEY, Key, LOOK_UPS, NAME_KEY, Place};
use super::{LOOKED_UP, MARK, known};

/// Rows of one transaction.
pub(super) const BATCH: i64 = 200;
/// What an erasure leaves, and what is nothing from the beginning: it stays in clear, and tells nothing.
const NOTHING: &str = "('', '{}', '[]', '{\"pages\":[]}')";

/// How far sealing anew is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The column that was done.
    pub place: String,
    /// How many rows of it were sealed anew.
    pub rows: u64,
}

/// Rows that a generation is needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The column.
    pub place: String,
    /// How many rows.
    pub rows: i64,
}

/// Seals with the newest generation what isn't, and makes the hashes and the index of words anew with it. Tells each
/// column that was done, and returns how many rows were changed.
///
/// # Errors
/// [`StoreError::Lagging`] while a process seals with an older one; when the database fails, or a row can't be opened;
/// the error names it.
pub async fn rotate(
    store: &Store,
    now: i64,
    tell: &mut (dyn FnMut(Rotation) + Send),
) -> Result<u64, StoreError> {
    let Some(newest) = known::close_older(store, now).await?.map(i64::from) else { return Ok(0) };
    let mut all = 0;
    for place in ALL {
        let rows = reseal(store, place, newest).await?;
        all += rows;
        tell(Rotation { place: place.name(), rows });
    }
    for place in [&ANSWERS, &FILTER] {
        let rows = rehash(store, place, newest).await?;
        all += rows;
        if rows > 0 {
            tell(Rotation { place: format!("{} (hashes)", place.name()), rows });
        }
    }
    let rows = search::rotate(store, newest).await?;
    if rows > 0 {
        tell(Rotation { place: "the index of words".into(), rows });
    }
    let mut tx = store.write().await?;
    sqlx::query("UPDATE sealing SET generation = $1 WHERE id = 1").bind(newest).execute(&mut **tx).await?;
    tx.commit().await?;
    Ok(all + rows)
}

/// The generation with which at least everything is sealed; 0: there may be rows from before there were keys.
///
/// # Errors
/// When the database fails.
pub async fn sealed_since(db: &mut Db) -> Result<i64, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT generation FROM sealing WHERE id = 1").fetch_optional(&mut **db).await?;
    Ok(found.unwrap_or(0))
}

/// One column, once. Returns how many rows were changed.
async fn reseal(store: &Store, place: &Place, newest: i64) -> Result<u64, StoreError> {
    let (mut after, mut changed): (Option<Vec<Part>>, u64) = (None, 0);
    let column = place.column;
    loop {
        let mut sql = Sql::default();
        let beyond = beyond(&mut sql, place, after.as_deref());
        let sealed = sql.text(format!("{MARK}{newest}.%"));
        let statement = format!(
            "SELECT {}, {column} AS sealed FROM {} \
             WHERE {column} NOT IN {NOTHING} AND {column} NOT LIKE {sealed}{beyond} \
             ORDER BY {} LIMIT {BATCH}",
            listed(place),
            place.table,
            listed(place)
        );
        // Looked for without holding up those who write.
        let rows = sql.raw_rows(&mut *store.read().await?, statement).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = Some(parts(place, last)?);
        let mut tx = store.write().await?;
        give_way(&mut tx, place, true).await?;
        for row in &rows {
            let key = parts(place, row)?;
            let name = named_by(&key);
            let old: String = row.try_get("sealed")?;
            let sealer = tx.sealer();
            let new = sealer.seal(place, &name, &sealer.open(place, &name, old.clone())?)?;
            let mut sql = Sql::default();
            let (new, old) = (sql.text(new), sql.text(old));
            let which = which(&mut sql, place, &key);
            let statement =
                format!("UPDATE {} SET {column} = {new} WHERE {which} AND {column} = {old}", place.table);
            changed += sql.count(&mut tx, statement).await?;
        }
        give_way(&mut tx, place, false).await?;
        tx.commit().await?;
    }
}

/// Lets the guards of what is only ever added give way inside this transaction, or no more.
async fn give_way(tx: &mut Tx, place: &Place, way: bool) -> Result<(), StoreError> {
    if place.added_only {
        let statement = if way { "INSERT INTO resealing (id) VALUES (1)" } else { "DELETE FROM resealing" };
        sqlx::query(statement).execute(&mut ***tx).await?;
    }
    Ok(())
}

/// Makes the hashes that are derived of a sealed column anew.
async fn rehash(store: &Store, place: &Place, newest: i64) -> Result<u64, StoreError> {
    let subjects = *place == ANSWERS;
    let (columns, stale) = if subjects {
        ("name_key, id_key", "(name_key NOT LIKE $2 OR id_key NOT LIKE $2)")
    } else {
        ("name, ''", "name NOT LIKE $2")
    };
    let (mut last, mut changed) = (String::new(), 0);
    loop {
        let statement = format!(
            "SELECT id, {}, {columns} FROM {} WHERE id > $1 AND {stale} ORDER BY id LIMIT {BATCH}",
            place.column, place.table
        );
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(&last)
            .bind(format!("{LOOKED_UP}{newest}.%"))
            .fetch_all(&mut **store.read().await?)
            .await?;
        let Some((id, ..)) = rows.last() else { return Ok(changed) };
        last.clone_from(id);
        let mut tx = store.write().await?;
        for (id, value, one, other) in rows {
            let sealer = tx.sealer();
            let done = if subjects {
                let answers = sealer.open_json(place, &id, value)?;
                let (name, number) = search::keys(&answers);
                // What isn't there has no hash.
                let sound = |text: &str, hash: &str| {
                    if text.is_empty() {
                        hash.is_empty()
                    } else {
                        hash.starts_with(&format!("{LOOKED_UP}{newest}."))
                    }
                };
                if sound(&name, &one) && sound(&number, &other) {
                    continue;
                }
                sqlx::query(
                    "UPDATE subjects SET name_key = $2, id_key = $3 WHERE id = $1 AND name_key = $4 AND id_key = $5",
                )
                .bind(&id)
                .bind(sealer.look_up(&NAME_KEY, &name)?)
                .bind(sealer.look_up(&ID_KEY, &number)?)
                .bind(one)
                .bind(other)
                .execute(&mut **tx)
                .await?
            } else {
                let (name, _) = crate::store::filters::opened(&sealer, &id, &one, value)?;
                sqlx::query("UPDATE saved_filters SET name = $2 WHERE id = $1 AND name = $3")
                    .bind(&id)
                    .bind(sealer.look_up(&FILTER_NAME, &name)?)
                    .bind(&one)
                    .execute(&mut **tx)
                    .await?
            };
            changed += done.rows_affected();
        }
        tx.commit().await?;
    }
}

/// What still needs a generation: the columns with rows that it sealed or hashed. Of generation 0: what nobody sealed.
///
/// # Errors
/// When the database fails.
pub async fn named(db: &mut Db, generation: u32) -> Result<Vec<Named>, StoreError> {
    let mut all = Vec::new();
    let sealed = ALL.into_iter().map(|place| (place, MARK.to_owned()));
    let hashed = LOOK_UPS.into_iter().map(|place| (place, LOOKED_UP.to_string()));
    for (place, mark) in sealed.chain(hashed) {
        let (column, not) = (place.column, if generation == 0 { "NOT " } else { "" });
        let like = if generation == 0 { format!("{mark}%") } else { format!("{mark}{generation}.%") };
        let statement = format!(
            "SELECT COUNT(*) FROM {} WHERE {column} NOT IN {NOTHING} AND {column} {not}LIKE $1",
            place.table
        );
        let rows: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(like).fetch_one(&mut **db).await?;
        if rows > 0 {
            all.push(Named { place: place.name(), rows });
        }
    }
    let index: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM search_index WHERE generation = $1 OR previous = $1")
            .bind(i64::from(generation))
            .fetch_one(&mut **db)
            .await?;
    if index > 0 {
        all.push(Named { place: "the index of words".into(), rows: index });
    }
    Ok(all)
}

/// A part of a row's key.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Number(i64),
}

pub(super) fn parts(place: &Place, row: &AnyRow) -> Result<Vec<Part>, StoreError> {
    let part = |key: &Key| -> Result<Part, sqlx::Error> {
        Ok(match key {
            Key::Text(column) => Part::Text(row.try_get(*column)?),
            Key::Number(column) => Part::Number(row.try_get(*column)?),
        })
    };
    Ok(place.key.iter().map(part).collect::<Result<_, _>>()?)
}

/// How a row is named where a value is bound to it.
pub(super) fn named_by(key: &[Part]) -> String {
    let texts = key.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Number(number) => number.to_string(),
    });
    texts.collect::<Vec<_>>().join("/")
}

pub(super) fn listed(place: &Place) -> String {
    place.key.iter().map(Key::column).collect::<Vec<_>>().join(", ")
}

fn bound(sql: &mut Sql, part: &Part) -> String {
    match part {
        Part::Text(text) => sql.text(text.as_str()),
        Part::Number(number) => sql.number(*number),
    }
}

pub(super) fn beyond(sql: &mut Sql, place: &Place, after: Option<&[Part]>) -> String {
    let Some(after) = after else { return String::new() };
    let values: Vec<String> = after.iter().map(|part| bound(sql, part)).collect();
    format!(" AND ({}) > ({})", listed(place), values.join(", "))
}

fn which(sql: &mut Sql, place: &Place, key: &[Part]) -> String {
    let terms =
        place.key.iter().zip(key).map(|(column, part)| format!("{} = {}", column.column(), bound(sql, part)));
    terms.collect::<Vec<_>>().join(" AND ")
}
