//! 編輯: the content tab, in several tabs and on slow networks.

use crate::support::Case;
use crate::support::cases::{CONTENT, with};

both! {
    async fn an_edit_is_kept_and_shown(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let saved = case.edit(&[("problem", "新的描述"), ("needs", "社工師"), ("needs", "心理師")]).await;
        let page = browser.follow(&saved).await.expect(200);
        assert!(page.one(".notices").contains("已儲存"));
        let facts = page.all("#record .facts dd");
        assert!(facts.contains(&"新的描述".to_owned()), "{facts:?}");
        assert!(facts.contains(&"社工師、心理師".to_owned()), "{facts:?}");
        let flow = case.get("?tab=flow").await.expect(200).all(".tab .flow__label");
        assert_eq!(flow, ["編輯：內容", "暫存"], "newest first");
    }

    async fn an_error_stands_next_to_its_field_and_nothing_typed_is_lost(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let before = house.record().await;
        let long = "長".repeat(2001);
        let page = case.edit(&[("phone", "x"), ("problem", &long), ("expectation", "還在")]).await.expect(422);
        assert!(page.error_of("phone").contains("請輸入電話號碼"));
        assert!(page.error_of("problem").contains("2001"), "{}", page.error_of("problem"));
        assert_eq!(page.value("problem"), long);
        assert_eq!(page.value("expectation"), "還在");
        assert_eq!(house.record().await, before);
    }

    async fn two_tabs_meet_on_a_page_that_shows_both(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let one = case.get("/content").await.expect(200);
        let two = case.get("/content").await.expect(200);
        browser.press(&one, "儲存", &[("problem", "第一個分頁")]).await.leads_to(&case.path(""));
        let before = house.record().await;

        let conflict = browser.press(&two, "儲存", &[("problem", "第二個分頁"), ("note", "我的備註")]).await.expect(409);
        let rows = conflict.all(".versus tbody tr");
        assert_eq!(rows, ["問題簡述第一個分頁第二個分頁", "備註未填我的備註"]);
        assert_eq!(house.record().await, before, "nothing was overwritten");

        let saved = browser.press(&conflict, "以我填寫的內容儲存", &[]).await;
        let page = browser.follow(&saved).await.expect(200);
        assert!(page.html().contains("第二個分頁") && page.html().contains("我的備註"));
    }

    async fn what_was_unticked_stands_on_that_page_too(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let (one, two) = (case.get("/content").await.expect(200), case.get("/content").await.expect(200));
        browser.press(&one, "儲存", &[("problem", "第一個分頁")]).await.leads_to(&case.path(""));
        // Of choices without a tick a browser sends nothing.
        let mut unticked = two.form("儲存").filled(&[("problem", "第二個分頁")]);
        unticked.fields.retain(|(name, _)| name != "needs");
        let rows = ["問題簡述第一個分頁第二個分頁", "轉介需求心理師未填"];
        let conflict = browser.submit(&unticked).await.expect(409);
        assert_eq!(conflict.all(".versus tbody tr"), rows, "what saving clears is seen before");

        let state = |state| format!("UPDATE cases SET state = '{state}' WHERE number = '{}'", case.number);
        house.sql(&state("withdrawn")).await;
        let late = browser.submit(&unticked).await.expect(409);
        assert_eq!(late.all(".versus tbody tr"), rows);
        house.sql(&state("draft")).await;

        let again = browser.press(&conflict, "以我填寫的內容儲存", &[]).await.expect(422);
        assert!(again.html().contains("請選擇「轉介需求」。"), "one has to be ticked");
        let content = case.dossier(&house).await.case.content;
        assert!(content.contains_key("needs") && content.contains_key("phone"), "nothing is cleared unseen");
    }

    async fn a_double_click_saves_once_and_shows_no_conflict(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let form = case.get("/content").await.expect(200).form("儲存").filled(&[("problem", "只改一次")]);
        let (first, second) = tokio::join!(
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
        );
        first.unwrap().leads_to(&case.path(""));
        second.unwrap().leads_to(&case.path(""));
        assert_eq!(house.number("SELECT COUNT(*) FROM flow").await, 2, "opened and edited");
    }

    async fn saving_what_is_there_already_changes_nothing(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let before = house.record().await;
        case.edit(&[]).await.leads_to(&case.path(""));
        assert_eq!(house.record().await, before);
    }

    async fn two_edits_at_the_same_moment_end_in_one_and_a_conflict(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let form = case.get("/content").await.expect(200).form("儲存");
        let (one, two) = (form.clone().filled(&[("problem", "甲")]), form.filled(&[("problem", "乙")]));
        let (one, two) = tokio::join!(
            tokio::spawn({ let b = browser.clone(); async move { b.submit(&one).await } }),
            tokio::spawn({ let b = browser.clone(); async move { b.submit(&two).await } }),
        );
        let mut statuses = [one.unwrap().status.as_u16(), two.unwrap().status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(house.number("SELECT COUNT(*) FROM flow").await, 2);
    }

    async fn a_form_without_its_version_is_no_page_of_ours(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.post("/content", &CONTENT).await.expect(400);
        case.post("/content", &with(&CONTENT, &[("version", "one")])).await.expect(400);
    }
}
