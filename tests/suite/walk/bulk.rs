//! 列印所選案件: choose, look, print, and the joined PDF of the very revisions that a single print gives.

use std::process::Command;
use std::time::Duration;

use casebind::case::ids::Digest;
use casebind::forms::code::PageCode;
use casebind::paper::{self, Pages};

use crate::support::browser::Browser;
use crate::support::cases::{CONTENT, with};
use crate::support::log;
use crate::support::{Case, House, Page, Who};

/// Ticks these cases in the list and presses 列印所選案件.
async fn choose(browser: &Browser, cases: &[&Case]) -> Page {
    let list = browser.get("/cases").await.expect(200);
    let mut form = list.form("列印所選案件");
    form.fields.extend(cases.iter().map(|case| ("case".to_owned(), case.number.clone())));
    browser.submit(&form).await
}

/// The same, looked at.
async fn chosen(browser: &Browser, cases: &[&Case]) -> Page {
    let answer = choose(browser, cases).await;
    answer.leads_to("/bulk/");
    browser.follow(&answer).await.expect(200)
}

/// Presses 列印 and waits until it has ended.
async fn printed(browser: &Browser, page: &Page) -> Page {
    let answer = browser.press(page, "列印", &[]).await;
    answer.leads_to(&page.path);
    ended(browser, &page.path).await
}

async fn ended(browser: &Browser, path: &str) -> Page {
    for _ in 0..3000 {
        let answer = browser.get(&format!("{path}/progress")).await.expect(200);
        let progress: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        if progress["going"] == false {
            return browser.get(path).await.expect(200);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} doesn't end");
}

/// What a program that isn't ours says of a PDF.
fn ask(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let file = tempfile::Builder::new().suffix(".pdf").tempfile().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let output = Command::new(program).args(before).arg(file.path()).args(after).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect()
}

/// The revisions of every case: number, revision, digest.
async fn revisions(house: &House) -> Vec<String> {
    house
        .texts(
            "SELECT c.number || ' ' || r.revision || ' ' || r.digest FROM prints r \
             JOIN cases c ON c.id = r.case_id ORDER BY c.number, r.revision",
        )
        .await
}

both! {
    async fn chosen_cases_become_one_pdf_of_their_very_revisions(house) {
        let browser = house.applicant().await;
        let (draft, current) = (Case::ready(&browser).await, Case::printed(&browser).await);
        let stale = Case::stale(&browser).await;
        let before = revisions(&house).await;
        let kept = current.get("/prints/1/form.pdf").await.expect(200).body;

        let page = chosen(&browser, &[&draft, &current, &stale]).await;
        assert!(page.one(".lead").contains("共選取 3 件：3 件可以列印"), "{}", page.one(".lead"));
        let lines = page.all(".bulk__case");
        assert!(lines[0].contains("王小明") && lines[0].contains("第 1 版（新印）"), "{lines:?}");
        assert!(lines[1].contains("第 1 版（先前已印，內容相同）"), "{lines:?}");
        assert!(lines[2].contains("第 2 版（新印）"), "{lines:?}");
        assert_eq!(revisions(&house).await, before, "nothing is printed before it was looked at");
        assert_eq!(draft.state().await, "暫存");

        let page = printed(&browser, &page).await;
        assert_eq!(page.one("h1"), "3 件申請單已可列印");
        assert_eq!(draft.state().await, "核章");
        assert_eq!(revisions(&house).await.len(), before.len() + 2);
        assert!(!stale.page().await.has(".stale"));
        assert_eq!(current.get("/prints/1/form.pdf").await.expect(200).body, kept);
        let flow = draft.get("?tab=flow").await.expect(200);
        assert_eq!(flow.all(".tab .flow__label")[0], "核章");
        assert_eq!(flow.all(".tab .flow__documents .digest").len(), 3, "the flow names the print and two attachments");

        let pdf = browser.get(&page.link("開啟 PDF")).await.expect(200);
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert!(pdf.header("content-disposition").starts_with("inline;"));
        let saved = browser.get(&page.link("下載 PDF")).await.expect(200);
        assert!(saved.header("content-disposition").starts_with("attachment;"));
        assert!(ask("qpdf", &["--check"], &pdf.body, &[]).contains("Nosyntaxorstreamencodingerrorsfound"));
        let text = |pdf: &[u8]| ask("pdftotext", &["-raw", "-enc", "UTF-8"], pdf, &["-"]);
        let mut single = String::new();
        for (case, revision) in [(&draft, 1), (&current, 1), (&stale, 2)] {
            let form = case.get(&format!("/prints/{revision}/form.pdf")).await.expect(200).body;
            assert_eq!(Digest::of(&form), case.newest(&house).await.digest, "the revision's bytes are kept");
            single += &text(&form);
        }
        assert_eq!(text(&pdf.body), single);

        // Each page has the codes of its own case and revision.
        let pages = Pages::open(pdf.body.clone(), u64::MAX).unwrap();
        let mut expected = Vec::new();
        for (case, revision) in [(&draft, 1), (&current, 1), (&stale, 2)] {
            let dossier = case.dossier(&house).await;
            let count = usize::try_from(dossier.newest_print().unwrap().pages).unwrap();
            expected.extend(std::iter::repeat_n((dossier.case.reference, revision), count));
        }
        assert_eq!(pages.len(), expected.len());
        for (at, (reference, revision)) in expected.iter().enumerate() {
            let reading = paper::read(&pages.picture(at).unwrap(), None, None);
            assert_eq!(reading.codes.len(), 4, "page {}", at + 1);
            for seen in &reading.codes {
                assert!(PageCode::read(&seen.text).unwrap().verify(&house.office().key));
                assert_eq!((seen.code.reference, seen.code.revision.get()), (*reference, *revision));
            }
        }

        // Whoever saw what is on record, for each case and for the printing.
        for case in [&draft, &current, &stale] {
            let traces = house.traces(&case.id(&house).await).await;
            assert!(traces.iter().any(|action| action == "view-print"), "{traces:?}");
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'bulk-print'").await, 1);
    }

    async fn what_can_not_be_printed_is_named_with_its_reason_before_anything_happens(house) {
        let browser = house.applicant().await;
        let (ready, bare) = (Case::ready(&browser).await, Case::opened(&browser).await);
        let submitted = Case::submitted(&house, &browser).await;
        let odd = Case::ready_with(&browser, &with(&CONTENT, &[("problem", "看不懂的字\u{12000}")])).await;
        let before = house.record().await;
        let page = chosen(&browser, &[&ready, &bare, &submitted, &odd]).await;
        assert!(page.one(".lead").contains("1 件可以列印，3 件不能列印"), "{}", page.one(".lead"));
        let refused = page.all(".bulk__case--refused");
        assert!(refused[0].contains("尚未新增服務對象，請先到「對象」新增一位"), "{refused:?}");
        assert!(refused[1].contains("狀態為「送件」，不能再列印新的申請單"), "{refused:?}");
        assert!(refused[2].contains("U+12000"), "{refused:?}");
        let links = page.attributes(".bulk__case--refused a", "href");
        assert_eq!(links, [bare.path(""), submitted.path(""), odd.path("")]);
        assert_eq!(house.record().await, before, "looking changes nothing");

        let page = printed(&browser, &page).await;
        assert_eq!(page.one("h1"), "1 件申請單已可列印");
        assert_eq!(page.all(".bulk__case--refused").len(), 3, "they are still named");
        assert_eq!((bare.state().await.as_str(), submitted.state().await.as_str()), ("暫存", "送件"));
        assert_eq!((odd.state().await.as_str(), ready.state().await.as_str()), ("暫存", "核章"));

        let page = chosen(&browser, &[&bare]).await;
        assert!(!page.buttons().iter().any(|button| button.starts_with("列印")), "{:?}", page.buttons());
        browser.get(&format!("{}/forms.pdf", page.path)).await.expect(404);
    }

    async fn other_peoples_cases_and_printings_are_not_found(house) {
        let browser = house.applicant().await;
        let (mine, theirs) = (Case::ready(&browser).await, house.sign_in(Who::OtherApplicant).await);
        let other = Case::ready(&theirs).await;
        let before = house.record().await;
        choose(&browser, &[&mine, &other]).await.expect(404);
        let nobodys = Case { number: "1159999999".into(), browser: browser.clone() };
        choose(&browser, &[&mine, &nobodys]).await.expect(404);
        assert_eq!(house.number("SELECT COUNT(*) FROM bulk_prints").await, 0);
        let page = chosen(&browser, &[&mine]).await;
        for path in ["", "/progress", "/forms.pdf"] {
            theirs.get(&format!("{}{path}", page.path)).await.expect(404);
        }
        theirs.post(&format!("{}/print", page.path), &[]).await.expect(404);
        house.stranger().get(&page.path).await.leads_to("/login");
        assert_eq!(house.record().await, before);
        let done = printed(&browser, &page).await;
        theirs.get(&format!("{}/forms.pdf", done.path)).await.expect(404);
        // A case that was handed over is no longer theirs to print out again.
        house.sql(&format!("UPDATE cases SET applicant_id = 'colleague' WHERE number = '{}'", mine.number)).await;
        browser.get(&format!("{}/forms.pdf", done.path)).await.expect(404);
    }

    async fn staff_have_no_boxes_and_are_told_who_prints(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        assert_eq!(browser.get("/cases").await.expect(200).all(".pick").len(), 1);
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/cases").await.expect(200);
        assert!(!list.has(".pick") && !list.has(".bulk"));
        let answer = manager.post("/bulk", &[("case", case.number.as_str())]).await;
        let page = manager.follow(&answer).await.expect(200);
        assert!(page.one(".bulk__case--refused").contains("此步驟須由申請人進行"));
        assert_eq!(case.state().await, "暫存");
    }

    async fn all_that_a_filter_finds_can_be_chosen_and_no_more_than_a_thousand(house) {
        let browser = house.applicant().await;
        let (first, second) = (Case::ready(&browser).await, Case::ready(&browser).await);
        for _ in 0..21 {
            Case::opened(&browser).await;
        }
        let list = browser.get("/cases").await.expect(200);
        assert!(list.one(".bulk").contains("全部 23 件"), "{}", list.one(".bulk"));
        let answer = browser.press(&list, "列印所選案件", &[("all", "1")]).await;
        let page = browser.follow(&answer).await.expect(200);
        assert!(page.one(".lead").contains("共選取 23 件：2 件可以列印"), "{}", page.one(".lead"));
        let narrowed = browser.get("/cases?q=小明").await.expect(200);
        assert!(!narrowed.has("input[name=all]"), "the page has all of them");
        let answer = browser.press(&narrowed, "列印所選案件", &[("all", "1")]).await;
        let page = browser.follow(&answer).await.expect(200);
        assert!(page.one(".lead").contains("共選取 2 件"), "{}", page.one(".lead"));
        assert_eq!(page.attributes(".bulk__name a", "href"), [second.path(""), first.path("")], "in the list's order");

        let nothing = choose(&browser, &[]).await.expect(422);
        assert!(nothing.one("main").contains("還沒有選取案件"));
        let many: Vec<_> = (0..1001).map(|at| ("case".to_owned(), format!("115{at:07}"))).collect();
        let mut form = list.form("列印所選案件");
        form.fields.extend(many);
        let refused = browser.submit(&form).await.expect(422);
        assert!(refused.one("main").contains("一次最多列印 1000 件"));
        let twice = chosen(&browser, &[&first, &first]).await;
        assert!(twice.one(".lead").contains("共選取 1 件"), "a case chosen twice is printed once");
    }

    async fn one_printing_at_a_time_and_a_dead_one_goes_on(house) {
        let browser = house.applicant().await;
        let (one, two) = (Case::ready(&browser).await, Case::ready(&browser).await);
        let first = chosen(&browser, &[&one]).await;
        let id = first.path.strip_prefix("/bulk/").unwrap().to_owned();
        // Another node prints it, as its row says.
        let now = house.office().world.now();
        house.sql(&format!("UPDATE bulk_prints SET state = 'printing', beat_at = {now} WHERE id = '{id}'")).await;
        let page = browser.get(&first.path).await.expect(200);
        assert_eq!(page.one("h1"), "正在列印申請單");
        assert_eq!(page.attributes("progress", "max"), ["1"]);
        assert!(page.html().contains("http-equiv=\"refresh\""), "without scripts the page reads itself anew");
        let second = chosen(&browser, &[&two]).await;
        let refused = browser.press(&second, "列印", &[]).await.expect(409);
        assert!(refused.one("main").contains("一次只能列印一批"));
        browser.post(&format!("{}/print", first.path), &[]).await.leads_to(&first.path);
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 0, "a second press starts nothing");

        // The node dies: what waits is printed when the person says so.
        house.wait(2 * 60_000);
        let stopped = browser.get(&first.path).await.expect(200);
        assert!(stopped.one(".notice--attention").contains("還有 1 件沒有列印"));
        let answer = browser.press(&stopped, "繼續列印", &[]).await;
        answer.leads_to(&first.path);
        assert_eq!(ended(&browser, &first.path).await.one("h1"), "1 件申請單已可列印");
        assert_eq!(printed(&browser, &second).await.one("h1"), "1 件申請單已可列印");
        assert_eq!((one.state().await.as_str(), two.state().await.as_str()), ("核章", "核章"));
    }

    async fn a_case_that_changes_after_choosing_is_told_and_the_others_are_printed(house) {
        let browser = house.applicant().await;
        let (kept, withdrawn) = (Case::ready(&browser).await, Case::ready(&browser).await);
        let page = chosen(&browser, &[&kept, &withdrawn]).await;
        withdrawn.withdraw("不需要了").await.leads_to(&withdrawn.path(""));
        let page = printed(&browser, &page).await;
        assert_eq!(page.one("h1"), "1 件申請單已可列印");
        assert!(page.one(".bulk__case--refused").contains("狀態為「撤案」"));
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 1);
        let again = browser.post(&format!("{}/print", page.path), &[]).await;
        again.leads_to(&page.path);
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 1, "the back button prints nothing twice");
    }

    async fn a_failing_disk_stops_it_and_nothing_is_half_done(house) {
        use std::os::unix::fs::PermissionsExt as _;
        let browser = house.applicant().await;
        let cases = [Case::ready(&browser).await, Case::ready(&browser).await];
        let page = chosen(&browser, &[&cases[0], &cases[1]]).await;
        let before = house.record().await;
        let tmp = house.data_dir().join("tmp");
        let aside = house.data_dir().join("aside");
        std::fs::rename(&tmp, &aside).unwrap();
        let stopped = printed(&browser, &page).await;
        assert_eq!(stopped.one("h1"), "列印中斷了");
        assert!(stopped.one(".notice--attention").contains("還有 2 件沒有列印"));
        assert_eq!(house.record().await, before);
        assert!(!log::lines(&["a bulk print stopped"]).is_empty());
        std::fs::rename(&aside, &tmp).unwrap();
        std::fs::set_permissions(&tmp, std::fs::Permissions::from_mode(0o700)).unwrap();
        let answer = browser.press(&stopped, "繼續列印", &[]).await;
        answer.leads_to(&page.path);
        assert_eq!(ended(&browser, &page.path).await.one("h1"), "2 件申請單已可列印");
    }

    async fn one_whose_worker_went_after_the_last_case_is_at_its_end(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let page = printed(&browser, &chosen(&browser, &[&case]).await).await;
        // As if the process had ended before the end was written down.
        house.sql("UPDATE bulk_prints SET state = 'printing'").await;
        house.wait(120_000);
        let page = browser.get(&page.path).await.expect(200);
        assert_eq!(page.one("h1"), "1 件申請單已可列印");
        browser.get(&page.link("開啟 PDF")).await.expect(200);
        browser.post(&format!("{}/print", page.path), &[]).await.leads_to(&page.path);
        assert_eq!(house.texts("SELECT state FROM bulk_prints").await, ["done"]);
        assert_eq!(revisions(&house).await.len(), 1);
    }

    async fn a_damaged_revision_breaks_the_file_off_and_is_an_alert(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let page = printed(&browser, &chosen(&browser, &[&case]).await).await;
        let digest = case.newest(&house).await.digest;
        let path = house.original(&digest);
        std::fs::remove_file(&path).unwrap();
        let actor = Who::Applicant.actor();
        let id = page.path.strip_prefix("/bulk/").unwrap();
        let joined = house.office().join_bulk(&actor, &Default::default(), id).await.unwrap();
        let mut reader = tokio_util::io::StreamReader::new(joined.stream);
        let mut came = Vec::new();
        let error = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut came).await.unwrap_err();
        assert_eq!(error.to_string(), "a form can't be read");
        assert!(!log::lines(&["alert=true", &digest.to_string()]).is_empty());
    }

    async fn many_cases_are_kept_in_batches_and_in_order(house) {
        let browser = house.applicant().await;
        let mut cases = Vec::new();
        for _ in 0..18 {
            cases.push(Case::ready(&browser).await);
        }
        let chosen_cases: Vec<_> = cases.iter().collect();
        let page = printed(&browser, &chosen(&browser, &chosen_cases).await).await;
        assert_eq!(page.one("h1"), "18 件申請單已可列印");
        let pdf = browser.get(&page.link("開啟 PDF")).await.expect(200).body;
        let document = lopdf::Document::load_mem(&pdf).unwrap();
        assert_eq!(document.get_pages().len(), 18 * usize::try_from(cases[0].newest(&house).await.pages).unwrap());
        let text = ask("pdftotext", &["-raw", "-enc", "UTF-8"], &pdf, &["-"]);
        let places: Vec<_> = cases.iter().map(|case| text.find(&case.number).unwrap()).collect();
        assert!(places.is_sorted(), "the forms stand in the order of choosing");
    }
}
