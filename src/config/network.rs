//! The settings of the network: a certificate of our own, and the proxies that are believed.

use std::net::IpAddr;
use std::path::PathBuf;

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

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
