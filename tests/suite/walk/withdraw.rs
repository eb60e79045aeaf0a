//! 撤案, with a reason, before 送件.

use crate::support::{Case, Who};

both! {
    async fn a_case_is_withdrawn_with_a_reason(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let ask = case.get("/withdraw").await.expect(200);
        let again = browser.press(&ask, "撤案", &[("reason", "  ")]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫撤案原因"));
        assert_eq!(case.state().await, "核章");
        browser.press(&ask, "撤案", &[("reason", "家長已自行就醫。")]).await.leads_to(&case.path("?said=withdrawn"));
        // The second click of a double click.
        browser.press(&ask, "撤案", &[("reason", "家長已自行就醫。")]).await.leads_to(&case.path("?said=withdrawn"));
        assert_eq!(case.state().await, "撤案");
        let flow = case.get("?tab=flow").await.expect(200);
        assert_eq!(flow.all(".tab .flow__label")[0], "撤案");
        assert!(flow.one(".tab .flow__reason").contains("家長已自行就醫。"));
        assert_eq!(house.number("SELECT COUNT(*) FROM flow WHERE event = 'withdraw'").await, 1);
        case.post("/print", &[]).await.expect(409);
        // What was printed can still be looked at.
        case.get("/prints/1/form.pdf").await.expect(200);
    }

    async fn a_manager_withdraws_a_submitted_case_and_its_scan_stays(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let manager = house.sign_in(Who::Manager).await;
        let scan = case.dossier(&house).await.bound_scan().unwrap().id.clone();
        let ask = manager.get(&case.path("/withdraw")).await.expect(200);
        manager.press(&ask, "撤案", &[("reason", "學校來電撤回。")]).await.leads_to(&case.path(""));
        assert_eq!(case.state().await, "撤案");
        case.get(&format!("/scans/{scan}/original")).await.expect(200);
    }
}
