//! 流程: every event tells who did it in which role, what was said, and on which documents it rests.

use casebind::case::request::ClosingReason;

use crate::support::{Case, House, Page, Who};

use super::{in_service, version};

/// The rows of a case's flow as a person of the staff reads them, newest first, without their moments.
fn rows(page: &Page) -> Vec<String> {
    let rows = page.all(".tab .flow > li");
    rows.iter()
        .map(|row| row.split_once('）').map_or(row.as_str(), |(_, rest)| rest.trim()).to_owned())
        .collect()
}

async fn propose(house: &House, case: &Case) {
    let (who, at) = (Who::Professional.actor(), version(house, case).await);
    let reason = Some(ClosingReason::Improved);
    house.office().propose_closing(&who, &case.number, at, reason, "", "情緒穩定").await.expect("proposed");
}

both! {
    async fn every_event_of_a_long_way_reads_well(house) {
        let case = in_service(&house).await;
        let (office, supervisor) = (house.office(), Who::Supervisor.actor());
        let worker = [Who::OtherProfessional.login(), Who::Professional.login()];
        let at = version(&house, &case).await;
        office.reassign(&supervisor, &case.number, at, &worker, "加一位社工師").await.unwrap();
        propose(&house, &case).await;
        let at = version(&house, &case).await;
        office.send_closing_back(&supervisor, &case.number, at, "請補上最後一次紀錄").await.unwrap();
        propose(&house, &case).await;
        let at = version(&house, &case).await;
        office.close_case(&supervisor, &case.number, at).await.unwrap();
        let at = version(&house, &case).await;
        office.reopen(&supervisor, &case.number, at, &[], "症狀復發").await.unwrap();
        let page = house.sign_in(Who::Manager).await.get(&case.path("?tab=flow")).await.expect(200);
        // Where there is a receipt, its link stands behind the event.
        let rows: Vec<_> = rows(&page).iter().map(|row| row.replace(" 收據", "")).collect();
        assert!(rows[0].starts_with("李督導（分區督導） 重新開案 原因症狀復發 簽核申請單"), "{rows:?}");
        assert!(rows[1].starts_with("李督導（分區督導） 結案 結案原因主訴改善"), "{rows:?}");
        assert_eq!(rows[2], "張心理（專業輔導人員） 申請結案 結案原因主訴改善");
        assert_eq!(rows[3], "李督導（分區督導） 退回結案申請 原因請補上最後一次紀錄");
        assert!(rows[5].starts_with("李督導（分區督導） 改派：吳社工 (社工師)、張心理 (心理師)"), "{rows:?}");
        assert!(rows[5].ends_with("原因加一位社工師"), "{rows:?}");
        assert_eq!(rows[6], "李督導（分區督導） 派案：張心理 (心理師)");
        assert!(rows[7].starts_with("陳個管（個管組） 收件"), "{rows:?}");
        assert!(rows[8].starts_with("王輔導（申請人） 送件"), "{rows:?}");
        let short = case.dossier(&house).await.bound_scan().unwrap().digest.short();
        for row in &rows[7..9] {
            assert!(row.replace(' ', "").contains(&short), "the row names the scan: {row}");
        }
        assert_eq!(rows.last().unwrap(), "王輔導（申請人） 暫存");
    }

    async fn what_is_judged_and_written_stays(house) {
        in_service(&house).await;
        let mut tx = house.office().store.write().await.unwrap();
        let sql = "UPDATE verdicts SET remark = 'x'";
        let answer = sqlx::query(sql).execute(&mut **tx).await;
        assert!(answer.is_err_and(|error| error.to_string().contains("verdicts is append-only")));
    }
}
