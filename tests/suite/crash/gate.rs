//! A gate between the program and PostgreSQL that a test shuts and opens, or shuts in the very moment of a commit.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What gets lost of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The commit itself: the database hears nothing of it.
    Request,
    /// Its answer: the database has committed.
    Answer,
}

/// The gate. Dropping it leaves it as it is until the runtime ends.
pub struct Gate {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    server: Upstream,
    open: watch::Sender<bool>,
    /// The SQL by which a transaction is known, and what gets lost of its commit.
    trap: Mutex<Option<(&'static str, Lost)>>,
}

enum Upstream {
    Socket(String),
    Network(String),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Gate {
    /// An open gate before the database of this URL.
    pub async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, url) = through(url, listener.local_addr().unwrap());
        let shared = Arc::new(Shared { server, open: watch::Sender::new(true), trap: Mutex::default() });
        let keeper = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let keeper = Arc::clone(&keeper);
                tokio::spawn(async move { keeper.pass(client).await });
            }
        });
        Self { url, shared }
    }

    /// The URL of the database through the gate.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections, and refuses new ones.
    pub fn shut(&self) {
        self.shared.open.send_replace(false);
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.shared.open.send_replace(true);
    }

    /// Ends the next connection that commits what this SQL wrote, in the moment of the commit. The SQL has to be new
    /// to its connection: what is prepared already isn't sent again.
    pub fn lose_commit_of(&self, sql: &'static str, lost: Lost) {
        *self.shared.trap.lock().unwrap() = Some((sql, lost));
    }
}

impl Shared {
    /// Passes bytes on until either side ends, or the gate is shut.
    async fn pass(&self, mut client: TcpStream) {
        let mut open = self.open.subscribe();
        if !*open.borrow_and_update() {
            return;
        }
        let mut server: Box<dyn Stream> = match &self.server {
            Upstream::Socket(path) => Box::new(UnixStream::connect(path).await.unwrap()),
            Upstream::Network(address) => Box::new(TcpStream::connect(address).await.unwrap()),
        };
        let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        let mut caught = None;
        loop {
            tokio::select! {
                _ = open.changed() => return,
                read = client.read(&mut up) => {
                    let Ok(count @ 1..) = read else { return };
                    caught = caught.or_else(|| self.caught(&up[..count]));
                    let commits = holds(&up[..count], "COMMIT\0");
                    if commits && caught == Some(Lost::Request) {
                        return;
                    }
                    if server.write_all(&up[..count]).await.is_err() {
                        return;
                    }
                    if commits && caught == Some(Lost::Answer) {
                        let _ = server.read(&mut down).await;
                        return;
                    }
                }
                read = server.read(&mut down) => {
                    let Ok(count @ 1..) = read else { return };
                    if client.write_all(&down[..count]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Whether these bytes are what the trap waits for; it catches once.
    fn caught(&self, bytes: &[u8]) -> Option<Lost> {
        let mut trap = self.trap.lock().unwrap();
        trap.take_if(|(sql, _)| holds(bytes, sql)).map(|(_, lost)| lost)
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Where the database of this URL listens, and the same URL with another address.
fn through(url: &str, gate: SocketAddr) -> (Upstream, String) {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")).unwrap();
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, name) = base.split_once('/').unwrap();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (folder, kept): (Vec<&str>, Vec<&str>) = query.split('&').partition(|part| part.starts_with("host="));
    let upstream = match folder.first().and_then(|part| part.strip_prefix("host=")) {
        Some(folder) => Upstream::Socket(format!("{folder}/.s.PGSQL.5432")),
        None if host.contains(':') => Upstream::Network(host.to_owned()),
        None => Upstream::Network(format!("{host}:5432")),
    };
    (upstream, format!("postgres://{user}@{gate}/{name}?{}", kept.join("&")))
}
