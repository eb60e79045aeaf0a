//! The real address behind a trusted proxy reaches the traces; nobody else can claim one.

use axum::body::Body;
use axum::http::Method;
use casebind::web;
use casebind::web::proxies::{Proxies, Told};

use crate::support::browser::ADDRESS;
use crate::support::{Browser, Case, House, Page, Who};

/// The house behind proxies at these addresses.
fn behind(mut house: House, trusted: &[&str], told: Told, secure: bool) -> House {
    let networks: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
    house.app.proxies = Proxies::new(&networks, told);
    house.app.secure = secure;
    house.router = web::router(house.app.clone());
    house
}

async fn look(browser: &Browser, case: &Case, headers: &[(&str, &str)]) -> Page {
    let mut request = browser.request(Method::GET, &case.path(""));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::empty()).unwrap()).await
}

/// From where the newest look came, as its trace says.
async fn newest(house: &House) -> String {
    let sql = "SELECT remote FROM traces WHERE person_id = 'manager' ORDER BY at DESC, id DESC LIMIT 1";
    house.texts(sql).await.remove(0)
}

both! {
    async fn a_trace_tells_the_machine_behind_a_trusted_proxy(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        // What the tests' requests come from stands for the proxy.
        let house = behind(house, &["192.0.2.0/24"], Told::XForwarded, false);
        let manager = house.sign_in(Who::Manager).await;
        look(&manager, &case, &[("x-forwarded-for", "203.0.113.9, 198.51.100.7")]).await.expect(200);
        assert_eq!(newest(&house).await, "198.51.100.7", "what stands before it was said by that machine itself");
        look(&manager, &case, &[("forwarded", "for=203.0.113.9")]).await.expect(200);
        assert_eq!(newest(&house).await, ADDRESS, "the header that this proxy doesn't set");
        let house = behind(house, &["192.0.2.0/24", "198.51.100.7/32"], Told::Forwarded, false);
        let manager = house.sign_in(Who::Manager).await;
        look(&manager, &case, &[("forwarded", "for=\"[2001:db8::1]:8000\", for=198.51.100.7;proto=https")]).await.expect(200);
        assert_eq!(newest(&house).await, "2001:db8::1");
    }

    async fn without_a_trusted_proxy_nobody_can_claim_an_address(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let mut house = house;
        for trusted in [&[] as &[&str], &["198.51.100.0/24"]] {
            house = behind(house, trusted, Told::XForwarded, false);
            let manager = house.sign_in(Who::Manager).await;
            look(&manager, &case, &[("x-forwarded-for", "203.0.113.9")]).await.expect(200);
            assert_eq!(newest(&house).await, ADDRESS);
        }
    }

    async fn who_came_to_the_proxy_in_the_clear_is_led_to_tls(house) {
        let house = behind(house, &["192.0.2.7/32"], Told::XForwarded, true);
        let stranger = house.stranger();
        let ask = async |method: Method, proto: &str| {
            let request = stranger
                .request(method, "/login?next=%2Fcases")
                .header("x-forwarded-for", "198.51.100.7")
                .header("x-forwarded-proto", proto);
            stranger.send(request.body(Body::empty()).unwrap()).await
        };
        let led = ask(Method::GET, "http").await.expect(308);
        assert_eq!(led.location(), "http://127.0.0.1/login?next=%2Fcases", "the address that people use");
        ask(Method::POST, "http").await.expect(403);
        ask(Method::GET, "https").await.expect(200);
    }
}
