//! Hands letters over: writes each into the outbox folder, from where they can be read or fetched.

use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::message::{Mailbox, message};
use super::{Failure, Letter};

/// Where letters go.
#[derive(Debug)]
pub struct Post {
    from: Mailbox,
    folder: PathBuf,
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
        Self { from, folder: folder.to_owned() }
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// The class of what went wrong; the log never has the address.
    pub async fn send(&self, delivery: &Delivery<'_>) -> Result<(), Failure> {
        let text = message(&self.from, delivery)?;
        let (folder, name) = (self.folder.clone(), format!("{}.eml", delivery.id));
        let written = tokio::task::spawn_blocking(move || put(&folder, &name, text.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(mail = delivery.id, %error, "the outbox folder can't be written");
                Err(Failure::Folder)
            }
            Err(_) => Err(Failure::Folder),
        }
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
