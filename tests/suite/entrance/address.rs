//! 變更信箱: both addresses say yes, or nothing changes.

use crate::support::people::PASSWORD;
use crate::support::{Browser, House};

use super::{Mail, post};

const NEW: &str = "moved@example.org";

/// Asks for a change; the mails to the new and to the old address.
async fn ask(house: &House, browser: &Browser, new: &str) -> (Mail, Mail) {
    let page = browser.get("/account/address").await.expect(200);
    browser
        .press(&page, "寄送確認信", &[("email", new), ("password", PASSWORD)])
        .await
        .leads_to("/account/address");
    let (_, mut mails) = post(house).await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    mails.sort_by_key(|mail| mail.to != new);
    let old = mails.remove(1);
    (mails.remove(0), old)
}

async fn address(house: &House) -> String {
    house.texts("SELECT email FROM people WHERE id = 'applicant'").await.concat()
}

both! {
    async fn the_account_moves_when_both_addresses_have_said_yes(house) {
        let browser = house.applicant().await;
        let (new, old) = ask(&house, &browser, NEW).await;
        assert_eq!((new.to.as_str(), old.to.as_str()), (NEW, "applicant@example.org"));
        assert!(!new.text.contains("applicant") && !old.text.contains(NEW), "no mail names the other address");
        let stranger = house.stranger();
        let page = stranger.get(&new.link()).await.expect(200);
        assert!(!page.html().contains("applicant@example.org"));
        let said = stranger.press(&page, "同意變更", &[]).await.expect(200);
        assert_eq!(said.one("h1"), "已記下您的同意");
        assert_eq!(address(&house).await, "applicant@example.org");
        let open = browser.get("/account/address").await.expect(200);
        assert!(open.one("main").contains("moved@example.org（已確認）") && open.one("main").contains("等待確認"));
        let page = stranger.get(&old.link()).await.expect(200);
        assert!(page.one(".facts").contains(NEW));
        let said = stranger.press(&page, "同意變更", &[]).await.expect(200);
        assert_eq!(said.one("h1"), "信箱已變更");
        assert_eq!(address(&house).await, NEW);
        let (_, mails) = post(&house).await;
        let mut told: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["applicant@example.org", NEW]);
        let changes = "SELECT actor_id || ' ' || field || ' ' || old_value || '>' || new_value FROM changes";
        assert_eq!(house.texts(changes).await, [format!("applicant email applicant@example.org>{NEW}")]);
        stranger.get(&new.link()).await.expect(404);
        stranger.get(&old.link()).await.expect(404);
        // The login was no address and stays.
        house.stranger().log_in("applicant", PASSWORD).await.leads_to("/cases");
    }

    async fn a_login_that_is_the_address_moves_along(house) {
        house.sql("UPDATE people SET login = 'applicant@example.org' WHERE id = 'applicant'").await;
        let browser = house.applicant().await;
        let (new, old) = ask(&house, &browser, NEW).await;
        for mail in [old, new] {
            let page = house.stranger().get(&mail.link()).await.expect(200);
            house.stranger().press(&page, "同意變更", &[]).await.expect(200);
        }
        house.stranger().log_in(NEW, PASSWORD).await.leads_to("/cases");
        house.stranger().log_in("applicant@example.org", PASSWORD).await.expect(422);
    }

    async fn the_old_address_can_refuse(house) {
        let browser = house.applicant().await;
        let (new, old) = ask(&house, &browser, NEW).await;
        let stranger = house.stranger();
        let said = stranger.post(&old.link(), &[("answer", "no")]).await.expect(200);
        assert_eq!(said.one("h1"), "沒有變更");
        stranger.get(&new.link()).await.expect(404);
        stranger.post(&new.link(), &[]).await.expect(404);
        assert_eq!(address(&house).await, "applicant@example.org");
    }

    async fn the_present_password_is_asked_for(house) {
        let browser = house.applicant().await;
        let page = browser.get("/account/address").await.expect(200);
        let refused = browser.press(&page, "寄送確認信", &[("email", NEW), ("password", "wrong")]).await.expect(422);
        assert!(refused.error_of("password").contains("密碼不正確"));
        assert_eq!(refused.value("email"), NEW);
        let refused = browser.press(&page, "寄送確認信", &[("email", "applicant@example.org"), ("password", PASSWORD)]).await.expect(422);
        assert!(!refused.error_of("email").is_empty());
        assert_eq!(house.number("SELECT COUNT(*) FROM mails").await, 0);
        house.stranger().get("/account/address").await.leads_to("/login");
    }

    async fn an_address_that_somebody_has_is_told_to_its_owner_alone(house) {
        let browser = house.applicant().await;
        let (new, old) = ask(&house, &browser, "colleague@example.org").await;
        assert!(new.text.contains("已經有帳號了") && !new.text.contains("https://"), "{}", new.text);
        let page = house.stranger().get(&old.link()).await.expect(200);
        let said = house.stranger().press(&page, "同意變更", &[]).await.expect(200);
        assert_eq!(said.one("h1"), "已記下您的同意", "the same as for any address");
        assert_eq!(address(&house).await, "applicant@example.org");
    }

    async fn a_change_is_taken_back_replaced_and_forgotten(house) {
        let browser = house.applicant().await;
        let (first, _) = ask(&house, &browser, NEW).await;
        let open = browser.get("/account/address").await.expect(200);
        browser.press(&open, "取消這次變更", &[]).await.leads_to("/account/address");
        house.stranger().get(&first.link()).await.expect(404);
        let (second, _) = ask(&house, &browser, "another@example.org").await;
        house.stranger().get(&second.link()).await.expect(200);
        house.wait(24 * 60 * 60_000);
        house.stranger().get(&second.link()).await.expect(404);
    }
}
