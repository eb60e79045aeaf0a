//! 變更服務學校: by a case manager, with a reason.

use super::changes;
use crate::support::people::{OTHER_SCHOOL, SCHOOL};
use crate::support::{Case, House, Who};

async fn school(house: &House) -> Vec<String> {
    house.texts("SELECT school_code FROM people WHERE id = 'applicant'").await
}

both! {
    async fn a_case_manager_binds_an_applicant_to_another_school(house) {
        let applicant = house.applicant().await;
        let case = Case::opened(&applicant).await;
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/applicants?q=%E7%8E%8B%E8%BC%94%E5%B0%8E").await.expect(200);
        assert_eq!(list.all(".accounts tbody tr").len(), 1);
        let form = manager.get(&list.link("變更學校")).await.expect(200);
        assert!(form.one(".none").contains("請先尋找新的學校"));
        let form = manager.get("/applicants/applicant/school?q=%E9%AB%98%E4%B8%AD").await.expect(200);
        let missing = manager.press(&form, "變更服務學校", &[("school", OTHER_SCHOOL)]).await.expect(422);
        assert!(missing.one(".summary").contains("請填寫原因"));
        let typed = [("school", OTHER_SCHOOL), ("reason", "調校")];
        manager.press(&form, "變更服務學校", &typed).await.leads_to("/applicants?said=school-changed");
        assert_eq!(school(&house).await, [OTHER_SCHOOL]);
        // Who sees other cases from now on logs in anew; the old case belongs to the old school.
        applicant.get("/account").await.leads_to("/login");
        applicant.log_in_as(Who::Applicant).await.leads_to("/cases");
        assert!(applicant.get("/account").await.expect(200).html().contains("測試高中"));
        let kept = format!("SELECT school_code FROM cases WHERE number = '{}'", case.number);
        assert_eq!(house.texts(&kept).await, [SCHOOL]);
        assert_eq!(changes(&house).await, [format!("陳個管 page applicant school: {SCHOOL} -> {OTHER_SCHOOL} (調校)")]);
        // A page that knew the old school.
        let late = [("was", SCHOOL), ("school", SCHOOL), ("reason", "又改回")];
        manager.post("/applicants/applicant/school", &late).await.expect(409);
        manager.post("/applicants/applicant/school", &[("was", OTHER_SCHOOL), ("school", "999999"), ("reason", "x")]).await.expect(422);
    }

    async fn nobody_binds_the_own_account_to_another_school(house) {
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('manager', 'applicant', 1)").await;
        house.sql(&format!("UPDATE people SET school_code = '{SCHOOL}' WHERE id = 'manager'")).await;
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/applicants").await.expect(200);
        assert!(list.html().contains("/applicants/applicant/school") && !list.html().contains("/applicants/manager/school"));
        let form = manager.get("/applicants/manager/school?q=%E9%AB%98%E4%B8%AD").await.expect(200);
        let typed = [("school", OTHER_SCHOOL), ("reason", "調校")];
        let refused = manager.press(&form, "變更服務學校", &typed).await.expect(422);
        assert!(refused.one(".summary").contains("不能變更自己的"), "{}", refused.one(".summary"));
        assert_eq!(house.texts("SELECT school_code FROM people WHERE id = 'manager'").await, [SCHOOL]);
        assert!(changes(&house).await.is_empty());
        manager.get("/queue").await.expect(200);
    }

    async fn only_applicants_are_bound_and_only_by_case_managers(house) {
        let manager = house.sign_in(Who::Manager).await;
        for other in ["manager", "administrator", "disabled", "nobody"] {
            manager.get(&format!("/applicants/{other}/school")).await.expect(404);
        }
        let fields = [("was", SCHOOL), ("school", OTHER_SCHOOL), ("reason", "試試")];
        for who in [Who::Applicant, Who::Colleague, Who::Supervisor, Who::Professional, Who::Archivist, Who::Administrator] {
            let other = house.sign_in(who).await;
            other.get("/applicants").await.expect(404);
            other.post("/applicants/applicant/school", &fields).await.expect(404);
        }
        house.sql(&format!("UPDATE schools SET closed_at = 1 WHERE code = '{OTHER_SCHOOL}'")).await;
        let closed = manager.post("/applicants/applicant/school", &fields).await.expect(422);
        assert!(closed.html().contains("尋找學校"));
        assert_eq!(school(&house).await, [SCHOOL]);
        assert!(changes(&house).await.is_empty());
    }
}
