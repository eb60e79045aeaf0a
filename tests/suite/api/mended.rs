//! What programs could be told wrongly: corrections that go nowhere, answers that are there, and media types.

use axum::body::Body;
use axum::http::{Method, header};
use casebind::case::supplement::Place;
use serde_json::{Value, json};

use crate::support::cases::{CONTENT, SUBJECT};
use crate::support::{Case, Who, paper};

use super::{answers, happen, path, version};

both! {
    async fn a_correction_that_would_go_nowhere_is_refused(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        let at = version(&manager, &case).await;
        let nothing = json!({ "event": "correct", "version": at, "reason": "補登" });
        let told = happen(&manager, &case, nothing).await.expect(422).json();
        assert_eq!(told["errors"][0]["field"], "content");
        house.sql("UPDATE subjects SET deleted_at = 1").await;
        let before = house.record().await;
        let subject = json!({
            "event": "correct", "version": at, "reason": "補登", "subject": answers(&SUBJECT), "content": answers(&CONTENT),
        });
        let told = happen(&manager, &case, subject).await.expect(409).json();
        assert_eq!((told["event"].as_str(), told["reason"].as_str()), (Some("correct"), Some("nothing-to-correct")));
        assert_eq!(house.record().await.rows, before.rows);
    }

    async fn a_new_scan_answers_the_item_that_asks_for_it(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let at = version(&browser, &case).await;
        let form = [(Place::SignedForm, String::new())];
        house.office().ask_supplement(&Who::Manager.actor(), &case.number, at, "缺章", &form).await.unwrap();
        let answered = async || {
            let record = browser.get(&path(&case, "")).await.expect(200).json();
            record["supplement"]["items"][0]["answered"].clone()
        };
        assert_eq!(answered().await, json!(false));
        let scan = paper::scan(&case.form(&house).await, true);
        case.hand_in(&scan).await.leads_to(&case.path("/scans/"));
        assert_eq!(answered().await, json!(true));
    }

    async fn media_types_are_as_described(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let document = browser.get("/api/v1/openapi.json").await.expect(200).json();
        let asked = json!({ "event": "print" }).to_string();
        let request = browser.request(Method::POST, &path(&case, "/events")).body(Body::from(asked)).unwrap();
        assert_eq!(browser.send(request).await.expect(415).json()["type"], "urn:casebind:problem:wrong-media-type");
        let writing = |path: &str, method: &str| document["paths"][path][method]["responses"]["415"].clone();
        assert!(writing("/api/v1/cases/{number}/events", "post").is_object());
        assert!(writing("/api/v1/cases/{number}/content", "put").is_object());
        let sends = &document["paths"]["/api/v1/cases/{number}/documents/{digest}"]["get"]["responses"]["200"]["content"];
        let sent: Vec<_> = sends.as_object().unwrap().keys().collect();
        assert_eq!(sent, ["*/*"]);
        let all = browser.get(&path(&case, "/documents")).await.expect(200).json();
        for one in all.as_array().unwrap() {
            let kind = browser.get(one["href"].as_str().unwrap()).await.expect(200).header(header::CONTENT_TYPE.as_str()).to_owned();
            assert_eq!(kind, "application/pdf", "{}", one["kind"].as_str().map_or(Value::Null.to_string(), str::to_owned));
        }
    }
}
