//! From which machine a request really comes, where reverse proxies stand between.
//!
//! A proxy is believed only if its address is on the list, and only in the one header that it is known to set:
//! anybody can send the other. Later readers find the asking machine in [`ConnectInfo`], as without a proxy.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use super::app::App;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// In which header the proxies say from whom a request comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Arc<[IpNet]>,
    told: Told,
}

/// One machine on the way, as the proxy behind it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hop {
    /// None where the proxy doesn't say it, or says it unreadably.
    address: Option<IpAddr>,
    /// `http` or `https`.
    scheme: Option<String>,
}

/// Who asks, and how.
#[derive(Debug, PartialEq, Eq)]
struct Asking {
    address: IpAddr,
    /// A believed proxy says that the request came to it in the clear.
    in_the_clear: bool,
}

/// Puts the asking machine's address where the peer's stands. Who came to the proxy in the clear, though people
/// are to come by TLS, is led to TLS.
pub async fn resolve(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        return next.run(request).await;
    };
    let asking = app.proxies.asking(peer.ip(), request.headers());
    if asking.in_the_clear && app.secure {
        return to_tls(&app, &request);
    }
    let port = if asking.address == peer.ip().to_canonical() { peer.port() } else { 0 };
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(asking.address, port)));
    next.run(request).await
}

/// What was sent in the clear with a form is lost already; it isn't asked for once more.
fn to_tls(app: &App, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::FORBIDDEN, "this service is reached by https only\n").into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let address = format!("{}{path}", app.public_url);
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, address)]).into_response()
}

impl Proxies {
    /// The proxies at these addresses, which speak in this header.
    #[must_use]
    pub fn new(trusted: &[IpNet], told: Told) -> Self {
        Self { trusted: trusted.into(), told }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// From the last proxy backwards: the first machine that isn't a believed proxy is the one that asks. What
    /// stands before it was said by that machine itself.
    fn asking(&self, peer: IpAddr, headers: &HeaderMap) -> Asking {
        let mut asking = Asking { address: peer.to_canonical(), in_the_clear: false };
        if !self.trusts(asking.address) {
            return asking;
        }
        for hop in self.hops(headers).into_iter().rev() {
            if let Some(scheme) = hop.scheme {
                asking.in_the_clear = scheme == "http";
            }
            let Some(address) = hop.address else { break };
            asking.address = address;
            if !self.trusts(address) {
                break;
            }
        }
        asking
    }

    /// The machines on the way, the first one first.
    fn hops(&self, headers: &HeaderMap) -> Vec<Hop> {
        match self.told {
            Told::Forwarded => {
                elements(headers, &header::FORWARDED).map(|element| forwarded(&element)).collect()
            }
            Told::XForwarded => {
                let mut hops: Vec<Hop> = elements(headers, &X_FORWARDED_FOR)
                    .map(|text| Hop { address: address(&text), scheme: None })
                    .collect();
                // One scheme a machine, or one alone: then the last proxy speaks for the whole way.
                let schemes: Vec<String> = elements(headers, &X_FORWARDED_PROTO).collect();
                if schemes.len() == hops.len() {
                    for (hop, scheme) in hops.iter_mut().zip(schemes) {
                        hop.scheme = Some(scheme.to_ascii_lowercase());
                    }
                } else if let (Some(hop), Some(scheme)) = (hops.last_mut(), schemes.last()) {
                    hop.scheme = Some(scheme.to_ascii_lowercase());
                }
                hops
            }
        }
    }
}

/// The elements of a list header, whether in one line or in several.
fn elements(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    let elements: Vec<String> = lines.flat_map(|line| line.split(',')).map(|e| e.trim().to_owned()).collect();
    elements.into_iter()
}

/// One element of `Forwarded`. Names such as `unknown` and `_hidden` are no address.
fn forwarded(element: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in element.split(';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = address(value),
            "proto" => hop.scheme = Some(value.to_ascii_lowercase()),
            _ => {}
        }
    }
    hop
}

/// An address with or without a port; IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    plain.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(told: Told) -> Proxies {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"];
        Proxies::new(&trusted.map(|network| network.parse().expect("a network")), told)
    }

    fn asking(told: Told, peer: &str, headers: &[(&'static str, &str)]) -> (String, bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        let asking = proxies(told).asking(peer.parse().expect("an address"), &map);
        (asking.address.to_string(), asking.in_the_clear)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let x = |peer: &str, headers: &[(&'static str, &str)]| asking(Told::XForwarded, peer, headers).0;
        assert_eq!(x("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")]), "192.0.2.1", "a stranger's word");
        assert_eq!(x("127.0.0.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(x("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(x("::ffff:127.0.0.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(
            x("127.0.0.1", &[("forwarded", "for=198.51.100.7")]),
            "127.0.0.1",
            "the header that it doesn't set"
        );
        assert_eq!(x("127.0.0.1", &[("x-forwarded-for", "nonsense")]), "127.0.0.1");
    }

    #[test]
    fn what_the_asking_machine_says_itself_is_not_believed() {
        let x = |headers: &[(&'static str, &str)]| asking(Told::XForwarded, "127.0.0.1", headers).0;
        assert_eq!(x(&[("x-forwarded-for", "203.0.113.9, 198.51.100.7")]), "198.51.100.7");
        assert_eq!(
            x(&[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")]),
            "198.51.100.7"
        );
        assert_eq!(x(&[("x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.1.2.3")]), "198.51.100.7");
        assert_eq!(x(&[("x-forwarded-for", "10.9.9.9, 10.1.2.3")]), "10.9.9.9", "all are ours: the first");
        assert_eq!(x(&[("x-forwarded-for", "198.51.100.7, nonsense, 10.1.2.3")]), "10.1.2.3");
    }

    #[test]
    fn both_headers_name_addresses_in_all_shapes() {
        let f = |value: &str| asking(Told::Forwarded, "127.0.0.1", &[("forwarded", value)]).0;
        assert_eq!(f("for=198.51.100.7;proto=https;by=10.0.0.1"), "198.51.100.7");
        assert_eq!(f("For=\"198.51.100.7:4711\""), "198.51.100.7");
        assert_eq!(f("for=\"[2001:db9::17]:4711\", for=10.1.1.1"), "2001:db9::17");
        assert_eq!(f("for=203.0.113.9, for=unknown"), "127.0.0.1", "the last one is hidden");
        assert_eq!(
            asking(Told::XForwarded, "127.0.0.1", &[("x-forwarded-for", "[2001:db9::17]")]).0,
            "2001:db9::17"
        );
    }

    #[test]
    fn who_came_in_the_clear_is_known() {
        let x = |peer: &str, proto: &str| {
            asking(
                Told::XForwarded,
                peer,
                &[("x-forwarded-for", "203.0.113.9, 198.51.100.7"), ("x-forwarded-proto", proto)],
            )
            .1
        };
        assert!(x("127.0.0.1", "http"));
        assert!(!x("127.0.0.1", "https"));
        assert!(x("127.0.0.1", "https, HTTP"));
        assert!(!x("192.0.2.1", "http"), "a stranger's word");
        assert!(asking(Told::Forwarded, "10.0.0.1", &[("forwarded", "for=198.51.100.7;proto=http")]).1);
    }
}
