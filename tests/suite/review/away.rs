//! A case that leaves somebody's sight while they write about it: nothing is told of it any more, and their own words are on the
//! page that says so.

use casebind::case::request::ClosingReason;
use casebind::case::supplement::Place;

use crate::support::{Browser, Case, House, Page, Who};

use super::{in_service, received, version};

/// The case goes to a colleague of the same school.
async fn handed_over(house: &House, case: &Case) {
    let at = version(house, case).await;
    let outcome =
        house.office().hand_over(&Who::Manager.actor(), &case.number, at, &Who::Colleague.login()).await;
    outcome.expect("handed over");
}

/// The supervisor's zone is another from now on, or this one again.
async fn supervises(house: &House, zone: &str) {
    house.sql(&format!("UPDATE people SET zone_id = '{zone}' WHERE id = 'supervisor'")).await;
}

/// Sends a form about a case that isn't theirs to see any more: nothing is written, what was typed is on the page, and nothing is
/// that names the case.
async fn kept(
    house: &House,
    case: &Case,
    browser: &Browser,
    page: &Page,
    button: &str,
    typed: &[(&str, &str)],
) -> Page {
    let before = house.record().await;
    let told = browser.press(page, button, typed).await.expect(404);
    assert_eq!(house.record().await, before, "{button}");
    let words = told.one("[data-kept]");
    for (name, value) in typed.iter().filter(|(name, _)| *name != "person") {
        assert!(words.contains(value), "{button}: what was typed as {name} is kept: {words}");
    }
    assert!(!told.html().contains(&case.number), "{button}");
    assert_eq!(told.link("回案件列表"), "/cases", "{button}");
    told
}

both! {
    async fn whose_case_was_handed_over_keeps_the_answers(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let subject = case.dossier(&house).await.subject().unwrap().id.clone();
        let content = case.get("/content").await.expect(200);
        let child = case.get(&format!("/subject/{subject}")).await.expect(200);
        let withdraw = case.get("/withdraw").await.expect(200);
        handed_over(&house, &case).await;
        let typed = [("problem", "近一個月常請假，導師已家訪。"), ("note", "請於下午來電")];
        let told = kept(&house, &case, &browser, &content, "儲存", &typed).await;
        let words = told.one("[data-kept]");
        assert!(words.contains("問題簡述") && words.contains("備註"), "under the labels of the form: {words}");
        assert!(words.contains("心理師"), "with what was ticked: {words}");
        let told = kept(&house, &case, &browser, &child, "儲存", &[("tutor", "乙老師")]).await;
        assert!(told.one("[data-kept]").contains("導師姓名"));
        kept(&house, &case, &browser, &withdraw, "撤案", &[("reason", "家長不同意轉介")]).await;
        // What won't do is no reason to tell more.
        kept(&house, &case, &browser, &content, "儲存", &[("phone", "x")]).await;
    }

    async fn whose_supplement_was_handed_over_keeps_the_words(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (at, items) = (version(&house, &case).await, [(Place::Content, "phone".to_owned())]);
        house.office().ask_supplement(&Who::Manager.actor(), &case.number, at, "電話打不通", &items).await.unwrap();
        let page = case.page().await;
        handed_over(&house, &case).await;
        let words = [("answer", "號碼無誤，請於上班時間來電")];
        let told = kept(&house, &case, &case.browser, &page, "儲存說明", &words).await;
        assert!(!told.html().contains("電話打不通"), "what the office wrote isn't theirs any more");
    }

    async fn who_supervises_elsewhere_now_keeps_the_reason(house) {
        let case = received(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let dispatch = supervisor.get(&case.path("/dispatch")).await.expect(200);
        let decline = supervisor.get(&case.path("/decline")).await.expect(200);
        supervises(&house, "zone-2").await;
        let person = Who::OtherProfessional.login();
        let typed = [("person", person.as_str()), ("reason", "學校希望先由社工師訪視")];
        let told = kept(&house, &case, &supervisor, &dispatch, "派案", &typed).await;
        assert!(told.one("[data-kept]").contains("吳社工"), "and whom they chose");
        kept(&house, &case, &supervisor, &decline, "不開案", &[("reason", "非服務對象")]).await;

        supervises(&house, "zone-1").await;
        let case = in_service(&house).await;
        let reassign = supervisor.get(&case.path("/reassign")).await.expect(200);
        let (at, improved) = (version(&house, &case).await, Some(ClosingReason::Improved));
        let proposer = Who::Professional.actor();
        house.office().propose_closing(&proposer, &case.number, at, improved, "", "好轉").await.unwrap();
        let closing = supervisor.get(&case.path("/closing")).await.expect(200);
        supervises(&house, "zone-2").await;
        kept(&house, &case, &supervisor, &reassign, "改派", &[("reason", "改由另一位")]).await;
        kept(&house, &case, &supervisor, &closing, "退回申請", &[("reason", "請補上追蹤計畫")]).await;

        supervises(&house, "zone-1").await;
        let sql = format!("UPDATE cases SET state = 'closed', version = version + 1 WHERE number = '{}'", case.number);
        house.sql(&sql).await;
        let reopen = supervisor.get(&case.path("/reopen")).await.expect(200);
        supervises(&house, "zone-2").await;
        kept(&house, &case, &supervisor, &reopen, "重新開案", &[("reason", "學校來電，症狀復發")]).await;
    }

    async fn where_nothing_was_typed_there_is_no_such_page(house) {
        let case = Case::opened(&house.applicant().await).await;
        let stranger = house.sign_in(Who::OtherApplicant).await;
        for below in ["/content", "/subject", "/withdraw", "/supplement/items/1"] {
            let told = stranger.post(&case.path(below), &[("version", "1")]).await.expect(404);
            assert!(!told.has("[data-kept]"), "{below}");
        }
        // And what is typed about a case that never was is answered in the same words.
        let typed = [("version", "1"), ("reason", "寫到一半")];
        let foreign = stranger.post(&case.path("/withdraw"), &typed).await.expect(404);
        let nowhere = stranger.post("/cases/1009999999/withdraw", &typed).await.expect(404);
        assert_eq!(foreign.one("main"), nowhere.one("main"));
    }
}
