//! 整疊上傳: one scan with the forms of many cases. Each case gets its own pages, and nobody another's.

use std::time::Duration;

use casebind::case::event::Event;
use casebind::case::ids::Digest;
use casebind::case::supplement::Place;
use casebind::forms::code::PageCode;
use casebind::intake::{Judge, Limits};
use casebind::paper::{self as reader, Pages};
use casebind::web;

use crate::review::version;
use crate::support::browser::{Browser, Chosen};
use crate::support::house::{CASEBIND, MINUTE};
use crate::support::paper::{self, Sheet};
use crate::support::{Case, House, Page, Who};
use crate::walk::refusals::{short_code, two_pages};

/// The sealed pages of a case's newest form.
pub async fn sealed(house: &House, case: &Case) -> Vec<Sheet> {
    paper::sheets(&case.form(house).await, true)
}

/// Uploads a stack and waits until it has ended.
async fn uploaded(browser: &Browser, file: &[u8]) -> Page {
    uploaded_as(browser, "整疊.pdf", file).await
}

/// The same by another name.
pub async fn uploaded_as(browser: &Browser, name: &str, file: &[u8]) -> Page {
    let form = browser.get("/stacks").await.expect(200);
    let answer = browser.press_with(&form, "上傳", &[], Chosen::pdf(name, file)).await;
    answer.leads_to("/stacks/");
    ended(browser, answer.location()).await
}

async fn ended(browser: &Browser, path: &str) -> Page {
    for _ in 0..6000 {
        let answer = browser.get(&format!("{path}/progress")).await.expect(200);
        let progress: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(progress["done"].as_i64() <= progress["total"].as_i64(), "{progress}");
        if progress["going"] == false {
            return browser.get(path).await.expect(200);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} doesn't end");
}

/// The cases whose codes stand on the pages of a PDF.
async fn cases_in(house: &House, pdf: Vec<u8>) -> Vec<String> {
    let pages = Pages::open(pdf, u64::MAX).unwrap();
    let mut cases = Vec::new();
    for index in 0..pages.len() {
        for code in reader::read(&pages.picture(index).unwrap(), None, None).codes {
            let code = PageCode::read(&code.text).unwrap().code;
            let sql = format!("SELECT number FROM cases WHERE reference = '{}'", code.reference);
            cases.extend(house.texts(&sql).await);
        }
    }
    cases.dedup();
    cases
}

fn words(page: &Page, case: &Case) -> String {
    let lines = page.all(".stack-case");
    lines.into_iter().find(|line| line.replace(' ', "").contains(&case.number)).unwrap_or_default()
}

both! {
    async fn each_case_gets_its_own_pages_and_all_are_submitted_at_once(house) {
        let browser = house.applicant().await;
        let cases = [Case::printed(&browser).await, Case::printed(&browser).await, Case::printed(&browser).await];
        let mut stack = Vec::new();
        for case in cases.iter().rev() {
            stack.extend(sealed(&house, case).await);
            stack.push(Sheet(image::GrayImage::from_pixel(1240, 1754, image::Luma([252]))));
        }
        let stack = paper::bind(&stack);
        let page = uploaded(&browser, &stack).await;
        assert_eq!(page.one("h1"), "整疊共 3 件申請單");
        assert!(page.one(".lead").contains("空白的背面 3 頁已略過"), "{}", page.one(".lead"));
        assert!(!page.has(".stray"));
        for case in &cases {
            let words = words(&page, case);
            assert!(words.contains("核章欄皆有核章"), "{words}");
            assert_eq!(case.state().await, "核章", "looking at it changes nothing");
            let scan = case.dossier(&house).await.scans[0].clone();
            let cut = house.plain(&scan.digest);
            assert_eq!(cases_in(&house, cut).await, [case.number.clone()]);
            let check = case.get(&format!("/scans/{}", scan.id)).await.expect(200);
            assert!(check.one(".lead .verdict").contains("核章欄皆有核章"), "{}", check.one(".lead"));
        }
        assert_eq!(browser.get(&page.link("整疊.pdf")).await.expect(200).body, stack, "kept as it came");
        assert!(house.original(&Digest::of(&stack)).exists());

        let mut form = page.form("送件所選案件");
        assert_eq!(form.fields.iter().filter(|(name, _)| name == "case").count(), 3, "clean ones are ticked");
        let left = form.fields.remove(form.fields.iter().position(|(name, _)| name == "case").unwrap()).1;
        let answer = browser.submit(&form).await;
        answer.leads_to(&page.path);
        let mut states = Vec::new();
        for case in &cases {
            let expected = if left.starts_with(&case.number) { "核章" } else { "送件" };
            states.push(expected);
            assert_eq!(case.state().await, expected);
        }
        assert_eq!(states.iter().filter(|state| **state == "送件").count(), 2);
        // Pressed again with an old page: what is submitted stays so, the rest follows.
        form.fields.push(("case".into(), left));
        let again = browser.submit(&form).await.expect(409);
        assert!(again.one(".summary").contains("有 2 件沒有送件"), "{}", again.one(".summary"));
        for case in &cases {
            assert_eq!(case.state().await, "送件");
        }
    }

    async fn a_case_in_supplement_is_handed_in_again_beside_one_in_sealing(house) {
        let browser = house.applicant().await;
        let (anew, open) = (Case::submitted(&house, &browser).await, Case::submitted(&house, &browser).await);
        let first = Case::printed(&browser).await;
        house.wait(MINUTE);
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        let form = (Place::SignedForm, String::new());
        let phone = (Place::Content, "phone".to_owned());
        for (case, items) in [(&anew, vec![form.clone()]), (&open, vec![form, phone])] {
            let at = version(&house, case).await;
            let manager = Who::Manager.actor();
            office.ask_supplement(&manager, &case.number, at, "校長未核章", &items).await.unwrap();
        }
        house.wait(MINUTE);
        let mut stack = Vec::new();
        for case in [&anew, &first, &open] {
            stack.extend(sealed(&house, case).await);
        }
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        let told = words(&page, &open);
        assert!(told.contains("還有補件項目尚未完成：連絡電話"), "{told}");
        assert!(!words(&page, &anew).contains("尚未完成"), "{}", words(&page, &anew));
        assert!(page.one(".bar--stick .bar__note").contains("補件中的案件會送出審核"));
        let ticked = page.form("送件所選案件").fields.iter().filter(|(name, _)| name == "case").count();
        assert_eq!(ticked, 2, "what is still open can't be pressed");
        browser.press(&page, "送件所選案件", &[]).await.leads_to(&page.path);
        assert_eq!((anew.state().await, first.state().await), ("送件".into(), "送件".into()));
        let dossier = anew.dossier(&house).await;
        assert_eq!(dossier.flow[0].event, Event::Resubmit);
        assert_eq!(dossier.bound_scan().unwrap().id, dossier.scans[0].id, "with the scan of the stack");

        // Pressed all the same, it is refused in words.
        let scan = open.dossier(&house).await.fresh_scan().unwrap().id.clone();
        let pressed = [("case", format!("{}:{scan}", open.number))];
        let pressed: Vec<_> = pressed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = browser.post(&format!("{}/submit", page.path), &pressed).await.expect(409);
        assert!(refused.one(".summary").contains("有 1 件沒有送件"), "{}", refused.one(".summary"));
        assert_eq!(open.state().await, "補件");
        office.answer_item(&applicant, &open.number, 1, "號碼無誤").await.unwrap();
        let page = browser.get(&page.path).await.expect(200);
        browser.press(&page, "送件所選案件", &[]).await.leads_to(&page.path);
        assert_eq!(open.state().await, "送件");
        assert_eq!(open.dossier(&house).await.bound_scan().unwrap().id, scan);
    }

    async fn a_scan_from_before_a_return_is_not_offered_again(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let page = uploaded(&browser, &paper::bind(&sealed(&house, &case).await)).await;
        browser.press(&page, "送件所選案件", &[]).await.leads_to(&page.path);
        house.wait(MINUTE);
        let at = version(&house, &case).await;
        house.office().send_back(&Who::Manager.actor(), &case.number, at, "校長未核章").await.unwrap();
        let old = browser.get(&page.path).await.expect(200);
        assert!(!old.has("[name=case]"), "nothing to press");
        assert!(words(&old, &case).contains("退回或補件之前"), "{}", words(&old, &case));
    }

    async fn what_is_wrong_with_one_case_stays_with_it(house) {
        let browser = house.applicant().await;
        let whole = Case::printed(&browser).await;
        let stale = Case::printed(&browser).await;
        let twice = Case::printed(&browser).await;
        let old = sealed(&house, &stale).await;
        stale.edit(&[("problem", "後來又發生了一件事。")]).await;
        stale.print().await;
        let mut stack = sealed(&house, &whole).await;
        stack.extend(old);
        stack.extend(sealed(&house, &twice).await);
        stack.push(paper::foreign_sheet());
        stack.extend(sealed(&house, &twice).await);
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        assert!(words(&page, &whole).contains("核章欄皆有核章"));
        let refused = words(&page, &stale);
        assert!(refused.contains("第 2 頁是第 1 版的申請單") && refused.contains("重新列印"), "{refused}");
        let refused = words(&page, &twice);
        assert!(refused.contains("第 1 頁重複出現") && refused.contains("檔案的第 3、5 頁"), "{refused}");
        assert_eq!(page.all(".stray h3"), ["檔案的第 4 頁"]);
        let picture = browser.get(&page.attributes(".stray img", "src")[0]).await.expect(200);
        assert!(image::load_from_memory(&picture.body).is_ok());
        for case in [&stale, &twice] {
            assert!(case.dossier(&house).await.scans.is_empty());
        }
        assert_eq!(page.form("送件所選案件").fields.iter().filter(|(name, _)| name == "case").count(), 1);
    }

    async fn a_stack_leaves_its_traces(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let mut stack = sealed(&house, &case).await;
        stack.push(paper::foreign_sheet());
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        let stray = page.attributes(".stray img", "src")[0].clone();
        for address in [stray.as_str(), stray.as_str(), &page.link("整疊.pdf")] {
            browser.get(address).await.expect(200);
        }
        let left = house.texts("SELECT action FROM traces WHERE action LIKE '%stack' OR action = 'view-picture' ORDER BY at, id").await;
        // The look at the stack covers the first picture of the same file.
        assert_eq!(left, ["upload-stack", "view-stack", "download-stack"]);
        house.wait(casebind::steps::traces::COVERED_MILLIS + 1);
        browser.get(&stray).await.expect(200);
        let digests = house.texts("SELECT digest FROM traces WHERE action IN ('upload-stack', 'view-picture')").await;
        assert_eq!(digests.len(), 2);
        assert_eq!(digests[0], digests[1]);
    }

    async fn another_persons_form_is_a_stray_and_nothing_is_told_of_it(house) {
        let other = house.sign_in(Who::OtherApplicant).await;
        let theirs = Case::printed(&other).await;
        let browser = house.applicant().await;
        let mine = Case::printed(&browser).await;
        let mut stack = sealed(&house, &theirs).await;
        stack.extend(sealed(&house, &mine).await);
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        assert!(words(&page, &mine).contains("核章欄皆有核章"));
        assert_eq!(page.all(".stray h3"), ["檔案的第 1 頁"]);
        assert!(page.one(".stray p").contains("不屬於您可以處理的案件"));
        assert!(!page.html().contains(&theirs.number));
        let whose = house.texts("SELECT case_id FROM stack_pages WHERE kind = 'stray'").await;
        assert_eq!(whose, [theirs.id(&house).await], "known for a disposal alone");
        assert!(theirs.dossier(&house).await.scans.is_empty());
        // Nobody else sees the stack, its pages or its file.
        for below in ["", "/progress", "/original", "/pages/1.jpg"] {
            other.get(&format!("{}{below}", page.path)).await.expect(404);
        }
        other.post(&format!("{}/submit", page.path), &[]).await.expect(404);
        other.post(&format!("{}/resume", page.path), &[]).await.expect(404);
        house.sign_in(Who::Manager).await.get("/stacks").await.expect(404);
    }

    async fn an_unread_page_beside_its_case_is_compared_with_its_form(house) {
        let browser = house.applicant().await;
        let case = two_pages(&browser).await;
        let next = Case::printed(&browser).await;
        let form = case.form(&house).await;
        assert!(form.layout.pages.len() > 1, "the form has several pages");
        let pages = paper::sheets(&form, true);
        let hidden = paper::without_codes(&form, &pages);
        let mut stack = vec![pages[0].clone()];
        stack.extend(hidden[1..].iter().cloned());
        stack.extend(sealed(&house, &next).await);
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        // The codes are painted over: nothing proves whose it is, and it is never bound by a guess.
        let refused = words(&page, &case);
        assert!(refused.contains("第 2 頁讀不到"), "{refused}");
        assert_eq!(page.all(".stray h3").first().map(String::as_str), Some("檔案的第 2 頁"));
        assert!(words(&page, &next).contains("核章欄皆有核章"));
    }

    async fn a_page_without_a_readable_code_is_given_to_its_case_by_the_short_code(house) {
        let browser = house.applicant().await;
        let case = two_pages(&browser).await;
        let form = case.form(&house).await;
        let pages = paper::sheets(&form, true);
        let hidden = paper::without_codes(&form, &pages);
        let next = Case::printed(&browser).await;
        let mut stack = vec![pages[0].clone()];
        stack.extend(hidden[1..].iter().cloned());
        stack.extend(sealed(&house, &next).await);
        stack.push(paper::foreign_sheet());
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        let claim = format!("{}/claim", page.path);
        let code = short_code(&house, &case).await;
        // A typing error, a code of somebody else's, no page, a page that isn't a stray.
        let theirs = Case::printed(&house.sign_in(Who::OtherApplicant).await).await;
        let foreign = short_code(&house, &theirs).await;
        let (last, one) = (stack.len(), "2");
        for (fields, said) in [
            (vec![("page", one), ("short_code", "AAAA-BBBB-CCCC")], "核對碼不正確"),
            (vec![("page", one), ("short_code", foreign.as_str())], "不屬於您可以處理的案件"),
            (vec![("short_code", code.as_str())], "請先勾選"),
            (vec![("page", "1"), ("short_code", code.as_str())], "請先勾選"),
        ] {
            let refused = browser.post(&claim, &fields).await.expect(422);
            let error = refused.error_of("short_code");
            assert!(error.contains(said), "{fields:?}: {error}");
            assert_eq!(refused.attributes("#f-short_code", "value"), [fields.last().unwrap().1]);
            assert!(case.dossier(&house).await.scans.is_empty());
        }
        house.sign_in(Who::OtherApplicant).await.post(&claim, &[("page", one), ("short_code", &foreign)]).await.expect(404);

        browser.post(&claim, &[("page", one), ("short_code", &code)]).await.leads_to(&page.path);
        let page = browser.get(&page.path).await.expect(200);
        let given = words(&page, &case);
        assert!(given.contains("檔案的第 1、2 頁"), "{given}");
        assert_eq!(page.all(".stray h3"), [format!("檔案的第 {last} 頁")]);
        let scan = case.dossier(&house).await.scans[0].clone();
        assert!(scan.by_hand, "somebody has to look");
        assert_eq!(case.state().await, "核章");
        assert_eq!(house.texts("SELECT action FROM traces WHERE action = 'claim-stack'").await.len(), 1);
    }

    async fn a_file_that_is_no_stack_is_refused_and_not_kept(house) {
        let browser = house.applicant().await;
        let before = house.originals();
        for file in [&b"just words"[..], b"%PDF-1.7 but not really", b""] {
            let form = browser.get("/stacks").await.expect(200);
            let page = browser.press_with(&form, "上傳", &[], Chosen::pdf("a.pdf", file)).await.expect(422);
            assert!(page.has(".refusal"), "{}", page.html());
        }
        assert_eq!(house.originals(), before);
        assert_eq!(house.number("SELECT COUNT(*) FROM stacks").await, 0);
    }

    async fn a_stack_that_was_broken_off_goes_on_where_it_was(house) {
        let browser = house.applicant().await;
        let cases = [Case::printed(&browser).await, Case::printed(&browser).await];
        let mut stack = sealed(&house, &cases[0]).await;
        stack.extend(sealed(&house, &cases[1]).await);
        let page = uploaded(&browser, &paper::bind(&stack)).await;
        let scans = house.texts("SELECT scan_id FROM stack_cases ORDER BY seq").await;
        // As if the process had ended before the second case was bound.
        house.sql("UPDATE stack_cases SET outcome = 'waiting', scan_id = NULL WHERE seq = 2").await;
        house.sql("UPDATE stacks SET state = 'binding'").await;
        house.wait(120_000);
        let stopped = browser.get(&page.path).await.expect(200);
        assert_eq!(stopped.one("h1"), "處理到一半停下來了");
        assert!(!stopped.one(".notice").contains("停在檔案的"), "all pages were read");
        browser.press(&stopped, "繼續處理", &[]).await.leads_to(&page.path);
        let page = ended(&browser, &page.path).await;
        assert_eq!(page.one("h1"), "整疊共 2 件申請單");
        assert_eq!(house.texts("SELECT scan_id FROM stack_cases ORDER BY seq").await, scans, "the same scans");
        // And as if it had ended while it was read.
        house.sql("DELETE FROM stack_cases").await;
        house.sql("DELETE FROM stack_pages WHERE page = 2").await;
        house.sql("UPDATE stacks SET state = 'reading'").await;
        house.wait(120_000);
        let stopped = browser.get(&page.path).await.expect(200);
        assert!(stopped.one(".notice").contains("停在檔案的第 2 頁"), "{}", stopped.one(".notice"));
        browser.press(&stopped, "繼續處理", &[]).await.leads_to(&page.path);
        let page = ended(&browser, &page.path).await;
        assert_eq!(page.one("h1"), "整疊共 2 件申請單");
        assert_eq!(house.texts("SELECT scan_id FROM stack_cases ORDER BY seq").await, scans);
        assert_eq!(house.number("SELECT COUNT(*) FROM scans").await, 2);
    }

    async fn a_page_that_is_never_read_stops_no_other(house) {
        let mut house = house;
        house.app.office.judge = Judge::new(CASEBIND.into(), Limits { wall_time: Duration::from_secs(4), ..Limits::default() });
        house.router = web::router(house.app.clone());
        let browser = house.applicant().await;
        let cases = [Case::printed(&browser).await, Case::printed(&browser).await];
        let mut stack = sealed(&house, &cases[0]).await;
        let first = stack.len();
        stack.extend(sealed(&house, &cases[1]).await);
        let page = uploaded(&browser, &paper::with_endless_page(&paper::bind(&stack), first)).await;
        assert_eq!(page.one("h1"), "整疊共 2 件申請單", "{}", page.html());
        let strays = house.texts("SELECT CAST(page AS TEXT) FROM stack_pages WHERE kind = 'stray'").await;
        assert_eq!(strays, [(first + 1).to_string()]);
        assert!(page.html().contains("這一頁沒有讀完"), "{}", page.html());
        let pages = house.words("stack_pages", "reason", "WHERE kind = 'stray'").await;
        assert!(pages[0].contains("重新掃描這一頁"), "{pages:?}");
    }

    async fn one_stack_at_a_time_for_a_person(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let stack = paper::bind(&sealed(&house, &case).await);
        let page = uploaded(&browser, &stack).await;
        house.sql("UPDATE stacks SET state = 'binding'").await;
        let form = browser.get("/stacks").await.expect(200);
        let refused = browser.press_with(&form, "上傳", &[], Chosen::pdf("a.pdf", &stack)).await.expect(409);
        assert!(refused.html().contains("一次只能處理一疊"));
        // One whose worker has gone is in nobody's way.
        house.wait(120_000);
        uploaded(&browser, &stack).await;
        assert_eq!(browser.get(&page.path).await.expect(200).one("h1"), "處理到一半停下來了");
    }
}
