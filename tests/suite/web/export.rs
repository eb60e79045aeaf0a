//! 匯出 CSV: exactly the cases that were asked for, whatever happens while the file goes out, and each of them can
//! tell who took it along.

use std::pin::Pin;

use axum::body::{Body, HttpBody as _, to_bytes};
use casebind::steps::office::Origin;
use casebind::store::cases::Scope;
use casebind::store::list::{Sort, Wanted};

use crate::support::{Case, Who};

/// More than wait between the writer and a slow reader.
const MANY: usize = 1_500;

/// The first bytes of a file; the rest waits.
async fn begin(file: &mut Body) -> Vec<u8> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut *file).poll_frame(context)).await;
    frame.expect("some bytes").expect("good ones").into_data().expect("data").to_vec()
}

/// All of it, after what was read already.
async fn whole(mut begun: Vec<u8>, file: Body) -> String {
    begun.extend(to_bytes(file, usize::MAX).await.expect("the rest"));
    String::from_utf8(begun).expect("UTF-8")
}

both! {
    async fn a_case_that_changes_while_the_file_is_written_stays_in_it(house) {
        let case = Case::opened(&house.applicant().await).await;
        case.copied(&house, MANY).await;
        for (sort, first, last) in [
            (Sort::Change, format!("{}", 1_160_000_000 + MANY), case.number.clone()),
            (Sort::Waiting, case.number.clone(), format!("{}", 1_160_000_000 + MANY)),
        ] {
            let (actor, origin) = (Who::Manager.actor(), Origin::default());
            let scope = Scope { all: true, ..Scope::default() };
            let export = house.office().export_cases(&actor, &origin, scope, Wanted { sort, ..Wanted::default() });
            let mut file = Body::from_stream(export.stream);
        let begun = begin(&mut file).await;
            // The first goes to the list's end, the last to its head; neither is skipped nor written twice.
            let column = if sort == Sort::Change { "changed_at" } else { "state_at" };
            house.sql(&format!("UPDATE cases SET {column} = 1 WHERE number = '{}'", if sort == Sort::Change { &first } else { &last })).await;
            house.sql(&format!("UPDATE cases SET {column} = 9000000000000 WHERE number = '{}'", if sort == Sort::Change { &last } else { &first })).await;
            let text = whole(begun, file).await;
            assert_eq!(text.lines().count(), MANY + 2, "{sort:?}");
            for number in [&first, &last] {
                let lines = text.lines().filter(|line| line.starts_with(number.as_str())).count();
                assert_eq!(lines, 1, "{sort:?} {number}");
            }
        }
    }

    async fn a_case_that_leaves_the_reach_is_not_taken_along(house) {
        let case = Case::opened(&house.applicant().await).await;
        case.copied(&house, MANY).await;
        let (actor, origin) = (Who::Applicant.actor(), Origin::default());
        let scope = Scope { own: Some(actor.id.clone()), ..Scope::default() };
        let export = house.office().export_cases(&actor, &origin, scope, Wanted::default());
        let mut file = Body::from_stream(export.stream);
        let begun = begin(&mut file).await;
        house.sql(&format!("UPDATE cases SET applicant_id = 'colleague' WHERE number = '{}'", case.number)).await;
        assert!(!whole(begun, file).await.contains(&case.number), "it was handed over meanwhile");
    }

    async fn a_filter_that_cannot_be_read_takes_nothing_along(house) {
        let browser = house.applicant().await;
        for _ in 0..21 {
            Case::opened(&browser).await;
        }
        let manager = house.sign_in(Who::Manager).await;
        for query in ["from=2026/2/30", "to=x", "state=nowhere"] {
            let refused = manager.get(&format!("/cases/export.csv?{query}")).await.expect(400);
            assert!(!refused.html().contains("測試國小"), "{query}");
            let list = manager.get(&format!("/cases?{query}")).await.expect(200);
            assert!(!list.has("a[href^='/cases/export.csv']"), "{query}");
            let (name, value) = query.split_once('=').unwrap();
            browser.post("/bulk", &[("all", "1"), (name, value)]).await.expect(400);
            assert!(!browser.get(&format!("/cases?{query}")).await.expect(200).has("[name=all]"), "{query}");
        }
        assert!(browser.get("/cases").await.expect(200).has("[name=all]"));
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action IN ('export-cases', 'choose-bulk-print')").await, 0);
        manager.get("/cases/export.csv?state=draft").await.expect(200);
    }

    async fn a_case_tells_who_took_it_along(house) {
        let browser = house.applicant().await;
        let (taken, left) = (Case::submitted(&house, &browser).await, Case::opened(&browser).await);
        let manager = house.sign_in(Who::Manager).await;
        manager.get("/cases/export.csv?state=submitted").await.expect(200);
        let page = manager.get(&taken.path("/traces?action=export-cases")).await.expect(200);
        assert_eq!(page.one(".tally"), "每頁 20 筆共 1 筆");
        let row = page.one("tbody tr");
        assert!(row.contains("陳個管") && row.contains("匯出案件清單") && row.contains(crate::support::browser::ADDRESS), "{row}");
        assert!(page.all("select[name=action] option").contains(&"匯出案件清單".to_owned()));
        let other = manager.get(&left.path("/traces")).await.expect(200);
        assert!(!other.html().contains("匯出案件清單"));
    }
}
