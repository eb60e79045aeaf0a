//! What an installation knows of its provider.

use std::time::Duration;

use openidconnect::url::Url;
use openidconnect::{AuthType, ClientSecret, IssuerUrl, RedirectUrl};

/// The provider, and what we are there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's identifier, compared by every character.
    pub issuer: IssuerUrl,
    /// What the provider knows us by.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: ClientSecret,
    /// How the secret is shown.
    pub auth_type: AuthType,
    /// Where the provider leads back to after a sign-on.
    pub redirect: RedirectUrl,
    /// Where it leads back to after a log-out.
    pub after_leaving: Url,
    /// Its name, as people know it.
    pub label: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How long it may take for one answer.
    pub timeout: Duration,
    /// Values of `amr` that tell of a second factor.
    pub second_factor_amr: Vec<String>,
    /// Values of `acr` that do.
    pub second_factor_acr: Vec<String>,
    /// Titles that students have.
    pub student_titles: Vec<String>,
}

/// Where provider and client are, as an installation is configured.
#[derive(Debug)]
pub struct Places<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// Our client there.
    pub client_id: &'a str,
    /// Its secret.
    pub client_secret: &'a str,
    /// Whether the secret goes into the form instead of a header.
    pub secret_in_form: bool,
    /// How people reach us, without a slash at the end.
    pub public_url: &'a str,
}

impl Settings {
    /// With the usual scopes, time and titles.
    ///
    /// # Errors
    /// When issuer or public URL is no address.
    pub fn new(places: &Places<'_>) -> Result<Self, openidconnect::url::ParseError> {
        let strings = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Ok(Self {
            issuer: IssuerUrl::new(places.issuer.to_owned())?,
            client_id: places.client_id.to_owned(),
            client_secret: ClientSecret::new(places.client_secret.to_owned()),
            auth_type: if places.secret_in_form { AuthType::RequestBody } else { AuthType::BasicAuth },
            redirect: RedirectUrl::new(format!("{}/sign-on/return", places.public_url))?,
            after_leaving: Url::parse(&format!("{}/login", places.public_url))?,
            label: "單一登入".into(),
            scopes: strings(&["profile", "email", "kh_profile", "kh_titles"]),
            timeout: Duration::from_secs(5),
            second_factor_amr: strings(&["mfa", "otp", "hwk"]),
            second_factor_acr: Vec::new(),
            student_titles: strings(&["學生", "student"]),
        })
    }
}
