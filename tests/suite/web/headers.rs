//! Every address answers with the headers that keep other sites and uploaded files out, whoever asks and however
//! it answers.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, header};
use casebind::web::patience::Patience;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use crate::support::browser::Chosen;
use crate::support::command::repository;
use crate::support::{Case, Database, House, Page, Who, paper, run};

/// Every address that the source names, whatever it is asked with.
fn addresses() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![repository("src/web")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("pages/tests.rs")
            {
                let text = fs::read_to_string(path).unwrap();
                let literal =
                    |part: &str| part.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
                found.extend(text.split(".route(").skip(1).filter_map(literal));
                let described =
                    text.split("utoipa::path(").skip(1).filter_map(|part| part.split("path = ").nth(1));
                found.extend(described.filter_map(literal).map(|path| format!("/api/v1{path}")));
            }
        }
    }
    found
}

/// The address with something in each of its places.
fn filled(address: &str, number: &str) -> String {
    let parts = address.split('/').map(|part| match part {
        "{number}" => number,
        part if part.starts_with('{') => "1",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What has a body says of what type it is, and text in which letters.
#[track_caller]
fn typed(answer: &Page, what: &str) {
    let kind = answer.header("content-type").to_ascii_lowercase();
    assert!(answer.body.is_empty() || !kind.is_empty(), "{what}: a body without a type");
    let media = kind.split(';').next().unwrap_or_default().trim();
    // JSON is UTF-8 by its own standard (RFC 8259, 8.1).
    let text = media.starts_with("text/") || media.ends_with("xml") || media.ends_with("javascript");
    assert!(!text || kind.contains("charset=utf-8"), "{what}: {kind}");
    let html = answer.body.trim_ascii_start().starts_with(b"<!");
    assert_eq!(html, media == "text/html", "{what}: {kind}");
}

#[track_caller]
fn guarded(answer: &Page, what: &str) {
    let what = format!("{what}: {}", answer.status);
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    for part in ["frame-ancestors 'none'", "base-uri 'none'", "form-action"] {
        assert!(policy.contains(part), "{what}: {part} in {policy}");
    }
    assert!(
        !policy.contains("unsafe-eval") && !policy.contains('*') && !policy.contains("http"),
        "{what}: {policy}"
    );
    // Inline code nowhere; an inline style only where the browser puts its own viewer around a PDF of ours.
    let bare = match answer.header("content-type") {
        "application/pdf" => policy.replace("style-src 'unsafe-inline'", ""),
        _ => policy.to_owned(),
    };
    assert!(!bare.contains("'unsafe-"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    typed(answer, &what);
    let kept = answer.header("cache-control");
    assert!(kept == "no-store" || answer.path.starts_with("/assets/"), "{what}: {kept}");
    assert_eq!(answer.header("access-control-allow-origin"), "", "{what}: nobody else's page may read it");
}

both! {
    async fn every_address_answers_with_the_headers(house) {
        let applicant = house.applicant().await;
        let case = Case::submitted(&house, &applicant).await;
        let addresses = addresses();
        assert!(addresses.len() > 60, "this test reads the addresses wrongly: {addresses:?}");
        let browsers = [
            ("nobody", house.stranger()),
            ("applicant", applicant),
            ("manager", house.sign_in(Who::Manager).await),
            ("administrator", house.sign_in(Who::Administrator).await),
        ];
        for address in addresses.iter().map(|address| filled(address, &case.number)) {
            for (who, browser) in &browsers {
                for method in [Method::GET, Method::POST, Method::DELETE] {
                    // Who is signed out sees nothing more.
                    if address == "/logout" && *who != "nobody" {
                        continue;
                    }
                    let request = browser
                        .request(method.clone(), &address)
                        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                    let answer = browser.send(request.body(Body::from("version=0")).unwrap()).await;
                    guarded(&answer, &format!("{method} {address} by {who}"));
                    assert_eq!(answer.header("strict-transport-security"), "", "plain HTTP");
                }
            }
        }
    }

    async fn assets_and_files_say_of_what_type_they_are(house) {
        let applicant = house.applicant().await;
        let case = Case::submitted(&house, &applicant).await;
        let page = applicant.get("/cases").await.expect(200);
        let assets: Vec<_> = ["link[href^='/assets/']", "script[src^='/assets/']"]
            .into_iter()
            .zip(["href", "src"])
            .flat_map(|(selector, name)| page.attributes(selector, name))
            .collect();
        assert!(assets.len() > 2, "{assets:?}");
        for (ending, kind) in [
            (".css", "text/css; charset=utf-8"),
            (".js", "text/javascript; charset=utf-8"),
            (".svg", "image/svg+xml; charset=utf-8"),
        ] {
            let asset = assets.iter().find(|asset| asset.ends_with(ending)).expect(ending);
            let answer = house.stranger().get(asset).await.expect(200);
            assert_eq!(answer.header("content-type"), kind, "{asset}");
            guarded(&answer, asset);
        }
        let manager = house.sign_in(Who::Manager).await;
        let scan = case.dossier(&house).await.scans[0].id.clone();
        for (address, kind) in [
            (case.path("/prints/1/form.pdf"), "application/pdf"),
            (case.path("/prints/1/page-1.jpg"), "image/jpeg"),
            (case.path(&format!("/scans/{scan}/original")), "application/pdf"),
            ("/cases/export.csv".to_owned(), "text/csv; charset=utf-8"),
            ("/statistics.csv?table=months".to_owned(), "text/csv; charset=utf-8"),
            ("/api/v1/cases".to_owned(), "application/json"),
            ("/api/v1/cases/1159999999".to_owned(), "application/problem+json"),
            ("/health".to_owned(), "text/plain; charset=utf-8"),
        ] {
            let answer = manager.get(&address).await;
            assert_eq!(answer.header("content-type"), kind, "{address}: {}", answer.status);
            guarded(&answer, &address);
        }
        // And whatever a layer refuses before any handler.
        let request = manager.request(Method::POST, "/cases").header("origin", "https://example.org");
        let mut request = request.body(Body::empty()).unwrap();
        request.headers_mut().remove("sec-fetch-site");
        let foreign = manager.send(request).await.expect(403);
        guarded(&foreign, "a post of another site");
        assert_eq!(foreign.one("h1"), "沒有處理這個要求");
    }

    async fn nothing_of_the_source_or_of_any_folder_is_served(house) {
        let applicant = house.applicant().await;
        let digest = Case::submitted(&house, &applicant).await.dossier(&house).await.scans[0].digest.to_string();
        let version = casebind::web::assets::version();
        let mut addresses: Vec<String> = [
            "/.git/HEAD", "/.git/config", "/.git/", "/.svn/entries", "/.hg/store", "/.env", "/.ci/run",
            "/Cargo.toml", "/casebind.toml", "/casebind.sqlite", "/data/casebind.sqlite", "/keys/page-code.key",
            "/data/keys/page-code.key", "/src/main.rs", "/migrations/0001_places.sql", "/assets/", "/assets",
            "/originals", "/outbox", "/renditions", "/backup", "/server-status", "/debug", "/metrics",
        ]
        .map(str::to_owned)
        .into();
        addresses.push(format!("/originals/{}/{}/{digest}", &digest[..2], &digest[2..4]));
        for below in [
            "", "css/", "js/", "../mod.rs", "..%2fmod.rs", "%2e%2e/mod.rs", "%2e%2e%2fmod.rs", "..%5cmod.rs",
            "js/../../mod.rs", "js/%2e%2e/%2e%2e/mod.rs", "../../../Cargo.toml", "%2e%2e/%2e%2e/%2e%2e/.git/HEAD",
            "/etc/passwd", "%2fetc%2fpasswd", ".gitignore", "css/.gitkeep",
        ] {
            addresses.push(format!("/assets/{version}/{below}"));
        }
        for browser in [house.stranger(), applicant, house.sign_in(Who::Administrator).await] {
            for address in &addresses {
                let answer = browser.get(address).await;
                assert_eq!(answer.status, 404, "{address}");
                guarded(&answer, address);
                let text = answer.html();
                for word in ["[package]", "pub mod", "ref: refs", "root:", "CREATE TABLE", "Index of"] {
                    assert!(!text.contains(word), "{address}: {word}");
                }
            }
        }
    }

    async fn a_body_that_comes_too_slowly_is_told_so(house) {
        let house = House::build(house.database(), "slow", |app| {
            app.patience = Patience { idle: Duration::from_millis(40), ..Patience::default() };
        })
        .await;
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let before = house.record().await;
        let form = "application/x-www-form-urlencoded";
        for (path, kind) in [
            ("/login".to_owned(), form),
            (case.path("/content"), form),
            (case.path("/attachments"), "multipart/form-data; boundary=x"),
            ("/drafts/open".to_owned(), form),
            ("/glyphs".to_owned(), form),
            ("/api/v1/cases".to_owned(), "application/json"),
        ] {
            let (mut sender, receiver) = tokio::io::duplex(64);
            sender.write_all(b"--x\r\n").await.unwrap();
            let request = browser.request(Method::POST, &path).header(header::CONTENT_TYPE, kind);
            let body = Body::from_stream(ReaderStream::new(receiver));
            let answer = browser.send(request.body(body).unwrap()).await.expect(408);
            drop(sender);
            guarded(&answer, &path);
            if path.starts_with("/api/") {
                assert_eq!(answer.json()["type"], "urn:casebind:problem:too-slow");
                continue;
            }
            assert_eq!(answer.one("h1"), "等候太久，沒有收完整", "{path}");
            assert!(answer.one("main").contains("沒有任何資料被更動"), "{path}");
        }
        assert_eq!(house.record().await, before);
        // What ends too early for another reason is still a broken request, and a whole one is taken.
        let cut = browser.request(Method::POST, &case.path("/attachments"));
        let cut = cut.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        browser.send(cut.body(Body::from("--x\r\nbroken")).unwrap()).await.expect(400);
        browser.post("/session/stay", &[]).await.expect(204);
    }

    async fn what_people_send_never_renders(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let script = b"<script>document.title='taken'</script>";
        let html = [b"<!doctype html><html><body>".as_slice(), script].concat();
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>";
        // Kinds that browsers would run are refused, whatever they call themselves.
        for (name, kind, bytes) in [
            ("page.html", "text/html", html.as_slice()),
            ("page.pdf", "application/pdf", &html),
            ("picture.svg", "image/svg+xml", svg),
            ("picture.png", "image/png", svg),
        ] {
            let file = Chosen { name, kind, bytes };
            let answer = case.attach("other", file).await.expect(422);
            assert!(!answer.html().contains("<script>document.title"), "{name}");
        }
        // Kinds that are taken and hold a page as well go out as what they are, to be saved.
        let pdf = [paper::letter("polyglot").as_slice(), b"\n%", script].concat();
        let mut jpeg = paper::picture(image::ImageFormat::Jpeg);
        let comment = [&[0xFF, 0xFE, 0, u8::try_from(script.len() + 2).unwrap()], script.as_slice()].concat();
        jpeg.splice(2..2, comment);
        let mut png = paper::picture(image::ImageFormat::Png);
        png.extend_from_slice(script);
        for (name, kind, bytes) in [
            ("polyglot.html", "application/pdf", pdf),
            ("polyglot.svg", "image/jpeg", jpeg),
            ("polyglot.xhtml", "image/png", png),
        ] {
            case.attach("other", Chosen { name, kind: "text/html", bytes: &bytes }).await.leads_to(&case.path("/attachments"));
            let page = case.get("/attachments").await.expect(200);
            let newest = page.attributes(".attachment__file a", "href").swap_remove(0);
            let original = browser.get(&newest).await.expect(200);
            guarded(&original, name);
            assert_eq!(original.header("content-type"), kind, "{name}");
            assert!(original.header("content-disposition").starts_with("attachment;"), "{name}");
            assert!(original.header("content-security-policy").contains("sandbox"), "{name}");
            assert_eq!(original.body, bytes, "{name}");
        }    }
}

#[test]
fn behind_tls_browsers_are_told_to_come_by_tls_only() {
    run(Database::Sqlite, module_path!(), |_| async {
        let house = House::build(Database::Sqlite, "hsts", |app| app.secure = true).await;
        for address in ["/login", "/nothing", "/health", "/cases"] {
            let answer = house.stranger().get(address).await;
            let told = answer.header("strict-transport-security");
            assert_eq!(told, "max-age=63072000; includeSubDomains", "{address}");
        }
    });
}
