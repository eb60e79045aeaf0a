//! Who saw or tried what, when and from where. Rows are only ever added.

use sqlx::AnyConnection;

use super::StoreError;

/// One trace to keep.
#[derive(Clone, Debug, Default)]
pub struct Trace<'a> {
    /// Who; nobody before a log-in.
    pub person: Option<&'a str>,
    /// What was done, such as `view-case`.
    pub action: &'a str,
    /// Which case.
    pub case: Option<&'a str>,
    /// Which document.
    pub digest: Option<&'a str>,
    /// More, without personal data.
    pub detail: &'a str,
    /// From which network address.
    pub remote: &'a str,
    /// In which request.
    pub request: &'a str,
}

/// Keeps a trace.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, id: &str, at: i64, trace: &Trace<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO traces (id, at, person_id, action, case_id, digest, detail, remote, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(at)
    .bind(trace.person)
    .bind(trace.action)
    .bind(trace.case)
    .bind(trace.digest)
    .bind(trace.detail)
    .bind(trace.remote)
    .bind(trace.request)
    .execute(db)
    .await?;
    Ok(())
}

/// The actions traced for one case, oldest first: action, person, detail.
///
/// # Errors
/// When the database fails.
pub async fn of_case(
    db: &mut AnyConnection,
    case: &str,
) -> Result<Vec<(String, Option<String>, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT action, person_id, detail FROM traces WHERE case_id = $1 ORDER BY at, id")
        .bind(case)
        .fetch_all(db)
        .await?)
}
