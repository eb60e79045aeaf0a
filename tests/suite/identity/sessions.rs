//! Sessions: what prolongs them, the page of one's own, remembered devices and their theft, a fresh proof, and forms
//! that come too late.

use axum::body::Body;
use axum::http::{Method, header};

use crate::identity::second_factor::enrol;
use crate::support::house::MINUTE;
use crate::support::people::PASSWORD;
use crate::support::{Browser, Case, Page, Who};

impl Browser {
    /// Logs in with 記住我.
    pub async fn remember(&self, who: Who) {
        let login = who.login();
        let fields =
            [("account", login.as_str()), ("password", PASSWORD), ("remember", "1"), ("next", "/cases")];
        self.post("/login", &fields).await.leads_to("/cases");
    }

    /// Presses the button that a remembered device offers.
    async fn go_on(&self) -> Page {
        self.post("/login/remembered", &[("next", "/cases")]).await
    }

    /// Sends a form from a page, as browsers do: with its address.
    async fn post_from(&self, page: &str, path: &str, body: &str) -> Page {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::REFERER, format!("http://localhost{page}"))
            .body(Body::from(body.to_owned()));
        self.send(request.unwrap()).await
    }
}

both! {
    async fn a_session_is_bound_to_the_token_that_its_last_rise_gave(house) {
        let browser = house.applicant().await;
        let first = browser.session().unwrap();
        house.wait(11 * MINUTE);
        let page = browser.get("/confirm?next=%2Fcases").await.expect(200);
        browser.press(&page, "確認", &[("password", PASSWORD)]).await.leads_to("/cases");
        assert_ne!(browser.session().unwrap(), first);
        let thief = house.stranger();
        thief.set_cookie("casebind", &first);
        thief.get("/cases").await.leads_to("/login");
        browser.get("/cases").await.expect(200);
    }

    async fn what_a_page_asks_by_itself_prolongs_nothing(house) {
        let browser = house.applicant().await;
        for left in [12, 9, 6, 3] {
            house.wait(3 * MINUTE);
            let answer = browser.get("/session").await.expect(200).json();
            let idle = answer["idle"].as_i64().unwrap();
            assert!((left * 60 - 5..=left * 60).contains(&idle), "{answer}");
            assert!(answer["whole"].as_i64().unwrap() > 7 * 3600);
        }
        browser.post("/session/stay", &[]).await.expect(204);
        assert!(browser.get("/session").await.expect(200).json()["idle"].as_i64().unwrap() > 14 * 60);
        house.wait(16 * MINUTE);
        let led = browser.get("/session").await;
        assert_eq!(led.location(), "/login?why=idle&next=%2Fsession");
    }

    async fn the_log_in_page_says_why_and_leads_back(house) {
        let browser = house.applicant().await;
        house.wait(16 * MINUTE);
        let led = browser.get("/cases/new").await;
        let page = browser.follow(&led).await.expect(200);
        assert!(page.one(".notice").contains("您已閒置一段時間"), "{}", page.one(".notice"));
        let fields = [("account", "applicant"), ("password", PASSWORD)];
        browser.press(&page, "登入", &fields).await.leads_to("/cases/new");
        for _ in 0..48 {
            house.wait(10 * MINUTE);
            browser.get("/cases").await;
        }
        house.wait(10 * MINUTE);
        let page = browser.follow(&browser.get("/cases").await).await;
        assert!(page.one(".notice").contains("時間上限"), "{}", page.one(".notice"));
    }

    async fn one_sees_and_ends_ones_own_sessions(house) {
        let browser = house.stranger();
        browser.log_in_as(Who::Applicant).await;
        let (second, third) = (house.stranger(), house.stranger());
        second.log_in_as(Who::Applicant).await;
        third.remember(Who::Applicant).await;
        house.sign_in(Who::Manager).await;
        let page = browser.get("/account/sessions").await.expect(200);
        assert_eq!(page.all("[aria-labelledby=sessions-title] li").len(), 3, "nobody else's");
        assert_eq!(page.all("[aria-labelledby=devices-title] li").len(), 1);
        assert!(page.one("[aria-labelledby=events-title]").contains("登入"));
        assert!(page.one("main").contains("192.0.2.7"));
        // Another person's session isn't there to be ended.
        let foreign = house.texts("SELECT id FROM sessions WHERE person_id = 'manager'").await.remove(0);
        browser.post(&format!("/account/sessions/{foreign}/end"), &[]).await.leads_to("/account/sessions");
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions WHERE person_id = 'manager'").await, 1);
        let one = page.attributes("[aria-labelledby=sessions-title] form", "action")[1].clone();
        browser.post(&one, &[]).await.leads_to("/account/sessions");
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions WHERE person_id = 'applicant'").await, 2);
        browser.press(&page, "登出其他所有裝置", &[]).await.leads_to("/account/sessions");
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions WHERE person_id = 'applicant'").await, 1);
        browser.get("/cases").await.expect(200);
        second.get("/cases").await.leads_to("/login");
        third.get("/cases").await.leads_to("/login");
        third.go_on().await.leads_to("/login");
        assert!(third.get("/cases").await.status != 200);
    }

    async fn a_remembered_device_comes_back_by_one_press(house) {
        let browser = house.stranger();
        browser.remember(Who::Applicant).await;
        let hashes = house.texts("SELECT token_hash FROM devices").await;
        assert!(!hashes[0].contains(&browser.cookie("casebind-device").unwrap()));
        house.wait(3 * 24 * 60 * MINUTE);
        let led = browser.get("/cases").await;
        led.leads_to("/login");
        let page = browser.get("/login?next=%2Fcases").await.expect(200);
        assert!(page.one(".login__back").contains("王輔導"));
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 1, "looking begins nothing");
        let before = browser.cookie("casebind-device");
        browser.press(&page, "以「王輔導」繼續", &[]).await.leads_to("/cases");
        assert_ne!(browser.cookie("casebind-device"), before, "the token changes at each use");
        browser.get("/cases").await.expect(200);
        // What is delicate asks for the password: this session has none to show.
        browser.get("/cases/export.csv").await.leads_to("/confirm");
        // After thirty days without use it is over.
        house.wait(30 * 24 * 60 * MINUTE + 1);
        browser.go_on().await.leads_to("/login");
        browser.get("/cases").await.leads_to("/login");
    }

    async fn leaving_forgets_the_device(house) {
        let browser = house.stranger();
        browser.remember(Who::Applicant).await;
        let kept = browser.cookie("casebind-device").unwrap();
        let list = browser.get("/cases").await.expect(200);
        browser.press(&list, "登出", &[]).await.leads_to("/login");
        assert_eq!(browser.cookie("casebind-device"), None);
        browser.set_cookie("casebind-device", &kept);
        browser.go_on().await.leads_to("/login");
        browser.get("/cases").await.leads_to("/login");
    }

    async fn a_stolen_token_ends_the_series_and_its_sessions(house) {
        let owner = house.stranger();
        owner.remember(Who::Applicant).await;
        let stolen = owner.cookie("casebind-device").unwrap();
        house.wait(20 * MINUTE);
        owner.go_on().await.leads_to("/cases");
        owner.get("/cases").await.expect(200);
        // A second press within a moment is no theft.
        let hasty = house.stranger();
        hasty.set_cookie("casebind-device", &stolen);
        hasty.go_on().await.leads_to("/cases");
        hasty.get("/cases").await.expect(200);
        house.wait(MINUTE);
        let thief = house.stranger();
        thief.set_cookie("casebind-device", &stolen);
        let answer = thief.go_on().await;
        assert_eq!(answer.location(), "/login?why=stolen");
        assert_eq!(thief.session(), None);
        let mails = "SELECT person_id FROM mails WHERE kind = 'device-token-reused'";
        assert_eq!(house.texts(mails).await, ["applicant"], "the owner is told by mail too");
        for browser in [&owner, &hasty] {
            browser.get("/cases").await.leads_to("/login");
            browser.go_on().await.leads_to("/login");
        }
        // The owner, who comes by the password, is told.
        owner.log_in_as(Who::Applicant).await.leads_to("/cases");
        let told = owner.get("/cases").await.expect(200);
        assert!(told.one(".notices").contains("安全紀錄"), "{}", told.one(".notices"));
        let page = owner.get("/account/sessions").await.expect(200);
        assert!(page.one("[aria-labelledby=events-title]").contains("疑似遭盜用"));
    }

    async fn a_remembered_device_stands_for_the_password_only(house) {
        let (phone, _) = enrol(&house, &house.applicant().await).await;
        let browser = house.stranger();
        browser.remember(Who::Applicant).await;
        house.wait(20 * MINUTE);
        browser.go_on().await.leads_to("/cases");
        let led = browser.get("/cases").await;
        led.leads_to("/login/code");
        let page = browser.follow(&led).await.expect(200);
        browser.press(&page, "驗證", &[("code", &phone.code(&house))]).await.leads_to("/cases");
        browser.get("/cases").await.expect(200);
    }

    async fn what_is_delicate_asks_for_a_fresh_proof_and_goes_on(house) {
        let browser = house.sign_in(Who::Manager).await;
        browser.get("/cases/export.csv?scope=all").await.expect(200);
        house.wait(11 * MINUTE);
        let led = browser.get("/cases/export.csv?scope=all").await;
        assert_eq!(led.location(), "/confirm?next=%2Fcases%2Fexport.csv%3Fscope%3Dall");
        let page = browser.follow(&led).await.expect(200);
        let wrong = browser.press(&page, "確認", &[("password", "wrong")]).await.expect(422);
        assert!(wrong.one(".summary").contains("密碼不正確"));
        let ready = browser.press(&page, "確認", &[("password", PASSWORD)]).await.expect(200);
        assert_eq!(ready.attributes("main a.button--primary", "href"), ["/cases/export.csv?scope=all"]);
        browser.get("/cases/export.csv?scope=all").await.expect(200);
    }

    async fn a_form_that_needs_a_proof_is_sent_again_after_it(house) {
        let (browser, other) = (house.stranger(), house.stranger());
        browser.log_in_as(Who::Applicant).await;
        other.log_in_as(Who::Applicant).await;
        house.wait(11 * MINUTE);
        other.get("/cases").await.expect(200);
        let page = browser.get("/account/sessions").await.expect(200);
        let led = browser.press(&page, "登出其他所有裝置", &[]).await;
        led.leads_to("/confirm");
        let proof = browser.follow(&led).await.expect(200);
        let after = browser.press(&proof, "確認", &[("password", PASSWORD)]).await;
        let held = browser.follow(&after).await.expect(200);
        // Nobody else can open it.
        house.sign_in(Who::Colleague).await.get(after.location()).await.expect(404);
        browser.press(&held, "繼續送出", &[]).await.leads_to("/account/sessions");
        other.get("/cases").await.leads_to("/login");
    }

    async fn what_is_taken_along_and_what_moves_zones_asks_for_a_fresh_proof(house) {
        let manager = house.sign_in(Who::Manager).await;
        manager.get("/statistics.csv?table=months").await.expect(200);
        manager.get("/api/v1/cases?limit=100").await.expect(200);
        let administrator = house.sign_in(Who::Administrator).await;
        house.wait(11 * MINUTE);
        manager.get("/statistics").await.expect(200);
        let led = manager.get("/statistics.csv?table=months").await;
        led.leads_to("/confirm");
        // A screen of the list is looked at; more of it at a time is taken along.
        manager.get("/api/v1/cases?limit=20").await.expect(200);
        let said = manager.get("/api/v1/cases?limit=21").await.expect(403).json();
        assert_eq!(said["type"], "urn:casebind:problem:proof-needed");
        let page = manager.follow(&led).await.expect(200);
        let ready = manager.press(&page, "確認", &[("password", PASSWORD)]).await.expect(200);
        assert_eq!(ready.attributes("main a.button--primary", "href"), ["/statistics.csv?table=months"]);
        manager.get("/api/v1/cases?limit=100").await.expect(200);
        administrator.get("/zones").await.expect(200);
        let fields = [("name", "第三區"), ("name-zone-1", "北區"), ("was", ""), ("zone", "zone-2")];
        for path in ["/zones", "/zones/zone-1", "/zones/districts", "/zones/schools/123602"] {
            administrator.post(path, &fields).await.leads_to("/confirm");
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM zones").await, 2);
        let fields = [("name", "x"), ("role", "administrator")];
        for path in [
            "/admin/accounts",
            "/admin/accounts/archivist/edit",
            "/admin/accounts/archivist/disable",
            "/admin/accounts/archivist/enable",
            "/admin/accounts/archivist/password",
            "/admin/accounts/archivist/second-factor",
            "/admin/accounts/archivist/sessions",
            "/admin/review/archivist",
            "/admin/schools/lists/x",
        ] {
            administrator.post(path, &fields).await.leads_to("/confirm");
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM changes").await, 0);
    }

    async fn a_warning_stays_until_its_owner_has_proved_to_be_there(house) {
        let browser = house.stranger();
        browser.log_in_as(Who::Applicant).await;
        house
            .sql(
                "INSERT INTO account_events (id, person_id, kind, at, address, agent, alarming) \
                 VALUES ('e', 'applicant', 'second-factor-reset', 1, '', '', 1)",
            )
            .await;
        house.wait(11 * MINUTE);
        let page = browser.get("/account/sessions").await.expect(200);
        assert!(browser.get("/cases").await.expect(200).one(".notices").contains("安全紀錄"), "a look isn't enough");
        let led = browser.press(&page, "我已看過需要留意的紀錄", &[]).await;
        led.leads_to("/confirm");
        let proof = browser.follow(&led).await.expect(200);
        let after = browser.press(&proof, "確認", &[("password", PASSWORD)]).await;
        let held = browser.follow(&after).await.expect(200);
        browser.press(&held, "繼續送出", &[]).await.leads_to("/account/sessions");
        assert!(!browser.get("/cases").await.expect(200).has(".notices"));
    }

    async fn a_wrong_proof_stands_in_the_log(house) {
        let browser = house.sign_in(Who::KindergartenApplicant).await;
        let before = crate::support::log::lines(&["proof-refused", "kindergartenapplicant"]).len();
        let fields = [("email", "elsewhere@example.org"), ("password", "wrong")];
        for _ in 0..5 {
            browser.post("/account/address", &fields).await.expect(422);
        }
        assert_eq!(crate::support::log::lines(&["proof-refused", "kindergartenapplicant"]).len(), before + 5);
        assert_eq!(house.number("SELECT COUNT(*) FROM account_events WHERE kind = 'locked'").await, 1);
    }

    async fn a_form_that_comes_too_late_is_there_after_the_log_in(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let page = case.path("/withdraw");
        let form = browser.get(&page).await.expect(200);
        let version = form.value("version");
        let token = form.value("token");
        house.wait(16 * MINUTE);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("version", version.as_str()), ("token", &token), ("reason", "家長不同意轉介")])
            .finish();
        let led = browser.post_from(&page, &page, &body).await;
        led.leads_to("/login");
        assert!(led.location().starts_with("/login?why=idle&next=%2Fheld%2F"), "{}", led.location());
        let login = browser.follow(&led).await.expect(200);
        let fields = [("account", "applicant"), ("password", PASSWORD)];
        let after = browser.press(&login, "登入", &fields).await;
        let held = browser.follow(&after).await.expect(200);
        assert!(held.one("main").contains("家長不同意轉介"));
        assert_eq!(case.dossier(&house).await.state().as_str(), "draft", "nothing has happened yet");
        browser.press(&held, "繼續送出", &[]).await.leads_to(&case.path(""));
        assert_eq!(case.dossier(&house).await.state().as_str(), "withdrawn");
    }

    async fn a_form_with_a_draft_becomes_its_draft(house) {
        let browser = house.applicant().await;
        let page = browser.get("/cases/new?service=referral").await.expect(200);
        let key = page.value("draft_key");
        assert!(!key.is_empty());
        house.wait(16 * MINUTE);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("service", "referral"), ("draft_key", &key), ("problem", "打到一半的問題簡述")])
            .finish();
        let led = browser.post_from("/cases/new?service=referral", "/cases", &body).await;
        assert_eq!(led.location(), "/login?why=idle&next=%2Fcases%2Fnew%3Fservice%3Dreferral");
        let login = browser.follow(&led).await.expect(200);
        let after = browser.press(&login, "登入", &[("account", "applicant"), ("password", PASSWORD)]).await;
        let form = browser.follow(&after).await.expect(200);
        assert!(form.html().contains("打到一半的問題簡述"));
    }

    async fn secrets_are_not_held(house) {
        let browser = house.applicant().await;
        house.wait(16 * MINUTE);
        let body = "present=secret-one&new=secret-two&again=secret-two";
        browser.post_from("/account/password", "/account/password", body).await.leads_to("/login");
        browser.post_from("/somewhere", "/cases", "password=secret-one").await.leads_to("/login");
        browser.post_from("https://example.org/x", "/bulk", "case=1").await.leads_to("/login");
        let bodies = house.words("held_forms", "body", "").await;
        assert_eq!(bodies, ["case=1"]);
        assert_eq!(house.words("held_forms", "back", "").await, ["/bulk"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);
    }
}
