//! Schools, districts and zones.

use sqlx::{AnyConnection, FromRow};

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

/// Adds a school, or changes the one with this code.
///
/// # Errors
/// When the database fails.
pub async fn put(db: &mut AnyConnection, school: &School) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO schools (code, name, district, stage, zone_id) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (code) DO UPDATE SET name = $2, district = $3, stage = $4, zone_id = $5",
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
