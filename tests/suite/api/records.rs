//! 紀錄 over HTTP: written, revised and read by programs of those who may, and by nobody else.

use axum::body::Body;
use axum::http::Method;
use casebind::case::ids::Digest;
use casebind::steps::traces::COVERED_MILLIS;
use serde_json::{Value, json};

use crate::review::in_service;
use crate::support::browser::Chosen;
use crate::support::{Browser, Page, Who, paper};

use super::{path, version};

/// One session with this summary.
fn session(summary: &str) -> Value {
    json!({
        "held_on": "2026-11-20", "kind": "individual", "minutes": 50, "participants": "學生", "summary": summary,
    })
}

/// Writes a record under a key.
async fn add(browser: &Browser, address: &str, key: &str, session: &Value) -> Page {
    let request = browser.request(Method::POST, address);
    let request = request.header("content-type", "application/json").header("idempotency-key", key);
    browser.send(request.body(Body::from(session.to_string())).unwrap()).await
}

both! {
    async fn records_are_written_revised_and_read_by_programs(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let all = path(&case, "/records");
        assert_eq!(professional.get(&all).await.expect(200).json(), json!([]));
        let written = add(&professional, &all, "1", &session("初談")).await.expect(201);
        let address = written.header("location").to_owned();
        assert_eq!(address, format!("{all}/{}", written.json()["record"].as_str().unwrap()));
        assert_eq!(written.json()["version"], version(&professional, &case).await);
        let again = add(&professional, &all, "1", &session("初談")).await.expect(201);
        assert_eq!(again.header("location"), address, "the same key writes one");

        let revised = json!({ "revision": 1, "session": session("初談，建立關係") });
        professional.send_json(Method::PUT, &address, &revised).await.expect(200);
        let late = json!({ "revision": 1, "session": session("別的") });
        let late = professional.send_json(Method::PUT, &address, &late).await.expect(409).json();
        assert_eq!(late["type"], "urn:casebind:problem:changed-meanwhile");
        let wrong = json!({ "revision": 2, "session": {} });
        let wrong = professional.send_json(Method::PUT, &address, &wrong).await.expect(422).json();
        assert_eq!(wrong["errors"].as_array().unwrap().len(), 5, "{wrong}");

        let file = paper::letter("a scale");
        for _ in ["once", "twice"] {
            let chosen = Chosen::pdf("量表.pdf", &file);
            professional.upload(&format!("{address}/files"), &[], chosen).await.expect(201);
        }
        let refused = professional.upload(&format!("{address}/files"), &[], Chosen::pdf("x.pdf", b"MZ")).await;
        assert_eq!(refused.expect(422).json()["type"], "urn:casebind:problem:refused-file");
        let record = professional.get(&address).await.expect(200).json();
        let said: Vec<_> = record["revisions"].as_array().unwrap().iter().map(|one| (&one["revision"], &one["summary"])).collect();
        assert_eq!(said, [(&json!(2), &json!("初談，建立關係")), (&json!(1), &json!("初談"))]);
        assert_eq!(record["revisions"][0]["kind"], json!({ "id": "individual", "label": "個別諮商／晤談" }));
        let [kept] = &record["files"].as_array().unwrap()[..] else { panic!("{record}") };
        assert_eq!((&kept["file_name"], &kept["digest"]), (&json!("量表.pdf"), &json!(Digest::of(&file).to_string())));
        assert_eq!(professional.get(&all).await.expect(200).json(), json!([record]));

        // A good while after the last look.
        house.wait(COVERED_MILLIS + 1);
        let reader = house.sign_in(Who::Supervisor).await;
        let id = case.id(&house).await;
        let before = house.traces(&id).await.len();
        for address in [&all, &address] {
            reader.get(address).await.expect(200);
            house.wait(COVERED_MILLIS + 1);
        }
        let answer = reader.get(kept["href"].as_str().unwrap()).await.expect(200);
        assert_eq!(Digest::of(&answer.body), Digest::of(&file));
        assert!(answer.header("content-disposition").starts_with("attachment;"));
        assert_eq!(house.traces(&id).await.split_off(before), ["view-case", "view-case", "download-record-file"]);
    }

    async fn records_are_not_there_for_whoever_may_not_read_them(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let all = path(&case, "/records");
        let written = add(&professional, &all, "1", &session("初談")).await.expect(201);
        let address = written.header("location").to_owned();
        let file = paper::letter("a scale");
        professional.upload(&format!("{address}/files"), &[], Chosen::pdf("量表.pdf", &file)).await.expect(201);
        let original = format!("{address}/files/{}", Digest::of(&file));
        let before = house.record().await;
        let (one, revised) = (session("別人寫的"), json!({ "revision": 1, "session": session("別人寫的") }));
        for who in [Who::Applicant, Who::Colleague, Who::OtherProfessional, Who::OtherSupervisor, Who::Archivist, Who::Administrator] {
            let stranger = house.sign_in(who).await;
            for address in [&all, &address, &original] {
                let answer = stranger.get(address).await;
                assert_eq!(answer.status, 404, "{who:?} {address}");
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
            // Who sees the case is told that it isn't their step; nobody else learns that there is one.
            let sees = matches!(who, Who::Applicant | Who::Archivist);
            let status = if sees { 409 } else { 404 };
            stranger.send_json(Method::POST, &all, &one).await.expect(status);
            stranger.send_json(Method::PUT, &address, &revised).await.expect(status);
            stranger.upload(&format!("{address}/files"), &[], Chosen::pdf("x.pdf", &file)).await.expect(status);
        }
        assert_eq!(house.record().await, before);
        for who in [Who::Manager, Who::Supervisor] {
            let reader = house.sign_in(who).await;
            for address in [&all, &address, &original] {
                reader.get(address).await.expect(200);
            }
            reader.send_json(Method::PUT, &address, &revised).await.expect(409);
        }
        professional.get(&format!("{all}/none")).await.expect(404);
        professional.get(&format!("{address}/files/{}", Digest::of(b"other"))).await.expect(404);
    }
}
