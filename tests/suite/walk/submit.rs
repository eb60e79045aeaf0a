//! 送件: one accepted scan of the newest revision, once; after it nothing can be edited.

use casebind::case::ids::Digest;

use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, House, Page, paper};

/// Sends 送件 with this scan.
async fn submit(case: Case, scan: String) -> Page {
    case.post("/submit", &[("scan", &scan)]).await
}

/// The identifier of a scan from the address that its upload led to.
fn scan_id(answer: &Page) -> String {
    answer.location().rsplit('/').next().unwrap().to_owned()
}

/// Everything that an applicant could try on a submitted case.
async fn tries(house: &House, case: &Case) -> Vec<(&'static str, Page)> {
    let dossier = case.dossier(house).await;
    let subject = format!("/subject/{}", dossier.subject().unwrap().id);
    let attachment = format!("/attachments/{}/delete", dossier.attachments[0].id);
    let version = dossier.case.version.to_string();
    let content = with(&CONTENT, &[("problem", "事後修改"), ("version", &version)]);
    let answers = with(&SUBJECT, &[("name", "別人"), ("version", &version)]);
    let file = paper::letter("too late");
    let pdf = || Chosen::pdf("x.pdf", &file);
    vec![
        ("content", case.post("/content", &content).await),
        ("new subject", case.post("/subject", &answers).await),
        ("subject", case.post(&subject, &answers).await),
        ("delete subject", case.post(&format!("{subject}/delete"), &[]).await),
        ("attach", case.browser.upload(&case.path("/attachments"), &[("category", "other")], pdf()).await),
        ("delete attachment", case.post(&attachment, &[]).await),
        ("print", case.post("/print", &[]).await),
        ("upload", case.browser.upload(&case.path("/scans"), &[], pdf()).await),
        ("withdraw", case.post("/withdraw", &[("reason", "反悔"), ("version", &version)]).await),
    ]
}

both! {
    async fn a_sealed_form_is_submitted_with_its_digests(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        let check = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert!(!check.has("[name=confirm_empty]"));
        let answer = browser.press(&check, "送件", &[]).await;
        let receipt = browser.follow(&answer).await.expect(200);
        assert_eq!(receipt.one("h1"), "已送件");
        assert!(receipt.one(".receipt .lead").contains("申請完成，等待審核確認中"));
        assert_eq!(receipt.one(".receipt__number"), case.number[..3].to_owned() + &case.number[3..]);
        let documents = receipt.all(".receipt__documents dt");
        assert_eq!(documents, ["簽核申請單掃描檔", "申請單第 1 版", "家長(監護人)同意書", "輔導紀錄摘要"]);
        let digests = receipt.all(".receipt__documents .digest");
        assert_eq!(digests[0], Digest::of(&scan).to_string());
        let form = case.get("/prints/1/form.pdf").await.expect(200).body;
        assert_eq!(digests[1], Digest::of(&form).to_string());

        assert_eq!(case.state().await, "送件");
        let flow = case.get("?tab=flow").await.expect(200);
        assert_eq!(flow.all(".tab .flow__label")[0], "送件");
        let short: Vec<_> = flow.all(".tab .flow li .digest, .tab .flow__documents .digest");
        assert!(short.contains(&Digest::of(&scan).short()), "{short:?}");
        assert!(short.contains(&Digest::of(&form).short()), "{short:?}");
        let card = browser.get("/cases").await.expect(200);
        assert!(card.one(".waiting").contains("核閱案件中"));
        assert!(card.one(".card__more summary").contains("檢視另外5則流程"), "{}", card.one(".card__more summary"));

        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.bound_scan().unwrap().digest, Digest::of(&scan));
        assert!(dossier.bound_scan().unwrap().bound_at.is_some());
    }

    async fn after_it_nothing_can_be_edited(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let before = house.record().await;
        for (what, page) in tries(&house, &case).await {
            assert_eq!(page.status, 409, "{what}");
            assert!(page.one("main").contains("送件"), "{what}: the state is named: {}", page.one("main"));
        }
        assert_eq!(house.record().await, before);
        for below in ["/content", "/subject", "/scans/new", "/withdraw"] {
            let page = case.get(below).await;
            assert!(page.status == 409 || page.status == 303, "{below}: {}", page.status);
        }
        let page = case.page().await;
        assert!(page.buttons().iter().all(|b| !b.contains("編輯") && !b.contains("列印")), "{:?}", page.buttons());
        assert!(case.get("/attachments").await.expect(200).one("main").contains("不能新增或刪除檢附資料"));
        assert_eq!(case.state().await, "送件");
        // Refused attempts are traced, each with event, state and reason.
        let refused = house.words("traces", "detail", "WHERE action = 'refused' AND case_id IS NOT NULL ORDER BY at").await;
        assert!(refused.contains(&"edit in submitted: wrong-state".to_owned()), "{refused:?}");
        assert!(refused.contains(&"print in submitted: wrong-state".to_owned()), "{refused:?}");
        assert!(refused.contains(&"withdraw in submitted: wrong-role".to_owned()), "{refused:?}");
    }

    async fn a_form_that_looks_unsigned_needs_the_applicants_word(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = paper::scan(&case.form(&house).await, false);
        let check = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        assert!(check.one(".lead .verdict").contains("空白"), "{}", check.one(".lead"));
        assert_eq!(check.all(".seal .badge"), ["空白"; 3]);
        let before = house.record().await;
        let again = browser.press(&check, "送件", &[]).await.expect(422);
        assert!(again.one(".summary").contains("請勾選確認後再送件"));
        assert_eq!(house.record().await, before);
        browser.press(&again, "送件", &[("confirm_empty", "1")]).await.leads_to(&case.path("/receipt"));
        let newest = case.dossier(&house).await.flow[0].clone();
        assert!(newest.reason.contains("申請人確認已核章"), "{}", newest.reason);
        assert_eq!(house.number("SELECT COUNT(*) FROM scans WHERE confirmed_empty = 1").await, 1);
    }

    async fn the_reviewer_is_told_both_how_it_was_bound_and_that_it_looks_unsigned(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let form = case.form(&house).await;
        let scan = paper::bind(&paper::without_codes(&form, &paper::sheets(&form, false)));
        let code = crate::walk::refusals::short_code(&house, &case).await;
        let check = browser.follow(&case.hand_in_with(&code, &scan).await).await.expect(200);
        browser.press(&check, "送件", &[("confirm_empty", "1")]).await.leads_to(&case.path("/receipt"));
        let said = case.dossier(&house).await.flow[0].reason.clone();
        assert!(said.contains("以核對碼綁定") && said.contains("申請人確認已核章"), "{said}");
    }

    async fn two_submissions_at_the_same_moment_end_in_one_and_a_clear_refusal(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let form = case.form(&house).await;
        let (mut first, mut second) = (paper::sheets(&form, true), paper::sheets(&form, true));
        // Two scans of the same paper are never the same bytes.
        first[0].0.put_pixel(3, 3, image::Luma([0]));
        second[0].0.put_pixel(9, 3, image::Luma([0]));
        let one = scan_id(&case.hand_in(&paper::bind(&first)).await);
        let two = scan_id(&case.hand_in(&paper::bind(&second)).await);
        assert_ne!(one, two);
        let (left, right) = tokio::join!(
            tokio::spawn(submit(case.clone(), one.clone())),
            tokio::spawn(submit(case.clone(), two.clone())),
        );
        let (left, right) = (left.unwrap(), right.unwrap());
        let (winner, loser, bound) =
            if left.status == 303 { (left, right, one) } else { (right, left, two) };
        winner.leads_to(&case.path("/receipt"));
        let refused = loser.expect(409);
        assert!(refused.one("main").contains("案件狀態為「送件」"), "{}", refused.one("main"));
        assert_eq!(house.number("SELECT COUNT(*) FROM flow WHERE event = 'submit'").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM scans WHERE bound_at IS NOT NULL").await, 1);
        assert_eq!(case.dossier(&house).await.bound_scan().unwrap().id, bound);
    }

    async fn the_same_submission_twice_leads_to_the_same_receipt(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        let id = scan_id(&case.hand_in(&scan).await);
        let (one, two) = tokio::join!(
            tokio::spawn(submit(case.clone(), id.clone())),
            tokio::spawn(submit(case.clone(), id.clone())),
        );
        one.unwrap().leads_to(&case.path("/receipt"));
        two.unwrap().leads_to(&case.path("/receipt"));
        submit(case.clone(), id).await.leads_to(&case.path("/receipt"));
        assert_eq!(house.number("SELECT COUNT(*) FROM flow WHERE event = 'submit'").await, 1);
    }

    async fn a_scan_goes_stale_with_its_print(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        let id = scan_id(&case.hand_in(&scan).await);
        case.edit(&[("problem", "送件前又改")]).await.leads_to(&case.path(""));
        let before = house.record().await;
        let refused = submit(case.clone(), id.clone()).await.expect(409);
        assert!(refused.one("main").contains("列印之後資料已修改（問題簡述）"), "{}", refused.one("main"));
        assert_eq!(house.record().await, before);
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        let refused = submit(case.clone(), id.clone()).await.expect(409);
        assert!(refused.one("main").contains("第 1 版申請單，最新為第 2 版"), "{}", refused.one("main"));
        assert!(!case.get(&format!("/scans/{id}")).await.expect(200).html().contains("name=\"scan\""));
    }

    async fn an_edit_and_a_submission_at_the_same_moment_never_both_win(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        let id = scan_id(&case.hand_in(&scan).await);
        let form = case.get("/content").await.expect(200).form("儲存").filled(&[("problem", "同時修改")]);
        let (edited, submitted) = tokio::join!(
            tokio::spawn({ let b = browser.clone(); async move { b.submit(&form).await } }),
            tokio::spawn(submit(case.clone(), id)),
        );
        let (edited, submitted) = (edited.unwrap(), submitted.unwrap());
        assert_ne!(edited.status == 303, submitted.status == 303, "{} {}", edited.status, submitted.status);
        let dossier = case.dossier(&house).await;
        match submitted.status == 303 {
            true => assert!(dossier.changed_since_print().is_empty()),
            false => assert_eq!(dossier.state().as_str(), "sealing"),
        }
    }

    async fn another_cases_scan_submits_nothing(house) {
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let scan = other.signed_scan(&house).await;
        let id = scan_id(&other.hand_in(&scan).await);
        let before = house.record().await;
        submit(case.clone(), id).await.expect(409);
        submit(case.clone(), "nothing".into()).await.expect(409);
        case.get("/receipt").await.expect(404);
        assert_eq!(house.record().await, before);
    }
}
