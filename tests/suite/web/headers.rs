//! Every address answers with the headers that keep other sites and uploaded files out, whoever asks and however
//! it answers.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Method, header};

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
    assert!(!policy.contains("script-src 'unsafe"), "{what}: {policy}");
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
    let kept = ["no-store", "private, max-age=300"].contains(&answer.header("cache-control"));
    assert!(kept || answer.path.starts_with("/assets/"), "{what}: {}", answer.header("cache-control"));
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
