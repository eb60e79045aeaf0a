//! Who is locked out after failures, and who isn't; what an answer tells about accounts; what is logged.

use std::time::{Duration, Instant};

use casebind::identity::doors::StaffFactor;

use crate::support::house::{MINUTE, doors};
use crate::support::people::PASSWORD;
use crate::support::{Browser, House, Who, log};

both! {
    async fn a_stranger_does_not_lock_out_a_known_device(house) {
        let owner = house.stranger();
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        let list = owner.get("/cases").await.expect(200);
        owner.press(&list, "登出", &[]).await.leads_to("/login");
        let stranger = house.stranger();
        for _ in 0..6 {
            stranger.log_in("applicant", "wrong").await.expect(422);
        }
        // For whoever doesn't know the owner's device the account is locked, for its owner in that device it isn't.
        stranger.log_in_as(Who::Applicant).await.expect(422);
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        // A known device has five tries of its own, and locks itself alone.
        for _ in 0..5 {
            owner.log_in("applicant", "wrong").await.expect(422);
        }
        let locked = owner.log_in_as(Who::Applicant).await.expect(422);
        assert!(locked.one(".summary").contains("請於 15 分鐘後再試"), "{}", locked.one(".summary"));
        house.wait(15 * MINUTE);
        stranger.log_in_as(Who::Applicant).await.leads_to("/cases");
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        // Another account's token is worth nothing, nor is one that was made up.
        let forger = house.stranger();
        forger.log_in_as(Who::Manager).await.leads_to("/cases");
        for _ in 0..5 {
            forger.log_in("applicant", "wrong").await.expect(422);
        }
        house.stranger().log_in_as(Who::Applicant).await.expect(422);
    }

    async fn many_accounts_from_one_network_are_locked_together(house) {
        let database = house.database();
        let house = House::build(database, "network", |app| {
            let mut doors = doors(StaffFactor::Offered);
            doors.rules.network_failures = 12;
            app.doors = std::sync::Arc::new(doors);
        })
        .await;
        let stranger = house.stranger();
        for at in 0..12 {
            stranger.log_in(&format!("account{at}"), "wrong").await.expect(422);
        }
        let locked = stranger.log_in_as(Who::Colleague).await.expect(422);
        assert!(locked.one(".summary").contains("15 分鐘後再試"), "{}", locked.one(".summary"));
        house.wait(15 * MINUTE);
        stranger.log_in_as(Who::Colleague).await.leads_to("/cases");
    }

    async fn the_log_tells_each_event_and_no_login_name(house) {
        let browser = house.stranger();
        browser.log_in("applicant", "a wrong password").await.expect(422);
        browser.log_in("nobody-at-all", "a wrong password").await.expect(422);
        browser.log_in_as(Who::KindergartenApplicant).await.leads_to("/cases");
        let list = browser.get("/cases").await.expect(200);
        browser.press(&list, "登出", &[]).await.leads_to("/login");
        let lines = log::lines(&["authentication"]);
        let text = log::lines(&[]).join("\n");
        let count = |event: &str| lines.iter().filter(|line| line.contains(event)).count();
        assert_eq!(count("sign-in-failed"), 2, "{text}");
        assert_eq!((count("signed-in"), count("signed-out")), (1, 1), "{text}");
        for secret in ["nobody-at-all", "a wrong password", PASSWORD, "許園師"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }

    async fn what_was_typed_as_a_login_stands_nowhere_and_may_be_long(house) {
        let stranger = house.stranger();
        // Long, and nothing that could be packed.
        let entropy = &house.office().world.entropy;
        let long = data_encoding::HEXLOWER.encode(&(0..300).flat_map(|_| entropy.bytes::<32>()).collect::<Vec<u8>>());
        for login in [long.as_str(), "a password in the wrong field", "applicant"] {
            for _ in 0..5 {
                stranger.log_in(login, "wrong").await.expect(422);
            }
            let locked = stranger.log_in(login, "wrong").await.expect(422);
            assert!(locked.one(".summary").contains("15 分鐘後再試"), "{}", locked.one(".summary"));
        }
        let subjects = house.texts("SELECT subject FROM throttles ORDER BY subject").await;
        assert_eq!(subjects.iter().filter(|subject| subject.starts_with("login:")).count(), 3);
        assert!(subjects.iter().all(|subject| subject.len() < 80), "{subjects:?}");
        assert!(!subjects.concat().contains("applicant"), "{subjects:?}");
    }

    async fn known_and_unknown_accounts_ask_the_database_the_same(house) {
        let browser = house.stranger();
        // Also where the lock answers, and no password's hash would hide a look-up.
        for at in 1..=7 {
            let known = asked(&browser, "applicant").await;
            let unknown = asked(&browser, "nobody-here").await;
            assert!(known.iter().any(|sql| sql.contains("FROM people")), "{known:#?}");
            // The failure that fills the count is told to an owner who is there.
            if at != 5 {
                assert_eq!(known, unknown, "try {at}");
            }
        }
        assert_eq!(asked(&browser, "disabled").await, asked(&browser, "nobody-else").await);
        let house = House::build(house.database(), "network of one", |app| {
            let mut doors = doors(StaffFactor::Offered);
            doors.rules.network_failures = 1;
            app.doors = std::sync::Arc::new(doors);
        })
        .await;
        let stranger = house.stranger();
        for _ in 0..3 {
            stranger.log_in("somebody", "wrong").await.expect(422);
        }
        assert_eq!(asked(&stranger, "applicant").await, asked(&stranger, "nobody-here").await, "a closed network");
    }

    async fn a_password_is_hashed_whether_or_not_there_is_an_account(house) {
        let browser = house.stranger();
        // Each account fails less often than locks it; the clock moves on between rounds.
        let known: Vec<String> = Who::ALL.iter().map(|who| who.login()).collect();
        let unknown: Vec<String> = (0..known.len()).map(|at| format!("nobody{at}")).collect();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            one.push(median(&browser, &known).await);
            other.push(median(&browser, &unknown).await);
            house.wait(16 * MINUTE);
        }
        one.sort();
        other.sort();
        let (one, other) = (one[1].as_secs_f64(), other[1].as_secs_f64());
        // A hash that one of them lacks would be a multiple; what is smaller than that is held by the statements above.
        assert!((0.5..2.0).contains(&(one / other)), "known {one} s, unknown {other} s");
    }
}

/// What the database is asked by a failed log-in.
async fn asked(browser: &Browser, login: &str) -> Vec<String> {
    log::listen_to_all_statements();
    browser.log_in(login, "wrong").await.expect(422);
    log::all_statements()
}

/// The median time of a failed log-in.
async fn median(browser: &Browser, logins: &[String]) -> Duration {
    let mut times = Vec::new();
    for login in logins {
        let begun = Instant::now();
        browser.log_in(login, "wrong").await.expect(422);
        times.push(begun.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}
