//! `casebind keys retire`: a generation is given up when nothing needs it and nobody can write with it any more.
//!
//! 1. Nothing sealed with it can be committed any more, by any process ([`sealed::close_older`]).
//! 2. Files that were begun with it have their names, or were given up ([`sealed::sealing_with`]).
//! 3. Only now it is counted what needs it: less can't come.
//! 4. The database forgets it, and its key may go.

use std::process::ExitCode;
use std::time::Instant;

use crate::cli::house::Trouble;
use crate::clock::World;
use crate::keyring;
use crate::store::{Store, sealed};

use super::{Installed, LOOKS, PATIENCE, close_older, files, keys_of, open_here};

/// Gives a generation up. Exit code 2: something needs it.
pub(super) async fn retire(installed: &Installed, number: u32) -> Result<ExitCode, Trouble> {
    let config = installed.config()?;
    let world = World::system();
    let store = open_here(&config, &world).await?;
    let keys = keys_of(&store)?;
    let ring = keys.all();
    if ring.get(number).is_none() {
        return Err(format!("there is no generation {number}").into());
    }
    if number == ring.newest().number() {
        return Err(format!("generation {number} is the newest: `casebind keys new` first").into());
    }
    close_older(&store, &world).await?;
    if !files_arrived(&store, number, &world).await? {
        eprintln!(
            "casebind: uploads that were begun with generation {number} are still under way: run it again when they have ended"
        );
        return Ok(ExitCode::from(2));
    }
    let named = sealed::named(&mut *store.read().await?, number).await?;
    let files = files::needing(&config, &keys, number).await?;
    if !named.is_empty() || files > 0 {
        for one in &named {
            say!("{}: {} values need generation {number}", one.place, one.rows);
        }
        if files > 0 {
            say!("{files} files need generation {number}");
        }
        eprintln!("casebind: `casebind keys rotate` encrypts them anew");
        return Ok(ExitCode::from(2));
    }
    let mut tx = store.write().await?;
    sealed::retire(&mut tx, number).await?;
    tx.commit().await?;
    store.close().await;
    if config.encryption.key.is_some() {
        say!("nothing here needs generation {number}: it can go from CASEBIND_ENCRYPTION_KEY");
        eprintln!(
            "casebind: write each that stays with its number before it, such as `{}:AGE-SECRET-KEY-1…`, because without one \
             they are numbered by their places",
            ring.newest().number()
        );
    } else {
        say!("nothing here needs generation {number}: its file {} can go", keyring::file_name(number));
    }
    eprintln!(
        "casebind: every folder of backups that was begun before needs it still, its newest generations too: originals \
         are copied there once, as they are sealed then"
    );
    Ok(ExitCode::SUCCESS)
}

/// Waits until no process is under way with a file that is sealed with a generation, or an older one. False: one still is.
async fn files_arrived(store: &Store, number: u32, world: &World) -> Result<bool, Trouble> {
    let mut told = false;
    let since = Instant::now();
    loop {
        let processes = sealed::sealing_with(&mut *store.read().await?, number, world.now()).await?;
        if processes == 0 {
            return Ok(true);
        }
        if since.elapsed() >= PATIENCE {
            return Ok(false);
        }
        if !std::mem::replace(&mut told, true) {
            eprintln!(
                "casebind: {processes} processes are still under way with files of generation {number}"
            );
        }
        tokio::time::sleep(LOOKS).await;
    }
}
