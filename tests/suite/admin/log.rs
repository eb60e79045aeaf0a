//! What is logged while people work: a line for each request, each refusal, and nobody's data.

use axum::body::Body;
use axum::http::{Method, header};

use crate::review::find_everything_good;
use crate::support::house::MINUTE;
use crate::support::people::PASSWORD;
use crate::support::{Case, House, Who, log};

/// The identifier inside a line's span.
fn request_of(line: &str) -> String {
    line.split("request{id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

both! {
    async fn a_request_leaves_one_line_with_its_route_and_no_numbers(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let page = browser.get(&case.path("?tab=subject")).await.expect(200);
        let id = page.header("x-request-id").to_owned();
        let lines = log::lines(&[&id, "answered"]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        for part in ["method=GET", "route=\"/cases/{number}\"", "status=200", "ms=", "person=\"applicant\""] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains(&case.number) && !line.contains("tab=subject"), "{line}");
        assert_eq!(request_of(line), id);
        let stranger = house.stranger().get("/cases").await;
        let lines = log::lines(&[stranger.header("x-request-id"), "answered", "status=303", "person=\"-\""]);
        assert_eq!(lines.len(), 1);
    }

    async fn a_refusal_is_told_with_its_request(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let foreign = house.sign_in(Who::OtherApplicant).await.get(&case.path("")).await.expect(404);
        let lines = log::lines(&[foreign.header("x-request-id"), "refused", "status=404", "person=\"otherapplicant\""]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let nobody = house.stranger().get("/api/v1/cases").await.expect(401);
        assert_eq!(log::lines(&[nobody.header("x-request-id"), "refused", "status=401"]).len(), 1);
        // A step that the life cycle refuses is told by its event, inside the same request.
        let manager = house.sign_in(Who::Manager).await;
        let refused = manager.post(&case.path("/receive"), &[("version", &version(&house, &case).await)]).await.expect(409);
        let lines = log::lines(&[refused.header("x-request-id"), "step refused", "event=receive"]);
        assert_eq!(lines.len(), 1, "{lines:?}");
    }

    async fn whoever_is_led_elsewhere_was_refused(house) {
        let told = |page: &crate::support::Page, door: &str| {
            log::lines(&[page.header("x-request-id"), "refused", "status=303", &format!("led_to=\"{door}\"")]).len()
        };
        let led = house.stranger().get("/cases").await;
        assert_eq!((led.location(), told(&led, "/login")), ("/login?next=%2Fcases", 1));
        let led = house.sign_in(Who::Unbound).await.get("/cases").await;
        assert_eq!((led.location(), told(&led, "/school")), ("/school", 1));
        let manager = house.sign_in(Who::Manager).await;
        house.wait(11 * MINUTE);
        let led = manager.get("/statistics.csv?table=months").await;
        led.leads_to("/confirm");
        assert_eq!(told(&led, "/confirm"), 1);
        // What leads on by itself refuses nobody.
        let home = manager.get("/").await.expect(303);
        assert!(log::lines(&[home.header("x-request-id"), "refused"]).is_empty());
        house.wait(16 * MINUTE);
        let late = manager.post("/cases/filters", &[("name", "x")]).await;
        late.leads_to("/login");
        assert_eq!(told(&late, "/login"), 1);
    }

    async fn an_identifier_from_outside_is_not_taken_over(house) {
        let browser = house.stranger();
        let request = browser.request(Method::GET, "/login").header("x-request-id", "forged-by-a-client");
        let page = browser.send(request.body(Body::empty()).unwrap()).await.expect(200);
        assert_ne!(page.header("x-request-id"), "forged-by-a-client");
        assert!(log::lines(&["forged-by-a-client"]).is_empty());
    }

    async fn nothing_that_a_client_sends_forges_a_line(house) {
        let browser = house.stranger();
        let before = log::lines(&[]).len();
        let address = "/cases/%0d%0aERROR%20casebind:%20forged%1b%5b2K?next=%0aforged";
        let request = browser
            .request(Method::GET, address)
            .header(header::USER_AGENT, "agent\u{9}forged")
            .header(header::ACCEPT_LANGUAGE, "forged\u{9}header");
        browser.send(request.body(Body::empty()).unwrap()).await;
        browser.log_in("forged\r\nERROR casebind: forged\u{1b}[2K", "forged\npassword").await;
        browser.post("/drafts/forged%0aforged", &[("forged\n", "forged\u{1b}[1A")]).await;
        let lines = log::lines(&[]).split_off(before);
        assert!(lines.len() >= 3, "{lines:?}");
        for line in lines {
            assert!(!line.contains("forged") && !line.contains('\u{1b}'), "{line}");
            // Every line begins as lines do: with a time of the year's form.
            assert!(line.get(..4).is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit())), "{line}");
        }
    }

    async fn a_walk_from_the_log_in_to_the_receipt_leaves_nobodys_data_in_the_log(house) {
        let stranger = house.stranger();
        stranger.log_in("applicant", "a wrong password that was typed").await.expect(422);
        stranger.log_in_as(Who::Applicant).await.leads_to("/cases");
        let token = stranger.session().unwrap();
        let case = Case::submitted(&house, &stranger).await;
        case.post("/print", &[("version", "1")]).await.expect(409);
        find_everything_good(&house, &case).await;
        let manager = house.sign_in(Who::Manager).await;
        manager.post(&case.path("/receive"), &[("version", &version(&house, &case).await)]).await.leads_to("/queue");
        manager.get("/cases?q=%E7%8E%8B%E5%B0%8F%E6%98%8E").await.expect(200);
        let admin = house.sign_in(Who::Administrator).await;
        let form = admin.get("/admin/accounts/archivist/edit").await.expect(200);
        admin.press(&form, "儲存", &[("name", "新的姓名"), ("email", "new@example.org")]).await.leads_to("/admin/");
        admin.post("/admin/accounts/colleague/disable", &[("reason", "離職的原因")]).await.leads_to("/admin/");
        let lines = log::lines(&[]);
        assert!(lines.iter().filter(|line| line.contains("answered")).count() > 20, "{}", lines.len());
        let text = lines.join("\n");
        for secret in [
            "王小明", "王輔導", "王家長", "陳個管", "周系統", "A123456789", "0912345678", "07-1234567", "示範路", "示範國小",
            "測試國小", "情緒低落", "附件.pdf", "簽核申請單.pdf", "新的姓名", "new@example.org", "離職的原因", "example.org",
            "a wrong password that was typed", PASSWORD, "$argon2", &token, "password=",
        ] {
            let found: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
            assert!(found.is_empty(), "{secret}: {found:?}");
        }
        let hash = casebind::case::ids::Digest::of(token.as_bytes()).to_string();
        assert!(!text.contains(&hash), "nor the session's digest");
    }
}

async fn version(house: &House, case: &Case) -> String {
    case.dossier(house).await.case.version.to_string()
}
