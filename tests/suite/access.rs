//! Who sees what: each kind of person at each address of a case.

use crate::support::people::SCHOOL;
use crate::support::{Case, House, Who};

/// Every address of a case that shows something, and every one that does something.
async fn routes(house: &House, case: &Case) -> (Vec<String>, Vec<String>) {
    let dossier = case.dossier(house).await;
    let subject = format!("/subject/{}", dossier.subject().unwrap().id);
    let attachment = format!("/attachments/{}", dossier.attachments[0].id);
    let scan = format!("/scans/{}", dossier.scans[0].id);
    let shown = [
        "",
        "?tab=subject",
        "?tab=records",
        "?tab=flow",
        "/content",
        "/subject",
        &subject,
        &format!("{subject}/delete"),
        "/attachments",
        &attachment,
        &format!("{attachment}/delete"),
        "/prints/1/form.pdf",
        "/prints/1/page-1.jpg",
        "/scans/new",
        &scan,
        &format!("{scan}/pages/1.jpg"),
        &format!("{scan}/seals/principal.png"),
        &format!("{scan}/original"),
        "/receipt",
        "/withdraw",
        "/decline",
        "/dispatch",
        "/reassign",
        "/records/new",
        "/records/none",
        "/records/none/edit",
        "/records/none/files/none",
        "/close",
        "/closing",
        "/reopen",
        "/review",
        &format!("{scan}/desk/1.jpg"),
        "/prints/1/pages/1.jpg",
        &format!("{attachment}/pages/1.jpg"),
        "/return",
        "/supplement",
        "/correct",
        "/hand-over",
    ];
    let done = [
        "/content",
        "/subject",
        &subject,
        &format!("{subject}/delete"),
        "/attachments",
        &format!("{attachment}/delete"),
        "/print",
        "/scans",
        "/submit",
        "/withdraw",
        "/decline",
        "/dispatch",
        "/reassign",
        "/records/new",
        "/records/none/edit",
        "/records/none/files",
        "/close",
        "/closing/approve",
        "/closing/back",
        "/reopen",
        "/review/verdicts",
        "/review/look",
        "/receive",
        "/return",
        "/supplement",
        "/correct",
        "/hand-over",
    ];
    (shown.map(|below| case.path(below)).into(), done.map(|below| case.path(below)).into())
}

/// Fields that every form would take.
const FIELDS: [(&str, &str); 5] =
    [("version", "1"), ("reason", "試試"), ("scan", "x"), ("token", "t"), ("revision", "1")];

/// A file, for the addresses that take one.
fn file() -> crate::support::browser::Chosen<'static> {
    crate::support::browser::Chosen::pdf("x.pdf", b"%PDF-1.7")
}

async fn post(browser: &crate::support::Browser, address: &str) -> crate::support::Page {
    if ["/attachments", "/scans", "/files"].iter().any(|ending| address.ends_with(ending)) {
        browser.upload(address, &FIELDS, file()).await
    } else {
        browser.post(address, &FIELDS).await
    }
}

both! {
    async fn whoever_may_not_see_a_case_is_told_that_it_is_not_there(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (shown, done) = routes(&house, &case).await;
        let before = house.record().await;
        for who in [
            Who::Colleague,
            Who::OtherApplicant,
            Who::OtherSupervisor,
            Who::Professional,
            Who::Administrator,
        ] {
            let stranger = house.sign_in(who).await;
            for address in &shown {
                let page = stranger.get(address).await;
                assert_eq!(page.status, 404, "{who:?} GET {address}");
                assert!(!page.html().contains("王小明"), "{who:?} GET {address}");
            }
            for address in &done {
                assert_eq!(post(&stranger, address).await.status, 404, "{who:?} POST {address}");
            }
            let list = stranger.get("/cases").await.expect(200);
            assert!(list.all(".card").is_empty(), "{who:?}");
        }
        assert_eq!(house.record().await, before);
    }

    async fn a_foreign_case_is_answered_byte_for_byte_as_one_that_is_not_there(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (mut shown, done) = routes(&house, &case).await;
        let digest = case.dossier(&house).await.scans[0].digest.to_string();
        let below = ["", "/choices", "/documents", &format!("/documents/{digest}"), "/flow", "/records", "/records/none"];
        shown.extend(below.map(|below| format!("/api/v1{}", case.path(below))));
        shown.extend(["/traces", "/custody"].map(|below| case.path(below)));
        for who in [Who::OtherApplicant, Who::OtherSupervisor, Who::Administrator] {
            let stranger = house.sign_in(who).await;
            for (address, sends) in shown.iter().map(|one| (one, false)).chain(done.iter().map(|one| (one, true))) {
                let nowhere = address.replace(&case.number, "1159999999");
                let (foreign, nowhere) = match sends {
                    true => (post(&stranger, address).await, post(&stranger, &nowhere).await),
                    false => (stranger.get(address).await, stranger.get(&nowhere).await),
                };
                assert_eq!((foreign.status.as_u16(), nowhere.status.as_u16()), (404, 404), "{who:?} {address}");
                assert!(!foreign.body.is_empty() && foreign.body == nowhere.body, "{who:?} {address}");
                let told = |page: &crate::support::Page| {
                    let mut headers = page.headers.clone();
                    headers.remove("x-request-id");
                    headers
                };
                assert_eq!(told(&foreign), told(&nowhere), "{who:?} {address}");
            }
        }
    }

    async fn nobody_comes_in_without_a_session(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (shown, done) = routes(&house, &case).await;
        let others = ["/", "/cases", "/cases/new", "/school", "/account", "/dispatch", "/served", "/zones"].map(str::to_owned);
        for stranger in [house.stranger(), {
            let liar = house.stranger();
            liar.set_cookie("casebind", "not-a-session");
            liar
        }] {
            for address in shown.iter().chain(&others) {
                stranger.get(address).await.leads_to("/login");
            }
            for address in done.iter().chain(["/cases", "/school", "/drafts/x", "/glyphs"].map(str::to_owned).iter()) {
                post(&stranger, address).await.leads_to("/login");
            }
        }
        let after = house.stranger().get(&case.path("?tab=flow")).await;
        assert_eq!(after.location(), format!("/login?next=%2Fcases%2F{}%3Ftab%3Dflow", case.number));
    }

    async fn an_applicant_without_a_school_chooses_one_first(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (shown, done) = routes(&house, &case).await;
        let newcomer = house.sign_in(Who::Unbound).await;
        for address in shown.iter().chain(&["/cases".to_owned(), "/cases/new".to_owned()]) {
            newcomer.get(address).await.leads_to("/school");
        }
        for address in &done {
            post(&newcomer, address).await.leads_to("/school");
        }
    }

    async fn those_who_may_see_a_case_see_it_and_change_nothing(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        house.assign(&case.number, Who::Professional).await;
        let (_, done) = routes(&house, &case).await;
        let scan = case.dossier(&house).await.scans[0].id.clone();
        for who in [Who::Manager, Who::Supervisor, Who::Professional, Who::Archivist] {
            let reader = house.sign_in(who).await;
            if who == Who::Archivist {
                // Who only keeps the papers says for what, before anything goes out.
                let address = format!("/retrieval/{}", case.number);
                reader.post(&address, &[("purpose", "年度抽查")]).await.leads_to(&address);
            }
            for below in [
                "", "?tab=subject", "?tab=flow", "/attachments", "/prints/1/form.pdf", "/receipt",
                &format!("/scans/{scan}"), &format!("/scans/{scan}/original"),
            ] {
                reader.get(&case.path(below)).await.expect(200);
            }
            let page = reader.get(&case.path("")).await.expect(200);
            assert!(page.buttons().iter().all(|b| !b.contains("編輯") && !b.contains("列印申請單")), "{who:?}");
            assert_eq!(reader.get("/cases").await.expect(200).all(".card").len(), 1, "{who:?}");
            assert_eq!(reader.get("/cases").await.expect(200).one("h1"), "案件查詢");
            let before = house.record().await;
            for address in done.iter().filter(|a| !a.ends_with("/withdraw") && !a.ends_with("/look")) {
                let status = post(&reader, address).await.status.as_u16();
                assert!([400, 404, 409, 422].contains(&status), "{who:?} POST {address}: {status}");
            }
            assert_eq!(house.record().await, before, "{who:?}");
        }
    }

    async fn what_is_not_submitted_yet_concerns_the_applicant_and_the_manager_only(house) {
        let browser = house.applicant().await;
        let (draft, printed) = (Case::opened(&browser).await, Case::printed(&browser).await);
        for case in [&draft, &printed] {
            for who in [Who::Supervisor, Who::Professional, Who::Archivist, Who::Administrator, Who::Colleague] {
                house.sign_in(who).await.get(&case.path("")).await.expect(404);
            }
            house.sign_in(Who::Manager).await.get(&case.path("")).await.expect(200);
        }
    }

    async fn an_assignment_opens_a_case_and_its_end_closes_it(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let professional = house.sign_in(Who::Professional).await;
        professional.get(&case.path("")).await.expect(404);
        house.assign(&case.number, Who::Professional).await;
        professional.get(&case.path("")).await.expect(200);
        house.sign_in(Who::OtherProfessional).await.get(&case.path("")).await.expect(404);
        house.sql("UPDATE assignments SET until = 1").await;
        professional.get(&case.path("")).await.expect(404);
    }

    async fn a_role_change_works_at_the_next_request(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let person = house.sign_in(Who::Administrator).await;
        person.get(&case.path("")).await.expect(404);
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('administrator', 'case-manager', 1)").await;
        person.get(&case.path("")).await.expect(200);
        house.sql("DELETE FROM roles WHERE person_id = 'administrator' AND role = 'case-manager'").await;
        person.get(&case.path("")).await.expect(404);
        // Without any role the own cases are gone too.
        house.sql("DELETE FROM roles WHERE person_id = 'applicant'").await;
        browser.get(&case.path("")).await.expect(404);
        post(&browser, &case.path("/print")).await.expect(404);
    }

    async fn a_disabled_account_is_out_at_the_next_request(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'applicant'").await;
        let before = house.record().await;
        browser.get(&case.path("")).await.leads_to("/login");
        browser.post(&case.path("/print"), &[]).await.leads_to("/login");
        browser.log_in_as(Who::Applicant).await.expect(422);
        house.stranger().log_in_as(Who::Disabled).await.expect(422);
        assert_eq!(house.record().await, before);
        house.sql("UPDATE people SET status = 'active' WHERE id = 'applicant'").await;
        browser.get(&case.path("")).await.expect(200);
    }

    async fn a_change_of_zone_works_at_the_next_request(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        supervisor.get(&case.path("")).await.expect(200);
        house.sql(&format!("UPDATE schools SET zone_id = 'zone-2' WHERE code = '{SCHOOL}'")).await;
        supervisor.get(&case.path("")).await.expect(404);
        house.sign_in(Who::OtherSupervisor).await.get(&case.path("")).await.expect(200);
        house.sql(&format!("UPDATE schools SET zone_id = NULL WHERE code = '{SCHOOL}'")).await;
        house.sign_in(Who::OtherSupervisor).await.get(&case.path("")).await.expect(404);
    }

    async fn each_kind_of_person_begins_where_their_work_is(house) {
        for (who, start) in [
            (Who::Applicant, "/cases"),
            (Who::Manager, "/queue"),
            (Who::Supervisor, "/dispatch"),
            (Who::Professional, "/served"),
            (Who::Archivist, "/cases"),
            (Who::Administrator, "/admin/accounts"),
        ] {
            house.sign_in(who).await.get("/").await.leads_to(start);
        }
        let account = house.applicant().await.get("/account").await.expect(200);
        let facts = account.all(".facts dd");
        assert!(facts.contains(&"三民區 測試國小".to_owned()) && facts.contains(&"申請人".to_owned()), "{facts:?}");
    }
}
