//! Connections and transactions, each with what seals and opens the columns about children.

use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection};

use super::StoreError;
use super::sealed::{self, Sealer};

/// A connection, in a transaction or not. Statements are given to the plain connection in it.
pub struct Db {
    connection: Connection,
    sealer: Sealer,
}

enum Connection {
    Pooled(PoolConnection<Any>),
    InTransaction(sqlx::Transaction<'static, Any>),
}

impl Db {
    pub(super) fn pooled(connection: PoolConnection<Any>, sealer: Sealer) -> Self {
        Self { connection: Connection::Pooled(connection), sealer }
    }

    /// What seals and opens.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        self.sealer.clone()
    }
}

impl Deref for Db {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match &self.connection {
            Connection::Pooled(connection) => connection,
            Connection::InTransaction(tx) => tx,
        }
    }
}

impl DerefMut for Db {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match &mut self.connection {
            Connection::Pooled(connection) => connection,
            Connection::InTransaction(tx) => tx,
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("sealer", &self.sealer).finish_non_exhaustive()
    }
}

/// Why a transaction wasn't committed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Uncommitted(#[from] StoreError);

impl From<Uncommitted> for StoreError {
    fn from(Uncommitted(error): Uncommitted) -> Self {
        error
    }
}

/// A transaction: nothing of it is there until it is committed.
#[derive(Debug)]
pub struct Tx(Db);

impl Tx {
    pub(super) fn new(tx: sqlx::Transaction<'static, Any>, sealer: &Sealer) -> Self {
        Self(Db { connection: Connection::InTransaction(tx), sealer: sealer.of_transaction() })
    }

    /// Lets everything stay, if what was sealed in it may still be written.
    ///
    /// # Errors
    /// When it was sealed with a generation that was given up meanwhile ([`StoreError::Rekeyed`]): then nothing is there.
    /// When the database fails: then it may be there or not.
    pub async fn commit(mut self) -> Result<(), Uncommitted> {
        sealed::insist(&mut self.0).await?;
        match self.0.connection {
            Connection::InTransaction(tx) => Ok(tx.commit().await.map_err(StoreError::from)?),
            Connection::Pooled(_) => Ok(()),
        }
    }

    /// Lets everything go.
    ///
    /// # Errors
    /// When the database fails; then nothing of it is there either.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        match self.0.connection {
            Connection::InTransaction(tx) => tx.rollback().await,
            Connection::Pooled(_) => Ok(()),
        }
    }
}

impl Deref for Tx {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}
