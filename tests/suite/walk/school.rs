//! 選擇您服務的學校: once, before anything else.

use crate::support::people::{OTHER_SCHOOL, SCHOOL};
use crate::support::{Case, Who};

both! {
    async fn a_newcomer_chooses_a_school_once(house) {
        let browser = house.sign_in(Who::Unbound).await;
        browser.get("/cases").await.leads_to("/school");
        browser.get("/cases/new").await.leads_to("/school");

        let page = browser.get("/school").await.expect(200);
        assert_eq!(page.all("fieldset legend"), ["三民區", "左營區", "新興區"]);
        let chosen = browser.press(&page, "確定", &[("school", SCHOOL)]).await;
        chosen.leads_to("/cases");
        let list = browser.follow(&chosen).await.expect(200);
        assert!(list.one(".notices").contains("已綁定服務學校"));

        let again = browser.post("/school", &[("school", OTHER_SCHOOL)]).await;
        again.leads_to("/");
        browser.get("/school").await.leads_to("/");
        assert_eq!(house.texts("SELECT school_code FROM people WHERE id = 'unbound'").await, [SCHOOL]);
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'bind-school'").await, 1);
        let changes = "SELECT actor_id || ' ' || field || ' ' || old_value || '>' || new_value FROM changes";
        assert_eq!(house.texts(changes).await, [format!("unbound school >{SCHOOL}")]);

        let case = Case::opened(&browser).await;
        assert!(case.page().await.one(".case__about").contains("測試國小"));
    }

    async fn the_list_of_schools_is_narrowed(house) {
        let browser = house.sign_in(Who::Unbound).await;
        let names = async |query: &str| {
            let page = browser.get(&format!("/school?{query}")).await.expect(200);
            page.all(".schools__list label")
        };
        assert_eq!(names("").await.len(), 3);
        assert_eq!(names("district=三民區").await, ["測試國小 國小"]);
        assert_eq!(names("stage=kindergarten").await, ["測試幼兒園 幼兒園"]);
        assert_eq!(names("q=高中").await, ["測試高中 高中職"]);
        assert!(names("q=沒有這所").await.is_empty());
    }

    async fn a_school_that_is_not_there_is_not_taken(house) {
        let browser = house.sign_in(Who::Unbound).await;
        let page = browser.post("/school", &[("school", "999999")]).await.expect(422);
        assert!(page.one(".summary").contains("請選擇一所學校"));
        assert!(house.texts("SELECT id FROM people WHERE id = 'unbound' AND school_code IS NOT NULL").await.is_empty());
    }

    async fn two_choices_at_the_same_moment_bind_once(house) {
        let browser = house.sign_in(Who::Unbound).await;
        let (first, second) = (browser.clone(), browser.clone());
        let (one, two) = tokio::join!(
            tokio::spawn(async move { first.post("/school", &[("school", SCHOOL)]).await }),
            tokio::spawn(async move { second.post("/school", &[("school", OTHER_SCHOOL)]).await }),
        );
        one.unwrap().leads_to("/");
        two.unwrap().leads_to("/");
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'bind-school'").await, 1);
    }
}
