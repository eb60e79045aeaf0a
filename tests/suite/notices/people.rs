//! Each event tells exactly the right people, whoever does it, and nobody outside the case's scope.

use casebind::case::request::ClosingReason;
use casebind::case::role::Role;
use casebind::case::supplement::Place;
use casebind::steps::Office;
use casebind::store::{cases, people};

use crate::review::{find_everything_good, in_service, received, version};
use crate::support::{Case, House, Who};

use super::{add, told};

/// People around every event whom nothing concerns, or who must be told beside those that everybody knows.
async fn crowd(house: &House) {
    add(house, "second-manager", &[Role::CaseManager], None, true).await;
    add(house, "gone-manager", &[Role::CaseManager], None, false).await;
    add(house, "second-supervisor", &[Role::Supervisor], Some("zone-1"), true).await;
    add(house, "homeless-supervisor", &[Role::Supervisor], None, true).await;
    add(house, "zone-clerk", &[Role::Archivist], Some("zone-1"), true).await;
}

/// Everyone who was told may see the case, but for those who were told that they left it.
async fn insist_on_scope(house: &House, case: &Case) {
    let mut db = house.office().store.read().await.unwrap();
    for person in house.texts("SELECT person_id FROM notices WHERE audience <> 'left'").await {
        let actor = people::by_id(&mut db, &person).await.unwrap().unwrap().actor();
        let found = cases::find(&mut db, &case.number, &Office::scope(&actor)).await.unwrap();
        assert!(found.is_some(), "{person} is told of a case that isn't theirs to see");
    }
}

macro_rules! tells {
    ($house:expr, $case:expr, [$($told:literal),* $(,)?]) => {{
        insist_on_scope($house, $case).await;
        let expected: &[&str] = &[$($told),*];
        assert_eq!(told($house).await, expected);
    }};
}

both! {
    async fn submitting_and_reviewing_tell_managers_and_the_applicant(house) {
        crowd(&house).await;
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        tells!(&house, &case, ["manager submit managers", "second-manager submit managers"]);
        let (office, manager) = (house.office(), Who::Manager.actor());

        let at = version(&house, &case).await;
        office.ask_supplement(&manager, &case.number, at, "請補充", &[(Place::Content, "phone".into())]).await.unwrap();
        tells!(&house, &case, ["applicant ask_supplement applicant"]);
        office.answer_item(&Who::Applicant.actor(), &case.number, 1, "號碼無誤").await.unwrap();
        tells!(&house, &case, []);
        office.resubmit(&Who::Applicant.actor(), &case.number, None, false).await.unwrap();
        tells!(&house, &case, ["manager resubmit managers", "second-manager resubmit managers"]);

        find_everything_good(&house, &case).await;
        tells!(&house, &case, []);
        office.receive(&manager, &case.number, version(&house, &case).await).await.unwrap();
        tells!(&house, &case, [
            "applicant receive applicant",
            "second-supervisor receive supervisors",
            "supervisor receive supervisors",
        ]);
        office.decline(&manager, &case.number, version(&house, &case).await, "不符合").await.unwrap();
        tells!(&house, &case, ["applicant decline applicant"]);
    }

    async fn a_returned_case_is_handed_over_and_withdrawn(house) {
        crowd(&house).await;
        let case = Case::submitted(&house, &house.applicant().await).await;
        told(&house).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        office.send_back(&manager, &case.number, version(&house, &case).await, "印文不清").await.unwrap();
        tells!(&house, &case, ["applicant return applicant"]);
        let colleague = Who::Colleague.login();
        office.hand_over(&manager, &case.number, version(&house, &case).await, &colleague).await.unwrap();
        tells!(&house, &case, ["colleague hand_over applicant"]);
        // It had been submitted, so that managers wait for it no more.
        let at = version(&house, &case).await;
        office.withdraw(&Who::Colleague.actor(), &case.number, at, "家長另尋協助").await.unwrap();
        tells!(&house, &case, ["manager withdraw managers_once_submitted", "second-manager withdraw managers_once_submitted"]);
    }

    async fn what_nobody_waits_for_is_told_to_nobody(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        case.edit(&[("problem", "後來又發生了一件事。")]).await.leads_to(&case.path(""));
        let at = version(&house, &case).await;
        house.office().withdraw(&Who::Applicant.actor(), &case.number, at, "不需要了").await.unwrap();
        tells!(&house, &case, []);
        let case = Case::opened(&browser).await;
        let at = version(&house, &case).await;
        house.office().withdraw(&Who::Manager.actor(), &case.number, at, "重複申請").await.unwrap();
        tells!(&house, &case, ["applicant withdraw applicant"]);
    }

    async fn who_withdrew_a_case_is_not_guessed(house) {
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('administrator', 'case-manager', 1)").await;
        let case = Case::submitted(&house, &house.applicant().await).await;
        let at = version(&house, &case).await;
        house.office().withdraw(&Who::Manager.actor(), &case.number, at, "重複申請").await.unwrap();
        let told = house.sign_in(Who::Administrator).await.get("/notices").await.expect(200).html();
        assert!(told.contains("案件已撤案，不需再審核") && !told.contains("申請人已撤案"));
    }

    async fn serving_tells_those_who_serve_now_or_served_before(house) {
        crowd(&house).await;
        let case = received(&house).await;
        told(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let (first, second) = (Who::Professional.login(), Who::OtherProfessional.login());
        let at = version(&house, &case).await;
        office.dispatch(&supervisor, &case.number, at, std::slice::from_ref(&first), "").await.unwrap();
        tells!(&house, &case, ["applicant dispatch applicant", "professional dispatch joined"]);
        let at = version(&house, &case).await;
        office.reassign(&supervisor, &case.number, at, &[first, second.clone()], "加派").await.unwrap();
        tells!(&house, &case, ["otherprofessional reassign joined"]);
        let at = version(&house, &case).await;
        office.reassign(&supervisor, &case.number, at, std::slice::from_ref(&second), "請假").await.unwrap();
        tells!(&house, &case, ["professional reassign left"]);
        // Those who stay are not told of what doesn't change for them, and whoever is gone altogether neither.
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'otherprofessional'").await;
        let at = version(&house, &case).await;
        office.reassign(&supervisor, &case.number, at, &[Who::Professional.login()], "離職").await.unwrap();
        tells!(&house, &case, ["professional reassign joined"]);
    }

    async fn closing_tells_supervisors_and_those_who_serve(house) {
        crowd(&house).await;
        let case = in_service(&house).await;
        told(&house).await;
        let (office, supervisor, who) = (house.office(), Who::Supervisor.actor(), Who::Professional.actor());
        let propose = async || {
            let at = version(&house, &case).await;
            let reason = Some(ClosingReason::Improved);
            office.propose_closing(&who, &case.number, at, reason, "", "情緒穩定").await.unwrap();
        };
        propose().await;
        tells!(&house, &case, ["second-supervisor propose_closing supervisors", "supervisor propose_closing supervisors"]);
        let at = version(&house, &case).await;
        office.send_closing_back(&supervisor, &case.number, at, "請補上紀錄").await.unwrap();
        tells!(&house, &case, ["professional send_closing_back serving"]);
        propose().await;
        told(&house).await;
        office.close_case(&supervisor, &case.number, version(&house, &case).await).await.unwrap();
        tells!(&house, &case, ["applicant close applicant", "professional close serving"]);
        office.reopen(&supervisor, &case.number, version(&house, &case).await, &[], "復發").await.unwrap();
        tells!(&house, &case, ["applicant reopen applicant", "professional reopen serving"]);
    }

    async fn who_holds_two_roles_is_told_once_and_never_of_what_they_did(house) {
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('applicant', 'case-manager', 0)").await;
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('supervisor', 'applicant', 0)").await;
        let case = Case::submitted(&house, &house.applicant().await).await;
        assert_eq!(told(&house).await, ["manager submit managers"]);
        house.sql("UPDATE cases SET applicant_id = 'supervisor'").await;
        find_everything_good(&house, &case).await;
        house.office().receive(&Who::Manager.actor(), &case.number, version(&house, &case).await).await.unwrap();
        assert_eq!(told(&house).await, ["supervisor receive applicant"]);
    }

    async fn a_refused_step_tells_nobody(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        told(&house).await;
        let at = version(&house, &case).await;
        house.office().send_back(&Who::Manager.actor(), &case.number, at, " ").await.unwrap_err();
        house.office().send_back(&Who::Manager.actor(), &case.number, at - 1, "印文不清").await.unwrap_err();
        tells!(&house, &case, []);
    }
}
