//! What the API tells of a case, and its originals.

use casebind::case::ids::Digest;
use serde_json::json;

use crate::support::{Case, Who, paper};

use super::path;

both! {
    async fn a_record_tells_what_the_page_shows(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let record = browser.get(&path(&case, "")).await.expect(200).json();
        assert_eq!(record["state"], json!({ "name": "submitted", "label": "送件", "note": "申請完成，等待審核確認中" }));
        assert_eq!(record["school"]["stage"], json!({ "id": "elementary", "label": "國小" }));
        assert_eq!(record["service"]["id"], "referral");
        assert_eq!(record["subject"]["answers"]["name"], "王小明");
        assert_eq!(record["prints"][0]["revision"], 1);
        assert_eq!(record["scans"][0]["bound"], true);
        let page = json!({ "index": 1, "page": 1, "pages": 1, "how": "code", "turn": 0 });
        assert_eq!(record["scans"][0]["pages"], json!([page]));
        assert_eq!(record["attachments"][0]["verdict"], "unreviewed");
        assert_eq!(record["flow"][0]["event"], "submit");
        assert_eq!(record["flow"][0]["documents"].as_array().unwrap().len(), 4);
        assert!(record.get("review").is_none(), "an applicant judges nothing");
        let manager = house.sign_in(Who::Manager).await;
        let labels: Vec<_> = manager.get(&path(&case, "")).await.expect(200).json()["review"]
            .as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect();
        assert_eq!(labels, ["承辦人", "輔導主任", "校長", "附件.pdf", "附件.pdf"]);
    }

    async fn the_pages_of_the_bound_scan_are_told_in_the_order_of_the_file(house) {
        let browser = house.applicant().await;
        let case = crate::walk::refusals::two_pages(&browser).await;
        let mut sheets = paper::sheets(&case.form(&house).await, true);
        sheets.reverse();
        sheets[0].0 = image::imageops::rotate180(&sheets[0].0);
        let check = browser.follow(&case.hand_in(&paper::bind(&sheets)).await).await.expect(200);
        let scan = |record: serde_json::Value| {
            let mut documents = record.as_array().unwrap().iter();
            documents.find(|one| one["kind"] == "scan").unwrap().clone()
        };
        let address = path(&case, "/documents");
        let before = scan(browser.get(&address).await.expect(200).json());
        assert!(before.get("pages").is_none(), "it isn't bound yet");
        browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let bound = scan(browser.get(&address).await.expect(200).json());
        let page = |index, page, turn| {
            json!({ "index": index, "page": page, "pages": 2, "how": "code", "turn": turn })
        };
        assert_eq!(bound["pages"], json!([page(1, 2, 180), page(2, 1, 0)]));
    }

    async fn an_identity_number_is_whole_only_where_the_work_needs_it(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let shown = |record: serde_json::Value| record["subject"]["answers"]["id_number"].as_str().unwrap().to_owned();
        let number = |browser: crate::support::Browser| {
            let address = path(&case, "");
            async move { shown(browser.get(&address).await.expect(200).json()) }
        };
        assert_eq!(number(browser.clone()).await, "A123456789", "the applicant edits it");
        assert_eq!(number(house.sign_in(Who::Manager).await).await, "A12****789", "a draft isn't the manager's work");
        let case = Case::submitted(&house, &browser).await;
        let number = |browser: crate::support::Browser| {
            let address = path(&case, "");
            async move { shown(browser.get(&address).await.expect(200).json()) }
        };
        assert_eq!(number(browser.clone()).await, "A12****789", "what was submitted is edited no more");
        assert_eq!(number(house.sign_in(Who::Manager).await).await, "A123456789", "the manager corrects it");
        assert_eq!(number(house.sign_in(Who::Supervisor).await).await, "A12****789");
    }

    async fn originals_go_out_as_downloads_and_are_traced(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let documents = browser.get(&path(&case, "/documents")).await.expect(200).json();
        let documents = documents.as_array().unwrap();
        let kinds: Vec<_> = documents.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["print", "scan", "attachment", "attachment"]);
        for document in documents {
            let answer = browser.get(document["href"].as_str().unwrap()).await.expect(200);
            assert_eq!(Digest::of(&answer.body).to_string(), document["digest"].as_str().unwrap());
            assert!(answer.header("content-disposition").starts_with("attachment;"));
        }
        let traces = house.traces(&case.id(&house).await).await;
        let looks: Vec<_> = traces.iter().rev().take(5).rev().map(String::as_str).collect();
        assert_eq!(looks, ["view-case", "view-print", "download-scan", "download-attachment", "download-attachment"]);

        let scan: Digest = documents[1]["digest"].as_str().unwrap().parse().unwrap();
        std::fs::write(house.original(&scan), b"something else").unwrap();
        let damaged = browser.get(documents[1]["href"].as_str().unwrap()).await.expect(500);
        assert_eq!(damaged.json()["type"], "urn:casebind:problem:internal");
        assert!(damaged.json()["number"].is_string());
        let nowhere = path(&case, &format!("/documents/{}", Digest::of(b"nothing")));
        browser.get(&nowhere).await.expect(404);
        browser.get(&path(&case, "/documents/short")).await.expect(404);
    }

    async fn the_service_items_say_what_a_case_needs(house) {
        let services = house.applicant().await.get("/api/v1/services").await.expect(200).json();
        let referral = services["services"].as_array().unwrap().iter().find(|one| one["id"] == "referral").unwrap();
        assert_eq!(referral["subject"], "required");
        let needed: Vec<_> = referral["required_attachments"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert_eq!(needed, ["consent", "summary"]);
        assert_eq!(services["subject"].as_array().unwrap().len(), 21);
    }
}
