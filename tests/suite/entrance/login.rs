//! 驗證碼 at the log-in page: always, after a failure, or never.

use casebind::identity::captcha::AtLogin;

use crate::support::people::PASSWORD;
use crate::support::{Database, House, Who, run};

use super::{answered, fill};

async fn asking(database: Database, when: AtLogin) -> House {
    House::build(database, &format!("captcha {when:?}"), |app| app.entrance.captcha = when).await
}

async fn always(house: House) {
    let browser = house.stranger();
    let page = browser.get("/login?next=%2Fcases%2Fnew").await.expect(200);
    // Without digits, with wrong ones, and with digits that were used, no password is looked at.
    for _ in 0..6 {
        let refused = browser.log_in_as(Who::Applicant).await.expect(422);
        assert!(refused.error_of("captcha").contains("驗證碼不正確"));
        assert!(!refused.html().contains("密碼不正確"));
        assert_eq!(refused.value("account"), "applicant");
    }
    let typed = [("account", "applicant"), ("password", PASSWORD)];
    let welcome = fill(&house, &browser, &page, "登入", &typed).await;
    welcome.leads_to("/cases/new");
    // What is wrong after the digits is the password, and the next try has other digits.
    let stranger = house.stranger();
    let page = stranger.get("/login").await.expect(200);
    let (id, digits) = answered(&house, &stranger, &page).await;
    let mut typed = vec![
        ("account", "applicant"),
        ("password", "wrong"),
        ("captcha_id", id.as_str()),
        ("captcha", digits.as_str()),
    ];
    let refused = stranger.press(&page, "登入", &typed).await.expect(422);
    assert!(refused.one(".summary").contains("帳號或密碼不正確"));
    assert_ne!(refused.value("captcha_id"), id);
    typed[1].1 = PASSWORD;
    stranger.press(&page, "登入", &typed).await.expect(422);
    assert_eq!(stranger.session(), None);
    // Other digits, without a script.
    typed.push(("captcha_again", "1"));
    let again = stranger.press(&page, "更換驗證碼", &typed).await.expect(200);
    assert_eq!((again.value("account").as_str(), again.value("password").as_str()), ("applicant", ""));
}

async fn after_a_failure(house: House) {
    let browser = house.stranger();
    assert!(!browser.get("/login").await.expect(200).has("[name=captcha]"));
    browser.log_in("applicant", "wrong").await.expect(422);
    assert!(browser.get("/login").await.expect(200).has("[name=captcha]"));
    browser.log_in_as(Who::Applicant).await.expect(422);
    // Another network isn't asked.
    let other = browser.from("198.51.100.9");
    assert!(!other.get("/login").await.expect(200).has("[name=captcha]"));
    other.log_in_as(Who::Applicant).await.leads_to("/cases");
    house.wait(15 * 60_000);
    assert!(!browser.get("/login").await.expect(200).has("[name=captcha]"));
}

/// Guessing digits ends by itself.
async fn guessed(house: House) {
    let browser = house.stranger();
    for _ in 0..60 {
        browser.log_in_as(Who::Applicant).await.expect(422);
    }
    browser.log_in_as(Who::Applicant).await.expect(429);
    browser.from("198.51.100.9").log_in_as(Who::Applicant).await.expect(422);
    assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 0);
}

#[test]
fn always_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        always(asking(Database::Sqlite, AtLogin::Always).await).await
    });
}

#[test]
fn always_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        always(asking(Database::Postgres, AtLogin::Always).await).await
    });
}

#[test]
fn after_a_failure_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        after_a_failure(asking(Database::Sqlite, AtLogin::AfterFailure).await).await
    });
}

#[test]
fn after_a_failure_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        after_a_failure(asking(Database::Postgres, AtLogin::AfterFailure).await).await
    });
}

#[test]
fn guessing_ends_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        guessed(asking(Database::Sqlite, AtLogin::Always).await).await
    });
}

#[test]
fn guessing_ends_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        guessed(asking(Database::Postgres, AtLogin::Always).await).await
    });
}
