//! Hands letters over: to a mail server, or, where there is none, into the outbox folder, from where they can
//! be read or fetched.

use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::message::{Mailbox, message};
use super::smtp::{self, PostError, Smtp};
use super::{Failure, Letter};

/// Where letters go.
#[derive(Debug)]
pub struct Post {
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Folder(PathBuf),
    Smtp(smtp::Way),
}

/// A letter on its way.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The mail's identifier: the same mail has the same Message-ID each time that it is tried.
    pub id: &'a str,
    /// The address.
    pub to: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
    /// What it says.
    pub letter: &'a Letter,
}

impl Post {
    /// Writes letters into a folder, one `.eml` file each.
    #[must_use]
    pub fn folder(folder: &Path, from: Mailbox) -> Self {
        Self { from, way: Way::Folder(folder.to_owned()) }
    }

    /// Hands letters to a mail server. Nothing is sent yet.
    ///
    /// # Errors
    /// When the certificate authority's file can't be used, or TLS can't be set up for the host.
    pub fn smtp(smtp: &Smtp, from: Mailbox) -> Result<Self, PostError> {
        let way = Way::Smtp(smtp::Way::new(smtp, &from)?);
        Ok(Self { from, way })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// The class of what went wrong; the log never has the address.
    pub async fn send(&self, delivery: &Delivery<'_>) -> Result<(), Failure> {
        let to = Mailbox::parse(delivery.to).ok_or(Failure::Address)?;
        let text = message(&self.from, &to, delivery);
        match &self.way {
            Way::Folder(folder) => write(folder.clone(), delivery.id, text).await,
            Way::Smtp(way) => way.send(delivery.id, &self.from, &to, text).await,
        }
    }
}

async fn write(folder: PathBuf, id: &str, text: String) -> Result<(), Failure> {
    let name = format!("{id}.eml");
    let written = tokio::task::spawn_blocking(move || put(&folder, &name, text.as_bytes())).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(mail = id, %error, "the outbox folder can't be written");
            Err(Failure::Folder)
        }
        Err(_) => Err(Failure::Folder),
    }
}

/// The whole file or none: it gets its name when it is complete.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}
