//! How often strangers may ask, by network.

use casebind::identity::captcha::Captcha;

use crate::support::house::MINUTE;
use crate::support::{Database, House, Who, run};

async fn small(database: Database) -> House {
    House::build(database, "small limits", |app| {
        app.entrance.rates.captcha = 3;
        app.entrance.rates.phone = 2;
        app.entrance.rates.login = 2;
        app.entrance.rates.register = 2;
        app.entrance.rates.password = 2;
    })
    .await
}

async fn pictures_are_counted(house: House) {
    let browser = house.stranger();
    let picture = || format!("/captcha/{}.png", Captcha::new(&house.office().world).as_text());
    for _ in 0..3 {
        browser.get(&picture()).await.expect(200);
    }
    let refused = browser.get(&picture()).await.expect(429);
    assert!(refused.one("h1").contains("次數太多"), "{}", refused.one("h1"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!((14 * 60..=15 * 60 + 1).contains(&wait), "{wait}");
    // Another network isn't kept waiting, and half an address is the whole network.
    let other = browser.from("2001:db8:1:2::1");
    other.get(&picture()).await.expect(200);
    other.get(&picture()).await.expect(200);
    browser.from("2001:db8:1:2:3:4:5:6").get(&picture()).await.expect(200);
    browser.from("2001:db8:1:2:ffff::1").get(&picture()).await.expect(429);
    browser.from("2001:db8:1:3::1").get(&picture()).await.expect(200);
    // What is counted names no network.
    let subjects = house.texts("SELECT subject FROM allowances").await;
    assert!(subjects.iter().all(|subject| subject.len() == 64), "{subjects:?}");
    house.wait(15 * MINUTE);
    browser.get(&picture()).await.expect(200);
    assert_eq!(
        house.number("SELECT COUNT(*) FROM allowances").await,
        1,
        "windows that are over are forgotten"
    );
}

async fn phone_links_are_counted(house: House) {
    let browser = house.stranger();
    for _ in 0..2 {
        browser.get("/phone/nothing/open").await.expect(404);
    }
    browser.get("/phone/nothing/open").await.expect(429);
    browser.post("/phone/nothing/open", &[]).await.expect(429);
}

/// Whatever the two asked for, the third has to wait, and another network doesn't.
async fn forms_are_counted(house: House) {
    for (path, typed) in [
        ("/login", [("login", "nobody"), ("password", "wrong")]),
        ("/register", [("name", ""), ("email", "")]),
        ("/forgotten", [("login", ""), ("captcha", "")]),
    ] {
        let browser = house.stranger();
        for _ in 0..2 {
            let page = browser.post(path, &typed).await;
            assert_eq!(page.status, 422, "{path}");
        }
        let refused = browser.post(path, &typed).await.expect(429);
        assert!(refused.one("h1").contains("次數太多"), "{path}: {}", refused.one("h1"));
        assert!(refused.header("retry-after").parse::<i64>().unwrap() > 14 * 60, "{path}");
        browser.from("198.51.100.9").post(path, &typed).await.expect(422);
    }
}

#[test]
fn forms_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        forms_are_counted(small(Database::Sqlite).await).await
    });
}

#[test]
fn forms_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        forms_are_counted(small(Database::Postgres).await).await
    });
}

#[test]
fn pictures_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        pictures_are_counted(small(Database::Sqlite).await).await
    });
}

#[test]
fn pictures_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        pictures_are_counted(small(Database::Postgres).await).await
    });
}

#[test]
fn phone_links_sqlite() {
    run(Database::Sqlite, module_path!(), |_| async {
        phone_links_are_counted(small(Database::Sqlite).await).await
    });
}

#[test]
fn phone_links_postgres() {
    run(Database::Postgres, module_path!(), |_| async {
        phone_links_are_counted(small(Database::Postgres).await).await
    });
}

both! {
    async fn an_account_that_asks_for_more_than_anybody_does_by_hand_waits(house) {
        let house = House::build(house.database(), "hurry", |app| app.entrance.rates.signed_in = 6).await;
        let (browser, other) = (house.applicant().await, house.sign_in(Who::Colleague).await);
        for _ in 0..6 {
            browser.get("/cases").await.expect(200);
        }
        for path in ["/cases", "/account", "/cases/new?service=referral"] {
            let refused = browser.get(path).await.expect(429);
            assert!(refused.one("main").contains("遠超過一般使用"), "{path}: {}", refused.one("main"));
            assert!(refused.header("retry-after").parse::<i64>().unwrap() > 14 * 60, "{path}");
        }
        browser.post("/cases", &[("service", "referral")]).await.expect(429);
        let told = browser.get("/api/v1/cases").await.expect(429);
        assert_eq!(told.json()["type"], "urn:casebind:problem:too-often");
        assert!(told.header("retry-after").parse::<i64>().unwrap() > 14 * 60);
        // In another browser too, but nobody else; what a page asks by itself is no hurry, and leaving is always free.
        house.applicant().await.get("/cases").await.expect(429);
        other.get("/cases").await.expect(200);
        browser.get("/session").await.expect(200);
        browser.post("/logout", &[]).await.leads_to("/login");
        assert!(crate::support::log::lines(&["by hand", "person=applicant"]).len() >= 5);
        house.wait(15 * MINUTE);
        house.applicant().await.get("/cases").await.expect(200);
    }
}
