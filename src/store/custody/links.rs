//! Links, nodes of their tree, and checkpoints: to be read, and kept.

use std::ops::Range;

use sqlx::FromRow;

use crate::case::ids::Digest;
use crate::custody::entry::Of;
use crate::custody::link::Link;
use crate::custody::tree::{self, Node};
use crate::store::{Db, StoreError, parsed, sealed};

use super::append::TILE;
use super::{count, number};

/// A link as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub seq: u64,
    /// Of which table its row is.
    pub of: Of,
    /// The row.
    pub row: String,
    /// When that happened, epoch milliseconds.
    pub at: i64,
    /// The case.
    pub case: Option<String>,
    /// When it was appended.
    pub appended: i64,
    /// The entry.
    pub entry: String,
    /// The salt of the words that the entry hides; none: they were erased.
    pub salt: Option<String>,
    /// The hash that it claims.
    pub hash: Digest,
}

impl Kept {
    /// The link itself, behind the one with this hash.
    #[must_use]
    pub fn after(&self, previous: Option<Digest>) -> Link {
        Link { seq: self.seq, previous, appended: self.appended, entry: self.entry.clone() }
    }
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    kind: String,
    row_id: String,
    at: i64,
    case_id: Option<String>,
    appended: i64,
    entry: String,
    salt: Option<String>,
    hash: String,
}

impl Row {
    fn opened(self, sealer: &sealed::Sealer) -> Result<Kept, StoreError> {
        let row = self;
        let name = row.seq.to_string();
        let bound_to = format!("{}/{}", row.row_id, row.kind);
        // A salt that was changed hides other words than the entry does: that is found when they are compared.
        let open = |salt| sealer.open_or_keep(&sealed::LINK_SALT, &bound_to, salt);
        Ok(Kept {
            salt: row.salt.map(open).transpose()?,
            seq: count(row.seq),
            of: parsed(&row.kind, "custody_links", "kind", &name)?,
            hash: parsed(&row.hash, "custody_links", "hash", &name)?,
            row: row.row_id,
            at: row.at,
            case: row.case_id,
            appended: row.appended,
            entry: row.entry,
        })
    }
}

/// The links from number `from` on, `most` at most, in their order.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut Db, from: u64, most: i64) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, kind, row_id, at, case_id, appended, entry, salt, hash FROM custody_links WHERE seq >= $1 \
         ORDER BY seq LIMIT $2",
    )
    .bind(number(from))
    .bind(most)
    .fetch_all(&mut **db)
    .await?;
    let sealer = db.sealer();
    rows.into_iter().map(|row| row.opened(&sealer)).collect()
}

/// The links of a case, in their order.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn links_of(db: &mut Db, case: &str) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, kind, row_id, at, case_id, appended, entry, salt, hash FROM custody_links WHERE case_id = $1 \
         ORDER BY seq",
    )
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    let sealer = db.sealer();
    rows.into_iter().map(|row| row.opened(&sealer)).collect()
}

/// The link with this number, with its predecessor's hash in it.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn one(db: &mut Db, seq: u64) -> Result<Option<Link>, StoreError> {
    let before = match seq.checked_sub(1) {
        Some(before) => hashes(db, 0, before, 1).await?.pop(),
        None => None,
    };
    let kept = page(db, seq, 1).await?.pop().filter(|kept| kept.seq == seq);
    Ok(kept.map(|kept| kept.after(before)))
}

/// How many links there are.
///
/// # Errors
/// When the database fails.
pub async fn links(db: &mut Db) -> Result<u64, StoreError> {
    let size: i64 =
        sqlx::query_scalar("SELECT size FROM custody_head WHERE id = 1").fetch_one(&mut **db).await?;
    Ok(count(size))
}

/// The links of a case's events: the event's number within the case, and the link's.
///
/// # Errors
/// When the database fails.
pub async fn events(db: &mut Db, case: &str) -> Result<Vec<(i64, u64)>, StoreError> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT f.seq, l.seq FROM flow f JOIN custody_links l ON l.row_id = f.id AND l.kind = 'flow' \
         WHERE f.case_id = $1",
    )
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    Ok(rows.into_iter().map(|(event, link)| (event, count(link))).collect())
}

/// Hashes of `most` neighbours from `first` on: of links (level 0), or of kept nodes.
pub(super) async fn hashes(
    db: &mut Db,
    level: u32,
    first: u64,
    most: u64,
) -> Result<Vec<Digest>, StoreError> {
    let (from, until) = (number(first), number(first + most));
    let texts: Vec<String> = if level == 0 {
        sqlx::query_scalar("SELECT hash FROM custody_links WHERE seq >= $1 AND seq < $2 ORDER BY seq")
            .bind(from)
            .bind(until)
            .fetch_all(&mut **db)
            .await?
    } else {
        sqlx::query_scalar(
            "SELECT hash FROM custody_tiles WHERE idx >= $1 AND idx < $2 AND level = $3 ORDER BY idx",
        )
        .bind(from)
        .bind(until)
        .bind(i64::from(level))
        .fetch_all(&mut **db)
        .await?
    };
    let name = format!("{level}/{first}");
    texts.iter().map(|text| parsed(text, "custody_tiles", "hash", &name)).collect()
}

/// Keeps a node that became complete.
pub(super) async fn tile(db: &mut Db, level: u32, index: u64, below: Vec<Digest>) -> Result<(), StoreError> {
    let hash = whole(below, TILE, &format!("{level}/{index}"))?;
    sqlx::query("INSERT INTO custody_tiles (level, idx, hash) VALUES ($1, $2, $3)")
        .bind(i64::from(level))
        .bind(number(index))
        .bind(hash.to_string())
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// The hash above `count` hashes, if all of them are there.
fn whole(below: Vec<Digest>, count: u64, name: &str) -> Result<Digest, StoreError> {
    let complete = below.len() as u64 == count;
    tree::fold(below).filter(|_| complete).ok_or_else(|| StoreError::Impossible {
        table: "custody_links",
        column: "hash",
        row: name.to_owned(),
        why: "links of the chain are missing: see `casebind custody verify`".into(),
    })
}

/// The hash of a complete node.
///
/// # Errors
/// When the database fails, or links are missing.
pub async fn node(db: &mut Db, node: Node) -> Result<Digest, StoreError> {
    let (level, height) = (node.level / TILE.ilog2(), node.level % TILE.ilog2());
    let below = hashes(db, level, node.index << height, 1 << height).await?;
    whole(below, 1 << height, &format!("{}/{}", node.level, node.index))
}

/// The hash above a range of links: see [`tree::nodes`].
///
/// # Errors
/// When the database fails, or links are missing.
pub async fn range(db: &mut Db, links: Range<u64>) -> Result<Digest, StoreError> {
    let mut hashes = Vec::new();
    for part in tree::nodes(links) {
        hashes.push(node(db, part).await?);
    }
    Ok(tree::join(&hashes))
}

/// A checkpoint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// How many links it covers.
    pub size: u64,
    /// When it was signed, epoch milliseconds.
    pub at: i64,
    /// The signed note.
    pub note: String,
}

impl From<(i64, i64, String)> for Signed {
    fn from((size, at, note): (i64, i64, String)) -> Self {
        Self { size: count(size), at, note }
    }
}

/// Keeps a checkpoint; one of the same size stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn add_checkpoint(db: &mut Db, signed: &Signed) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO custody_checkpoints (size, at, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING",
    )
    .bind(number(signed.size))
    .bind(signed.at)
    .bind(&signed.note)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// The newest checkpoint.
///
/// # Errors
/// When the database fails.
pub async fn newest_checkpoint(db: &mut Db) -> Result<Option<Signed>, StoreError> {
    let row: Option<(i64, i64, String)> =
        sqlx::query_as("SELECT size, at, note FROM custody_checkpoints ORDER BY size DESC LIMIT 1")
            .fetch_optional(&mut **db)
            .await?;
    Ok(row.map(Signed::from))
}

/// All checkpoints, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn checkpoints(db: &mut Db) -> Result<Vec<Signed>, StoreError> {
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT size, at, note FROM custody_checkpoints ORDER BY size")
            .fetch_all(&mut **db)
            .await?;
    Ok(rows.into_iter().map(Signed::from).collect())
}
