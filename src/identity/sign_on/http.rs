//! How the provider is asked: by TLS, within a time, for answers of a bounded size, and never on to elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};

/// Bytes of an answer at most: metadata and keys are a few thousand.
const MOST: usize = 1 << 20;

/// Asks the provider.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    loopback: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody answers, or not in time.
    #[error("{0}")]
    Request(#[from] reqwest::Error),
    /// The answer doesn't end.
    #[error("an answer of more than {MOST} bytes")]
    TooLarge,
    /// The provider names an address that isn't safe to ask.
    #[error("{0} is not reached by https")]
    Insecure(String),
    /// The answer can't be put together.
    #[error("{0}")]
    Answer(#[from] http::Error),
}

impl Http {
    /// `loopback`: a provider on this machine, asked without TLS.
    ///
    /// # Errors
    /// When TLS can't be set up, such as on a machine without root certificates.
    pub fn new(timeout: Duration, loopback: bool) -> Result<Self, reqwest::Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Somebody else may be faster: then theirs is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(timeout)
            .timeout(timeout);
        if loopback {
            builder = builder.no_proxy().tls_certs_only([]);
        }
        Ok(Self { client: builder.build()?, loopback })
    }

    /// Whether an address may be asked, or people be led to it.
    pub fn reaches(&self, address: &str) -> bool {
        let on_loopback = |rest: &str| {
            ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
                let rest = rest.strip_prefix(host);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
            })
        };
        let plain = address.strip_prefix("http://").is_some_and(on_loopback);
        address.starts_with("https://") || (self.loopback && plain)
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, AskError> {
        let (head, body) = request.into_parts();
        let address = head.uri.to_string();
        if !self.reaches(&address) {
            return Err(AskError::Insecure(address));
        }
        let request = self.client.request(head.method, address).headers(head.headers).body(body);
        let mut answer = request.send().await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > MOST {
                return Err(AskError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        Ok(response.body(bytes)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = AskError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AskError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_and_a_configured_loopback_are_reached() {
        let (far, near) = (Http::new(Duration::from_secs(1), false), Http::new(Duration::from_secs(1), true));
        let (far, near) = (far.expect("a client"), near.expect("a client"));
        for (address, by_far, by_near) in [
            ("https://id.example.org/token", true, true),
            ("http://id.example.org/token", false, false),
            ("http://127.0.0.1:4000/token", false, true),
            ("http://localhost/token", false, true),
            ("http://[::1]:4000/token", false, true),
            ("http://127.0.0.1.example.org/token", false, false),
            ("http://localhost@example.org/token", false, false),
            ("ftp://127.0.0.1/", false, false),
        ] {
            assert_eq!((far.reaches(address), near.reaches(address)), (by_far, by_near), "{address}");
        }
    }
}
