//! 忘記密碼: the same answer for all, a link for one use, and every session over.

use crate::support::house::MINUTE;
use crate::support::{House, Page, Who};

use super::register::register;
use super::{asked, fill, only_mail, post};

const NEW: &str = "green apples on a blue table";

async fn ask(house: &House, account: &str, email: &str) -> Page {
    let browser = house.stranger();
    let page = browser.get("/forgotten").await.expect(200);
    fill(house, &browser, &page, "寄送連結", &[("account", account), ("email", email)]).await
}

both! {
    async fn a_link_sets_a_new_password_and_ends_every_session(house) {
        let elsewhere = house.applicant().await;
        elsewhere.get("/cases").await.expect(200);
        ask(&house, " Applicant ", "Applicant@example.org").await.leads_to("/forgotten/sent");
        let mail = only_mail(&house).await;
        assert_eq!(mail.to, "applicant@example.org");
        assert!(!mail.text.contains("王輔導") && !mail.text.contains("applicant"), "{}", mail.text);
        let link = mail.link();
        let browser = house.stranger();
        browser.get(&link).await.expect(200);
        let page = browser.get(&link).await.expect(200);
        // What won't do uses nothing up.
        let short = browser.press(&page, "設定新密碼", &[("password", "short"), ("again", "short")]).await.expect(422);
        assert!(!short.error_of("password").is_empty());
        let other = browser.press(&page, "設定新密碼", &[("password", NEW), ("again", "green apples")]).await.expect(422);
        assert!(other.error_of("again").contains("不一樣"));
        let done = browser.press(&page, "設定新密碼", &[("password", NEW), ("again", NEW)]).await.expect(200);
        assert_eq!(done.one("h1"), "密碼已變更");
        elsewhere.get("/cases").await.leads_to("/login");
        let mail = only_mail(&house).await;
        assert!(mail.to == "applicant@example.org" && mail.text.contains("密碼剛才已變更"), "{mail:?}");
        browser.log_in_as(Who::Applicant).await.expect(422);
        browser.log_in("applicant", NEW).await.leads_to("/cases");
        // Once.
        browser.get(&link).await.expect(404);
        browser.press(&page, "設定新密碼", &[("password", NEW), ("again", NEW)]).await.expect(404);
        assert_eq!(house.texts("SELECT action FROM traces WHERE person_id = 'applicant' AND action = 'reset-password'").await.len(), 1);
    }

    async fn the_answer_is_the_same_whoever_is_named(house) {
        let known = ask(&house, "applicant", "applicant@example.org").await;
        for (account, email) in [
            ("nobody", "nobody@example.org"),
            ("applicant", "other@example.org"),
            ("manager", "applicant@example.org"),
            ("disabled", "disabled@example.org"),
        ] {
            let answer = ask(&house, account, email).await;
            assert_eq!((answer.status, answer.location()), (known.status, known.location()), "{account}");
        }
        let (sent, mails) = post(&house).await;
        assert_eq!((sent.sent, sent.dropped), (1, 4));
        assert_eq!(mails[0].to, "applicant@example.org");
        let left = house.texts("SELECT address || subject FROM mails").await;
        assert!(left.iter().all(String::is_empty), "what was typed isn't kept: {left:?}");
        // Whoever comes in by the bureau's sign-on has no password to forget.
        house.sql("UPDATE people SET password_hash = NULL WHERE id = 'colleague'").await;
        ask(&house, "colleague", "colleague@example.org").await.leads_to("/forgotten/sent");
        assert_eq!(post(&house).await.0.dropped, 1);
    }

    async fn known_and_unknown_accounts_ask_the_database_the_same(house) {
        let of = async |account: &str, email: &str| {
            asked(&house, "/forgotten", "寄送連結", &[("account", account), ("email", email)]).await
        };
        // Also when the account's mails are used up.
        for _ in 0..2 {
            for _ in 0..2 {
                let known = of("applicant", "applicant@example.org").await;
                assert!(known.iter().any(|sql| sql.contains("INTO mails")), "{known:#?}");
                for (account, email) in [
                    ("nobody", "nobody@example.org"),
                    ("applicant", "other@example.org"),
                    ("disabled", "disabled@example.org"),
                ] {
                    assert_eq!(of(account, email).await, known, "{account}");
                }
            }
            post(&house).await;
        }
    }

    async fn whoever_names_the_wrong_account_uses_up_nothing_of_the_owner_s(house) {
        const OWNER: &str = "applicant@example.org";
        for _ in 0..4 {
            ask(&house, "somebody-else", OWNER).await.leads_to("/forgotten/sent");
            register(&house, OWNER).await.leads_to("/register/sent");
        }
        let (sent, mails) = post(&house).await;
        assert_eq!((sent.sent, sent.dropped), (3, 4), "one kind of mail has its own count");
        assert!(mails.iter().all(|mail| !mail.text.contains("/forgotten/")), "{mails:?}");
        // Account and address fit: three links in a quarter of an hour, and the same answer to all.
        let mut links = 0;
        for _ in 0..5 {
            ask(&house, "applicant", OWNER).await.leads_to("/forgotten/sent");
            links += post(&house).await.0.sent;
        }
        assert_eq!(links, 3);
        // An administrator's isn't a stranger's.
        let admin = house.sign_in(Who::Administrator).await;
        let card = admin.get("/admin/accounts/applicant").await.expect(200);
        admin.press(&card, "寄送設定密碼的連結", &[]).await.leads_to("/admin/accounts/applicant");
        only_mail(&house).await.link();
        house.wait(15 * MINUTE);
        ask(&house, "applicant", OWNER).await;
        only_mail(&house).await.link();
    }

    async fn the_school_s_name_makes_no_password(house) {
        ask(&house, "applicant", "applicant@example.org").await;
        let link = only_mail(&house).await.link();
        let browser = house.stranger();
        let page = browser.get(&link).await.expect(200);
        let fields = [("password", "測試國小王輔導測試國小1234"), ("again", "測試國小王輔導測試國小1234")];
        let refused = browser.press(&page, "設定新密碼", &fields).await.expect(422);
        assert!(refused.error_of("password").contains("學校"), "{}", refused.error_of("password"));
        browser.press(&page, "設定新密碼", &[("password", NEW), ("again", NEW)]).await.expect(200);
    }

    async fn a_link_is_good_for_a_quarter_of_an_hour_and_until_there_is_a_newer_one(house) {
        let browser = house.stranger();
        ask(&house, "applicant", "applicant@example.org").await;
        let first = only_mail(&house).await.link();
        house.wait(14 * MINUTE);
        browser.get(&first).await.expect(200);
        ask(&house, "applicant", "applicant@example.org").await;
        let second = only_mail(&house).await.link();
        browser.get(&first).await.expect(404);
        house.wait(14 * MINUTE);
        browser.get(&second).await.expect(200);
        house.wait(MINUTE);
        browser.get(&second).await.expect(404);
        browser.post(&second, &[("password", NEW), ("again", NEW)]).await.expect(404);
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
    }

    async fn a_disabled_account_gets_no_password(house) {
        ask(&house, "applicant", "applicant@example.org").await;
        let link = only_mail(&house).await.link();
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'applicant'").await;
        house.stranger().get(&link).await.expect(404);
        house.stranger().post(&link, &[("password", NEW), ("again", NEW)]).await.expect(404);
    }

    async fn an_administrator_sends_a_link_to_an_account_without_a_password(house) {
        house.sql("UPDATE people SET password_hash = NULL WHERE id = 'colleague'").await;
        let admin = house.sign_in(Who::Administrator).await;
        let card = admin.get("/admin/accounts/colleague").await.expect(200);
        admin.press(&card, "寄送設定密碼的連結", &[]).await.leads_to("/admin/accounts/colleague");
        let link = only_mail(&house).await.link();
        let browser = house.stranger();
        let page = browser.get(&link).await.expect(200);
        browser.press(&page, "設定新密碼", &[("password", NEW), ("again", NEW)]).await.expect(200);
        browser.log_in("colleague", NEW).await.leads_to("/cases");
    }

    async fn what_will_not_do_is_told(house) {
        let browser = house.stranger();
        let page = browser.get("/forgotten").await.expect(200);
        let refused = browser.press(&page, "寄送連結", &[("account", ""), ("email", "nobody")]).await.expect(422);
        assert!(!refused.error_of("account").is_empty() && !refused.error_of("email").is_empty());
        let typed = [("account", "applicant"), ("email", "applicant@example.org"), ("captcha", "0000")];
        let refused = browser.press(&page, "寄送連結", &typed).await.expect(422);
        assert!(refused.error_of("captcha").contains("驗證碼不正確"));
        assert_eq!(refused.value("account"), "applicant");
        assert_eq!(house.number("SELECT COUNT(*) FROM mails").await, 0);
    }

    async fn a_request_that_waited_for_hours_is_not_answered_any_more(house) {
        ask(&house, "applicant", "applicant@example.org").await;
        house.wait(61 * MINUTE);
        assert_eq!(post(&house).await.0.dropped, 1);
    }
}
