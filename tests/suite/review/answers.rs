//! The applicant's side of a review: what was asked for and how far it is, only that open, one next step at
//! each moment.

use casebind::case::state::State;
use casebind::case::supplement::Place;

use crate::support::browser::Chosen;
use crate::support::{Case, House, Page, Who, paper};

use super::version;

/// A case in 補件, with these items asked for.
async fn asked(house: &House, items: &[(Place, &str)]) -> Case {
    let case = Case::submitted(house, &house.applicant().await).await;
    let items: Vec<_> = items.iter().map(|(place, id)| (*place, (*id).to_owned())).collect();
    let at = version(house, &case).await;
    let manager = Who::Manager.actor();
    house.office().ask_supplement(&manager, &case.number, at, "電話打不通", &items).await.unwrap();
    case
}

/// The one primary button of a page.
#[track_caller]
fn primary(page: &Page) -> String {
    page.one("main .next .button--primary").replace("（另開分頁）", "")
}

both! {
    async fn what_was_asked_for_stands_first_and_only_that_opens(house) {
        let case = asked(&house, &[(Place::Content, "phone"), (Place::Attachment, "consent")]).await;
        let page = case.page().await;
        assert_eq!(page.one("#wanted-title"), "補件說明");
        assert!(page.one(".wanted__reason").contains("電話打不通"));
        let heads = page.all(".wanted__head");
        assert!(heads[0].starts_with("連絡電話 尚未完成") && heads[1].starts_with("家長(監護人)同意書 尚未完成"), "{heads:?}");
        assert_eq!(primary(&page), "修改「連絡電話」");

        let form = case.get("/content").await.expect(200);
        assert_eq!(form.attributes("form.record [name]", "name"), ["version", "draft_key", "phone"]);
        assert!(form.html().contains("電話打不通"));
        case.browser.press(&form, "儲存", &[("phone", "07-7654321")]).await.leads_to(&case.path("?said=saved"));
        let page = case.page().await;
        assert!(page.all(".wanted__head")[0].starts_with("連絡電話 已修改"));
        assert_eq!(primary(&page), "上傳「家長(監護人)同意書」");

        // The subject wasn't asked for; of the attachments only one category.
        let subject = case.dossier(&house).await.subject().unwrap().id.clone();
        case.get(&format!("/subject/{subject}")).await.leads_to(&case.path("#wanted"));
        let files = case.get("/attachments").await.expect(200);
        assert_eq!(files.attributes("select[name=category] option", "value"), ["consent"]);
        assert_eq!(files.all(".attachment__foot a").len(), 1, "one can be deleted");
        let tab = case.get("?tab=subject").await.expect(200);
        assert!(tab.all(".subject .menu a").iter().all(|entry| entry != "編輯" && entry != "刪除"));
    }

    async fn of_what_reopened_the_unticked_is_seen_before_it_is_cleared(house) {
        let case = asked(&house, &[(Place::Content, "phone"), (Place::Content, "needs")]).await;
        let (one, two) = (case.get("/content").await.expect(200), case.get("/content").await.expect(200));
        case.browser.press(&one, "儲存", &[("phone", "07-7654321")]).await.leads_to(&case.path(""));
        let mut unticked = two.form("儲存").filled(&[("phone", "07-7654321")]);
        unticked.fields.retain(|(name, _)| name != "needs");
        let conflict = case.browser.submit(&unticked).await.expect(409);
        assert_eq!(conflict.all(".versus tbody tr"), ["轉介需求心理師未填"], "and nothing that stayed closed");
    }

    async fn words_do_where_nothing_needs_changing(house) {
        let case = asked(&house, &[(Place::Content, "phone")]).await;
        let page = case.page().await;
        let answer = case.browser.press(&page, "儲存說明", &[("answer", "號碼無誤，請於上班時間來電")]).await;
        answer.leads_to(&case.path("?said=answered"));
        let page = case.page().await;
        assert!(page.one(".wanted__head").starts_with("連絡電話 已說明"));
        assert_eq!(primary(&page), "送出審核");
        case.browser.press(&page, "送出審核", &[]).await.leads_to(&case.path("/receipt"));
        let receipt = case.get("/receipt").await.expect(200);
        assert_eq!(receipt.one("h1"), "已送出審核");
        assert!(receipt.one(".notice--attention").contains("連絡電話：號碼無誤"));
        // A second press leads to the same receipt.
        case.post("/resubmit", &[]).await.leads_to(&case.path("/receipt"));
        assert!(!case.page().await.has("#wanted"));
        let seen = house.sign_in(Who::Manager).await.get(&case.path("/review")).await.expect(200);
        assert!(seen.one(".desk__remarks").contains("號碼無誤"), "{}", seen.one(".desk__remarks"));
    }

    async fn what_is_printed_leads_through_print_and_scan(house) {
        let case = asked(&house, &[(Place::Content, "phone")]).await;
        case.edit(&[("phone", "07-7654321")]).await.leads_to(&case.path(""));
        assert_eq!(primary(&case.page().await), "列印申請單");
        case.post("/resubmit", &[]).await.expect(409);
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        assert_eq!(primary(&case.page().await), "上傳簽核申請單");
        let scan = case.signed_scan(&house).await;
        let check = case.browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert_eq!(primary(&case.page().await), "確認後送出審核");
        case.browser.press(&check, "送出審核", &[]).await.leads_to(&case.path("/receipt"));
        let dossier = case.dossier(&house).await;
        assert_eq!((dossier.state(), dossier.bound_scan().unwrap().revision.get()), (State::Submitted, 2));
    }

    async fn a_new_scan_waits_until_everything_is_answered(house) {
        let case = asked(&house, &[(Place::SignedForm, ""), (Place::Content, "phone")]).await;
        let scan = paper::scan(&case.form(&house).await, true);
        let file = Chosen::pdf("再簽.pdf", &scan);
        let page = case.get("/scans/new").await.expect(200);
        let answer = case.browser.press_with(&page, "上傳並檢查", &[], file).await;
        let check = case.browser.follow(&answer).await.expect(200);
        assert!(check.html().contains("還有補件項目尚未完成：連絡電話"), "{}", check.one("main"));
        assert!(!check.buttons().contains(&"送出審核".to_owned()));
    }

    async fn a_return_is_told_until_the_next_submission(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let at = version(&house, &case).await;
        house.office().send_back(&Who::Manager.actor(), &case.number, at, "校長核章不清楚").await.unwrap();
        let page = case.page().await;
        assert_eq!(page.one("#wanted-title"), "退回核章");
        assert!(page.one(".wanted__reason").contains("校長核章不清楚"));
        assert!(page.all(".detour--open").iter().any(|detour| detour.contains("退回核章")));
        let scan = paper::scan(&case.form(&house).await, true);
        let check = case.browser.follow(&case.hand_in(&scan).await).await.expect(200);
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let page = case.page().await;
        assert!(!page.has("#wanted") && !page.has(".detour--open"));
        assert!(page.all(".detour").iter().any(|detour| detour.contains("校長核章不清楚")), "the detour stays on the track");
    }

    async fn others_see_what_was_asked_for_and_answer_nothing(house) {
        let case = asked(&house, &[(Place::Content, "phone")]).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("")).await.expect(200);
        assert!(page.has("#wanted") && !page.has(".wanted form"));
        manager.post(&case.path("/supplement/items/1"), &[("answer", "x")]).await.expect(409);
        manager.post(&case.path("/resubmit"), &[]).await.expect(409);
        let stranger = house.sign_in(Who::OtherApplicant).await;
        stranger.post(&case.path("/supplement/items/1"), &[("answer", "x")]).await.expect(404);
        case.post("/supplement/items/9", &[("answer", "x")]).await.expect(404);
        case.post("/supplement/items/x", &[("answer", "x")]).await.expect(404);
    }
}
