//! A browser without a screen: requests to the router itself, cookies, forms as pages offer them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use casebind::case::account::Status;
use casebind::clock::Clock;
use casebind::identity::sessions::{self, Entry, Means};
use casebind::store::accounts;
use casebind::web::App;
use tower::ServiceExt as _;

use super::page::{Form, Page};
use super::people::PASSWORD;
use super::{House, Who};

/// From where requests come.
pub const ADDRESS: &str = "192.0.2.7";

const BOUNDARY: &str = "----the-boundary-of-a-test";

/// One browser with its cookies. Clones share them, as tabs do.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookie_name: &'static str,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    clock: Clock,
    address: &'static str,
}

/// A file that is chosen for an upload.
#[derive(Clone, Copy)]
pub struct Chosen<'a> {
    /// Its name.
    pub name: &'a str,
    /// The kind that the browser guesses from its name.
    pub kind: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Chosen<'a> {
    /// A file that calls itself a PDF.
    pub fn pdf(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, kind: "application/pdf", bytes }
    }
}

impl Browser {
    /// A browser that nobody is signed in with.
    /// Each of its requests takes a millisecond of the clock's, so that what happens has an order.
    pub fn new(router: Router, cookie_name: &'static str, clock: Clock) -> Self {
        Self { router, cookie_name, cookies: Arc::default(), clock, address: ADDRESS }
    }

    /// The same browser on another network.
    pub fn from(&self, address: &'static str) -> Self {
        Self { address, ..self.clone() }
    }

    /// The same browser at another node or a later version.
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// Begins a session without the log-in page, which has tests of its own.
    pub async fn become_person(&self, app: &App, who: Who) {
        let office = &app.office;
        let entry = Entry {
            person: &who.login(),
            means: Means::Password,
            judged: None,
            address: ADDRESS,
            agent: "Chrome（Windows）",
            owes_password: false,
        };
        // Who is disabled has a session from before.
        let disabled = who == Who::Disabled;
        if disabled {
            set_status(app, &who.login(), Status::Active).await;
        }
        let token =
            sessions::begin(&office.store, &office.world, app.limits, &entry).await.expect("the database");
        if disabled {
            set_status(app, &who.login(), Status::Disabled).await;
        }
        self.set_cookie(self.cookie_name, token.expect("a session").as_cookie());
    }

    /// Logs in by the page.
    pub async fn log_in(&self, login: &str, password: &str) -> Page {
        self.post("/login", &[("account", login), ("password", password), ("next", "/cases")]).await
    }

    /// Logs in by the page with everyone's password.
    pub async fn log_in_as(&self, who: Who) -> Page {
        self.log_in(&who.login(), PASSWORD).await
    }

    /// The session's cookie.
    pub fn session(&self) -> Option<String> {
        self.cookies.lock().unwrap().get(self.cookie_name).cloned()
    }

    /// A cookie that isn't the session's.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Sets a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.into(), value.into());
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form's fields.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let owned: Vec<_> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.post_fields(path, &owned).await
    }

    async fn post_fields(&self, path: &str, fields: &[(String, String)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Sends JSON, as a program does.
    pub async fn send_json(&self, method: Method, path: &str, body: &serde_json::Value) -> Page {
        let request = self
            .request(method, path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// Sends a form with a file.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: Chosen<'_>) -> Page {
        let owned: Vec<_> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.upload_fields(path, &owned, file).await
    }

    async fn upload_fields(&self, path: &str, fields: &[(String, String)], file: Chosen<'_>) -> Page {
        self.upload_several(path, fields, "file", &[file]).await
    }

    /// Sends a form with several files in its field `name`.
    pub async fn upload_several(
        &self,
        path: &str,
        fields: &[(String, String)],
        name: &str,
        files: &[Chosen<'_>],
    ) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for file in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
                 Content-Type: {}\r\n\r\n",
                file.name, file.kind
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file.bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Presses a button of a page: its form is sent as it was filled, but for `typed`, which replaces
    /// the fields of the same names. Several values of one name are several answers.
    #[track_caller]
    pub fn press(
        &self,
        page: &Page,
        button: &str,
        typed: &[(&str, &str)],
    ) -> impl Future<Output = Page> + use<> {
        let form = page.form(button).filled(typed);
        let browser = self.clone();
        async move { browser.submit(&form).await }
    }

    /// The same with a file chosen.
    #[track_caller]
    pub fn press_with(
        &self,
        page: &Page,
        button: &str,
        typed: &[(&str, &str)],
        file: Chosen<'_>,
    ) -> impl Future<Output = Page> {
        let form = page.form(button).filled(typed);
        let browser = self.clone();
        async move { browser.upload_fields(&form.action, &form.fields, file).await }
    }

    /// Sends a form.
    pub async fn submit(&self, form: &Form) -> Page {
        if form.get {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
            return self.get(&format!("{}?{query}", form.action)).await;
        }
        self.post_fields(&form.action, &form.fields).await
    }

    /// Opens the page that an answer leads to.
    pub async fn follow(&self, page: &Page) -> Page {
        self.get(page.location()).await
    }

    /// A request of this browser, to be finished.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin");
        if !pairs.is_empty() {
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        request
    }

    /// Sends a request and keeps the cookies of the answer.
    pub async fn send(&self, mut request: Request<Body>) -> Page {
        let path = request.uri().path().to_owned();
        let address = SocketAddr::new(self.address.parse().unwrap(), 40000);
        request.extensions_mut().insert(ConnectInfo(address));
        self.clock.advance(1);
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (head, body) = response.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("plain text");
            let (name, value) =
                text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let mut cookies = self.cookies.lock().unwrap();
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.into(), value.into()),
            };
        }
        let body = to_bytes(body, usize::MAX).await.expect("a whole answer").to_vec();
        Page { path, status: head.status, headers: head.headers, body }
    }
}

async fn set_status(app: &App, person: &str, status: Status) {
    let office = &app.office;
    let mut tx = office.store.write().await.expect("a transaction");
    accounts::set_status(&mut tx, person, status, office.world.now()).await.expect("the database");
    tx.commit().await.expect("committed");
}

impl House {
    /// Signs a person in on a machine of their own.
    pub async fn applicant(&self) -> Browser {
        self.sign_in(Who::Applicant).await
    }
}
