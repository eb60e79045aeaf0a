//! 申請結案, its approval or return, and 重新開案 on their pages.

use crate::support::{Browser, Case, House, Who};

use super::{in_service, version};

/// Proposes closing on its page.
async fn propose(professional: &Browser, case: &Case) {
    let form = professional.get(&case.path("/close")).await.expect(200);
    let answers = [("closing", "improved"), ("summary", "情緒穩定，出席正常。")];
    professional.press(&form, "送出結案申請", &answers).await.leads_to(&case.path("?said=closing-proposed"));
}

/// The label of the first row of the flow.
async fn newest(case: &Case) -> String {
    case.get("?tab=flow").await.expect(200).all(".flow li").remove(0)
}

async fn both_roles(house: &House) {
    house
        .sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('professional', 'supervisor', 1)")
        .await;
    house.sql("UPDATE people SET zone_id = 'zone-1' WHERE id = 'professional'").await;
}

both! {
    async fn one_proposes_and_another_approves(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/close")).await.expect(200);
        let again = professional.press(&form, "送出結案申請", &[]).await.expect(422);
        assert!(again.error_of("closing").contains("請選擇結案原因"));
        assert!(again.error_of("summary").contains("請填寫結案摘要"), "every fault is named at once");
        let other = [("closing", "other"), ("summary", "已轉出")];
        let again = professional.press(&form, "送出結案申請", &other).await.expect(422);
        assert!(again.error_of("detail").contains("選「其他」時請說明"));
        assert_eq!(again.value("summary").trim(), "已轉出");
        let good = [("closing", "other"), ("detail", "轉由醫療體系"), ("summary", "已轉出")];
        professional.press(&form, "送出結案申請", &good).await.leads_to(&case.path("?said=closing-proposed"));
        professional.press(&form, "送出結案申請", &good).await.leads_to(&case.path("?said=closing-proposed"));
        assert_eq!(house.number("SELECT COUNT(*) FROM closings").await, 1, "a double click proposes once");
        let page = professional.get(&case.path("")).await.expect(200);
        assert!(page.one(".next__sentence").contains("等待分區督導核准"));
        professional.get(&case.path("/close")).await.leads_to(&case.path("/closing"));

        let supervisor = house.sign_in(Who::Supervisor).await;
        let list = supervisor.get("/dispatch?show=closings").await.expect(200);
        assert!(list.one(".duty").contains(&case.number));
        assert!(house.sign_in(Who::OtherSupervisor).await.get("/dispatch?show=closings").await.expect(200).all(".duty").is_empty());
        assert_eq!(supervisor.get(&case.path("")).await.expect(200).one(".next .button--primary"), "審核結案申請");
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        let said = page.one("[aria-label='申請內容']");
        assert!(said.contains("其他：轉由醫療體系") && said.contains("已轉出") && said.contains("張心理 (心理師)"), "{said}");
        supervisor.press(&page, "核准結案", &[]).await.leads_to(&case.path("?said=closed"));
        supervisor.press(&page, "核准結案", &[]).await.leads_to(&case.path("?said=closed"));
        assert_eq!(case.state().await, "結案");
        assert!(supervisor.get("/dispatch?show=closings").await.expect(200).all(".duty").is_empty());
        let served = professional.get("/served?show=closed").await.expect(200);
        assert!(served.one(".duty").contains(&case.number));
        professional.get(&case.path("/records/new")).await.expect(409);
    }

    async fn nobody_approves_the_own_proposal(house) {
        let case = in_service(&house).await;
        both_roles(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        propose(&professional, &case).await;
        let page = professional.get(&case.path("/closing")).await.expect(200);
        assert!(page.one(".notice--attention").contains("不能自行核准"));
        assert!(page.buttons().iter().all(|button| !button.contains("核准")), "{:?}", page.buttons());
        let at = version(&house, &case).await.to_string();
        let refused = professional.post(&case.path("/closing/approve"), &[("version", &at)]).await.expect(409);
        assert!(refused.one("main").contains("申請結案的人不能自行核准"));
        assert_eq!(case.state().await, "服務中");
        assert!(house.traces(&case.id(&house).await).await.contains(&"refused".to_owned()));
        for (who, status) in [(Who::OtherSupervisor, 404), (Who::Manager, 409), (Who::Applicant, 409), (Who::Archivist, 409)] {
            let other = house.sign_in(who).await;
            other.post(&case.path("/closing/approve"), &[("version", &at)]).await.expect(status);
            other.post(&case.path("/closing/back"), &[("version", &at), ("reason", "再想想")]).await.expect(status);
        }
    }

    async fn a_proposal_is_sent_back_with_a_reason(house) {
        let case = in_service(&house).await;
        let (professional, supervisor) = (house.sign_in(Who::Professional).await, house.sign_in(Who::Supervisor).await);
        supervisor.get(&case.path("/closing")).await.expect(404);
        propose(&professional, &case).await;
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        let again = supervisor.press(&page, "退回申請", &[]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫原因"));
        let reason = [("reason", "請補上最後一次紀錄")];
        supervisor.press(&page, "退回申請", &reason).await.leads_to(&case.path("?said=closing-sent-back"));
        supervisor.press(&page, "退回申請", &reason).await.leads_to(&case.path("?said=closing-sent-back"));
        assert!(newest(&case).await.contains("退回結案申請"));
        let form = professional.get(&case.path("/close")).await.expect(200);
        assert!(form.one(".notice--attention").contains("請補上最後一次紀錄"));
        // Approving what isn't proposed any more.
        supervisor.press(&page, "核准結案", &[]).await.expect(409);
        propose(&professional, &case).await;
        let stale = [("version", "1")];
        supervisor.post(&case.path("/closing/approve"), &stale).await.expect(409);
        assert_eq!(case.state().await, "服務中");
    }

    async fn a_closed_case_is_opened_again_with_a_reason(house) {
        let case = in_service(&house).await;
        let (professional, supervisor) = (house.sign_in(Who::Professional).await, house.sign_in(Who::Supervisor).await);
        supervisor.get(&case.path("/reopen")).await.expect(409);
        propose(&professional, &case).await;
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        supervisor.press(&page, "核准結案", &[]).await.leads_to(&case.path(""));
        assert!(supervisor.get(&case.path("")).await.expect(200).buttons().contains(&"重新開案".to_owned()));
        for (who, status) in [(Who::OtherSupervisor, 404), (Who::Professional, 409), (Who::Manager, 409)] {
            house.sign_in(who).await.get(&case.path("/reopen")).await.expect(status);
        }
        let page = supervisor.get(&case.path("/reopen")).await.expect(200);
        let again = supervisor.press(&page, "重新開案", &[]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫重新開案原因"));
        supervisor.press(&page, "重新開案", &[("reason", "症狀復發")]).await.leads_to(&case.path("?said=reopened"));
        supervisor.press(&page, "重新開案", &[("reason", "症狀復發")]).await.leads_to(&case.path("?said=reopened"));
        assert_eq!(case.state().await, "服務中");
        assert!(case.page().await.one(".detours").contains("重新開案"));
        professional.get(&case.path("/records/new")).await.expect(200);
    }
}
