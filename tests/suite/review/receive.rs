//! 核閱, 收件, 退回核章, 不開案: verdicts one by one, and who may end a review how.

use casebind::case::review::{Target, Verdict};
use casebind::case::state::State;
use casebind::steps::review::Judged;
use casebind::store::reviews;

use crate::support::{Case, Who};

use super::{find_everything_good, refusal, version};

fn judged(target: Target, verdict: Verdict, remark: &str) -> Vec<Judged> {
    vec![Judged { target, verdict, remark: remark.into() }]
}

fn seal(id: &str) -> Target {
    Target::Seal(id.into())
}

both! {
    async fn a_case_is_received_when_every_paper_was_found_good(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let start = version(&house, &case).await;
        assert_eq!(refusal(office.receive(&manager, &case.number, start).await), "unreviewed-attachments");
        let attachments = case.dossier(&house).await.attachments;
        let mut at = start;
        for attachment in &attachments {
            let target = Target::Attachment(attachment.id.clone());
            at = office.judge_papers(&manager, &case.number, at, &judged(target, Verdict::Reviewed, "")).await.unwrap();
        }
        assert_eq!(refusal(office.receive(&manager, &case.number, at).await), "no-verdict");
        for id in ["handler", "director"] {
            at = office.judge_papers(&manager, &case.number, at, &judged(seal(id), Verdict::Reviewed, "")).await.unwrap();
        }
        at = office.judge_papers(&manager, &case.number, at, &judged(seal("principal"), Verdict::Wanting, "印文不清")).await.unwrap();
        assert_eq!(refusal(office.receive(&manager, &case.number, at).await), "no-verdict");
        // The newest verdict counts: the next one is a moment later.
        house.wait(1);
        at = office.judge_papers(&manager, &case.number, at, &judged(seal("principal"), Verdict::Reviewed, "")).await.unwrap();
        office.receive(&manager, &case.number, at).await.unwrap();

        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Received);
        assert_eq!(dossier.case.state_at, dossier.flow[0].at);
        assert_eq!(dossier.flow[0].evidence.len(), 4, "scan, print and two attachments");
        // What was thought first is kept.
        let said: Vec<_> = dossier.verdicts.iter().filter(|given| given.target == seal("principal")).collect();
        assert_eq!(said.iter().map(|given| given.verdict).collect::<Vec<_>>(), [Verdict::Wanting, Verdict::Reviewed]);
        assert_eq!((said[0].remark.as_str(), said[0].by.as_str()), ("印文不清", "陳個管"));
        assert_eq!(case.state().await, "收件");
    }

    async fn the_same_verdict_twice_is_one(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let at = version(&house, &case).await;
        let good = judged(seal("principal"), Verdict::Reviewed, "");
        let after = office.judge_papers(&manager, &case.number, at, &good).await.unwrap();
        assert_eq!(office.judge_papers(&manager, &case.number, at, &good).await.unwrap(), after);
        assert_eq!(house.number("SELECT COUNT(*) FROM verdicts").await, 1);
    }

    async fn the_second_to_judge_is_told_and_loses_nothing(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let at = version(&house, &case).await;
        office.judge_papers(&manager, &case.number, at, &judged(seal("principal"), Verdict::Reviewed, "")).await.unwrap();
        let late = office.judge_papers(&manager, &case.number, at, &judged(seal("handler"), Verdict::Wanting, "")).await;
        assert_eq!(refusal(late), "conflict");
        let stale = office.send_back(&manager, &case.number, at, "缺印").await;
        assert_eq!(refusal(stale), "conflict");
        assert_eq!(house.number("SELECT COUNT(*) FROM verdicts").await, 1);
        assert_eq!(case.state().await, "送件");
    }

    async fn nobody_else_judges(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let at = version(&house, &case).await;
        let good = judged(seal("principal"), Verdict::Reviewed, "");
        for (who, code) in [
            (Who::Applicant, "wrong-role"), (Who::Supervisor, "wrong-role"), (Who::Archivist, "wrong-role"),
            (Who::Professional, "not-found"), (Who::OtherSupervisor, "not-found"), (Who::Administrator, "not-found"),
        ] {
            let outcome = house.office().judge_papers(&who.actor(), &case.number, at, &good).await;
            assert_eq!(refusal(outcome), code, "{who:?}");
        }
        let nowhere = judged(seal("no-such-box"), Verdict::Reviewed, "");
        let outcome = house.office().judge_papers(&Who::Manager.actor(), &case.number, at, &nowhere).await;
        assert_eq!(refusal(outcome), "not-found");
        assert_eq!(house.number("SELECT COUNT(*) FROM verdicts").await, 0);
    }

    async fn a_form_sent_back_is_sealed_and_submitted_again(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        find_everything_good(&house, &case).await;
        let at = version(&house, &case).await;
        assert_eq!(refusal(office.send_back(&manager, &case.number, at, " ").await), "no-reason");
        office.send_back(&manager, &case.number, at, "校長核章不清楚").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!((dossier.state(), dossier.bound_scan().is_none()), (State::Sealing, true));
        assert!(case.page().await.html().contains("校長核章不清楚"), "the applicant reads why");

        // What was sent back can't be handed in again as it is, not by its address either.
        let returned = dossier.scans[0].id.clone();
        let again = office.submit(&Who::Applicant.actor(), &case.number, &returned, false).await;
        assert_eq!(refusal(again), "returned-scan");
        // The same bytes are another scan, which is judged anew.
        let scan = crate::support::paper::scan(&case.form(&house).await, true);
        let check = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Submitted);
        assert_eq!(dossier.scans.len(), 2);
        assert_ne!(dossier.bound_scan().unwrap().id, returned);
        assert!(!dossier.form_reviewed(), "another scan is judged anew");
    }

    async fn declining_takes_a_reason(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let at = version(&house, &case).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        assert_eq!(refusal(office.decline(&supervisor, &case.number, at, "").await), "no-reason");
        let foreign = office.decline(&Who::OtherSupervisor.actor(), &case.number, at, "不符").await;
        assert_eq!(refusal(foreign), "not-found");
        office.decline(&supervisor, &case.number, at, "非本中心服務範圍").await.unwrap();
        assert_eq!(case.state().await, "不開案");
        office.decline(&supervisor, &case.number, at, "非本中心服務範圍").await.expect("a second click");
        let later = office.decline(&supervisor, &case.number, at + 1, "又一次").await;
        assert_eq!(refusal(later), "wrong-state");
        let control = office.decline(&supervisor, &case.number, at, "看不見的\u{0}字").await;
        assert!(matches!(control, Err(casebind::steps::StepError::Invalid(_))), "{control:?}");
    }

    async fn a_manager_withdraws_what_is_submitted(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let at = version(&house, &case).await;
        house.office().withdraw(&Who::Manager.actor(), &case.number, at, "學校來電撤回").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::Withdrawn);
        assert!(dossier.bound_scan().is_some(), "what was handed in stays bound");
    }

    async fn those_who_look_at_a_case_see_each_other(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let office = house.office();
        let dossier = case.dossier(&house).await;
        assert!(office.look_at(&Who::Manager.actor(), &dossier).await.unwrap().is_empty());
        let others = office.look_at(&Who::Supervisor.actor(), &dossier).await.unwrap();
        assert_eq!(others.iter().map(|look| look.name.as_str()).collect::<Vec<_>>(), ["陳個管"]);
        house.wait(2 * crate::support::house::MINUTE);
        assert!(office.look_at(&Who::Supervisor.actor(), &dossier).await.unwrap().is_empty(), "gone for two minutes");
        let mut db = office.store.read().await.unwrap();
        let seen = reviews::seen_version(&mut db, &dossier.case.id, &Who::Manager.login()).await.unwrap();
        assert_eq!(seen, Some(dossier.case.version));
        assert_eq!(reviews::seen_version(&mut db, &dossier.case.id, "archivist").await.unwrap(), None);
    }
}

/// Boxes of the elementary school's form, as its template names them.
#[test]
fn the_boxes_that_these_tests_name_are_the_forms() {
    let templates = casebind::forms::templates::Templates::load(None);
    let spec = &templates.get("referral").expect("the referral").spec;
    let ids: Vec<_> = spec
        .seal_boxes(casebind::case::stage::SchoolStage::Elementary)
        .iter()
        .map(|seal| seal.id.as_str())
        .collect();
    assert_eq!(ids, ["handler", "director", "principal"]);
}
