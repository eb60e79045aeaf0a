//! Which digests the database still speaks of: what may be removed from the originals is none of them.
//!
//! Everything that names an original by its digest stands in [`COLUMNS`] and [`TEXTS`], histories included: a file
//! that the flow or a trace names, but no document, was lost by the database and is nobody's orphan. A test reads
//! the schema, and every column of a full installation, for names that are missing here.

use std::collections::HashSet;

use sqlx::AnyConnection;

use crate::case::ids::Digest;

use super::StoreError;
use super::sql::Sql;

/// The columns that hold an original's digest, by table.
pub const COLUMNS: [(&str, &str); 10] = [
    ("documents", "digest"),
    ("attachments", "digest"),
    ("prints", "digest"),
    ("scans", "digest"),
    ("scan_photos", "digest"),
    ("stacks", "digest"),
    ("stack_retrievals", "digest"),
    ("record_files", "digest"),
    ("traces", "digest"),
    ("disposed_files", "digest"),
];

/// The columns whose text holds digests of originals among other things.
pub const TEXTS: [(&str, &str); 2] = [("flow", "evidence"), ("custody_waiting", "entry")];

/// Digests that are asked for at once. Histories are read through for them.
pub const MOST: usize = 50;

/// Those of `digests` (at most [`MOST`]) that any row names.
///
/// # Errors
/// When the database fails.
pub async fn referred(db: &mut AnyConnection, digests: &[Digest]) -> Result<HashSet<Digest>, StoreError> {
    let names: Vec<String> = digests.iter().map(Digest::to_string).collect();
    let mut found: HashSet<Digest> = HashSet::new();
    if names.is_empty() {
        return Ok(found);
    }
    let mut sql = Sql::default();
    let list = sql.list(names.iter().map(String::as_str));
    let parts: Vec<_> = COLUMNS
        .iter()
        .map(|(table, column)| format!("SELECT {column} FROM {table} WHERE {column} IN ({list})"))
        .collect();
    let rows: Vec<(String,)> = sql.rows(db, parts.join(" UNION ")).await?;
    let named = |text: &str| {
        digests
            .iter()
            .zip(&names)
            .filter(|(_, name)| text.contains(*name))
            .map(|(d, _)| *d)
            .collect::<Vec<_>>()
    };
    found.extend(rows.iter().flat_map(|(text,)| named(text)));
    for (table, column) in TEXTS {
        let mut sql = Sql::default();
        let hits: Vec<_> =
            names.iter().map(|name| format!("{column} LIKE {} ESCAPE '!'", sql.anywhere(name))).collect();
        let statement = format!("SELECT {column} FROM {table} WHERE {}", hits.join(" OR "));
        let rows: Vec<(String,)> = sql.rows(db, statement).await?;
        found.extend(rows.iter().flat_map(|(text,)| named(text)));
    }
    // What was disposed of and removed is named by what stays of its case, and isn't to be there again.
    let mut sql = Sql::default();
    let list = sql.list(names.iter().map(String::as_str));
    let gone = format!(
        "SELECT d.digest FROM documents d WHERE d.digest IN ({list}) AND d.disposed_at IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM disposed_files f WHERE f.digest = d.digest AND f.shared = 0 AND f.removed_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM stacks s WHERE s.digest = d.digest AND s.file_at IS NOT NULL \
         AND s.removed_at IS NULL)"
    );
    let gone: Vec<(String,)> = sql.rows(db, gone).await?;
    found.retain(|digest| !gone.iter().any(|(text,)| *text == digest.to_string()));
    Ok(found)
}
