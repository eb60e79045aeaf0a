//! 調閱: finding, a stated purpose before anything goes out, slips, and 查驗 of any file.

mod kept;

use casebind::case::ids::Digest;
use casebind::forms::code::ShortCode;
use casebind::steps::retrieval::purpose::HOLDS;

use crate::forms::{ask, pdf_a};
use crate::support::browser::Chosen;
use crate::support::cases::stack_of;
use crate::support::house::MINUTE;
use crate::support::{Browser, Case, House, Page, Who};

/// Numbers of the cases that a search shows.
fn numbers(page: &Page) -> Vec<String> {
    page.attributes(".told__case", "href").iter().map(|href| href["/retrieval/".len()..].to_owned()).collect()
}

/// The address of a case's originals.
fn of(case: &Case) -> String {
    format!("/retrieval/{}", case.number)
}

async fn find(browser: &Browser, query: &str) -> Vec<String> {
    numbers(&browser.get(&format!("/retrieval?{query}")).await.expect(200))
}

/// The actions traced since there were `before` of them.
async fn since(house: &House, before: usize) -> Vec<String> {
    house.texts("SELECT action FROM traces ORDER BY at, id").await.split_off(before)
}

async fn traced(house: &House) -> usize {
    house.texts("SELECT id FROM traces").await.len()
}

both! {
    async fn an_archivist_finds_a_case_by_each_thing_known_of_a_paper(house) {
        let applicant = house.applicant().await;
        let case = Case::submitted(&house, &applicant).await;
        let other = Case::submitted(&house, &applicant).await;
        let unsent = Case::printed(&applicant).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let dossier = case.dossier(&house).await;
        let (scan, print) = (dossier.scans[0].digest.to_string(), dossier.newest_print().unwrap());
        let short = ShortCode { reference: dossier.case.reference, revision: print.revision };
        let code = short.text(&house.office().key).replace('-', "+");
        let number = &case.number;
        let before = traced(&house).await;
        assert_eq!(find(&archivist, "").await, Vec::<String>::new(), "nothing was looked for");
        assert_eq!(traced(&house).await, before, "and nobody was shown");
        for query in [
            format!("number={number}"),
            format!("digest={scan}"),
            format!("digest={}+{}", scan[..4].to_uppercase(), &scan[4..12]),
            format!("digest={}", print.digest),
            format!("digest={}", dossier.attachments[0].digest.short()),
            format!("code={code}"),
            format!("number={number}&school=123602&from=115/1/1&file=.pdf"),
        ] {
            assert_eq!(find(&archivist, &query).await, [number.clone()], "{query}");
        }
        let both = find(&archivist, "subject=%E5%B0%8F%E6%98%8E&from=2026/11/23&to=2026/11/23").await;
        assert_eq!(both.len(), 2, "小明, opened today: {both:?}");
        assert!(both.contains(number) && both.contains(&other.number));
        assert_eq!(find(&archivist, "school=123304").await, Vec::<String>::new());
        assert_eq!(find(&archivist, &format!("number={}", unsent.number)).await, Vec::<String>::new(), "nothing signed");
        assert_eq!(find(&archivist, &format!("number={number}&digest=000000")).await, Vec::<String>::new());
        assert_eq!(since(&house, before).await.iter().filter(|action| *action != "search-cases").count(), 0);
        let page = archivist.get("/retrieval?digest=xyz&code=1").await.expect(422);
        assert!(page.error_of("digest").contains("SHA-256") && page.error_of("code").contains("核對碼"));
        for who in [Who::Applicant, Who::Manager, Who::Administrator] {
            house.sign_in(who).await.get("/retrieval").await.expect(404);
        }
    }

    async fn the_photo_behind_a_scan_is_found_and_taken_out(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let scan = case.dossier(&house).await.scans[0].id.clone();
        let photo = house.office().originals.put_bytes(b"\x00\x00\x00\x18ftypheic, as the phone took it").await.unwrap();
        let (digest, bytes) = (photo.digest, photo.bytes);
        house.sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ('{digest}', {bytes}, 'image/heic', 1)"
        )).await;
        house.sql(&format!("INSERT INTO scan_photos (scan_id, page, digest) VALUES ('{scan}', 1, '{digest}')")).await;
        let archivist = house.sign_in(Who::Archivist).await;
        assert_eq!(find(&archivist, &format!("digest={digest}")).await, [case.number.clone()]);
        let home = format!("/retrieval/{}", case.number);
        let address = format!("{home}/originals/{digest}");
        archivist.get(&address).await.leads_to(&home);
        archivist.post(&home, &[("purpose", "比對手機原始照片")]).await.leads_to(&home);
        let page = archivist.get(&home).await.expect(200);
        assert!(page.one("main").contains("簽核申請單的照片（第 1 版，掃描檔第 1 頁）"), "{}", page.one("main"));
        let file = archivist.get(&address).await.expect(200);
        assert_eq!(Digest::of(&file.body), digest);
        assert!(file.header("content-disposition").contains(".heic"), "{}", file.header("content-disposition"));
        archivist.get(&format!("{home}/slips/{digest}")).await.expect(200);
    }

    async fn a_stack_is_found_and_taken_out_for_a_purpose_of_its_own(house) {
        let applicant = house.applicant().await;
        let cases = [Case::submitted(&house, &applicant).await, Case::submitted(&house, &applicant).await];
        let digest = stack_of(&house, "s", "整疊一月.pdf", &[&cases[0], &cases[1]]).await;
        let (whole, archivist) = (digest.to_string(), house.sign_in(Who::Archivist).await);
        let home = format!("/retrieval/stacks/{digest}");
        let file = format!("{home}/original");
        for query in [
            format!("digest={}", &whole[..12]),
            format!("digest={}", whole.to_uppercase()),
            "file=%E6%95%B4%E7%96%8A%E4%B8%80".to_owned(),
            "from=2026/11/23&to=2026/11/23".to_owned(),
        ] {
            let page = archivist.get(&format!("/retrieval?{query}")).await.expect(200);
            assert_eq!(page.attributes(".found-stacks a", "href"), [home.clone()], "{query}");
        }
        for query in ["file=other", "digest=000000", "to=2026/11/22", "school=123602&file=%E6%95%B4%E7%96%8A"] {
            assert!(!archivist.get(&format!("/retrieval?{query}")).await.expect(200).has(".found-stacks"), "{query}");
        }

        // Nothing goes out before a purpose is stated, and none of a case's is one of the stack's.
        let of_case = format!("/retrieval/{}", cases[0].number);
        archivist.post(&of_case, &[("purpose", "法院 115 年度來函調閱")]).await.leads_to(&of_case);
        let before = traced(&house).await;
        archivist.get(&file).await.leads_to(&home);
        assert_eq!(since(&house, before).await, Vec::<String>::new());
        let page = archivist.get(&home).await.expect(200);
        assert_eq!(since(&house, before).await, ["view-stack"]);
        assert!(page.one("main").contains(&whole) && page.one("main").contains("整疊一月.pdf"));
        assert!(cases.iter().all(|case| page.html().contains(&of(case))) && !page.html().contains("/original\""));
        let page = archivist.post(&home, &[("purpose", " 。 ")]).await.expect(422);
        assert!(page.error_of("purpose").contains("調閱目的"));
        archivist.post(&home, &[("purpose", "比對整疊原檔")]).await.leads_to(&home);
        assert!(archivist.get(&home).await.expect(200).html().contains("/original\""));
        let before = traced(&house).await;
        let taken = archivist.get(&file).await.expect(200);
        assert_eq!(Digest::of(&taken.body), digest);
        assert_eq!(taken.header("etag"), format!("\"{digest}\""));
        let name = taken.header("content-disposition");
        assert!(name.starts_with("attachment; filename=\"") && name.contains("filename*=UTF-8''"), "{name}");
        // Every case in it tells that, and for what.
        assert_eq!(since(&house, before).await, ["retrieve-stack"; 2]);
        let manager = house.sign_in(Who::Manager).await;
        for case in &cases {
            let told = manager.get(&case.path("/traces")).await.expect(200).one("main");
            assert!(told.contains("調閱整疊掃描檔：比對整疊原檔") && told.contains("整疊上傳的掃描檔"), "{told}");
        }

        // Named by its digest where a scan came from it; nobody else is led there, or comes in.
        let line = archivist.get(&of_case).await.expect(200).one(".cut-from");
        assert!(line.contains(&whole), "{line}");
        let scan = cases[0].path(&format!("/scans/{}", cases[0].dossier(&house).await.scans[0].id));
        let page = applicant.get(&scan).await.expect(200);
        assert!(page.one(".cut-from").contains(&whole) && !page.html().contains(&home), "{}", page.one(".cut-from"));
        assert!(archivist.get(&scan).await.expect(200).has(&format!(".cut-from a[href='{home}']")));
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Administrator] {
            let browser = house.sign_in(who).await;
            browser.get(&home).await.expect(404);
            browser.get(&file).await.expect(404);
        }
        archivist.get(&format!("{of_case}/originals/{digest}")).await.expect(404);
        let bytes = house.plain(&digest);
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("某檔.pdf", &bytes)).await.expect(200);
        assert_eq!(page.one("#examined-title"), "是登記在案的原件");
        assert_eq!(page.link("調閱這份掃描檔"), home);

        crate::fixity::overwrite(&house.original(&digest), b"other bytes");
        assert!(archivist.get(&file).await.expect(500).header("content-type").starts_with("text/html"));
        house.wait(HOLDS + MINUTE);
        house.sign_in(Who::Archivist).await.get(&file).await.leads_to(&home);
    }

    async fn nothing_goes_out_before_a_purpose_is_stated(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let dossier = case.dossier(&house).await;
        let scan = &dossier.scans[0];
        let archivist = house.sign_in(Who::Archivist).await;
        let home = format!("/retrieval/{}", case.number);
        let address = format!("{home}/originals/{}", scan.digest);
        let before = traced(&house).await;
        for closed in [
            address.clone(),
            format!("{home}/slips/{}", scan.digest),
            case.path(&format!("/scans/{}/original", scan.id)),
            case.path(&format!("/attachments/{}", dossier.attachments[0].id)),
            case.path("/prints/1/form.pdf"),
        ] {
            archivist.get(&closed).await.leads_to(&home);
        }
        let api = format!("/api/v1/cases/{}/documents/{}", case.number, scan.digest);
        assert_eq!(archivist.get(&api).await.expect(403).json()["type"], "urn:casebind:problem:purpose-needed");
        assert_eq!(since(&house, before).await, Vec::<String>::new(), "nothing was seen");

        let before = traced(&house).await;
        let page = archivist.get(&home).await.expect(200);
        assert_eq!(since(&house, before).await, ["view-case"]);
        assert!(!page.html().contains("/originals/"), "nothing to press yet");
        let page = archivist.post(&home, &[("purpose", " 。 ")]).await.expect(422);
        assert!(page.error_of("purpose").contains("調閱目的"));
        archivist.get(&address).await.leads_to(&home);
        archivist.post(&home, &[("purpose", "法院 115 年度來函調閱")]).await.leads_to(&home);

        let before = traced(&house).await;
        let file = archivist.get(&address).await.expect(200);
        assert_eq!(Digest::of(&file.body), scan.digest);
        let name = file.header("content-disposition");
        assert!(name.starts_with("attachment; filename=\"") && name.contains("filename*=UTF-8''"), "{name}");
        assert_eq!(since(&house, before).await, ["retrieve-original"]);
        assert_eq!(
            house.words("traces", "detail", "WHERE action IN ('state-purpose', 'retrieve-original')").await,
            ["法院 115 年度來函調閱"; 2]
        );
        archivist.get(&case.path("/prints/1/form.pdf")).await.expect(200);
        let page = archivist.get(&case.path("/traces")).await.expect(200);
        assert!(page.one("main").contains("調閱原件：法院115年度來函調閱") || page.one("main").contains("調閱原件：法院 115 年度來函調閱"));
        // Another case, another person, another day: another purpose.
        let other = Case::submitted(&house, &house.applicant().await).await;
        let elsewhere = format!("/retrieval/{}/originals/{}", other.number, other.dossier(&house).await.scans[0].digest);
        archivist.get(&elsewhere).await.leads_to(&format!("/retrieval/{}", other.number));
        archivist.get(&format!("{home}/originals/{}", Digest::of(b"none"))).await.expect(404);
        house.sign_in(Who::Manager).await.get(&address).await.expect(404);
        house.wait(HOLDS + MINUTE);
        house.sign_in(Who::Archivist).await.get(&address).await.leads_to(&home);
    }

    async fn a_damaged_original_is_neither_sent_nor_attested(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let digest = case.dossier(&house).await.scans[0].digest;
        let archivist = house.sign_in(Who::Archivist).await;
        let home = format!("/retrieval/{}", case.number);
        archivist.post(&home, &[("purpose", "年度抽查")]).await.leads_to(&home);
        crate::fixity::overwrite(&house.original(&digest), b"other bytes");
        for what in ["originals", "slips"] {
            let page = archivist.get(&format!("{home}/{what}/{digest}")).await.expect(500);
            assert!(!page.body.starts_with(b"%PDF"), "{what}");
        }
    }

    async fn a_slip_tells_the_digest_and_whose_hands_it_went_through(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let digest = case.dossier(&house).await.scans[0].digest;
        let archivist = house.sign_in(Who::Archivist).await;
        let home = format!("/retrieval/{}", case.number);
        archivist.post(&home, &[("purpose", "年度抽查")]).await.leads_to(&home);
        archivist.get(&format!("{home}/originals/{digest}")).await.expect(200);
        crate::custody::sign(&house).await.unwrap();
        let before = traced(&house).await;
        let slip = archivist.get(&format!("{home}/slips/{digest}")).await.expect(200);
        assert_eq!(since(&house, before).await, ["print-slip"]);
        assert_eq!(slip.header("content-type"), "application/pdf");
        assert!(ask("qpdf", &["--check"], &slip.body, &[]).contains("No syntax or stream encoding errors found"));
        assert_eq!(pdf_a(&slip.body).0, "2");
        let text = ask("pdftotext", &["-raw", "-enc", "UTF-8"], &slip.body, &["-"]);
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for part in [digest.to_string().as_str(), &case.number, "驗證單", "sha256sum", "上傳簽核申請單", "王輔導（申請人）", "調閱原件", "簽章的檢查點涵蓋前"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("王小明"), "the child isn't named");
    }

    async fn any_file_is_examined_by_its_digest_and_kept_nowhere(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let digest = case.dossier(&house).await.scans[0].digest;
        let bytes = house.plain(&digest);
        let archivist = house.sign_in(Who::Archivist).await;
        let (record, before) = (house.record().await, traced(&house).await);
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("某檔.pdf", &bytes)).await.expect(200);
        assert_eq!(page.one("#examined-title"), "是登記在案的原件");
        assert!(page.one("main").contains(&format!("案件 {}", case.number)), "{}", page.one("main"));
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("某檔.pdf", b"%PDF-1.7 changed")).await.expect(200);
        assert_eq!(page.one("#examined-title"), "不是登記在案的原件");
        archivist.upload("/retrieval/check", &[], Chosen::pdf("", b"")).await.expect(422);
        assert!(record == house.record().await, "nothing was stored");
        assert_eq!(std::fs::read_dir(house.data_dir().join("tmp")).unwrap().count(), 0);
        assert_eq!(since(&house, before).await, ["examine-file", "examine-file"]);
        let kept = house.texts("SELECT digest || detail FROM traces WHERE action = 'examine-file' ORDER BY at, id").await;
        assert_eq!(kept[0], digest.to_string(), "the digest and nothing else");

        // Registered with a case that isn't theirs to see: its number isn't told.
        let unsent = Case::ready(&house.applicant().await).await;
        let attachment = unsent.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&attachment);
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("附件.pdf", &bytes)).await.expect(200);
        assert_eq!(page.one("#examined-title"), "是登記在案的原件");
        assert!(!page.html().contains(&unsent.number));
    }
}
