//! Originals in a bucket of a store that keeps everything three times: what holds for the folder holds there too.

mod backup;
mod closing;
mod failing;
mod keys;
mod killed;
mod moved;
mod one_place;
mod proxy;
mod removed;
mod round;
mod strict;
mod walk;

use casebind::archive::{Originals, Vault};
use casebind::clock::Clock;

use crate::support::Bucket;
use crate::support::bucket::vault;

/// Originals in a bucket, with a folder for what is arriving.
struct Shelf {
    folder: tempfile::TempDir,
    bucket: Bucket,
    vault: Vault,
    originals: Originals,
}

/// At a place of the test's own.
async fn shelf(name: &str) -> Shelf {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(name));
    let vault = vault(folder.path());
    let originals =
        Originals::open_in_bucket(folder.path(), &bucket.place, &vault, &Clock::System).await.unwrap();
    Shelf { folder, bucket, vault, originals }
}

/// The present moment.
fn now() -> i64 {
    Clock::System.now_millis()
}
