//! Problem documents: who isn't let in, what isn't there, what can't be read, who was slower.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::json;

use crate::disposal::{dispose_of, small};
use crate::support::browser::Chosen;
use crate::support::{Case, Page, Who, paper};

use super::{answers, content, happen, path, version};

/// Insists on a problem document of this name, and returns it.
#[track_caller]
fn problem(answer: Page, status: u16, name: &str) -> serde_json::Value {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.path);
    let said = answer.json();
    assert_eq!(said["type"], format!("urn:casebind:problem:{name}"), "{said}");
    assert_eq!(said["status"], status);
    assert!(
        said["title"].as_str().unwrap().is_ascii() && !said["detail"].as_str().unwrap().is_ascii(),
        "{said}"
    );
    said
}

both! {
    async fn nobody_reads_without_a_session(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let stranger = house.stranger();
        for below in ["", "/flow", "/documents", "/choices"] {
            let answer = stranger.get(&path(&case, below)).await;
            assert!(answer.header("www-authenticate").starts_with("Cookie"), "{below}");
            problem(answer, 401, "signed-out");
        }
        let before = house.record().await;
        problem(happen(&stranger, &case, json!({ "event": "print" })).await, 401, "signed-out");
        let unbound = house.sign_in(Who::Unbound).await;
        problem(unbound.get("/api/v1/services").await, 403, "no-school");
        assert_eq!(house.record().await, before);
    }

    async fn a_foreign_case_is_not_there(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let documents = browser.get(&path(&case, "/documents")).await.expect(200).json();
        let original = documents[0]["href"].as_str().unwrap();
        let file = paper::letter("x");
        let before = house.record().await;
        for who in [Who::Colleague, Who::OtherApplicant, Who::OtherSupervisor, Who::Professional, Who::Administrator] {
            let stranger = house.sign_in(who).await;
            for address in [&path(&case, ""), &path(&case, "/flow"), &path(&case, "/documents"), &path(&case, "/choices"), original] {
                problem(stranger.get(address).await, 404, "not-found");
            }
            for event in ["print", "withdraw"] {
                problem(happen(&stranger, &case, json!({ "event": event, "version": 1, "reason": "x" })).await, 404, "not-found");
            }
            let body = json!({ "version": 1, "content": {} });
            problem(stranger.send_json(Method::PUT, &path(&case, "/content"), &body).await, 404, "not-found");
            problem(stranger.send_json(Method::DELETE, &path(&case, "/subject"), &json!({})).await, 404, "not-found");
            for below in ["/attachments", "/scans"] {
                let chosen = Chosen::pdf("x.pdf", &file);
                let answer = stranger.upload(&path(&case, below), &[("category", "consent")], chosen).await;
                problem(answer, 404, "not-found");
            }
        }
        assert_eq!(house.record().await, before);
    }

    async fn other_sites_write_nothing(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let before = house.record().await;
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://example.org")] {
            let mut request = browser.request(Method::POST, &path(&case, "/events"));
            let headers = request.headers_mut().unwrap();
            headers.remove("sec-fetch-site");
            headers.insert(name, value.parse().unwrap());
            headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            let answer = browser.send(request.body(Body::from(json!({ "event": "print" }).to_string())).unwrap()).await;
            problem(answer, 403, "foreign-site");
        }
        assert_eq!(house.record().await, before);
        // A program on the command line names no site.
        let mut request = browser.request(Method::POST, &path(&case, "/events"));
        request.headers_mut().unwrap().remove("sec-fetch-site");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        browser.send(request.body(Body::from(json!({ "event": "print" }).to_string())).unwrap()).await.expect(200);
    }

    async fn whoever_was_slower_is_told_the_version(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let manager = house.sign_in(Who::Manager).await;
        let at = version(&manager, &case).await;
        let late = happen(&manager, &case, json!({ "event": "return", "version": at - 1, "reason": "缺印" })).await;
        assert_eq!(problem(late, 409, "changed-meanwhile")["version"], at);
        // The life cycle comes first: what it refuses it refuses at every version.
        let refused = happen(&manager, &case, json!({ "event": "dispatch", "version": at - 1 })).await;
        let refused = problem(refused, 409, "wrong-state");
        assert!(refused.get("version").is_none());
        happen(&manager, &case, json!({ "event": "return", "version": at, "reason": "缺印" })).await.expect(200);
        let body = json!({ "version": at, "content": content("晚了") });
        let late = browser.send_json(Method::PUT, &path(&case, "/content"), &body).await;
        assert_eq!(problem(late, 409, "changed-meanwhile")["version"], at + 1);
    }

    async fn what_needs_mending_is_named(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let at = version(&browser, &case).await;
        let put = |below: &str, body: serde_json::Value| {
            let (browser, address) = (browser.clone(), path(&case, below));
            async move { browser.send_json(Method::PUT, &address, &body).await }
        };
        let fields = |said: serde_json::Value| -> Vec<String> {
            said["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
        };
        let empty = problem(put("/content", json!({ "version": at, "content": {} })).await, 422, "invalid-fields");
        assert_eq!(fields(empty), ["phone", "phone_alt", "problem", "needs", "expectation"]);
        let slip = problem(put("/content", json!({ "version": at, "content": { "fone": "1" } })).await, 422, "invalid-fields");
        assert_eq!(fields(slip), ["fone"]);
        let mut subject = answers(&crate::support::cases::SUBJECT);
        subject["id_number"] = json!("E123456789");
        let unsure = put("/subject", json!({ "version": at, "answers": subject })).await;
        assert_eq!(fields(problem(unsure, 422, "unconfirmed-field")), ["id_number"]);
        put("/subject", json!({ "version": at, "answers": subject, "confirmed": true })).await.expect(200);

        let nothing = happen(&browser, &case, json!({ "event": "withdraw", "version": at })).await;
        assert_eq!(problem(nothing, 409, "no-reason")["event"], "withdraw");
        let unknown = problem(happen(&browser, &case, json!({ "event": "open" })).await, 422, "unfitting-body");
        assert!(unknown["errors"][0]["detail"].as_str().unwrap().contains("unknown variant"), "{unknown}");
        problem(happen(&browser, &case, json!({ "event": "return", "reason": "x" })).await, 422, "unfitting-body");
        let manager = house.sign_in(Who::Manager).await;
        let asked = json!({ "event": "ask_supplement", "version": 1, "items": [{ "place": "nowhere" }] });
        problem(happen(&manager, &case, asked).await, 422, "invalid-fields");
    }

    async fn a_scan_that_is_not_there_is_named(house) {
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::submitted(&house, &browser).await);
        let foreign = other.dossier(&house).await.scans[0].id.clone();
        let before = house.record().await;
        for scan in [foreign.as_str(), "0199-nothing"] {
            let refused = happen(&browser, &case, json!({ "event": "submit", "scan": scan })).await;
            let said = problem(refused, 409, "unknown-scan");
            assert_eq!((&said["state"], &said["event"]), (&json!("sealing"), &json!("submit")));
            assert!(said["detail"].as_str().unwrap().contains(scan), "{said}");
        }
        assert_eq!(house.record().await, before);
        // What the life cycle says of the step comes first.
        let refused = happen(&browser, &other, json!({ "event": "submit", "scan": "x" })).await;
        problem(refused, 409, "wrong-state");
        let manager = house.sign_in(Who::Manager).await;
        let at = version(&manager, &other).await;
        let asked = json!({
            "event": "ask_supplement", "version": at, "reason": "請確認電話",
            "items": [{ "place": "content", "id": "phone" }],
        });
        happen(&manager, &other, asked).await.expect(200);
        let resubmit = || happen(&browser, &other, json!({ "event": "resubmit", "scan": "x" }));
        problem(resubmit().await, 409, "unanswered");
        let answer = json!({ "answer": "號碼無誤" });
        browser.send_json(Method::PUT, &path(&other, "/supplement/1"), &answer).await.expect(200);
        problem(resubmit().await, 409, "unknown-scan");
    }

    async fn what_cannot_be_read_is_a_problem_too(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let before = house.record().await;
        let events = path(&case, "/events");
        let send = |method: Method, address: &str, kind: &str, body: &'static str| {
            let request = browser.request(method, address).header(header::CONTENT_TYPE, kind);
            let (browser, request) = (browser.clone(), request.body(Body::from(body)).unwrap());
            async move { browser.send(request).await }
        };
        problem(send(Method::POST, &events, "application/json", "{\"event\":").await, 400, "unreadable-body");
        problem(send(Method::POST, &events, "application/x-www-form-urlencoded", "event=print").await, 415, "wrong-media-type");
        problem(send(Method::POST, &path(&case, "/scans"), "text/plain", "x").await, 400, "bad-request");
        let zero = r#"{"event":"submit","version":1,"scan":"\u0000"}"#;
        problem(send(Method::POST, &events, "application/json", zero).await, 400, "bad-request");
        // Words about one are words.
        let words = r#"{"event":"submit","version":1,"scan":"\\u0000"}"#;
        assert_ne!(send(Method::POST, &events, "application/json", words).await.status, 400);
        let answer = send(Method::PATCH, &events, "application/json", "{}").await;
        assert_eq!(answer.header("allow"), "POST");
        problem(answer, 405, "wrong-method");
        problem(browser.get("/api/v1/nothing").await, 404, "not-found");
        problem(browser.get("/api/v2/cases").await, 404, "not-found");
        problem(browser.get("/api/v1/cases/1159999999").await, 404, "not-found");

        let other = paper::letter("not the form");
        let refused = browser.upload(&path(&case, "/scans"), &[], Chosen::pdf("x.pdf", &other)).await;
        let refused = problem(refused, 422, "refused-file");
        assert_eq!(refused["errors"][0]["reason"], "no-code");
        let nothing = browser.upload_several(&path(&case, "/scans"), &[], "file", &[]).await;
        problem(nothing, 422, "invalid-fields");
        let huge = vec![b'x'; 4 * 1024 * 1024 + 1];
        let huge = browser.upload(&path(&case, "/attachments"), &[("category", "consent")], Chosen::pdf("x.pdf", &huge)).await;
        problem(huge, 413, "too-large");
        assert_eq!(house.record().await, before);
    }

    async fn a_case_that_was_disposed_of_is_gone_whatever_is_asked(house) {
        let case = small(&house).await;
        dispose_of(&house, &case).await;
        let manager = house.sign_in(Who::Manager).await;
        let document = manager.get("/api/v1/openapi.json").await.expect(200).json();
        let before = house.record().await;
        let mut asked = 0;
        for (route, methods) in document["paths"].as_object().unwrap() {
            let about_a_case = route.contains("{number}");
            for (method, operation) in methods.as_object().unwrap() {
                let told = operation["responses"].get("410").is_some();
                assert!(!about_a_case || told, "{method} {route} doesn't say that a case may be gone");
            }
            // What lies below a case is asked for by nothing but the case.
            if methods.get("get").is_some() && about_a_case && route.matches('{').count() == 1 {
                problem(manager.get(&route.replace("{number}", &case.number)).await, 410, "disposed");
                asked += 1;
            }
        }
        assert!(asked >= 5, "only {asked} addresses were asked");
        for event in ["withdraw", "decline"] {
            let body = json!({ "event": event, "version": 1, "reason": "x" });
            problem(happen(&manager, &case, body).await, 410, "disposed");
        }
        assert_eq!(house.record().await, before);
    }

    async fn an_internal_error_tells_its_number_and_no_secrets(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        house.sql("UPDATE cases SET content = 'not JSON'").await;
        let said = problem(browser.get(&path(&case, "")).await, 500, "internal");
        assert!(!said.to_string().contains("JSON"), "{said}");
        let number = said["number"].as_str().unwrap();
        assert_eq!(crate::support::log::lines(&["ERROR", number]).len(), 1);
    }
}
