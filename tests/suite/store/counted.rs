//! The database keeps count of the cases: after every step, whoever wrote, and of what was there before it did.

use casebind::case::request::ClosingReason;

use crate::crash::killed::installation;
use crate::review::{in_service, version};
use crate::support::command::run;
use crate::support::{Case, House, Who};

/// What is kept.
const KEPT: &str = "SELECT x.school_code || ' ' || x.state || ' ' || x.service || ' ' || x.submitted || ' ' || x.bound \
    || ' ' || x.n FROM case_counts x WHERE x.n <> 0 ORDER BY 1";

/// The same, counted.
const COUNTED: &str = "SELECT x.school_code || ' ' || x.state || ' ' || x.service || ' ' || x.submitted || ' ' || x.bound \
    || ' ' || COUNT(*) FROM (SELECT c.school_code, c.state, c.service, \
    CASE WHEN c.submitted_at IS NULL THEN 0 ELSE 1 END AS submitted, \
    CASE WHEN c.bound_scan_id IS NULL THEN 0 ELSE 1 END AS bound FROM cases c) x \
    GROUP BY x.school_code, x.state, x.service, x.submitted, x.bound ORDER BY 1";

async fn insist(house: &House, kinds: usize) {
    let kept = house.texts(KEPT).await;
    assert_eq!(kept, house.texts(COUNTED).await);
    assert_eq!(kept.len(), kinds, "{kept:?}");
}

both! {
    async fn every_step_is_counted(house) {
        let (office, browser) = (house.office(), house.applicant().await);
        insist(&house, 0).await;
        Case::opened(&browser).await;
        Case::opened(&house.sign_in(Who::OtherApplicant).await).await;
        insist(&house, 2).await;
        Case::printed(&browser).await.withdraw("不需要了").await;
        let returned = Case::submitted(&house, &browser).await;
        insist(&house, 4).await;
        let at = version(&house, &returned).await;
        office.send_back(&Who::Manager.actor(), &returned.number, at, "印文不清").await.unwrap();
        insist(&house, 4).await;
        let case = in_service(&house).await;
        let at = version(&house, &case).await;
        let (who, reason) = (Who::Professional.actor(), Some(ClosingReason::Improved));
        office.propose_closing(&who, &case.number, at, reason, "", "情緒穩定").await.unwrap();
        let at = version(&house, &case).await;
        office.close_case(&Who::Supervisor.actor(), &case.number, at).await.unwrap();
        insist(&house, 5).await;
        case.copied(&house, 30).await;
        insist(&house, 6).await;
    }

    async fn what_was_there_before_is_counted_once(house) {
        Case::opened(&house.applicant().await).await.copied(&house, 30).await;
        house.office().store.migrate().await.unwrap();
        insist(&house, 1).await;
        house.sql("DELETE FROM case_counts").await;
        house.office().store.migrate().await.unwrap();
        insist(&house, 1).await;
        house.sql("DELETE FROM cases WHERE number >= '1160000000'").await;
        insist(&house, 1).await;
        assert_eq!(house.number("SELECT n FROM case_counts").await, 1);
    }

    async fn a_count_that_is_wrong_is_found_and_mended(house) {
        Case::opened(&house.applicant().await).await.copied(&house, 30).await;
        house.sql("UPDATE case_counts SET n = n + 2").await;
        house.sql(
            "INSERT INTO case_counts (school_code, state, service, submitted, bound, n) \
             SELECT school_code, 'closed', service, 1, 1, 4 FROM case_counts",
        ).await;
        let installation = installation(&house);
        let config = installation.config().display().to_string();
        let told = run(&["verify", "--json", "--config", &config]).expect(2).json();
        assert_eq!(told[0]["finding"]["kind"], "miscounted", "{told:?}");
        let rows = told[0]["finding"]["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().any(|row| row.as_str().unwrap().ends_with(": 33 kept, 31 there")), "{rows:?}");
        let page = house.sign_in(Who::Archivist).await.get("/fixity").await.expect(200);
        assert!(page.one("main").contains("案件數的統計不符"), "{}", page.one("main"));

        let told = run(&["verify", "--json", "--repair", "--config", &config]).expect(0).json();
        assert!(told.iter().any(|line| line["recounted"] == "cases"), "{told:?}");
        insist(&house, 1).await;
        let standing = "SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NULL";
        assert_eq!(house.number(standing).await, 0, "what is repaired stands on no page");
        assert_eq!(run(&["verify", "--json", "--config", &config]).expect(0).json().len(), 1);
    }
}
