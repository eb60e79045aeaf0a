//! 對象: one child a case, with a number that may be odd and a name that stays as it is written.

use crate::support::Case;
use crate::support::cases::{SUBJECT, with};

both! {
    async fn a_subject_is_added_and_its_number_masked(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let added = case.add_subject(&SUBJECT).await;
        added.leads_to(&case.path("?tab=subject"));
        let page = browser.follow(&added).await.expect(200);
        assert!(page.one(".notices").contains("服務對象新增完成"));
        assert_eq!(page.one(".subject h3"), "1. 王小明 (男) A12****789");
        assert!(!page.html().contains("A123456789"));
        let facts = page.all(".subject .facts dd");
        assert!(facts.contains(&"2015/08/07".to_owned()), "{facts:?}");
        assert!(facts.contains(&"4 年 2 班".to_owned()), "{facts:?}");
        let menu: Vec<_> = page.all(".subject .menu__list li");
        assert_eq!(menu, ["編輯", "刪除", "檢附資料", "服務人員"]);
    }

    async fn one_case_has_one_subject(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let form = case.get("/subject").await.expect(200).form("新增");
        browser.submit(&form.clone().filled(&SUBJECT)).await.leads_to(&case.path("?tab=subject"));
        // The page that was open in another tab.
        let other = with(&SUBJECT, &[("name", "李小華")]);
        let refused = browser.submit(&form.filled(&other)).await.expect(409);
        assert!(refused.one("main").contains("1 個案件以 1 位對象為限"));
        case.get("/subject").await.leads_to(&case.path("?tab=subject"));
        assert_eq!(house.number("SELECT COUNT(*) FROM subjects").await, 1);
    }

    async fn a_double_click_adds_one_subject(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let form = case.get("/subject").await.expect(200).form("新增").filled(&SUBJECT);
        let (first, second) = tokio::join!(
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
        );
        first.unwrap().leads_to(&case.path("?tab=subject"));
        second.unwrap().leads_to(&case.path("?tab=subject"));
        assert_eq!(house.number("SELECT COUNT(*) FROM subjects").await, 1);
    }

    async fn a_wrong_checksum_is_confirmed_and_logged(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        // The manual's own sample fails its checksum.
        let page = case.add_subject(&with(&SUBJECT, &[("id_number", "e123456789")])).await.expect(422);
        assert!(page.error_of("id_number").contains("檢查碼不符"), "{}", page.error_of("id_number"));
        assert_eq!(page.value("name"), "王小明");
        assert_eq!(house.number("SELECT COUNT(*) FROM subjects").await, 0);

        browser.press(&page, "新增", &[("confirm_id_number", "1")]).await.leads_to(&case.path("?tab=subject"));
        let id = case.id(&house).await;
        assert!(house.traces(&id).await.contains(&"confirmed-checksum".to_owned()));
        let from = house.texts("SELECT remote || ' ' || request_id FROM traces WHERE action = 'confirmed-checksum'").await;
        let (remote, request) = from[0].split_once(' ').unwrap();
        assert_eq!((remote, request.is_empty()), (crate::support::browser::ADDRESS, false), "from where, in which request");
        let kept = case.dossier(&house).await.subject().unwrap().answers.clone();
        assert_eq!(casebind::case::subject::text(&kept, "id_number"), "E123456789");
    }

    async fn a_number_of_the_wrong_form_is_mended_and_not_confirmed(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        for (kind, number) in [("身分證", "12345"), ("統一證號", "A123456789"), ("身分證", "A323456789")] {
            let typed = with(&SUBJECT, &[("id_kind", kind), ("id_number", number), ("confirm_id_number", "1")]);
            let page = case.add_subject(&typed).await.expect(422);
            assert!(page.error_of("id_number").contains("格式"), "{kind} {number}");
        }
        case.add_subject(&with(&SUBJECT, &[("id_kind", "護照"), ("id_number", "X-99")])).await
            .leads_to(&case.path(""));
    }

    async fn a_deleted_subject_is_kept_and_listed_under_a_filter(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        let page = case.get("?tab=subject").await.expect(200);
        let ask = browser.get(&page.link("刪除")).await.expect(200);
        assert!(ask.one("h1").contains("要刪除"));
        let gone = browser.press(&ask, "刪除", &[]).await;
        let page = browser.follow(&gone).await.expect(200);
        assert!(page.all(".subject").is_empty());
        // The second click of a double click.
        browser.press(&ask, "刪除", &[]).await.leads_to(&case.path("?tab=subject"));

        let deleted = case.get("?tab=subject&show=deleted").await.expect(200);
        assert!(deleted.one(".subject h3").contains("王小明"));
        assert!(deleted.one(".subject__head .badge").contains("已刪除"));
        assert_eq!(deleted.all(".subject .menu__list li"), ["檢附資料", "服務人員"]);
        assert_eq!(deleted.one("#record .tally"), "每頁 20 筆共 1 筆");

        case.add_subject(&with(&SUBJECT, &[("name", "李小華")])).await.leads_to(&case.path(""));
        assert_eq!(house.number("SELECT COUNT(*) FROM subjects").await, 2);
        let found = case.get("?tab=subject&q=小華").await.expect(200);
        assert_eq!(found.all(".subject").len(), 1);
        assert!(case.get("?tab=subject&q=小明").await.expect(200).all(".subject").is_empty());
    }

    async fn names_are_kept_as_they_are_written(house) {
        let browser = house.applicant().await;
        // 50 code points: outside the basic plane, compatibility ideographs that normalisation would
        // fold into others, a combining mark after its letter.
        let odd = "\u{20bb7}\u{f9d3}\u{f900}\u{2f800}e\u{301}";
        let name: String = odd.chars().chain("字".repeat(44).chars()).collect();
        assert_eq!(name.chars().count(), 50);
        let case = Case::opened(&browser).await;
        case.add_subject(&with(&SUBJECT, &[("name", &name)])).await.leads_to(&case.path(""));
        let kept = case.dossier(&house).await.subject().unwrap().answers.clone();
        assert_eq!(casebind::case::subject::text(&kept, "name"), name);
        assert!(case.get("?tab=subject").await.expect(200).one(".subject h3").contains(&name));

        let other = Case::opened(&browser).await;
        let page = other.add_subject(&with(&SUBJECT, &[("name", &format!("{name}字"))])).await.expect(422);
        assert!(page.error_of("name").contains("最多 50 字，目前 51 字"));
        assert_eq!(page.value("name"), format!("{name}字"));
    }

    async fn two_tabs_meet_on_a_page_that_shows_both(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        let edit = case.get("?tab=subject").await.expect(200).link("編輯");
        let edit = if edit.contains("/subject/") { edit } else { subject_path(&case).await };
        let one = browser.get(&edit).await.expect(200);
        let two = browser.get(&edit).await.expect(200);
        browser.press(&one, "儲存", &[("tutor", "甲老師")]).await.leads_to(&case.path("?tab=subject"));
        // The same again, as a double click sends it.
        browser.press(&one, "儲存", &[("tutor", "甲老師")]).await.leads_to(&case.path("?tab=subject"));
        let conflict = browser.press(&two, "儲存", &[("tutor", "乙老師")]).await.expect(409);
        assert_eq!(conflict.all(".versus tbody tr"), ["導師姓名甲老師乙老師"]);
        browser.press(&conflict, "以我填寫的內容儲存", &[]).await.leads_to(&case.path("?tab=subject"));
        assert!(case.get("?tab=subject").await.expect(200).html().contains("乙老師"));
    }
}

/// The address of the case's subject.
async fn subject_path(case: &Case) -> String {
    let page = case.get("?tab=subject").await.expect(200);
    let links = page.attributes(".subject a[href]", "href");
    links.into_iter().find(|href| href.contains("/subject/")).expect("a link to the subject")
}
