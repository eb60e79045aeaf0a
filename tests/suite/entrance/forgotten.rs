//! 忘記密碼: the same answer for all, a link for one use, and every session over.

use std::time::{Duration, Instant};

use crate::support::house::MINUTE;
use crate::support::{House, Page, Who};

use super::{fill, only_mail, post};

const NEW: &str = "green apples on a blue table";

async fn ask(house: &House, account: &str, email: &str) -> Page {
    let browser = house.stranger();
    let page = browser.get("/forgotten").await.expect(200);
    fill(house, &browser, &page, "寄送連結", &[("account", account), ("email", email)]).await
}

/// Both kinds of request take about as long: the medians are near each other.
pub fn assert_alike(mut took: [Vec<Duration>; 2]) {
    let medians = took.each_mut().map(|all| {
        all.sort();
        all[all.len() / 2]
    });
    let (less, more) = (medians[0].min(medians[1]), medians[0].max(medians[1]));
    // A shared machine is noisy; a look-up or a hash that one of them lacks would be a multiple.
    assert!(more < less * 2 + Duration::from_millis(10), "{medians:?} of {took:?}");
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

    async fn known_and_unknown_accounts_take_as_long(house) {
        let browser = house.stranger();
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..9 {
            for (which, name) in ["applicant".to_owned(), format!("nobody-{round}")].into_iter().enumerate() {
                let page = browser.get("/forgotten").await.expect(200);
                let (id, digits) = super::answered(&house, &browser, &page).await;
                let email = format!("{name}@example.org");
                let fields = [("account", name.as_str()), ("email", email.as_str()), ("captcha_id", id.as_str()), ("captcha", digits.as_str())];
                let begun = Instant::now();
                browser.press(&page, "寄送連結", &fields).await.leads_to("/forgotten/sent");
                took[which].push(begun.elapsed());
            }
            house.wait(15 * MINUTE);
        }
        assert_alike(took);
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
