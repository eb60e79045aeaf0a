//! When each original was read last, what was due and done on each day, and what was found wrong.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::Digest;

use super::documents::Document;
use super::sql::Sql;
use super::{StoreError, Tx, parsed, parsed_json, to_json};

/// Something wrong, to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The same for the same trouble in every check.
    pub id: &'a str,
    /// What kind of trouble.
    pub kind: &'a str,
    /// The original, where there is one.
    pub digest: Option<&'a str>,
    /// What should be there.
    pub expected: &'a str,
    /// What is there.
    pub actual: &'a str,
    /// The way to put it right.
    pub repair: &'a str,
    /// The rows that name it, without personal data.
    pub rows: &'a [String],
}

/// Something wrong, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The same for the same trouble in every check.
    pub id: String,
    /// What kind of trouble.
    pub kind: String,
    /// The original, where there is one.
    pub digest: Option<String>,
    /// What should be there.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// The way to put it right.
    pub repair: String,
    /// The rows that name it.
    pub rows: Vec<String>,
    /// When it was found first, epoch milliseconds.
    pub first_at: i64,
    /// When it was found last.
    pub last_at: i64,
    /// When it was seen to be mended; none: it stands.
    pub gone_at: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    kind: String,
    digest: Option<String>,
    expected: String,
    actual: String,
    repair: String,
    named_by: String,
    first_at: i64,
    last_at: i64,
    gone_at: Option<i64>,
}

impl TryFrom<Row> for Kept {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            rows: parsed_json(&row.named_by, "fixity_findings", "named_by", &row.id)?,
            id: row.id,
            kind: row.kind,
            digest: row.digest,
            expected: row.expected,
            actual: row.actual,
            repair: row.repair,
            first_at: row.first_at,
            last_at: row.last_at,
            gone_at: row.gone_at,
        })
    }
}

/// A time in which every original is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Pass {
    /// When it began, epoch milliseconds.
    pub began_at: i64,
    /// How many of the 256 folders were listed in it.
    pub folders: i64,
    /// How many originals the schedule read in it.
    pub originals: i64,
    /// Their bytes.
    pub bytes: i64,
    /// When it was over; none: it goes on.
    pub ended_at: Option<i64>,
}

/// What was due on one day, and what of it was done.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Day {
    /// The day, such as `2026-11-23`.
    pub day: String,
    /// Originals that were due.
    pub quota: i64,
    /// Originals that were read.
    pub originals: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Folders that were listed.
    pub folders: i64,
    /// Findings among all that.
    pub findings: i64,
}

/// How many originals there are, and how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// All of them.
    pub originals: i64,
    /// Those that were read since a moment.
    pub read: i64,
    /// Those that should have been read again by now.
    pub overdue: i64,
    /// When the one that was read longest ago was read; none where there is no original.
    pub oldest: Option<i64>,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Originals that were read.
    pub originals: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Folders that were listed.
    pub folders: i64,
    /// What was found.
    pub findings: i64,
}

/// How the originals stand: read since `since`, and overdue where they were last read before `until`.
///
/// # Errors
/// When the database fails.
pub async fn standing(db: &mut AnyConnection, since: i64, until: i64) -> Result<Standing, StoreError> {
    Ok(sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM documents WHERE disposed_at IS NULL) AS originals, \
         (SELECT COUNT(*) FROM documents WHERE read_at >= $1 AND disposed_at IS NULL) AS read, \
         (SELECT COUNT(*) FROM documents WHERE read_at < $2 AND disposed_at IS NULL) AS overdue, \
         (SELECT MIN(read_at) FROM documents WHERE disposed_at IS NULL) AS oldest",
    )
    .bind(since)
    .bind(until)
    .fetch_one(db)
    .await?)
}

/// Originals that were read longest ago and before `before`, the oldest reading first.
///
/// # Errors
/// When the database fails.
pub async fn oldest(db: &mut AnyConnection, before: i64, limit: i64) -> Result<Vec<Document>, StoreError> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT digest, bytes, kind FROM documents WHERE read_at < $1 AND disposed_at IS NULL ORDER BY read_at, digest LIMIT $2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(super::documents::document).collect()
}

/// Whether any original was last read before `before`.
///
/// # Errors
/// When the database fails.
pub async fn any_unread(db: &mut AnyConnection, before: i64) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT read_at FROM documents WHERE read_at < $1 AND disposed_at IS NULL LIMIT 1",
    )
    .bind(before)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Of the originals after `after` up to `until`: those that were last read before `before`.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &mut AnyConnection,
    after: &str,
    until: &str,
    before: i64,
) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT digest FROM documents WHERE digest > $1 AND digest <= $2 AND read_at < $3 ORDER BY digest",
    )
    .bind(after)
    .bind(until)
    .bind(before)
    .fetch_all(db)
    .await?;
    rows.iter().map(|digest| parsed(digest, "documents", "digest", digest)).collect()
}

/// Notes that these originals were read at `now`.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(tx: &mut Tx, digests: &[Digest], now: i64) -> Result<(), StoreError> {
    for some in digests.chunks(100) {
        let mut sql = Sql::default();
        let at = sql.number(now);
        let texts: Vec<String> = some.iter().map(ToString::to_string).collect();
        let list = sql.list(texts.iter().map(String::as_str));
        let statement =
            format!("UPDATE documents SET read_at = {at} WHERE digest IN ({list}) AND read_at < {at}");
        sql.run(tx, statement).await?;
    }
    Ok(())
}

/// The pass that goes on; one begins where there is none.
///
/// # Errors
/// When the database fails.
pub async fn pass(tx: &mut Tx, now: i64) -> Result<Pass, StoreError> {
    if let Some(pass) = open_pass(tx).await? {
        return Ok(pass);
    }
    sqlx::query(
        "INSERT INTO fixity_passes (began_at, folders, originals, bytes) VALUES ($1, 0, 0, 0) \
         ON CONFLICT (began_at) DO UPDATE SET ended_at = NULL",
    )
    .bind(now)
    .execute(&mut ***tx)
    .await?;
    Ok(Pass { began_at: now, folders: 0, originals: 0, bytes: 0, ended_at: None })
}

/// The pass that goes on, if one has begun.
///
/// # Errors
/// When the database fails.
pub async fn open_pass(db: &mut AnyConnection) -> Result<Option<Pass>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT began_at, folders, originals, bytes, ended_at FROM fixity_passes WHERE ended_at IS NULL \
         ORDER BY began_at DESC LIMIT 1",
    )
    .fetch_optional(db)
    .await?)
}

/// The newest pass that is over.
///
/// # Errors
/// When the database fails.
pub async fn last_pass(db: &mut AnyConnection) -> Result<Option<Pass>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT began_at, folders, originals, bytes, ended_at FROM fixity_passes WHERE ended_at IS NOT NULL \
         ORDER BY ended_at DESC, began_at DESC LIMIT 1",
    )
    .fetch_optional(db)
    .await?)
}

/// Ends a pass.
///
/// # Errors
/// When the database fails.
pub async fn end_pass(tx: &mut Tx, began_at: i64, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE fixity_passes SET ended_at = $2 WHERE began_at = $1 AND ended_at IS NULL")
        .bind(began_at)
        .bind(now)
        .execute(&mut ***tx)
        .await?;
    Ok(())
}

/// The newest days, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn days(db: &mut AnyConnection, limit: i64) -> Result<Vec<Day>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT day, quota, originals, bytes, folders, findings FROM fixity_days ORDER BY day DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// One day, if it has begun.
///
/// # Errors
/// When the database fails.
pub async fn day(db: &mut AnyConnection, day: &str) -> Result<Option<Day>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT day, quota, originals, bytes, folders, findings FROM fixity_days WHERE day = $1",
    )
    .bind(day)
    .fetch_optional(db)
    .await?)
}

/// Begins a day with what is due on it.
///
/// # Errors
/// When the database fails.
pub async fn begin_day(tx: &mut Tx, day: &str, quota: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO fixity_days (day, quota, originals, bytes, folders, findings) VALUES ($1, $2, 0, 0, 0, 0) \
         ON CONFLICT (day) DO NOTHING",
    )
    .bind(day)
    .bind(quota)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// Adds what was done to its day and its pass.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, day: &str, began_at: i64, done: Done) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE fixity_days SET originals = originals + $2, bytes = bytes + $3, folders = folders + $4, \
         findings = findings + $5 WHERE day = $1",
    )
    .bind(day)
    .bind(done.originals)
    .bind(done.bytes)
    .bind(done.folders)
    .bind(done.findings)
    .execute(&mut ***tx)
    .await?;
    sqlx::query(
        "UPDATE fixity_passes SET originals = originals + $2, bytes = bytes + $3, folders = folders + $4 \
         WHERE began_at = $1",
    )
    .bind(began_at)
    .bind(done.originals)
    .bind(done.bytes)
    .bind(done.folders)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// What stands and isn't mended: the place and the identifier of each.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT place, id FROM fixity_findings WHERE gone_at IS NULL ORDER BY place, id")
        .fetch_all(db)
        .await?)
}

/// Keeps what was found at a place at `now`; what stood there before and wasn't found again is mended.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut Tx, place: &str, found: &[Found<'_>], now: i64) -> Result<(), StoreError> {
    for one in found {
        sqlx::query(
            "INSERT INTO fixity_findings (id, kind, place, digest, expected, actual, repair, named_by, first_at, last_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (id) DO UPDATE SET kind = $2, place = $3, \
             digest = $4, expected = $5, actual = $6, repair = $7, named_by = $8, last_at = $9, gone_at = NULL, \
             first_at = CASE WHEN fixity_findings.gone_at IS NULL THEN fixity_findings.first_at ELSE $9 END",
        )
        .bind(one.id)
        .bind(one.kind)
        .bind(place)
        .bind(one.digest)
        .bind(one.expected)
        .bind(one.actual)
        .bind(one.repair)
        .bind(to_json(&one.rows))
        .bind(now)
        .execute(&mut ***tx)
        .await?;
    }
    let mut sql = Sql::default();
    let (at, place) = (sql.number(now), sql.text(place));
    let again = match found {
        [] => String::new(),
        some => format!(" AND id NOT IN ({})", sql.list(some.iter().map(|one| one.id))),
    };
    let statement =
        format!("UPDATE fixity_findings SET gone_at = {at} WHERE place = {place} AND gone_at IS NULL{again}");
    sql.run(tx, statement).await
}

/// Notes that what stands of these findings was seen to be mended at `now`.
///
/// # Errors
/// When the database fails.
pub async fn mended(tx: &mut Tx, ids: &[String], now: i64) -> Result<(), StoreError> {
    for some in ids.chunks(100) {
        let mut sql = Sql::default();
        let at = sql.number(now);
        let list = sql.list(some.iter().map(String::as_str));
        let statement =
            format!("UPDATE fixity_findings SET gone_at = {at} WHERE id IN ({list}) AND gone_at IS NULL");
        sql.run(tx, statement).await?;
    }
    Ok(())
}

/// What is kept: what stands first, each newest first; at most `limit`.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn findings(db: &mut AnyConnection, limit: i64) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, kind, digest, expected, actual, repair, named_by, first_at, last_at, gone_at \
         FROM fixity_findings ORDER BY COALESCE(gone_at, 0) = 0 DESC, last_at DESC, id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Kept::try_from).collect()
}

/// How many stand, and how many are mended.
///
/// # Errors
/// When the database fails.
pub async fn count_findings(db: &mut AnyConnection) -> Result<(i64, i64), StoreError> {
    Ok(sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NULL) AS standing, \
         (SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NOT NULL) AS mended",
    )
    .fetch_one(db)
    .await?)
}
