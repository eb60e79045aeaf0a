//! Schools, districts and zones.

use sqlx::{AnyConnection, FromRow};

use crate::case::school_list::ListedSchool;
use crate::case::stage::SchoolStage;

use super::{StoreError, parsed};

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    /// Six characters of the ministry's list.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district 行政區.
    pub district: String,
    /// The stage 學制.
    pub stage: SchoolStage,
    /// The supervisors' zone.
    pub zone: Option<String>,
}

#[derive(FromRow)]
struct Row {
    code: String,
    name: String,
    district: String,
    stage: String,
    zone_id: Option<String>,
}

impl TryFrom<Row> for School {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stage = parsed(&row.stage, "schools", "stage", &row.code)?;
        Ok(Self { code: row.code, name: row.name, district: row.district, stage, zone: row.zone_id })
    }
}

/// All schools, by district and name.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &mut AnyConnection) -> Result<Vec<School>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT code, name, district, stage, zone_id FROM schools ORDER BY district, name, code",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(School::try_from).collect()
}

/// The school with this code.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, code: &str) -> Result<Option<School>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT code, name, district, stage, zone_id FROM schools WHERE code = $1")
            .bind(code)
            .fetch_optional(db)
            .await?;
    row.map(School::try_from).transpose()
}

/// The name of the school with this code; empty where there is none.
///
/// # Errors
/// When the database fails.
pub async fn name(db: &mut AnyConnection, code: Option<&str>) -> Result<String, StoreError> {
    let name: Option<String> = sqlx::query_scalar("SELECT name FROM schools WHERE code = $1")
        .bind(code.unwrap_or_default())
        .fetch_optional(db)
        .await?;
    Ok(name.unwrap_or_default())
}

/// Adds a school, or changes the one with this code. Without a zone it lies in its district's; in another than
/// its district's it is set by itself.
///
/// # Errors
/// When the database fails.
pub async fn put(db: &mut AnyConnection, school: &School) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO schools (code, name, district, stage, zone_id, own_zone) \
         SELECT $1, $2, $3, $4, COALESCE($5, d.zone_id), \
         CASE WHEN $5 IS NULL OR $5 = d.zone_id THEN 0 ELSE 1 END \
         FROM (SELECT 1 AS one) x LEFT JOIN zone_districts d ON d.district = $3 WHERE x.one = 1 \
         ON CONFLICT (code) DO UPDATE SET name = $2, district = $3, stage = $4, \
         zone_id = excluded.zone_id, own_zone = excluded.own_zone",
    )
    .bind(&school.code)
    .bind(&school.name)
    .bind(&school.district)
    .bind(school.stage.as_str())
    .bind(school.zone.as_deref())
    .execute(db)
    .await?;
    Ok(())
}

/// All schools that take new cases, by district and name.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &mut AnyConnection) -> Result<Vec<School>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT code, name, district, stage, zone_id FROM schools WHERE closed_at IS NULL \
         ORDER BY district, name, code",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(School::try_from).collect()
}

/// The school with this code, if it takes new cases.
///
/// # Errors
/// When the database fails.
pub async fn find_open(db: &mut AnyConnection, code: &str) -> Result<Option<School>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT code, name, district, stage, zone_id FROM schools WHERE code = $1 AND closed_at IS NULL",
    )
    .bind(code)
    .fetch_optional(db)
    .await?;
    row.map(School::try_from).transpose()
}

/// What is known of a school beside what cases need.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// The code.
    pub code: String,
    /// The city; empty: not known.
    pub city: String,
    /// Since when it is closed, epoch milliseconds; none: it is open.
    pub closed_at: Option<i64>,
}

/// How the school with this code stands.
///
/// # Errors
/// When the database fails.
pub async fn standing(db: &mut AnyConnection, code: &str) -> Result<Option<Standing>, StoreError> {
    Ok(sqlx::query_as("SELECT code, city, closed_at FROM schools WHERE code = $1")
        .bind(code)
        .fetch_optional(db)
        .await?)
}

/// How every school stands.
///
/// # Errors
/// When the database fails.
pub async fn standings(db: &mut AnyConnection) -> Result<Vec<Standing>, StoreError> {
    Ok(sqlx::query_as("SELECT code, city, closed_at FROM schools ORDER BY code").fetch_all(db).await?)
}

/// Writes a school as the ministry's list has it: open, and in its district's zone unless it was set by itself. The caller
/// holds the zones, so that nobody adds it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn relist(db: &mut AnyConnection, school: &ListedSchool) -> Result<(), StoreError> {
    if !set(db, school).await? {
        return add(db, school).await;
    }
    sqlx::query("UPDATE schools SET city = $2, closed_at = NULL WHERE code = $1")
        .bind(&school.code)
        .bind(&school.city)
        .execute(db)
        .await?;
    Ok(())
}

/// Adds a school, in its district's zone. A code that is there already is a unique violation.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, school: &ListedSchool) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO schools (code, name, district, stage, city, own_zone, zone_id) VALUES ($1, $2, $3, $4, $5, 0, \
         (SELECT d.zone_id FROM zone_districts d WHERE d.district = $3))",
    )
    .bind(&school.code)
    .bind(&school.name)
    .bind(&school.district)
    .bind(school.stage.as_str())
    .bind(&school.city)
    .execute(db)
    .await?;
    Ok(())
}

/// Changes name, district and stage of a school; it lies in its district's zone unless it was set by itself. False: there
/// is no such school.
///
/// # Errors
/// When the database fails.
pub async fn set(db: &mut AnyConnection, school: &ListedSchool) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE schools SET name = $2, district = $3, stage = $4, zone_id = CASE WHEN own_zone = 1 THEN zone_id \
         ELSE (SELECT d.zone_id FROM zone_districts d WHERE d.district = $3) END WHERE code = $1",
    )
    .bind(&school.code)
    .bind(&school.name)
    .bind(&school.district)
    .bind(school.stage.as_str())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes a school: nobody can be bound to it any more, and its cases stay.
///
/// # Errors
/// When the database fails.
pub async fn close(db: &mut AnyConnection, code: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE schools SET closed_at = $2 WHERE code = $1 AND closed_at IS NULL")
        .bind(code)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Adds a zone, or renames the one with this id.
///
/// # Errors
/// When the database fails.
pub async fn put_zone(db: &mut AnyConnection, id: &str, name: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO zones (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $2")
        .bind(id)
        .bind(name)
        .execute(db)
        .await?;
    Ok(())
}

/// All zones: id and name, by name.
///
/// # Errors
/// When the database fails.
pub async fn zones(db: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT id, name FROM zones ORDER BY name, id").fetch_all(db).await?)
}

/// All districts that have a school, by name.
///
/// # Errors
/// When the database fails.
pub async fn districts(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT DISTINCT district FROM schools ORDER BY district").fetch_all(db).await?)
}

/// The name of a zone.
///
/// # Errors
/// When the database fails.
pub async fn zone_name(db: &mut AnyConnection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT name FROM zones WHERE id = $1").bind(id).fetch_optional(db).await?)
}
