//! 保存年限: until when a case is kept, and legal holds, by archivists alone.

use crate::support::{Case, House, Who};

/// Lets a case look as if it had been opened and ended on these days (epoch milliseconds).
pub async fn age(house: &House, case: &Case, opened: &str, ended: &str) {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    house
        .sql(&format!(
            "UPDATE cases SET opened_at = {}, state_at = {} WHERE number = '{}'",
            at(opened),
            at(ended),
            case.number
        ))
        .await;
}

both! {
    async fn ended_cases_stand_in_the_order_of_their_end_with_the_day_until_which_they_are_kept(house) {
        let browser = house.applicant().await;
        let (old, young, open) = (Case::ready(&browser).await, Case::ready(&browser).await, Case::opened(&browser).await);
        for case in [&old, &young] {
            case.withdraw("不需要了").await.leads_to(&case.path(""));
        }
        // In the fourth grade: left in July 2012, or in July 2019.
        age(&house, &old, "2010-03-01T04:00:00Z", "2010-06-01T04:00:00Z").await;
        age(&house, &young, "2016-10-01T04:00:00Z", "2016-10-02T04:00:00Z").await;
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get("/retention").await.expect(200);
        let cells = page.all("tbody td");
        let rows: Vec<&[String]> = cells.chunks(6).collect();
        assert_eq!(rows.len(), 2, "{cells:?}");
        assert_eq!((rows[0][0].as_str(), rows[0][4].as_str()), (old.number.as_str(), "2022/07/31，已屆滿"));
        assert_eq!((rows[1][0].as_str(), rows[1][4].as_str()), (young.number.as_str(), "2029/07/31"));
        assert!(!page.html().contains(&open.number) && !page.html().contains("王小明"), "no open case, and no child");
        let traced = house.words("traces", "detail", "WHERE action = 'list-cases' ORDER BY at, id").await;
        assert!(traced.iter().any(|detail| detail.contains(&old.number)), "{traced:?}");

        // The periods are data.
        house.sql("UPDATE retention_periods SET years = 20").await;
        assert!(archivist.get("/retention").await.expect(200).all("tbody td").is_empty());
        house.sql("UPDATE retention_periods SET years = 15").await;
        let cells = archivist.get("/retention").await.expect(200).all("tbody td");
        assert_eq!((cells.len(), cells[4].as_str()), (6, "2027/07/31"));
    }

    async fn a_hold_is_placed_with_a_reason_and_lifted_with_one(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        case.withdraw("不需要了").await.leads_to(&case.path(""));
        age(&house, &case, "2010-03-01T04:00:00Z", "2010-06-01T04:00:00Z").await;
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get("/retention").await.expect(200);
        let again = archivist.press(&page, "保留", &[("number", "1159999999"), ("reason", "訴訟")]).await.expect(422);
        assert!(again.error_of("number").contains("沒有這個編號"));
        let again = archivist.press(&page, "保留", &[("number", &case.number), ("reason", " ")]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫原因"));
        let good = [("number", case.number.as_str()), ("reason", "訴訟進行中")];
        archivist.press(&again, "保留", &good).await.leads_to("/retention?said=hold-placed");
        let page = archivist.get("/retention").await.expect(200);
        assert!(page.all("tbody td")[4].ends_with("，保留中"));
        assert!(page.html().contains("訴訟進行中"));
        let twice = archivist.press(&page, "保留", &good).await.expect(422);
        assert!(twice.error_of("number").contains("已在保留中"));

        let hold = house.texts("SELECT id FROM holds").await.remove(0);
        let field = format!("reason-{hold}");
        let again = archivist.press(&page, "解除保留", &[(&field, "")]).await.expect(422);
        assert!(again.error_of(&field).contains("請填寫原因"));
        archivist.press(&page, "解除保留", &[(&field, "判決確定")]).await.leads_to("/retention?said=hold-lifted");
        archivist.post(&format!("/retention/holds/{hold}/lift"), &[(&field, "再一次")]).await.expect(404);
        assert_eq!(house.words("holds", "lifted_why", "WHERE lifted_at IS NOT NULL").await, ["判決確定"]);
        let traces = house.traces(&case.id(&house).await).await;
        assert!(traces.contains(&"place-hold".to_owned()) && traces.contains(&"lift-hold".to_owned()), "{traces:?}");
        // It can be held again.
        archivist.press(&page, "保留", &good).await.leads_to("/retention?said=hold-placed");
        let hold = house.texts("SELECT id FROM holds WHERE lifted_at IS NULL").await.remove(0);
        let (lift, field) = (format!("/retention/holds/{hold}/lift"), format!("reason-{hold}"));
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Administrator] {
            let other = house.sign_in(who).await;
            other.get("/retention").await.expect(404);
            other.post("/retention/holds", &good).await.expect(404);
            // Of a hold that is there as well: it isn't theirs to lift.
            other.post(&lift, &[(&field, "不再需要")]).await.expect(404);
        }
        house.stranger().post(&lift, &[(&field, "不再需要")]).await.leads_to("/login");
        assert_eq!(house.number("SELECT COUNT(*) FROM holds WHERE lifted_at IS NULL").await, 1);
        archivist.post(&lift, &[(&field, "不再需要")]).await.leads_to("/retention?said=hold-lifted");
    }
}
