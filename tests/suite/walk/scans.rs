//! 上傳簽核申請單: scans as offices send them, and what the applicant sees of them.

use casebind::case::ids::Digest;

use crate::scans::{Colours, Look, Mark, Scanner, Sheet};
use crate::support::{Case, Who, paper};

both! {
    async fn clean_scans_are_accepted_at_every_density_and_in_every_turn(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let mut sheets = Sheet::print(&case.form(&house).await);
        for (sheet, mark) in sheets.iter_mut().zip([Mark::RedSquare, Mark::BluePen]) {
            sheet.sign(mark, 7);
        }
        let sheets: Vec<&Sheet> = sheets.iter().collect();
        for (dpi, turn, colours) in [
            (150.0, 0, Colours::Gray),
            (150.0, 90, Colours::Colour),
            (200.0, 180, Colours::Colour),
            (200.0, 270, Colours::Gray),
            (300.0, 0, Colours::Colour),
            (300.0, 90, Colours::Bilevel),
        ] {
            let scan = Scanner::new(dpi).colours(colours).scan(&sheets, Look::turned(turn));
            let answer = case.hand_in(&scan).await;
            answer.leads_to(&case.path("/scans/"));
            let page = browser.follow(&answer).await.expect(200);
            let what = format!("{dpi} dpi, {turn} degrees, {colours:?}");
            assert!(page.one(".lead .verdict").contains("核章欄皆有核章"), "{what}: {}", page.one(".lead"));
            assert_eq!(page.all(".seal .badge"), ["有核章"; 3], "{what}");
            assert!(page.one(".strip .verdict").contains("第 1 頁，共 1 頁，第 1 版"), "{what}");
        }
        assert_eq!(case.state().await, "核章", "looking at it changes nothing");
    }

    async fn what_was_recognised_is_shown_before_it_is_submitted(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        assert!(case.page().await.buttons().contains(&"上傳簽核申請單".to_owned()));
        let scan = case.signed_scan(&house).await;
        let page = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert_eq!(page.one("h1"), "核對掃描檔 1150000001");
        assert_eq!(page.all(".seal__label"), ["承辦人", "輔導主任", "校長"]);
        assert_eq!(page.one(".original .digest"), Digest::of(&scan).to_string());
        for (selector, kind) in [(".strip img", "image/jpeg"), (".seal img", "image/png")] {
            let pictures = page.attributes(selector, "src");
            assert!(!pictures.is_empty());
            for picture in pictures {
                let answer = browser.get(&picture).await.expect(200);
                assert_eq!(answer.header("content-type"), kind);
                assert!(image::load_from_memory(&answer.body).is_ok());
            }
        }
        let original = browser.get(&page.link("簽核申請單.pdf")).await.expect(200);
        assert_eq!(original.body, scan);
        assert!(original.header("content-disposition").starts_with("attachment;"));
        // The case leads back to it.
        let sentence = case.page().await.one(".next__sentence");
        assert!(sentence.contains("請確認辨識結果後送件"), "{sentence}");
    }

    async fn a_double_click_takes_a_scan_in_once(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        let twice = |case: Case, scan: Vec<u8>| async move { case.hand_in(&scan).await };
        let (one, two) = tokio::join!(
            tokio::spawn(twice(case.clone(), scan.clone())),
            tokio::spawn(twice(case.clone(), scan.clone())),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        one.leads_to(&case.path("/scans/"));
        assert_eq!(one.location(), two.location());
        assert_eq!(case.hand_in(&scan).await.location(), one.location());
        assert_eq!(house.number("SELECT COUNT(*) FROM scans").await, 1);
    }

    async fn a_scan_of_several_pages_may_come_in_any_order_with_empty_backs(house) {
        let browser = house.applicant().await;
        let case = crate::walk::refusals::two_pages(&browser).await;
        let form = case.form(&house).await;
        assert_eq!(form.layout.pages.len(), 2);
        let sheets = paper::sheets(&form, true);
        let back = paper::Sheet(image::GrayImage::from_pixel(1240, 1754, image::Luma([248])));
        let scan = paper::bind(&[sheets[1].clone(), back.clone(), sheets[0].clone(), back]);
        let page = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert!(page.one(".lead .verdict").contains("2 頁齊全"), "{}", page.one(".lead"));
        let verdicts = page.all(".strip .verdict");
        assert_eq!(verdicts.iter().filter(|v| v.contains("空白的背面")).count(), 2, "{verdicts:?}");
        assert!(verdicts[0].contains("第 1 頁") && verdicts[1].contains("第 2 頁"), "{verdicts:?}");
        // The order is told, to the applicant and to the reviewer, and hinders nobody.
        let hint = page.one(".notice--plain");
        assert!(hint.contains("順序是 2、1") && hint.contains("不必重新掃描"), "{hint}");
        browser.press(&page, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let desk = house.sign_in(Who::Manager).await.get(&case.path("/review")).await.expect(200);
        assert!(desk.one(".desk__remarks").contains("順序是 2、1"), "{}", desk.one(".desk__remarks"));
        let lies = desk.all(".leaf__lies");
        assert!(lies.len() == 2 && lies.iter().all(|words| words.contains("歪斜")), "{lies:?}");
    }

    async fn pages_in_their_order_need_no_hint(house) {
        let browser = house.applicant().await;
        let case = crate::walk::refusals::two_pages(&browser).await;
        let scan = case.signed_scan(&house).await;
        let page = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert!(!page.html().contains("頁面順序"), "{}", page.html());
    }

    async fn a_scan_without_readable_codes_is_bound_by_the_short_code(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let form = case.form(&house).await;
        let scan = paper::bind(&paper::without_codes(&form, &paper::sheets(&form, true)));
        let before = house.record().await;
        let refused = case.hand_in(&scan).await.expect(422);
        assert!(refused.one(".refusal h2").contains("讀不到申請單上的條碼"));
        assert!(refused.has("#f-short_code"));
        assert_eq!(house.record().await, before);

        let code = crate::walk::refusals::short_code(&house, &case).await;
        let typed = code.to_lowercase().replace('-', " ");
        let page = browser.follow(&case.hand_in_with(&typed, &scan).await).await.expect(200);
        assert!(page.one(".notice--attention").contains("需人工核對"));
        // What was taken by the short code has no tick as if it had been read.
        assert!(page.html().contains("看起來像第 1 頁，待人工核對"), "{}", page.html());
        assert!(!page.html().contains("第 1 頁，共 1 頁"));
        browser.press(&page, "送件", &[("confirm_empty", "1")]).await.leads_to(&case.path("/receipt"));
        let receipt = case.get("/receipt").await.expect(200);
        assert!(receipt.one(".notice--attention").contains("需人工核對"));
        let dossier = case.dossier(&house).await;
        assert!(dossier.bound_scan().unwrap().by_hand);
        assert!(dossier.flow[0].reason.contains("需人工核對"));
    }

    async fn a_box_without_a_picture_is_told_in_words(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        // Nothing on it can be laid over the form.
        let scan = paper::bind(&[paper::foreign_sheet()]);
        let code = crate::walk::refusals::short_code(&house, &case).await;
        let page = browser.follow(&case.hand_in_with(&code, &scan).await).await.expect(200);
        assert_eq!(page.all(".seal .badge"), ["無法確定"; 3]);
        assert!(!page.has(".seal img"), "{:?}", page.attributes(".seal img", "src"));
        let told = page.all(".seal__words");
        assert!(told.len() == 3 && told.iter().all(|words| words.contains("這一格沒有圖，請看整頁")), "{told:?}");
        browser.press(&page, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let manager = house.sign_in(Who::Manager).await;
        let desk = manager.get(&case.path("/review")).await.expect(200);
        let told = desk.all(".item__machine");
        assert_eq!(told.iter().filter(|words| words.contains("這一格沒有圖，請看整頁")).count(), 3, "{told:?}");
        for href in desk.attributes(".item__words a[href^='#on-seal']", "href") {
            assert!(desk.has(&format!("rect{href}")), "{href}");
        }
        assert_eq!(desk.all(".item__words a[href^='#on-seal']").len(), 3);
        // Whatever picture the pages name is there.
        for (page, who) in [(&page, &browser), (&desk, &manager)] {
            for picture in page.attributes("main img", "src") {
                who.get(&picture).await.expect(200);
            }
        }
    }
}
