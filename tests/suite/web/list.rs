//! 我的申請案件: filters, keywords and pages.

use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, Who};

both! {
    async fn twenty_a_page_newest_first(house) {
        let browser = house.applicant().await;
        let mut numbers = Vec::new();
        for _ in 0..23 {
            numbers.push(Case::opened(&browser).await.number);
        }
        let first = browser.get("/cases").await.expect(200);
        assert_eq!(first.one(".tally"), "每頁 20 筆共 23 筆");
        assert_eq!(first.all(".card").len(), 20);
        assert!(first.all(".card__title")[0].ends_with(&numbers[22]), "{:?}", first.all(".card__title")[0]);
        assert!(!first.has("[rel=prev]"));
        let second = browser.get(&first.link("下一頁")).await.expect(200);
        assert_eq!(second.all(".card").len(), 3);
        assert!(second.has("[rel=prev]") && !second.has("[rel=next]"));
        assert!(second.all(".card__title")[2].ends_with(&numbers[0]));
        assert_eq!(browser.get("/cases?page=99").await.expect(200).all(".card").len(), 0);
        assert_eq!(browser.get("/cases?page=-1").await.expect(200).all(".card").len(), 20);
        // What was changed last comes first.
        let oldest = Case { number: numbers[0].clone(), browser: browser.clone() };
        oldest.edit(&[("problem", "剛改過")]).await.leads_to(&oldest.path(""));
        assert!(browser.get("/cases").await.expect(200).all(".card__title")[0].ends_with(&numbers[0]));
        // The pages of a filtered list keep the filter.
        let filtered = browser.get("/cases?state=draft&service=referral&q=114").await.expect(200);
        assert_eq!(filtered.one(".tally"), "每頁 20 筆共 0 筆");
        let filtered = browser.get("/cases?state=draft&q=115").await.expect(200);
        let next = filtered.link("下一頁");
        assert!(next.contains("state=draft") && next.contains("q=115") && next.contains("page=2"), "{next}");
    }

    async fn service_state_and_keyword_narrow_the_list(house) {
        let browser = house.applicant().await;
        let draft = Case::opened_with(&browser, &with(&CONTENT, &[("problem", "常常遲到")])).await;
        let printed = Case::printed(&browser).await;
        let withdrawn = Case::opened(&browser).await;
        withdrawn.post("/withdraw", &[("reason", "不需要了")]).await.leads_to(&withdrawn.path(""));
        let found = async |query: &str| {
            let page = browser.get(&format!("/cases?{query}")).await.expect(200);
            let mut numbers: Vec<_> = page.attributes(".card__title a", "href").iter().map(|h| h[7..].to_owned()).collect();
            numbers.sort();
            numbers
        };
        assert_eq!(found("").await.len(), 3);
        assert_eq!(found("state=draft").await, [draft.number.clone()]);
        assert_eq!(found("state=sealing").await, [printed.number.clone()]);
        assert_eq!(found("state=withdrawn").await, [withdrawn.number.clone()]);
        assert_eq!(found("state=closed").await, Vec::<String>::new());
        assert_eq!(found("service=referral").await.len(), 3);
        assert_eq!(found("service=nothing").await.len(), 0);
        assert_eq!(found("q=遲到").await, [draft.number.clone()], "two characters in the middle");
        assert_eq!(found("q=小明").await, [printed.number.clone()], "the subject's name");
        assert_eq!(found(&format!("q={}", &printed.number[3..])).await, [printed.number.clone()]);
        assert_eq!(found("q=a123456789").await, [printed.number.clone()], "small letters find capitals");
        assert_eq!(found("q=小明+情緒").await, [printed.number.clone()], "every word");
        assert_eq!(found("q=小明+遲到").await, Vec::<String>::new());
        assert_eq!(found("q=測試國小").await.len(), 3);
        let filters = browser.get("/cases").await.expect(200);
        assert_eq!(filters.all("select[name=service] option")[0], "全部服務");
        assert_eq!(filters.all("select[name=state] option")[..3], ["全部狀態", "暫存", "核章"]);
        let nothing = browser.get("/cases?q=沒有這個").await.expect(200);
        assert!(nothing.one(".empty h2").contains("沒有符合條件的案件"));
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'search-cases' AND detail LIKE '%遲到%'").await, 0, "not for what");
    }

    async fn a_deleted_subject_is_found_no_more(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.add_subject(&with(&SUBJECT, &[("name", "司馬相如")])).await.leads_to(&case.path(""));
        let total = async || browser.get("/cases?q=相如").await.expect(200).one(".tally");
        assert_eq!(total().await, "每頁 20 筆共 1 筆");
        let id = case.dossier(&house).await.subject().unwrap().id.clone();
        case.post(&format!("/subject/{id}/delete"), &[]).await.leads_to(&case.path(""));
        assert_eq!(total().await, "每頁 20 筆共 0 筆");
    }

    async fn signs_of_patterns_are_taken_as_they_are(house) {
        let browser = house.applicant().await;
        for problem in ["出席率 50%", "出席率 500", "代號 a_b", "代號 axb", "驚嘆!號", "反斜線\\n"] {
            Case::opened_with(&browser, &with(&CONTENT, &[("problem", problem)])).await;
        }
        let list = browser.get("/cases").await.expect(200);
        for (typed, count) in [("50%", 1), ("a_b", 1), ("驚嘆!", 1), ("%", 1), ("_", 1), ("\\n", 1), ("'", 0), ("\"", 0)] {
            let page = browser.press(&list, "搜尋", &[("q", typed)]).await.expect(200);
            assert_eq!(page.all(".card").len(), count, "{typed}");
        }
    }

    async fn everyone_lists_what_they_may_see(house) {
        let browser = house.applicant().await;
        let (_draft, submitted) = (Case::opened(&browser).await, Case::submitted(&house, &browser).await);
        house.assign(&submitted.number, Who::Professional).await;
        for (who, count) in [
            (Who::Applicant, 2),
            (Who::Colleague, 0),
            (Who::OtherApplicant, 0),
            (Who::Manager, 2),
            (Who::Supervisor, 1),
            (Who::OtherSupervisor, 0),
            (Who::Professional, 1),
            (Who::OtherProfessional, 0),
            (Who::Archivist, 1),
            (Who::Administrator, 0),
        ] {
            let page = house.sign_in(who).await.get("/cases").await.expect(200);
            assert_eq!(page.one(".tally"), format!("每頁 20 筆共 {count} 筆"), "{who:?}");
        }
    }
}
