//! The ends of a review by their pages: reasons prefilled and kept, what reopens ticked, what was corrected
//! shown, and the second of two people told.

use casebind::case::review::{Target, Verdict};
use casebind::case::state::State;
use casebind::steps::review::Judged;

use crate::support::{Browser, Case, House, Who};

use super::version;

async fn submitted(house: &House) -> (Case, Browser) {
    let case = Case::submitted(house, &house.applicant().await).await;
    (case, house.sign_in(Who::Manager).await)
}

async fn judge(house: &House, case: &Case, target: Target, remark: &str) {
    let one = Judged { target, verdict: Verdict::Wanting, remark: remark.into() };
    let at = version(house, case).await;
    house.office().judge_papers(&Who::Manager.actor(), &case.number, at, &[one]).await.unwrap();
}

both! {
    async fn sending_back_begins_with_what_was_found_wanting(house) {
        let (case, manager) = submitted(&house).await;
        judge(&house, &case, Target::Seal("principal".into()), "印文不清").await;
        let page = manager.get(&case.path("/return")).await.expect(200);
        assert_eq!(page.value("reason"), "「校長」核章欄：印文不清。");
        assert!(page.all(".how li").iter().any(|step| step.contains("案件回到「核章」")));
        let again = manager.press(&page, "退回核章", &[("reason", " ")]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫退回原因"));
        assert_eq!(case.state().await, "送件");
        manager.press(&page, "退回核章", &[("reason", "校長核章不清楚，請重蓋")]).await.leads_to("/queue?said=returned");
        assert_eq!(case.state().await, "核章");
        assert!(case.page().await.html().contains("校長核章不清楚，請重蓋"));
        manager.get(&case.path("/return")).await.expect(409);
    }

    async fn a_supplement_opens_exactly_what_is_ticked(house) {
        let (case, manager) = submitted(&house).await;
        let attachments = case.dossier(&house).await.attachments;
        judge(&house, &case, Target::Attachment(attachments[0].id.clone()), "第二頁缺簽名").await;
        let page = manager.get(&case.path("/supplement")).await.expect(200);
        assert_eq!(page.value("reason"), "「家長(監護人)同意書」：第二頁缺簽名。");
        assert_eq!(page.attributes("input[name=item][checked]", "value"), ["attachment:consent"]);
        let offered = page.attributes("input[name=item]", "value");
        for value in ["content:phone", "subject:mobile", "attachment:summary", "signed-form:"] {
            assert!(offered.contains(&value.to_owned()), "{value} in {offered:?}");
        }
        let none: Vec<(&str, &str)> = vec![("item", "nowhere")];
        manager.press(&page, "請申請人補件", &none).await.expect(400);
        let at = version(&house, &case).await.to_string();
        let empty = manager.post(&case.path("/supplement"), &[("version", &at), ("reason", "缺")]).await.expect(422);
        assert!(empty.one("#opened").contains("請至少選擇一項"));
        assert_eq!(empty.value("reason"), "缺");
        let unsaid = manager.press(&page, "請申請人補件", &[("reason", "")]).await.expect(422);
        assert!(unsaid.error_of("reason").contains("請填寫補件說明"));
        assert_eq!(unsaid.attributes("input[name=item][checked]", "value"), ["attachment:consent"], "the ticks are kept");
        let done = manager.press(&page, "請申請人補件", &[("item", "content:phone"), ("item", "attachment:consent")]).await;
        done.leads_to("/queue?said=supplement-asked");
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Supplement);
        let labels: Vec<_> = dossier.supplement().unwrap().items.iter().map(|item| item.label.clone()).collect();
        assert_eq!(labels, ["連絡電話", "家長(監護人)同意書"]);
    }

    async fn declining_says_what_it_means(house) {
        let (case, manager) = submitted(&house).await;
        let page = manager.get(&case.path("/decline")).await.expect(200);
        assert!(page.all(".how li").iter().any(|step| step.contains("不能再審核")));
        manager.press(&page, "不開案", &[]).await.expect(422);
        manager.press(&page, "不開案", &[("reason", "非本中心服務範圍")]).await.leads_to("/queue?said=declined");
        let shown = case.page().await;
        assert_eq!(shown.one(".case__head > .badge"), "不開案");
        assert!(shown.html().contains("非本中心服務範圍"));
    }

    async fn a_correction_keeps_and_shows_both(house) {
        let (case, manager) = submitted(&house).await;
        let page = manager.get(&case.path("/correct?part=content")).await.expect(200);
        assert_eq!(page.value("phone"), "07-1234567");
        let unsaid = manager.press(&page, "更正", &[("phone", "07-7654321")]).await.expect(422);
        assert!(unsaid.error_of("correction_reason").contains("請填寫更正原因"));
        assert_eq!(unsaid.value("phone"), "07-7654321");
        let wrong = manager.press(&page, "更正", &[("phone", "不知道"), ("correction_reason", "來電")]).await.expect(422);
        assert!(!wrong.error_of("phone").is_empty());
        let typed = [("phone", "07-7654321"), ("correction_reason", "學校來電更正")];
        manager.press(&page, "更正", &typed).await.leads_to(&case.path("/review?said=corrected"));
        let desk = manager.get(&case.path("/review")).await.expect(200);
        assert!(desk.all(".desk__facts del").iter().any(|was| was.contains("07-1234567")), "{:?}", desk.all(".desk__facts del"));
        assert!(desk.all(".desk__facts ins").iter().any(|now| now.contains("07-7654321")));
        assert!(desk.one(".desk__remarks").contains("學校來電更正"));
        // What the page knew is old now: both sides are shown, and mine can be taken.
        let late = [("phone", "07-1112222"), ("correction_reason", "再更正")];
        let conflict = manager.press(&page, "更正", &late).await.expect(409);
        assert!(conflict.one(".versus").contains("07-7654321") && conflict.one(".versus").contains("07-1112222"));
        manager.press(&conflict, "以我填寫的內容更正", &[]).await.leads_to(&case.path("/review"));
        assert_eq!(case.dossier(&house).await.corrections.len(), 2);
    }

    async fn a_correction_of_the_subject_can_want_a_new_seal(house) {
        let (case, manager) = submitted(&house).await;
        super::find_everything_good(&house, &case).await;
        let page = manager.get(&case.path("/correct?part=subject")).await.expect(200);
        let typed = [("name", "王小名"), ("correction_reason", "戶籍謄本"), ("seal_anew", "1")];
        manager.press(&page, "更正", &typed).await.leads_to(&case.path("/review"));
        let desk = manager.get(&case.path("/review")).await.expect(200);
        assert_eq!(desk.one("[data-receive-words]"), "更正後需重新核章，請退回核章或請申請人補件。");
        assert!(!desk.has("form[data-receive] .button--primary"));
        let bad = [("id_number", "A123456788"), ("correction_reason", "證件")];
        let page = manager.get(&case.path("/correct?part=subject")).await.expect(200);
        let ask = manager.press(&page, "更正", &bad).await.expect(422);
        assert!(ask.has("input[name=confirm_id_number]"));
        manager.press(&ask, "更正", &[("confirm_id_number", "1")]).await.leads_to(&case.path("/review"));
    }

    async fn a_case_is_handed_over_by_its_page(house) {
        let (case, manager) = submitted(&house).await;
        let page = manager.get(&case.path("/hand-over")).await.expect(200);
        assert_eq!(page.attributes("input[name=colleague]", "value"), [Who::Colleague.login()]);
        manager.press(&page, "移交", &[("colleague", "otherapplicant")]).await.expect(422);
        manager.press(&page, "移交", &[]).await.leads_to(&case.path("?said=handed-over"));
        assert!(manager.get(&case.path("")).await.expect(200).html().contains("林同事"));
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'applicant'").await;
        let alone = manager.get(&case.path("/hand-over")).await.expect(200);
        assert!(alone.one(".how").contains("沒有其他申請人") && !alone.buttons().contains(&"移交".to_owned()));
    }

    async fn a_manager_withdraws_by_the_page(house) {
        let (case, manager) = submitted(&house).await;
        let menu = manager.get(&case.path("")).await.expect(200);
        assert!(menu.all(".case__head .menu a").contains(&"撤案".to_owned()));
        let page = manager.get(&case.path("/withdraw")).await.expect(200);
        manager.press(&page, "撤案", &[("reason", "學校來電撤回")]).await.leads_to(&case.path("?said=withdrawn"));
        assert_eq!(case.state().await, "撤案");
    }

    async fn the_second_to_end_a_review_keeps_the_reason(house) {
        let (case, manager) = submitted(&house).await;
        let page = manager.get(&case.path("/return")).await.expect(200);
        house.wait(1000);
        judge(&house, &case, Target::Seal("handler".into()), "缺印").await;
        let conflict = manager.press(&page, "退回核章", &[("reason", "校長核章不清楚")]).await.expect(409);
        assert!(conflict.html().contains("核閱「承辦人」：需補件：缺印"), "{}", conflict.one("main"));
        assert!(conflict.one(".versus").contains("校長核章不清楚"));
        manager.press(&conflict, "仍然這樣處理", &[]).await.leads_to("/queue?said=returned");
        let declined = manager.get(&case.path("/decline")).await;
        assert_eq!(declined.status, 409, "a case in 核章 isn't declined");
    }

    async fn who_may_not_end_a_review_is_refused(house) {
        let (case, _) = submitted(&house).await;
        let before = house.record().await;
        for (who, status) in [(Who::Applicant, 409), (Who::Archivist, 409), (Who::OtherApplicant, 404), (Who::OtherSupervisor, 404)] {
            let other = house.sign_in(who).await;
            for below in ["/return", "/supplement", "/decline", "/correct", "/hand-over"] {
                other.get(&case.path(below)).await.expect(status);
                let fields = [("version", "1"), ("reason", "試試"), ("item", "content:phone"), ("colleague", "colleague"), ("correction_reason", "試試"), ("phone", "07-1")];
                let answer = other.post(&case.path(below), &fields).await;
                assert!([status, 422].contains(&answer.status.as_u16()), "{who:?} {below}: {}", answer.status);
            }
            other.post(&case.path("/receive"), &[("version", "1")]).await.expect(status);
        }
        assert_eq!(house.record().await, before);
        // A supervisor of the zone may decline.
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/decline")).await.expect(200);
        supervisor.press(&page, "不開案", &[("reason", "不符服務對象")]).await.leads_to(&case.path("?said=declined"));
    }
}
