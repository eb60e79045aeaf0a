//! A bucket of the tests' Garage, below a name of its own for each test, and a look into it behind the program's back.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use casebind::archive::{BucketPlace, Originals, Vault};
use casebind::case::ids::Digest;
use casebind::clock::Entropy;
use casebind::config::{DataDir, Encryption};
use casebind::web;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::{ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutMode};

use super::{Database, House};

/// What tells where the tests' Garage is.
pub const VARIABLE: &str = "CASEBIND_TEST_S3_";

/// A place in a bucket.
pub struct Bucket {
    /// Where it is.
    pub place: BucketPlace,
    store: AmazonS3,
}

/// Runs a test in an installation of its own whose originals lie in a bucket.
pub fn run<F: Future<Output = ()>>(database: Database, name: &str, test: impl FnOnce(House, Bucket) -> F) {
    super::run(database, name, |house| async move {
        let bucket = Bucket::new(name);
        let house = house.in_bucket(&bucket.place).await;
        test(house, bucket).await;
    });
}

impl House {
    /// The same installation with its originals in a bucket.
    pub async fn in_bucket(mut self, place: &BucketPlace) -> Self {
        let clock = self.office().world.clock.clone();
        let originals =
            Originals::open_in_bucket(self.data_dir(), place, &vault(self.data_dir()), &clock).await;
        self.app.office.originals = originals.expect("a bucket");
        self.router = web::router(self.app.clone());
        self
    }
}

impl Bucket {
    /// In the Garage that `tests/garage` has started.
    pub fn new(name: &str) -> Self {
        let told: BTreeMap<String, String> =
            std::env::vars().filter(|(key, _)| key.starts_with(VARIABLE)).collect();
        if told.is_empty() {
            panic!(
                "{VARIABLE}ENDPOINT is not set: run `tests/run`, or `tests/garage tests/postgres cargo nextest run`, \
                 which start a Garage for the tests"
            );
        }
        Self::told(&told, name)
    }

    /// In a Garage as its variables tell.
    pub fn told(told: &BTreeMap<String, String>, name: &str) -> Self {
        let of = |key: &str| {
            told.get(&format!("{VARIABLE}{key}"))
                .unwrap_or_else(|| panic!("{VARIABLE}{key} is not set"))
                .clone()
        };
        let unique = format!("{name} {} {:?}", std::process::id(), std::thread::current().id());
        Self::at(BucketPlace {
            bucket: of("BUCKET"),
            endpoint: Some(of("ENDPOINT")),
            region: of("REGION"),
            prefix: format!("t-{}", Digest::of(unique.as_bytes()).short()),
            path_style: true,
            timeout: Duration::from_secs(30),
            access_key_id: of("ACCESS_KEY_ID"),
            secret_access_key: of("SECRET_ACCESS_KEY"),
        })
    }

    /// At this place.
    pub fn at(place: BucketPlace) -> Self {
        // As the program does at its start.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_endpoint(place.endpoint.clone().expect("tests name it"))
            .with_region(&place.region)
            .with_access_key_id(&place.access_key_id)
            .with_secret_access_key(&place.secret_access_key)
            .with_disable_bulk_delete(true)
            .with_allow_http(true)
            .build()
            .expect("a bucket");
        Self { place, store }
    }

    /// The same bucket by another address.
    pub fn by(&self, endpoint: &str) -> BucketPlace {
        BucketPlace { endpoint: Some(endpoint.to_owned()), ..self.place.clone() }
    }

    /// The settings that lead there; the keys are written into `folder`.
    pub fn settings(&self, folder: &Path) -> String {
        settings(&self.place, folder)
    }

    /// The names of all originals.
    pub async fn names(&self) -> Vec<String> {
        let all = self.list("originals/").await;
        let mut names: Vec<_> =
            all.iter().map(|object| object.location.filename().expect("a name").to_owned()).collect();
        names.sort();
        names
    }

    /// What lies below a name.
    pub async fn list(&self, below: &str) -> Vec<ObjectMeta> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
            let prefix = format!("{}/{below}", self.place.prefix);
            let page = self.store.list_paginated(Some(&prefix), options).await.expect("a list");
            all.extend(page.result.objects);
            page_token = page.page_token;
            if page_token.is_none() {
                return all;
            }
        }
    }

    /// An original as it is stored.
    pub async fn stored(&self, digest: &Digest) -> Vec<u8> {
        let got = self.store.get(&self.object(digest)).await.expect("an object");
        got.bytes().await.expect("its bytes").to_vec()
    }

    /// When it was written, and its version.
    pub async fn version(&self, digest: &Digest) -> (i64, Option<String>) {
        let meta = self.store.head(&self.object(digest)).await.expect("an object");
        (meta.last_modified.timestamp_millis(), meta.e_tag)
    }

    /// Writes over an original, or something where one could be.
    pub async fn overwrite(&self, digest: &Digest, bytes: &[u8]) {
        self.store.put(&self.object(digest), bytes.to_vec().into()).await.expect("it is written");
    }

    /// Writes something that is no original.
    pub async fn litter(&self, name: &str) {
        let path = format!("{}/{name}", self.place.prefix).into();
        self.store.put(&path, "not ours".into()).await.expect("it is written");
    }

    /// Whether the store holds that a name is given once, by `If-None-Match: *`.
    pub async fn gives_names_once(&self) -> bool {
        let path = format!("{}/once", self.place.prefix).into();
        let create = || self.store.put_opts(&path, "once".into(), PutMode::Create.into());
        create().await.expect("the first");
        create().await.is_err()
    }

    /// Takes an original away.
    pub async fn lose(&self, digest: &Digest) {
        self.store.delete(&self.object(digest)).await.expect("it is removed");
    }

    fn object(&self, digest: &Digest) -> object_store::path::Path {
        let name = digest.to_string();
        format!("{}/originals/{}/{}/{name}", self.place.prefix, &name[..2], &name[2..4]).into()
    }
}

/// What seals and opens the originals of a data directory; one is made where there is none.
pub fn vault(data_dir: &Path) -> Vault {
    let data = DataDir::open(data_dir, &Entropy::system()).expect("a data directory");
    Vault::new(data.archive_keys(&Encryption::default()).expect("its keys"))
}

/// The settings that lead to a place; the keys are written into `folder`.
pub fn settings(place: &BucketPlace, folder: &Path) -> String {
    let keys = folder.join("s3.keys");
    let text = format!(
        "CASEBIND_S3_ACCESS_KEY_ID={}\nCASEBIND_S3_SECRET_ACCESS_KEY={}\n",
        place.access_key_id, place.secret_access_key
    );
    std::fs::write(&keys, text).expect("a file of keys");
    format!(
        "[originals]\nbucket = \"{}\"\nendpoint = \"{}\"\nregion = \"{}\"\nprefix = \"{}\"\ntimeout_seconds = 20\n\
         keys_file = \"{}\"\n",
        place.bucket,
        place.endpoint.as_deref().expect("tests name it"),
        place.region,
        place.prefix,
        keys.display()
    )
}
