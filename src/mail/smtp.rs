//! The way to a mail server: where it is, how it is spoken to, and what its refusals mean.
//!
//! The transport blocks, so each mail is handed over beside the runtime. The server's own words may name the
//! address, so they are neither logged nor kept: only their code and the class.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::Transport as _;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls as Wire, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, SmtpTransport};

use super::{Failure, Mailbox};

/// How long one mail may take in all: longer than all answers of one together, shorter than any lease on it.
const WHOLE: Duration = Duration::from_secs(240);

/// How the way to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// By STARTTLS: a server that doesn't offer it gets no mail.
    StartTls,
    /// From the first byte.
    FromStart,
    /// Not: only for a server on the same machine.
    None,
}

/// As whom the server is asked. The password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
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
    /// A certificate authority beside the machine's own (PEM).
    pub ca_file: Option<PathBuf>,
    /// How long it may take for one answer.
    pub answer: Duration,
}

/// Why a mail server can't be used; the message names the setting.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The file of the certificate authority can't be used.
    #[error("mail.ca_file {}: {why}", file.display())]
    Authority {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
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

/// The way to one mail server.
#[derive(Clone, Debug)]
pub(super) struct Way(SmtpTransport);

impl Way {
    /// Sets it up; nothing is sent yet. The sender's domain is how we introduce ourselves.
    pub(super) fn new(smtp: &Smtp, from: &Mailbox) -> Result<Self, PostError> {
        let tls = match smtp.tls {
            Tls::StartTls => Wire::Required(parameters(smtp)?),
            Tls::FromStart => Wire::Wrapper(parameters(smtp)?),
            Tls::None => Wire::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(smtp.answer))
            .hello_name(ClientId::Domain(from.domain().to_owned()));
        if let Some(Login { user, password }) = &smtp.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self(builder.build()))
    }

    /// Hands a message over.
    pub(super) async fn send(
        &self,
        id: &str,
        from: &Mailbox,
        to: &Mailbox,
        text: String,
    ) -> Result<(), Failure> {
        let address = |mailbox: &Mailbox| mailbox.address().parse::<Address>().map_err(|_| Failure::Address);
        let envelope =
            Envelope::new(Some(address(from)?), vec![address(to)?]).map_err(|_| Failure::Address)?;
        let transport = self.0.clone();
        let sending = tokio::task::spawn_blocking(move || transport.send_raw(&envelope, text.as_bytes()));
        match tokio::time::timeout(WHOLE, sending).await {
            Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(error))) => {
                let failure = class(&error);
                let code = error.status().map(|code| code.to_string()).unwrap_or_default();
                tracing::warn!(mail = id, %failure, code, "the mail server didn't take a mail");
                Err(failure)
            }
            Ok(Err(_)) => Err(Failure::Unreachable),
            Err(_) => Err(Failure::Timeout),
        }
    }
}

fn parameters(smtp: &Smtp) -> Result<TlsParameters, PostError> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        builder = builder.add_root_certificate(authority(file)?);
    }
    builder
        .build_rustls()
        .map_err(|error| PostError::Host { host: smtp.host.clone(), why: error.to_string() })
}

fn authority(file: &Path) -> Result<Certificate, PostError> {
    let wrong = |why: String| PostError::Authority { file: file.to_owned(), why };
    let pem = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(wrong("it holds no certificate in PEM".into()));
    }
    let found = Certificate::from_pem(pem.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    // What it holds is looked into only where it is used; here the trouble is still known to be the file's.
    TlsParameters::builder(String::new())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(found.clone())
        .build_rustls()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(found)
}

fn class(error: &Error) -> Failure {
    let code = error.status().map(|code| code.to_string());
    match code.as_deref() {
        // RFC 4954, section 6: the login is missing, too weak, wrong, or wants encryption.
        Some("530" | "534" | "535" | "538") => Failure::Login,
        _ if error.is_permanent() => Failure::Refused,
        _ if error.is_transient() => Failure::Later,
        _ if is_late(error) => Failure::Timeout,
        _ if error.is_tls() => Failure::Tls,
        // The transport has one class for what the server lacks: STARTTLS, or a way to log in that we know.
        _ if error.is_client() && error.to_string().contains("STARTTLS") => Failure::Tls,
        _ if error.is_client() => Failure::Login,
        _ => Failure::Unreachable,
    }
}

/// A socket's own time limit is told as `WouldBlock` on Linux.
fn is_late(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return matches!(io.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        }
        source = inner.source();
    }
    false
}
