//! The list of cases for programs: scope, filters, pages by a key, and what is traced.

use crate::support::{Browser, Case, Who};

/// The numbers that a query answers, and where the next page begins.
async fn listed(browser: &Browser, query: &str) -> (Vec<String>, Option<String>) {
    let list = browser.get(&format!("/api/v1/cases?{query}")).await.expect(200).json();
    let numbers = list["cases"].as_array().unwrap().iter();
    let numbers = numbers.map(|case| case["number"].as_str().unwrap().to_owned()).collect();
    (numbers, list["after"].as_str().map(str::to_owned))
}

both! {
    async fn a_list_is_narrowed_and_read_page_by_page(house) {
        let browser = house.applicant().await;
        let mut drafts = Vec::new();
        for _ in 0..4 {
            drafts.insert(0, Case::opened(&browser).await.number);
        }
        let printed = Case::printed(&browser).await.number;
        let all: Vec<_> = [printed.clone()].into_iter().chain(drafts.clone()).collect();
        assert_eq!(listed(&browser, "").await, (all.clone(), None));
        assert_eq!(listed(&browser, "state=draft").await.0, drafts);
        assert_eq!(listed(&browser, "q=%E7%8E%8B%E5%B0%8F%E6%98%8E").await.0, [printed.clone()]);
        assert_eq!(listed(&browser, "service=other").await.0, [""; 0]);
        let (mut read, mut after) = (Vec::new(), Some(String::new()));
        while let Some(place) = after {
            let (page, next) = listed(&browser, &format!("limit=2&after={place}")).await;
            assert!(page.len() <= 2);
            read.extend(page);
            after = next;
        }
        assert_eq!(read, all);
        let list = browser.get("/api/v1/cases?limit=1").await.expect(200).json();
        assert_eq!((&list["total"], &list["more"]), (&5.into(), &false.into()));
        assert_eq!(list["cases"][0]["state"]["label"], "核章");
        assert!(!list.to_string().contains("A123456789"));

        for (who, seen) in [(Who::Manager, 5), (Who::Colleague, 0), (Who::Supervisor, 0), (Who::Administrator, 0)] {
            assert_eq!(listed(&house.sign_in(who).await, "").await.0.len(), seen, "{who:?}");
        }
        let traced = house.texts("SELECT action FROM traces WHERE action LIKE '%-cases'").await;
        assert_eq!(traced.iter().filter(|action| *action == "search-cases").count(), 1);
        assert!(traced.len() > 8, "{traced:?}");
    }

    async fn what_a_page_would_overlook_a_program_is_told(house) {
        let browser = house.applicant().await;
        for (query, field) in [
            ("state=flying", "state"),
            ("sort=colour", "sort"),
            ("after=x", "after"),
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=many", "limit"),
            ("from=yesterday", "from"),
        ] {
            let said = browser.get(&format!("/api/v1/cases?{query}")).await.expect(422).json();
            assert_eq!(said["type"], "urn:casebind:problem:invalid-fields", "{query}");
            assert_eq!(said["errors"][0]["field"], field, "{query}");
        }
        house.stranger().get("/api/v1/cases").await.expect(401);
    }
}
