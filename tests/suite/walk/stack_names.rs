//! 整疊上傳: a stack is named by whoever scanned it, maybe after a child in it. No other case tells that name.

use casebind::store::bags;

use crate::support::browser::Chosen;
use crate::support::cases::stack_of;
use crate::support::{Case, House, Who, paper};
use crate::walk::stacks::{sealed, uploaded_as};

/// Whoever is named so is in none of the cases.
const CHILD: &str = "林大同";
const CHILD_IN_ADDRESSES: &str = "%E6%9E%97%E5%A4%A7%E5%90%8C";

fn made_name(case: &Case) -> String {
    format!("簽核申請單-{}-第1版.pdf", case.number)
}

/// Hands in a scan by this name, and submits it where `submits`.
async fn handed_in_as(house: &House, case: &Case, name: &str, submits: bool) {
    let scan = case.signed_scan(house).await;
    let form = case.get("/scans/new").await.expect(200);
    let answer = case.browser.press_with(&form, "上傳並檢查", &[], Chosen::pdf(name, &scan)).await;
    let check = case.browser.follow(&answer).await.expect(200);
    if submits {
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
    }
}

/// Looks at a submitted case from everywhere: its scan has the made name, and none has the stack's.
async fn tells_nothing_of_the_stack(house: &House, case: &Case) {
    let archivist = house.sign_in(Who::Archivist).await;
    let made = made_name(case);
    let scan = case.dossier(house).await.scans[0].clone();
    assert_eq!(scan.file_name, made);
    let check = case.path(&format!("/scans/{}", scan.id));
    let originals = format!("/retrieval/{}", case.number);
    let documents = format!("/api/v1/cases/{}/documents", case.number);
    let receipt = case.get("/receipt").await.expect(200);
    for (who, address, shown) in [
        (Who::Applicant, case.path(""), false),
        (Who::Applicant, check.clone(), true),
        (Who::Applicant, receipt.path.clone(), false),
        (Who::Applicant, receipt.link("下載收據"), true),
        (Who::Applicant, documents.clone(), true),
        (Who::Manager, case.path("/traces"), false),
        (Who::Manager, check.clone(), true),
        (Who::Manager, documents.clone(), true),
        (Who::Archivist, originals.clone(), true),
        (Who::Archivist, documents, true),
    ] {
        let browser = house.sign_in(who).await;
        let page = browser.get(&address).await.expect(200);
        let text = String::from_utf8(page.body).unwrap();
        assert!(!text.contains(CHILD), "{who:?} {address}: {text}");
        assert!(!shown || text.contains(&made), "{who:?} {address}: {text}");
    }
    let sent = house.sign_in(Who::Applicant).await.get(&format!("{check}/original")).await.expect(200);
    let name = sent.header("content-disposition");
    assert!(name.contains(&case.number) && !name.contains(CHILD_IN_ADDRESSES), "{name}");
    archivist.post(&originals, &[("purpose", "家長申請閱覽")]).await.leads_to(&originals);
    let sent = archivist.get(&format!("{originals}/originals/{}", scan.digest)).await.expect(200);
    let name = sent.header("content-disposition");
    assert!(name.contains(&case.number) && !name.contains(CHILD_IN_ADDRESSES), "{name}");
    let id = case.id(house).await;
    let mut db = house.office().store.read().await.unwrap();
    let rows = bags::rows_of(&mut db, &id).await.unwrap();
    assert_eq!(rows["scans"][0]["file_name"], made.as_str());
}

/// Whoever looks for the name finds the stack, and none of its cases.
async fn is_found_by_the_stack_alone(house: &House) {
    let archivist = house.sign_in(Who::Archivist).await;
    let found = archivist.get(&format!("/retrieval?file={CHILD_IN_ADDRESSES}")).await.expect(200);
    assert!(!found.has(".told__case"), "{}", found.one("main"));
    assert!(found.one(".found-stacks").contains(CHILD), "an archivist takes the stack out by its name");
}

both! {
    async fn a_scan_that_is_cut_out_of_a_stack_is_named_by_its_case(house) {
        let browser = house.applicant().await;
        let cases = [Case::printed(&browser).await, Case::printed(&browser).await];
        let mut stack = sealed(&house, &cases[0]).await;
        stack.extend(sealed(&house, &cases[1]).await);
        let page = uploaded_as(&browser, "林大同等三人.pdf", &paper::bind(&stack)).await;
        assert!(page.html().contains("林大同等三人.pdf"), "whoever named it sees that");
        browser.press(&page, "送件所選案件", &[]).await.leads_to(&page.path);
        let mut names = house.words("scans", "file_name", "").await;
        names.sort();
        assert_eq!(names, [made_name(&cases[0]), made_name(&cases[1])], "as it is written");
        for case in &cases {
            tells_nothing_of_the_stack(&house, case).await;
        }
        is_found_by_the_stack_alone(&house).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let query = format!("/retrieval?file=-{}-", cases[0].number);
        let found = archivist.get(&query).await.expect(200).attributes(".told__case", "href");
        assert_eq!(found, [format!("/retrieval/{}", cases[0].number)]);
    }

    async fn scans_that_were_named_after_their_stack_are_shown_by_their_case(house) {
        let browser = house.applicant().await;
        let cases = [Case::printed(&browser).await, Case::printed(&browser).await];
        handed_in_as(&house, &cases[0], "林大同等三人（第 1 頁）.pdf", true).await;
        // Any other name is none of the person's own either, where the scan is of the stack.
        handed_in_as(&house, &cases[1], "林大同.pdf", true).await;
        stack_of(&house, "s", "林大同等三人.pdf", &[&cases[0], &cases[1]]).await;
        for case in &cases {
            tells_nothing_of_the_stack(&house, case).await;
        }
        is_found_by_the_stack_alone(&house).await;

        // A scan of a stack that isn't noted with it, and one that the person uploaded to the same case.
        let left = Case::printed(&browser).await;
        stack_of(&house, "left", "林大同又一疊.pdf", &[&left]).await;
        handed_in_as(&house, &left, "林大同又一疊（第 3、4 頁）.pdf", false).await;
        assert_eq!(left.dossier(&house).await.scans[0].file_name, made_name(&left));
        let own = Case::printed(&browser).await;
        stack_of(&house, "own", "整疊二月.pdf", &[&own]).await;
        handed_in_as(&house, &own, "我的掃描檔.pdf", false).await;
        assert_eq!(own.dossier(&house).await.scans[0].file_name, "我的掃描檔.pdf");
        // Of a case that lies in no stack, every name is its own.
        let apart = Case::printed(&browser).await;
        handed_in_as(&house, &apart, "申請單（第 1 頁）.pdf", false).await;
        assert_eq!(apart.dossier(&house).await.scans[0].file_name, "申請單（第 1 頁）.pdf");
    }
}
