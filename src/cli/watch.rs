//! Says in the database, for as long as the process may store files, which keys it seals them with.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::clock::World;
use crate::store::{Store, sealed};

use super::house::{Trouble, database_trouble};

/// How often it is looked whether there is something to say: so long a new generation waits at most.
const LOOKS: Duration = Duration::from_secs(1);

/// Says it now, and goes on until the store is closed.
///
/// # Errors
/// When the database fails, or the key that everybody seals with isn't here.
pub async fn keys(store: &Store, world: &World) -> Result<(), Trouble> {
    let id = world.new_id();
    let Some(mut said) = sealed::say(store, &id, world.now()).await.map_err(database_trouble)? else {
        return Ok(());
    };
    let (store, world) = (store.clone(), world.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(LOOKS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failed = false;
        loop {
            ticks.tick().await;
            if store.is_closed() {
                return;
            }
            if !sealed::is_due(&store, &said) {
                continue;
            }
            match sealed::say(&store, &id, world.now()).await {
                Ok(again) => {
                    said = again.unwrap_or(said);
                    failed = false;
                }
                Err(_) if store.is_closed() => return,
                // Once: the database may be gone for long, and others say that too.
                Err(error) if !failed => {
                    tracing::warn!(%error, "which keys files are sealed with can't be said in the database just now; they wait, and none is stored if it lasts");
                    failed = true;
                }
                Err(_) => {}
            }
        }
    });
    Ok(())
}
