//! 個資告知: before anything else, once, and again when it changes.

use casebind::identity::collection::CollectionNotice;

use crate::support::browser::ADDRESS;
use crate::support::{Database, House, Who, run};

/// Nobody has accepted the notice.
async fn unread(house: &House) {
    house.unguard("acceptances").await;
    house.sql("DELETE FROM acceptances").await;
}

both! {
    async fn the_notice_comes_before_everything_else_and_leads_on(house) {
        unread(&house).await;
        let browser = house.applicant().await;
        for address in ["/cases", "/cases/new", "/account", "/notices", "/"] {
            browser.get(address).await.leads_to("/collection-notice");
        }
        browser.post("/cases", &[]).await.leads_to("/collection-notice");
        let api = browser.get("/api/v1/cases").await.expect(403).json();
        assert_eq!(api["type"], "urn:casebind:problem:notice-unaccepted");
        let asked = browser.get("/cases/new?service=referral").await;
        let page = browser.follow(&asked).await.expect(200);
        assert_eq!(page.all(".points__heading").len(), 6);
        assert!(page.all(".top__nav").is_empty(), "there is nowhere else to go");
        browser.press(&page, "我已閱讀並了解", &[]).await.leads_to("/cases/new?service=referral");
        browser.get("/cases").await.expect(200);
        // What was accepted, by whom, when and from where.
        let digest = house.office().notice.digest.clone();
        let kept = house.texts("SELECT person_id || ' ' || digest || ' ' || remote FROM acceptances").await;
        assert_eq!(kept, [format!("applicant {digest} {ADDRESS}")]);
        let body = house.texts("SELECT body FROM collection_notices").await;
        assert_eq!(body, [house.office().notice.body()]);
        // Pressing again changes nothing.
        let again = browser.get("/collection-notice").await.expect(200);
        assert!(!again.html().contains("我已閱讀並了解，開始使用"));
        browser.post("/collection-notice", &[("notice", &digest)]).await.leads_to("/");
        assert_eq!(house.number("SELECT COUNT(*) FROM acceptances").await, 1);
        // The colleague hasn't.
        house.sign_in(Who::Colleague).await.get("/cases").await.leads_to("/collection-notice");
    }

    async fn whoever_does_not_want_to_logs_out(house) {
        unread(&house).await;
        let browser = house.applicant().await;
        let page = browser.get("/collection-notice").await.expect(200);
        browser.press(&page, "不使用，登出", &[]).await.leads_to("/login");
        browser.get("/cases").await.leads_to("/login");
    }

    async fn everybody_can_read_it_and_only_this_site_is_led_to(house) {
        let stranger = house.stranger();
        let page = stranger.get("/collection-notice").await.expect(200);
        assert!(page.one("main").contains("蒐集之目的") && page.one("main").contains(house.office().notice.version()));
        assert_eq!(stranger.get("/login").await.expect(200).link("個資告知"), "/collection-notice");
        stranger.post("/collection-notice", &[]).await.leads_to("/login");
        unread(&house).await;
        let browser = house.applicant().await;
        let page = browser.get("/collection-notice?next=//example.org").await.expect(200);
        assert_eq!(page.value("next"), "/");
    }

    async fn an_acceptance_is_never_changed_or_deleted(house) {
        let mut db = house.office().store.read().await.unwrap();
        for sql in [
            "DELETE FROM acceptances",
            "UPDATE acceptances SET at = 1",
            "DELETE FROM collection_notices",
            "UPDATE collection_notices SET body = ''",
        ] {
            let refused = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **db).await;
            assert!(refused.unwrap_err().to_string().contains("append-only"), "{sql}");
        }
    }
}

/// The same installation with another text.
async fn changed(house: House) {
    let other = CollectionNotice::load(None, "另一個中心", "").unwrap();
    let mut app = house.app.clone();
    app.office.notice = std::sync::Arc::new(other);
    let browser = house.applicant().await;
    browser.get("/cases").await.expect(200);
    let router = casebind::web::router(app);
    let later = browser.at(router);
    later.get("/cases").await.leads_to("/collection-notice");
    let mine = "SELECT COUNT(*) FROM acceptances WHERE person_id = 'applicant'";
    // Who read the text before, in another window, hasn't accepted this one by it.
    let before = house.office().notice.digest.clone();
    let stale = [("notice", before.as_str()), ("next", "/cases/new")];
    later.post("/collection-notice", &stale).await.leads_to("/collection-notice?next=%2Fcases%2Fnew");
    later.post("/collection-notice", &[]).await.leads_to("/collection-notice");
    assert_eq!(house.number(mine).await, 1);
    let page = later.get("/collection-notice").await.expect(200);
    later.press(&page, "我已閱讀並了解", &[]).await.leads_to("/");
    later.get("/cases").await.expect(200);
    browser.get("/cases").await.expect(200);
    assert_eq!(house.number(mine).await, 2, "both versions were accepted, and both are kept");
}

#[test]
fn another_text_is_asked_for_again_sqlite() {
    run(Database::Sqlite, module_path!(), changed);
}

#[test]
fn another_text_is_asked_for_again_postgres() {
    run(Database::Postgres, module_path!(), changed);
}
