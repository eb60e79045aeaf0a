//! Hashed originals: taken in, kept, found again and proved unchanged.
//!
//! An original is addressed by the SHA-256 of its bytes and never changes. The order of a write is
//! what the promise "answered with success means kept" rests on:
//!
//! 1. [`Staging`]: the bytes arrive in `tmp/`, on the same filesystem, and are hashed and sealed as they come.
//! 2. The caller checks the staged file; nothing has been promised yet.
//! 3. [`Originals::put`]: fsync the file, give it its name without overwriting, fsync the folders.
//! 4. The caller's database transaction names the digest, and only then does anyone hear "done".
//!
//! The originals themselves lie in a folder or in a bucket that several machines share ([`shelf`]); then step 3 puts the
//! object once and reads it back. A crash in between leaves at most a stray file in `tmp/` or an orphan in `originals/`; [`verify`]
//! finds both, and [`Originals::hold_aged`] lets an orphan be removed although an upload may be on its way. Reading goes through [`Originals::open_verified`], which hashes before the first byte.
//!
//! What lies on the disk is sealed ([`Vault`]); names, digests and sizes are those of the bytes inside. [`rotate`] seals all of
//! it anew when there is a new key.
//!
//! [`bag`] packs files for elsewhere and later, so that anybody can check them without us (RFC 8493).
//!
//! This room knows digests and files. It must not know cases, people or SQL.

pub mod backup;
pub mod bag;
mod bucket;
mod checkpoints;
mod error;
mod folder;
mod hashing;
mod hold;
mod originals;
mod orphan;
#[cfg(test)]
mod power_cut;
mod reader;
mod removal;
mod renditions;
pub mod rotate;
mod shelf;
mod staging;
mod vault;
pub mod verify;

pub use bucket::BucketPlace;
pub use checkpoints::Checkpoints;
pub use error::{ArchiveError, Words};
pub use hashing::Hashing;
pub use originals::{How, Originals, Stored, TEMPORARY_KEPT_MILLIS};
pub use orphan::Aged;
pub use reader::{VerifiedOriginal, VerifiedReader};
pub use removal::Removed;
pub use renditions::Renditions;
pub use staging::{Staged, Staging};
pub use vault::{Broken, Vault};
