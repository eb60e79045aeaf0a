//! 封存包: whole cases as bags (BagIt, [`crate::archive::bag`]), out of an installation and into an empty one.
//!
//! What lies in a bag, for each case under its number:
//!
//! - `data/NUMBER/case.json`: record, flow and everything else on record, as `schema/casebind-case-1.schema.json` says;
//! - `data/NUMBER/case.pdf`: the same to be read;
//! - `data/NUMBER/prints/…`, `scans/…`, `attachments/…`, `records/…`: printed revisions and originals, byte for byte;
//! - `data/NUMBER/custody.json`: the case's part of the custody chain ([`crate::custody::case`]).
//!
//! One bag a case, or one for many. Nothing in a bag opens a door: no passwords, second factors, sessions or roles, and
//! no key; accounts come back disabled. Printed codes can be read again only with the installation's key
//! (`keys/page-code.key`), which has its own way.

pub mod check;
mod custody;
pub mod export;
pub mod import;
mod readable;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::archive::ArchiveError;
use crate::archive::bag::Flaw;
use crate::case::ids::Digest;
use crate::store::StoreError;
use crate::store::bags::Rows;

use super::StepError;
use super::office::Origin;

/// What `case.json` says it is.
const FORMAT: &str = "casebind-case";
/// The version of the schema.
const VERSION: u32 = 1;
/// The schema of `case.json`, as it goes into each bag.
pub const SCHEMA: &str = include_str!("case-1.schema.json");
const SCHEMA_PATH: &str = "schema/casebind-case-1.schema.json";
const RECORD: &str = "case.json";
const READABLE: &str = "case.pdf";
const CUSTODY: &str = "custody.json";

/// A case as `case.json` holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    format: String,
    version: u32,
    number: String,
    papers: Vec<Paper>,
    tables: Rows,
}

/// A paper of the case, and its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paper {
    /// Below the folder of the case.
    path: String,
    /// The table of the row that it belongs to, and the row.
    table: String,
    id: String,
    digest: Digest,
    bytes: u64,
}

/// Whatever ended an export or an import.
#[derive(Debug, thiserror::Error)]
pub enum BagTrouble {
    /// There are no such cases.
    #[error("no case has the number {}", .0.join(", "))]
    NoCase(Vec<String>),
    /// Somebody else writes bags there.
    #[error("another export writes into {0}: wait for it, or choose another folder")]
    Busy(String),
    /// There is nothing to take in.
    #[error("{0}: there is no bag in it")]
    NoBag(String),
    /// There are cases that came in by no bag.
    #[error("the installation has cases of its own: bags are taken only into an empty one")]
    NotEmpty,
    /// A bag doesn't fit.
    #[error("{} flaws", .0.len())]
    Flaws(Vec<Flaw>),
    /// The system said no.
    #[error("{0}: {1}")]
    Folder(String, std::io::Error),
    /// An original, or a file of a bag.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A case can't be read or printed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The same of one case among many.
    #[error("case {0}: {1}")]
    Case(String, Box<Self>),
}

impl BagTrouble {
    /// Whether it is more than one bag's trouble: a full disk or a lost database ends the export.
    fn is_everybodys(&self) -> bool {
        match self {
            Self::Archive(error) => !error.is_alert(),
            Self::Store(error) => !matches!(error, StoreError::Impossible { .. }),
            Self::Case(_, trouble) => trouble.is_everybodys(),
            _ => false,
        }
    }
}

impl From<Flaw> for BagTrouble {
    fn from(flaw: Flaw) -> Self {
        Self::Flaws(vec![flaw])
    }
}

/// Where traces of the command line come from.
fn origin() -> Origin {
    Origin::new("command-line".into(), String::new())
}

/// Where the papers of which table lie.
const PLACES: [(&str, &str); 5] = [
    ("prints", "prints/revision"),
    ("scans", "scans/scan"),
    ("scan_photos", "scans/photo"),
    ("attachments", "attachments/attachment"),
    ("record_files", "records/file"),
];

/// Every paper of a case with the path that it has in a bag: numbered in the order of the rows, revisions by their own
/// number. None: the rows contradict each other.
fn papers_of(rows: &Rows) -> Option<Vec<Paper>> {
    let documents: BTreeMap<&str, &serde_json::Map<String, Value>> =
        rows.get("documents")?.iter().filter_map(|row| Some((row.get("digest")?.as_str()?, row))).collect();
    let mut papers = Vec::new();
    for (table, place) in PLACES {
        for (at, row) in (1_i64..).zip(rows.get(table)?) {
            let digest = row.get("digest")?.as_str()?;
            let document = documents.get(digest)?;
            let number = row.get("revision").and_then(Value::as_i64).unwrap_or(at);
            let id = row.get("id").or(row.get("scan_id"))?.as_str()?;
            papers.push(Paper {
                path: format!("{place}-{number:04}.{}", extension(document.get("kind")?.as_str()?)),
                table: table.to_owned(),
                id: id.to_owned(),
                digest: digest.parse().ok()?,
                bytes: u64::try_from(document.get("bytes")?.as_i64()?).ok()?,
            });
        }
    }
    Some(papers)
}

/// How the name of a file of this media type ends.
fn extension(kind: &str) -> &'static str {
    match kind {
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/heic" | "image/heif" => "heic",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::bags::{Keeps, Kind, TABLES};

    /// The published schema and the tables that are read and written say the same.
    #[test]
    fn the_schema_names_every_table_and_column() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(schema["properties"]["format"]["const"], FORMAT);
        assert_eq!(schema["properties"]["version"]["const"], VERSION);
        let tables = &schema["properties"]["tables"];
        let names =
            |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
        let required = |value: &Value| -> BTreeSet<String> {
            value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let ours: BTreeSet<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
        assert_eq!((names(&tables["properties"]), required(&tables["required"])), (ours.clone(), ours));
        for table in &TABLES {
            let row = &tables["properties"][table.name]["items"];
            let ours: BTreeSet<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
            assert_eq!(
                (names(&row["properties"]), required(&row["required"])),
                (ours.clone(), ours),
                "{}",
                table.name
            );
            if let Keeps::Shared(key) | Keeps::Around(key) = table.keeps {
                assert!(table.columns.iter().any(|column| column.name == key), "{}", table.name);
            }
            for column in table.columns {
                let told = &row["properties"][column.name];
                let kind = match column.kind {
                    Kind::Text => serde_json::json!("string"),
                    Kind::MaybeText => serde_json::json!(["string", "null"]),
                    Kind::Number => serde_json::json!("integer"),
                    Kind::MaybeNumber => serde_json::json!(["integer", "null"]),
                };
                assert_eq!(told["type"], kind, "{}.{}", table.name, column.name);
                assert!(!told["description"].as_str().unwrap().is_empty());
            }
        }
    }
}
