//! `casebind verify --repair`: removes orphans that are older than the grace time, counts the cases anew where the kept
//! counts were wrong, and nothing else. What is mended stands on no page any more.
//!
//! A file goes only while it is held, so that no upload can come to rely on it, and after the database was asked
//! once more, while it was held, whether any row names it. It may run beside a serving process.

use crate::archive::Originals;
use crate::archive::verify::Finding;
use crate::case::ids::Digest;
use crate::steps::fixity::check;
use crate::store::{Store, counted, referred};

use super::house::Trouble;

/// Removes those of `orphans`, as a check has found them, that still are. Returns how many went.
///
/// # Errors
/// When the database or the folder fails; what went until then is told already.
pub(super) async fn remove(
    store: &Store,
    originals: &Originals,
    orphans: &[Digest],
    now_millis: i64,
    json: bool,
) -> Result<u64, Trouble> {
    let mut removed = Vec::new();
    for some in orphans.chunks(referred::MOST) {
        let mut held = Vec::new();
        for digest in some {
            held.extend(originals.hold_aged(digest, now_millis).await?.map(|file| (*digest, file)));
        }
        let digests: Vec<Digest> = held.iter().map(|(digest, _)| *digest).collect();
        let named = referred::referred(&mut *store.read().await?, &digests).await?;
        for (digest, file) in held {
            if named.contains(&digest) {
                file.let_go().await?;
                continue;
            }
            file.remove().await?;
            removed.push(Finding::orphan_id(&digest));
            if json {
                say!("{}", serde_json::json!({ "removed": digest }));
            } else {
                say!("removed: {digest}");
            }
        }
        check::mended(store, &removed, now_millis).await?;
    }
    Ok(removed.len() as u64)
}

/// Counts the cases anew.
///
/// # Errors
/// When the database fails.
pub(super) async fn recount(store: &Store, now_millis: i64, json: bool) -> Result<(), Trouble> {
    let mut tx = store.write().await?;
    counted::recount(&mut tx, store.backend()).await?;
    tx.commit().await?;
    check::mended(store, &[check::MISCOUNTED.to_owned()], now_millis).await?;
    if json {
        say!("{}", serde_json::json!({ "recounted": "cases" }));
    } else {
        say!("recounted: cases");
    }
    Ok(())
}
