//! 分區 as data: zones, the districts that lie in them, and the schools that were set by themselves.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Zone {
    /// The identifier.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// How many schools lie in it.
    pub schools: i64,
}

/// A district with the zone that it lies in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct District {
    /// The name.
    pub name: String,
    /// The zone's identifier; none: nobody's.
    pub zone: Option<String>,
    /// How many schools lie in it.
    pub schools: i64,
    /// How many of these were set by themselves.
    pub apart: i64,
}

/// A school with the zone that it lies in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PlacedSchool {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district.
    pub district: String,
    /// The zone's identifier.
    pub zone: Option<String>,
    /// 1: set by itself; 0: follows its district.
    pub own: i64,
}

/// All zones, in the order of their identifiers.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &mut AnyConnection) -> Result<Vec<Zone>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT z.id, z.name, (SELECT COUNT(*) FROM schools s WHERE s.zone_id = z.id) AS schools \
         FROM zones z ORDER BY z.id",
    )
    .fetch_all(db)
    .await?)
}

/// Who supervises which zone: the zone's identifier and the name of an active supervisor.
///
/// # Errors
/// When the database fails.
pub async fn supervisors(db: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT p.zone_id, p.name FROM people p JOIN roles r ON r.person_id = p.id AND r.role = 'supervisor' \
         WHERE p.zone_id IS NOT NULL AND p.status = 'active' ORDER BY p.zone_id, p.name, p.id",
    )
    .fetch_all(db)
    .await?)
}

/// All districts that have schools or lie in a zone, by name.
///
/// # Errors
/// When the database fails.
pub async fn districts(db: &mut AnyConnection) -> Result<Vec<District>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT d.district AS name, z.zone_id AS zone, COUNT(s.code) AS schools, \
         COALESCE(CAST(SUM(s.own_zone) AS BIGINT), 0) AS apart \
         FROM (SELECT district FROM schools UNION SELECT district FROM zone_districts) d \
         LEFT JOIN zone_districts z ON z.district = d.district LEFT JOIN schools s ON s.district = d.district \
         GROUP BY d.district, z.zone_id ORDER BY d.district",
    )
    .fetch_all(db)
    .await?)
}

/// The zone of a district; none: nobody's, or no such district.
///
/// # Errors
/// When the database fails.
pub async fn of_district(db: &mut AnyConnection, district: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT zone_id FROM zone_districts WHERE district = $1")
        .bind(district)
        .fetch_optional(db)
        .await?)
}

/// Puts a district into a zone, or into none; its schools follow, but for those that were set by themselves.
///
/// # Errors
/// When the database fails.
pub async fn move_district(
    db: &mut AnyConnection,
    district: &str,
    zone: Option<&str>,
) -> Result<(), StoreError> {
    match zone {
        Some(zone) => {
            sqlx::query(
                "INSERT INTO zone_districts (district, zone_id) VALUES ($1, $2) \
                 ON CONFLICT (district) DO UPDATE SET zone_id = $2",
            )
            .bind(district)
            .bind(zone)
            .execute(&mut *db)
            .await?;
        }
        None => {
            sqlx::query("DELETE FROM zone_districts WHERE district = $1")
                .bind(district)
                .execute(&mut *db)
                .await?;
        }
    }
    sqlx::query("UPDATE schools SET zone_id = $2 WHERE district = $1 AND own_zone = 0")
        .bind(district)
        .bind(zone)
        .execute(db)
        .await?;
    Ok(())
}

/// Schools that were set by themselves, or whose name or code holds `keyword` where there is one; by district
/// and name, `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn schools(
    db: &mut AnyConnection,
    keyword: &str,
    most: i64,
) -> Result<Vec<PlacedSchool>, StoreError> {
    let pattern = keyword.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    Ok(sqlx::query_as(
        "SELECT code, name, district, zone_id AS zone, own_zone AS own FROM schools \
         WHERE ($1 = '' AND own_zone = 1) \
         OR ($1 <> '' AND (name LIKE $2 ESCAPE '!' OR code LIKE $2 ESCAPE '!' OR district LIKE $2 ESCAPE '!')) \
         ORDER BY district, name, code LIMIT $3",
    )
    .bind(keyword)
    .bind(format!("%{pattern}%"))
    .bind(most)
    .fetch_all(db)
    .await?)
}

/// The school with this code.
///
/// # Errors
/// When the database fails.
pub async fn school(db: &mut AnyConnection, code: &str) -> Result<Option<PlacedSchool>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT code, name, district, zone_id AS zone, own_zone AS own FROM schools WHERE code = $1",
    )
    .bind(code)
    .fetch_optional(db)
    .await?)
}

/// Sets a school into a zone by itself; without one it follows its district again.
///
/// # Errors
/// When the database fails.
pub async fn set_school(db: &mut AnyConnection, code: &str, zone: Option<&str>) -> Result<(), StoreError> {
    match zone {
        Some(zone) => {
            sqlx::query("UPDATE schools SET zone_id = $2, own_zone = 1 WHERE code = $1")
                .bind(code)
                .bind(zone)
                .execute(db)
                .await?;
        }
        None => {
            sqlx::query(
                "UPDATE schools SET own_zone = 0, zone_id = \
                 (SELECT d.zone_id FROM zone_districts d WHERE d.district = schools.district) WHERE code = $1",
            )
            .bind(code)
            .execute(db)
            .await?;
        }
    }
    Ok(())
}

/// What lies in a zone: districts, schools, and people of whatever status.
///
/// # Errors
/// When the database fails.
pub async fn held(db: &mut AnyConnection, id: &str) -> Result<(i64, i64, i64), StoreError> {
    Ok(sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM zone_districts d WHERE d.zone_id = $1) AS districts, \
         (SELECT COUNT(*) FROM schools s WHERE s.zone_id = $1) AS schools, \
         (SELECT COUNT(*) FROM people p WHERE p.zone_id = $1) AS members",
    )
    .bind(id)
    .fetch_one(db)
    .await?)
}

/// Removes a zone in which nothing lies.
///
/// # Errors
/// When the database fails, or something lies in it (a foreign key).
pub async fn remove(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM zones WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Makes the zones with their names and those of their schools' districts wait until the transaction ends.
/// SQLite has one writer anyway; on PostgreSQL the rows are locked by writing them.
///
/// # Errors
/// When the database fails.
pub async fn lock(db: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE zones SET name = name").execute(db).await?;
    Ok(())
}
