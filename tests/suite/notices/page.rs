//! The page of notices: the number in the head, newest first, reading by opening, all at once, page by page.

use casebind::case::event::Event;
use casebind::case::notify::{Audience, Topic};
use casebind::store::notices::{self, About, NewNotice};

use crate::review::{in_service, version};
use crate::support::{Case, House, Page, Who};

/// The number beside 通知, and the same for ears.
fn unread(page: &Page) -> (Vec<String>, Vec<String>) {
    (page.all(".top__nav .count"), page.all(".top__nav a[href='/notices'] .unseen"))
}

/// Tells a person so many times of a case.
async fn tell(house: &House, who: Who, case: &Case, count: usize) {
    let id = case.id(house).await;
    let mut tx = house.office().store.write().await.unwrap();
    for _ in 0..count {
        house.wait(1);
        let notice = NewNotice {
            id: &house.office().world.new_id(),
            person: &who.login(),
            about: About::Case(&id),
            topic: Topic::Event(Event::Submit),
            audience: Audience::Managers,
            at: house.office().world.now(),
        };
        notices::add(&mut tx, &notice).await.unwrap();
    }
    tx.commit().await.unwrap();
}

both! {
    async fn what_waits_is_counted_listed_and_read_by_opening_the_case(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let other = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/notices").await.expect(200);
        assert_eq!(unread(&page), (vec!["2".into()], vec!["，2 則未讀".into()]));
        assert_eq!(page.all(".told").len(), 2);
        assert_eq!(page.all(".told--unread .told__new"), ["未讀", "未讀"]);
        assert!(page.all(".told")[0].contains(&other.number[3..]), "newest first");
        assert_eq!(page.all(".told .badge"), ["送件", "送件"]);
        assert_eq!(page.all(".told__words"), ["申請已送件，等待審核", "申請已送件，等待審核"]);
        for word in ["王小明", "王輔導", "0912345678", "測試國小"] {
            assert!(!page.html().contains(word), "a notice holds no {word}");
        }
        assert_eq!(page.attributes(".told a", "href"), [other.path(""), case.path("")]);

        manager.get(&case.path("")).await.expect(200);
        let page = manager.get("/notices").await.expect(200);
        assert_eq!(unread(&page).0, ["1"]);
        assert_eq!(page.all(".told--unread").len(), 1);
        // Somebody else's look reads nothing of theirs.
        house.sign_in(Who::Archivist).await.get(&other.path("")).await.expect(200);
        assert_eq!(unread(&manager.get("/notices").await).0, ["1"]);

        manager.press(&page, "全部標示為已讀", &[]).await.leads_to("/notices?said=notices-read");
        let page = manager.get("/notices").await.expect(200);
        assert_eq!(unread(&page), (vec![], vec![]));
        assert!(!page.buttons().iter().any(|button| button.starts_with("全部標示")));
    }

    async fn what_comes_while_a_page_is_read_stays_unread(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/notices").await.expect(200);
        tell(&house, Who::Manager, &case, 1).await;
        manager.press(&page, "全部標示為已讀", &[]).await.leads_to("/notices");
        assert_eq!(unread(&manager.get("/notices").await).0, ["1"]);
    }

    async fn pages_lead_to_older_and_newer_ones(house) {
        let case = Case::opened(&house.applicant().await).await;
        tell(&house, Who::Manager, &case, 45).await;
        let manager = house.sign_in(Who::Manager).await;
        let mut page = manager.get("/notices").await.expect(200);
        let mut seen = vec![page.all(".told time")];
        while page.has("a[rel=next]") {
            page = manager.get(&page.link("下一頁")).await.expect(200);
            assert!(!page.buttons().iter().any(|button| button.starts_with("全部標示")), "only where all are");
            seen.push(page.all(".told time"));
        }
        assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 5]);
        let hrefs = page.attributes("a[rel=prev]", "href");
        let back = manager.get(&hrefs[0]).await.expect(200);
        assert_eq!((back.all(".told").len(), back.has("a[rel=prev]"), back.has("a[rel=next]")), (20, true, true));
        let first = manager.get(&back.link("上一頁")).await.expect(200);
        assert_eq!((first.all(".told").len(), first.has("a[rel=prev]"), first.has("a[rel=next]")), (20, false, true));
        assert_eq!(unread(&first).0, ["45"]);
        tell(&house, Who::Manager, &case, 70).await;
        let page = manager.get("/notices?before=0&after=zz").await.expect(200);
        assert_eq!(unread(&page), (vec!["99+".into()], vec!["，超過 99 則未讀".into()]));
        assert!(page.has(".empty"));
    }

    async fn a_case_outside_the_scope_is_told_no_more(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        assert_eq!(professional.get("/notices").await.expect(200).attributes(".told a", "href"), [case.path("")]);
        let at = version(&house, &case).await;
        let other = [Who::OtherProfessional.login()];
        house.office().reassign(&Who::Supervisor.actor(), &case.number, at, &other, "請假").await.unwrap();
        // What remains says that it is over, and leads nowhere.
        let page = professional.get("/notices").await.expect(200);
        assert_eq!(page.all(".told .badge"), ["改派"]);
        assert!(!page.has(".told a"));
        assert_eq!(unread(&page).0, ["1"]);

        let supervisor = house.sign_in(Who::Supervisor).await;
        assert!(supervisor.get("/notices").await.expect(200).has(".told"));
        house.sql("UPDATE people SET zone_id = 'zone-2' WHERE id = 'supervisor'").await;
        let page = supervisor.get("/notices").await.expect(200);
        assert!(page.has(".empty") && unread(&page).0.is_empty());
    }

    async fn everyone_has_the_page_and_strangers_do_not(house) {
        house.stranger().get("/notices").await.leads_to("/login");
        house.stranger().post("/notices/read", &[("newest", "x")]).await.leads_to("/login");
        for who in [Who::Unbound, Who::Archivist, Who::Administrator, Who::KindergartenApplicant] {
            let page = house.sign_in(who).await.get("/notices").await.expect(200);
            assert!(page.one(".empty h2").contains("目前沒有通知"), "{who:?}");
        }
    }
}
