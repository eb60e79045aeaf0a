//! Which scan counts: what came before something was asked for, or shows another print than the record, is no
//! answer, on the page as little as in the step.

use casebind::case::supplement::Place;

use crate::support::cases::{CONTENT, with};
use crate::support::house::MINUTE;
use crate::support::{Case, House, Page, Who, paper};

use super::{refusal, version};

/// Hands this file in; the row of the scan.
async fn hand_in(case: &Case, file: &[u8]) -> String {
    let answer = case.hand_in(file).await;
    answer.leads_to(&case.path("/scans/"));
    answer.location().rsplit('/').next().unwrap().to_owned()
}

async fn edit_problem(house: &House, case: &Case, problem: &str) {
    let now = version(house, case).await.to_string();
    let changed = with(&CONTENT, &[("problem", problem), ("version", &now)]);
    case.post("/content", &changed).await.leads_to(&case.path(""));
}

/// Whether the page of a scan offers to hand it in.
async fn offers(case: &Case, scan: &str) -> bool {
    let page: Page = case.get(&format!("/scans/{scan}")).await.expect(200);
    page.has("form [name=scan]")
}

async fn primary(case: &Case) -> String {
    case.page().await.one("main .next .button--primary")
}

/// In 送件, with a scan that was handed in before the one that was submitted.
async fn submitted_with_another(house: &House) -> (Case, String) {
    let case = Case::printed(&house.applicant().await).await;
    let form = case.form(house).await;
    let left = hand_in(&case, &paper::scan(&form, false)).await;
    let bound = hand_in(&case, &paper::scan(&form, true)).await;
    case.post("/submit", &[("scan", &bound)]).await.leads_to(&case.path("/receipt"));
    house.wait(MINUTE);
    (case, left)
}

both! {
    async fn a_new_scan_is_judged_by_its_own_print(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager, applicant) = (house.office(), Who::Manager.actor(), Who::Applicant.actor());
        let at = version(&house, &case).await;
        let problem = [(Place::Content, "problem".to_owned())];
        office.ask_supplement(&manager, &case.number, at, "請補充", &problem).await.unwrap();
        edit_problem(&house, &case, "改成別的").await;
        assert_eq!(office.print_form(&applicant, &case.number).await.unwrap().get(), 2);
        let scan = case.signed_scan(&house).await;
        let fresh = hand_in(&case, &scan).await;
        assert!(offers(&case, &fresh).await);
        // In another tab: as it was, and the item explained. The first print says it, the newest doesn't.
        edit_problem(&house, &case, "經常請假，導師觀察到情緒低落。").await;
        office.answer_item(&applicant, &case.number, 1, "原文無誤").await.unwrap();
        assert!(!offers(&case, &fresh).await);
        let before = house.record().await;
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, Some(&fresh), false).await), "stale-print");
        assert_eq!(house.record().await.rows, before.rows);
        office.resubmit(&applicant, &case.number, None, false).await.unwrap();
        assert_eq!(case.dossier(&house).await.bound_scan().unwrap().revision.get(), 1, "the paper that says it");
    }

    async fn a_scan_from_before_a_return_is_not_the_new_one(house) {
        let (case, left) = submitted_with_another(&house).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        let at = version(&house, &case).await;
        office.send_back(&Who::Manager.actor(), &case.number, at, "校長未核章").await.unwrap();
        assert_eq!(primary(&case).await, "上傳簽核申請單");
        assert!(!offers(&case, &left).await);
        let before = house.record().await;
        assert_eq!(refusal(office.submit(&applicant, &case.number, &left, true).await), "returned-scan");
        assert_eq!(house.record().await.rows, before.rows);
        // The same file, handed in once more, is another scan.
        let again = hand_in(&case, &paper::scan(&case.form(&house).await, false)).await;
        assert_ne!(again, left);
        assert_eq!(primary(&case).await, "確認後送件");
        office.submit(&applicant, &case.number, &again, true).await.unwrap();
    }

    async fn a_scan_from_before_a_supplement_answers_nothing(house) {
        let (case, left) = submitted_with_another(&house).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        let at = version(&house, &case).await;
        let form = [(Place::SignedForm, String::new())];
        office.ask_supplement(&Who::Manager.actor(), &case.number, at, "校長未核章", &form).await.unwrap();
        assert!(!offers(&case, &left).await);
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, Some(&left), true).await), "returned-scan");
        let fresh = hand_in(&case, &paper::scan(&case.form(&house).await, false)).await;
        office.resubmit(&applicant, &case.number, Some(&fresh), true).await.unwrap();
    }
}
