//! An installation that nobody may serve: while it is being moved, and after it was.

use std::fs::{File, TryLockError};
use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::cli::house::Trouble;
use crate::clock::World;
use crate::config::DataDir;
use crate::store::snapshot::{alone, has_table};
use crate::store::{Store, StoreError, Tx, leases};

/// Held while an installation is being moved.
const MOVING: &str = "migrate-store";
/// Held for good once it was moved.
const MOVED: &str = "moved";
/// Held whenever somebody serves: by the job that comes most often, a minute at most beyond a process that was killed.
const SERVING: &str = "job/custody";
/// A mark of one move, by which its database is known whatever leads to it.
const MARK: &str = "migrate-store/mark";
/// How long a lease holds beyond a process that was killed, in milliseconds.
const HELD: i64 = 60_000;
/// How often it is prolonged.
const PROLONGED: Duration = Duration::from_secs(20);
/// How long the last look may take, during which it can't be prolonged, in milliseconds.
const LAST_LOOK: i64 = 2 * 60 * 60_000;
/// How long a mark can be seen, in milliseconds.
const MARKED: i64 = 60 * 60_000;

/// An installation that is closed until this is ended.
pub struct Closed {
    store: Store,
    world: World,
    holder: String,
    mark: String,
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
        let lock = lock(data)?;
        let (holder, mark) = (holder(data), world.new_id());
        // Alone: whoever begins to serve is seen here, or sees that it is closed.
        let mut tx = alone::with_leases(store).await?;
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
        leases::end(&mut tx, MARK).await?;
        leases::hold(&mut tx, MARK, &mark, now, now + MARKED).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let prolonging = prolong(store.clone(), holder.clone(), world.clone());
        Ok(Self { store: store.clone(), world: world.clone(), holder, mark, prolonging, _lock: lock })
    }

    /// Whether another database is this one, whatever leads to it.
    ///
    /// # Errors
    /// When it fails.
    pub async fn is_also(&self, other: &Store) -> Result<bool, StoreError> {
        if !has_table(other, "leases").await? {
            return Ok(false);
        }
        let found = leases::holder(&mut *other.read().await?, MARK, self.world.now()).await?;
        Ok(found.is_some_and(|found| found == self.mark))
    }

    /// Lets it be served as before.
    pub async fn reopen(self) {
        self.prolonging.abort();
        if let Err(error) = end(&self.store, MOVING).await {
            eprintln!(
                "casebind: it stays closed for a while; `casebind migrate-store --reopen` opens it ({error})"
            );
        }
    }

    /// Ends it with a last look, beside which nobody writes: nobody serves, and `unchanged` finds everything as it was
    /// told. With `for_good` nobody may serve it any more then: what was written there would be in one of two.
    ///
    /// # Errors
    /// When somebody serves, has written, or the database fails; the message says what to do, and it can be served as
    /// before.
    pub async fn finish(
        mut self,
        for_good: bool,
        unchanged: impl Future<Output = Result<(), Trouble>>,
    ) -> Result<(), Trouble> {
        self.prolonging.abort();
        // Whatever it was about to write is written, or never will be.
        let _ = (&mut self.prolonging).await;
        let outcome = self.last_look(for_good, unchanged).await;
        if outcome.is_err() {
            self.reopen().await;
        }
        outcome
    }

    async fn last_look(
        &self,
        for_good: bool,
        unchanged: impl Future<Output = Result<(), Trouble>>,
    ) -> Result<(), Trouble> {
        hold(&self.store, &self.holder, self.world.now(), LAST_LOOK).await?;
        let mut tx = alone::with_everything(&self.store).await.map_err(|error| {
            format!(
                "somebody writes to this installation ({error}): stop every process of it, and run this again"
            )
        })?;
        let looked = match nobody_serves(&mut tx, self.world.now()).await {
            Ok(()) => unchanged.await,
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            tx.rollback().await.map_err(StoreError::from)?;
            return Err(error);
        }
        if for_good {
            leases::hold(&mut tx, MOVED, MOVED, self.world.now(), i64::MAX).await?;
        }
        leases::end(&mut tx, MOVING).await?;
        Ok(tx.commit().await.map_err(StoreError::from)?)
    }
}

async fn nobody_serves(tx: &mut Tx, now: i64) -> Result<(), Trouble> {
    match leases::holder(tx, SERVING, now).await? {
        None => Ok(()),
        Some(_) => Err("somebody has begun to serve this installation while it was moved: stop every process of it (after \
                        one was killed, wait a minute), and run this again; nothing was deleted"
            .into()),
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
            "this installation is being moved by `casebind migrate-store`: wait until that has ended; after it was killed, \
             run it again, or let this one be served with `casebind migrate-store --reopen`"
                .into(),
        );
    }
    Ok(())
}

/// Whether an installation was moved, and is served no more.
///
/// # Errors
/// When the database fails.
pub async fn was_moved(store: &Store, world: &World) -> Result<bool, StoreError> {
    Ok(leases::holder(&mut *store.read().await?, MOVED, world.now()).await?.is_some())
}

/// Lets an installation that was moved be served again, and one whose move was broken off.
///
/// # Errors
/// When somebody moves it just now, or the database fails.
pub async fn reopen(store: &Store, data: &DataDir) -> Result<(), Trouble> {
    // Held by whoever moves it.
    let _lock = lock(data)?;
    let mut tx = store.write().await?;
    leases::end(&mut tx, MOVED).await?;
    leases::give_back(&mut tx, MOVING, &holder(data)).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Whoever moves an installation: the same asked again goes on at once.
fn holder(data: &DataDir) -> String {
    data.root().display().to_string()
}

fn lock(data: &DataDir) -> Result<File, Trouble> {
    let version = data.root().join("VERSION");
    let file = File::open(&version).map_err(|error| format!("{}: {error}", version.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err("this installation is being moved by another process".into()),
        Err(TryLockError::Error(error)) => Err(format!("{}: {error}", version.display()).into()),
    }
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
            if let Err(error) = hold(&store, &holder, world.now(), HELD).await {
                eprintln!("casebind: whether nobody else serves can't be told just now ({error})");
            }
        }
    })
}

async fn hold(store: &Store, holder: &str, now: i64, millis: i64) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    leases::hold(&mut tx, MOVING, holder, now, now + millis).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::cli::house::open_store;
    use crate::config::Config;

    async fn installation(root: &Path) -> (DataDir, Store, World) {
        let world = World::system();
        let (data, store) = open_store(&Config::demo(root), &world).await.unwrap();
        (data, store, world)
    }

    #[tokio::test]
    async fn whoever_writes_waits_until_the_last_look_is_over() {
        let root = tempfile::tempdir().unwrap();
        let (data, store, world) = installation(root.path()).await;
        let closed = Closed::begin(&store, &data, &world).await.unwrap();
        assert!(Closed::begin(&store, &data, &world).await.is_err(), "one alone moves it");
        let (other, now) = (store.clone(), world.now());
        let writer = async move {
            let mut tx = other.write().await.unwrap();
            leases::holder(&mut tx, MOVED, now).await.unwrap()
        };
        let mut writing = None;
        let looked = async {
            let mut begun = tokio::spawn(writer);
            let early = tokio::time::timeout(Duration::from_millis(100), &mut begun).await;
            assert!(early.is_err(), "it would be lost: {early:?}");
            writing = Some(begun);
            Ok(())
        };
        closed.finish(true, looked).await.unwrap();
        assert!(writing.unwrap().await.unwrap().is_some(), "it comes after the end, and could know");
        assert!(was_moved(&store, &world).await.unwrap());
        assert!(refuse_closed(&store, &world).await.is_err());
        assert!(Closed::begin(&store, &data, &world).await.is_err());
        reopen(&store, &data).await.unwrap();
        refuse_closed(&store, &world).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_served_or_changed_meanwhile_is_not_moved() {
        let root = tempfile::tempdir().unwrap();
        let (data, store, world) = installation(root.path()).await;
        for (serves, said) in [(true, "begun to serve"), (false, "it has changed")] {
            let closed = Closed::begin(&store, &data, &world).await.unwrap();
            if serves {
                let mut tx = store.write().await.unwrap();
                leases::hold(&mut tx, SERVING, "another", world.now(), i64::MAX).await.unwrap();
                tx.commit().await.unwrap();
            }
            let error = closed.finish(true, async { Err("it has changed".into()) }).await.unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
            assert!(!was_moved(&store, &world).await.unwrap());
            refuse_closed(&store, &world).await.unwrap();
            end(&store, SERVING).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_database_is_known_by_whatever_leads_to_it() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (data, store, world) = installation(root.path()).await;
        let closed = Closed::begin(&store, &data, &world).await.unwrap();
        let link = elsewhere.path().join("link");
        symlink(root.path(), &link).unwrap();
        let at = async |folder: &Path| {
            let url = format!("sqlite://{}?mode=rwc", folder.join(DataDir::DATABASE).display());
            Store::connect(&url).await.unwrap()
        };
        assert!(closed.is_also(&at(&link).await).await.unwrap());
        assert!(!closed.is_also(&at(elsewhere.path()).await).await.unwrap(), "it is empty");
        let (_, other, _) = installation(&elsewhere.path().join("other")).await;
        assert!(!closed.is_also(&other).await.unwrap(), "another installation");
        closed.reopen().await;
    }
}
