//! `casebind verify --repair`: removes orphans that are older than the grace time, and nothing else.
//!
//! A file goes only while it is held, so that no upload can come to rely on it, and after the database was asked
//! once more, while it was held, whether any row names it. It may run beside a serving process.

use crate::archive::Originals;
use crate::case::ids::Digest;
use crate::store::{Store, referred};

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
    let mut removed = 0;
    for some in orphans.chunks(referred::MOST) {
        let mut held = Vec::new();
        for digest in some {
            held.extend(originals.hold_aged(digest, now_millis).await?.map(|file| (*digest, file)));
        }
        let digests: Vec<Digest> = held.iter().map(|(digest, _)| *digest).collect();
        let named = referred::referred(&mut *store.read().await?, &digests).await?;
        for (digest, file) in held.into_iter().filter(|(digest, _)| !named.contains(digest)) {
            file.remove().await?;
            removed += 1;
            if json {
                println!("{}", serde_json::json!({ "removed": digest }));
            } else {
                println!("removed: {digest}");
            }
        }
    }
    Ok(removed)
}
