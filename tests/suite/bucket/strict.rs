//! A store that takes conditions on writes, or says that it knows none: what a program sees of it, and no more. And one
//! that keeps a request waiting, so that somebody else comes in between.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casebind::archive::rotate::{Resealed, reseal};
use casebind::archive::{How, Originals, Removed, Renditions};
use casebind::case::ids::Digest;
use casebind::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::shelf;
use crate::support::bucket::vault;

/// What the store does with `If-None-Match: *`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Held,
    Unknown,
}

#[derive(Clone)]
struct Store {
    condition: Condition,
    objects: Arc<Mutex<Objects>>,
    waiting: Arc<Waiting>,
    /// How often somebody noted that he holds an original.
    notes: Arc<AtomicUsize>,
}

/// A request about an original that waits until it is told to go on.
#[derive(Default)]
struct Waiting {
    method: Mutex<Option<Method>>,
    came: Notify,
    go_on: Notify,
}

/// What is stored under each name, and how often it was written.
type Objects = BTreeMap<String, (Vec<u8>, usize)>;

impl Store {
    fn new(condition: Condition) -> Self {
        Self { condition, objects: Arc::default(), waiting: Arc::default(), notes: Arc::default() }
    }

    /// Keeps the next request of this kind about an original waiting.
    fn keep_waiting(&self, method: Method) {
        *self.waiting.method.lock().unwrap() = Some(method);
    }

    async fn wait_if_told(&self, method: &Method, name: &str) {
        let waits = name.contains("/originals/")
            && self.waiting.method.lock().unwrap().take_if(|waits| *waits == *method).is_some();
        if waits {
            self.waiting.came.notify_one();
            self.waiting.go_on.notified().await;
        }
    }

    /// Serves until the runtime ends; returns its address.
    async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    /// How often each original was written.
    fn written(&self) -> Vec<usize> {
        let objects = self.objects.lock().unwrap();
        objects
            .iter()
            .filter(|(name, _)| name.contains("/originals/"))
            .map(|(_, (_, times))| *times)
            .collect()
    }
}

async fn answer(State(store): State<Store>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let name = head.uri.path().to_owned();
    store.wait_if_told(&head.method, &name).await;
    if head.method == Method::PUT {
        let content = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        store.notes.fetch_add(usize::from(name.contains("/removing/")), Ordering::SeqCst);
        return store.write(&name, content, head.headers.contains_key(header::IF_NONE_MATCH));
    }
    if let Some(query) = head.uri.query() {
        return store.list(query);
    }
    let mut objects = store.objects.lock().unwrap();
    if head.method == Method::DELETE {
        objects.remove(&name);
        return StatusCode::NO_CONTENT.into_response();
    }
    let Some((content, times)) = objects.get(&name) else {
        return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, format!("\"{times}\"").parse().unwrap());
    headers.insert(header::LAST_MODIFIED, "Thu, 26 Nov 2026 00:00:00 GMT".parse().unwrap());
    let range = head.headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(range) = range.and_then(|range| range.strip_prefix("bytes=")) else {
        return (headers, content.clone()).into_response();
    };
    let (from, to) = range.split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    let told = format!("bytes {from}-{to}/{}", content.len());
    headers.insert(header::CONTENT_RANGE, told.parse().unwrap());
    (StatusCode::PARTIAL_CONTENT, headers, content[from..=to].to_vec()).into_response()
}

impl Store {
    fn write(&self, name: &str, content: Vec<u8>, once: bool) -> Response {
        let mut objects = self.objects.lock().unwrap();
        let error = |status, code| (status, format!("<Error><Code>{code}</Code></Error>")).into_response();
        if once && self.condition == Condition::Unknown {
            return error(StatusCode::NOT_IMPLEMENTED, "NotImplemented");
        }
        if once && objects.contains_key(name) {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let times = objects.get(name).map_or(0, |(_, times)| *times) + 1;
        objects.insert(name.to_owned(), (content, times));
        ([(header::ETAG, format!("\"{times}\""))], "").into_response()
    }

    fn list(&self, query: &str) -> Response {
        let asked: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let objects = self.objects.lock().unwrap();
        let mut text = String::from("<ListBucketResult><IsTruncated>false</IsTruncated>");
        for (name, (content, times)) in objects.iter() {
            let key = name.split_once('/').and_then(|(_, rest)| rest.split_once('/')).unwrap().1;
            if key.starts_with(&asked["prefix"]) {
                text.push_str(&format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-11-26T00:00:00.000Z</LastModified>\
                     <ETag>\"{times}\"</ETag><Size>{}</Size></Contents>",
                    content.len()
                ));
            }
        }
        (text + "</ListBucketResult>").into_response()
    }
}

/// Twelve uploads of the same file at once into such a store: how each came to be there, and how often it was written.
async fn at_once(condition: Condition) -> (Vec<How>, Vec<usize>) {
    let store = Store::new(condition);
    let folder = tempfile::tempdir().unwrap();
    let place = shelf(module_path!()).await.bucket.by(&store.serve().await);
    let originals = Originals::open_in_bucket(folder.path(), &place, &vault(folder.path()), &Clock::System)
        .await
        .unwrap();
    let mut puts = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let originals = originals.clone();
        puts.spawn(async move { originals.put_bytes(b"twice clicked").await.unwrap() });
    }
    let stored = puts.join_all().await;
    originals.open_verified(&stored[0].digest, 13).await.unwrap();
    assert!(originals.holds_some().await.unwrap());
    (stored.iter().map(|stored| stored.how).collect(), store.written())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_takes_conditions_is_never_written_over() {
    let (how, written) = at_once(Condition::Held).await;
    assert_eq!(written, [1], "whoever comes later is refused by the store itself");
    assert_eq!(how.iter().filter(|how| **how == How::New).count(), 1);
    assert_eq!(how.iter().filter(|how| **how == How::Known).count(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_knows_no_conditions_is_asked_before_each_write() {
    let (how, written) = at_once(Condition::Unknown).await;
    assert_eq!(written.len(), 1);
    assert!(how.contains(&How::New) && !how.contains(&How::Repaired), "{how:?}");
}

/// An original that is sealed with an older key than there is now.
struct Older {
    store: Store,
    originals: Originals,
    digest: Digest,
    folder: tempfile::TempDir,
}

impl Older {
    async fn new() -> Self {
        let (store, folder) = (Store::new(Condition::Held), tempfile::tempdir().unwrap());
        let place = shelf(module_path!()).await.bucket.by(&store.serve().await);
        let open = async || {
            let vault = vault(folder.path());
            Originals::open_in_bucket(folder.path(), &place, &vault, &Clock::System).await.unwrap()
        };
        let digest = open().await.put_bytes(b"signed form").await.unwrap().digest;
        casebind::keyring::add(&folder.path().join("keys")).unwrap();
        let originals = open().await;
        Self { store, originals, digest, folder }
    }

    fn seal_anew(&self) -> JoinHandle<Resealed> {
        let (originals, vault) = (self.originals.clone(), vault(self.folder.path()));
        let renditions = Renditions::open(self.folder.path(), &vault).unwrap();
        tokio::spawn(async move { reseal(&originals, &renditions, u64::MAX, &mut |_| true).await.unwrap() })
    }

    /// As after a disposal.
    fn remove(&self) -> JoinHandle<Removed> {
        let (originals, digest) = (self.originals.clone(), self.digest);
        tokio::spawn(async move {
            let known = originals.changed_at(&digest).await.unwrap().unwrap();
            originals.remove(&digest, known, known).await.unwrap()
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_just_sealed_anew_is_removed_afterwards_and_stays_gone() {
    let a = Older::new().await;
    a.store.keep_waiting(Method::PUT);
    let sealing = a.seal_anew();
    a.store.waiting.came.notified().await;
    assert_eq!(a.remove().await.unwrap(), Removed::Touched, "it would come back");
    a.store.waiting.go_on.notify_one();
    let done = sealing.await.unwrap();
    assert_eq!((done.sealed, done.held, done.left), (1, vec![], vec![]));
    a.originals.open_verified(&a.digest, 11).await.unwrap();
    assert_eq!(a.remove().await.unwrap(), Removed::Now);
    assert!(a.store.written().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_just_removed_is_not_sealed_anew() {
    let a = Older::new().await;
    a.store.keep_waiting(Method::DELETE);
    let removal = a.remove();
    a.store.waiting.came.notified().await;
    let sealing = a.seal_anew();
    let end = Instant::now() + Duration::from_secs(15);
    while a.store.notes.load(Ordering::SeqCst) < 2 {
        assert!(Instant::now() < end, "it comes as far as the removal");
        tokio::task::yield_now().await;
    }
    a.store.waiting.go_on.notify_one();
    assert_eq!(removal.await.unwrap(), Removed::Now);
    let done = sealing.await.unwrap();
    assert_eq!((done.sealed, done.held, done.left), (0, vec![], vec![]));
    assert!(a.store.written().is_empty(), "and doesn't come back");
}
