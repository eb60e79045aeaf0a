//! 新增: a case is opened once, whatever buttons do.

use crate::support::cases::{CONTENT, with};
use crate::support::{Case, Who};

both! {
    async fn a_case_is_opened_in_two_steps(house) {
        let browser = house.applicant().await;
        let list = browser.get("/cases").await.expect(200);
        assert_eq!(list.one("h1"), "我的申請案件");
        assert_eq!(list.one(".tally"), "每頁 20 筆共 0 筆");
        let services = browser.get(&list.link("＋ 新增")).await.expect(200);
        assert_eq!(services.attributes("input[name=service]", "value")[0], "referral");
        let form = browser.press(&services, "下一步", &[]).await.expect(200);
        let about = form.all(".facts--inline dd");
        assert_eq!(about, ["三民區 測試國小", "國小", "轉介申請", "王輔導", "applicant@example.org"]);

        let answer = browser.press(&form, "新增", &CONTENT).await;
        answer.leads_to("/cases/1150000001?tab=subject");
        let page = browser.follow(&answer).await.expect(200);
        assert!(page.one(".notices").contains("案件暫存完成，請繼續新增服務對象"));
        assert_eq!(page.one(".case__head > .badge"), "暫存");
        assert_eq!(page.all(".tabs a"), ["內容", "對象", "紀錄", "流程"]);

        let second = Case::opened(&browser).await;
        assert_eq!(second.number, "1150000002");
    }

    async fn a_double_post_opens_one_case(house) {
        let browser = house.applicant().await;
        let form = browser.get("/cases/new?service=referral").await.expect(200).form("新增").filled(&CONTENT);
        let (first, second) = tokio::join!(
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        first.leads_to("/cases/115");
        assert_eq!(first.location(), second.location());
        // The back button, and once more.
        assert_eq!(browser.submit(&form).await.location(), first.location());
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM flow").await, 1);
    }

    async fn someone_elses_token_tells_nothing(house) {
        let browser = house.applicant().await;
        let form = browser.get("/cases/new?service=referral").await.expect(200).form("新增").filled(&CONTENT);
        browser.submit(&form).await.leads_to("/cases/");
        let other = house.sign_in(Who::OtherApplicant).await;
        other.submit(&form).await.expect(404);
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 1);
    }

    async fn many_openings_at_once_get_numbers_without_gaps(house) {
        let browser = house.applicant().await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let browser = browser.clone();
                tokio::spawn(async move { Case::opened(&browser).await.number })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap());
        }
        numbers.sort();
        let expected: Vec<_> = (1..=8).map(|at| format!("115{at:07}")).collect();
        assert_eq!(numbers, expected);
    }

    async fn the_year_of_the_number_is_that_of_the_office(house) {
        // 2026-12-31 23:30 in Taiwan is still 115, half an hour later is 116.
        let browser = house.applicant().await;
        let last = "2026-12-31T15:30:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        house.wait(last - crate::support::house::start());
        let browser_again = house.applicant().await;
        drop(browser);
        assert_eq!(Case::opened(&browser_again).await.number, "1150000001");
        house.wait(30 * 60_000);
        let browser = house.applicant().await;
        assert_eq!(Case::opened(&browser).await.number, "1160000001");
    }

    async fn what_is_wrong_stands_next_to_its_field_and_nothing_typed_is_lost(house) {
        let browser = house.applicant().await;
        let form = browser.get("/cases/new?service=referral").await.expect(200);
        let typed = with(&CONTENT, &[("phone", "不知道"), ("problem", "  "), ("note", "第一行\r\n<b>第二行</b>")]);
        let page = browser.press(&form, "新增", &typed).await.expect(422);
        assert!(page.error_of("phone").contains("請輸入電話號碼"));
        assert!(page.error_of("problem").contains("請填寫「問題簡述」"));
        assert_eq!(page.error_of("expectation"), "");
        assert_eq!(page.value("phone"), "不知道");
        assert_eq!(page.value("phone_alt"), "0912345678");
        assert_eq!(page.value("note"), "第一行\n<b>第二行</b>", "shown as text, never as markup");
        assert_eq!(page.value("needs"), "心理師");
        assert_eq!(page.all(".summary li").len(), 2);
        assert_eq!(page.attributes("#f-phone", "aria-invalid"), ["true"]);

        let mended = browser.press(&page, "新增", &[("phone", "07-1234567"), ("problem", "補上")]).await;
        mended.leads_to("/cases/1150000001");
    }

    async fn a_service_item_or_form_that_no_page_offers_is_refused(house) {
        let browser = house.applicant().await;
        let page = browser.get("/cases/new?service=nothing").await.expect(200);
        assert!(page.one(".summary").contains("請選擇一項服務項目"));
        browser.post("/cases", &with(&CONTENT, &[("service", "nothing"), ("token", "t")])).await.expect(404);
        browser.post("/cases", &with(&CONTENT, &[("service", "referral")])).await.expect(400);
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 0);
    }

    async fn only_applicants_open_cases(house) {
        for who in [Who::Manager, Who::Supervisor, Who::Professional, Who::Archivist, Who::Administrator] {
            let browser = house.sign_in(who).await;
            browser.get("/cases/new").await.expect(409);
            let fields = with(&CONTENT, &[("service", "referral"), ("token", "t")]);
            browser.post("/cases", &fields).await.expect(409);
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 0);
    }
}
