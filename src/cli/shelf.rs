//! Opens the originals of an installation where its configuration says that they lie.

use std::path::Path;

use crate::archive::{BucketPlace, Originals, Vault};
use crate::clock::World;
use crate::config::Config;

use super::house::Trouble;

/// The originals, to be read and stored.
///
/// # Errors
/// When the folder or the bucket can't be used; the message says which.
pub async fn open(config: &Config, vault: &Vault, world: &World) -> Result<Originals, Trouble> {
    open_at(config, &config.data_dir, vault, world).await
}

/// The same of an installation whose data directory isn't finished yet.
///
/// # Errors
/// As [`open`].
pub async fn open_at(
    config: &Config,
    root: &Path,
    vault: &Vault,
    world: &World,
) -> Result<Originals, Trouble> {
    Ok(match bucket(config)? {
        Some(place) => Originals::open_in_bucket(root, &place, vault, &world.clock).await?,
        None => Originals::open(root, vault, &world.clock)?,
    })
}

/// The originals for checks: nothing is made or tried.
///
/// # Errors
/// When the keys to the bucket can't be read.
pub fn for_check(config: &Config, vault: &Vault) -> Result<Originals, Trouble> {
    Ok(match bucket(config)? {
        Some(place) => Originals::for_check_in_bucket(&config.data_dir, &place, vault)?,
        None => Originals::for_check(&config.data_dir, vault),
    })
}

/// The bucket that is configured, with its keys.
fn bucket(config: &Config) -> Result<Option<BucketPlace>, Trouble> {
    let Some(bucket) = &config.originals else { return Ok(None) };
    let (access_key_id, secret_access_key) = bucket.keys.read()?;
    Ok(Some(BucketPlace {
        bucket: bucket.name.clone(),
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        prefix: bucket.prefix.clone(),
        path_style: bucket.path_style,
        timeout: bucket.timeout,
        access_key_id,
        secret_access_key,
    }))
}
