//! 待審核: who waits longest comes first, what is new is marked, and who looks is seen.

use casebind::store::queue::PAGE;

use crate::support::house::MINUTE;
use crate::support::{Case, House, Who};

use super::find_everything_good;

/// Cases in 送件, without the walk that leads there: copies of one that went it.
async fn crowd(house: &House, case: &Case, count: usize) {
    for at in 0..count {
        house
            .sql(&format!(
                "INSERT INTO cases (id, number, reference, open_token, service, school_code, applicant_id, state, content, \
                 keywords, bound_scan_id, opened_at, changed_at, state_at, version) \
                 SELECT 'copy-{at:03}', '119{at:07}', '{}', 'token-{at}', service, school_code, applicant_id, state, '{{}}', \
                 '119{at:07}', bound_scan_id, opened_at, changed_at, state_at + {at} + 1, version FROM cases WHERE number = '{}'",
                reference(at),
                case.number
            ))
            .await;
    }
}

/// A reference that no case has.
fn reference(at: usize) -> String {
    casebind::case::ids::CaseReference::from_bytes([u8::try_from(at).unwrap(); 5]).to_string()
}

both! {
    async fn the_longest_wait_comes_first_and_what_is_new_is_marked(house) {
        let browser = house.applicant().await;
        let first = Case::submitted(&house, &browser).await;
        house.wait(3 * 60 * MINUTE);
        // The session ended meanwhile.
        let second = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        manager.get("/").await.leads_to("/queue");
        let page = manager.get("/queue").await.expect(200);
        assert_eq!(page.one("h1"), "待審核");
        let titles = page.all(".queue__title");
        assert!(titles[0].contains(&first.number[3..]) && titles[1].contains(&second.number[3..]), "{titles:?}");
        assert!(page.all(".queue__wait")[0].contains("3 小時"), "{:?}", page.all(".queue__wait"));
        assert!(page.all(".queue__marks").iter().all(|marks| marks.starts_with('新')), "{:?}", page.all(".queue__marks"));
        assert!(page.all(".queue__marks")[0].contains("2 未核閱"));
        assert!(page.one(".tally").contains("每頁 20 筆共 2 筆"));

        manager.get(&first.path("/review")).await.expect(200);
        let page = manager.get("/queue").await.expect(200);
        assert!(!page.all(".queue__marks")[0].contains('新') && page.all(".queue__marks")[1].contains('新'));
        house.sql(&format!("UPDATE cases SET version = version + 1 WHERE number = '{}'", first.number)).await;
        // A desk that is still open says that somebody looks, and not that they have seen what is new.
        manager.post(&first.path("/review/look"), &[]).await.expect(200);
        let page = manager.get("/queue").await.expect(200);
        assert!(page.all(".queue__marks")[0].contains("有更新"), "{:?}", page.all(".queue__marks"));
        manager.get(&first.path("/review")).await.expect(200);
        let page = manager.get("/queue").await.expect(200);
        assert!(!page.all(".queue__marks")[0].contains("有更新"), "{:?}", page.all(".queue__marks"));
    }

    async fn whoever_looks_is_seen_and_left_alone(house) {
        let browser = house.applicant().await;
        let (first, second) = (Case::submitted(&house, &browser).await, Case::submitted(&house, &browser).await);
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('archivist', 'case-manager', 1)").await;
        let (manager, other) = (house.sign_in(Who::Manager).await, house.sign_in(Who::Archivist).await);
        other.get(&first.path("/review")).await.expect(200);
        let page = manager.get("/queue").await.expect(200);
        assert_eq!(page.all(".queue__lookers"), ["吳檔案 正在看", ""]);
        // The next case is one that nobody is looking at.
        manager.get("/queue/next").await.leads_to(&second.path("/review"));
        let desk = manager.get(&first.path("/review")).await.expect(200);
        assert_eq!(desk.one(".desk__others"), "吳檔案 也正在看這個案件");
        manager.get(&format!("/queue/next?after={}", first.number)).await.leads_to(&second.path("/review"));
        // Who keeps the desk open goes on looking; then they leave.
        house.wait(MINUTE * 3 / 4);
        other.post(&first.path("/review/look"), &[]).await.expect(200);
        house.wait(MINUTE * 3 / 4);
        manager.get("/queue/next").await.leads_to(&second.path("/review"));
        house.wait(2 * MINUTE);
        manager.get("/queue/next").await.leads_to(&first.path("/review"));
        assert_eq!(manager.get("/queue").await.expect(200).all(".queue__lookers"), ["", ""]);
        manager.get(&format!("/queue/next?after={}", second.number)).await.leads_to(&first.path("/review"));
    }

    async fn twenty_a_page_and_the_way_back(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        crowd(&house, &case, 44).await;
        let manager = house.sign_in(Who::Manager).await;
        let first = manager.get("/queue").await.expect(200);
        assert!(first.one(".tally").contains("共 45 筆"));
        assert_eq!(first.all(".queue__row").len(), PAGE);
        assert!(!first.has(".pager a[rel=prev]"));
        let second = manager.get(&first.link("下一頁")).await.expect(200);
        assert_eq!(second.all(".queue__row").len(), PAGE);
        let third = manager.get(&second.link("下一頁")).await.expect(200);
        assert_eq!(third.all(".queue__row").len(), 5);
        assert!(!third.has(".pager a[rel=next]"));
        let back = manager.get(&third.link("上一頁")).await.expect(200);
        assert_eq!(back.all(".queue__title"), second.all(".queue__title"));
        let start = manager.get(&back.link("上一頁")).await.expect(200);
        assert_eq!(start.all(".queue__title"), first.all(".queue__title"));
        assert!(!start.has(".pager a[rel=prev]"), "nothing comes before the first");
    }

    async fn other_states_have_their_own_queue(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        find_everything_good(&house, &case).await;
        let manager = house.sign_in(Who::Manager).await;
        let desk = manager.get(&case.path("/review")).await.expect(200);
        manager.press(&desk, "收件", &[]).await.leads_to("/queue?said=received");
        let page = manager.get("/queue?said=received").await.expect(200);
        assert!(page.one(".empty").contains("目前沒有待審核的案件"));
        assert!(page.one(".notices").contains("已收件"));
        assert_eq!(page.all(".tabs a"), ["送件 0", "補件 0", "收件 1"]);
        let received = manager.get(&page.attributes(".tabs--queue a", "href")[2]).await.expect(200);
        assert_eq!(received.all(".queue__row").len(), 1);
        manager.get("/queue?state=draft").await.expect(404);
        manager.get("/queue?state=nonsense&after=x").await.expect(200);
    }

    async fn the_queue_is_the_managers(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        for who in [Who::Applicant, Who::Supervisor, Who::Professional, Who::Archivist, Who::Administrator] {
            let other = house.sign_in(who).await;
            for address in ["/queue", "/queue/next", "/queue?state=received"] {
                let page = other.get(address).await.expect(404);
                assert!(!page.html().contains(&case.number[3..]), "{who:?} {address}");
            }
        }
        assert!(house.traces(&case.id(&house).await).await.iter().all(|action| action != "list-cases"));
    }
}
