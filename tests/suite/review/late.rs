//! Two people at one case, the first of whom took it to where the second can't go on at all: who comes too late is told so, and
//! every word that they typed stands on the page. And a reason that is too long comes back with its text.

use casebind::case::request::ClosingReason;
use casebind::case::review::Verdict;
use casebind::case::supplement::Place;
use casebind::steps::review::Judged;

use crate::support::cases::SUBJECT;
use crate::support::{Browser, Case, House, Page, Who};

use super::{in_service, received, version};

/// A session as the form of a record takes it.
const SESSION: [(&str, &str); 4] =
    [("held_on", "2026/11/20"), ("kind", "individual"), ("minutes", "50"), ("participants", "學生、導師")];

/// The case moves on meanwhile.
async fn moves(house: &House, case: &Case, to: &str) {
    let number = &case.number;
    let sql = format!("UPDATE cases SET state = '{to}', version = version + 1 WHERE number = '{number}'");
    house.sql(&sql).await;
}

async fn refused(house: &House, case: &Case) -> usize {
    house.traces(&case.id(house).await).await.iter().filter(|action| *action == "refused").count()
}

/// Sends a form to a case that doesn't take it any more: nothing is written but the trace, and the words are on the page, with
/// a way that leads somewhere.
async fn too_late(
    house: &House,
    case: &Case,
    browser: &Browser,
    page: &Page,
    button: &str,
    typed: &[(&str, &str)],
) -> Page {
    let (before, traced) = (house.record().await, refused(house, case).await);
    let told = browser.press(page, button, typed).await.expect(409);
    assert_eq!(house.record().await.rows, before.rows, "{button}");
    assert_eq!(refused(house, case).await, traced + 1, "{button}");
    assert!(told.one("h1").contains("有了變動"), "{button}: {}", told.one("h1"));
    assert!(!told.has("main form button.button--primary"), "{button}: sending it again would be in vain");
    let shown = told.one("main");
    for (name, value) in
        typed.iter().filter(|(name, _)| !["kind", "person", "closing", "item"].contains(name))
    {
        assert!(shown.contains(value), "{button}: what was typed as {name} is kept");
    }
    let way = ["放棄我的修改", "查看最新內容"].into_iter().find(|way| shown.contains(way)).expect("a way");
    browser.get(&told.link(way)).await.expect(200);
    told
}

async fn find_wanting(house: &House, case: &Case, remark: &str) {
    let dossier = case.dossier(house).await;
    let judged = dossier.form_items().into_iter().map(|item| Judged {
        target: item.target,
        verdict: Verdict::Wanting,
        remark: remark.to_owned(),
    });
    let judged: Vec<_> = judged.collect();
    let (office, at) = (house.office(), dossier.case.version);
    office.judge_papers(&Who::Manager.actor(), &case.number, at, &judged).await.expect("judged");
}

/// Sends a form with a reason that is too long: it comes back with all of it, and says so at the field.
async fn comes_back(browser: &Browser, page: &Page, button: &str, with: &[(&str, &str)]) {
    let long = "長".repeat(1_001);
    let typed: Vec<_> = with.iter().copied().chain([("reason", long.as_str())]).collect();
    let again = browser.press(page, button, &typed).await.expect(422);
    let error = again.error_of("reason");
    assert!(error.contains("最多 1000 字，目前 1001 字"), "{button}: {error}");
    assert_eq!(again.value("reason").trim(), long, "{button}");
    assert!(again.has(".summary[role=alert] a[href='#f-reason']"), "{button}");
}

both! {
    async fn a_record_or_a_summary_that_comes_too_late_is_kept_to_its_last_word(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let summary = "談".repeat(3_990) + "下次邀請家長。";
        let session: Vec<_> = SESSION.into_iter().chain([("summary", summary.as_str())]).collect();
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        moves(&house, &case, "closed").await;
        let told = too_late(&house, &case, &professional, &form, "新增紀錄", &session).await;
        assert!(told.one("[data-kept]").contains("個別諮商／晤談"));
        assert_eq!(told.attributes("[data-kept] [data-copy]", "data-copy").last(), Some(&summary));
        // Opened again, the same page goes on.
        moves(&house, &case, "in_service").await;
        professional.press(&form, "新增紀錄", &session).await.leads_to(&case.path("?tab=records"));

        let id = case.dossier(&house).await.records[0].id.clone();
        let edit = professional.get(&case.path(&format!("/records/{id}/edit"))).await.expect(200);
        let close = professional.get(&case.path("/close")).await.expect(200);
        moves(&house, &case, "closed").await;
        too_late(&house, &case, &professional, &edit, "儲存", &[("summary", "修改後的一段")]).await;
        let proposal = [("closing", "other"), ("detail", "轉由醫療體系"), ("summary", "情緒穩定，出席正常。")];
        let told = too_late(&house, &case, &professional, &close, "送出結案申請", &proposal).await;
        assert!(told.one("[data-kept]").contains("結案原因其他"));
        // Where nothing was typed, there is nothing to keep.
        let empty = professional.press(&close, "送出結案申請", &[]).await.expect(409);
        assert!(!empty.has("[data-kept]"));
    }

    async fn the_same_page_writes_another_text_as_a_record_of_its_own(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let with = |summary| SESSION.into_iter().chain([("summary", summary)]).collect::<Vec<_>>();
        professional.press(&form, "新增紀錄", &with("上午")).await.leads_to(&case.path("?tab=records"));
        let again = professional.press(&form, "新增紀錄", &with("下午")).await.expect(409);
        assert_eq!(again.value("summary").trim(), "下午");
        professional.press(&again, "新增紀錄", &[]).await.leads_to(&case.path("?tab=records"));
        assert_eq!(case.dossier(&house).await.records.len(), 2);
    }

    async fn who_serves_it_no_more_keeps_the_own_words(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let close = professional.get(&case.path("/close")).await.expect(200);
        let (at, others) = (version(&house, &case).await, [Who::OtherProfessional.login()]);
        house.office().reassign(&Who::Supervisor.actor(), &case.number, at, &others, "請假").await.unwrap();
        let before = house.record().await;
        let session: Vec<_> = SESSION.into_iter().chain([("summary", "談了兩件事")]).collect();
        for (form, button, typed) in [(&form, "新增紀錄", session), (&close, "送出結案申請", vec![("summary", "談了兩件事")])] {
            let told = professional.press(form, button, &typed).await.expect(404);
            assert!(told.one("[data-kept]").contains("談了兩件事"), "{button}");
            assert!(!told.html().contains("王小明") && !told.html().contains(&case.number), "{button}: and nothing else");
            professional.get(&told.link("回案件列表")).await.expect(200);
        }
        assert_eq!(house.record().await, before);
        let stranger = house.sign_in(Who::OtherSupervisor).await;
        assert!(!stranger.post(&case.path("/records/new"), &[("token", "t")]).await.expect(404).has("[data-kept]"));
    }

    async fn a_supervisor_who_comes_too_late_keeps_the_reason(house) {
        let case = received(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/dispatch")).await.expect(200);
        let (one, two) = (Who::Professional.login(), Who::OtherProfessional.login());
        let typed = [("person", two.as_str()), ("reason", "學校希望先由社工師訪視")];
        moves(&house, &case, "withdrawn").await;
        let told = too_late(&house, &case, &supervisor, &page, "派案", &typed).await;
        assert!(told.one("[data-kept]").contains("吳社工"), "and whom they chose");

        let case = in_service(&house).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        moves(&house, &case, "closed").await;
        too_late(&house, &case, &supervisor, &page, "改派", &[("person", &one), ("reason", "改由另一位")]).await;
        let page = supervisor.get(&case.path("/reopen")).await.expect(200);
        moves(&house, &case, "in_service").await;
        too_late(&house, &case, &supervisor, &page, "重新開案", &[("reason", "學校來電，症狀復發")]).await;

        let (office, proposer, at) = (house.office(), Who::Professional.actor(), version(&house, &case).await);
        let improved = Some(ClosingReason::Improved);
        office.propose_closing(&proposer, &case.number, at, improved, "", "好轉").await.unwrap();
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        let at = version(&house, &case).await;
        office.send_closing_back(&Who::Supervisor.actor(), &case.number, at, "請補充").await.unwrap();
        too_late(&house, &case, &supervisor, &page, "退回申請", &[("reason", "請補上追蹤計畫")]).await;
    }

    async fn a_manager_who_comes_too_late_keeps_the_reason(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        for (below, button) in
            [("/return", "退回核章"), ("/supplement", "請申請人補件"), ("/decline", "不開案"), ("/withdraw", "撤案")]
        {
            let page = manager.get(&case.path(below)).await.expect(200);
            moves(&house, &case, "in_service").await;
            let typed = [("item", "content:phone"), ("reason", "校長核章不清楚，請重蓋")];
            let typed = if below == "/supplement" { &typed[..] } else { &typed[1..] };
            too_late(&house, &case, &manager, &page, button, typed).await;
            moves(&house, &case, "submitted").await;
        }
    }

    async fn an_applicant_who_comes_too_late_keeps_the_answers(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let subject = case.dossier(&house).await.subject().unwrap().id.clone();
        let content = case.get("/content").await.expect(200);
        let child = case.get(&format!("/subject/{subject}")).await.expect(200);
        let withdraw = case.get("/withdraw").await.expect(200);
        moves(&house, &case, "withdrawn").await;
        too_late(&house, &case, &browser, &content, "儲存", &[("problem", "近一個月常請假，導師已家訪。")]).await;
        too_late(&house, &case, &browser, &child, "儲存", &[("name", "王小名")]).await;
        too_late(&house, &case, &browser, &withdraw, "撤案", &[("reason", "家長不同意轉介")]).await;

        // The other tab has added somebody already: both are shown.
        let case = Case::opened(&browser).await;
        let fresh = case.get("/subject").await.expect(200);
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        let mut other = SUBJECT.to_vec();
        other.retain(|(name, _)| *name != "name");
        other.push(("name", "陳大華"));
        let before = house.record().await;
        let told = browser.press(&fresh, "新增", &other).await.expect(409);
        assert_eq!(house.record().await.rows, before.rows);
        assert!(told.one(".versus").contains("王小明") && told.one(".versus").contains("陳大華"), "{}", told.one(".versus"));
        assert!(told.one("main").contains("以 1 位對象為限"));
    }

    async fn words_about_an_item_that_come_too_late_are_kept(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (at, items) = (version(&house, &case).await, [(Place::Content, "phone".to_owned())]);
        house.office().ask_supplement(&Who::Manager.actor(), &case.number, at, "電話打不通", &items).await.unwrap();
        let (page, form) = (case.page().await, case.get("/content").await.expect(200));
        moves(&house, &case, "submitted").await;
        let words = [("answer", "號碼無誤，請於上班時間來電")];
        let told = too_late(&house, &case, &case.browser, &page, "儲存說明", &words).await;
        assert!(told.one("[data-kept]").contains("「連絡電話」的說明"));
        // Of the content, the form held what had reopened and nothing else.
        let told = too_late(&house, &case, &case.browser, &form, "儲存", &[("phone", "07-7654321")]).await;
        assert_eq!(told.all(".versus tbody th"), ["連絡電話"]);
    }

    async fn a_supervisor_who_declines_second_finds_the_case(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/decline")).await.expect(200);
        moves(&house, &case, "received").await;
        let told = supervisor.press(&page, "不開案", &[("reason", "非服務對象")]).await.expect(409);
        assert_eq!(told.link("查看最新內容"), case.path(""), "the desk is a manager's");
        supervisor.get(&told.link("查看最新內容")).await.expect(200);
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("/decline")).await.expect(200);
        moves(&house, &case, "submitted").await;
        let told = manager.press(&page, "不開案", &[("reason", "非服務對象")]).await.expect(409);
        assert_eq!(told.link("查看最新內容"), case.path("/review"));
    }

    async fn a_reason_that_is_too_long_comes_back_with_its_text(house) {
        let long = "長".repeat(1_001);
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (manager, supervisor) = (house.sign_in(Who::Manager).await, house.sign_in(Who::Supervisor).await);
        for (below, button) in [("/return", "退回核章"), ("/decline", "不開案"), ("/withdraw", "撤案")] {
            let page = manager.get(&case.path(below)).await.expect(200);
            comes_back(&manager, &page, button, &[]).await;
        }
        let page = manager.get(&case.path("/supplement")).await.expect(200);
        comes_back(&manager, &page, "請申請人補件", &[("item", "content:phone")]).await;
        // Whoever may not, sees no form: that comes first.
        for below in ["/return", "/supplement", "/decline", "/withdraw", "/reassign", "/dispatch", "/reopen"] {
            let typed = [("version", "1"), ("reason", long.as_str()), ("item", "content:phone"), ("person", "professional")];
            let told = case.post(below, &typed).await.expect(409);
            assert!(!told.has("main textarea") && !told.has("main input[name=person]"), "{below}");
            assert!(!told.html().contains("張心理"), "{below}");
        }

        let case = received(&house).await;
        let person = Who::Professional.login();
        let page = supervisor.get(&case.path("/dispatch")).await.expect(200);
        comes_back(&supervisor, &page, "派案", &[("person", &person)]).await;
        let list = supervisor.get("/dispatch").await.expect(200);
        let value = format!("{}.{}", case.number, version(&house, &case).await);
        comes_back(&supervisor, &list, "派案", &[("case", &value), ("person", &person)]).await;
        assert_eq!(case.state().await, "收件");

        let case = in_service(&house).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        comes_back(&supervisor, &page, "改派", &[("person", &person)]).await;
        let (office, at) = (house.office(), version(&house, &case).await);
        let (proposer, improved) = (Who::Professional.actor(), Some(ClosingReason::Improved));
        office.propose_closing(&proposer, &case.number, at, improved, "", "好轉").await.unwrap();
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        comes_back(&supervisor, &page, "退回申請", &[]).await;
        moves(&house, &case, "closed").await;
        let page = supervisor.get(&case.path("/reopen")).await.expect(200);
        comes_back(&supervisor, &page, "重新開案", &[]).await;
    }

    async fn a_reason_that_begins_with_remarks_is_never_too_long(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        find_wanting(&house, &case, &"糊".repeat(400)).await;
        let manager = house.sign_in(Who::Manager).await;
        for below in ["/return", "/supplement"] {
            let reason = manager.get(&case.path(below)).await.expect(200).value("reason");
            assert!(reason.chars().count() <= 1_000, "{below}: {}", reason.chars().count());
            assert!(reason.ends_with("。\n…"), "{below}: whole remarks, and that there are more: {reason}");
            assert_eq!(reason.matches("核章欄").count(), 2, "{below}");
        }
        let page = manager.get(&case.path("/return")).await.expect(200);
        manager.press(&page, "退回核章", &[]).await.leads_to("/queue?said=returned");
    }
}
