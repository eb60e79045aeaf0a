//! Connections and transactions, each with what seals and opens the columns about children.

use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection};

use super::sealed::Sealer;

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

/// A transaction: nothing of it is there until it is committed.
#[derive(Debug)]
pub struct Tx(Db);

impl Tx {
    pub(super) fn new(tx: sqlx::Transaction<'static, Any>, sealer: Sealer) -> Self {
        Self(Db { connection: Connection::InTransaction(tx), sealer })
    }

    /// Lets everything stay.
    ///
    /// # Errors
    /// When the database fails: then it may be there or not.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0.connection {
            Connection::InTransaction(tx) => tx.commit().await,
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
