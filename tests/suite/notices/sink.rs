//! A small SMTP server on this machine: takes mails, or answers what a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The recipient of the envelope.
    pub to: String,
    /// The headers and the text, as they came.
    pub text: String,
}

#[derive(Default)]
struct Inside {
    taken: Vec<Taken>,
    answers: VecDeque<&'static str>,
    always: Option<&'static str>,
}

/// The server.
#[derive(Clone)]
pub struct Sink {
    /// Its port on 127.0.0.1.
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Sink {
    /// Begins to listen on a free port.
    pub async fn open() -> Self {
        Self::open_on(0).await
    }

    /// Begins to listen on this port.
    pub async fn open_on(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        let sink = Self { port: listener.local_addr().unwrap().port(), inside: Arc::default() };
        let inside = Arc::clone(&sink.inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&inside)));
            }
        });
        sink
    }

    /// A port on which nobody listens.
    pub async fn closed_port() -> u16 {
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
    }

    /// Answers the next recipient with this line instead of taking it.
    pub fn answer_once(&self, line: &'static str) {
        self.inside.lock().unwrap().answers.push_back(line);
    }

    /// Answers every recipient with this line from now on; nothing: takes them again.
    pub fn answer_always(&self, line: Option<&'static str>) {
        self.inside.lock().unwrap().always = line;
    }

    /// What was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.inside.lock().unwrap().taken.clone()
    }
}

async fn serve(stream: TcpStream, inside: Arc<Mutex<Inside>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let _ = write.write_all(b"220 sink\r\n").await;
    let mut to = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "RCPT" => {
                to = line[line.find('<').unwrap() + 1..line.find('>').unwrap()].to_owned();
                let mut inside = inside.lock().unwrap();
                inside.answers.pop_front().or(inside.always).unwrap_or("250 ok")
            }
            "DATA" => {
                let _ = write.write_all(b"354 go on\r\n").await;
                let mut text = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                inside.lock().unwrap().taken.push(Taken { to: to.clone(), text });
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
