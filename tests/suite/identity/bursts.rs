//! Many tries at once, and log-ins that race with a change of the password: the count holds, and no session begins by a
//! password that isn't the password any more.

use casebind::case::mail_kind::MailKind;
use casebind::identity::log::Whence;
use casebind::identity::login::{self, Attempt, Outcome};
use casebind::identity::passwords::{About, Passwords};
use casebind::identity::sessions::{self, Entry, Means};
use casebind::identity::{credentials, devices, known};
use casebind::steps::accounts::Hand;
use casebind::store::people::{self, Person};
use casebind::web::App;

use crate::support::house::{MINUTE, passwords};
use crate::support::people::PASSWORD;
use crate::support::{House, Who};

/// One log-in without a page, in a browser with these known devices.
async fn attempt(app: &App, login: &str, password: &str, devices: &str) -> Outcome {
    let (office, whence) = (&app.office, Whence { address: "192.0.2.7".into(), ..Whence::default() });
    let attempt = Attempt { login, password, devices, whence: &whence, organisation: &office.organisation };
    login::check(&office.store, &office.world, &app.passwords, &app.doors, attempt)
        .await
        .expect("the database")
}

/// Thirty wrong passwords at once: how many were judged.
async fn burst(house: &House, login: &'static str, devices: &str) -> usize {
    let mut tries = tokio::task::JoinSet::new();
    for at in 0..30 {
        let (app, devices) = (house.app.clone(), devices.to_owned());
        tries.spawn(async move { attempt(&app, login, &format!("wrong password {at}"), &devices).await });
    }
    let outcomes = tries.join_all().await;
    for outcome in &outcomes {
        assert!(matches!(outcome, Outcome::Wrong | Outcome::Locked(1..=15)), "{outcome:?}");
    }
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Wrong)).count()
}

/// Begins a session for the applicant, by what was judged.
fn entry(means: Means, judged: Option<&str>) -> Entry<'_> {
    Entry { person: "applicant", means, judged, address: "", agent: "", owes_password: false }
}

async fn begin(house: &House, entry: &Entry<'_>) -> bool {
    let office = house.office();
    sessions::begin(&office.store, &office.world, house.app.limits, entry)
        .await
        .expect("the database")
        .is_some()
}

/// Gives the applicant another password, as its owner does.
async fn change_password(house: &House) {
    let (office, hash) =
        (house.office(), passwords().hash("another horse battery", &About::default()).unwrap());
    let mut tx = office.store.write().await.unwrap();
    credentials::put(&mut tx, &office.world, "applicant", &hash, None, &Whence::default()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn welcome(app: &App, devices: &str) -> Person {
    match attempt(app, "applicant", PASSWORD, devices).await {
        Outcome::Welcome { person, .. } => *person,
        other => panic!("{other:?}"),
    }
}

both! {
    async fn many_passwords_at_once_are_no_more_than_five(house) {
        let owner = house.stranger();
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        let known = owner.cookie("casebind-known").unwrap();
        assert_eq!(burst(&house, "applicant", "").await, 5);
        assert_eq!(burst(&house, "applicant", "").await, 0, "locked from then on");
        // Whoever isn't there is told the same.
        assert_eq!(burst(&house, "nobody-here", "").await, 5);
        assert!(matches!(attempt(&house.app, "applicant", PASSWORD, "").await, Outcome::Locked(_)));
        // The owner comes in by the known device all the same, and it has five tries of its own.
        welcome(&house.app, &known).await;
        assert_eq!(burst(&house, "applicant", &known).await, 5);
        assert!(matches!(attempt(&house.app, "applicant", PASSWORD, &known).await, Outcome::Locked(_)));
        house.wait(15 * MINUTE + 1);
        welcome(&house.app, "").await;
        welcome(&house.app, &known).await;
    }

    async fn a_cookie_is_looked_at_for_whoever_is_not_there_too(house) {
        let (key, world) = (&house.app.doors.key, &house.office().world);
        // Nobody is given such a token; it tells that the cookie was read for an account without an identifier.
        let cookie = known::after_log_in(key, world, "", "");
        assert!(matches!(attempt(&house.app, "nobody-here", "wrong", &cookie).await, Outcome::Wrong));
        let subjects = house.texts("SELECT subject FROM throttles").await;
        assert!(subjects.len() == 1 && subjects[0].starts_with("device:"), "{subjects:?}");
    }

    async fn whoever_was_right_takes_the_tries_back(house) {
        for _ in 0..3 {
            for _ in 0..4 {
                assert!(matches!(attempt(&house.app, "applicant", "wrong", "").await, Outcome::Wrong));
            }
            welcome(&house.app, "").await;
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM throttles WHERE subject LIKE 'login:%'").await, 0);
    }

    async fn the_owner_is_told_of_a_lock_once_a_day(house) {
        let told = format!("SELECT person_id FROM mails WHERE kind = '{}'", MailKind::Locked);
        for round in 0..3 {
            assert_eq!(burst(&house, "applicant", "").await, 5, "{round}");
            assert_eq!(house.texts(&told).await, ["applicant"], "{round}");
            house.wait(15 * MINUTE + 1);
        }
        assert_eq!(burst(&house, "nobody-here", "").await, 5);
        assert_eq!(house.texts(&told).await.len(), 1, "nobody is told of an account that isn't there");
        assert_eq!(house.number("SELECT COUNT(*) FROM account_events WHERE kind = 'locked'").await, 3);
        house.wait(24 * 60 * MINUTE);
        burst(&house, "applicant", "").await;
        assert_eq!(house.texts(&told).await.len(), 2);
    }

    async fn a_password_that_was_changed_meanwhile_begins_no_session(house) {
        let judged = welcome(&house.app, "").await;
        let hash = judged.password_hash.as_deref();
        assert!(begin(&house, &entry(Means::Password, hash)).await);
        change_password(&house).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 0, "those before have ended");
        assert!(!begin(&house, &entry(Means::Password, hash)).await);
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 0);
        // And no hash made anew takes the place of the new password.
        let (office, old) = (house.office(), hash.unwrap());
        let mut tx = office.store.write().await.unwrap();
        assert!(!people::replace_password(&mut tx, "applicant", old, "rehashed", 1).await.unwrap());
        drop(tx);
        house.stranger().log_in("applicant", "another horse battery").await.leads_to("/cases");
    }

    async fn changes_and_log_ins_at_once_leave_no_session_of_the_old_password(house) {
        let judged = welcome(&house.app, "").await;
        let hash = judged.password_hash.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let (app, hash) = (house.app.clone(), hash.clone());
            tasks.spawn(async move {
                let office = &app.office;
                let entry = entry(Means::Password, Some(&hash));
                sessions::begin(&office.store, &office.world, app.limits, &entry).await.expect("the database");
            });
        }
        change_password(&house).await;
        tasks.join_all().await;
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 0);
    }

    async fn a_device_that_was_ended_meanwhile_begins_no_session(house) {
        let (office, whence) = (house.office(), Whence::default());
        let judged = welcome(&house.app, "").await.password_hash.unwrap();
        let remember = async |judged: &str| {
            let whose = ("applicant", judged);
            devices::remember(&office.store, &office.world, 1_000_000, whose, &whence).await.unwrap()
        };
        let cookie = remember(&judged).await.expect("remembered");
        let device = cookie.split('.').next().unwrap().to_owned();
        assert!(begin(&house, &entry(Means::Remembered { device: device.clone() }, None)).await);
        change_password(&house).await;
        assert!(!begin(&house, &entry(Means::Remembered { device }, None)).await);
        // Nor is a device remembered by a password that was judged before it was changed.
        assert_eq!(remember(&judged).await, None);
        assert_eq!(house.number("SELECT COUNT(*) FROM devices WHERE ended_at IS NULL").await, 0);
    }

    async fn changes_and_devices_at_once_leave_none_that_the_old_password_remembered(house) {
        let judged = welcome(&house.app, "").await.password_hash.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let (app, judged) = (house.app.clone(), judged.clone());
            tasks.spawn(async move {
                let (office, whence) = (&app.office, Whence::default());
                let whose = ("applicant", judged.as_str());
                devices::remember(&office.store, &office.world, 1_000_000, whose, &whence).await.expect("the database");
            });
        }
        change_password(&house).await;
        tasks.join_all().await;
        assert_eq!(house.number("SELECT COUNT(*) FROM devices WHERE ended_at IS NULL").await, 0);
    }

    async fn an_account_that_was_disabled_meanwhile_begins_no_session(house) {
        let judged = welcome(&house.app, "").await;
        let (office, reason) = (house.office(), "離職");
        office.disable_account(Hand::Command, "applicant", reason).await.unwrap();
        assert!(!begin(&house, &entry(Means::Password, judged.password_hash.as_deref())).await);
        assert!(!begin(&house, &entry(Means::SignOn { second_factor: true, proved_at: None }, None)).await);
        // So none comes to life when the account is enabled again.
        office.enable_account(Hand::Command, "applicant", "").await.unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 0);
    }

    async fn an_older_hash_is_made_anew_and_still_lets_in(house) {
        let mut app = house.app.clone();
        app.passwords = std::sync::Arc::new(Passwords::new(19 * 1024, 3, 1).unwrap());
        let person = welcome(&app, "").await;
        let hash = person.password_hash.unwrap();
        assert!(hash.contains("t=3"), "{hash}");
        assert_eq!(house.texts("SELECT password_hash FROM people WHERE id = 'applicant'").await, [hash.clone()]);
        assert!(begin(&house, &entry(Means::Password, Some(&hash))).await);
    }
}
