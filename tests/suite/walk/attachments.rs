//! 檢附資料: kinds by content, sizes, double clicks, and what a change does to the printed form.

use casebind::case::ids::Digest;
use image::ImageFormat;

use crate::scans::bad;
use crate::support::browser::Chosen;
use crate::support::{Case, paper};

both! {
    async fn what_a_file_is_decides_its_content(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let pdf = paper::letter("同意書");
        let jpeg = paper::picture(ImageFormat::Jpeg);
        let png = paper::picture(ImageFormat::Png);
        // Names and announced kinds are wrong on purpose.
        for (category, name, bytes) in
            [("consent", "C:\\掃描\\同意書.PDF", &pdf), ("summary", "紀錄.txt", &jpeg), ("other", "圖", &png)]
        {
            let file = Chosen { name, kind: "text/plain", bytes };
            let added = case.attach(category, file).await;
            added.leads_to(&case.path("/attachments?said=attached"));
        }
        let page = case.get("/attachments").await.expect(200);
        assert_eq!(page.all(".attachment h3"), ["其他", "輔導紀錄摘要", "家長(監護人)同意書"], "newest first");
        let files = page.all(".attachment__file");
        assert!(files[0].contains("PNG") && files[1].contains("JPEG") && files[2].contains("PDF"), "{files:?}");
        assert!(files[2].starts_with("同意書.PDF "), "{files:?}");
        assert_eq!(page.all(".attachment .digest")[2], Digest::of(&pdf).to_string());
        assert_eq!(page.all(".attachment .badge"), ["未核閱"; 3]);
        assert!(page.all(".checklist__item").iter().all(|item| item.ends_with("已上傳")));

        for (link, bytes, kind) in
            page.attributes(".attachment__file a", "href").iter().zip([&png, &jpeg, &pdf]).zip(["image/png", "image/jpeg", "application/pdf"]).map(|((l, b), k)| (l, b, k))
        {
            let file = browser.get(link).await.expect(200);
            assert_eq!(&file.body, bytes);
            assert_eq!(file.header("content-type"), kind);
            assert!(file.header("content-disposition").starts_with("attachment;"));
            assert_eq!(file.header("x-content-type-options"), "nosniff");
            assert_eq!(file.header("etag"), format!("\"{}\"", Digest::of(bytes)));
        }
    }

    async fn other_kinds_are_refused_whatever_they_are_called(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let good = paper::letter("good");
        let program = [b"MZ\x90\x00\x03\x00\x00\x00".as_slice(), &[0; 512]].concat();
        let zip = [b"PK\x03\x04\x14\x00\x00\x00".as_slice(), &[0; 64]].concat();
        let before = house.record().await;
        for (bytes, words) in [
            (program, "附件必須是 PDF、JPEG 或 PNG 檔"),
            (b"<!DOCTYPE html><html><body>not a PDF</body></html>".to_vec(), "附件必須是 PDF、JPEG 或 PNG 檔"),
            // It says that it is a PDF as well.
            (bad::HTML.to_vec(), "附件必須是 PDF、JPEG 或 PNG 檔"),
            (bad::TEXT.to_vec(), "附件必須是 PDF、JPEG 或 PNG 檔"),
            (zip, "附件必須是 PDF、JPEG 或 PNG 檔"),
            (Vec::new(), "檔案是空的"),
            (bad::encrypted(&good), "密碼保護或加密"),
            (bad::script(&good), "自動執行"),
            (bad::attached_file(&good), "夾帶其他檔案"),
            (bad::cut_off(&good), "損壞或不完整"),
        ] {
            let page = case.attach("consent", Chosen::pdf("同意書.pdf", &bytes)).await.expect(422);
            let said = page.one("[data-refusal] .summary");
            assert!(said.contains(words), "{words}: {said}");
            assert!(said.contains("檔案沒有上傳"), "{said}");
        }
        assert_eq!(house.record().await, before);
    }

    async fn a_file_that_is_too_big_is_refused_without_being_kept(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let before = house.record().await;
        let bytes = [b"%PDF-1.7\n".as_slice(), &vec![b' '; 4 * 1024 * 1024]].concat();
        let page = case.attach("consent", Chosen::pdf("大.pdf", &bytes)).await.expect(422);
        assert!(page.one("[data-refusal] .summary").contains("檔案超過 4 MB"));
        assert_eq!(house.record().await, before);
        assert_eq!(std::fs::read_dir(house.data_dir().join("tmp")).unwrap().count(), 0, "nothing is left behind");
    }

    async fn a_category_and_a_file_have_to_be_chosen(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let file = paper::letter("x");
        let page = case.attach("nothing", Chosen::pdf("x.pdf", &file)).await.expect(422);
        assert!(page.one("[data-refusal] .summary").contains("請選擇檢附資料的類別"));
        let page = case.attach("consent", Chosen { name: "", kind: "application/octet-stream", bytes: b"" }).await;
        assert!(page.expect(422).one("[data-refusal] .summary").contains("請先選擇檔案"));
    }

    async fn a_double_click_uploads_once(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let file = paper::letter("x");
        let twice = |case: Case, file: Vec<u8>| async move {
            case.attach("consent", Chosen::pdf("x.pdf", &file)).await
        };
        let (one, two) = tokio::join!(
            tokio::spawn(twice(case.clone(), file.clone())),
            tokio::spawn(twice(case.clone(), file.clone())),
        );
        one.unwrap().leads_to(&case.path("/attachments"));
        two.unwrap().leads_to(&case.path("/attachments"));
        assert_eq!(house.number("SELECT COUNT(*) FROM attachments").await, 1);
        // As another category it is another document.
        case.attach("summary", Chosen::pdf("x.pdf", &file)).await.leads_to(&case.path("/attachments"));
        assert_eq!(house.number("SELECT COUNT(*) FROM attachments").await, 2);
        assert_eq!(house.number("SELECT COUNT(*) FROM documents").await, 1);
        assert_eq!(house.originals().len(), 1);
    }

    async fn taking_one_off_makes_the_print_stale_and_keeps_the_original(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let page = case.get("/attachments").await.expect(200);
        let ask = browser.get(&page.link("刪除")).await.expect(200);
        assert!(ask.one("main").contains("需要重新列印與核章"));
        browser.press(&ask, "刪除", &[]).await.leads_to(&case.path("/attachments"));
        // The second click of a double click.
        browser.press(&ask, "刪除", &[]).await.leads_to(&case.path("/attachments"));
        let page = case.page().await;
        assert!(page.one(".stale h2").contains("第 1 版申請單已過期"));
        assert!(page.one(".stale .changes").contains("輔導紀錄摘要"), "{}", page.one(".stale .changes"));
        assert_eq!(house.originals().len(), 3, "two attachments and a print");
        assert_eq!(house.number("SELECT COUNT(*) FROM attachments").await, 2);

        // Without it there is nothing to print, and the page says what is missing.
        let refused = case.post("/print", &[]).await.expect(409);
        assert!(refused.one("main").contains("尚缺檢附資料：輔導紀錄摘要"));
        // The same file again: the print is good again.
        let file = paper::letter(&format!("summary {}", case.number));
        case.attach("summary", Chosen::pdf("附件.pdf", &file)).await.leads_to(&case.path("/attachments"));
        assert!(!case.page().await.has(".stale"));
    }
}
