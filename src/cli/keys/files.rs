//! The files of an installation under its keys: originals, and what was made of them.

use crate::archive::{Renditions, Vault, rotate};
use crate::cli::progress::Progress;
use crate::cli::shelf;
use crate::clock::World;
use crate::config::Config;
use crate::keyring::Keys;

use super::Trouble;

/// Bytes that are sealed anew in a second at most, so that whoever works beside it hardly notices.
const PACE: u64 = 32 * 1024 * 1024;

/// Encrypts with the newest generation every file that isn't, and returns how many it were.
///
/// # Errors
/// When a folder can't be read or written. What was sealed until then stays so, and the next run goes on.
pub(super) async fn rotate(config: &Config, keys: &Keys, world: &World) -> Result<u64, Trouble> {
    let vault = Vault::new(keys.clone());
    let originals = shelf::open(config, &vault, world).await?;
    let renditions = Renditions::open(&config.data_dir, &vault)?;
    let mut progress = Progress::new();
    let mut tell = |so_far: &rotate::Resealed| {
        progress.tell(|| {
            format!(
                "files: part {} of 256, {} originals and {} renditions encrypted anew",
                so_far.parts, so_far.sealed, so_far.renditions_sealed
            )
        });
        true
    };
    let done = rotate::reseal(&originals, &renditions, PACE, &mut tell).await?;
    for digest in &done.left {
        eprintln!("casebind: {digest} is left as it is, because it can't be opened: see `casebind verify`");
    }
    for digest in &done.held {
        eprintln!(
            "casebind: {digest} is left for now, because another process holds it, or did until it was killed a few \
             minutes ago: run this again later"
        );
    }
    Ok(done.sealed + done.renditions_sealed)
}

/// How many files need a generation.
///
/// # Errors
/// When a folder can't be read.
pub(super) async fn needing(config: &Config, keys: &Keys, generation: u32) -> Result<u64, Trouble> {
    let vault = Vault::new(keys.clone());
    let originals = shelf::for_check(config, &vault)?;
    let renditions = Renditions::open(&config.data_dir, &vault)?;
    let counts = rotate::count(&originals, &renditions).await?;
    Ok(counts.get(&Some(generation)).copied().unwrap_or(0))
}
