//! Whether the keys belong to what is moved: asked where it lies now, before anything is written where it will lie.

use crate::archive::{ArchiveError, Originals};
use crate::cli::house::{Trouble, database_trouble};
use crate::cli::vault;
use crate::clock::World;
use crate::config::{Config, DataDir};
use crate::keyring::Keys;
use crate::store::{Store, sealed};

use super::originals;

/// The keys of an installation that is to be moved.
///
/// # Errors
/// When it has none, or they can't be read.
pub async fn of(config: &Config, data: &DataDir, store: &Store) -> Result<Keys, Trouble> {
    let keys = vault::existing_keys(config, data, store).await?;
    Ok(keys.ok_or("the installation has no keys yet: `casebind migrate` makes the first one")?)
}

/// Holds the keys against every row and every original of the installation as it is, and those that it will have against
/// the rows. A newest one that nothing was sealed with yet is made known to the database, as by whoever serves it.
///
/// # Errors
/// When a key isn't here or is another one; the message says which, and that nothing was written.
pub async fn prove(
    (from, to): (&Config, &Config),
    (data, store): (&DataDir, &Store),
    (keys, originals): (&Keys, &Originals),
    world: &World,
) -> Result<(), Trouble> {
    let with = |keys: &Keys| store.clone().with_keys(keys.clone(), world.entropy.clone());
    let source = with(keys);
    sealed::insist_opens(&source).await.map_err(database_trouble).map_err(nothing_written)?;
    originals::insist_keys(store, originals).await.map_err(with_a_way_round).map_err(nothing_written)?;
    sealed::prove(&source).await.map_err(database_trouble).map_err(nothing_written)?;
    if from.encryption != to.encryption {
        // Where they don't lie elsewhere, they go along from here.
        let theirs = of(to, data, store).await.map_err(of_the_new).map_err(nothing_written)?;
        let proved = sealed::insist_opens(&with(&theirs)).await.map_err(database_trouble);
        proved.map_err(of_the_new).map_err(nothing_written)?;
    }
    Ok(())
}

fn nothing_written(why: Trouble) -> Trouble {
    format!("{why}; nothing was written where it is to be moved").into()
}

fn of_the_new(why: Trouble) -> Trouble {
    format!("with the keys of the new configuration: {why}").into()
}

fn with_a_way_round(why: Trouble) -> Trouble {
    match why.downcast_ref::<ArchiveError>() {
        Some(locked @ ArchiveError::Locked { .. }) => format!(
            "{locked}; where that key is lost for good, put the file aside: it is told as lacking then, and everything \
             else is moved"
        )
        .into(),
        _ => why,
    }
}
