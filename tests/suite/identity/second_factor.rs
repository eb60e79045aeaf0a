//! 兩步驟驗證: enrolment, codes, recovery codes, who needs it, and the reset by an administrator.

use casebind::identity::doors::StaffFactor;
use casebind::identity::known;
use casebind::identity::log::Whence;
use casebind::identity::second_factor::{self, Enrolled, Verdict};
use casebind::store::factors;

use crate::support::house::{MINUTE, doors};
use crate::support::people::PASSWORD;
use crate::support::{Browser, Database, House, Page, Who};

/// The codes that somebody's app shows.
pub struct Phone {
    secret: Vec<u8>,
}

impl Phone {
    /// From the secret on the enrolment page, as it is typed into an app.
    pub fn reading(page: &Page) -> Self {
        let text: String = page.one(".secret").split_whitespace().collect();
        Self { secret: data_encoding::BASE32.decode(text.as_bytes()).expect("base 32") }
    }

    /// The code that is shown now.
    pub fn code(&self, house: &House) -> String {
        self.code_at(house.office().world.now())
    }

    /// The code that is shown at a moment.
    pub fn code_at(&self, millis: i64) -> String {
        let app = totp_rs::Builder::new().with_secret(self.secret.clone()).build_noncompliant();
        app.generate(u64::try_from(millis / 1000).unwrap()).to_string()
    }
}

/// Enrols whoever is signed in in this browser; the phone and the recovery codes.
pub async fn enrol(house: &House, browser: &Browser) -> (Phone, Vec<String>) {
    let page = browser.get("/account/second-factor").await.expect(200);
    assert!(page.has("svg.phone__code path"), "the code for the app's camera");
    let phone = Phone::reading(&page);
    let done = browser.press(&page, "啟用", &[("code", &phone.code(house))]).await.expect(200);
    (phone, done.all(".codes code"))
}

async fn strict(database: Database, name: &str) -> House {
    House::build(database, name, |app| app.doors = std::sync::Arc::new(doors(StaffFactor::Required))).await
}

/// The next code: each counts once.
fn next_step(house: &House) {
    house.wait(30_000);
}

both! {
    async fn staff_enrol_before_anything_else_and_are_asked_at_each_log_in(house) {
        let house = strict(house.database(), "strict").await;
        let browser = house.stranger();
        browser.log_in_as(Who::Manager).await.leads_to("/cases");
        // Nothing else is reached, by page, form or program.
        let led = browser.get("/queue").await;
        assert_eq!(led.location(), "/account/second-factor?next=%2Fqueue");
        for path in ["/cases", "/account", "/account/sessions", "/cases/export.csv", "/session"] {
            browser.get(path).await.leads_to("/account/second-factor");
        }
        browser.get("/api/v1/cases").await.expect(403);
        browser.post("/cases", &[("service", "referral")]).await.leads_to("/account/second-factor");
        let before = browser.session();
        let page = browser.follow(&led).await.expect(200);
        let phone = Phone::reading(&page);
        let wrong = browser.press(&page, "啟用", &[("code", "000000")]).await.expect(422);
        assert!(wrong.one(".summary").contains("驗證碼不正確"));
        let again = browser.get("/account/second-factor").await.expect(200);
        assert_eq!(again.one(".secret"), page.one(".secret"), "the same secret until it is confirmed");
        let done = browser.press(&page, "啟用", &[("code", &phone.code(&house))]).await.expect(200);
        let codes = done.all(".codes code");
        assert_eq!(codes.len(), 10);
        assert_ne!(browser.session(), before, "a new token with the rise of rights");
        browser.get("/queue").await.expect(200);

        // At the next log-in the code is asked for, and the one that was used doesn't count again.
        let other = house.stranger();
        other.log_in_as(Who::Manager).await.leads_to("/cases");
        let led = other.get("/queue").await;
        assert_eq!(led.location(), "/login/code?next=%2Fqueue");
        for path in ["/cases", "/account", "/account/second-factor"] {
            let answer = other.get(path).await;
            assert!([303, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
        }
        other.get("/api/v1/cases").await.expect(403);
        let half = other.session();
        let page = other.follow(&led).await.expect(200);
        other.press(&page, "驗證", &[("code", &phone.code(&house))]).await.expect(422);
        next_step(&house);
        other.press(&page, "驗證", &[("code", &phone.code(&house))]).await.leads_to("/queue");
        assert_ne!(other.session(), half);
        other.get("/queue").await.expect(200);
        // The token of before the rise is good for nothing.
        let old = house.stranger();
        old.set_cookie("casebind", &half.unwrap());
        old.get("/queue").await.leads_to("/login");
    }

    async fn what_another_session_was_offered_meanwhile_is_not_turned_on(house) {
        let office = house.office();
        let now = office.world.now();
        let mut tx = office.store.write().await.unwrap();
        // The owner's code was judged against this one, when another session asked for the enrolment.
        factors::offer(&mut tx, "applicant", ("owner", "sealed for the owner"), now - 1, now).await.unwrap();
        factors::offer(&mut tx, "applicant", ("thief", "sealed for a thief"), now - 1, now).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = office.store.write().await.unwrap();
        assert!(!factors::activate(&mut tx, "applicant", "sealed for the owner", 1, now).await.unwrap());
        drop(tx);
        assert!(factors::active(&mut office.store.read().await.unwrap(), "applicant").await.unwrap().is_none());
        let mut tx = office.store.write().await.unwrap();
        assert!(factors::activate(&mut tx, "applicant", "sealed for a thief", 1, now).await.unwrap());
    }

    async fn a_code_counts_for_its_half_minute_and_its_neighbours_only(house) {
        let browser = house.applicant().await;
        let (phone, _) = enrol(&house, &browser).await;
        house.wait(10 * MINUTE);
        let now = house.office().world.now();
        let (late, early) = (phone.code_at(now - 30_000), phone.code_at(now + 30_000));
        let other = house.stranger();
        other.log_in_as(Who::Applicant).await.leads_to("/cases");
        let two_late = phone.code_at(now - 90_000);
        other.post("/login/code", &[("code", &two_late)]).await.expect(422);
        other.post("/login/code", &[("code", &late), ("next", "/cases")]).await.leads_to("/cases");
        let third = house.stranger();
        third.log_in_as(Who::Applicant).await.leads_to("/cases");
        third.post("/login/code", &[("code", &early), ("next", "/cases")]).await.leads_to("/cases");
        // What lies before a code that was used doesn't count any more.
        let fourth = house.stranger();
        fourth.log_in_as(Who::Applicant).await.leads_to("/cases");
        fourth.post("/login/code", &[("code", &phone.code_at(now))]).await.expect(422);
    }

    async fn a_recovery_code_stands_in_once(house) {
        let browser = house.applicant().await;
        let (_, codes) = enrol(&house, &browser).await;
        let hashes = house.texts("SELECT hash FROM recovery_codes").await;
        assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")) && hashes.len() == 10);
        let lost = house.stranger();
        lost.log_in_as(Who::Applicant).await.leads_to("/cases");
        let page = lost.get("/login/code").await.expect(200);
        let typed = codes[0].to_uppercase().replace('-', " ");
        lost.press(&page, "用備用碼登入", &[("code", &typed)]).await.leads_to("/");
        // The owner is told on every page until the list of sessions was looked at.
        let told = lost.get("/cases").await.expect(200);
        assert!(told.one(".notices").contains("安全紀錄"), "{}", told.one(".notices"));
        let sessions = lost.get("/account/sessions").await.expect(200);
        assert!(sessions.one("main").contains("使用一組備用碼"));
        assert!(!lost.get("/cases").await.expect(200).has(".notices"));
        let again = house.stranger();
        again.log_in_as(Who::Applicant).await.leads_to("/cases");
        again.post("/login/code", &[("code", &codes[0])]).await.expect(422);
        again.post("/login/code", &[("code", &codes[1]), ("next", "/cases")]).await.leads_to("/cases");
        // New ones end the old.
        let page = lost.get("/account/second-factor").await.expect(200);
        assert!(page.one("main").contains("還有 8 組"), "{}", page.one("main"));
        let fresh = lost.press(&page, "重新產生備用碼", &[]).await.expect(200).all(".codes code");
        let third = house.stranger();
        third.log_in_as(Who::Applicant).await.leads_to("/cases");
        third.post("/login/code", &[("code", &codes[2])]).await.expect(422);
        third.post("/login/code", &[("code", &fresh[9]), ("next", "/cases")]).await.leads_to("/cases");
    }

    async fn five_wrong_codes_lock(house) {
        let browser = house.applicant().await;
        let (phone, codes) = enrol(&house, &browser).await;
        let other = house.stranger();
        other.log_in_as(Who::Applicant).await.leads_to("/cases");
        for _ in 0..5 {
            other.post("/login/code", &[("code", "000000")]).await.expect(422);
        }
        house.wait(MINUTE);
        for right in [phone.code(&house), codes[0].clone()] {
            let locked = other.post("/login/code", &[("code", &right)]).await.expect(422);
            assert!(locked.one(".summary").contains("分鐘後再試"), "{}", locked.one(".summary"));
        }
        house.wait(14 * MINUTE);
        other.post("/login/code", &[("code", &phone.code(&house)), ("next", "/cases")]).await.leads_to("/cases");
    }

    async fn whoever_has_the_password_does_not_lock_the_owner_out(house) {
        let before = house.stranger();
        before.log_in_as(Who::Applicant).await.leads_to("/cases");
        let owner = house.applicant().await;
        let (phone, codes) = enrol(&house, &owner).await;
        let thief = house.stranger();
        thief.log_in_as(Who::Applicant).await.leads_to("/cases");
        for _ in 0..5 {
            thief.post("/login/code", &[("code", "000000")]).await.expect(422);
        }
        next_step(&house);
        thief.post("/login/code", &[("code", &phone.code(&house))]).await.expect(422);
        // The browser in which it was enrolled is known, and has tries of its own.
        let page = owner.get("/cases").await.expect(200);
        owner.press(&page, "登出", &[]).await.leads_to("/login");
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        owner.post("/login/code", &[("code", "000000")]).await.expect(422);
        owner.post("/login/code", &[("code", &phone.code(&house)), ("next", "/cases")]).await.leads_to("/cases");
        // One that is known by the password alone, from before the enrolment, counts with the strangers.
        before.log_in_as(Who::Applicant).await.leads_to("/cases");
        before.post("/login/code", &[("code", &codes[0])]).await.expect(422);
        assert!(!crate::support::log::lines(&["locked", "applicant"]).is_empty());
        assert_eq!(house.number("SELECT COUNT(*) FROM account_events WHERE kind = 'locked'").await, 1);
    }

    async fn the_owner_is_told_by_mail_of_what_happens_to_it(house) {
        let kinds = async || house.texts("SELECT kind FROM mails WHERE person_id = 'applicant' ORDER BY id").await;
        let browser = house.applicant().await;
        let (_, codes) = enrol(&house, &browser).await;
        assert_eq!(kinds().await, ["second-factor-enrolled"]);
        let lost = house.stranger();
        lost.log_in_as(Who::Applicant).await.leads_to("/cases");
        lost.post("/login/code", &[("code", &codes[0]), ("next", "/cases")]).await.leads_to("/cases");
        assert_eq!(kinds().await[1..], ["recovery-code-used"]);
        let page = browser.get("/account/second-factor").await.expect(200);
        browser.press(&page, "停用兩步驟驗證", &[("present", PASSWORD)]).await.leads_to("/account");
        assert_eq!(kinds().await[2..], ["second-factor-removed"]);
        let sent = house.office().send_mails(&crate::notices::folder_room(&house)).await.unwrap();
        assert_eq!((sent.sent, sent.dropped), (3, 0));
    }

    async fn many_codes_at_once_are_no_more_than_a_few(house) {
        let browser = house.applicant().await;
        let (phone, _) = enrol(&house, &browser).await;
        next_step(&house);
        let thief = house.stranger();
        thief.log_in_as(Who::Applicant).await.leads_to("/cases");
        let mut tries = tokio::task::JoinSet::new();
        let (office, app) = (house.office().clone(), house.app.clone());
        for at in 0..30 {
            let (office, app) = (office.clone(), app.clone());
            tries.spawn(async move {
                let code = format!("{at:06}");

                let browser = known::Browser { key: &app.doors.key, devices: "", whence: &Whence::default() };
                second_factor::check(&office.store, &office.world, &app.passwords, browser, "applicant", &code)
                    .await
                    .unwrap()
            });
        }
        let verdicts = tries.join_all().await;
        let judged = verdicts.iter().filter(|verdict| **verdict == Verdict::Wrong).count();
        assert_eq!(judged, 5, "{verdicts:?}");
        thief.post("/login/code", &[("code", &phone.code(&house))]).await.expect(422);
    }

    async fn an_offered_secret_is_for_one_session_and_ten_minutes(house) {
        let (seen, owner) = (house.applicant().await, house.applicant().await);
        let page = seen.get("/account/second-factor").await.expect(200);
        let copied = Phone::reading(&page);
        assert_eq!(Phone::reading(&seen.get("/account/second-factor").await).secret, copied.secret, "it stays");
        let page = owner.get("/account/second-factor").await.expect(200);
        let own = Phone::reading(&page);
        assert_ne!(own.secret, copied.secret, "another session is offered another one");
        owner.press(&page, "啟用", &[("code", &copied.code(&house))]).await.expect(422);
        house.wait(10 * MINUTE + 1);
        let sessions = house.texts("SELECT id FROM sessions WHERE person_id = 'applicant'").await;
        assert_eq!(sessions.len(), 2);
        for session in &sessions {
            let office = house.office();
            let (whose, code) = (("applicant", session.as_str()), own.code(&house));
            let whence = Whence::default();
            let browser = known::Browser { key: &house.app.doors.key, devices: "", whence: &whence };
            let late =
                second_factor::enrol(&office.store, &office.world, &house.app.passwords, browser, whose, &code);
            assert!(matches!(late.await, Ok(Enrolled::Wrong)));
        }
    }

    async fn the_database_does_not_hold_the_secret(house) {
        let browser = house.applicant().await;
        let page = browser.get("/account/second-factor").await.expect(200);
        let secret: String = page.one(".secret").split_whitespace().collect();
        enrol(&house, &browser).await;
        let sealed = house.texts("SELECT secret FROM second_factors").await;
        assert_eq!(sealed.len(), 1);
        assert!(!sealed[0].contains(&secret), "{sealed:?}");
        // Another installation's key opens nothing, and says so.
        let key = casebind::identity::keys::DoorKey::from_bytes([8; 32]);
        let store = &house.office().store;
        let error = casebind::identity::second_factor::prove_key(store, &key).await.unwrap_err();
        assert!(error.to_string().contains("doors.key"), "{error}");
        casebind::identity::second_factor::prove_key(store, &house.app.doors.key).await.unwrap();
    }

    async fn its_owner_takes_it_off_with_a_password_that_is_long_enough_alone(house) {
        let browser = house.applicant().await;
        let (phone, _) = enrol(&house, &browser).await;
        let fields = [("present", PASSWORD), ("new", "short-one"), ("again", "short-one")];
        browser.post("/account/password", &fields).await.leads_to("/account");
        next_step(&house);
        // The change was a rise by password; what is delicate asks for the second factor, which is fresh enough.
        let page = browser.get("/account/second-factor").await.expect(200);
        let refused = browser.press(&page, "停用兩步驟驗證", &[("present", "wrong")]).await.expect(422);
        assert!(refused.one(".summary").contains("密碼不正確"));
        let refused = browser.press(&page, "停用兩步驟驗證", &[("present", "short-one")]).await.expect(422);
        assert!(refused.one(".summary").contains("至少要有 15 個字元"), "{}", refused.one(".summary"));
        let fields = [("present", "short-one"), ("new", PASSWORD), ("again", PASSWORD)];
        browser.post("/account/password", &fields).await.leads_to("/account");
        browser.press(&page, "停用兩步驟驗證", &[("present", PASSWORD)]).await.leads_to("/account");
        assert_eq!(house.number("SELECT COUNT(*) FROM second_factors").await, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM recovery_codes").await, 0);
        house.stranger().log_in_as(Who::Applicant).await.leads_to("/cases");
        drop(phone);
    }

    async fn staff_do_not_take_it_off(house) {
        let house = strict(house.database(), "staff").await;
        let browser = house.stranger();
        browser.log_in_as(Who::Manager).await.leads_to("/cases");
        enrol(&house, &browser).await;
        let page = browser.get("/account/second-factor").await.expect(200);
        assert!(!page.buttons().iter().any(|button| button.contains("停用")));
        browser.post("/account/second-factor/remove", &[("present", PASSWORD)]).await.expect(404);
    }

    async fn a_new_phone_takes_the_place_of_the_old(house) {
        let browser = house.applicant().await;
        let (old, _) = enrol(&house, &browser).await;
        let page = browser.get("/account/second-factor?renew=1").await.expect(200);
        let new = Phone::reading(&page);
        next_step(&house);
        browser.press(&page, "啟用", &[("code", &new.code(&house))]).await.expect(200);
        next_step(&house);
        let other = house.stranger();
        other.log_in_as(Who::Applicant).await.leads_to("/cases");
        other.post("/login/code", &[("code", &old.code(&house))]).await.expect(422);
        other.post("/login/code", &[("code", &new.code(&house)), ("next", "/cases")]).await.leads_to("/cases");
    }

    async fn whoever_changes_it_is_alone_in_afterwards(house) {
        let owner = house.applicant().await;
        let others = async || {
            house.applicant().await;
            house.stranger().remember(Who::Applicant).await;
        };
        let alone = async |what: &str| {
            let sessions = house.number("SELECT COUNT(*) FROM sessions WHERE person_id = 'applicant'").await;
            let devices = house.number("SELECT COUNT(*) FROM devices WHERE ended_at IS NULL").await;
            assert_eq!((sessions, devices), (1, 0), "{what}");
            owner.get("/cases").await.expect(200);
        };
        others().await;
        let (_, codes) = enrol(&house, &owner).await;
        assert_eq!(codes.len(), 10);
        alone("enrolled").await;
        others().await;
        let page = owner.get("/account/second-factor").await.expect(200);
        let told = owner.press(&page, "重新產生備用碼", &[]).await.expect(200);
        assert!(told.one(".notice").contains("其他裝置都已登出"), "{}", told.one(".notice"));
        alone("new recovery codes").await;
        others().await;
        let page = owner.get("/account/second-factor?renew=1").await.expect(200);
        let new = Phone::reading(&page);
        next_step(&house);
        let told = owner.press(&page, "啟用", &[("code", &new.code(&house))]).await.expect(200);
        assert!(told.one(".notice").contains("其他裝置都已登出"), "{}", told.one(".notice"));
        alone("another phone").await;
        others().await;
        let page = owner.get("/account/second-factor").await.expect(200);
        let done = owner.press(&page, "停用兩步驟驗證", &[("present", PASSWORD)]).await;
        done.leads_to("/account");
        assert!(owner.follow(&done).await.expect(200).one(".notices").contains("其他裝置都已登出"));
        alone("taken off").await;
    }

    async fn an_administrator_resets_it_with_a_reason(house) {
        let browser = house.applicant().await;
        enrol(&house, &browser).await;
        let door = "/admin/accounts/applicant/second-factor";
        let reason = ("reason", "手機遺失，已電話核對身分");
        house.sign_in(Who::Manager).await.post(door, &[reason]).await.expect(404);
        let administrator = house.sign_in(Who::Administrator).await;
        administrator.post(door, &[reason]).await.leads_to("/admin/accounts/applicant?said=second-factor-reset");
        browser.get("/cases").await.leads_to("/login");
        let again = house.stranger();
        again.log_in_as(Who::Applicant).await.leads_to("/cases");
        assert!(again.get("/cases").await.expect(200).one(".notices").contains("安全紀錄"));
    }
}
