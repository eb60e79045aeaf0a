//! Hands letters to an SMTP server, or writes them into the outbox folder when there is none.

use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::Transport as _;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Wire, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, SmtpTransport};

use super::{Failure, Letter};

/// How long the server may take for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How long one mail may take in all: longer than all answers of one together, shorter than any lease on it.
const WHOLE: Duration = Duration::from_secs(240);

/// How the way to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Required,
    /// By STARTTLS, or not at all: a server that doesn't offer it gets no mail.
    StartTls,
    /// Not: only for a server on the same machine.
    None,
}

/// The name and where the password lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub username: String,
    /// The file with the password on its first line.
    pub password_file: PathBuf,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Its name; its certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: Tls,
    /// As whom, where it wants to know.
    pub login: Option<Login>,
    /// A certificate authority beside the public ones (PEM).
    pub ca_file: Option<PathBuf>,
}

/// Why mail can't be set up; the message names the file or setting.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// A file of the settings can't be used.
    #[error("{key} {}: {why}", file.display())]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The sender's address is none.
    #[error("mail.from {from:?} is no address")]
    From {
        /// The address.
        from: String,
    },
    /// TLS can't be set up for this host.
    #[error("mail.host {host:?}: {why}")]
    Host {
        /// The host.
        host: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Where letters go.
pub struct Post {
    from: Mailbox,
    domain: String,
    way: Way,
}

enum Way {
    Smtp(SmtpTransport),
    Folder(PathBuf),
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

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.way {
            Way::Smtp(_) => "Post::Smtp",
            Way::Folder(_) => "Post::Folder",
        })
    }
}

/// Told to mail programs, so that nobody's absence note answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Post {
    /// Writes letters into a folder, one `.eml` file each.
    ///
    /// # Errors
    /// [`PostError::From`].
    pub fn folder(folder: &Path, from: &str) -> Result<Self, PostError> {
        Self::new(from, Way::Folder(folder.to_owned()))
    }

    /// Hands letters to a mail server. Nothing is sent yet.
    ///
    /// # Errors
    /// When a file can't be used, or an address is none.
    pub fn smtp(smtp: &Smtp, from: &str) -> Result<Self, PostError> {
        let tls = match smtp.tls {
            Tls::None => Wire::None,
            Tls::StartTls => Wire::Required(tls_parameters(smtp)?),
            Tls::Required => Wire::Wrapper(tls_parameters(smtp)?),
        };
        let mailbox: Mailbox = from.parse().map_err(|_| PostError::From { from: from.into() })?;
        let mut builder = SmtpTransport::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(ANSWER))
            .hello_name(ClientId::Domain(mailbox.email.domain().to_owned()));
        if let Some(login) = &smtp.login {
            let password = read("mail.password_file", &login.password_file)?;
            let password = password.lines().next().unwrap_or_default().to_owned();
            builder = builder.credentials(Credentials::new(login.username.clone(), password));
        }
        Self::new(from, Way::Smtp(builder.build()))
    }

    fn new(from: &str, way: Way) -> Result<Self, PostError> {
        let from: Mailbox = from.parse().map_err(|_| PostError::From { from: from.into() })?;
        Ok(Self { domain: from.email.domain().to_owned(), from, way })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// The class of what went wrong; the log has the server's code and never its words.
    pub async fn send(&self, delivery: &Delivery<'_>) -> Result<(), Failure> {
        let message = self.message(delivery)?;
        match &self.way {
            Way::Folder(folder) => {
                let (folder, name) = (folder.clone(), format!("{}.eml", delivery.id));
                let bytes = message.formatted();
                let written = tokio::task::spawn_blocking(move || put(&folder, &name, &bytes)).await;
                match written {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => {
                        tracing::warn!(mail = delivery.id, %error, "the outbox folder can't be written");
                        Err(Failure::Folder)
                    }
                    Err(_) => Err(Failure::Folder),
                }
            }
            Way::Smtp(transport) => {
                // The transport blocks; it reads and writes with time limits of its own.
                let transport = transport.clone();
                let sending = tokio::task::spawn_blocking(move || transport.send(&message));
                match tokio::time::timeout(WHOLE, sending).await {
                    Ok(Ok(Ok(_))) => Ok(()),
                    Ok(Ok(Err(error))) => {
                        let failure = class(&error);
                        let code = error.status().map(|code| code.to_string()).unwrap_or_default();
                        tracing::warn!(mail = delivery.id, %failure, %code, "a mail wasn't taken");
                        Err(failure)
                    }
                    Ok(Err(_)) => Err(Failure::Unreachable),
                    Err(_) => Err(Failure::Timeout),
                }
            }
        }
    }

    fn message(&self, delivery: &Delivery<'_>) -> Result<Message, Failure> {
        let to: Mailbox = delivery.to.trim().parse().map_err(|_| Failure::Address)?;
        let since = Duration::from_millis(u64::try_from(delivery.at).unwrap_or(0));
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&delivery.letter.subject)
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{}@{}>", delivery.id, self.domain)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(delivery.letter.body.clone())
            .map_err(|_| Failure::Address)
    }
}

fn tls_parameters(smtp: &Smtp) -> Result<TlsParameters, PostError> {
    let host = |error: smtp::Error| PostError::Host { host: smtp.host.clone(), why: error.to_string() };
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let pem = read("mail.ca_file", file)?;
        let certificate = Certificate::from_pem(pem.as_bytes()).map_err(|error| PostError::File {
            key: "mail.ca_file",
            file: file.clone(),
            why: error.to_string(),
        })?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(host)
}

fn read(key: &'static str, file: &Path) -> Result<String, PostError> {
    std::fs::read_to_string(file).map_err(|error| PostError::File {
        key,
        file: file.to_owned(),
        why: error.to_string(),
    })
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

fn class(error: &smtp::Error) -> Failure {
    let code = error.status().map(|code| code.to_string());
    if matches!(code.as_deref(), Some("530" | "534" | "535" | "538")) {
        Failure::Login
    } else if error.is_permanent() {
        Failure::Refused
    } else if error.is_transient() {
        Failure::Later
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_tls() {
        Failure::Tls
    } else {
        Failure::Unreachable
    }
}
