//! The settings of the network: a certificate of our own, the proxies that are believed, where metrics are, and how
//! the process leaves.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;

/// The files of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

impl Tls {
    /// None where neither file is named; one without the other can't be used.
    pub(super) fn read(r: &mut Reader) -> Option<Self> {
        match (r.path("tls.certificate"), r.path("tls.key")) {
            (Some(certificate), Some(key)) => Some(Self { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                r.problem("tls.key", None::<&str>, "the private key of tls.certificate, PEM");
                None
            }
            (None, Some(_)) => {
                r.problem("tls.certificate", None::<&str>, "the certificate of tls.key with its chain, PEM");
                None
            }
        }
    }
}

/// Which proxies are believed, and where they say from whom a request comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Their addresses and networks; nobody else's word is taken.
    pub trusted: Vec<IpNet>,
    /// The one header that they set. The other one may come from anybody.
    pub header: ProxyHeader,
}

/// The header in which proxies say from whom a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Proxy {
    pub(super) fn read(r: &mut Reader) -> Self {
        let allowed = r#"a list of addresses and networks, such as ["127.0.0.1/32", "10.1.0.0/16"]"#;
        let trusted = r.list("proxy.trusted", allowed, network);
        let choices = [("x-forwarded-for", ProxyHeader::XForwarded), ("forwarded", ProxyHeader::Forwarded)];
        Self { trusted, header: r.choice("proxy.header", &choices) }
    }
}

/// How the process ends once it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long it says that it isn't ready, and still takes what comes: until whoever sends people here has noticed.
    pub lead: Duration,
    /// How long what is under way may take after that.
    pub limit: Duration,
}

impl Shutdown {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            lead: Duration::from_secs(r.number("shutdown.lead_seconds", 0, 0..=300)),
            limit: Duration::from_secs(r.number("shutdown.limit_seconds", 30, 1..=3600)),
        }
    }
}

/// The address of metrics and of the looks with details; nobody is asked there who they are.
pub(super) fn metrics(r: &mut Reader) -> Option<SocketAddr> {
    let allowed = "an IP address and a port, such as 127.0.0.1:9464";
    let listen: Option<SocketAddr> = r.parsed("metrics.listen", allowed, |text| text.parse().ok());
    if let Some(listen) = listen.filter(|listen| !listen.ip().is_loopback()) {
        r.warn(format!(
            "metrics.listen = {listen} is open to whoever reaches it: see that only your own network does"
        ));
    }
    listen
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
