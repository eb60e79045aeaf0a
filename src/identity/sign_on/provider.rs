//! The provider: what it says of itself, kept for a while, and where it is asked.

use std::sync::{Arc, Mutex, PoisonError};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, Client, ClientId, CsrfToken, DiscoveryError, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, LanguageTag,
    LogoutProviderMetadata, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadata, Scope, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};

use super::Settings;
use super::claims::{SchoolClaims, plain};
use super::http::{AskError, Http};
use super::trouble::Trouble;

/// How long what the provider says of itself is good for leading people there, in milliseconds. It is short, so that
/// nobody is led to a provider that went away.
const FRESH: i64 = 60_000;
/// How long it is good for those who come back.
pub(super) const GOOD: i64 = 60 * 60_000;
/// How long a provider that didn't answer isn't asked again, in milliseconds.
const PAUSE: i64 = 5_000;

/// What is asked of the provider's metadata beyond the standard's own.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Answers {
    /// Whether answers name their issuer (RFC 9207): then one that doesn't is refused.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Answers {}

pub(super) type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Answers>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Fields = IdTokenFields<
    SchoolClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;

pub(super) type OurClient = Client<
    SchoolClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, and how it answered last.
#[derive(Debug)]
pub struct Provider {
    pub(super) settings: Settings,
    pub(super) http: Http,
    known: Mutex<Known>,
    /// One look at a time.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) metadata: Option<Arc<Metadata>>,
    read_at: i64,
    pub(super) tried_at: Option<i64>,
    pub(super) failed: bool,
}

/// What a sign-on begins with; the secrets come back or are asked for again.
#[derive(Debug)]
pub struct Begun<'a> {
    /// Comes back with the answer.
    pub state: &'a str,
    /// Comes back in the token.
    pub nonce: &'a str,
    /// Shown when the code is exchanged.
    pub verifier: &'a str,
    /// Whether the person is to say anew who they are.
    pub again: bool,
}

impl Provider {
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let loopback = settings.issuer.url().scheme() == "http";
        let http = Http::new(settings.timeout, loopback)?;
        Ok(Self { settings, http, known: Mutex::default(), looking: tokio::sync::Mutex::default() })
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the last try came to nothing.
    pub fn is_down(&self) -> bool {
        self.known().failed
    }

    /// Whether it is time to look how the provider is.
    pub fn is_due(&self, now: i64) -> bool {
        let known = self.known();
        let pause = if known.failed { 6 * PAUSE } else { FRESH };
        known.tried_at.is_none_or(|at| at + pause <= now)
    }

    /// What the provider says of itself: as it was kept, or asked for anew.
    pub(super) async fn metadata(&self, now: i64, good: i64) -> Result<Arc<Metadata>, Trouble> {
        let known = self.known();
        match known.metadata {
            Some(metadata) if known.read_at + good > now && !known.failed => Ok(metadata),
            _ => self.look(now).await,
        }
    }

    /// Asks the provider what it says of itself, unless it has just failed to answer.
    pub async fn look(&self, now: i64) -> Result<Arc<Metadata>, Trouble> {
        let _one = self.looking.lock().await;
        let known = self.known();
        match (known.tried_at, known.metadata) {
            (Some(at), _) if known.failed && now < at + PAUSE => {
                return Err(Trouble::Unreachable("it didn't a moment ago".into()));
            }
            (Some(at), Some(metadata)) if !known.failed && now < at + PAUSE => return Ok(metadata),
            _ => {}
        }
        let found = self.discover().await;
        self.note(|known| {
            known.tried_at = Some(now);
            known.failed = found.is_err();
            if let Ok(metadata) = &found {
                known.metadata = Some(Arc::clone(metadata));
                known.read_at = now;
            }
        });
        found
    }

    async fn discover(&self) -> Result<Arc<Metadata>, Trouble> {
        let metadata = Metadata::discover_async(self.settings.issuer.clone(), &self.http).await;
        let metadata = metadata.map_err(|error| Trouble::Unreachable(undiscovered(error)))?;
        let leads = [Some(metadata.authorization_endpoint().as_str()), end_session(&metadata)];
        if let Some(address) = leads.into_iter().flatten().find(|address| !self.http.reaches(address)) {
            return Err(Trouble::Unreachable(AskError::Insecure(address.to_owned()).to_string()));
        }
        Ok(Arc::new(metadata))
    }

    pub(super) fn client(&self, metadata: &Metadata) -> OurClient {
        let Settings { client_id, client_secret, auth_type, redirect, .. } = &self.settings;
        let client = OurClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(client_id.clone()),
            Some(client_secret.clone()),
        );
        client.set_auth_type(auth_type.clone()).set_redirect_uri(redirect.clone())
    }

    /// Where the person is led to say who they are.
    pub async fn authorize(&self, begun: &Begun<'_>, now: i64) -> Result<String, Trouble> {
        let metadata = self.metadata(now, FRESH).await?;
        let client = self.client(&metadata);
        let verifier = PkceCodeVerifier::new(begun.verifier.to_owned());
        let (state, nonce) = (CsrfToken::new(begun.state.to_owned()), Nonce::new(begun.nonce.to_owned()));
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state.clone(),
                move || nonce.clone(),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_ui_locale(LanguageTag::new("zh-TW".into()));
        // Some refuse the whole request for one scope that they don't know.
        let offered = metadata.scopes_supported();
        for scope in &self.settings.scopes {
            let scope = Scope::new(scope.clone());
            if offered.is_none_or(|offered| offered.contains(&scope)) {
                request = request.add_scope(scope);
            }
        }
        if begun.again {
            // With a largest age the provider has to say when it asked, whatever becomes of this address on the way.
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
        }
        Ok(request.url().0.to_string())
    }

    /// Refuses an answer that another provider could have given.
    pub async fn check_issuer(&self, named: Option<&str>, now: i64) -> Result<(), Trouble> {
        let metadata = self.metadata(now, GOOD).await?;
        match named {
            Some(named) if named == self.settings.issuer.as_str() => Ok(()),
            None if !answers_name_issuer(&metadata) => Ok(()),
            _ => Err(Trouble::AnotherIssuer),
        }
    }

    /// Where the person is led to log out there too; nothing where the provider has no such place.
    pub fn leave(&self, id_token: &str) -> Option<String> {
        let known = self.known();
        let metadata = known.metadata.filter(|_| !known.failed)?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone()?;
        let mut request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(
                self.settings.after_leaving.clone(),
            ));
        if let Ok(token) = id_token.parse::<OurToken>() {
            request = request.set_id_token_hint(&token);
        }
        Some(request.http_get_url().to_string())
    }
}

type OurToken =
    IdToken<SchoolClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

fn end_session(metadata: &Metadata) -> Option<&str> {
    metadata.additional_metadata().end_session_endpoint.as_ref().map(|address| address.as_str())
}

fn answers_name_issuer(metadata: &Metadata) -> bool {
    metadata.additional_metadata().additional_metadata.authorization_response_iss_parameter_supported
}

pub(super) fn undiscovered(error: DiscoveryError<AskError>) -> String {
    match error {
        DiscoveryError::Request(error) => error.to_string(),
        DiscoveryError::Parse(error) => format!("metadata or keys, {}", error.path()),
        other => plain(&other.to_string(), 300),
    }
}
