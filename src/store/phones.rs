//! Links that lead a phone to one case for one purpose, and the photos behind a scan made with one.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::Digest;

use super::sql::{ByCase, Sql};
use super::{StoreError, parsed};

/// A link, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PhoneLink {
    /// The identifier.
    pub id: String,
    /// The case.
    pub case_id: String,
    /// 案件編號 of its case.
    pub number: String,
    /// Who made it: whoever holds the phone acts for them.
    pub person_id: String,
    /// Until when it, or the phone that opened it, may be used; epoch milliseconds.
    pub expires_at: i64,
    /// 1: a phone has opened it.
    pub opened: i64,
    /// The scan that came of it.
    pub scan_id: Option<String>,
}

const SELECT: &str = "SELECT l.id, l.case_id, c.number, l.person_id, l.expires_at, \
    CASE WHEN l.phone_hash IS NULL THEN 0 ELSE 1 END AS opened, l.scan_id \
    FROM phone_links l JOIN cases c ON c.id = l.case_id";

/// A link to add.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The case's identifier.
    pub case: &'a str,
    /// Who makes it.
    pub person: &'a str,
    /// The digest of its secret.
    pub link_hash: &'a str,
    /// Until when it may be used, epoch milliseconds.
    pub expires_at: i64,
}

/// Adds a link for a signed form. Links of the same person and case that no scan came of are forgotten: the
/// newest alone is good.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, new: &NewLink<'_>) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM phone_links WHERE case_id = $1 AND person_id = $2 AND scan_id IS NULL")
        .bind(new.case)
        .bind(new.person)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO phone_links (id, case_id, person_id, purpose, link_hash, expires_at) \
         VALUES ($1, $2, $3, 'signed-form', $4, $5)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.person)
    .bind(new.link_hash)
    .bind(new.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The link with this identifier that this person made.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, id: &str, person: &str) -> Result<Option<PhoneLink>, StoreError> {
    let sql = format!("{SELECT} WHERE l.id = $1 AND l.person_id = $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(person).fetch_optional(db).await?)
}

/// The link whose secret has this digest.
///
/// # Errors
/// When the database fails.
pub async fn by_link(db: &mut AnyConnection, link_hash: &str) -> Result<Option<PhoneLink>, StoreError> {
    let sql = format!("{SELECT} WHERE l.link_hash = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(link_hash).fetch_optional(db).await?)
}

/// The link that the phone with this digest of its secret has opened.
///
/// # Errors
/// When the database fails.
pub async fn by_phone(db: &mut AnyConnection, phone_hash: &str) -> Result<Option<PhoneLink>, StoreError> {
    let sql = format!("{SELECT} WHERE l.phone_hash = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(phone_hash).fetch_optional(db).await?)
}

/// Opens a link for a phone, which may use it until `until`. False: it was opened before, or is over.
///
/// # Errors
/// When the database fails.
pub async fn open(
    db: &mut AnyConnection,
    link_hash: &str,
    phone_hash: &str,
    now: i64,
    until: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE phone_links SET phone_hash = $2, expires_at = $4 \
         WHERE link_hash = $1 AND phone_hash IS NULL AND expires_at > $3",
    )
    .bind(link_hash)
    .bind(phone_hash)
    .bind(now)
    .bind(until)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a person's links, and the phones that opened one.
///
/// # Errors
/// When the database fails.
pub async fn end_all(db: &mut AnyConnection, person: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM phone_links WHERE person_id = $1").bind(person).execute(db).await?;
    Ok(())
}

/// Notes the scan that came of a link. False: one came of it before, or there is no such link any more.
///
/// # Errors
/// When the database fails.
pub async fn done(db: &mut AnyConnection, id: &str, scan: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE phone_links SET scan_id = $2 WHERE id = $1 AND scan_id IS NULL")
        .bind(id)
        .bind(scan)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the photo behind page `page` (from 1) of a scan; the document is registered already.
///
/// # Errors
/// When the database fails.
pub async fn add_photo(
    db: &mut AnyConnection,
    scan: &str,
    page: i64,
    digest: &Digest,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO scan_photos (scan_id, page, digest) VALUES ($1, $2, $3) \
         ON CONFLICT (scan_id, page) DO NOTHING",
    )
    .bind(scan)
    .bind(page)
    .bind(digest.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// A photo behind a page of a scan, which the PDF made of it doesn't hold byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// The page of the scan, from 1.
    pub page: i64,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: i64,
    /// Its media type, by content.
    pub kind: String,
}

#[derive(FromRow)]
struct PhotoRow {
    scan_id: String,
    page: i64,
    digest: String,
    bytes: i64,
    kind: String,
}

/// The photos behind the scans of these cases, by scan, in the order of the pages.
pub(crate) async fn photos_of(db: &mut AnyConnection, cases: &[&str]) -> Result<ByCase<Photo>, StoreError> {
    if cases.is_empty() {
        return ByCase::new(std::iter::empty());
    }
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT p.scan_id, p.page, p.digest, d.bytes, d.kind FROM scans c JOIN scan_photos p ON p.scan_id = c.id \
         JOIN documents d ON d.digest = p.digest WHERE c.case_id IN ({ids}) ORDER BY p.scan_id, p.page"
    );
    let rows: Vec<PhotoRow> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|row| {
        let digest = parsed(&row.digest, "scan_photos", "digest", &row.scan_id)?;
        Ok((row.scan_id, Photo { page: row.page, digest, bytes: row.bytes, kind: row.kind }))
    }))
}
