//! 派案, 紀錄, 結案: a supervisor dispatches, professionals serve and propose, another person approves.

use casebind::case::ids::Digest;
use casebind::case::request::ClosingReason;
use casebind::case::state::State;
use casebind::case::validate::Typed;
use casebind::steps::StepError;
use casebind::steps::upload::Upload;

use crate::support::{Case, House, Who, paper};

use super::{in_service, received, refusal, version};

fn session(summary: &str) -> Typed {
    let pairs = [
        ("held_on", "115/11/20"),
        ("kind", "individual"),
        ("minutes", "50"),
        ("participants", "學生、輔導老師"),
        ("summary", summary),
    ];
    pairs.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect()
}

async fn upload(house: &House, bytes: &[u8]) -> Upload {
    let mut staging = house.office().originals.stage(bytes.len() as u64).await.unwrap();
    staging.write(bytes).await.unwrap();
    Upload { file_name: "量表.pdf".into(), staged: staging.finish().await.unwrap() }
}

/// Proposes closing as the psychologist.
async fn propose(house: &House, case: &Case) {
    let at = version(house, case).await;
    let (who, reason) = (Who::Professional.actor(), Some(ClosingReason::Improved));
    house.office().propose_closing(&who, &case.number, at, reason, "", "情緒穩定").await.expect("proposed");
}

both! {
    async fn a_supervisor_of_the_zone_dispatches(house) {
        let case = received(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let at = version(&house, &case).await;
        let psychologist = [Who::Professional.login()];
        let worker = [Who::OtherProfessional.login()];
        assert_eq!(refusal(office.dispatch(&supervisor, &case.number, at, &[], "").await), "no-professional");
        // The case asks for a psychologist.
        assert_eq!(refusal(office.dispatch(&supervisor, &case.number, at, &worker, "").await), "profession-unfit");
        let nobody = [Who::Applicant.login()];
        assert_eq!(refusal(office.dispatch(&supervisor, &case.number, at, &nobody, "因為").await), "not-found");
        let foreign = Who::OtherSupervisor.actor();
        assert_eq!(refusal(office.dispatch(&foreign, &case.number, at, &psychologist, "").await), "not-found");
        assert_eq!(refusal(office.dispatch(&Who::Manager.actor(), &case.number, at, &psychologist, "").await), "wrong-role");
        house.sign_in(Who::Professional).await.get(&case.path("")).await.expect(404);
        office.dispatch(&supervisor, &case.number, at, &psychologist, "").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::InService);
        assert_eq!(dossier.flow[0].reason, "張心理 (心理師)");
        house.sign_in(Who::Professional).await.get(&case.path("")).await.expect(200);
        let load = office.professionals().await.unwrap();
        assert_eq!(load.iter().map(|one| (one.name.as_str(), one.load)).collect::<Vec<_>>(), [("吳社工", 0), ("張心理", 1)]);
    }

    async fn a_case_is_reassigned_with_a_reason(house) {
        let case = in_service(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let at = version(&house, &case).await;
        let worker = [Who::OtherProfessional.login()];
        assert_eq!(refusal(office.reassign(&supervisor, &case.number, at, &worker, "").await), "no-reason");
        office.reassign(&supervisor, &case.number, at, &worker, "原心理師請假").await.unwrap();
        house.sign_in(Who::Professional).await.get(&case.path("")).await.expect(404);
        house.sign_in(Who::OtherProfessional).await.get(&case.path("")).await.expect(200);
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.staff.len(), 1);
        assert_eq!(dossier.flow[0].reason, "吳社工 (社工師)；不再服務：張心理；原心理師請假");
        // Those who are here for the school alone don't read what is said among the centre's people.
        let theirs = office.dossier(&Who::Applicant.actor(), &case.number).await.unwrap();
        assert_eq!(theirs.flow[0].reason, "");
    }

    async fn a_proposal_falls_with_the_one_who_made_it(house) {
        let case = in_service(&house).await;
        propose(&house, &case).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let at = version(&house, &case).await;
        let worker = [Who::OtherProfessional.login()];
        office.reassign(&supervisor, &case.number, at, &worker, "原心理師離職").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert!(dossier.closing().is_none());
        assert_eq!(refusal(office.close_case(&supervisor, &case.number, dossier.case.version).await), "not-proposed");
    }

    async fn records_are_kept_by_revision(house) {
        let case = in_service(&house).await;
        let (office, who) = (house.office(), Who::Professional.actor());
        let id = office.add_record(&who, &case.number, "t1", &session("初談")).await.unwrap();
        assert_eq!(office.add_record(&who, &case.number, "t1", &session("初談")).await.unwrap(), id, "a double click");
        assert_eq!(refusal(office.add_record(&who, &case.number, "t1", &session("另一段文字")).await), "conflict");
        office.revise_record(&who, &case.number, &id, 1, &session("初談，建立關係")).await.unwrap();
        assert_eq!(refusal(office.revise_record(&who, &case.number, &id, 1, &session("別的")).await), "conflict");
        let records = case.dossier(&house).await.records;
        let said: Vec<_> = records[0].revisions.iter().map(|one| (one.number, one.entry.summary.as_str())).collect();
        assert_eq!(said, [(2, "初談，建立關係"), (1, "初談")]);

        let file = paper::letter("a scale");
        office.add_record_file(&who, &case.number, &id, upload(&house, &file).await).await.unwrap();
        office.add_record_file(&who, &case.number, &id, upload(&house, &file).await).await.unwrap();
        let files = case.dossier(&house).await.records[0].files.clone();
        assert_eq!((files.len(), files[0].digest), (1, Digest::of(&file)));
        let refused = office.add_record_file(&who, &case.number, &id, upload(&house, b"MZ not a document").await).await;
        assert!(matches!(refused, Err(StepError::File(_))), "{refused:?}");

        let other = Who::OtherProfessional.actor();
        assert_eq!(refusal(office.add_record(&other, &case.number, "t2", &session("x")).await), "not-found");
        assert_eq!(refusal(office.add_record(&Who::Manager.actor(), &case.number, "t3", &session("x")).await), "wrong-role");
        let wrong = office.add_record(&who, &case.number, "t4", &Typed::new()).await;
        assert!(matches!(wrong, Err(StepError::Invalid(errors)) if errors.len() == 5));
        assert_eq!(house.number("SELECT COUNT(*) FROM service_records").await, 1);
    }

    async fn one_proposes_and_another_approves(house) {
        let case = in_service(&house).await;
        let (office, who, supervisor) = (house.office(), Who::Professional.actor(), Who::Supervisor.actor());
        let at = version(&house, &case).await;
        assert_eq!(refusal(office.close_case(&supervisor, &case.number, at).await), "not-proposed");
        let other = Some(ClosingReason::Other);
        assert_eq!(refusal(office.propose_closing(&who, &case.number, at, other, "", "摘要").await), "no-closing-reason");
        assert_eq!(refusal(office.propose_closing(&who, &case.number, at, Some(ClosingReason::Improved), "", " ").await), "no-summary");
        propose(&house, &case).await;
        let at = version(&house, &case).await;
        let twice = office.propose_closing(&who, &case.number, at, Some(ClosingReason::Improved), "", "又一次").await;
        assert_eq!(refusal(twice), "already-proposed");
        office.send_closing_back(&supervisor, &case.number, at, "請補上最後一次紀錄").await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!((dossier.state(), dossier.closing().is_none()), (State::InService, true));
        assert_eq!(dossier.closings[0].remark, "請補上最後一次紀錄");
        propose(&house, &case).await;
        let mut both = who.clone();
        both.roles = supervisor.roles.clone();
        both.zone = supervisor.zone.clone();
        let at = version(&house, &case).await;
        assert_eq!(refusal(office.close_case(&both, &case.number, at).await), "same-person");
        office.close_case(&supervisor, &case.number, at).await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!((dossier.state(), dossier.flow[0].reason.as_str()), (State::Closed, "主訴改善"));
        house.sign_in(Who::Professional).await.get(&case.path("")).await.expect(200);

        let at = version(&house, &case).await;
        assert_eq!(refusal(office.reopen(&supervisor, &case.number, at, &[], "").await), "no-reason");
        office.reopen(&supervisor, &case.number, at, &[], "症狀復發").await.unwrap();
        assert_eq!(case.state().await, "服務中");
        assert_eq!(case.dossier(&house).await.flow[0].reason, "症狀復發", "the same people serve it");
    }

    async fn whoever_cannot_serve_any_more_is_replaced_when_a_case_is_opened_again(house) {
        let case = in_service(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        propose(&house, &case).await;
        office.close_case(&supervisor, &case.number, version(&house, &case).await).await.unwrap();
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'professional'").await;
        let at = version(&house, &case).await;
        assert_eq!(refusal(office.reopen(&supervisor, &case.number, at, &[], "復發").await), "no-professional");
        let gone = [Who::Professional.login()];
        assert_eq!(refusal(office.reopen(&supervisor, &case.number, at, &gone, "復發").await), "not-found");

        // The page asks who serves it from now on.
        let browser = house.sign_in(Who::Supervisor).await;
        let page = browser.get(&case.path("/reopen")).await.expect(200);
        assert!(page.one(".lead").contains("先前的服務人員都已無法服務"), "{}", page.one(".lead"));
        let again = browser.press(&page, "重新開案", &[("reason", "復發")]).await.expect(422);
        assert_eq!(again.one("#people-error"), "錯誤：請至少選擇一位專業輔導人員。");
        let again = browser.press(&again, "重新開案", &[("person", &Who::OtherProfessional.login()), ("reason", " ")]).await.expect(422);
        assert!(again.one(".field__error").contains("請填寫原因"));
        let before = house.traces(&case.id(&house).await).await.len();
        let worker = Who::OtherProfessional.login();
        browser.press(&again, "重新開案", &[("person", &worker), ("reason", "復發")]).await.leads_to(&case.path("?said=reopened"));
        assert_eq!(house.traces(&case.id(&house).await).await.len(), before, "nothing was refused");
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.state(), State::InService);
        assert_eq!(dossier.flow[0].reason, "吳社工 (社工師)；不再服務：張心理；復發");
        assert_eq!(dossier.staff.iter().map(|one| one.person_id.as_str()).collect::<Vec<_>>(), [worker.as_str()]);
        house.sign_in(Who::OtherProfessional).await.get(&case.path("")).await.expect(200);
    }
}
