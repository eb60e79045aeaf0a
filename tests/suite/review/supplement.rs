//! 補件: only what was named reopens; each item is answered; what is printed is sealed again.

use casebind::case::event::Event;
use casebind::case::state::State;
use casebind::case::supplement::Place;

use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, House, Who, paper};

use super::{refusal, version};

/// Asks for a supplement of these items.
async fn ask(house: &House, case: &Case, items: &[(Place, &str)]) {
    let items: Vec<_> = items.iter().map(|(place, id)| (*place, (*id).to_owned())).collect();
    let at = version(house, case).await;
    let manager = Who::Manager.actor();
    house.office().ask_supplement(&manager, &case.number, at, "請補充說明", &items).await.expect("asked");
}

/// The newest form of the case, signed, scanned and handed in; the row of the scan.
async fn fresh_scan(house: &House, case: &Case) -> String {
    let scan = case.signed_scan(house).await;
    let answer = case.hand_in(&scan).await;
    answer.leads_to(&case.path("/scans/"));
    answer.location().rsplit('/').next().unwrap().to_owned()
}

both! {
    async fn only_the_named_items_reopen(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        ask(&house, &case, &[(Place::Content, "problem"), (Place::Subject, "mobile"), (Place::Attachment, "consent")]).await;
        assert_eq!(case.state().await, "補件");
        let dossier = case.dossier(&house).await;
        let subject = format!("/subject/{}", dossier.subject().unwrap().id);
        let attachment = |category: &str| {
            let found = dossier.attachments.iter().find(|a| a.category == category).unwrap();
            format!("/attachments/{}/delete", found.id)
        };
        let at = || async { version(&house, &case).await.to_string() };

        let before = house.record().await;
        let now = at().await;
        let phone = with(&CONTENT, &[("phone", "07-7654321"), ("version", &now)]);
        case.post("/content", &phone).await.expect(409);
        let name = with(&SUBJECT, &[("name", "別人"), ("version", &now)]);
        case.post(&subject, &name).await.expect(409);
        case.post(&format!("{subject}/delete"), &[]).await.expect(409);
        case.post(&attachment("summary"), &[]).await.expect(409);
        let file = paper::letter("not asked for");
        let pdf = Chosen::pdf("x.pdf", &file);
        case.browser.upload(&case.path("/attachments"), &[("category", "summary")], pdf).await.expect(409);
        assert_eq!(house.record().await.rows, before.rows);

        let problem = with(&CONTENT, &[("problem", "補充後的說明"), ("version", &now)]);
        case.post("/content", &problem).await.leads_to(&case.path(""));
        let now = at().await;
        let mobile = with(&SUBJECT, &[("mobile", "0987654321"), ("version", &now)]);
        case.post(&subject, &mobile).await.leads_to(&case.path(""));
        let file = paper::letter("the consent once more");
        let pdf = Chosen::pdf("同意書.pdf", &file);
        case.browser.upload(&case.path("/attachments"), &[("category", "consent")], pdf).await
            .leads_to(&case.path("/attachments"));
        assert!(case.dossier(&house).await.unanswered().is_empty());
    }

    async fn words_answer_an_item_that_needs_no_change(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        ask(&house, &case, &[(Place::Content, "phone")]).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, None, false).await), "unanswered");
        office.answer_item(&applicant, &case.number, 1, "號碼無誤，請於上班時間來電").await.unwrap();
        office.resubmit(&applicant, &case.number, None, false).await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Submitted);
        assert_eq!((dossier.flow[0].event, dossier.flow[0].reason.as_str()), (Event::Resubmit, "連絡電話：號碼無誤，請於上班時間來電"));
        assert!(dossier.supplement().is_none());
        assert_eq!(dossier.supplements[0].asked_by, "陳個管");
    }

    async fn what_is_printed_is_printed_and_sealed_again(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let first = case.dossier(&house).await.bound_scan().unwrap().id.clone();
        ask(&house, &case, &[(Place::Content, "problem")]).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        let now = version(&house, &case).await.to_string();
        let problem = with(&CONTENT, &[("problem", "補充後的說明"), ("version", &now)]);
        case.post("/content", &problem).await.leads_to(&case.path(""));
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, None, false).await), "stale-print");
        // A scan of the old print is refused before anything changes.
        let revision = office.print_form(&applicant, &case.number).await.unwrap();
        assert_eq!((revision.get(), case.state().await.as_str()), (2, "補件"));
        assert_eq!(office.print_form(&applicant, &case.number).await.unwrap().get(), 2, "a double click prints once");
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, None, false).await), "stale-revision");
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, Some(&first), false).await), "stale-revision");
        let scan = fresh_scan(&house, &case).await;
        office.resubmit(&applicant, &case.number, Some(&scan), false).await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!((dossier.state(), dossier.bound_scan().unwrap().id.as_str()), (State::Submitted, scan.as_str()));
        assert_eq!(dossier.bound_scan().unwrap().revision.get(), 2);
        assert!(!dossier.form_reviewed(), "the new scan is judged anew");
    }

    async fn another_scan_of_the_same_paper_can_be_asked_for(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        ask(&house, &case, &[(Place::SignedForm, "")]).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, None, false).await), "unanswered");
        let again = paper::scan(&case.form(&house).await, false);
        let answer = case.hand_in(&again).await;
        answer.leads_to(&case.path("/scans/"));
        let scan = answer.location().rsplit('/').next().unwrap().to_owned();
        assert_eq!(refusal(office.resubmit(&applicant, &case.number, Some(&scan), false).await), "empty-seals-unconfirmed");
        office.resubmit(&applicant, &case.number, Some(&scan), true).await.unwrap();
        assert_eq!(case.dossier(&house).await.bound_scan().unwrap().id, scan);
    }

    async fn a_scan_answers_only_where_it_was_asked_for_and_only_when_it_is_the_one_bound(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let first = case.dossier(&house).await.bound_scan().unwrap().id.clone();
        ask(&house, &case, &[(Place::Content, "phone")]).await;
        let scan = case.signed_scan(&house).await;
        let page = case.browser.upload(&case.path("/scans"), &[], Chosen::pdf("x.pdf", &scan)).await;
        page.expect(409);
        house.office().answer_item(&Who::Applicant.actor(), &case.number, 1, "無誤").await.unwrap();
        house.office().resubmit(&Who::Applicant.actor(), &case.number, None, false).await.unwrap();

        ask(&house, &case, &[(Place::SignedForm, "")]).await;
        let fresh = fresh_scan(&house, &case).await;
        assert_ne!(fresh, first, "the same bytes are another scan");
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        for old in [None, Some(first.as_str())] {
            assert_eq!(refusal(office.resubmit(&applicant, &case.number, old, false).await), "unanswered");
        }
        office.resubmit(&applicant, &case.number, Some(&fresh), false).await.unwrap();
        assert_eq!(case.dossier(&house).await.bound_scan().unwrap().id, fresh);
    }

    async fn an_edit_that_is_undone_needs_no_new_seal(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        ask(&house, &case, &[(Place::Content, "problem")]).await;
        let (office, applicant) = (house.office(), Who::Applicant.actor());
        for problem in ["改成別的", "經常請假，導師觀察到情緒低落。"] {
            let now = version(&house, &case).await.to_string();
            let changed = with(&CONTENT, &[("problem", problem), ("version", &now)]);
            case.post("/content", &changed).await.leads_to(&case.path(""));
        }
        office.answer_item(&applicant, &case.number, 1, "原文無誤").await.unwrap();
        office.resubmit(&applicant, &case.number, None, false).await.unwrap();
        assert_eq!(case.state().await, "送件");
    }

    async fn a_colleague_takes_a_supplement_over_without_a_new_seal(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        ask(&house, &case, &[(Place::Content, "phone")]).await;
        let (office, colleague) = (house.office(), Who::Colleague.actor());
        let at = version(&house, &case).await;
        office.hand_over(&Who::Manager.actor(), &case.number, at, &colleague.id).await.unwrap();
        office.answer_item(&colleague, &case.number, 1, "無誤").await.unwrap();
        office.resubmit(&colleague, &case.number, None, false).await.unwrap();
    }

    async fn it_takes_a_reason_and_items_that_are_there(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let at = version(&house, &case).await;
        let phone = [(Place::Content, "phone".to_owned())];
        assert_eq!(refusal(office.ask_supplement(&manager, &case.number, at, "", &phone).await), "no-reason");
        assert_eq!(refusal(office.ask_supplement(&manager, &case.number, at, "缺", &[]).await), "nothing-reopened");
        let nowhere = [(Place::Content, "no-such-field".to_owned())];
        assert_eq!(refusal(office.ask_supplement(&manager, &case.number, at, "缺", &nowhere).await), "not-found");
        assert_eq!(refusal(office.ask_supplement(&manager, &case.number, at - 1, "缺", &phone).await), "conflict");
        let applicant = Who::Applicant.actor();
        assert_eq!(refusal(office.ask_supplement(&applicant, &case.number, at, "缺", &phone).await), "wrong-role");
        assert_eq!(case.state().await, "送件");
    }

    async fn a_received_case_can_be_supplemented_and_a_supplement_withdrawn(house) {
        let case = super::received(&house).await;
        ask(&house, &case, &[(Place::Content, "note")]).await;
        let at = version(&house, &case).await;
        house.office().withdraw(&Who::Manager.actor(), &case.number, at, "學校來電撤回").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Withdrawn);
        assert!(dossier.supplement().is_none(), "nothing waits for the applicant any more");
    }
}
