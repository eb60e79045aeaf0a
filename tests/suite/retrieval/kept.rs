//! 調閱 of what no case rests on: papers of a case that never was submitted, deleted attachments, files of service records.

use casebind::case::ids::Digest;
use serde_json::Value;

use crate::disposal::{second_archivist, small};
use crate::review::in_service;
use crate::support::browser::Chosen;
use crate::support::{Browser, Case, House, Page, Who, paper};

use super::{find, since, traced};

const SESSION: [(&str, &str); 5] = [
    ("held_on", "2026/11/20"),
    ("kind", "individual"),
    ("minutes", "50"),
    ("participants", "學生、輔導老師"),
    ("summary", "初談，建立關係。"),
];

/// Takes out an original for a purpose that is stated first, with its slip.
async fn take_out(house: &House, archivist: &Browser, case: &Case, digest: &Digest) -> Page {
    let home = format!("/retrieval/{}", case.number);
    let address = format!("{home}/originals/{digest}");
    archivist.get(&address).await.leads_to(&home);
    archivist.post(&home, &[("purpose", "家長申請閱覽")]).await.leads_to(&home);
    let before = traced(house).await;
    let file = archivist.get(&address).await.expect(200);
    assert_eq!(Digest::of(&file.body), *digest);
    let slip = archivist.get(&format!("{home}/slips/{digest}")).await.expect(200);
    assert!(slip.body.starts_with(b"%PDF"));
    assert_eq!(since(house, before).await, ["retrieve-original", "print-slip"]);
    file
}

/// The documents of a case by the API, of one kind.
async fn documents(browser: &Browser, case: &Case, kind: &str) -> Vec<Value> {
    let all = browser.get(&format!("/api/v1/cases/{}/documents", case.number)).await.expect(200).json();
    all.as_array().unwrap().iter().filter(|one| one["kind"] == kind).cloned().collect()
}

async fn examined(archivist: &Browser, bytes: &[u8]) -> String {
    let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("某檔.pdf", bytes)).await.expect(200);
    page.one("main")
}

both! {
    async fn the_papers_of_a_case_that_ended_before_it_was_submitted_are_found_and_taken_out(house) {
        let applicant = house.applicant().await;
        let (case, going) = (Case::printed(&applicant).await, Case::printed(&applicant).await);
        let scan = case.signed_scan(&house).await;
        case.hand_in(&scan).await.leads_to(&case.path("/scans/"));
        let archivist = house.sign_in(Who::Archivist).await;
        let digest = Digest::of(&scan);
        let queries = [format!("number={}", case.number), format!("digest={digest}"), "file=.pdf".to_owned()];
        for query in &queries {
            assert_eq!(find(&archivist, query).await, Vec::<String>::new(), "{query}: somebody still works on it");
        }
        archivist.get(&case.path("")).await.expect(404);
        archivist.get(&format!("/retrieval/{}", case.number)).await.expect(404);

        case.withdraw("家長不同意").await.leads_to(&case.path(""));
        for query in &queries {
            assert_eq!(find(&archivist, query).await, [case.number.clone()], "{query}");
        }
        assert_eq!(archivist.get("/cases?scope=all").await.expect(200).one(".tally"), "每頁 20 筆共 1 筆");
        archivist.get(&case.path("")).await.expect(200);
        let page = archivist.get(&format!("/retrieval/{}", case.number)).await.expect(200);
        assert!(page.one("main").contains("未送件的掃描檔（第 1 版）"), "{}", page.one("main"));
        let attachment = case.dossier(&house).await.attachments[0].id.clone();
        let below = case.path(&format!("/attachments/{attachment}"));
        archivist.get(&below).await.leads_to(&format!("/retrieval/{}", case.number));
        take_out(&house, &archivist, &case, &digest).await;
        archivist.get(&below).await.expect(200);
        assert_eq!(find(&archivist, &format!("number={}", going.number)).await, Vec::<String>::new());
    }

    async fn whoever_decides_on_a_disposal_sees_the_originals_first(house) {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        let archivist = house.sign_in(Who::Archivist).await;
        let answer = archivist.post("/retention/disposals", &[("number", &case.number)]).await;
        let address = answer.location().split('?').next().unwrap().to_owned();
        let other = second_archivist(&house).await;
        let page = other.get(&address).await.expect(200);
        assert_eq!(page.link("調閱原件"), format!("/retrieval/{}", case.number));
        take_out(&house, &other, &case, &digest).await;
        other.post(&format!("{address}/approve"), &[]).await.leads_to(&address);
        assert!(!other.get(&address).await.expect(200).html().contains("/retrieval/1"), "nothing is left to look at");
    }

    async fn a_deleted_attachment_is_found_and_taken_out(house) {
        let applicant = house.applicant().await;
        let case = Case::ready(&applicant).await;
        let file = paper::letter("a record that was put in by mistake");
        case.attach("other", Chosen::pdf("misplaced-diary.pdf", &file)).await.leads_to(&case.path("/attachments"));
        let digest = Digest::of(&file);
        let attachments = case.dossier(&house).await.attachments;
        let id = attachments.iter().find(|one| one.digest == digest).unwrap().id.clone();
        case.post(&format!("/attachments/{id}/delete"), &[]).await.leads_to(&case.path("/attachments"));
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        let scan = case.signed_scan(&house).await;
        let check = applicant.follow(&case.hand_in(&scan).await).await.expect(200);
        applicant.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));

        let archivist = house.sign_in(Who::Archivist).await;
        for query in [format!("digest={}", digest.short()), "file=diary".to_owned()] {
            assert_eq!(find(&archivist, &query).await, [case.number.clone()], "{query}");
        }
        let page = archivist.get(&format!("/retrieval/{}", case.number)).await.expect(200);
        let main = page.one("main");
        assert!(main.contains("已刪除的附件（其他）") && main.contains("misplaced-diary.pdf"), "{main}");
        assert!(main.contains("刪除") && main.contains("王輔導，2026/11/23"), "{main}");
        assert!(examined(&archivist, &file).await.contains(&format!("已刪除的附件案件 {}", case.number)));

        let api = format!("/api/v1/cases/{}/documents/{digest}", case.number);
        assert_eq!(archivist.get(&api).await.expect(403).json()["type"], "urn:casebind:problem:purpose-needed");
        let sent = take_out(&house, &archivist, &case, &digest).await;
        assert!(sent.header("content-disposition").contains("misplaced-diary.pdf"));
        let told = documents(&archivist, &case, "deleted_attachment").await;
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((told["digest"].as_str(), told["deleted_by"].as_str()), (Some(digest.to_string().as_str()), Some("王輔導")));
        assert!(told["deleted_at"].is_string());
        assert_eq!(Digest::of(&archivist.get(told["href"].as_str().unwrap()).await.expect(200).body), digest);
        // To everybody else it is as gone as it was.
        for who in [Who::Applicant, Who::Manager, Who::Supervisor] {
            let other = house.sign_in(who).await;
            other.get(&api).await.expect(404);
            other.get(&case.path(&format!("/attachments/{id}"))).await.expect(404);
            assert!(documents(&other, &case, "deleted_attachment").await.is_empty(), "{who:?}");
            assert!(!other.get(&case.path("/attachments")).await.html().contains("misplaced-diary"), "{who:?}");
        }
    }

    async fn the_file_of_a_service_record_is_found_and_taken_out_and_the_record_stays_closed(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        professional.press(&form, "新增紀錄", &SESSION).await.leads_to(&case.path("?tab=records"));
        let record = case.path(&format!("/records/{}", case.dossier(&house).await.records[0].id));
        let file = paper::letter("a scale");
        let page = professional.get(&record).await.expect(200);
        professional.press_with(&page, "上傳檔案", &[], Chosen::pdf("mood-scale.pdf", &file)).await.leads_to(&record);
        let digest = Digest::of(&file);

        let archivist = house.sign_in(Who::Archivist).await;
        for query in [format!("digest={digest}"), "file=MOOD".to_owned()] {
            assert_eq!(find(&archivist, &query).await, [case.number.clone()], "{query}");
        }
        let page = archivist.get(&format!("/retrieval/{}", case.number)).await.expect(200);
        let main = page.one("main");
        assert!(main.contains("服務紀錄的檔案") && main.contains("mood-scale.pdf") && !main.contains("建立關係"), "{main}");
        assert!(examined(&archivist, &file).await.contains(&format!("服務紀錄的檔案案件 {}", case.number)));
        let api = format!("/api/v1/cases/{}/documents/{digest}", case.number);
        assert_eq!(archivist.get(&api).await.expect(403).json()["type"], "urn:casebind:problem:purpose-needed");
        take_out(&house, &archivist, &case, &digest).await;
        let told = documents(&archivist, &case, "record_file").await;
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((told["file_name"].as_str(), told["uploaded_by"].as_str()), (Some("mood-scale.pdf"), Some("張心理")));
        assert_eq!(Digest::of(&archivist.get(told["href"].as_str().unwrap()).await.expect(200).body), digest);
        // The record itself, and its own address of the file, aren't the archivist's.
        for closed in [record.clone(), format!("{record}/files/{digest}"), format!("/api/v1{record}")] {
            archivist.get(&closed).await.expect(404);
        }
        for who in [Who::Applicant, Who::Manager, Who::Professional] {
            let other = house.sign_in(who).await;
            other.get(&api).await.expect(404);
            assert!(documents(&other, &case, "record_file").await.is_empty(), "{who:?}");
        }
        let page = house.sign_in(Who::Manager).await.get(&case.path("/traces")).await.expect(200);
        assert!(page.one("main").contains("服務紀錄的檔案"), "what was taken out is named");
    }
}
