//! An OpenID provider on loopback that a test can make misbehave. It signs with keys of its own, checks what it is
//! asked as a provider does, and gives codes to whoever a test says is there.

use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use casebind::clock::Clock;
use casebind::identity::sign_on::{Places, Settings, SignOn};
use casebind::web;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Browser, House, Page};

/// What a client of the tests is there.
pub const CLIENT: &str = "casebind";
/// Its secret, with signs that a header must encode.
pub const SECRET: &str = "s3cret/with:signs&spaces é";

/// How the provider behaves. Everything right is the default.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Claims in the token, over those that are right; `null` leaves one out.
    pub token: Value,
    /// What the user info endpoint says; nothing: there is no such endpoint.
    pub info: Option<Value>,
    /// Signs with a key that is not published.
    pub forged: bool,
    /// The token's header says that it needs no signature.
    pub unsigned: bool,
    /// The token is signed with the client's secret, which the client holds too.
    pub symmetric: bool,
    /// Which of the keys signs, and is published.
    pub key: usize,
    /// How long the token endpoint thinks.
    pub slow: Duration,
    /// Everything answers 503.
    pub down: bool,
    /// The metadata's issuer.
    pub issuer: Option<String>,
    /// Whether answers name the issuer (RFC 9207).
    pub names_issuer: bool,
    /// The secret in the form, instead of the header.
    pub post: bool,
    /// An address of the metadata that isn't on this machine and not https.
    pub insecure: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            token: json!({}),
            info: None,
            forged: false,
            unsigned: false,
            symmetric: false,
            key: 0,
            slow: Duration::ZERO,
            down: false,
            issuer: None,
            names_issuer: false,
            post: false,
            insecure: false,
        }
    }
}

/// One code that was given.
#[derive(Clone, Debug)]
struct Given {
    nonce: String,
    challenge: String,
    redirect: String,
}

/// The provider.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    clock: Clock,
    manner: Mutex<Manner>,
    codes: Mutex<HashMap<String, Given>>,
    given: AtomicUsize,
    asked: Mutex<Vec<String>>,
}

impl Provider {
    /// Starts it, and opens the house's sign-on by it.
    pub async fn beside(mut house: House) -> (House, Self) {
        let provider = Self::start(house.office().world.clock.clone()).await;
        provider.connect(&mut house, false, Duration::from_secs(5));
        (house, provider)
    }

    async fn start(clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Inner {
            address,
            clock,
            manner: Mutex::default(),
            codes: Mutex::default(),
            given: AtomicUsize::new(1),
            asked: Mutex::default(),
        };
        // Made before anybody waits for it.
        key(0);
        let provider = Self { inner: Arc::new(inner) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Opens the house's sign-on by this provider, as nothing was known of it.
    pub fn connect(&self, house: &mut House, post: bool, timeout: Duration) {
        let mut settings = Settings::new(&Places {
            issuer: &self.inner.address,
            client_id: CLIENT,
            client_secret: SECRET,
            secret_in_form: post,
            public_url: "http://127.0.0.1",
        })
        .expect("addresses");
        settings.timeout = timeout;
        settings.label = "測試單一登入".into();
        settings.second_factor_acr = vec!["urn:test:two".into()];
        house.app.sign_on = Some(Arc::new(SignOn::new(settings).expect("a client")));
        house.router = web::router(house.app.clone());
        self.be(|manner| manner.post = post);
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.inner.address
    }

    /// Makes it behave otherwise from now on.
    pub fn be(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.inner.manner.lock().unwrap());
    }

    /// How often an address was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.inner.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// A person says yes at the provider: the address of ours that they are led back to.
    pub fn agree(&self, leading: &Page) -> String {
        let asked = queried(leading.location());
        assert!(
            leading.location().starts_with(&format!("{}/authorize?", self.inner.address)),
            "{}",
            leading.location()
        );
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", "http://127.0.0.1/sign-on/return"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
        let mut codes = self.inner.codes.lock().unwrap();
        let code = format!("code-{}", self.inner.given.fetch_add(1, Ordering::SeqCst));
        let given = Given {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
        };
        codes.insert(code.clone(), given);
        let state: String = form_urlencoded::byte_serialize(asked["state"].as_bytes()).collect();
        let issuer =
            if self.manner().names_issuer { format!("&iss={}", self.inner.address) } else { String::new() };
        format!("/sign-on/return?code={code}&state={state}{issuer}")
    }

    /// A person sets out in two windows of one browser, and then says yes in both: the addresses that they are led back to.
    pub async fn agree_twice(&self, browser: &Browser) -> (String, String) {
        let one = browser.get("/sign-on").await.expect(303);
        let other = browser.get("/sign-on").await.expect(303);
        (self.agree(&one), self.agree(&other))
    }

    /// Somebody signs on, and accepts the collection notice where they get in: the answer of the sign-on itself.
    pub async fn sign_on(&self, browser: &Browser) -> Page {
        let leading = browser.get("/sign-on").await.expect(303);
        let landed = browser.get(&self.agree(&leading)).await;
        if browser.session().is_some() {
            let notice = browser.get("/collection-notice").await;
            if notice.has("form[action='/collection-notice']") {
                browser.press(&notice, "我已閱讀並了解", &[]).await;
            }
        }
        landed
    }

    fn manner(&self) -> Manner {
        self.inner.manner.lock().unwrap().clone()
    }

    fn asks(&self, path: &str) -> Result<Manner, Response> {
        self.inner.asked.lock().unwrap().push(path.to_owned());
        let manner = self.manner();
        if manner.down { Err((StatusCode::SERVICE_UNAVAILABLE, "away").into_response()) } else { Ok(manner) }
    }
}

/// The answers of an address's query.
pub fn queried(address: &str) -> HashMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

async fn metadata(State(provider): State<Provider>) -> Response {
    let manner = match provider.asks("metadata") {
        Ok(manner) => manner,
        Err(away) => return away,
    };
    let address = &provider.inner.address;
    let mut told = json!({
        "issuer": manner.issuer.clone().unwrap_or_else(|| address.clone()),
        "authorization_endpoint": format!("{address}/authorize"),
        "token_endpoint": format!("{address}/token"),
        "jwks_uri": format!("{address}/keys"),
        "end_session_endpoint": format!("{address}/leave"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        "scopes_supported": ["openid", "profile", "email", "kh_profile", "kh_titles"],
        "authorization_response_iss_parameter_supported": manner.names_issuer,
    });
    if manner.info.is_some() {
        told["userinfo_endpoint"] = json!(format!("{address}/me"));
    }
    if manner.insecure {
        told["authorization_endpoint"] = json!("http://id.example.org/authorize");
    }
    Json(told).into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    let manner = match provider.asks("keys") {
        Ok(manner) => manner,
        Err(away) => return away,
    };
    Json(json!({ "keys": [key(manner.key).as_verification_key()] })).into_response()
}

async fn info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let manner = match provider.asks("me") {
        Ok(manner) => manner,
        Err(away) => return away,
    };
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != "Bearer an-access-token") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    manner.info.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |info| Json(info).into_response())
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let manner = match provider.asks("token") {
        Ok(manner) => manner,
        Err(away) => return away,
    };
    tokio::time::sleep(manner.slow).await;
    let sent: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let no = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let get = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
    let known = if manner.post {
        get("client_id") == CLIENT
            && get("client_secret") == SECRET
            && !headers.contains_key(header::AUTHORIZATION)
    } else {
        basic(&headers) == Some((CLIENT.to_owned(), SECRET.to_owned())) && !sent.contains_key("client_secret")
    };
    if !known {
        return no("invalid_client");
    }
    // A code is good once.
    let Some(given) = provider.inner.codes.lock().unwrap().remove(get("code")) else {
        return no("invalid_grant");
    };
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(get("code_verifier")));
    if challenge != given.challenge || get("redirect_uri") != given.redirect {
        return no("invalid_grant");
    }
    let token = provider.token(&manner, &given.nonce);
    Json(json!({ "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300, "id_token": token }))
        .into_response()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64.decode(text.as_bytes()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = |text: &str| {
        form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

impl Provider {
    fn token(&self, manner: &Manner, nonce: &str) -> String {
        let now = self.inner.clock.now_millis() / 1000;
        let mut claims = json!({
            "iss": self.inner.address,
            "sub": "person-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "王輔導",
            "email": "",
        });
        for (name, value) in manner.token.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let algorithm = match manner {
            Manner { unsigned: true, .. } => "none",
            Manner { symmetric: true, .. } => "HS256",
            _ => "RS256",
        };
        let kid = format!("key-{}", manner.key);
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": kid });
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&head), encode(&claims));
        let signature = match algorithm {
            "none" => Vec::new(),
            "HS256" => hmac(SECRET.as_bytes(), signed.as_bytes()),
            _ => {
                let key = if manner.forged { forger(&kid) } else { key(manner.key) };
                key.sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes())
                    .expect("a signature")
            }
        };
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The provider's key of this number, published under its name.
fn key(number: usize) -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(pem(number), Some(JsonWebKeyId::new(format!("key-{number}"))))
        .expect("a key")
}

/// A key that calls itself by another's name.
fn forger(kid: &str) -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(pem(2), Some(JsonWebKeyId::new(kid.to_owned()))).expect("a key")
}

/// A new key a process.
fn pem(number: usize) -> &'static str {
    static KEYS: [OnceLock<String>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    KEYS[number].get_or_init(|| {
        let made =
            Command::new("openssl").args(["genrsa", "-traditional", "2048"]).output().expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("PEM")
    })
}
