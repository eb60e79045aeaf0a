//! 我的申請案件 and 案件查詢: filters, keywords, order, pages, counts, files, and filters under a name.

use crate::review::in_service;
use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::house::MINUTE;
use crate::support::{Case, Page, Who};

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
        assert_eq!(browser.get(&second.link("上一頁")).await.expect(200).all(".card__title"), first.all(".card__title"));
        // A place that can't be read is the head; one that has gone by meanwhile leads to what stands there now.
        for odd in ["after=x", "before=x", "after=9999999999999.x", "before=9999999999998.x"] {
            assert_eq!(browser.get(&format!("/cases?{odd}")).await.expect(200).all(".card").len(), 20, "{odd}");
        }
        assert_eq!(browser.get("/cases?after=1.x").await.expect(200).all(".card").len(), 0);
        // What was changed last comes first.
        let oldest = Case { number: numbers[0].clone(), browser: browser.clone() };
        oldest.edit(&[("problem", "剛改過")]).await.leads_to(&oldest.path(""));
        assert!(browser.get("/cases").await.expect(200).all(".card__title")[0].ends_with(&numbers[0]));
        // The pages of a filtered list keep the filter.
        let filtered = browser.get("/cases?state=draft&service=referral&q=114").await.expect(200);
        assert_eq!(filtered.one(".tally"), "每頁 20 筆共 0 筆");
        let filtered = browser.get("/cases?state=draft&q=115").await.expect(200);
        let next = filtered.link("下一頁");
        assert!(next.contains("state=draft") && next.contains("q=115") && next.contains("after="), "{next}");
    }

    async fn service_state_and_keyword_narrow_the_list(house) {
        let browser = house.applicant().await;
        let draft = Case::opened_with(&browser, &with(&CONTENT, &[("problem", "常常遲到")])).await;
        let printed = Case::printed(&browser).await;
        let withdrawn = Case::opened(&browser).await;
        withdrawn.withdraw("不需要了").await.leads_to(&withdrawn.path(""));
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
        let searches = house.words("traces", "detail", "WHERE action = 'search-cases'").await;
        assert!(!searches.is_empty() && searches.iter().all(|one| !one.contains("遲到")), "not for what");
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

    async fn work_begins_with_how_many_cases_are_in_each_state(house) {
        let browser = house.applicant().await;
        Case::opened(&browser).await;
        Case::submitted(&house, &browser).await;
        let far = Case::opened(&house.sign_in(Who::OtherApplicant).await).await;
        let serving = in_service(&house).await;
        for (who, start, expected) in [
            (Who::Applicant, "/cases", vec!["暫存 11 筆", "送件 11 筆", "服務中 11 筆"]),
            (Who::OtherApplicant, "/cases", vec!["暫存 11 筆"]),
            (Who::Manager, "/queue", vec!["暫存 22 筆", "送件 11 筆", "服務中 11 筆"]),
            (Who::Supervisor, "/dispatch", vec!["送件 11 筆", "服務中 11 筆"]),
            (Who::OtherSupervisor, "/dispatch", Vec::<&str>::new()),
            (Who::Archivist, "/cases?scope=all", vec!["送件 11 筆", "服務中 11 筆"]),
        ] {
            let person = house.sign_in(who).await;
            assert_eq!(person.get("/").await.location(), start, "{who:?}");
            let page = person.get(start).await.expect(200);
            // The figure for eyes, and the words for ears.
            assert_eq!(page.all(".counts a"), expected, "{who:?}");
            for href in page.attributes(".counts a", "href") {
                assert!(person.get(&href).await.expect(200).one(".tally").starts_with("每頁 20 筆共 "), "{href}");
            }
        }
        let professional = house.sign_in(Who::Professional).await;
        assert_eq!(professional.get("/").await.location(), "/served");
        assert_eq!(professional.get("/served").await.expect(200).all(".tabs a"), ["服務中 1", "結案 0"]);
        assert_ne!(far.number, serving.number);
    }

    async fn an_applicant_alone_reads_no_list_of_staff(house) {
        Case::opened(&house.applicant().await).await;
        let page = house.applicant().await.get("/cases?scope=all").await.expect(200);
        assert_eq!(page.one("h1"), "我的申請案件");
        assert!(!page.has("[name=professional]") && !page.has("[name=zone]") && !page.html().contains("張心理"));
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('applicant', 'professional', 1)").await;
        let page = house.applicant().await.get("/cases?scope=all").await.expect(200);
        assert_eq!(page.one("h1"), "案件查詢");
        assert!(page.has("[name=professional]"));
    }

    async fn who_serves_is_found_though_the_role_was_taken(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        house.assign(&case.number, Who::Professional).await;
        house.sql("DELETE FROM roles WHERE person_id IN ('professional', 'otherprofessional')").await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/cases").await.expect(200);
        let names = page.all("select[name=professional] option");
        assert_eq!(names, ["全部服務人員", "張心理"], "and nobody who serves nothing");
        assert_eq!(manager.get("/cases?professional=professional").await.expect(200).all(".card").len(), 1);
    }

    async fn the_counts_of_the_states_lead_to_their_lists(house) {
        let browser = house.applicant().await;
        let (_one, _two) = (Case::opened(&browser).await, Case::opened(&browser).await);
        let submitted = Case::submitted(&house, &browser).await;
        let counts = |page: &Page| page.all(".counts a");
        let page = browser.get("/cases?q=沒有這個").await.expect(200);
        assert_eq!(counts(&page), ["暫存 22 筆", "送件 11 筆"], "of all, whatever is looked for");
        let href = page.attributes(".counts a", "href");
        assert_eq!(href, ["/cases?state=draft", "/cases?state=submitted"]);
        let drafts = browser.get(&href[0]).await.expect(200);
        assert_eq!((drafts.one(".tally"), drafts.one(".counts [aria-current]")), ("每頁 20 筆共 2 筆".into(), "暫存 22 筆".into()));
        house.assign(&submitted.number, Who::Professional).await;
        for (who, told) in [
            (Who::Manager, vec!["暫存 22 筆", "送件 11 筆"]),
            (Who::Supervisor, vec!["送件 11 筆"]),
            (Who::Professional, vec!["送件 11 筆"]),
            (Who::Archivist, vec!["送件 11 筆"]),
            (Who::OtherSupervisor, Vec::<&str>::new()),
            (Who::Colleague, Vec::<&str>::new()),
            (Who::Administrator, Vec::<&str>::new()),
        ] {
            let page = house.sign_in(who).await.get("/cases").await.expect(200);
            assert_eq!(counts(&page), told, "{who:?}");
        }
    }

    async fn advanced_search_narrows_by_each_of_its_fields(house) {
        let browser = house.applicant().await;
        let old = Case::ready(&browser).await;
        house.wait(40 * 24 * 60 * MINUTE);
        let browser = house.applicant().await;
        let new = Case::submitted(&house, &browser).await;
        house.assign(&new.number, Who::Professional).await;
        let other = house.sign_in(Who::OtherApplicant).await;
        let elsewhere = Case::opened(&other).await;
        let manager = house.sign_in(Who::Manager).await;
        let found = async |query: &str| {
            let page = manager.get(&format!("/cases?{query}")).await.expect(200);
            let links = page.attributes(".card__title a", "href");
            let mut numbers: Vec<_> = links.iter().map(|href| href[7..].to_owned()).collect();
            numbers.sort();
            numbers
        };
        let (old, new, elsewhere) = (old.number, new.number, elsewhere.number);
        assert_eq!(found("").await.len(), 3);
        assert_eq!(found("to=2026/11/23").await, [old.clone()], "the day itself counts");
        assert_eq!(found("to=115/11/23").await, [old.clone()], "both calendars");
        assert_eq!(found("from=115.11.24").await, [new.clone(), elsewhere.clone()]);
        assert_eq!(found("from=2026-11-23&to=1151231").await, [old.clone()]);
        assert_eq!(found("school=高中").await, [elsewhere.clone()], "a part of the name");
        assert_eq!(found("school=123602").await, [old.clone(), new.clone()], "the code");
        assert_eq!(found("district=左營區").await, [elsewhere.clone()]);
        assert_eq!(found("zone=zone-1").await, [old.clone(), new.clone()]);
        assert_eq!(found("professional=professional").await, [new.clone()]);
        assert_eq!(found("professional=otherprofessional").await, Vec::<String>::new());
        assert_eq!(found("subject=小明").await, [old.clone(), new.clone()]);
        assert_eq!(found("subject=王家長").await, Vec::<String>::new(), "the subject's name, not the parent's");
        assert_eq!(found("subject=a123456789").await, [old.clone(), new.clone()]);
        assert_eq!(found("subject=A12345678").await, Vec::<String>::new(), "the whole number or nothing");
        assert_eq!(found("subject=小明&zone=zone-1&state=submitted&to=117/1/1").await, [new.clone()]);
        let page = manager.get("/cases?zone=zone-1&from=昨天").await.expect(200);
        assert_eq!(page.all(".advanced__error").len(), 1);
        assert_eq!(page.value("from"), "昨天", "what was typed stays");
        assert!(page.has("details.advanced[open]"));
        assert_eq!(page.all("select[name=district] option"), ["全部行政區", "三民區", "左營區", "新興區"]);
        // What is typed into the form comes out in the address, and stays in its fields.
        let list = manager.get("/cases").await.expect(200);
        assert!(!list.has("details.advanced[open]"));
        let page = manager.press(&list, "搜尋", &[("subject", "小明"), ("zone", "zone-1"), ("sort", "waiting")]).await.expect(200);
        assert_eq!((page.value("subject"), page.value("zone"), page.value("sort")), ("小明".into(), "zone-1".into(), "waiting".into()));
        // Whoever has only their own cases isn't asked for schools, zones and people.
        let page = house.applicant().await.get("/cases").await.expect(200);
        assert!(page.has("[name=subject]") && !page.has("[name=zone]") && !page.has("[name=professional]"));
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'search-cases' AND person_id = 'manager'").await, 6);
    }

    async fn lists_are_put_in_order_as_asked(house) {
        let browser = house.applicant().await;
        let (first, second, third) =
            (Case::opened(&browser).await, Case::opened(&browser).await, Case::opened(&browser).await);
        house.wait(MINUTE);
        first.edit(&[("problem", "剛改過")]).await.leads_to(&first.path(""));
        third.withdraw("不需要了").await.leads_to(&third.path(""));
        let order = async |query: &str| {
            let page = browser.get(&format!("/cases?{query}")).await.expect(200);
            let links = page.attributes(".card__title a", "href");
            links.iter().map(|href| href[7..].to_owned()).collect::<Vec<_>>()
        };
        let numbers = |cases: &[&Case]| cases.iter().map(|case| case.number.clone()).collect::<Vec<_>>();
        assert_eq!(order("").await, numbers(&[&third, &first, &second]));
        assert_eq!(order("sort=opened").await, numbers(&[&third, &second, &first]));
        assert_eq!(order("sort=number").await, numbers(&[&third, &second, &first]));
        assert_eq!(order("sort=waiting").await, numbers(&[&first, &second]), "what has ended waits for nobody");
        assert_eq!(order("sort=waiting&state=withdrawn").await, numbers(&[&third]));
        let page = browser.get("/cases?sort=waiting").await.expect(200);
        assert!(page.one(".list-bar__hint").contains("尚未結束"));
    }

    async fn staff_can_choose_a_table(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        house.assign(&case.number, Who::Professional).await;
        assert!(!browser.get("/cases?view=table").await.expect(200).has("table"), "applicants act on cards");
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/cases?state=submitted").await.expect(200);
        let table = manager.get(&list.link("表格")).await.expect(200);
        assert_eq!(table.all(".cases tbody tr").len(), 1);
        let row = table.one(".cases tbody tr");
        for part in ["轉介申請", "送件", "三民區 測試國小", "王輔導", "王小明", "2 未核閱", "張心理"] {
            assert!(row.contains(part), "{part} in {row}");
        }
        assert_eq!(table.attributes(".cases th a", "href"), [case.path("")]);
        assert_eq!(table.attributes("[name=view]", "value"), ["table"], "searching keeps the table");
        let cards = manager.get(&table.link("卡片")).await.expect(200);
        assert_eq!((cards.all(".card").len(), cards.value("state")), (1, "submitted".into()));
    }

    async fn a_list_can_be_taken_along_as_a_file(house) {
        let browser = house.applicant().await;
        Case::opened_with(&browser, &with(&CONTENT, &[("problem", "=HYPERLINK(\"http://example.org\")"), ("note", "一,二\n三")])).await;
        let submitted = Case::submitted(&house, &browser).await;
        house.assign(&submitted.number, Who::Professional).await;
        let file = browser.get(&browser.get("/cases?sort=number").await.expect(200).link("匯出 CSV")).await.expect(200);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(file.header("content-disposition").starts_with("attachment"), "{}", file.header("content-disposition"));
        let text = file.html();
        assert!(text.starts_with("\u{feff}案件編號,服務項目,案件狀態,"));
        let lines: Vec<_> = text.split_inclusive("\r\n").collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].starts_with(&format!("{},轉介申請,送件,", submitted.number)), "{}", lines[1]);
        for part in ["三民區,測試國小,國小", "王小明,A12****789", "2 未核閱", ",張心理,", ",上傳簽核申請單\r\n"] {
            assert!(lines[1].contains(part), "{part} in {}", lines[1]);
        }
        assert!(!text.contains("A123456789"));
        assert!(lines[2].contains(",\"'=HYPERLINK(\"\"http://example.org\"\")\","), "{}", lines[2]);
        assert!(lines[2].contains("\"一,二\n三\"") || lines[2].contains("\"一,二\r\n三\""), "{}", lines[2]);
        // The same scope and filter as the list; each taking along is traced.
        assert_eq!(browser.get("/cases/export.csv?state=submitted").await.expect(200).html().lines().count(), 2);
        let stranger = house.sign_in(Who::OtherApplicant).await;
        assert_eq!(stranger.get("/cases/export.csv").await.expect(200).html().lines().count(), 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'export-cases'").await, 3);
        house.stranger().get("/cases/export.csv").await.leads_to("/login");
    }

    async fn a_filter_is_kept_under_a_name_for_its_owner_alone(house) {
        let manager = house.sign_in(Who::Manager).await;
        assert!(!manager.get("/cases").await.expect(200).has(".saved"), "nothing to keep");
        let narrowed = manager.get("/cases?state=submitted&q=小明&view=table&after=5.x").await.expect(200);
        let answer = manager.press(&narrowed, "儲存條件", &[("name", " 小明 的件 ")]).await;
        answer.leads_to("/cases?state=submitted&q=");
        let list = manager.follow(&answer).await.expect(200);
        assert!(list.all(".notices").concat().contains("常用條件已儲存"));
        assert_eq!(list.one(".saved__list a"), "小明 的件");
        assert!(!list.has(".saved__new"), "it is kept already");
        let href = manager.get("/cases").await.expect(200).link("小明 的件");
        assert_eq!(href, "/cases?state=submitted&q=%E5%B0%8F%E6%98%8E&view=table", "without the place");
        assert_eq!(manager.get(&href).await.expect(200).value("state"), "submitted");
        // The same name again takes its place.
        let other = manager.get("/cases?state=received").await.expect(200);
        manager.press(&other, "儲存條件", &[("name", "小明 的件")]).await.leads_to("/cases?state=received");
        let list = manager.get("/cases").await.expect(200);
        assert_eq!(list.all(".saved__list a"), ["小明 的件"]);
        assert_eq!(list.link("小明 的件"), "/cases?state=received");
        for name in ["", "   ", &"長".repeat(41)] {
            manager.post("/cases/filters", &[("name", name), ("query", "state=draft")]).await.leads_to("/cases?state=draft&said=filter-unnamed");
        }
        manager.post("/cases/filters", &[("name", "空"), ("query", "sort=number")]).await.leads_to("/cases?sort=number&said=filter-unnamed");
        // Another person has none of it, and can't delete it.
        let colleague = house.sign_in(Who::Supervisor).await;
        assert!(!colleague.get("/cases").await.expect(200).has(".saved"));
        let forget = list.form("刪除").action;
        colleague.post(&forget, &[]).await.leads_to("/cases");
        assert_eq!(house.number("SELECT COUNT(*) FROM saved_filters").await, 1);
        manager.post(&forget, &[]).await.leads_to("/cases?said=filter-forgotten");
        assert!(!manager.get("/cases").await.expect(200).has(".saved"));
        // Nobody keeps more than thirty.
        for at in 0..30 {
            manager.post("/cases/filters", &[("name", &format!("第{at}")), ("query", "state=draft")]).await.leads_to("/cases?state=draft&said=filter-saved");
        }
        manager.post("/cases/filters", &[("name", "再一個"), ("query", "state=draft")]).await.leads_to("/cases?state=draft&said=filter-too-many");
        manager.post("/cases/filters", &[("name", "第7"), ("query", "state=closed")]).await.leads_to("/cases?state=closed&said=filter-saved");
        assert_eq!(house.number("SELECT COUNT(*) FROM saved_filters").await, 30);
    }

    async fn who_applies_and_serves_has_two_lists(house) {
        let browser = house.applicant().await;
        Case::opened(&browser).await;
        let other = house.sign_in(Who::OtherApplicant).await;
        let theirs = Case::submitted(&house, &other).await;
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('applicant', 'professional', 1)").await;
        house.sql(&format!(
            "INSERT INTO assignments (id, case_id, person_id, since) SELECT 'a1', id, 'applicant', 1 FROM cases WHERE number = '{}'",
            theirs.number
        )).await;
        let own = browser.get("/cases").await.expect(200);
        assert_eq!((own.one("h1"), own.one(".tally")), ("我的申請案件".into(), "每頁 20 筆共 1 筆".into()));
        let all = browser.get("/cases?scope=all").await.expect(200);
        assert_eq!((all.one("h1"), all.one(".tally")), ("案件查詢".into(), "每頁 20 筆共 2 筆".into()));
        let found = browser.press(&all, "搜尋", &[("state", "submitted")]).await.expect(200);
        assert_eq!(found.one(".tally"), "每頁 20 筆共 1 筆", "searching stays in the list");
    }
}
