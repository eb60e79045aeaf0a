//! 帳號清查, and accounts that nobody uses.

use casebind::steps::StepError;
use casebind::steps::accounts::Hand;

use super::changes;
use crate::support::house::MINUTE;
use crate::support::{House, Who};

const DAY: i64 = 24 * 60 * MINUTE;

async fn status(house: &House, id: &str) -> Vec<String> {
    house.texts(&format!("SELECT status FROM people WHERE id = '{id}'")).await
}

both! {
    async fn each_account_is_confirmed_or_disabled_once_in_a_while(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/review").await.expect(200);
        assert!(page.one(".empty").contains("沒有待清查的帳號"));
        assert!(page.one(".lead").contains("還沒有清查過"));
        house.wait(181 * DAY);
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/review").await.expect(200);
        let begin = admin.get("/admin/accounts").await.expect(200);
        assert!(begin.one(".notice").contains("有 12 個帳號已到清查期限"), "{}", begin.one(".notice"));
        // Everyone but the one that is disabled.
        assert!(page.one(".tally").contains("共 12 筆"), "{}", page.one(".tally"));
        assert!(page.one("nav.tabs").contains("帳號清查 12"), "{}", page.one("nav.tabs"));
        admin.post("/admin/review/manager", &[]).await.leads_to("/admin/review?said=account-confirmed");
        let page = admin.get("/admin/review").await.expect(200);
        assert!(page.one(".tally").contains("共 11 筆") && page.one(".lead").contains("最近一次清查 2027/05/23"));
        assert!(!page.all(".accounts tbody tr").iter().any(|row| row.contains("陳個管")));
        let all = admin.get("/admin/review?all=1").await.expect(200);
        assert!(all.one(".tally").contains("共 12 筆"));
        let manager = all.all(".accounts tbody tr").into_iter().find(|row| row.contains("陳個管")).unwrap();
        assert!(manager.contains("2027/05/23 周系統"), "{manager}");
        assert_eq!(changes(&house).await, ["周系統 page manager reviewed:  -> "]);
        admin.post("/admin/review/nobody", &[]).await.expect(404);
        house.wait(181 * DAY);
        let again = house.sign_in(Who::Administrator).await.get("/admin/review").await.expect(200);
        assert!(again.one(".tally").contains("共 12 筆"), "due again");
    }

    async fn what_the_command_line_confirms_is_told_as_done_by_it(house) {
        house.office().confirm_account(Hand::Command, "manager").await.unwrap();
        let nobody = house.office().confirm_account(Hand::Command, "nobody").await;
        assert!(matches!(nobody, Err(StepError::NotFound)), "{nobody:?}");
        let admin = house.sign_in(Who::Administrator).await;
        let all = admin.get("/admin/review?all=1").await.expect(200);
        let manager = all.all(".accounts tbody tr").into_iter().find(|row| row.contains("陳個管")).unwrap();
        assert!(manager.contains("2026/11/23 命令列"), "{manager}");
        let card = admin.get("/admin/accounts/manager").await.expect(200);
        assert!(card.all(".facts dd").iter().any(|fact| fact.ends_with("（命令列）")), "{:?}", card.all(".facts dd"));
        assert_eq!(changes(&house).await, ["casebind command manager reviewed:  -> "]);
    }

    async fn accounts_that_nobody_uses_are_disabled_but_never_the_last_administrator(house) {
        let office = house.office();
        assert_eq!(office.disable_unused().await.unwrap(), Some(0));
        assert_eq!(office.disable_unused().await.unwrap(), None, "another process looked within the hour");
        house.wait(179 * DAY);
        house.stranger().log_in_as(Who::Applicant).await.leads_to("/cases");
        house.wait(DAY + MINUTE);
        let disabled = office.disable_unused().await.unwrap();
        assert_eq!(disabled, Some(10), "all but the applicant, the last administrator and who was disabled");
        assert_eq!(status(&house, "applicant").await, ["active"]);
        assert_eq!(status(&house, "administrator").await, ["active"]);
        assert_eq!(status(&house, "manager").await, ["disabled"]);
        let told = changes(&house).await;
        assert!(told.contains(&"accounts job manager status: 使用中 -> 停用 (超過 180 天沒有登入)".to_owned()), "{told:?}");
        // Enabled again, it counts as used.
        let admin = house.sign_in(Who::Administrator).await;
        admin.post("/admin/accounts/manager/enable", &[]).await.leads_to("/admin/accounts/manager");
        house.wait(2 * 60 * MINUTE);
        assert_eq!(office.disable_unused().await.unwrap(), Some(0));
        assert_eq!(status(&house, "manager").await, ["active"]);
    }
}
