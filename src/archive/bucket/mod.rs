//! Originals in a bucket of an S3-compatible store.
//!
//! Objects have the names that files have in the folder, below a prefix, so that either is made of the other by
//! whatever copies files. Beside them lie notes:
//!
//! ```text
//! originals/ab/cd/<digest>     an original, as it is stored
//! again/ab/<digest>            the same bytes were put again: this note's time counts like the object's own
//! removing/<digest>/<nonce>    somebody holds the object alone: to remove it, or to seal it anew
//! probe/<nonce>                what was tried out
//! ```
//!
//! An object is written once. Where the store takes conditions on writes (`If-None-Match: *`) it holds that itself;
//! where it doesn't (Garage 2.5 takes the header and writes all the same), names are looked up before. Two uploads that
//! pass each other there have the same digest, which is that of the original's own bytes, and whatever stands in the end
//! is read back and hashed before anybody is answered. [`put`] and [`removal`] say how an upload never comes to rely on
//! what is being removed, and how one alone holds an object at a time.
//!
//! Everything here waits for the network on a blocking thread, as files wait for the disk.

mod objects;
mod put;
mod removal;

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::ArchiveError;
use crate::case::ids::Digest;

pub(super) use objects::Facts;
pub(super) use put::Stood;
pub(super) use removal::Held;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a request is tried again at most, within the time that one may take.
const RETRIES: usize = 6;
/// How old a note becomes that a crash has left, before nobody minds it, in milliseconds; and beside that what the last
/// request of whoever wrote it may take.
const NOTED_MILLIS: i64 = 10 * 60 * 1000;

/// Where a bucket is, and the keys to it.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketPlace {
    /// The bucket's name.
    pub bucket: String,
    /// The store's address; none: Amazon's, by the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// What all names begin with; may be empty.
    pub prefix: String,
    /// Whether the bucket's name stands in the path of addresses, and not before the host.
    pub path_style: bool,
    /// How long one request may take, with all its retries twice that.
    pub timeout: Duration,
    /// The name of the key.
    pub access_key_id: String,
    /// The key. Never shown.
    pub secret_access_key: String,
}

impl fmt::Debug for BucketPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketPlace")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A bucket. Clones share their connections.
#[derive(Clone)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    runtime: Handle,
    /// `s3://bucket`, for people.
    name: String,
    prefix: String,
    /// Whether writes take conditions; found out with the first one.
    conditions: Arc<OnceCell<bool>>,
    /// From which age on a note is one that a crash has left, in milliseconds.
    abandoned_millis: i64,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A store that doesn't answer, or not as it should. It says nothing of whether an object is there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Away(pub(super) String);

impl Bucket {
    /// The bucket at this place; nothing is asked of it yet. Called within a runtime, which must live as long.
    ///
    /// # Errors
    /// When the place can't be one.
    pub(super) fn new(place: &BucketPlace) -> Result<Self, ArchiveError> {
        // Which provider of cryptography TLS has is one setting of the whole process.
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::trace!("a provider of cryptography is set up already");
        }
        let name = format!("s3://{}", place.bucket);
        let plain = place.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new()
            .with_allow_http(plain)
            .with_timeout(place.timeout)
            .with_connect_timeout(CONNECT);
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        };
        let retry = RetryConfig { backoff, max_retries: RETRIES, retry_timeout: place.timeout };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_region(&place.region)
            .with_access_key_id(&place.access_key_id)
            .with_secret_access_key(&place.secret_access_key)
            .with_virtual_hosted_style_request(!place.path_style)
            .with_disable_bulk_delete(true)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &place.endpoint {
            builder = builder.with_endpoint(match endpoint.split_once("://") {
                Some((scheme, host)) if !place.path_style => format!("{scheme}://{}.{host}", place.bucket),
                _ => endpoint.clone(),
            });
        }
        let store = builder.build().map_err(|error| {
            ArchiveError::from_io("reaching", name.as_ref(), io::Error::other(Away(error.to_string())))
        })?;
        let request = i64::try_from(place.timeout.as_millis()).unwrap_or(i64::MAX);
        Ok(Self {
            store: Arc::new(store),
            runtime: Handle::current(),
            name,
            prefix: place.prefix.trim_matches('/').to_owned(),
            conditions: Arc::default(),
            abandoned_millis: NOTED_MILLIS.saturating_add(request.saturating_mul(2)),
        })
    }

    /// Waits for an answer, on a blocking thread.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Where an original is, for people and logs.
    pub(super) fn place_of(&self, digest: &Digest) -> PathBuf {
        self.shown(&self.object(digest))
    }

    /// Where all originals are, for people and logs.
    pub(super) fn place(&self) -> PathBuf {
        self.shown(&self.below("originals"))
    }

    fn shown(&self, path: &Path) -> PathBuf {
        PathBuf::from(format!("{}/{path}", self.name))
    }

    fn below(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    fn object(&self, digest: &Digest) -> Path {
        let name = digest.to_string();
        self.below(&format!("originals/{}/{}/{name}", &name[..2], &name[2..4]))
    }

    fn again(&self, digest: &Digest) -> Path {
        let name = digest.to_string();
        self.below(&format!("again/{}/{name}", &name[..2]))
    }

    fn removing(&self, digest: &Digest) -> Path {
        self.below(&format!("removing/{digest}"))
    }
}

/// A name that no other process takes at the same time.
fn nonce() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Sorts what the store answered: no such object, or trouble with the store itself.
fn trouble(error: object_store::Error) -> io::Error {
    use object_store::Error;
    let said = error.to_string();
    match error {
        // Where the bucket itself is gone, nothing is known of its objects.
        Error::NotFound { .. } if !said.contains("NoSuchBucket") => {
            io::Error::new(io::ErrorKind::NotFound, error)
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            away(format!("it doesn't take our keys: {said}"))
        }
        _ => away(said),
    }
}

fn away(why: String) -> io::Error {
    io::Error::other(Away(why))
}

/// What was found, or that there is no such object.
fn found<T>(answer: Result<T, object_store::Error>) -> io::Result<Option<T>> {
    match answer.map_err(trouble) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
