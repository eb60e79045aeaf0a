//! One case from the draft to its closing and back, by programs of five people.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, SUBJECT};
use crate::support::{Browser, Case, House, Page, Who, paper};

use super::{answers, content, find_everything_good, happen, path, version};

/// Opens a case under a key.
async fn open(browser: &Browser, key: &str) -> Page {
    let request = browser
        .request(Method::POST, "/api/v1/cases")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(json!({ "service": "referral", "content": answers(&CONTENT) }).to_string().into());
    browser.send(request.unwrap()).await
}

/// A case with subject and attachments, opened by a program.
async fn ready(browser: &Browser) -> Case {
    let number = open(browser, "1").await.expect(201).json()["number"].as_str().unwrap().to_owned();
    let case = Case { number, browser: browser.clone() };
    let subject = json!({ "version": 1, "answers": answers(&SUBJECT) });
    browser.send_json(Method::PUT, &path(&case, "/subject"), &subject).await.expect(200);
    for category in ["consent", "summary"] {
        let file = paper::letter(category);
        let chosen = Chosen::pdf("附件.pdf", &file);
        browser.upload(&path(&case, "/attachments"), &[("category", category)], chosen).await.expect(201);
    }
    case
}

/// Hands the newest form in, sealed; what was recognised.
async fn hand_in(house: &House, case: &Case) -> Value {
    let scan = case.signed_scan(house).await;
    let chosen = Chosen::pdf("簽核申請單.pdf", &scan);
    case.browser.upload(&path(case, "/scans"), &[], chosen).await.expect(201).json()
}

both! {
    async fn a_case_walks_from_the_draft_to_its_closing_and_back(house) {
        let browser = house.applicant().await;
        let case = ready(&browser).await;
        let printed = happen(&browser, &case, json!({ "event": "print" })).await.expect(200).json();
        assert_eq!((&printed["revision"], &printed["state"]["label"]), (&json!(1), &json!("核章")));
        let recognised = hand_in(&house, &case).await;
        let marks: Vec<_> = recognised["pages"].as_array().unwrap().iter().flat_map(|page| page["boxes"].as_array().unwrap()).map(|seal| &seal["verdict"]).collect();
        assert_eq!(marks, ["marked", "marked", "marked"]);
        let scan = &recognised["scan"]["id"];
        let submitted = happen(&browser, &case, json!({ "event": "submit", "scan": scan })).await.expect(200).json();
        assert_eq!(submitted["state"]["name"], "submitted");

        let manager = house.sign_in(Who::Manager).await;
        let record = manager.get(&path(&case, "")).await.expect(200).json();
        let asked = json!({
            "event": "ask_supplement", "version": record["version"], "reason": "請確認電話",
            "items": [{ "place": "content", "id": "phone" }],
        });
        happen(&manager, &case, asked).await.expect(200);
        let waiting = browser.get(&path(&case, "")).await.expect(200).json();
        assert_eq!(waiting["supplement"]["items"][0]["label"], "連絡電話");
        let refused = happen(&browser, &case, json!({ "event": "resubmit" })).await.expect(409).json();
        assert_eq!(refused["reason"], "unanswered");
        let answer = json!({ "answer": "號碼無誤" });
        browser.send_json(Method::PUT, &path(&case, "/supplement/1"), &answer).await.expect(200);
        happen(&browser, &case, json!({ "event": "resubmit" })).await.expect(200);

        find_everything_good(&manager, &case).await;
        let received = happen(&manager, &case, json!({ "event": "receive", "version": version(&manager, &case).await })).await;
        let received = received.expect(200).json();
        let supervisor = house.sign_in(Who::Supervisor).await;
        let choices = supervisor.get(&path(&case, "/choices")).await.expect(200).json();
        let chosen = choices["professionals"].as_array().unwrap().iter().find(|one| one["profession"] == "心理師").unwrap();
        let dispatch = json!({ "event": "dispatch", "version": received["version"], "professionals": [chosen["id"]] });
        let dispatched = happen(&supervisor, &case, dispatch).await.expect(200).json();
        assert_eq!(dispatched["state"]["label"], "服務中");

        let professional = house.sign_in(Who::Professional).await;
        let session = json!({
            "event": "record", "held_on": "2026-11-20", "kind": "individual", "minutes": 50,
            "participants": "學生", "summary": "晤談",
        });
        let written = happen(&professional, &case, session).await.expect(200).json();
        assert!(written["record"].is_string());
        let proposal = json!({
            "event": "propose_closing", "version": written["version"], "closing": "improved", "summary": "情緒穩定",
        });
        let proposed = happen(&professional, &case, proposal).await.expect(200).json();
        let closed = json!({ "event": "close", "version": proposed["version"] });
        let closed = happen(&supervisor, &case, closed).await.expect(200).json();
        assert_eq!(closed["state"]["name"], "closed");
        let reopened = json!({ "event": "reopen", "version": closed["version"], "reason": "症狀復發" });
        happen(&supervisor, &case, reopened).await.expect(200);

        let flow = supervisor.get(&path(&case, "/flow")).await.expect(200).json();
        let events: Vec<_> = flow.as_array().unwrap().iter().rev().map(|row| row["event"].as_str().unwrap()).collect();
        let walked = [
            "open", "edit", "edit", "edit", "print", "submit", "ask_supplement", "resubmit", "receive", "dispatch",
            "propose_closing", "close", "reopen",
        ];
        assert_eq!(events, walked);
    }

    async fn twice_the_same_is_done_once(house) {
        let browser = house.applicant().await;
        let case = ready(&browser).await;
        let again = open(&browser, "1").await.expect(201);
        assert_eq!(again.json()["number"], case.number.as_str());
        assert_eq!(again.header("location"), path(&case, ""));
        assert_ne!(open(&browser, "2").await.expect(201).json()["number"], case.number.as_str());
        // Another person's key of the same name is another key.
        let other = house.sign_in(Who::Colleague).await;
        assert_ne!(open(&other, "1").await.expect(201).json()["number"], case.number.as_str());

        let before = house.record().await;
        let subject = json!({ "version": 1, "answers": answers(&SUBJECT) });
        browser.send_json(Method::PUT, &path(&case, "/subject"), &subject).await.expect(200);
        let file = paper::letter("consent");
        let attachment = Chosen::pdf("附件.pdf", &file);
        browser.upload(&path(&case, "/attachments"), &[("category", "consent")], attachment).await.expect(201);
        assert_eq!(house.record().await, before);

        let print = || happen(&browser, &case, json!({ "event": "print" }));
        let printed = print().await.expect(200).json();
        assert_eq!(print().await.expect(200).json(), printed);
        let (first, second) = (hand_in(&house, &case).await, hand_in(&house, &case).await);
        assert_eq!(first, second);
        let submit = || happen(&browser, &case, json!({ "event": "submit", "scan": first["scan"]["id"] }));
        submit().await.expect(200);
        let second = submit().await.expect(409).json();
        assert_eq!((&second["state"], &second["reason"]), (&json!("submitted"), &json!("wrong-state")));
    }

    async fn a_draft_is_edited_whole_and_papers_are_taken_off(house) {
        let browser = house.applicant().await;
        let case = ready(&browser).await;
        let at = version(&browser, &case).await;
        let saved = json!({ "version": at, "content": content("請先電洽") });
        let saved = browser.send_json(Method::PUT, &path(&case, "/content"), &saved).await.expect(200).json();
        assert_eq!(saved["version"], at + 1);
        let record = browser.get(&path(&case, "")).await.expect(200).json();
        assert_eq!((&record["content"]["note"], &record["content"]["needs"]), (&json!("請先電洽"), &json!(["心理師"])));
        let without = json!({ "version": at + 1, "content": answers(&CONTENT) });
        browser.send_json(Method::PUT, &path(&case, "/content"), &without).await.expect(200);
        assert!(browser.get(&path(&case, "")).await.json()["content"].get("note").is_none());

        let attachment = format!("/attachments/{}", record["attachments"][0]["id"].as_str().unwrap());
        for below in ["/subject", &attachment] {
            for _ in ["once", "twice"] {
                browser.send_json(Method::DELETE, &path(&case, below), &json!({})).await.expect(200);
            }
        }
        let record = browser.get(&path(&case, "")).await.expect(200).json();
        assert!(record.get("subject").is_none());
        assert_eq!(record["attachments"].as_array().unwrap().len(), 1);
        let missing = happen(&browser, &case, json!({ "event": "print" })).await.expect(409).json();
        assert_eq!(missing["reason"], "no-subject");
    }
}
