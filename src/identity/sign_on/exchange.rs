//! One exchange: a code becomes what the provider says of a person, after every check.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use openidconnect::core::{
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, IdTokenClaims, IdTokenVerifier,
    LocalizedClaim, Nonce, OAuth2TokenResponse as _, PkceCodeVerifier, RequestTokenError,
    SignatureVerificationError, StandardErrorResponse, TokenResponse as _, UserInfoClaims, UserInfoError,
};

use super::claims::{Claimed, SchoolClaims, plain, schools_and_student};
use super::http::AskError;
use super::provider::{GOOD, Metadata, OurClient, Provider, Tokens, undiscovered};
use super::trouble::Trouble;

/// How far the provider's clock may be from ours, in milliseconds.
const SKEW: i64 = 60_000;
/// How old a new token may be, in milliseconds.
const AGE: i64 = 10 * 60_000;

/// Signatures by keys that the provider publishes; none by a secret that we hold too, and never none at all.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Claims = IdTokenClaims<SchoolClaims, CoreGenderClaim>;
type Info = UserInfoClaims<SchoolClaims, CoreGenderClaim>;

impl Provider {
    /// Exchanges a code for what the provider says of the person, checked; with the token as it came.
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        now: i64,
    ) -> Result<(Claimed, String), Trouble> {
        let metadata = self.metadata(now, GOOD).await?;
        let client = self.client(&metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| Trouble::Misconfigured(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        let tokens: Tokens =
            request.request_async(&self.http).await.map_err(|error| self.unexchanged(error, now))?;
        let claims = self.verified(&tokens, metadata.jwks(), nonce, now);
        let claims = match claims {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                // The provider signs with a key that we don't know yet.
                let keys = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http).await;
                let keys = keys.map_err(|error| Trouble::Unreachable(undiscovered(error)))?;
                let claims = self.verified(&tokens, &keys, nonce, now);
                self.note(|known| known.metadata = Some(Arc::new((*metadata).clone().set_jwks(keys))));
                claims
            }
            other => other,
        };
        let claims = claims.map_err(|error| Trouble::Unfit(unfit(&error)))?;
        let info = self.user_info(&client, &metadata, &tokens, &claims, now).await?;
        let token = tokens.id_token().map(ToString::to_string).unwrap_or_default();
        Ok((self.claimed(&claims, info.as_ref()), token))
    }

    /// The claims of a token that passes every check of OpenID Connect Core, 3.1.3.7.
    fn verified(
        &self,
        tokens: &Tokens,
        keys: &CoreJsonWebKeySet,
        nonce: &str,
        now: i64,
    ) -> Result<Claims, ClaimsVerificationError> {
        let settings = &self.settings;
        let token =
            tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("there is no ID token".into()))?;
        let client_id = ClientId::new(settings.client_id.clone());
        let within = move |issued: i64| {
            let good = issued <= now + SKEW && issued >= now - AGE;
            if good { Ok(()) } else { Err("issued too long ago, or in the future".to_owned()) }
        };
        let verifier = IdTokenVerifier::new_public_client(client_id, settings.issuer.clone(), keys.clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || moment(now - SKEW).into())
            .set_issue_time_verifier_fn(move |at| within(at.timestamp_millis()));
        let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned()))?;
        if claims.authorized_party().is_some_and(|party| **party != settings.client_id) {
            return Err(ClaimsVerificationError::InvalidAudience("authorized for another client".into()));
        }
        if let Some(hash) = claims.access_token_hash() {
            let signature = ClaimsVerificationError::SignatureVerification;
            let (algorithm, key) =
                (token.signing_alg().map_err(signature)?, token.signing_key(&verifier).map_err(signature)?);
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if !actual.is_ok_and(|actual| actual == *hash) {
                return Err(ClaimsVerificationError::Other("at_hash belongs to another access token".into()));
            }
        }
        Ok(claims.clone())
    }

    /// What the provider says at its user info endpoint, if it has one; of the same person.
    async fn user_info(
        &self,
        client: &OurClient,
        metadata: &Metadata,
        tokens: &Tokens,
        claims: &Claims,
        now: i64,
    ) -> Result<Option<Info>, Trouble> {
        if metadata.userinfo_endpoint().is_none() {
            return Ok(None);
        }
        let request = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| Trouble::Misconfigured(error.to_string()))?;
        let info: Result<Info, _> = request.request_async(&self.http).await;
        info.map(Some).map_err(|error| match error {
            UserInfoError::ClaimsVerification(error) => Trouble::Unfit(unfit(&error)),
            UserInfoError::Request(error) => self.unreachable(error.to_string(), now),
            UserInfoError::Parse(error) => Trouble::Unreachable(format!("user info, {}", error.path())),
            UserInfoError::Response(status, ..) => Trouble::Unreachable(format!("user info: HTTP {status}")),
            _ => Trouble::Unreachable("user info can't be read".into()),
        })
    }

    fn claimed(&self, claims: &Claims, info: Option<&Info>) -> Claimed {
        let settings = &self.settings;
        let mut told = vec![claims.additional_claims().clone()];
        told.extend(info.map(|info| info.additional_claims().clone()));
        let (schools, student) = schools_and_student(&told, &settings.student_titles);
        let name = first(claims.name().or_else(|| info?.name()));
        let nickname = claims.preferred_username().or_else(|| info?.preferred_username());
        let name = name.or_else(|| nickname.map(|name| name.to_string())).unwrap_or_default();
        let confirmed = claims.email_verified().or_else(|| info?.email_verified()).unwrap_or(true);
        let email = claims.email().or_else(|| info?.email()).map(|email| email.trim().to_owned());
        let email =
            email.filter(|email| confirmed && email.contains('@') && !email.contains(char::is_whitespace));
        let methods: Vec<&str> =
            claims.auth_method_refs().into_iter().flatten().map(|method| method.as_str()).collect();
        // `otp` or `hwk` alone would be one factor, not two (RFC 8176).
        let by_method = methods.iter().any(|method| {
            settings.second_factor_amr.iter().any(|m| m == method) && (*method == "mfa" || methods.len() > 1)
        });
        let by_class = claims
            .auth_context_ref()
            .is_some_and(|class| settings.second_factor_acr.iter().any(|c| *c == **class));
        Claimed {
            subject: claims.subject().to_string(),
            name: plain(&name, 50),
            email: plain(&email.unwrap_or_default(), 254),
            schools,
            student,
            second_factor: by_method || by_class,
            proved_at: claims.auth_time().map(|at| at.timestamp_millis()),
        }
    }

    fn unreachable(&self, why: String, now: i64) -> Trouble {
        self.note(|known| (known.failed, known.tried_at) = (true, Some(now)));
        Trouble::Unreachable(why)
    }

    fn unexchanged(
        &self,
        error: RequestTokenError<AskError, StandardErrorResponse<CoreErrorResponseType>>,
        now: i64,
    ) -> Trouble {
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                CoreErrorResponseType::InvalidGrant => Trouble::Spent,
                other => Trouble::Misconfigured(plain(other.as_ref(), 60)),
            },
            RequestTokenError::Request(error) => self.unreachable(error.to_string(), now),
            // What stands there could be a person's; it isn't logged.
            RequestTokenError::Parse(_, answer) if names_token(&answer) => {
                Trouble::Unfit("it can't be read".into())
            }
            RequestTokenError::Parse(error, _) => self.unreachable(format!("tokens, {}", error.path()), now),
            RequestTokenError::Other(why) => self.unreachable(why, now),
        }
    }
}

/// Whether an answer that can't be read has a token in it: then that is what can't be.
fn names_token(answer: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(answer).is_ok_and(|answer| answer.get("id_token").is_some())
}

fn moment(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A claim in whatever language; without one where there are several.
fn first<T: Clone + std::ops::Deref<Target = String>>(claim: Option<&LocalizedClaim<T>>) -> Option<String> {
    let claim = claim?;
    let any = || claim.iter().next().map(|(_, value)| value);
    claim.get(None).or_else(any).map(|value| value.to_string()).filter(|text| !text.trim().is_empty())
}

fn unfit(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(why) => format!("{error}: {why}"),
        // Its own words name both subjects.
        ClaimsVerificationError::InvalidSubject(_) => "Invalid subject".into(),
        other => other.to_string(),
    }
}
