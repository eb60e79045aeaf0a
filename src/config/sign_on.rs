//! The settings of sign-on by OpenID Connect.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;

/// How people sign on by another service, such as the education bureau's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOn {
    /// The provider's identifier, exactly as its tokens name it.
    pub issuer: String,
    /// What the provider knows us by.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: ClientSecret,
    /// How the secret is shown to the provider.
    pub auth_method: AuthMethod,
    /// The provider's name, as the button shows it.
    pub label: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How long the provider may take for one answer.
    pub timeout: Duration,
    /// Values of `amr` that tell of a second factor.
    pub second_factor_amr: Vec<String>,
    /// Values of `acr` that do.
    pub second_factor_acr: Vec<String>,
    /// Titles in `kh_titles` that students have.
    pub student_titles: Vec<String>,
}

/// Where the client's secret is.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientSecret {
    /// In the configuration or the environment.
    Given(String),
    /// In a file of its own.
    InFile(PathBuf),
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(redacted)"),
            Self::InFile(path) => f.debug_tuple("InFile").field(path).finish(),
        }
    }
}

/// How the client's secret is shown to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// `client_secret_basic`: in a header.
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

impl SignOn {
    /// None where no issuer is named.
    pub(super) fn read(r: &mut Reader) -> Option<Self> {
        let allowed = "an https:// address as the provider names itself (http:// on loopback only)";
        let issuer = r.parsed("sign_on.issuer", allowed, issuer);
        let client_id = r.text("sign_on.client_id", "");
        let given = r.secret("sign_on.client_secret");
        let in_file = r.path("sign_on.client_secret_file");
        let methods = [("client_secret_basic", AuthMethod::Basic), ("client_secret_post", AuthMethod::Post)];
        let auth_method = r.choice("sign_on.auth_method", &methods);
        let label = r.text("sign_on.label", "單一登入");
        let scopes = words(r, "sign_on.scopes", &["profile", "email", "kh_profile", "kh_titles"]);
        let timeout = Duration::from_secs(r.number("sign_on.timeout_seconds", 5, 1..=60));
        let second_factor_amr = words(r, "sign_on.second_factor_amr", &["mfa", "otp", "hwk"]);
        let second_factor_acr = words(r, "sign_on.second_factor_acr", &[]);
        let student_titles = words(r, "sign_on.student_titles", &["學生", "student"]);
        let issuer = issuer?;
        if client_id.is_empty() {
            r.problem("sign_on.client_id", None::<&str>, "what the provider knows this installation by");
        }
        let client_secret = match (given, in_file) {
            (_, Some(path)) => ClientSecret::InFile(path),
            (Some(secret), None) => ClientSecret::Given(secret),
            (None, None) => {
                let meaning = "the secret at the provider; or name its file as sign_on.client_secret_file";
                r.problem("sign_on.client_secret", None::<&str>, meaning);
                ClientSecret::Given(String::new())
            }
        };
        Some(Self {
            issuer,
            client_id,
            client_secret,
            auth_method,
            label,
            scopes,
            timeout,
            second_factor_amr,
            second_factor_acr,
            student_titles,
        })
    }
}

/// An issuer's identifier: HTTPS, or HTTP on this machine; no query, no fragment (OpenID Connect Core, 2).
fn issuer(text: &str) -> Option<String> {
    let host = |rest: &str| rest.split(['/', ':']).next().unwrap_or_default().to_owned();
    let reached = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() || rest.starts_with('['),
        (None, Some(rest)) => {
            matches!(host(rest).as_str(), "localhost" | "127.0.0.1") || rest.starts_with("[::1]")
        }
        (None, None) => false,
    };
    let plain = !text.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | '@' | '"'));
    (reached && plain).then(|| text.to_owned())
}

fn words(r: &mut Reader, key: &str, default: &[&str]) -> Vec<String> {
    let word = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let allowed = r#"a list of words, such as ["profile", "email"]"#;
    r.list_or(key, allowed, word).unwrap_or_else(|| default.iter().map(|&word| word.to_owned()).collect())
}
