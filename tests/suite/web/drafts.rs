//! Half-typed forms: kept, given back, forgotten when they are saved. And characters without a glyph.

use crate::support::cases::CONTENT;
use crate::support::house::MINUTE;
use crate::support::{Case, Who};

both! {
    async fn what_was_half_typed_about_a_case_goes_with_who_served_it(house) {
        let case = crate::review::in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let session = [("held_on", "2026/11/20"), ("kind", "individual"), ("minutes", "50"), ("participants", "學生"), ("summary", "初談")];
        professional.press(&form, "新增紀錄", &session).await.leads_to(&case.path("?tab=records"));
        let record = case.dossier(&house).await.records[0].id.clone();
        let keys = [format!("record-{}", case.number), format!("closing-{}", case.number), format!("record-{record}")];
        for key in keys.iter().chain([&"record-0".to_owned()]) {
            professional.post(&format!("/drafts/{key}"), &[("summary", "寫到一半")]).await.expect(204);
        }
        let at = crate::review::version(&house, &case).await;
        let other = [Who::OtherProfessional.login()];
        house.office().reassign(&Who::Supervisor.actor(), &case.number, at, &other, "請假").await.unwrap();
        assert_eq!(house.texts("SELECT form FROM drafts").await, ["record-0"], "another case's stays");
    }

    async fn what_was_half_typed_outlives_the_closing_of_the_case(house) {
        let case = crate::review::in_service(&house).await;
        let (professional, supervisor) = (house.sign_in(Who::Professional).await, house.sign_in(Who::Supervisor).await);
        let (office, proposer) = (house.office(), Who::Professional.actor());
        let at = crate::review::version(&house, &case).await;
        let improved = Some(casebind::case::request::ClosingReason::Improved);
        office.propose_closing(&proposer, &case.number, at, improved, "", "好轉").await.unwrap();
        let key = format!("record-{}", case.number);
        professional.post(&format!("/drafts/{key}"), &[("kind", "phone"), ("summary", "寫到一半")]).await.expect(204);
        let at = crate::review::version(&house, &case).await;
        office.close_case(&Who::Supervisor.actor(), &case.number, at).await.unwrap();
        assert_eq!(house.texts("SELECT form FROM drafts").await, [key]);
        assert!(!supervisor.get(&case.path("/records/new")).await.expect(409).has("[data-kept]"), "it is its owner's");
        let shown = professional.get(&case.path("/records/new")).await.expect(409);
        assert!(shown.one("[data-kept]").contains("寫到一半") && shown.one("[data-kept]").contains("電話聯繫"));
        professional.press(&shown, "捨棄草稿", &[]).await.leads_to(&case.path(""));
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);
        assert!(!professional.get(&case.path("/records/new")).await.expect(409).has("[data-kept]"));
    }

    async fn a_draft_that_nobody_goes_on_with_is_forgotten(house) {
        let browser = house.applicant().await;
        let day = 24 * 60 * crate::support::house::MINUTE;
        browser.post("/drafts/content-1", &[("problem", "寫到一半")]).await.expect(204);
        house.wait(60 * day);
        let browser = house.applicant().await;
        browser.post("/drafts/content-2", &[("problem", "寫到一半")]).await.expect(204);
        assert_eq!(house.office().sweep_drafts().await.unwrap(), Some(0));
        assert_eq!(house.office().sweep_drafts().await.unwrap(), None, "once an hour");
        house.wait(31 * day);
        assert_eq!(house.office().sweep_drafts().await.unwrap(), Some(1));
        assert_eq!(house.texts("SELECT form FROM drafts").await, ["content-2"]);
    }

    async fn a_draft_survives_the_session_and_goes_when_it_is_saved(house) {
        let browser = house.applicant().await;
        let draft = [("problem", "打到一半"), ("needs", "社工師"), ("phone", "還沒想好")];
        let path = browser.get("/cases/new?service=referral").await.expect(200).attributes("form[data-draft]", "data-draft");
        browser.post(&path[0], &draft).await.expect(204);
        browser.post(&path[0], &[("problem", "又多打了一點"), ("needs", "社工師")]).await.expect(204);
        house.wait(20 * MINUTE);
        browser.get("/cases").await.leads_to("/login");

        let browser = house.applicant().await;
        let form = browser.get("/cases/new?service=referral").await.expect(200);
        assert!(form.one(".record .notice").contains("尚未儲存的草稿"));
        assert_eq!(form.value("problem"), "又多打了一點");
        assert_eq!(form.value("needs"), "社工師");
        browser.press(&form, "新增", &CONTENT).await.leads_to("/cases/");
        let form = browser.get("/cases/new?service=referral").await.expect(200);
        assert!(!form.has(".record .notice"));
        assert_eq!(form.value("problem"), "");
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);
    }

    async fn a_draft_is_its_owners_and_can_be_discarded(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let page = case.get("/content").await.expect(200);
        let path = page.attributes("form[data-draft]", "data-draft")[0].clone();
        browser.post(&path, &[("problem", "草稿"), ("version", "1")]).await.expect(204);
        let other = house.sign_in(Who::Manager).await;
        other.post(&path, &[("problem", "別人的")]).await.expect(204);
        let page = case.get("/content").await.expect(200);
        assert_eq!(page.value("problem"), "草稿");
        let discarded = browser.press(&page, "捨棄草稿", &[]).await;
        // The button stands outside of its form.
        if discarded.status != 303 {
            browser.post(&path, &[("discard", "1"), ("back", &case.path("/content"))]).await.leads_to(&case.path("/content"));
        }
        browser.post(&path, &[("discard", "1"), ("back", "https://example.org")]).await.leads_to("/cases");
        assert!(case.get("/content").await.expect(200).value("problem").starts_with("經常請假"));
    }

    async fn a_draft_of_the_subject_comes_back_and_goes(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let path = case.get("/subject").await.expect(200).attributes("form[data-draft]", "data-draft")[0].clone();
        browser.post(&path, &[("name", "王小")]).await.expect(204);
        assert_eq!(case.get("/subject").await.expect(200).value("name"), "王小");
        case.add_subject(&crate::support::cases::SUBJECT).await.leads_to(&case.path(""));
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);
    }

    async fn drafts_have_limits(house) {
        let browser = house.sign_in(Who::Applicant).await;
        browser.post("/drafts/content-1", &[("problem", &"長".repeat(300_000))]).await.expect(413);
        browser.post("/drafts/content-1", &[("problem", &"長".repeat(40_000))]).await.expect(400);
        browser.post("/drafts/..%2Fx", &[("problem", "x")]).await.expect(400);
        browser.post(&format!("/drafts/{}", "x".repeat(81)), &[("problem", "x")]).await.expect(400);
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);
    }

    async fn characters_that_no_font_prints_are_named_while_typing(house) {
        let browser = house.sign_in(Who::Applicant).await;
        browser.post("/glyphs", &[("text", "王小明 堃喆 O'Brien’s 2025")]).await.expect(204);
        let answer = browser.post("/glyphs", &[("text", "王\u{12000}明\u{12001}")]).await.expect(200);
        let words = answer.html();
        assert!(words.contains("U+12000") && words.contains("U+12001"), "{words}");
        assert!(!words.contains("王"), "{words}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}
