//! Which generations the database knows, and which may still be written with.
//!
//! A generation is made known by whoever seals with it first, inside the transaction that writes what was sealed, with a
//! proof that its key alone opens. The floor is the oldest generation that may still be written with. Whoever commits
//! something sealed looks at it under a lock that all who commit share, and whoever raises it has the lock alone: after
//! that nothing of an older generation comes any more, whichever process was under way, and what is there can be sealed
//! anew or counted. On SQLite one transaction writes at a time, and no lock is needed.

use std::time::Duration;

use crate::keyring::{Generation, Keys};
use crate::store::{Backend, Db, Store, StoreError, Tx};

use super::{PROOF, Place};

/// PostgreSQL's answer when a lock isn't to be had in time.
const NOT_TO_BE_HAD: &str = "55P03";
/// How often it is tried.
const TRIES: u32 = 120;
/// How long others have the lock in between.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the floor stands, as errors name it.
const FLOOR: Place = Place { table: "sealing", column: "floor", key: &[], added_only: false };

/// Shares the lock with all who write what is sealed, or is found by words, until the transaction's end.
pub(in crate::store) async fn share(db: &mut Db) -> Result<(), StoreError> {
    lock(db, "SELECT pg_advisory_xact_lock_shared(4738202, hashtext(CAST(current_schema() AS text)))").await
}

/// Has the lock alone until the transaction's end: whoever shared it has ended.
pub(in crate::store) async fn alone(db: &mut Db) -> Result<(), StoreError> {
    lock(db, "SELECT pg_advisory_xact_lock(4738202, hashtext(CAST(current_schema() AS text)))").await
}

/// A transaction that has the lock alone from its beginning. It steps back again and again for those who share it, so
/// that nobody who writes waits for long behind somebody who takes long.
pub(in crate::store) async fn begin_alone(store: &Store) -> Result<Tx, StoreError> {
    if store.backend() == Backend::Sqlite {
        return store.write().await;
    }
    let mut tries = 0;
    loop {
        let mut tx = store.write().await?;
        sqlx::query("SET LOCAL lock_timeout = '1s'").execute(&mut **tx).await?;
        match alone(&mut tx).await {
            Err(StoreError::Database(sqlx::Error::Database(error)))
                if error.code().as_deref() == Some(NOT_TO_BE_HAD) && tries < TRIES =>
            {
                tries += 1;
                tx.rollback().await?;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
            Ok(()) => {
                sqlx::query("SET LOCAL lock_timeout TO DEFAULT").execute(&mut **tx).await?;
                return Ok(tx);
            }
        }
    }
}

async fn lock(db: &mut Db, statement: &'static str) -> Result<(), StoreError> {
    if db.backend_name() != "SQLite" {
        sqlx::query(statement).execute(&mut **db).await?;
    }
    Ok(())
}

/// The oldest generation that may still be written with.
pub(super) async fn floor(db: &mut Db) -> Result<i64, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT floor FROM sealing WHERE id = 1").fetch_optional(&mut **db).await?;
    Ok(found.unwrap_or(0))
}

/// Insists, in a transaction that is about to be committed, that what was sealed in it may be written, and makes known
/// what sealed it.
///
/// # Errors
/// [`StoreError::Rekeyed`] when a newer generation has taken over since it was sealed; when the database knows another
/// key of the same number.
pub(in crate::store) async fn insist(db: &mut Db) -> Result<(), StoreError> {
    let sealer = db.sealer();
    let used = sealer.used();
    let Some(oldest) = used.first().map(Generation::number) else { return Ok(()) };
    share(db).await?;
    if i64::from(oldest) < floor(db).await? {
        return Err(StoreError::Rekeyed { generation: oldest });
    }
    for generation in used.iter().filter(|generation| !sealer.is_proved(generation)) {
        match proof_of(db, generation.number()).await? {
            Some(proof) => {
                sealer.open_as(generation, &PROOF, &generation.number().to_string(), &proof)?;
                sealer.proved(generation);
            }
            None => register(db, generation).await?,
        }
    }
    Ok(())
}

async fn proof_of(db: &mut Db, number: u32) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT proof FROM key_generations WHERE number = $1")
        .bind(i64::from(number))
        .fetch_optional(&mut **db)
        .await?)
}

/// Makes a generation known, unless another process was faster: then that one's key must be the same.
async fn register(db: &mut Db, generation: &Generation) -> Result<(), StoreError> {
    let (sealer, number) = (db.sealer(), generation.number());
    let proof = sealer.seal_as(generation, &PROOF, &number.to_string(), "casebind")?;
    sqlx::query(
        "INSERT INTO key_generations (number, proof) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING",
    )
    .bind(i64::from(number))
    .bind(proof)
    .execute(&mut **db)
    .await?;
    let stands = proof_of(db, number).await?.unwrap_or_default();
    sealer.open_as(generation, &PROOF, &number.to_string(), &stands).map(|_| ())
}

/// The numbers of the generations that the database was sealed with, in order.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &mut Db) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT number FROM key_generations ORDER BY number").fetch_all(&mut **db).await?)
}

/// Holds the keys against the database: each generation that it knows must be here, and be the same key. The newest is
/// made known to it. Returns its number; none without keys.
///
/// # Errors
/// When a key isn't here or is another one; the error names its generation.
pub async fn prove(store: &Store) -> Result<Option<u32>, StoreError> {
    prove_until(store, i64::MAX).await
}

/// The same by a process that serves already: generations that are newer than its own may be known to others alone, as long
/// as [`insist_newest`] lets it write.
pub(super) async fn prove_own(store: &Store) -> Result<Option<u32>, StoreError> {
    let Some(keys) = store.sealer().keys().cloned() else { return Ok(None) };
    let newest = keys.all().newest().number();
    prove_until(store, i64::from(newest)).await
}

async fn prove_until(store: &Store, last: i64) -> Result<Option<u32>, StoreError> {
    let Some(keys) = store.sealer().keys() else { return Ok(None) };
    let known = proved(store, keys, last).await?;
    let newest = keys.all().newest().clone();
    if !known.contains(&i64::from(newest.number())) {
        let mut tx = store.write().await?;
        register(&mut tx, &newest).await?;
        tx.commit().await?;
    }
    Ok(Some(newest.number()))
}

/// Holds the keys against each generation that the database knows, up to a number, and writes nothing. Returns their numbers.
pub(super) async fn proved(store: &Store, keys: &Keys, last: i64) -> Result<Vec<i64>, StoreError> {
    let sealer = store.sealer();
    let known: Vec<(i64, String)> =
        sqlx::query_as("SELECT number, proof FROM key_generations WHERE number <= $1 ORDER BY number")
            .bind(last)
            .fetch_all(&mut **store.read().await?)
            .await?;
    for (number, proof) in &known {
        let row = number.to_string();
        if let Err(error) = sealer.open(&PROOF, &row, proof.clone()) {
            let all = keys.all();
            let renamed = all.all().iter().find(|one| sealer.open_as(one, &PROOF, &row, proof).is_ok());
            return Err(renamed.map_or(error, |one| {
                let why = format!(
                    "its key is here with the number {}: the file is archive-{number}.key, and in \
                     CASEBIND_ENCRYPTION_KEY `{number}:` stands before it",
                    one.number()
                );
                PROOF.impossible(&row, &why)
            }));
        }
    }
    Ok(known.into_iter().map(|(number, _)| number).collect())
}

/// Lets nothing be written any more that an older generation than the newest sealed, once every living process seals
/// with that one. Returns its number; none without keys.
///
/// # Errors
/// [`StoreError::Lagging`] while a process seals with an older one; when the database fails.
pub async fn close_older(store: &Store, now: i64) -> Result<Option<u32>, StoreError> {
    let Some(newest) = prove(store).await? else { return Ok(None) };
    let mut tx = begin_alone(store).await?;
    let lagging: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sealers WHERE newest < $1 AND until > $2")
        .bind(i64::from(newest))
        .bind(now)
        .fetch_one(&mut **tx)
        .await?;
    if lagging > 0 {
        return Err(StoreError::Lagging { processes: lagging, generation: newest });
    }
    sqlx::query("UPDATE sealing SET floor = $1 WHERE id = 1 AND floor < $1")
        .bind(i64::from(newest))
        .execute(&mut **tx)
        .await?;
    tx.commit().await?;
    Ok(Some(newest))
}

/// Lets the database do without a generation from now on. Nothing may be written with it any more ([`close_older`]).
///
/// # Errors
/// When something may; when the database fails.
pub async fn retire(tx: &mut Tx, generation: u32) -> Result<(), StoreError> {
    if floor(tx).await? <= i64::from(generation) {
        return Err(FLOOR.impossible("1", &format!("generation {generation} may still be written with")));
    }
    sqlx::query("DELETE FROM key_generations WHERE number = $1")
        .bind(i64::from(generation))
        .execute(&mut ***tx)
        .await?;
    Ok(())
}

/// Insists that a process whose newest generation is `newest` may write with it.
pub(super) async fn insist_newest(db: &mut Db, newest: u32) -> Result<(), StoreError> {
    let floor = floor(db).await?;
    if i64::from(newest) < floor {
        return Err(FLOOR.impossible(
            "1",
            &format!("everything is sealed with generation {floor}, whose key isn't here"),
        ));
    }
    Ok(())
}
