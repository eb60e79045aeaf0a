//! A provider that is away, slow or not what it should be holds up nobody who is in, and the log-in page says so.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::house::MINUTE;
use crate::support::people::SCHOOL;
use crate::support::{Browser, House, Provider, Who};

const AWAY: &str = "目前無法使用單一登入";

/// The log-in page once it has looked at the provider; it never waits for it.
async fn told_on_login(browser: &Browser) -> bool {
    for _ in 0..200 {
        let begun = Instant::now();
        let page = browser.get("/login").await.expect(200);
        assert!(begun.elapsed() < Duration::from_millis(1500), "the page waits for nobody");
        assert!(
            page.link("使用「測試單一登入」登入").starts_with("/sign-on?next="),
            "it can be tried all the same"
        );
        if page.html().contains("「測試單一登入」目前沒有回應") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

both! {
    async fn a_provider_that_is_away_is_told_on_the_log_in_page(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": SCHOOL}));
        let inside = house.stranger();
        provider.sign_on(&inside).await.leads_to("/");
        provider.be(|manner| manner.down = true);
        house.wait(61 * MINUTE);
        // The session is over by then; who came in anew by a password works on.
        let local = house.sign_in(Who::Applicant).await;
        local.get("/cases").await.expect(200);
        let stranger = house.stranger();
        assert!(told_on_login(&stranger).await);
        let page = stranger.get("/sign-on").await.expect(503);
        assert_eq!(page.one("h1"), AWAY);
        assert!(page.one("main").contains("已經登入的人不受影響"));
        stranger.log_in_as(Who::Manager).await.leads_to("/");
        // It is back, and is found again.
        provider.be(|manner| manner.down = false);
        house.wait(MINUTE);
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert!(!house.stranger().get("/login").await.expect(200).html().contains("目前沒有回應"));
    }

    async fn who_is_in_works_on_and_leaves_while_the_provider_is_away(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": SCHOOL}));
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        provider.be(|manner| (manner.down, manner.slow) = (true, Duration::from_secs(60)));
        let asked = provider.asked("metadata") + provider.asked("keys");
        for _ in 0..5 {
            house.wait(10 * MINUTE);
            browser.get("/cases").await.expect(200);
        }
        assert_eq!(provider.asked("metadata") + provider.asked("keys"), asked, "no page asks the provider");
        assert!(told_on_login(&house.stranger()).await);
        let page = browser.get("/cases").await.expect(200);
        browser.press(&page, "登出", &[]).await.leads_to("/login");
    }

    async fn a_provider_that_goes_away_half_way_is_told(house) {
        let (house, provider) = Provider::beside(house).await;
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let back = provider.agree(&leading);
        provider.be(|manner| manner.down = true);
        let page = browser.get(&back).await.expect(503);
        assert_eq!(page.one("h1"), AWAY);
        assert_eq!(browser.session(), None);
        assert!(page.one("main").contains("錯誤編號"));
    }

    async fn a_slow_provider_is_not_waited_for_long(house) {
        let (mut house, provider) = Provider::beside(house).await;
        provider.connect(&mut house, false, Duration::from_secs(1));
        provider.be(|manner| manner.slow = Duration::from_secs(30));
        let browser = house.stranger();
        let begun = Instant::now();
        let page = provider.sign_on(&browser).await.expect(503);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert_eq!(page.one("h1"), AWAY);
        assert!(house.stranger().get("/login").await.expect(200).html().contains("目前沒有回應"), "known from the last try");
    }

    async fn a_provider_that_is_another_is_not_used(house) {
        let (house, provider) = Provider::beside(house).await;
        let refused = async |house: &House| {
            let page = house.stranger().get("/sign-on").await.expect(503);
            assert_eq!(page.one("h1"), AWAY);
        };
        provider.be(|manner| manner.issuer = Some("https://id.example.org".into()));
        refused(&house).await;
        assert!(!crate::support::log::lines(&["sign-on refused", "unexpected issuer"]).is_empty());
        provider.be(|manner| (manner.issuer, manner.insecure) = (None, true));
        house.wait(MINUTE);
        refused(&house).await;
        assert!(!crate::support::log::lines(&["sign-on refused", "is not reached by https"]).is_empty());
    }
}
