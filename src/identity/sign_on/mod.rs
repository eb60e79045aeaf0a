//! Sign-on by OpenID Connect: authorization code with PKCE (S256), state and nonce.
//!
//! 1. [`SignOn::begin`] keeps an attempt, bound to the browser by a secret in its cookie, for ten minutes and one
//!    use, and tells where the person is led.
//! 2. [`SignOn::finish`] takes the attempt out, exchanges the code, checks the token, and finds or makes the account.
//!
//! Who someone is there is issuer and subject, nothing else: no address or name of the provider's ever leads into an
//! account that is here already. A session doesn't depend on the provider: it may be down while people work.

mod account;
mod claims;
mod exchange;
mod http;
mod provider;
mod settings;
mod trouble;

use std::sync::Arc;

use crate::case::ids::Digest;
use crate::clock::World;
use crate::store::identities::{self, NewAttempt};
use crate::store::people::Person;
use crate::store::{Store, StoreError};

use provider::{Begun, Provider};

pub use settings::{Places, Settings};
pub use trouble::Trouble;

/// How long a sign-on may take, in minutes.
pub const MINUTES: i64 = 10;

/// The sign-on of an installation.
#[derive(Debug)]
pub struct SignOn {
    provider: Provider,
}

/// A browser that begins.
#[derive(Debug)]
pub struct Start<'a> {
    /// The secret in its cookie.
    pub browser: &'a str,
    /// The local path to go on to.
    pub next: &'a str,
    /// Whether the person is to say anew who they are.
    pub again: bool,
}

/// What the provider sends back through the browser.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    /// What began it.
    pub state: &'a str,
    /// To be exchanged.
    pub code: Option<&'a str>,
    /// Who answers (RFC 9207).
    pub issuer: Option<&'a str>,
    /// Why there is no code.
    pub error: Option<&'a str>,
}

/// Someone who came in.
#[derive(Debug)]
pub struct Arrival {
    /// Who.
    pub person: Person,
    /// The account was made just now.
    pub is_new: bool,
    /// The provider asked for a second factor.
    pub second_factor: bool,
    /// When the person last proved to the provider who they are, if it says so (epoch milliseconds).
    pub proved_at: Option<i64>,
    /// Codes of schools of ours that the provider names.
    pub schools: Vec<String>,
    /// The local path to go on to.
    pub next: String,
}

impl SignOn {
    /// By these settings. Doesn't ask the provider yet.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        Ok(Self { provider: Provider::new(settings)? })
    }

    /// The provider's name, as people know it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.provider.settings.label
    }

    /// The provider's identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.provider.settings.issuer.as_str()
    }

    /// Whether the provider didn't answer when it was asked last.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.provider.is_down()
    }

    /// Looks how the provider is, if it is time to. Nobody waits for it.
    pub fn look(self: &Arc<Self>, now: i64) {
        if self.provider.is_due(now) {
            let sign_on = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(trouble) = sign_on.provider.look(now).await {
                    tracing::warn!(%trouble, "sign-on is not available");
                }
            });
        }
    }

    /// Begins a sign-on: the address that the person is led to.
    ///
    /// # Errors
    /// When the provider doesn't answer, or the database fails.
    pub async fn begin(&self, store: &Store, world: &World, start: &Start<'_>) -> Result<String, Trouble> {
        let [state, nonce, verifier] = [(); 3].map(|()| secret(world));
        let now = world.now();
        let begun = Begun { state: &state, nonce: &nonce, verifier: &verifier, again: start.again };
        let address = self.provider.authorize(&begun, now).await?;
        let attempt = NewAttempt {
            state_hash: &hash(&state),
            browser_hash: &hash(start.browser),
            nonce: &nonce,
            verifier: &verifier,
            next: start.next,
            expires_at: now + MINUTES * 60_000,
        };
        let mut tx = store.write().await?;
        identities::begin(&mut tx, &attempt, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(address)
    }

    /// Finishes a sign-on of this browser.
    ///
    /// # Errors
    /// When any check fails, the provider doesn't answer, the person may not come in, or the database fails.
    pub async fn finish(
        &self,
        store: &Store,
        world: &World,
        browser: &str,
        answer: &Answer<'_>,
    ) -> Result<Arrival, Trouble> {
        let now = world.now();
        let mut tx = store.write().await?;
        let attempt = identities::take(&mut tx, &hash(answer.state), &hash(browser)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let attempt = attempt.ok_or(Trouble::Unknown)?;
        if attempt.expires_at <= now {
            return Err(Trouble::TooLate);
        }
        self.provider.check_issuer(answer.issuer, now).await?;
        if let Some(error) = answer.error {
            return Err(Trouble::Denied(claims::plain(error, 60)));
        }
        let code = answer.code.ok_or_else(|| Trouble::Denied("nothing".into()))?;
        let (claimed, token) = self.provider.exchange(code, &attempt.verifier, &attempt.nonce, now).await?;
        if claimed.student {
            return Err(Trouble::Student);
        }
        let admitted = account::admit(store, world, self.issuer(), &claimed, &token).await?;
        Ok(Arrival {
            person: admitted.person,
            is_new: admitted.is_new,
            schools: admitted.schools,
            second_factor: claimed.second_factor,
            proved_at: claimed.proved_at.map(|at| at.min(now)),
            next: attempt.next,
        })
    }

    /// Where somebody who came in by it is led to log out there too; nothing where there is no such place, or the
    /// provider is down. The token that is the hint there is forgotten here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave(&self, store: &Store, person: &str) -> Result<Option<String>, StoreError> {
        let mut tx = store.write().await?;
        let token = identities::take_id_token(&mut tx, self.issuer(), person).await?;
        tx.commit().await?;
        Ok(token.and_then(|token| self.provider.leave(&token)))
    }
}

/// A secret for a browser's cookie, a state, a nonce or a verifier: 256 random bits.
#[must_use]
pub fn secret(world: &World) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&world.entropy.bytes::<32>())
}

fn hash(secret: &str) -> String {
    Digest::of(secret.as_bytes()).to_string()
}
