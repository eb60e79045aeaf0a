//! From where requests come: proxies that are believed and others; and TLS of our own.

mod proxies;
mod tls;
