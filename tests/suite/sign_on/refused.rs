//! What is refused: each with a page that says what to do, without a session, and with a reason in the log.

use serde_json::json;

use crate::support::house::MINUTE;
use crate::support::provider::Manner;
use crate::support::{Browser, House, Page, Provider, log};

const LAPSED: &str = "這次登入已經失效";
const UNFIT: &str = "無法確認登入資料的來源";

/// The page says this, leads back, and nobody came in.
#[track_caller]
fn refused(browser: &Browser, page: &Page, status: u16, title: &str) {
    assert_eq!(page.status, status, "{}", page.html());
    assert_eq!(page.one("h1"), title);
    assert!(page.all("main a").iter().any(|link| link.contains("回登入頁")), "a way forward");
    assert!(!page.all(".todo li").is_empty(), "what to do");
    assert_eq!(browser.session(), None);
}

/// A sign-on with a provider that behaves like this comes to nothing for this reason.
async fn unfit(house: &House, provider: &Provider, reason: &str, change: impl FnOnce(&mut Manner)) {
    provider.be(change);
    let before = log::lines(&["sign-on refused", reason]).len();
    let browser = house.stranger();
    let page = provider.sign_on(&browser).await;
    refused(&browser, &page, 400, UNFIT);
    assert!(page.one("main").contains("錯誤編號"), "{reason}");
    assert_eq!(
        log::lines(&["sign-on refused", reason]).len(),
        before + 1,
        "{reason}: {:?}",
        log::lines(&["refused"])
    );
    provider.be(|manner| *manner = Manner::default());
    assert_eq!(house.number("SELECT COUNT(*) FROM identities").await, 0, "{reason}");
}

both! {
    async fn a_token_that_is_not_good_is_refused(house) {
        let (house, provider) = Provider::beside(house).await;
        let (house, provider) = (&house, &provider);
        let now = house.office().world.now() / 1000;
        unfit(house, provider, "Invalid issuer", |m| m.token = json!({"iss": "https://id.example.org"})).await;
        let slash = format!("{}/", provider.issuer());
        unfit(house, provider, "Invalid issuer", |m| m.token = json!({"iss": slash})).await;
        unfit(house, provider, "Invalid audiences", |m| m.token = json!({"aud": "somebody-else"})).await;
        unfit(house, provider, "Invalid audiences", |m| m.token = json!({"aud": ["casebind", "somebody-else"]})).await;
        unfit(house, provider, "authorized for another client", |m| m.token = json!({"azp": "somebody-else"})).await;
        unfit(house, provider, "Signature verification failed", |m| m.forged = true).await;
        unfit(house, provider, "Signature verification failed", |m| m.unsigned = true).await;
        unfit(house, provider, "Signature verification failed", |m| m.symmetric = true).await;
        unfit(house, provider, "Expired", |m| m.token = json!({"iat": now - 400, "exp": now - 100})).await;
        unfit(house, provider, "issued too long ago", |m| m.token = json!({"iat": now - 3600})).await;
        unfit(house, provider, "in the future", |m| m.token = json!({"iat": now + 3600, "exp": now + 7200})).await;
        unfit(house, provider, "Invalid nonce", |m| m.token = json!({"nonce": "another"})).await;
        unfit(house, provider, "Invalid nonce", |m| m.token = json!({"nonce": null})).await;
        unfit(house, provider, "at_hash", |m| m.token = json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})).await;
        unfit(house, provider, "can't be read", |m| m.token = json!({"exp": "tomorrow"})).await;
        // What the provider says of itself is read again: it has a user info endpoint now.
        house.wait(2 * MINUTE);
        unfit(house, provider, "Invalid subject", |m| m.info = Some(json!({"sub": "subject-elsewhere"}))).await;
        assert!(log::lines(&["subject-elsewhere"]).is_empty(), "subjects are told nowhere");
        // That endpoint is gone again. Clocks may differ by a minute.
        house.wait(2 * MINUTE);
        let now = house.office().world.now() / 1000;
        provider.be(|m| m.token = json!({"iat": now + 30, "exp": now + 300}));
        provider.sign_on(&house.stranger()).await.leads_to("/");
    }

    async fn a_code_is_good_once(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let back = provider.agree(&leading);
        browser.get(&back).await.leads_to("/");
        let session = browser.session();
        // The address again: it was used.
        let again = browser.get(&back).await.expect(400);
        assert_eq!(again.one("h1"), LAPSED);
        assert_eq!(browser.session(), session, "who is in stays in");
        // The old code with a new state: the provider takes it no more.
        let fresh = house.stranger();
        let leading = fresh.get("/sign-on").await.expect(303);
        let (new, old) = (provider.agree(&leading), back);
        let code = |address: &str| address.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let replayed = new.replace(&code(&new), &code(&old));
        refused(&fresh, &fresh.get(&replayed).await, 400, LAPSED);
        assert!(!log::lines(&["sign-on refused", "spent-code"]).is_empty());
    }

    async fn a_sign_on_belongs_to_its_browser(house) {
        let (house, provider) = Provider::beside(house).await;
        let (browser, other) = (house.stranger(), house.stranger());
        let leading = browser.get("/sign-on").await.expect(303);
        let back = provider.agree(&leading);
        // Another browser, without and with a cookie of its own, gets nowhere by it, and spoils nothing.
        refused(&other, &other.get(&back).await, 400, LAPSED);
        other.get("/sign-on").await.expect(303);
        refused(&other, &other.get(&back).await, 400, LAPSED);
        browser.get(&back).await.leads_to("/");
        assert!(!log::lines(&["sign-on refused", "unknown-attempt"]).is_empty());
    }

    async fn states_that_are_mixed_up_are_refused(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let (one, other) = provider.agree_twice(&browser).await;
        let state = |address: &str| address.split("state=").nth(1).unwrap().to_owned();
        // The code of one with the state of the other: PKCE tells them apart.
        let mixed = one.replace(&state(&one), &state(&other));
        refused(&browser, &browser.get(&mixed).await, 400, LAPSED);
        for unknown in ["/sign-on/return?code=code-1&state=invented", "/sign-on/return?code=code-1", "/sign-on/return"] {
            refused(&browser, &browser.get(unknown).await, 400, LAPSED);
        }
    }

    async fn a_sign_on_ends_after_ten_minutes(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        house.wait(9 * MINUTE);
        browser.get(&provider.agree(&leading)).await.leads_to("/");
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        house.wait(10 * MINUTE);
        refused(&browser, &browser.get(&provider.agree(&leading)).await, 400, LAPSED);
        assert!(!log::lines(&["sign-on refused", "too-late"]).is_empty());
        // Those that nobody finishes are forgotten.
        house.stranger().get("/sign-on").await.expect(303);
        house.wait(10 * MINUTE);
        house.stranger().get("/sign-on").await.expect(303);
        assert_eq!(house.number("SELECT COUNT(*) FROM sign_on_attempts").await, 1);
    }

    async fn another_issuer_in_the_answer_is_refused(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let named = format!("{}&iss=https%3A%2F%2Fid.example.org", provider.agree(&leading));
        refused(&browser, &browser.get(&named).await, 400, UNFIT);
        // A provider that says that it names itself, and doesn't.
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.names_issuer = true);
        let leading = browser.get("/sign-on").await;
        assert_eq!(leading.status, 303);
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let back = provider.agree(&leading);
        let (unnamed, _) = back.split_once("&iss=").unwrap();
        refused(&browser, &browser.get(unnamed).await, 400, UNFIT);
        let leading = browser.get("/sign-on").await.expect(303);
        browser.get(&provider.agree(&leading)).await.leads_to("/");
    }

    async fn a_no_at_the_provider_is_told(house) {
        let (house, _provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let state = crate::support::provider::queried(leading.location())["state"].clone();
        let page = browser.get(&format!("/sign-on/return?error=access_denied%0Aforged&state={state}")).await;
        refused(&browser, &page, 400, "沒有完成登入");
        assert!(!log::lines(&["sign-on refused", "access_deniedforged"]).is_empty(), "one line");
        assert!(log::lines(&["sign-on refused", "王輔導"]).is_empty());
    }

    async fn a_student_is_sent_to_the_school_s_counsellor(house) {
        let (house, provider) = Provider::beside(house).await;
        for titles in [json!("學生"), json!(["學生"]), json!({"titles": ["學生"]}), json!([{"schoolid": "123602", "titles": "學生"}])] {
            provider.be(|manner| manner.token = json!({"kh_titles": titles}));
            let browser = house.stranger();
            let page = provider.sign_on(&browser).await;
            refused(&browser, &page, 403, "這裡是學校輔導人員使用的系統");
            assert!(page.one("main").contains("學校的輔導老師"));
            assert_eq!(page.link("改用其他身分登入"), "/sign-on?again=1");
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM identities").await, 0, "nothing is kept of a student");
        let again = house.stranger().get("/sign-on?again=1").await.expect(303);
        assert_eq!(crate::support::provider::queried(again.location())["prompt"], "login");
    }

    async fn only_addresses_of_this_site_are_followed_after_a_sign_on(house) {
        let (house, provider) = Provider::beside(house).await;
        for next in ["https%3A%2F%2Fexample.org", "%2F%2Fexample.org", "%2F%5Cexample.org", "javascript%3Aalert(1)"] {
            let browser = house.stranger();
            let leading = browser.get(&format!("/sign-on?next={next}")).await.expect(303);
            let landed = browser.get(&provider.agree(&leading)).await;
            assert_eq!(landed.location(), "/", "{next}");
        }
    }

    async fn without_a_provider_there_is_no_such_address(house) {
        let browser = house.stranger();
        browser.get("/sign-on").await.expect(404);
        browser.get("/sign-on/return?code=x&state=y").await.expect(404);
        let login = browser.get("/login").await.expect(200);
        assert!(!login.html().contains("/sign-on"));
    }
}
