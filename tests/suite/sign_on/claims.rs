//! What the provider's claims do: the school that is bound, those to choose from, names and addresses.

use serde_json::{Value, json};

use crate::support::people::{KINDERGARTEN, OTHER_SCHOOL, SCHOOL};
use crate::support::{House, Provider, Who};

async fn bound(house: &House, subject: &str) -> String {
    let sql = format!(
        "SELECT COALESCE(p.school_code, '-') FROM people p JOIN identities i ON i.person_id = p.id \
         WHERE i.subject = '{subject}'"
    );
    house.texts(&sql).await.remove(0)
}

both! {
    async fn one_known_school_is_bound_in_whatever_shape_it_comes(house) {
        let (house, provider) = Provider::beside(house).await;
        let shapes: [(Value, Value); 6] = [
            (json!(SCHOOL), Value::Null),
            (json!({"schoolid": SCHOOL}), json!("教師")),
            (json!([{"schoolid": SCHOOL}]), json!(["輔導教師"])),
            (json!(format!("{{\"schoolid\":\"{SCHOOL}\"}}")), json!({"titles": ["教師", "學生"]})),
            (json!({"schoolid": [SCHOOL, "999999"]}), Value::Null),
            (Value::Null, json!([{"schoolid": SCHOOL, "titles": ["教師"]}])),
        ];
        for (at, (profile, titles)) in shapes.into_iter().enumerate() {
            let subject = format!("shape-{at}");
            let claims = json!({"sub": subject, "kh_profile": profile, "kh_titles": titles});
            provider.be(|manner| manner.token = claims.clone());
            let browser = house.stranger();
            provider.sign_on(&browser).await.leads_to("/");
            assert_eq!(bound(&house, &subject).await, SCHOOL, "{claims}");
            browser.get("/cases").await.expect(200);
        }
        let traced = house.number("SELECT COUNT(*) FROM traces WHERE action = 'bind-school'").await;
        assert_eq!(traced, 6, "each binding left its trace");
    }

    async fn the_user_info_endpoint_speaks_too(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| {
            manner.token = json!({"name": null, "email": null});
            manner.info = Some(json!({
                "sub": "person-1", "name": "李主任", "email": "",
                "kh_profile": {"schoolid": KINDERGARTEN}, "kh_titles": ["主任"],
            }));
        });
        provider.sign_on(&house.stranger()).await.leads_to("/");
        assert_eq!(bound(&house, "person-1").await, KINDERGARTEN);
        assert_eq!(house.texts("SELECT name || '|' || email FROM people WHERE login LIKE 'sso-%'").await, ["李主任|"]);
        // A student there is a student, whatever the token leaves out.
        provider.be(|manner| {
            manner.token = json!({"sub": "person-2"});
            manner.info = Some(json!({"sub": "person-2", "kh_titles": "學生"}));
        });
        provider.sign_on(&house.stranger()).await.expect(403);
    }

    async fn several_schools_are_offered_and_no_other_can_be_chosen(house) {
        let (house, provider) = Provider::beside(house).await;
        let claims = json!({"kh_profile": [{"schoolid": SCHOOL}, {"schoolid": KINDERGARTEN}, {"schoolid": "999999"}]});
        provider.be(|manner| manner.token = claims);
        let browser = house.stranger();
        provider.sign_on(&browser).await.leads_to("/");
        assert_eq!(bound(&house, "person-1").await, "-");
        let page = browser.get("/school").await.expect(200);
        let offered = page.attributes("input[name=school]", "value");
        assert_eq!(offered.len(), 2, "{offered:?}");
        assert!(offered.contains(&SCHOOL.to_owned()) && offered.contains(&KINDERGARTEN.to_owned()));
        browser.press(&page, "確定", &[("school", OTHER_SCHOOL)]).await.expect(422);
        assert_eq!(bound(&house, "person-1").await, "-");
        browser.press(&page, "確定", &[("school", KINDERGARTEN)]).await.leads_to("/cases");
        assert_eq!(bound(&house, "person-1").await, KINDERGARTEN);
    }

    async fn who_serves_at_no_school_of_ours_waits_for_a_case_manager(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"kh_profile": {"schoolid": "999999"}}));
        let browser = house.stranger();
        let told = provider.sign_on(&browser).await.expect(403);
        assert!(told.one("main").contains("您的學校不在名錄中"), "{}", told.one("main"));
        assert_eq!(browser.session(), None, "nobody came in, and nobody chooses freely");
        // The account is there for a case manager, who binds it; then it comes in.
        let id = house.texts("SELECT id FROM people WHERE login LIKE 'sso-%'").await.remove(0);
        let fields = [("was", ""), ("school", SCHOOL), ("reason", "已電話確認")];
        let manager = house.sign_in(Who::Manager).await;
        manager.post(&format!("/applicants/{id}/school"), &fields).await.leads_to("/applicants");
        assert_eq!(bound(&house, "person-1").await, SCHOOL);
        provider.sign_on(&browser).await.leads_to("/");
        // Somebody who is in already has none of ours to choose from.
        provider.be(|manner| manner.token = json!({"sub": "person-2"}));
        let other = house.stranger();
        provider.sign_on(&other).await.leads_to("/");
        house.sql("UPDATE identities SET schools = '999999' WHERE subject = 'person-2'").await;
        other.post("/collection-notice", &[("notice", &house.office().notice.digest)]).await;
        other.post("/school", &[("school", OTHER_SCHOOL)]).await.expect(422);
        assert_eq!(bound(&house, "person-2").await, "-");
    }

    async fn names_and_addresses_are_taken_with_care(house) {
        let (house, provider) = Provider::beside(house).await;
        for (at, (claims, kept)) in [
            (json!({"email": "wang@example.org"}), "王輔導|wang@example.org"),
            (json!({"email": "wang@example.org", "email_verified": false}), "王輔導|"),
            (json!({"email": "no address"}), "王輔導|"),
            (json!({"name": null, "preferred_username": "wang01"}), "wang01|"),
            (json!({"name": null}), "未提供姓名|"),
            (json!({"name": "𠮷野家\u{0}堃"}), "𠮷野家堃|"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut claims = claims;
            claims["sub"] = json!(format!("name-{at}"));
            provider.be(|manner| manner.token = claims.clone());
            provider.sign_on(&house.stranger()).await.leads_to("/");
            let sql = format!(
                "SELECT p.name || '|' || p.email FROM people p JOIN identities i ON i.person_id = p.id \
                 WHERE i.subject = 'name-{at}'"
            );
            assert_eq!(house.texts(&sql).await, [kept], "{claims}");
        }
    }

    async fn nothing_of_the_person_is_logged(house) {
        let (house, provider) = Provider::beside(house).await;
        provider.be(|manner| manner.token = json!({"sub": "subject-0815", "email": "wang@example.org", "name": "機密姓名"}));
        let browser = house.stranger();
        let leading = browser.get("/sign-on").await.expect(303);
        let back = provider.agree(&leading);
        browser.get(&back).await.leads_to("/");
        assert!(!crate::support::log::lines(&["an account was made at the first sign-on"]).is_empty());
        let state = crate::support::provider::queried(&back)["state"].clone();
        for secret in ["subject-0815", "wang@example.org", "機密姓名", "an-access-token", "code-1", &state, "s3cret"] {
            assert_eq!(crate::support::log::lines(&[secret]), Vec::<String>::new(), "{secret}");
        }
    }
}
