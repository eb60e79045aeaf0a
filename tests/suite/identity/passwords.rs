//! 變更密碼, re-hashing at log-in, and what is asked of a password.

use casebind::identity::passwords::{About, Passwords};
use casebind::steps::accounts::Hand;

use crate::support::house::{MINUTE, passwords};
use crate::support::people::PASSWORD;
use crate::support::{Database, House, Who, run};

const NEW: &str = "purple elephant seven rivers";
const DAY: i64 = 24 * 60 * MINUTE;

fn typed<'a>(present: &'a str, new: &'a str) -> [(&'a str, &'a str); 3] {
    [("present", present), ("new", new), ("again", new)]
}

both! {
    async fn changing_asks_for_the_present_one_and_ends_everything_else(house) {
        let (browser, elsewhere) = (house.applicant().await, house.applicant().await);
        let remembered = house.stranger();
        remembered.remember(Who::Applicant).await;
        let before = browser.session();
        let page = browser.get("/account/password").await.expect(200);
        let wrong = browser.press(&page, "變更密碼", &typed("not my password", NEW)).await.expect(422);
        assert!(wrong.one(".summary").contains("目前的密碼不正確"), "{}", wrong.one(".summary"));
        elsewhere.get("/cases").await.expect(200);
        let done = browser.press(&page, "變更密碼", &typed(PASSWORD, NEW)).await;
        done.leads_to("/account");
        assert_ne!(browser.session(), before, "a new token");
        let mails = "SELECT person_id FROM mails WHERE kind = 'password-changed'";
        assert_eq!(house.texts(mails).await, ["applicant"], "the owner is told by mail");
        let account = browser.follow(&done).await.expect(200);
        assert!(account.one(".notices").contains("密碼已變更"));
        elsewhere.get("/cases").await.leads_to("/login");
        remembered.get("/cases").await.leads_to("/login");
        remembered.post("/login/remembered", &[("next", "/cases")]).await.leads_to("/login");
        let again = house.stranger();
        again.log_in("applicant", PASSWORD).await.expect(422);
        again.log_in("applicant", NEW).await.leads_to("/cases");
    }

    async fn what_is_wrong_with_a_new_one_is_said_with_a_better_way(house) {
        let browser = house.applicant().await;
        let page = browser.get("/account/password").await.expect(200);
        for (new, words) in [
            ("too short", "至少要有 15 個字元"),
            ("password", "已經外流"),
            ("abcabcabcabcabcabc", "重複"),
            ("applicant-王輔導-測試國小", "姓名"),
            ("示範學生輔導諮商中心示範學生輔導", "單位名稱"),
            (PASSWORD, "和目前的密碼一樣"),
        ] {
            let answer = browser.press(&page, "變更密碼", &typed(PASSWORD, new)).await.expect(422);
            let summary = answer.one(".summary");
            assert!(summary.contains(words), "{new}: {summary}");
            assert!(summary.contains("密碼沒有變更"), "{summary}");
            assert_eq!(answer.value("new"), "", "a password isn't sent back");
        }
        let fields = [("present", PASSWORD), ("new", NEW), ("again", "something else altogether")];
        let answer = browser.press(&page, "變更密碼", &fields).await.expect(422);
        assert!(answer.one(".summary").contains("兩次輸入的新密碼不一樣"));
        // 200 characters, spaces at the ends and any script are taken as they are.
        let long = format!(" 一句很長、只有自己知道的話 {}", "ab ç 密 ".repeat(25));
        browser.press(&page, "變更密碼", &typed(PASSWORD, &long)).await.leads_to("/account");
        house.stranger().log_in("applicant", long.trim()).await.expect(422);
        house.stranger().log_in("applicant", &long).await.leads_to("/cases");
    }

    async fn guessing_the_present_one_is_locked(house) {
        let browser = house.applicant().await;
        let page = browser.get("/account/password").await.expect(200);
        for _ in 0..5 {
            browser.press(&page, "變更密碼", &typed("wrong", NEW)).await.expect(422);
        }
        let locked = browser.press(&page, "變更密碼", &typed(PASSWORD, NEW)).await.expect(422);
        assert!(locked.one(".summary").contains("15 分鐘後再試"), "{}", locked.one(".summary"));
        for _ in 0..2 {
            house.wait(8 * MINUTE);
            browser.get("/cases").await.expect(200);
        }
        browser.press(&page, "變更密碼", &typed(PASSWORD, NEW)).await.leads_to("/account");
    }

    async fn a_password_that_fell_behind_the_rules_is_changed_first(house) {
        let hash = passwords().hash("only-twelve!", &About { second_factor: true, ..About::default() }).unwrap();
        house.sql(&format!("UPDATE people SET password_hash = '{hash}' WHERE id = 'applicant'")).await;
        let browser = house.stranger();
        browser.log_in("applicant", "only-twelve!").await.leads_to("/cases");
        let led = browser.get("/cases").await;
        assert_eq!(led.location(), "/account/password?next=%2Fcases");
        browser.get("/account/sessions").await.leads_to("/account/password");
        browser.get("/account/second-factor").await.expect(404);
        let page = browser.follow(&led).await.expect(200);
        assert!(page.one("main").contains("不符合現在的規定"));
        browser.press(&page, "變更密碼", &typed("only-twelve!", NEW)).await.leads_to("/cases");
        browser.get("/cases").await.expect(200);
    }

    async fn a_password_that_is_mostly_school_or_organisation_is_changed_first(house) {
        const OTHER: &str = "王輔導測試國小測試國小5678";
        for old in ["測試國小王輔導測試國小1234", "示範學生輔導諮商中心王輔導12"] {
            // Nothing was known of the account when it was taken.
            let hash = passwords().hash(old, &About::default()).unwrap();
            house.sql(&format!("UPDATE people SET password_hash = '{hash}' WHERE id = 'applicant'")).await;
            let browser = house.stranger();
            browser.log_in("applicant", old).await.leads_to("/cases");
            browser.get("/cases").await.leads_to("/account/password");
            let page = browser.get("/account/password?next=%2Fcases").await.expect(200);
            // Who is still on the way in has a school too.
            let refused = browser.press(&page, "變更密碼", &typed(old, OTHER)).await.expect(422);
            assert!(refused.one(".summary").contains("學校"), "{}", refused.one(".summary"));
            browser.press(&page, "變更密碼", &typed(old, NEW)).await.leads_to("/cases");
        }
    }

    async fn a_password_that_was_made_up_is_changed_at_the_first_log_in_and_lapses_without_one(house) {
        const MADE_UP: &str = "x7kq2-mzp4w-h9tcb-v3nrf";
        let hash = passwords().hash(MADE_UP, &About::default()).unwrap();
        let give = async || house.office().give_password(Hand::Command, "applicant", &hash, true).await.unwrap();
        give().await;
        let browser = house.stranger();
        // It isn't remembered, and leads to the change alone, however often it is used.
        for _ in 0..2 {
            let fields = [("account", "applicant"), ("password", MADE_UP), ("remember", "1"), ("next", "/cases")];
            browser.post("/login", &fields).await.leads_to("/cases");
            assert_eq!(browser.cookie("casebind-device"), None);
            browser.get("/cases").await.leads_to("/account/password");
        }
        let page = browser.get("/account/password?next=%2Fcases").await.expect(200);
        assert!(page.one("main").contains("系統產生的"));
        browser.press(&page, "變更密碼", &typed(MADE_UP, NEW)).await.leads_to("/cases");
        browser.get("/cases").await.expect(200);
        // What its owner chose is for long.
        house.wait(8 * DAY);
        let later = house.stranger();
        later.log_in("applicant", NEW).await.leads_to("/cases");
        later.get("/cases").await.expect(200);
        // After a week it lets nobody in, by the same words as a wrong one.
        give().await;
        house.wait(7 * DAY + MINUTE);
        let lapsed = house.stranger().log_in("applicant", MADE_UP).await.expect(422);
        let wrong = house.stranger().log_in("applicant", "not the password").await.expect(422);
        assert_eq!(lapsed.one(".summary"), wrong.one(".summary"));
        // One that somebody typed for its owner isn't made up, nor is one by a link.
        house.office().give_password(Hand::Command, "applicant", &hash, false).await.unwrap();
        let typed = house.stranger();
        typed.log_in("applicant", MADE_UP).await.leads_to("/cases");
        typed.get("/cases").await.expect(200);
    }
}

#[test]
fn a_hash_is_made_anew_when_the_parameters_rose() {
    run(Database::Sqlite, module_path!(), |_| async {
        let risen = Passwords::new(19 * 1024, 3, 1).unwrap();
        let house =
            House::build(Database::Sqlite, "risen", |app| app.passwords = std::sync::Arc::new(risen)).await;
        let hash = async || house.texts("SELECT password_hash FROM people WHERE id = 'applicant'").await;
        assert!(hash().await[0].contains("t=2"));
        house.stranger().log_in("applicant", "wrong").await.expect(422);
        assert!(hash().await[0].contains("t=2"), "a failure changes nothing");
        house.stranger().log_in_as(Who::Applicant).await.leads_to("/cases");
        assert!(hash().await[0].contains("t=3"));
        house.stranger().log_in_as(Who::Applicant).await.leads_to("/cases");
    });
}
