//! An installation that nobody may serve: while it is being moved, and after it was.

use std::fs::{File, TryLockError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::cli::house::Trouble;
use crate::clock::World;
use crate::config::DataDir;
use crate::store::{Store, StoreError, leases};

/// Held while an installation is being moved.
const MOVING: &str = "migrate-store";
/// Held for good once it was moved.
const MOVED: &str = "moved";
/// Held whenever somebody serves: by the job that comes most often, a minute at most beyond a process that was killed.
const SERVING: &str = "job/custody";
/// How long a lease holds beyond a process that was killed, in milliseconds.
const HELD: i64 = 60_000;
/// How often it is prolonged.
const PROLONGED: Duration = Duration::from_secs(20);

/// An installation that is closed until this is ended.
pub struct Closed {
    store: Store,
    world: World,
    prolonging: JoinHandle<()>,
    /// Goes with the process, however that ends.
    _lock: File,
}

impl Closed {
    /// Closes it, unless somebody serves or moves it.
    ///
    /// # Errors
    /// When somebody does; the message says what to do.
    pub async fn begin(store: &Store, data: &DataDir, world: &World) -> Result<Self, Trouble> {
        let version = data.root().join("VERSION");
        let lock = File::open(&version).map_err(|error| format!("{}: {error}", version.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err("this installation is being moved by another process".into());
            }
            Err(TryLockError::Error(error)) => return Err(format!("{}: {error}", version.display()).into()),
        }
        let holder = data.root().display().to_string();
        let mut tx = store.write().await?;
        let now = world.now();
        let ours = leases::hold(&mut tx, MOVING, &holder, now, now + HELD).await?;
        let serving = leases::holder(&mut tx, SERVING, now).await?;
        let moved = leases::holder(&mut tx, MOVED, now).await?;
        if !ours {
            return Err(
                "this installation is being moved by another process, or was until a minute ago".into()
            );
        }
        if moved.is_some() {
            return Err(words_of_moved().into());
        }
        if serving.is_some() {
            return Err("somebody serves this installation: stop every process of it; after one was killed, wait a minute"
                .into());
        }
        tx.commit().await.map_err(StoreError::from)?;
        let prolonging = prolong(store.clone(), holder, world.clone());
        Ok(Self { store: store.clone(), world: world.clone(), prolonging, _lock: lock })
    }

    /// Lets it be served as before.
    pub async fn reopen(self) {
        self.prolonging.abort();
        if let Err(error) = end(&self.store, MOVING).await {
            eprintln!("casebind: it stays closed for a minute ({error})");
        }
    }

    /// Lets nobody serve it any more: what was written there would be in one of two.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn for_good(self) -> Result<(), StoreError> {
        self.prolonging.abort();
        let mut tx = self.store.write().await?;
        leases::hold(&mut tx, MOVED, MOVED, self.world.now(), i64::MAX).await?;
        leases::end(&mut tx, MOVING).await?;
        Ok(tx.commit().await?)
    }
}

/// Refuses an installation that is being moved, or was.
///
/// # Errors
/// When it is; the message says what to do.
pub async fn refuse_closed(store: &Store, world: &World) -> Result<(), Trouble> {
    let (mut db, now) = (store.read().await?, world.now());
    if leases::holder(&mut db, MOVED, now).await?.is_some() {
        return Err(words_of_moved().into());
    }
    if leases::holder(&mut db, MOVING, now).await?.is_some() {
        return Err(
            "this installation is being moved by `casebind migrate-store`: wait until that has ended".into(),
        );
    }
    Ok(())
}

/// Lets an installation that was moved be served again.
///
/// # Errors
/// When the database fails.
pub async fn reopen(store: &Store) -> Result<(), StoreError> {
    end(store, MOVED).await
}

async fn end(store: &Store, lease: &str) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    leases::end(&mut tx, lease).await?;
    Ok(tx.commit().await?)
}

fn words_of_moved() -> &'static str {
    "this installation was moved to another database: use the new configuration; `casebind migrate-store --reopen` \
     lets this one be served again, without what was written since"
}

fn prolong(store: Store, holder: String, world: World) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PROLONGED).await;
            if let Err(error) = once(&store, &holder, world.now()).await {
                eprintln!("casebind: whether nobody else serves can't be told just now ({error})");
            }
        }
    })
}

async fn once(store: &Store, holder: &str, now: i64) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    leases::hold(&mut tx, MOVING, holder, now, now + HELD).await?;
    Ok(tx.commit().await?)
}
