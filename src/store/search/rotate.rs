//! Hashes the index of words anew with a newer generation's key, beside those who search and write.
//!
//! It goes through all cases in the order of their numbers, some in a transaction, and the table `search_index` says how
//! far it has come: broken off it goes on there. One that was begun with a generation before the newest is ended first,
//! and then one with the newest begun, so that no case is ever hashed in a third way that no search would ask for.
//! Several may do it at once: each sees that another one was faster, and goes on behind it.

use crate::store::{Db, Store, StoreError, sealed};

use super::{Made, batch, made, names_of, replace, rows, tokens_of};

/// Hashes all tokens with this generation that aren't. Returns how many cases were done.
pub(in crate::store) async fn rotate(store: &Store, newest: i64) -> Result<u64, StoreError> {
    let mut done = 0;
    loop {
        while let Some(cases) = go_on(store).await? {
            done += cases;
        }
        if !begin(store, newest).await? {
            return Ok(done);
        }
    }
}

/// What is being hashed anew; none: nothing is.
async fn under_way(db: &mut Db) -> Result<Option<Made>, StoreError> {
    Ok(made(db).await?.filter(|made| made.previous.is_some()))
}

/// Begins with this generation, unless somebody else has begun. False: all is hashed with it, or with a newer one.
async fn begin(store: &Store, newest: i64) -> Result<bool, StoreError> {
    // Whoever writes with the generation of before has ended: what follows sees all of it.
    let mut tx = sealed::begin_alone(store).await?;
    let made = made(&mut tx).await?;
    let begun = made.as_ref().is_some_and(|made| made.previous.is_some());
    if begun || made.is_none_or(|made| made.generation >= newest) {
        tx.rollback().await?;
        return Ok(begun);
    }
    sqlx::query("UPDATE search_index SET previous = generation, generation = $1, reached = ''")
        .bind(newest)
        .execute(&mut **tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Hashes the next cases of what was begun, or ends it. Returns how many were done; none: nothing is under way.
async fn go_on(store: &Store) -> Result<Option<u64>, StoreError> {
    let mut tx = store.write().await?;
    let Some(begun) = under_way(&mut tx).await? else { return Ok(None) };
    let cases = batch(&mut tx, &begun.reached).await?;
    let Some((last, _)) = cases.last() else {
        sqlx::query(
            "UPDATE search_index SET previous = NULL, reached = '' WHERE generation = $1 AND reached = $2",
        )
        .bind(begun.generation)
        .bind(&begun.reached)
        .execute(&mut **tx)
        .await?;
        tx.commit().await?;
        return Ok(Some(0));
    };
    // Whoever is about to change one of them has ended before it is read, or waits.
    sqlx::query("UPDATE cases SET version = version WHERE number > $1 AND number <= $2")
        .bind(&begun.reached)
        .bind(last)
        .execute(&mut **tx)
        .await?;
    // And nobody begins with another generation before this is committed.
    sealed::share(&mut tx).await?;
    if under_way(&mut tx).await?.as_ref() != Some(&begun) {
        tx.rollback().await?;
        return Ok(Some(0));
    }
    let tokens = tokens_of(&tx.sealer(), begun.generation)?;
    let cases = batch(&mut tx, &begun.reached).await?;
    let numbers: Vec<&str> = cases.iter().map(|(number, _)| number.as_str()).collect();
    let names = names_of(&mut tx, &numbers).await?;
    replace(&mut tx, &rows(&tokens, &cases, &names)?).await?;
    sqlx::query("UPDATE search_index SET reached = $1")
        .bind(numbers.last().copied().unwrap_or_default())
        .execute(&mut **tx)
        .await?;
    tx.commit().await?;
    Ok(Some(cases.len() as u64))
}
