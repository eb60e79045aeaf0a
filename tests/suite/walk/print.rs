//! 列印申請單: what it needs, what it freezes, and when it goes stale.

use casebind::case::ids::Digest;

use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, Who, paper};

both! {
    async fn what_is_missing_is_named_before_anything_is_printed(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        assert!(case.page().await.all(".checklist__item").iter().any(|item| item == "新增服務對象，還沒有"));
        let refused = case.post("/print", &[]).await.expect(409);
        assert!(refused.one("main").contains("尚未新增服務對象"));
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        let refused = case.post("/print", &[]).await.expect(409);
        assert!(refused.one("main").contains("尚缺檢附資料：家長(監護人)同意書、輔導紀錄摘要"));
        for category in ["consent", "summary"] {
            let file = paper::letter(category);
            case.attach(category, Chosen::pdf("x.pdf", &file)).await.leads_to(&case.path("/attachments"));
        }
        // A record from before a field became required.
        house.sql("UPDATE cases SET content = '{\"phone\":\"07-1234567\"}'").await;
        house.sql("UPDATE subjects SET answers = '{\"name\":\"王小明\"}'").await;
        let refused = case.post("/print", &[]).await.expect(409);
        let words = refused.one("main");
        assert!(words.contains("下列必填欄位尚未填寫：次要聯絡電話、問題簡述"), "{words}");
        assert!(words.contains("對象 證件類別"), "{words}");
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 0);
        assert_eq!(case.dossier(&house).await.state().as_str(), "draft");
    }

    async fn a_print_is_frozen_and_its_bytes_are_the_same_for_ever(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let answer = case.print().await;
        answer.leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(case.state().await, "核章");
        let pdf = browser.follow(&answer).await.expect(200);
        assert!(pdf.body.starts_with(b"%PDF-"));
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert!(pdf.header("content-disposition").starts_with("inline;"));
        assert!(pdf.header("content-disposition").contains(".pdf"));
        assert!(pdf.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(pdf.header("x-content-type-options"), "nosniff");
        let digest = Digest::of(&pdf.body);
        assert_eq!(pdf.header("etag"), format!("\"{digest}\""));
        assert_eq!(case.page().await.one(".paper .digest"), digest.short());

        // Another day, another look, the button pressed again: the same revision and the same bytes.
        house.wait(30 * 24 * 60 * 60_000);
        let browser = house.applicant().await;
        let case = Case { browser: browser.clone(), ..case };
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(case.get("/prints/1/form.pdf").await.expect(200).body, pdf.body);
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 1);
        let picture = case.get("/prints/1/page-1.jpg").await.expect(200);
        assert_eq!(picture.header("content-type"), "image/jpeg");
        assert!(picture.body.starts_with(&[0xff, 0xd8]));
        case.get("/prints/2/form.pdf").await.expect(404);
    }

    async fn an_edit_after_printing_makes_the_paper_stale(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        assert!(!case.page().await.has(".stale"));
        assert!(case.get("/content").await.expect(200).one(".notice--attention").contains("需要重新列印"));
        case.edit(&[("problem", "改過的描述")]).await.leads_to(&case.path(""));
        let page = case.page().await;
        assert_eq!(case.state().await, "核章");
        assert!(page.one(".stale h2").contains("第 1 版申請單已過期"));
        let changed = page.one(".stale .changes");
        assert!(changed.contains("問題簡述") && changed.contains("改過的描述"), "{changed}");
        assert!(changed.contains("經常請假"), "the old words as well: {changed}");
        assert!(page.one(".paper .verdict").contains("已過期，請勿核章"));
        assert!(browser.get("/cases").await.expect(200).one(".card").contains("需重新列印"));
        // The upload page says it too, and leads to the print.
        assert!(case.get("/scans/new").await.expect(200).has(".stale"));

        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        let page = case.page().await;
        assert!(!page.has(".stale"));
        assert_eq!(page.all(".paper__title"), ["申請單第 2 版", "申請單第 1 版"]);
        let flow = case.get("?tab=flow").await.expect(200);
        assert_eq!(flow.all(".tab .flow__label")[..3], ["核章", "編輯：內容", "核章"]);
        assert_eq!(flow.all(".tab .flow__documents .digest").len(), 4, "each print and each attachment has its digest");
        // Both revisions stay what they were.
        let (one, two) = (case.get("/prints/1/form.pdf").await.expect(200), case.get("/prints/2/form.pdf").await.expect(200));
        assert_ne!(one.body, two.body);
    }

    async fn an_edit_that_is_taken_back_leaves_the_paper_good(house) {
        let browser = house.applicant().await;
        let case = Case::stale(&browser).await;
        case.edit(&CONTENT).await.leads_to(&case.path(""));
        assert!(!case.page().await.has(".stale"));
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    }

    async fn every_printed_part_counts_and_so_does_the_subject(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let subject = case.dossier(&house).await.subject().unwrap().id.clone();
        let form = case.get(&format!("/subject/{subject}")).await.expect(200);
        browser.press(&form, "儲存", &[("class", "忠")]).await.leads_to(&case.path("?tab=subject"));
        let changes = case.page().await.one(".stale .changes");
        assert!(changes.contains("學生班級(班)"), "{changes}");
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        let file = paper::letter("more");
        case.attach("other", Chosen::pdf("更多.pdf", &file)).await.leads_to(&case.path("/attachments"));
        assert!(case.page().await.one(".stale h2").contains("第 2 版"));
        case.print().await.leads_to(&case.path("/prints/3/form.pdf"));
    }

    async fn a_double_click_prints_once(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let form = case.page().await.form("列印申請單");
        let (one, two) = tokio::join!(
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
            tokio::spawn({ let (b, f) = (browser.clone(), form.clone()); async move { b.submit(&f).await } }),
        );
        one.unwrap().leads_to(&case.path("/prints/1/form.pdf"));
        two.unwrap().leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 1);
    }

    async fn a_long_record_flows_onto_further_pages_and_keeps_its_boxes_whole(house) {
        let browser = house.applicant().await;
        let long = "這是一段很長的描述，每一句都要印出來。".repeat(100);
        let case = Case::ready_with(&browser, &with(&CONTENT, &[("problem", &long), ("expectation", &long)])).await;
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        let layout = case.layout(&house).await;
        assert!(layout.pages.len() >= 2, "{} pages", layout.pages.len());
        for page in &layout.pages {
            assert_eq!(page.codes.len(), 4, "page {}", page.page);
        }
        let boxes: Vec<_> = layout.pages.iter().flat_map(|p| &p.boxes).map(|b| b.label.as_str()).collect();
        assert_eq!(boxes, ["承辦人", "輔導主任", "校長"]);
        for place in layout.pages.iter().flat_map(|p| &p.boxes) {
            assert!(place.y_mm + place.h_mm < 297.0 && place.h_mm >= 25.0, "{place:?}");
        }
    }

    async fn a_kindergarten_seals_with_two_boxes(house) {
        let browser = house.sign_in(Who::KindergartenApplicant).await;
        let case = Case::printed(&browser).await;
        let layout = case.layout(&house).await;
        let boxes: Vec<_> = layout.pages.iter().flat_map(|p| &p.boxes).map(|b| b.label.as_str()).collect();
        assert_eq!(boxes, ["承辦人", "園長"]);
        assert!(case.get("/scans/new").await.expect(200).one(".reminders__seal").contains("承辦人、園長"));
    }

    async fn a_character_without_a_glyph_is_named_and_nothing_is_printed(house) {
        let browser = house.applicant().await;
        // A character of Cuneiform: no font for names has it.
        let case = Case::opened_with(&browser, &with(&CONTENT, &[("problem", "看不懂的字\u{12000}")])).await;
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        for category in ["consent", "summary"] {
            let file = paper::letter(category);
            case.attach(category, Chosen::pdf("x.pdf", &file)).await.leads_to(&case.path("/attachments"));
        }
        let before = house.record().await;
        let refused = case.post("/print", &[]).await.expect(409);
        assert!(refused.one("main").contains("U+12000"), "{}", refused.one("main"));
        assert_eq!(house.record().await, before);
        case.edit(&[("problem", "看得懂的字")]).await.leads_to(&case.path(""));
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    }
}
