//! 更正 and 移交: what stood there before is kept, and the seal counts unless the manager says otherwise.

use casebind::case::fields::Value;
use casebind::case::validate::Typed;
use casebind::steps::correct::Correction;
use casebind::steps::office::Origin;

use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, House, Who};

use super::{find_everything_good, refusal, version};

fn typed(pairs: &[(&str, &str)]) -> Typed {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect()
}

/// Corrects the phone number.
async fn correct_phone(house: &House, case: &Case, seal_anew: bool) {
    let content = typed(&with(&CONTENT, &[("phone", "07-7654321")]));
    let correction = Correction {
        content: Some(&content),
        subject: None,
        reason: "學校來電更正",
        seal_anew,
        confirmed: false,
        origin: &Origin::default(),
    };
    let at = version(house, case).await;
    house.office().correct(&Who::Manager.actor(), &case.number, at, correction).await.expect("corrected");
}

both! {
    async fn a_correction_keeps_old_and_new_and_the_seal(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        find_everything_good(&house, &case).await;
        correct_phone(&house, &case, false).await;
        let dossier = case.dossier(&house).await;
        let change = &dossier.corrections[0].changes[0];
        let text = |value: &str| Some(Value::Text(value.to_owned()));
        assert_eq!((change.label.as_str(), &change.before, &change.after), ("連絡電話", &text("07-1234567"), &text("07-7654321")));
        assert_eq!(dossier.flow[0].reason, "學校來電更正（更正：連絡電話）");
        assert!(dossier.changed_since_print().is_empty(), "the signed form still counts");
        let at = version(&house, &case).await;
        house.office().receive(&Who::Manager.actor(), &case.number, at).await.unwrap();
    }

    async fn a_correction_that_must_be_sealed_makes_the_form_stale(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        find_everything_good(&house, &case).await;
        correct_phone(&house, &case, true).await;
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.facts().changed_since_print, ["連絡電話"]);
        let (office, manager) = (house.office(), Who::Manager.actor());
        let at = version(&house, &case).await;
        assert_eq!(refusal(office.receive(&manager, &case.number, at).await), "seal-anew");
        office.send_back(&manager, &case.number, at, "資料已更正，請重新核章").await.unwrap();
        assert_eq!(case.state().await, "核章");
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
    }

    async fn a_correction_after_one_that_must_be_sealed_stays_stale_and_undoing_it_mends_it(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        find_everything_good(&house, &case).await;
        correct_phone(&house, &case, true).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        for (phone, stale) in [("07-1111111", true), ("07-1234567", false)] {
            let content = typed(&with(&CONTENT, &[("phone", phone)]));
            let correction = Correction { content: Some(&content), subject: None, reason: "再更正", seal_anew: false, confirmed: false, origin: &Origin::default() };
            let at = version(&house, &case).await;
            office.correct(&manager, &case.number, at, correction).await.unwrap();
            let dossier = case.dossier(&house).await;
            assert_eq!((dossier.wants_new_seal(), dossier.changed_since_print().is_empty()), (stale, !stale), "{phone}");
        }
        let at = version(&house, &case).await;
        office.receive(&manager, &case.number, at).await.unwrap();
    }

    async fn a_received_case_that_must_be_sealed_again_is_not_dispatched(house) {
        let case = super::received(&house).await;
        correct_phone(&house, &case, true).await;
        let at = version(&house, &case).await;
        let people = [Who::Professional.login()];
        let outcome = house.office().dispatch(&Who::Supervisor.actor(), &case.number, at, &people, "").await;
        assert_eq!(refusal(outcome), "seal-anew");
        let nothing = Correction { content: None, subject: None, reason: "再想想", seal_anew: true, confirmed: false, origin: &Origin::default() };
        let outcome = house.office().correct(&Who::Manager.actor(), &case.number, at, nothing).await;
        assert!(matches!(outcome, Err(casebind::steps::StepError::Invalid(_))), "nothing was corrected");
    }

    async fn a_received_case_comes_by_a_supplement_to_its_new_seal(house) {
        let case = super::received(&house).await;
        super::correct_to_seal(&house, &case).await;
        // The supervisor is told why, and can still decline.
        let supervisor = house.sign_in(Who::Supervisor).await;
        let list = supervisor.get("/dispatch").await.expect(200);
        assert!(list.all(".duty").is_empty() && list.one("[data-to-seal]").contains("另有 1 件"), "{}", list.one("main"));
        assert!(list.one(".duty__tabs [aria-current]").contains('0'));
        let shown = supervisor.get(&case.path("")).await.expect(200);
        assert!(shown.one(".next__sentence").contains("資料更正後須重新核章"));
        assert!(!shown.has(".next .button--primary") && shown.one(".next .bar").contains("不開案"));
        let answer = supervisor.get(&case.path("/dispatch")).await.expect(409);
        assert!(answer.html().contains("由個管組請申請人補件"));

        // The case manager is led to it, with what is needed ticked.
        let manager = house.sign_in(Who::Manager).await;
        assert_eq!(manager.get(&case.path("")).await.expect(200).one(".next .button--primary"), "補件");
        let desk = manager.get(&case.path("/review")).await.expect(200);
        assert!(desk.one(".desk__remarks").contains("更正後須重新核章"));
        let form = manager.get(&case.path("/correct?part=content")).await.expect(200).html();
        assert!(form.contains("派案前須請申請人補件") && !form.contains("收件前須退回核章"));
        let ask = manager.get(&case.path("/supplement")).await.expect(200);
        assert_eq!(ask.attributes("input[name=item][checked]", "value"), ["signed-form:"]);
        manager.press(&ask, "請申請人補件", &[]).await.leads_to(&case.path("?said=supplement-asked"));

        // The applicant prints, signs and hands in anew; then it is received and dispatched as ever.
        assert_eq!(case.page().await.one(".next .button--primary").replace("（另開分頁）", ""), "列印申請單");
        case.print().await.leads_to(&case.path("/prints/2/form.pdf"));
        let scan = case.signed_scan(&house).await;
        let answer = case.hand_in(&scan).await;
        answer.leads_to(&case.path("/scans/"));
        let scan = answer.location().rsplit('/').next().unwrap().to_owned();
        let office = house.office();
        office.resubmit(&Who::Applicant.actor(), &case.number, Some(&scan), false).await.unwrap();
        find_everything_good(&house, &case).await;
        office.receive(&Who::Manager.actor(), &case.number, version(&house, &case).await).await.unwrap();
        let list = supervisor.get("/dispatch").await.expect(200);
        assert!(list.all(".duty").len() == 1 && !list.has("[data-to-seal]"));
        let people = [Who::Professional.login()];
        let at = version(&house, &case).await;
        office.dispatch(&Who::Supervisor.actor(), &case.number, at, &people, "").await.unwrap();
    }

    async fn a_correction_that_is_undone_lets_the_case_be_dispatched(house) {
        let case = super::received(&house).await;
        super::correct_to_seal(&house, &case).await;
        let content = typed(&CONTENT);
        let back = Correction { content: Some(&content), subject: None, reason: "原號碼無誤", seal_anew: false, confirmed: false, origin: &Origin::default() };
        let at = version(&house, &case).await;
        house.office().correct(&Who::Manager.actor(), &case.number, at, back).await.unwrap();
        let list = house.sign_in(Who::Supervisor).await.get("/dispatch").await.expect(200);
        assert!(list.all(".duty").len() == 1 && !list.has("[data-to-seal]"));
    }

    async fn the_subject_is_corrected_too_and_nothing_is_no_correction(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let correct = |subject: Typed, reason: &'static str| async move { (subject, reason) };
        let (subject, reason) = correct(typed(&with(&SUBJECT, &[("name", "王小名")])), "戶籍謄本").await;
        let correction = Correction { content: None, subject: Some(&subject), reason, seal_anew: false, confirmed: false, origin: &Origin::default() };
        let at = version(&house, &case).await;
        office.correct(&manager, &case.number, at, correction).await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.subject().unwrap().answers["name"], Value::Text("王小名".into()));
        assert!(dossier.case.content.contains_key("phone"));
        assert!(dossier.changed_since_print().is_empty());
        let at = version(&house, &case).await;
        office.correct(&manager, &case.number, at, correction).await.unwrap();
        assert_eq!(case.dossier(&house).await.corrections.len(), 1);
        let without = Correction { reason: " ", ..correction };
        assert_eq!(refusal(office.correct(&manager, &case.number, at, without).await), "no-reason");
        assert_eq!(refusal(office.correct(&Who::Applicant.actor(), &case.number, at, correction).await), "wrong-role");
    }

    async fn a_case_is_handed_to_a_colleague_of_the_same_school_only(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        let colleagues = office.colleagues(&manager, &case.number).await.unwrap();
        assert_eq!(colleagues, [(Who::Colleague.login(), "林同事".to_owned())]);
        let at = version(&house, &case).await;
        for stranger in [Who::OtherApplicant, Who::Manager, Who::Disabled, Who::Applicant] {
            let outcome = office.hand_over(&manager, &case.number, at, &stranger.login()).await;
            assert_eq!(refusal(outcome), "no-colleague", "{stranger:?}");
        }
        office.hand_over(&manager, &case.number, at, &Who::Colleague.login()).await.unwrap();
        browser.get(&case.path("")).await.expect(404);
        let colleague = house.sign_in(Who::Colleague).await;
        let page = colleague.get(&case.path("?tab=flow")).await.expect(200);
        assert!(page.html().contains("王輔導 → 林同事"));
        let found = colleague.get("/cases?q=林同事").await.expect(200);
        assert_eq!(found.all(".card").len(), 1, "the keyword follows");
    }
}
