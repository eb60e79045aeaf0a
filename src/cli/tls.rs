//! The listener. TLS of our own: the certificate from files, read again when they change or SIGHUP comes.
//!
//! A certificate that can't be used is logged, and the one before stays. TLS 1.2 and 1.3, as rustls has them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config;

use super::house::Trouble;
use super::leaving::{BROKEN_OFF, Leaving};

/// How long a request's headers may take: a connection on which nothing comes is closed.
const HEADERS: Duration = Duration::from_secs(30);
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What is served with.
pub struct Tls {
    files: config::Tls,
    bytes: Bytes,
    config: RustlsConfig,
}

/// Serves without TLS, before a proxy or on loopback, until the process is told to stop; requests under way are
/// finished, for as long as they may take.
///
/// # Errors
/// When the listener fails.
pub async fn serve_plainly(
    listener: TcpListener,
    service: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    leaving: &Leaving,
) -> Result<(), Trouble> {
    let mut server = axum_server::from_tcp(listener.into_std()?)?;
    server.http_builder().http1().header_read_timeout(HEADERS);
    Ok(server.handle(stopping(leaving)).serve(service).await?)
}

/// What ends a server when the process is told to stop.
fn stopping(leaving: &Leaving) -> Handle<SocketAddr> {
    let handle = Handle::new();
    let (stopping, leaving) = (handle.clone(), leaving.clone());
    tokio::spawn(async move {
        leaving.clone().begun().await;
        stopping.graceful_shutdown(None);
        leaving.over().await;
        if stopping.connection_count() > 0 {
            tracing::warn!("{BROKEN_OFF}");
        }
        stopping.shutdown();
    });
    handle
}

/// Certificate and key as the files hold them.
#[derive(PartialEq, Eq)]
struct Bytes {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one can't be read, or they are no certificate and its key; the message names them.
    pub async fn open(files: &config::Tls) -> Result<Self, Trouble> {
        install_provider();
        let bytes = read(files).await?;
        let config = RustlsConfig::from_pem(bytes.certificate.clone(), bytes.key.clone()).await;
        let config = config.map_err(|error| unusable(files, &error))?;
        Ok(Self { files: files.clone(), bytes, config })
    }

    /// Serves until the process is told to stop; requests under way are finished, within the limit.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        service: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
        leaving: &Leaving,
    ) -> Result<(), Trouble> {
        let mut server = axum_server::from_tcp_rustls(listener.into_std()?, self.config.clone())?;
        server.http_builder().http1().header_read_timeout(HEADERS);
        let watcher = tokio::spawn(self.watch());
        let served = server.handle(stopping(leaving)).serve(service).await;
        watcher.abort();
        Ok(served?)
    }

    async fn watch(mut self) {
        let mut hang_up = signal(SignalKind::hangup()).ok();
        let mut looks = tokio::time::interval(LOOK);
        loop {
            let asked = tokio::select! {
                _ = looks.tick() => false,
                () = next(&mut hang_up) => true,
            };
            match self.read_again().await {
                Ok(true) => tracing::info!("the certificate was read again"),
                Ok(false) if asked => tracing::info!("the certificate is still the same"),
                Ok(false) => {}
                Err(error) => tracing::error!(alert = true, %error, "the certificate before stays in use"),
            }
        }
    }

    /// Whether the files held something new. What can't be used is told once, not at every look.
    async fn read_again(&mut self) -> Result<bool, Trouble> {
        let bytes = read(&self.files).await?;
        if bytes == self.bytes {
            return Ok(false);
        }
        let (certificate, key) = (bytes.certificate.clone(), bytes.key.clone());
        self.bytes = bytes;
        let done = self.config.reload_from_pem(certificate, key).await;
        done.map(|()| true).map_err(|error| unusable(&self.files, &error))
    }
}

/// Everything that speaks TLS in this process uses ring. A second call changes nothing.
pub fn install_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("a provider of cryptography is set up already");
    }
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

async fn read(files: &config::Tls) -> Result<Bytes, Trouble> {
    let read = async |path: &std::path::Path| {
        tokio::fs::read(path)
            .await
            .map_err(|error| Trouble::from(format!("[tls] {}: {error}", path.display())))
    };
    Ok(Bytes { certificate: read(&files.certificate).await?, key: read(&files.key).await? })
}

fn unusable(files: &config::Tls, error: &std::io::Error) -> Trouble {
    format!(
        "[tls] {} and {} can't be used together: {error}",
        files.certificate.display(),
        files.key.display()
    )
    .into()
}
