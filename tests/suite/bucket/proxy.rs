//! A store that is slow, away, refuses, loses its answers or cuts them off: a proxy before a good one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the store is just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Well,
    /// Each piece of an answer comes so late.
    Slow(Duration),
    /// Connections end as soon as they are made.
    Away,
    /// Every request is answered 503.
    Refusing,
    /// Requests are taken, and never answered.
    Deaf,
    /// Originals are written, and nobody hears of it.
    Forgetful,
    /// A connection ends after so many bytes of answers.
    Cutting(u64),
}

/// The proxy. It goes with the runtime.
pub struct Proxy {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
}

impl Proxy {
    /// Before the store at this address, and well.
    pub async fn before(endpoint: &str) -> Self {
        let upstream: SocketAddr = endpoint.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self { address: listener.local_addr().unwrap(), mood: watch::Sender::new(Mood::Well) };
        let mood = this.mood.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, upstream, mood.clone()));
            }
        });
        this
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the mood; connections of the one before end.
    pub fn become_so(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }
}

async fn pass(mut client: TcpStream, upstream: SocketAddr, mut moods: watch::Receiver<Mood>) {
    let mood = *moods.borrow_and_update();
    match mood {
        Mood::Away => return,
        Mood::Refusing => {
            let mut request = vec![0; 64 * 1024];
            let _ = client.read(&mut request).await;
            let answer =
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = client.write_all(answer).await;
            return;
        }
        _ => {}
    }
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let forgotten = Arc::new(AtomicBool::new(mood == Mood::Deaf));
    tokio::select! {
        () = requests(from_client, to_server, mood, Arc::clone(&forgotten)) => {}
        () = answers(from_server, to_client, mood, forgotten) => {}
        _ = moods.changed() => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mood: Mood, forgotten: Arc<AtomicBool>) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(many @ 1..) = from.read(&mut chunk).await {
        let head = String::from_utf8_lossy(&chunk[..many.min(300)]);
        let writes =
            head.starts_with("PUT ") && head.lines().next().is_some_and(|line| line.contains("/originals/"));
        if mood == Mood::Forgetful && writes {
            forgotten.store(true, Ordering::SeqCst);
        }
        if to.write_all(&chunk[..many]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mood: Mood, forgotten: Arc<AtomicBool>) {
    let mut chunk = vec![0; 16 * 1024];
    let mut left = if let Mood::Cutting(after) = mood { after } else { u64::MAX };
    while let Ok(many @ 1..) = from.read(&mut chunk).await {
        if let Mood::Slow(late) = mood {
            tokio::time::sleep(late).await;
        }
        if forgotten.load(Ordering::SeqCst) {
            continue;
        }
        let given = many.min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= given as u64;
        if to.write_all(&chunk[..given]).await.is_err() || left == 0 {
            return;
        }
    }
}
