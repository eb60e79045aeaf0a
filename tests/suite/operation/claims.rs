//! Work that one process does at a time: jobs by their leases, bulk prints and stacks by whoever began them last.

use std::time::Duration;

use casebind::steps::process::Process;
use casebind::store::bulk::{self, Stage};
use casebind::store::{leases, stacks};
use casebind::web;

use crate::support::browser::Browser;
use crate::support::house::MINUTE;
use crate::support::{Case, House, Page};

/// The house as another process sees it.
fn another(house: &House, name: &str) -> casebind::steps::Office {
    let mut office = house.office().clone();
    office.process = Process::new(name);
    office
}

async fn chosen(browser: &Browser, cases: &[&Case]) -> Page {
    let list = browser.get("/cases").await.expect(200);
    let mut form = list.form("列印所選案件");
    form.fields.extend(cases.iter().map(|case| ("case".to_owned(), case.number.clone())));
    let answer = browser.submit(&form).await;
    answer.leads_to("/bulk/");
    browser.follow(&answer).await.expect(200)
}

async fn ended(browser: &Browser, path: &str) -> Page {
    for _ in 0..3000 {
        let progress = browser.get(&format!("{path}/progress")).await.expect(200).json();
        if progress["going"] == false {
            return browser.get(path).await.expect(200);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} doesn't end");
}

both! {
    async fn a_job_is_one_process_s_until_it_ends_or_its_time_is_over(house) {
        let (one, two) = (another(&house, "one"), another(&house, "two"));
        assert!(one.hold_job("mail", MINUTE).await.unwrap());
        assert!(!two.hold_job("mail", MINUTE).await.unwrap(), "it is taken");
        assert!(two.hold_job("reminders", MINUTE).await.unwrap(), "another job is another lease");
        house.wait(MINUTE / 2);
        assert!(one.hold_job("mail", MINUTE).await.unwrap(), "its holder prolongs it");
        house.wait(MINUTE / 2 + 1);
        assert!(!two.hold_job("mail", MINUTE).await.unwrap());
        // As if the first had been killed: its time comes to an end.
        house.wait(MINUTE);
        assert!(two.hold_job("mail", MINUTE).await.unwrap());
        assert!(!one.hold_job("mail", MINUTE).await.unwrap());
        // Only its holder gives it back.
        one.give_back_job("mail").await.unwrap();
        assert!(!one.hold_job("mail", MINUTE).await.unwrap());
        two.give_back_job("mail").await.unwrap();
        assert!(one.hold_job("mail", MINUTE).await.unwrap());
    }

    async fn of_many_that_reach_for_a_lease_one_has_it(house) {
        let tries = (0..8).map(|at| {
            let store = house.office().store.clone();
            tokio::spawn(async move {
                let mut tx = store.write().await.unwrap();
                let held = leases::hold(&mut tx, "x", &format!("p{at}"), 1000, 2000).await.unwrap();
                tx.commit().await.unwrap();
                held
            })
        });
        let mut held = 0;
        for one in tries.collect::<Vec<_>>() {
            held += usize::from(one.await.unwrap());
        }
        assert_eq!(held, 1);
    }

    async fn a_bulk_print_is_begun_by_one_and_lost_by_whoever_was_taken_for_dead(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let page = chosen(&browser, &[&case]).await;
        let id = page.path.strip_prefix("/bulk/").unwrap();
        let mut tx = house.office().store.write().await.unwrap();
        assert!(bulk::begin(&mut tx, id, Stage::Chosen, "", "one", 1).await.unwrap());
        assert!(!bulk::begin(&mut tx, id, Stage::Chosen, "", "two", 1).await.unwrap(), "it was begun");
        assert!(bulk::move_on(&mut tx, id, "one", Stage::Printing, Stage::Printing, 2).await.unwrap());
        // A second process takes the first for dead; a third that saw the same comes too late.
        assert!(bulk::begin(&mut tx, id, Stage::Printing, "one", "two", 3).await.unwrap());
        assert!(!bulk::begin(&mut tx, id, Stage::Printing, "one", "three", 3).await.unwrap());
        assert!(!bulk::move_on(&mut tx, id, "one", Stage::Printing, Stage::Done, 4).await.unwrap());
        assert!(bulk::move_on(&mut tx, id, "two", Stage::Printing, Stage::Done, 4).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn a_stack_is_lost_by_whoever_was_taken_for_dead(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let digest = case.newest(&house).await.digest;
        let new = stacks::NewStack {
            id: "s", person: "applicant", file_name: "x.pdf", digest: &digest, pages: 2, at: 1, worker: "one",
        };
        let mut tx = house.office().store.write().await.unwrap();
        stacks::add(&mut tx, &new).await.unwrap();
        use stacks::Stage::{Binding, Reading};
        assert!(stacks::beat(&mut tx, "s", "one", 2).await.unwrap());
        assert!(stacks::begin(&mut tx, "s", (Reading, Reading), "one", "two", 3).await.unwrap());
        assert!(!stacks::begin(&mut tx, "s", (Reading, Reading), "one", "three", 3).await.unwrap());
        assert!(!stacks::beat(&mut tx, "s", "one", 4).await.unwrap());
        assert!(!stacks::move_on(&mut tx, "s", "one", Reading, Binding, 4).await.unwrap());
        assert!(stacks::move_on(&mut tx, "s", "two", Reading, Binding, 4).await.unwrap());
    }

    async fn a_bulk_print_stops_with_its_process_and_goes_on_in_another(house) {
        let mut house = house;
        let browser = house.applicant().await;
        let cases = [Case::ready(&browser).await, Case::ready(&browser).await];
        let page = chosen(&browser, &[&cases[0], &cases[1]]).await;
        house.office().process.end();
        browser.press(&page, "列印", &[]).await.leads_to(&page.path);
        house.office().process.ended().await;
        let stopped = ended(&browser, &page.path).await;
        assert!(stopped.one(".notice--attention").contains("還有 2 件沒有列印"), "{}", stopped.html());
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 0);
        house.app.office.process = Process::new("next");
        house.router = web::router(house.app.clone());
        let browser = house.applicant().await;
        let stopped = browser.get(&page.path).await.expect(200);
        browser.press(&stopped, "繼續列印", &[]).await.leads_to(&page.path);
        ended(&browser, &page.path).await;
        assert_eq!(house.texts("SELECT state FROM bulk_prints").await, ["done"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 2);
    }
}
