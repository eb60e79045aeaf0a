//! Every refusal of an upload: its own words, what to do, and nothing changed.

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::PrintRequest;
use casebind::forms::code::{CodeKey, ShortCode};

use crate::scans::{PrintedForm, bad};
use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, with};
use crate::support::{Browser, Case, House, Page, paper};

/// A case whose form has two pages, printed.
pub async fn two_pages(browser: &Browser) -> Case {
    let long = "這是一段很長的描述，每一句都要印出來。".repeat(60);
    let case = Case::ready_with(browser, &with(&CONTENT, &[("problem", &long)])).await;
    case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    case
}

/// The short code of a case's newest print.
pub async fn short_code(house: &House, case: &Case) -> String {
    let dossier = case.dossier(house).await;
    let revision = dossier.newest_print().expect("a print").revision;
    ShortCode { reference: dossier.case.reference, revision }.text(&house.office().key)
}

/// The same record printed as another reference, revision or under another key.
async fn printed_as(
    house: &House,
    case: &Case,
    reference: Option<CaseReference>,
    revision: i64,
    key: &CodeKey,
) -> PrintedForm {
    let dossier = case.dossier(house).await;
    let reference = reference.unwrap_or(dossier.case.reference);
    let snapshot = serde_json::to_value(&dossier.newest_print().expect("a print").snapshot).unwrap();
    let printed = house.office().printer.print(&PrintRequest {
        template: "referral",
        snapshot: &snapshot,
        case_label: reference.to_string(),
        reference,
        revision: Revision::try_from(revision).unwrap(),
        key,
        printed_at: jiff::Timestamp::from_millisecond(house.office().world.now()).unwrap(),
    });
    let printed = printed.expect("a form");
    PrintedForm { pdf: printed.pdf, layout: printed.layout }
}

/// What the strip under a refusal says of each page, without spaces; each has its picture.
fn seen(page: &Page) -> Vec<String> {
    let pictures = page.attributes(".seen__pages img", "src");
    assert!(
        pictures.iter().all(|picture| picture.starts_with("data:image/jpeg;base64,/9j/")),
        "{pictures:?}"
    );
    let said = page.all(".seen__pages li");
    assert_eq!(said.len(), pictures.len());
    said.iter().map(|words| words.replace(char::is_whitespace, "")).collect()
}

/// Insists that a scan is refused with these words and that nothing has changed.
async fn refused(house: &House, case: &Case, scan: &[u8], title: &str, words: &str) -> Page {
    let before = house.record().await;
    let page = case.hand_in(scan).await.expect(422);
    assert_eq!(page.one(".refusal h2"), title);
    let said = page.one(".refusal");
    assert!(said.contains(words), "{words}: {said}");
    assert!(said.contains("都沒有改變"), "{said}");
    assert_eq!(house.record().await, before, "{title}: nothing may change");
    assert!(page.has("input[type=file]"), "another file can be chosen at once");
    page
}

both! {
    async fn files_that_are_no_scan(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let good = case.signed_scan(&house).await;
        let big = [good.as_slice(), &vec![b'\n'; 4 * 1024 * 1024]].concat();
        for (scan, title, words) in [
            (big, "檔案太大", "檔案超過 4 MB"),
            (Vec::new(), "這是空的檔案", "檔案是空的"),
            (b"<!DOCTYPE html><html><body>not a PDF</body></html>".to_vec(), "這不是 PDF 檔案", "簽核申請單必須是 PDF 檔"),
            (bad::HTML.to_vec(), "這不是 PDF 檔案", "簽核申請單必須是 PDF 檔"),
            (bad::TEXT.to_vec(), "這不是 PDF 檔案", "簽核申請單必須是 PDF 檔"),
            (paper::picture(image::ImageFormat::Png), "這不是 PDF 檔案", "簽核申請單必須是 PDF 檔"),
            (bad::cut_off(&good), "檔案已損壞", "請重新掃描"),
            (bad::encrypted(&good), "這個 PDF 有密碼保護", "請取消密碼保護"),
            (bad::script(&good), "這個 PDF 含有會自動執行的內容", "為了安全無法接受"),
            (bad::launch(&good), "這個 PDF 含有會自動執行的內容", "為了安全無法接受"),
            (bad::attached_file(&good), "這個 PDF 夾帶了其他檔案", "請將夾帶的檔案移除"),
            (bad::many_pages(21), "頁數太多", "檔案有 21 頁，超過上限 20 頁"),
            (bad::page_of_size(20_000.0, 20_000.0), "頁面尺寸不正常", "請以 A4 重新掃描"),
            (bad::huge_image(), "頁面影像太大", "掃描請用 200 至 300 dpi"),
        ] {
            refused(&house, &case, &scan, title, words).await;
        }
        assert_eq!(case.state().await, "核章");
    }

    async fn no_file_at_all(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let page = case.get("/scans/new").await.expect(200);
        let nothing = Chosen { name: "", kind: "application/octet-stream", bytes: b"" };
        let page = browser.press_with(&page, "上傳並檢查", &[], nothing).await.expect(422);
        assert!(page.one(".refusal").contains("請先選擇掃描檔"));
    }

    async fn the_form_of_another_case(house) {
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let scan = other.signed_scan(&house).await;
        let page = refused(&house, &case, &scan, "這不是本案件的申請單", "另一個案件的申請單").await;
        assert!(!page.html().contains(&other.number), "the other case isn't named");
        assert_eq!(
            seen(&page),
            ["檔案的第1頁這不是本案件的申請單請確認紙本後，上傳本案最新列印並核章的申請單。"]
        );
    }

    async fn an_old_revision_names_what_changed(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let old = case.signed_scan(&house).await;
        case.edit(&[("problem", "改過的描述"), ("phone", "07-7654321")]).await.leads_to(&case.path(""));
        // Before the new print: the paper is stale, whatever is uploaded.
        let page = refused(&house, &case, &old, "已列印的申請單已過期", "列印之後資料已修改").await;
        assert!(page.one(".changes").contains("問題簡述"));

        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        let page = refused(&house, &case, &old, "這不是最新版的申請單", "第 1 版的申請單").await;
        assert!(page.one(".refusal").contains("最新為第 2 版"));
        let changes = page.all(".changes li");
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(changes[0].contains("連絡電話") && changes[0].contains("07-7654321"), "{changes:?}");
        assert!(changes[1].contains("問題簡述") && changes[1].contains("改過的描述"), "{changes:?}");
        // The way forward is on the page.
        browser.press(&page, "列印最新版申請單", &[]).await.leads_to(&case.path("/prints/2/form.pdf"));
        let newest = case.signed_scan(&house).await;
        case.hand_in(&newest).await.leads_to(&case.path("/scans/"));
    }

    async fn pages_missing_twice_or_foreign(house) {
        let browser = house.applicant().await;
        let case = two_pages(&browser).await;
        let sheets = paper::sheets(&case.form(&house).await, true);
        let [one, two] = [sheets[0].clone(), sheets[1].clone()];
        let back = paper::Sheet(image::GrayImage::from_pixel(1240, 1754, image::Luma([248])));
        let (first, second, again) = ("第1頁，共2頁", "第2頁，共2頁", "第1頁，重複了這一頁在檔案裡不只一次。請只留一頁，再重新上傳。");
        for (pages, title, words, strip) in [
            (vec![one.clone()], "申請單缺頁", "缺少申請單的第 2 頁（共 2 頁）", vec![first]),
            (vec![two.clone()], "申請單缺頁", "缺少申請單的第 1 頁（共 2 頁）", vec![second]),
            (
                vec![one.clone(), two.clone(), one.clone()],
                "有頁面重複",
                "申請單的第 1 頁重複出現",
                vec![again, second, again],
            ),
            (
                vec![one.clone(), two.clone(), paper::foreign_sheet()],
                "混入了其他文件的頁面",
                "檔案的第 3 頁不是申請單的頁面",
                vec![first, second, "混入了其他文件的頁面"],
            ),
            // However many there are, each is shown.
            (
                [vec![one.clone(), two.clone(), two.clone()], vec![back; 7]].concat(),
                "有頁面重複",
                "申請單的第 2 頁重複出現",
                [vec![first, "第2頁，重複了", "第2頁，重複了"], vec!["空白的背面，會略過"; 7]].concat(),
            ),
        ] {
            let page = refused(&house, &case, &paper::bind(&pages), title, words).await;
            let strip: Vec<String> =
                strip.iter().enumerate().map(|(at, said)| format!("檔案的第{}頁{said}", at + 1)).collect();
            let seen = seen(&page);
            assert_eq!(seen.len(), strip.len(), "{seen:?}");
            for (seen, said) in seen.iter().zip(&strip) {
                // What to do with a foreign page is said after what it is.
                assert!(seen.starts_with(said), "{seen}: {said}");
            }
        }
        let mixed = {
            let other = two_pages(&browser).await;
            let foreign = paper::sheets(&other.form(&house).await, true);
            paper::bind(&[one, foreign[1].clone()])
        };
        let before = house.record().await;
        let page = case.hand_in(&mixed).await.expect(422);
        assert!(page.one(".refusal h2").contains("不是本案件"), "{}", page.one(".refusal"));
        assert_eq!(house.record().await, before);
    }

    async fn a_forged_code(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let forged = printed_as(&house, &case, None, 1, &CodeKey::from_bytes([9; 32])).await;
        refused(&house, &case, &paper::scan(&forged, true), "條碼不是本系統印出的", "請上傳由本系統列印的申請單").await;
        // A genuine code of a revision that was never printed.
        let unknown = printed_as(&house, &case, None, 7, &house.office().key).await;
        refused(&house, &case, &paper::scan(&unknown, true), "這不是最新版的申請單", "沒有列印過這個版次").await;
        // A genuine code of a case that isn't there.
        let nowhere = Some(CaseReference::from_bytes([1, 2, 3, 4, 5]));
        let foreign = printed_as(&house, &case, nowhere, 1, &house.office().key).await;
        refused(&house, &case, &paper::scan(&foreign, true), "這不是本案件的申請單", "另一個案件").await;
    }

    async fn a_short_code_that_does_not_fit(house) {
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let form = case.form(&house).await;
        let scan = paper::bind(&paper::without_codes(&form, &paper::sheets(&form, true)));
        let foreign = short_code(&house, &other).await;
        let old = short_code(&house, &case).await;
        let mut typo = old.clone().into_bytes();
        typo[0] = if typo[0] == b'A' { b'B' } else { b'A' };
        let typo = String::from_utf8(typo).unwrap();
        case.edit(&[("problem", "改過")]).await.leads_to(&case.path(""));
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        for (typed, words) in [
            ("K7Q2", "核對碼不正確"),
            (typo.as_str(), "核對碼不正確"),
            (foreign.as_str(), "這個核對碼屬於另一份申請單"),
            (old.as_str(), "第 1 版申請單，最新為第 2 版"),
        ] {
            let before = house.record().await;
            let page = case.hand_in_with(typed, &scan).await.expect(422);
            assert!(page.error_of("short_code").contains(words), "{typed}: {}", page.error_of("short_code"));
            assert_eq!(page.attributes("#f-short_code", "value"), [typed], "what was typed stays");
            assert_eq!(house.record().await, before);
        }
        // A right code doesn't excuse paper that says something else.
        let right = short_code(&house, &case).await;
        let other_scan = other.signed_scan(&house).await;
        case.hand_in_with(&right, &other_scan).await.expect(422);
    }

    async fn before_the_print_there_is_nothing_to_upload(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        case.get("/scans/new").await.expect(409);
        let other = Case::printed(&browser).await;
        let scan = other.signed_scan(&house).await;
        let before = house.record().await;
        browser.upload(&case.path("/scans"), &[], Chosen::pdf("x.pdf", &scan)).await.expect(409);
        assert_eq!(house.record().await, before);
    }
}
