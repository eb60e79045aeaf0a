//! Two people, or two tabs, at one case: who comes second is told, keeps what was typed, and is never told that
//! something happened which wasn't kept. And what was refused is traced, though its form comes back.

use casebind::case::event::Event;
use casebind::case::role::Role;
use casebind::case::state::State;

use crate::support::{Browser, Case, House, Page, Who};

use super::{in_service, refusal, version};

/// Something else happens to the case.
async fn meanwhile(house: &House, case: &Case) {
    house.sql(&format!("UPDATE cases SET version = version + 1 WHERE number = '{}'", case.number)).await;
}

/// A form that was refused because of a change, sent again.
async fn overtaken(
    house: &House,
    case: &Case,
    browser: &Browser,
    page: &Page,
    button: &str,
    typed: &[(&str, &str)],
) {
    meanwhile(house, case).await;
    let before = house.record().await;
    let again = browser.press(page, button, typed).await.expect(409);
    assert_eq!(house.record().await.rows, before.rows, "{button}");
    assert!(again.one(".notices").contains("案件有了變動"), "{button}");
    for (name, value) in typed.iter().filter(|(name, _)| *name != "person" && *name != "closing") {
        assert_eq!(again.value(name).trim(), *value, "{button}: what was typed is kept");
    }
    browser.press(&again, button, &[]).await.leads_to(&case.path(""));
}

async fn refused(house: &House, case: &Case) -> usize {
    house.traces(&case.id(house).await).await.iter().filter(|action| *action == "refused").count()
}

both! {
    async fn what_was_typed_survives_somebody_elses_change(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let form = professional.get(&case.path("/close")).await.expect(200);
        let summary = [("closing", "improved"), ("summary", "情緒穩定，出席正常。")];
        overtaken(&house, &case, &professional, &form, "送出結案申請", &summary).await;
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        overtaken(&house, &case, &supervisor, &page, "退回申請", &[("reason", "請補充追蹤計畫")]).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        let worker = Who::OtherProfessional.login();
        let others = [("person", worker.as_str()), ("reason", "改由社工師訪視")];
        overtaken(&house, &case, &supervisor, &page, "改派", &others).await;
        assert_eq!(case.dossier(&house).await.staff.len(), 1);
        house.sql(&format!("UPDATE cases SET state = 'closed' WHERE number = '{}'", case.number)).await;
        let page = supervisor.get(&case.path("/reopen")).await.expect(200);
        overtaken(&house, &case, &supervisor, &page, "重新開案", &[("reason", "學校來電")]).await;
        assert_eq!(case.state().await, "服務中");
    }

    async fn a_records_new_revision_survives_another_tab(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let session = [("held_on", "2026/11/20"), ("kind", "individual"), ("minutes", "50"), ("participants", "學生"), ("summary", "初談")];
        professional.press(&form, "新增紀錄", &session).await.leads_to(&case.path("?tab=records"));
        let id = case.dossier(&house).await.records[0].id.clone();
        let edit = professional.get(&case.path(&format!("/records/{id}/edit"))).await.expect(200);
        professional.press(&edit, "儲存", &[("summary", "另一個分頁")]).await.leads_to(&case.path("/records/"));
        let again = professional.press(&edit, "儲存", &[("summary", "第一個分頁")]).await.expect(409);
        assert!(again.one(".notices").contains("有了變動"));
        assert_eq!(again.value("summary").trim(), "第一個分頁");
        professional.press(&again, "儲存", &[]).await.leads_to(&case.path("/records/"));
        assert_eq!(case.dossier(&house).await.records[0].revisions.len(), 3, "both are kept");
    }

    async fn a_manager_withdraws_what_they_saw(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("/withdraw")).await.expect(200);
        overtaken(&house, &case, &manager, &page, "撤案", &[("reason", "缺頁")]).await;
        assert_eq!(case.state().await, "撤案");
        let stale = house.office().withdraw(&Who::Manager.actor(), &case.number, 1, "缺頁").await;
        assert_eq!(refusal(stale), "wrong-state");
    }

    async fn another_reason_is_no_second_click(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let at = version(&house, &case).await;
        office.send_back(&manager, &case.number, at, "缺章").await.unwrap();
        office.send_back(&manager, &case.number, at, " 缺章\n").await.expect("a second click");
        assert_eq!(refusal(office.send_back(&manager, &case.number, at, "第二頁模糊").await), "wrong-state");
        // Somebody of the same name is somebody else.
        house.sql("UPDATE people SET name = '陳個管' WHERE id = 'administrator'").await;
        let mut namesake = manager.clone();
        namesake.id = Who::Administrator.login();
        assert_eq!(refusal(office.send_back(&namesake, &case.number, at, "缺章").await), "wrong-state");

        let at = version(&house, &case).await;
        office.withdraw(&manager, &case.number, at, "重複申請").await.unwrap();
        let own = [("version", at.to_string()), ("reason", "家長不同意".to_owned())];
        let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        case.post("/withdraw", &own).await.expect(409);
        assert_eq!(case.dossier(&house).await.flow[0].reason, "重複申請");
    }

    async fn a_second_click_is_told_by_all_that_was_asked(house) {
        let case = in_service(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let (one, two) = (vec![Who::Professional.login()], vec![Who::OtherProfessional.login()]);
        let at = version(&house, &case).await;
        office.reassign(&supervisor, &case.number, at, &two, "改由社工師").await.unwrap();
        office.reassign(&supervisor, &case.number, at, &two, "改由社工師").await.expect("a second click");
        assert_eq!(refusal(office.reassign(&supervisor, &case.number, at, &two, "另有原因").await), "conflict");
        assert_eq!(refusal(office.reassign(&supervisor, &case.number, at, &one, "改由社工師").await), "conflict");
        assert_eq!(case.dossier(&house).await.flow.iter().filter(|row| row.event == Event::Reassign).count(), 1);
        let at = version(&house, &case).await;
        let (worker, reason) = (Who::OtherProfessional.actor(), Some(casebind::case::request::ClosingReason::Improved));
        office.propose_closing(&worker, &case.number, at, reason, "", "好轉").await.unwrap();
        office.propose_closing(&worker, &case.number, at, reason, "", "好轉").await.expect("a second click");
        let other = office.propose_closing(&worker, &case.number, at, reason, "", "另一段摘要").await;
        assert_eq!(refusal(other), "already-proposed");
        let page = house.sign_in(Who::OtherProfessional).await;
        let typed = [("version", at.to_string()), ("closing", "improved".into()), ("summary", "另一段摘要".into())];
        let typed: Vec<_> = typed.iter().map(|(name, value): &(&str, String)| (*name, value.as_str())).collect();
        let kept = page.post(&case.path("/close"), &typed).await.expect(409);
        assert_eq!(kept.value("summary").trim(), "另一段摘要");
        let at = version(&house, &case).await;
        office.send_closing_back(&supervisor, &case.number, at, "請補充").await.unwrap();
        office.send_closing_back(&supervisor, &case.number, at, "請補充").await.expect("a second click");
        assert_eq!(refusal(office.send_closing_back(&supervisor, &case.number, at, "別的").await), "not-proposed");
    }

    async fn a_form_that_comes_back_keeps_the_version_that_it_knew(house) {
        let case = in_service(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        let at = version(&house, &case).await;
        let two = [Who::OtherProfessional.login()];
        house.office().reassign(&Who::Supervisor.actor(), &case.number, at, &two, "請假").await.unwrap();
        let one = Who::Professional.login();
        let again = supervisor.press(&page, "改派", &[("person", &one), ("reason", " ")]).await.expect(422);
        let told = supervisor.press(&again, "改派", &[("reason", "寫上原因")]).await.expect(409);
        assert!(told.one(".notices").contains("案件有了變動"));
        assert!(told.one("main").contains("吳社工"), "who serves it now");
        assert_eq!(case.dossier(&house).await.staff[0].person_id, two[0]);
    }

    async fn what_is_refused_is_traced_though_its_form_comes_back(house) {
        let case = Case::printed(&house.applicant().await).await;
        let empty = crate::support::paper::scan(&case.form(&house).await, false);
        let check = case.browser.follow(&case.hand_in(&empty).await).await.expect(200);
        case.browser.press(&check, "送件", &[]).await.expect(422);
        case.withdraw(" ").await.expect(422);
        assert_eq!(refused(&house, &case).await, 2);
        case.browser.press(&check, "送件", &[("confirm_empty", "1")]).await.leads_to(&case.path("/receipt"));
        let manager = house.sign_in(Who::Manager).await;
        for (below, button) in [("/return", "退回核章"), ("/supplement", "請申請人補件"), ("/decline", "不開案"), ("/correct", "更正")] {
            let before = refused(&house, &case).await;
            let page = manager.get(&case.path(below)).await.expect(200);
            let again = manager.press(&page, button, &[("reason", " "), ("correction_reason", " ")]).await.expect(422);
            assert_eq!(refused(&house, &case).await, before + 1, "{below}");
            assert!(again.has(".summary[role=alert][data-focus] a"), "{below}: what is wrong is told first");
        }
        let case = in_service(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        let again = supervisor.press(&page, "改派", &[("person", &Who::OtherProfessional.login())]).await.expect(422);
        assert_eq!(refused(&house, &case).await, 1);
        assert!(again.has(".summary[role=alert][data-focus] a[href='#f-reason']"));
        let professional = house.sign_in(Who::Professional).await;
        let page = professional.get(&case.path("/close")).await.expect(200);
        professional.press(&page, "送出結案申請", &[]).await.expect(422);
        assert_eq!(refused(&house, &case).await, 2);
    }

    async fn the_flow_keeps_the_role_that_allowed_it(house) {
        let case = Case::opened(&house.sign_in(Who::OtherApplicant).await).await;
        let mut both = Who::Applicant.actor();
        both.roles.push(Role::CaseManager);
        let at = version(&house, &case).await;
        house.office().withdraw(&both, &case.number, at, "重複申請").await.unwrap();
        let row = case.dossier(&house).await.flow[0].clone();
        assert_eq!((row.to, row.role), (State::Withdrawn, Some(Role::CaseManager)));
        assert_eq!(row.actor_id, Who::Applicant.login());
    }
}
