//! Logging in and out, the lock after failures, and how long a session lasts.

mod bursts;
mod locks;
mod passwords;
mod second_factor;
mod sessions;

use crate::support::house::MINUTE;
use crate::support::people::PASSWORD;
use crate::support::{Database, House, Who, run};

both! {
    async fn a_person_logs_in_and_out(house) {
        let browser = house.stranger();
        let login = browser.get("/login?next=%2Fcases%2Fnew").await.expect(200);
        let answer = browser.press(&login, "登入", &[("account", " Applicant "), ("password", PASSWORD)]).await;
        answer.leads_to("/cases/new");
        let cookie = answer.set_cookie("casebind");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(!cookie.contains("Secure"), "plain HTTP on loopback: {cookie}");
        // The database knows only the token's digest.
        let token = browser.session().unwrap();
        let hashes = house.texts("SELECT token_hash FROM sessions").await;
        assert_eq!(hashes, [casebind::case::ids::Digest::of(token.as_bytes()).to_string()]);

        let list = browser.get("/cases").await.expect(200);
        let left = browser.press(&list, "登出", &[]).await;
        left.leads_to("/login");
        assert_eq!(left.header("clear-site-data"), "\"cache\", \"storage\"");
        assert_eq!(browser.session(), None);
        browser.set_cookie("casebind", &token);
        browser.get("/cases").await.leads_to("/login");
    }

    async fn the_browser_forgets_pages_when_a_session_is_over_and_when_somebody_else_comes(house) {
        let cleared = |page: &crate::support::Page| page.header("clear-site-data") == "\"cache\"";
        let browser = house.stranger();
        assert!(!cleared(&browser.log_in_as(Who::Applicant).await), "nothing of anybody was there");
        assert!(!cleared(&browser.log_in_as(Who::Applicant).await), "one's own");
        assert!(cleared(&browser.log_in_as(Who::Manager).await), "another person's");
        house.wait(16 * crate::support::house::MINUTE);
        // The page asks by itself, so that this happens where nobody is there any more.
        let late = browser.get("/session").await;
        late.leads_to("/login");
        assert!(cleared(&late));
        assert!(cleared(&browser.post("/cases/filters", &[("name", "x")]).await), "a form that came too late");
    }

    async fn a_log_in_makes_a_new_session_and_ends_the_old_one(house) {
        let browser = house.stranger();
        browser.set_cookie("casebind", "chosen-by-someone-else");
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
        let first = browser.session().unwrap();
        assert_ne!(first, "chosen-by-someone-else");
        browser.log_in_as(Who::Manager).await.leads_to("/cases");
        assert_ne!(browser.session().unwrap(), first);
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions").await, 1);
    }

    async fn wrong_names_and_wrong_passwords_get_the_same_answer(house) {
        let browser = house.stranger();
        let words = async |login: &str, password: &str| {
            browser.log_in(login, password).await.expect(422).one(".summary")
        };
        let expected = words("applicant", "wrong").await;
        assert!(expected.contains("帳號或密碼不正確"), "{expected}");
        assert_eq!(words("nobody", "wrong").await, expected);
        assert_eq!(words("disabled", PASSWORD).await, expected);
        assert_eq!(words("", "").await, expected);
        assert_eq!(browser.session(), None);
        let page = browser.log_in("applicant", "wrong").await;
        assert_eq!(page.value("account"), "applicant");
        assert_eq!(page.value("password"), "");
    }

    async fn five_failures_lock_for_a_quarter_of_an_hour(house) {
        let browser = house.stranger();
        for _ in 0..5 {
            browser.log_in("applicant", "wrong").await.expect(422);
        }
        let locked = browser.log_in_as(Who::Applicant).await.expect(422);
        assert!(locked.one(".summary").contains("請於 15 分鐘後再試"), "{}", locked.one(".summary"));
        assert_eq!(locked.value("account"), "applicant");
        // Others aren't locked out by it.
        house.stranger().log_in_as(Who::Manager).await.leads_to("/cases");
        house.wait(14 * MINUTE);
        browser.log_in_as(Who::Applicant).await.expect(422);
        house.wait(MINUTE);
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
        // A success forgets the failures.
        for _ in 0..4 {
            browser.log_in("applicant", "wrong").await.expect(422);
        }
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
        browser.log_in("applicant", "wrong").await.expect(422);
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
    }

    async fn failures_spread_over_time_do_not_lock(house) {
        let browser = house.stranger();
        for _ in 0..8 {
            browser.log_in("applicant", "wrong").await.expect(422);
            house.wait(16 * MINUTE);
        }
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
    }

    async fn a_session_ends_after_a_quarter_of_an_hour_without_a_request(house) {
        let browser = house.applicant().await;
        for _ in 0..4 {
            house.wait(14 * MINUTE);
            browser.get("/cases").await.expect(200);
        }
        house.wait(15 * MINUTE + 1);
        browser.get("/cases").await.leads_to("/login");
        browser.get("/cases").await.leads_to("/login");
    }

    async fn a_session_ends_after_eight_hours_whatever_happens(house) {
        let browser = house.applicant().await;
        for _ in 0..47 {
            house.wait(10 * MINUTE);
            browser.get("/cases").await.expect(200);
        }
        house.wait(10 * MINUTE + 1);
        browser.get("/cases").await.leads_to("/login");
    }

    async fn only_addresses_of_this_site_are_followed(house) {
        let browser = house.stranger();
        for next in ["https://example.org", "//example.org", "/\\example.org", "/\t/example.org", "javascript:alert(1)", ""] {
            let fields = [("account", "applicant"), ("password", PASSWORD), ("next", next)];
            let answer = browser.post("/login", &fields).await;
            answer.leads_to("/");
            assert_eq!(answer.location(), "/", "{next:?}");
        }
    }
}

#[test]
fn behind_tls_the_cookie_is_bound_to_the_host() {
    run(Database::Sqlite, module_path!(), |_| async {
        let house = House::build(Database::Sqlite, "tls", |app| app.secure = true).await;
        let browser = house.stranger();
        let answer = browser.log_in_as(Who::Applicant).await;
        let cookie = answer.set_cookie("__Host-casebind");
        for part in ["Secure", "HttpOnly", "Path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        browser.get("/cases").await.expect(200);
    });
}
