//! A small SMTP server on this machine: takes mails, or does what a test tells it to.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum_server::accept::Accept as _;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The headers and the text, as they came.
    pub text: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Name and password, where some were asked for.
    pub login: Option<String>,
}

/// How the server answers a recipient.
#[derive(Clone, Copy, Debug, Default)]
pub enum Mood {
    /// Takes the mail.
    #[default]
    Willing,
    /// With this line.
    Answers(&'static str),
    /// Never.
    Hangs,
    /// By closing the connection.
    HangsUp,
}

#[derive(Default)]
struct Inside {
    taken: Vec<Taken>,
    next: VecDeque<Mood>,
    mood: Mood,
}

/// The server.
#[derive(Clone)]
pub struct Sink {
    /// Its port on 127.0.0.1.
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
}

/// What the server offers.
#[derive(Clone, Default)]
struct Offers {
    starttls: Option<RustlsAcceptor>,
    from_start: bool,
    login: Option<&'static str>,
}

impl Sink {
    /// Begins to listen on a free port, without encryption.
    pub async fn open() -> Self {
        Self::offering(Offers::default()).await
    }

    /// The same, and wants this `name password` before it takes anything.
    pub async fn with_login(login: &'static str) -> Self {
        Self::offering(Offers { login: Some(login), ..Offers::default() }).await
    }

    /// The same with encryption under the certificate of [`certificate`]: from the first byte, or by STARTTLS.
    pub async fn encrypted(folder: &Path, from_start: bool) -> Self {
        let config =
            RustlsConfig::from_pem_file(folder.join("cert.pem"), folder.join("key.pem")).await.unwrap();
        let starttls = Some(RustlsAcceptor::new(config));
        Self::offering(Offers { starttls, from_start, login: Some("casebind secret") }).await
    }

    async fn offering(offers: Offers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let sink = Self { port: listener.local_addr().unwrap().port(), inside: Arc::default() };
        let inside = Arc::clone(&sink.inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, offers.clone(), Arc::clone(&inside)));
            }
        });
        sink
    }

    /// A port on which nobody listens.
    pub async fn closed_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    /// What becomes of the next recipient alone.
    pub fn once(&self, mood: Mood) {
        self.inside.lock().unwrap().next.push_back(mood);
    }

    /// What becomes of every recipient from now on.
    pub fn always(&self, mood: Mood) {
        self.inside.lock().unwrap().mood = mood;
    }

    /// What was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.inside.lock().unwrap().taken.clone()
    }
}

/// Makes a certificate for `localhost` and its key in this folder.
pub fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

async fn serve(stream: TcpStream, offers: Offers, inside: Arc<Mutex<Inside>>) {
    let mut wire: BufReader<Box<dyn Wire>> = match &offers.starttls {
        Some(tls) if offers.from_start => {
            let Ok((stream, _)) = tls.accept(stream, ()).await else { return };
            BufReader::new(Box::new(stream))
        }
        _ => BufReader::new(Box::new(stream)),
    };
    let mut encrypted = offers.from_start;
    let _ = wire.write_all(b"220 sink\r\n").await;
    let (mut from, mut to, mut login) = (String::new(), Vec::new(), None);
    let mut line = String::new();
    loop {
        line.clear();
        if !matches!(wire.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let answer = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" if offers.starttls.is_some() && !encrypted => "250-sink\r\n250 STARTTLS",
            "EHLO" if offers.login.is_some() => "250-sink\r\n250 AUTH PLAIN",
            "STAR" => {
                let _ = wire.write_all(b"220 go on\r\n").await;
                let tls = offers.starttls.clone().expect("it was offered");
                let Ok((stream, _)) = tls.accept(wire.into_inner(), ()).await else { return };
                wire = BufReader::new(Box::new(stream));
                encrypted = true;
                continue;
            }
            "AUTH" => {
                let told = BASE64.decode(line.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap();
                let told = String::from_utf8(told).unwrap();
                login = Some(told.trim_matches('\0').replace('\0', " "));
                if login.as_deref() == offers.login { "235 welcome" } else { "535 no" }
            }
            "MAIL" if login.as_deref() != offers.login => "530 who are you?",
            "MAIL" => {
                from = address(&line);
                "250 ok"
            }
            "RCPT" => {
                let mood = {
                    let mut inside = inside.lock().unwrap();
                    inside.next.pop_front().unwrap_or(inside.mood)
                };
                match mood {
                    Mood::Willing => {
                        to.push(address(&line));
                        "250 ok"
                    }
                    Mood::Answers(line) => line,
                    Mood::Hangs => std::future::pending().await,
                    Mood::HangsUp => return,
                }
            }
            "DATA" => {
                let _ = wire.write_all(b"354 go on\r\n").await;
                let text = text(&mut wire).await;
                let (from, to) = (from.clone(), std::mem::take(&mut to));
                let taken = Taken { from, to, text, encrypted, login: login.clone() };
                inside.lock().unwrap().taken.push(taken);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if wire.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn address(line: &str) -> String {
    line[line.find('<').unwrap() + 1..line.find('>').unwrap()].to_owned()
}

async fn text(wire: &mut BufReader<Box<dyn Wire>>) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    while matches!(wire.read_line(&mut line).await, Ok(1..)) && line != ".\r\n" {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        line.clear();
    }
    text
}
