//! Who comes in by sign-on: newcomers, those who were here, staff whose identity was linked; and how they leave.

use std::sync::Arc;

use casebind::identity::doors::StaffFactor;
use casebind::identity::sign_on::Trouble;
use casebind::store::identities;
use casebind::web;
use serde_json::json;

use crate::support::house::doors;
use crate::support::people::{KINDERGARTEN, SCHOOL};
use crate::support::provider::queried;
use crate::support::{Browser, House, Page, Provider, Who};

/// The login and name of everyone who came by sign-on.
async fn newcomers(house: &House) -> Vec<String> {
    house.texts("SELECT name || ' ' || status FROM people WHERE login LIKE 'sso-%' ORDER BY created_at").await
}

/// Links an account to an identity of the provider's, as an administrator does.
async fn link(house: &House, provider: &Provider, subject: &str, who: Who) {
    let mut tx = house.office().store.write().await.unwrap();
    let now = house.office().world.now();
    assert!(identities::link(&mut tx, provider.issuer(), subject, &who.login(), now).await.unwrap());
    tx.commit().await.unwrap();
}

async fn home(browser: &Browser) -> Page {
    let start = browser.get("/").await;
    browser.follow(&start).await
}

both! {
    async fn a_newcomer_gets_an_account_and_chooses_a_school(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let login = browser.get("/login?next=%2Fcases%2Fnew").await.expect(200);
        assert_eq!(login.link("使用「測試單一登入」登入"), "/sign-on?next=%2Fcases%2Fnew");
        let leading = browser.get("/sign-on?next=%2Fcases%2Fnew").await.expect(303);
        let asked = queried(leading.location());
        assert_eq!(asked["scope"], "openid profile email kh_profile kh_titles");
        assert_eq!(asked["ui_locales"], "zh-TW");
        assert!(!asked.contains_key("prompt"));
        let cookie = leading.header("set-cookie");
        for part in ["casebind-sign-on=", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert_eq!(browser.session(), None, "nobody is in yet");
        browser.get(&provider.agree(&leading)).await.leads_to("/cases/new");
        assert!(browser.session().is_some());
        let notice = browser.get("/cases/new").await;
        notice.leads_to("/collection-notice?next=%2Fcases%2Fnew");
        let notice = browser.follow(&notice).await.expect(200);
        browser.press(&notice, "我已閱讀並了解", &[]).await.leads_to("/cases/new");
        browser.get("/cases/new").await.leads_to("/school");
        let school = browser.get("/school").await.expect(200);
        assert!(school.one("h1").contains("選擇您服務的學校"));
        assert_eq!(school.all(".choice").len(), 3, "the provider names none: all are offered");
        browser.press(&school, "確定", &[("school", SCHOOL)]).await.leads_to("/cases");
        browser.get("/cases").await.expect(200);
        assert_eq!(newcomers(&house).await, ["王輔導 active"]);
        let account = browser.get("/account").await.expect(200);
        assert!(account.all(".facts dd").contains(&"申請人".to_owned()));
        // Nobody logs in with a password by that login.
        let login = house.texts("SELECT login FROM people WHERE login LIKE 'sso-%'").await.remove(0);
        house.stranger().log_in(&login, "").await.expect(422);
    }

    async fn who_was_here_finds_the_same_account_again(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": {"schoolid": SCHOOL}}));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        let first = browser.session().unwrap();
        // The binding stays, whatever the provider says later: a case manager changes it.
        provider.be(|manner| manner.token = json!({"kh_profile": {"schoolid": KINDERGARTEN}, "name": "王改名"}));
        provider.sign_on(&browser).await.leads_to("/");
        assert_ne!(browser.session().unwrap(), first, "a new token at each sign-on");
        assert_eq!(newcomers(&house).await.len(), 1);
        assert_eq!(house.texts("SELECT school_code FROM people WHERE login LIKE 'sso-%'").await, [SCHOOL]);
        browser.get("/cases").await.expect(200);
        // Somebody else there is somebody else here, also by the same name.
        provider.be(|manner| manner.token = json!({"sub": "person-2"}));
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!(newcomers(&house).await.len(), 2);
    }

    async fn an_address_leads_into_no_account_that_is_here(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({
            "email": "manager@example.org", "email_verified": true, "preferred_username": "manager", "name": "陳個管",
        }));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        browser.get("/queue").await.expect(404);
        browser.get("/cases").await.leads_to("/school");
    }

    async fn a_newcomer_s_account_stands_among_the_changes(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        let told = "SELECT c.source || ' ' || c.field || ' ' || c.new_value FROM changes c \
                    JOIN people p ON p.id = c.subject_id WHERE p.login LIKE 'sso-%' ORDER BY c.field";
        assert_eq!(house.texts(told).await, ["sign-on made 王輔導", "sign-on roles applicant"]);
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!(house.number("SELECT COUNT(*) FROM changes").await, 2, "only the first time");
    }

    async fn a_network_that_sets_out_too_often_waits(house) {
        let (mut house, _provider) = Provider::beside(house).await;
        house.app.entrance.rates.sign_on = 2;
        house.router = web::router(house.app.clone());
        let browser = house.stranger();
        for _ in 0..2 {
            assert!(browser.get("/sign-on").await.status.is_redirection());
        }
        browser.get("/sign-on").await.expect(429);
        assert!(browser.from("198.51.100.9").get("/sign-on").await.status.is_redirection());
    }

    async fn linked_staff_come_in_with_their_roles(house) {
        let (house, provider) = Provider::beside(house).await;
        link(&house, &provider, "person-1", Who::Manager).await;
        provider.be(|manner| manner.token = json!({"amr": ["pwd", "otp"]}));
        let browser = house.stranger();
        let landed = provider.sign_on(&browser).await;
        landed.leads_to("/");
        assert!(home(&browser).await.expect(200).one("h1").contains("待審核"));
        assert!(newcomers(&house).await.is_empty());
        // A role change works at the next request here too.
        house.sql("DELETE FROM roles WHERE person_id = 'manager'").await;
        browser.get("/queue").await.expect(404);
    }

    async fn a_second_factor_of_the_provider_s_counts_and_nothing_else_does(house) {
        let (mut house, provider) = Provider::beside(house).await;
        house.app.doors = Arc::new(doors(StaffFactor::Required));
        house.router = web::router(house.app.clone());
        link(&house, &provider, "person-1", Who::Manager).await;
        for (claims, counts) in [
            (json!({"amr": ["pwd", "otp"]}), true),
            (json!({"amr": ["mfa"]}), true),
            (json!({"acr": "urn:test:two"}), true),
            (json!({"amr": ["pwd"]}), false),
            (json!({"amr": [], "acr": "0"}), false),
            (json!({}), false),
        ] {
            provider.be(|manner| manner.token = claims.clone());
            let browser = house.stranger();
            provider.sign_on(&browser).await.leads_to("/");
            let queue = browser.get("/queue").await;
            if counts {
                assert_eq!(queue.status, 200, "{claims}");
            } else {
                queue.leads_to("/account/second-factor");
            }
        }
        // An applicant needs none.
        provider.be(|manner| manner.token = json!({"sub": "person-2", "kh_profile": SCHOOL}));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        browser.get("/cases").await.expect(200);
    }

    async fn a_cookie_of_the_provider_s_is_no_fresh_proof(house) {
        let (house, provider) = Provider::beside(house).await;
        link(&house, &provider, "person-1", Who::Manager).await;
        let seconds = house.office().world.now() / 1000;
        for (claims, fresh) in [
            (json!({}), false),
            (json!({"auth_time": seconds - 3600}), false),
            (json!({"auth_time": seconds}), true),
            (json!({"auth_time": seconds - 3600, "amr": ["pwd", "otp"]}), false),
        ] {
            provider.be(|manner| manner.token = claims.clone());
            let browser = house.stranger();
            provider.sign_on(&browser).await.leads_to("/");
            browser.get("/queue").await.expect(200);
            let export = browser.get("/cases/export.csv").await;
            if fresh {
                export.expect(200);
            } else {
                export.leads_to("/confirm");
            }
        }
        let asked = crate::support::provider::queried(house.stranger().get("/sign-on?again=1").await.location());
        assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    }

    async fn one_factor_of_the_provider_s_is_not_two(house) {
        let (mut house, provider) = Provider::beside(house).await;
        house.app.doors = Arc::new(doors(StaffFactor::Required));
        house.router = web::router(house.app.clone());
        link(&house, &provider, "person-1", Who::Manager).await;
        provider.be(|manner| manner.token = json!({"amr": ["otp"]}));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        browser.get("/queue").await.leads_to("/account/second-factor");
    }

    async fn a_disabled_account_is_told_so(house) {
        let (house, provider) = Provider::beside(house).await;
        link(&house, &provider, "person-1", Who::Disabled).await;
        let browser = house.stranger();
        let page = provider.sign_on(&browser).await.expect(403);
        assert!(page.one("h1").contains("這個帳號目前不能使用"));
        assert_eq!(browser.session(), None);
        assert_eq!(Trouble::Inactive.word(), "inactive");
        assert!(!crate::support::log::lines(&["sign-on refused", "reason=\"inactive\""]).is_empty());
    }

    async fn the_log_out_goes_on_to_the_provider(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": SCHOOL}));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        let page = browser.get("/cases").await.expect(200);
        let out = browser.press(&page, "登出", &[]).await.expect(200);
        assert_eq!(browser.session(), None);
        assert!(out.one("h1").contains("已登出"));
        let href = out.link("前往登出");
        assert!(href.starts_with(&format!("{}/leave?", provider.issuer())), "{href}");
        let asked = queried(&href);
        assert_eq!(asked["post_logout_redirect_uri"], "http://127.0.0.1/login");
        assert_eq!(asked["client_id"], "casebind");
        assert_eq!(asked["id_token_hint"].split('.').count(), 3);
        assert_eq!(out.attributes("meta[http-equiv=refresh]", "content"), [format!("0; url={href}")]);
        // Who logs in with a password isn't led there.
        let local = house.applicant().await;
        let page = local.get("/cases").await.expect(200);
        local.press(&page, "登出", &[]).await.leads_to("/login");
    }

    async fn what_it_leaves_behind_is_sealed_and_forgotten_at_the_log_out(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": SCHOOL}));
        let other = house.stranger();
        provider.sign_on(&other).await.leads_to("/");
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let nonce = queried(leading.location()).remove("nonce").unwrap();
        assert_eq!(house.words("sign_on_attempts", "nonce", "").await, [nonce]);
        let sealed = |values: &[String]| values.iter().all(|value| value.starts_with("~s1."));
        for column in ["nonce", "verifier", "next"] {
            let kept = house.texts(&format!("SELECT {column} FROM sign_on_attempts")).await;
            assert!(kept.len() == 1 && sealed(&kept), "{column}: {kept:?}");
        }
        browser.get(&provider.agree(&leading)).await.leads_to("/");
        let kept = house.texts("SELECT id_token FROM identities").await;
        assert!(kept.len() == 1 && sealed(&kept), "{kept:?}");
        let token = house.words("identities", "id_token", "").await.remove(0);
        assert_eq!(token.split('.').count(), 3);
        let leaves = async |browser: &Browser| {
            let page = browser.get("/cases").await.expect(200);
            queried(&browser.press(&page, "登出", &[]).await.expect(200).link("前往登出"))
        };
        assert_eq!(leaves(&browser).await["id_token_hint"], token);
        assert_eq!(house.number("SELECT COUNT(*) FROM identities WHERE id_token IS NOT NULL").await, 0);
        // Another session of the same person's is led there all the same, without the hint.
        let asked = leaves(&other).await;
        assert!(!asked.contains_key("id_token_hint") && asked["client_id"] == "casebind", "{asked:?}");
    }

    async fn the_secret_goes_into_the_header_or_the_form(house) {
        let (mut house, provider) = Provider::beside(house).await;
        provider.sign_on(&house.stranger()).await.leads_to("/");
        provider.connect(&mut house, true, std::time::Duration::from_secs(5));
        provider.sign_on(&house.stranger()).await.leads_to("/");
        // The provider knows us by the other way: our settings are wrong, and the page says whose matter that is.
        provider.be(|manner| manner.post = false);
        let page = provider.sign_on(&house.stranger()).await.expect(502);
        assert!(page.one("h1").contains("單一登入的設定有誤"));
        assert!(page.one("main").contains("錯誤編號"));
        assert!(!crate::support::log::lines(&["sign-on refused", "invalid_client"]).is_empty());
    }

    async fn keys_that_the_provider_has_changed_are_read_again(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.sign_on(&house.stranger()).await.leads_to("/");
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!((provider.asked("metadata"), provider.asked("keys")), (1, 1), "kept");
        provider.be(|manner| manner.key = 1);
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!((provider.asked("metadata"), provider.asked("keys")), (1, 2), "the keys alone");
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!(provider.asked("keys"), 2, "and kept again");
        house.wait(61 * crate::support::house::MINUTE);
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!(provider.asked("metadata"), 2, "an hour later everything is read anew");
    }

    async fn two_windows_of_one_browser_both_come_in(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let (one, other) = provider.agree_twice(&browser).await;
        browser.get(&other).await.leads_to("/");
        browser.get(&one).await.leads_to("/");
        assert_eq!(newcomers(&house).await.len(), 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM sign_on_attempts").await, 0);
    }
}
