//! 分區: the administrator's page changes what supervisors see at the next request, and every change is traced.

use casebind::store::zones;

use crate::support::people::SCHOOL;
use crate::support::{Case, House, Who};

/// What was traced of zones, oldest first.
async fn changes(house: &House) -> Vec<String> {
    house.words("traces", "detail", "WHERE action = 'edit-zones' ORDER BY at, id").await
}

/// What was written down beside the changes of accounts and schools, oldest first.
async fn written(house: &House) -> Vec<String> {
    house
        .texts(
            "SELECT actor_name || ' ' || source || ' ' || kind || ' ' || subject_name || ' ' || field || ': ' || old_value \
             || ' -> ' || new_value FROM changes ORDER BY at, id",
        )
        .await
}

/// The zone of the tests' school, `-` where there is none.
async fn zone(house: &House) -> String {
    let mut db = house.office().store.read().await.unwrap();
    let school = zones::school(&mut db, SCHOOL).await.unwrap().expect("the school");
    school.zone.unwrap_or_else(|| "-".into())
}

/// The form of districts with one of them moved.
fn moved<'a>(district: &'a str, was: &'a str, to: &'a str) -> [(&'a str, &'a str); 3] {
    [("district", district), ("was", was), ("zone", to)]
}

both! {
    async fn zones_are_the_administrators_alone(house) {
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Archivist] {
            let other = house.sign_in(who).await;
            other.get("/zones").await.expect(404);
            other.post("/zones", &[("name", "別區")]).await.expect(404);
            other.post("/zones/zone-1", &[("name-zone-1", "別區")]).await.expect(404);
            other.post("/zones/districts", &moved("三民區", "zone-1", "zone-2")).await.expect(404);
            other.post(&format!("/zones/schools/{SCHOOL}"), &[("was", ""), ("zone", "zone-2")]).await.expect(404);
        }
        assert!(changes(&house).await.is_empty() && written(&house).await.is_empty());
        assert_eq!(zone(&house).await, "zone-1");
    }

    async fn a_zone_is_added_and_renamed(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/zones").await.expect(200);
        let cards = page.all(".zone");
        assert!(cards[0].contains("第一區") && cards[0].contains("李督導") && cards[0].contains("三民區、新興區"), "{cards:?}");
        assert!(cards[0].contains("2 所"), "{cards:?}");
        admin.press(&page, "新增分區", &[("name", " 第三區 ")]).await.leads_to("/zones?said=zones-saved");
        let again = admin.press(&page, "新增分區", &[("name", "第三區")]).await.expect(422);
        assert!(again.error_of("name").contains("已有「第三區」"));
        admin.press(&page, "新增分區", &[("name", " ")]).await.expect(422);
        admin.press(&page, "新增分區", &[("name", &"區".repeat(31))]).await.expect(422);
        admin.post("/zones/zone-2", &[("name-zone-2", "北區")]).await.leads_to("/zones");
        let taken = admin.post("/zones/zone-2", &[("name-zone-2", "第一區")]).await.expect(422);
        assert!(taken.error_of("name-zone-2").contains("已有「第一區」"));
        admin.post("/zones/nowhere", &[("name-nowhere", "北區")]).await.expect(404);
        assert_eq!(changes(&house).await, ["zone 第三區: - -> 第三區", "zone 第二區: 第二區 -> 北區"]);
        let kept = ["周系統 page zone 第三區 name: - -> 第三區", "周系統 page zone 第二區 name: 第二區 -> 北區"];
        assert_eq!(written(&house).await, kept);
        let subjects = house.texts("SELECT subject_id FROM changes WHERE kind = 'zone' ORDER BY at, id").await;
        assert_eq!(subjects[1], "zone-2", "also after another name it is known which one");
        let page = admin.get("/admin/changes?kind=zone").await.expect(200);
        let rows = page.all(".table tbody tr");
        assert!(rows.len() == 2 && rows[0].contains("第二區") && rows[0].contains("北區"), "{rows:?}");
    }

    async fn a_moved_district_takes_its_schools_along(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (admin, first, second) = (
            house.sign_in(Who::Administrator).await,
            house.sign_in(Who::Supervisor).await,
            house.sign_in(Who::OtherSupervisor).await,
        );
        first.get(&case.path("")).await.expect(200);
        second.get(&case.path("")).await.expect(404);
        let page = admin.get("/zones").await.expect(200);
        assert!(!page.html().contains(&case.number) && !page.html().contains("王小明"), "no case content");
        admin.post("/zones/districts", &moved("三民區", "zone-1", "zone-2")).await.leads_to("/zones?said=zones-saved");
        assert_eq!(zone(&house).await, "zone-2");
        first.get(&case.path("")).await.expect(404);
        second.get(&case.path("")).await.expect(200);
        // A page that still knew the old zone changes nothing, and says so.
        let late = admin.post("/zones/districts", &moved("三民區", "zone-1", "")).await.expect(409);
        assert!(late.one("h1").contains("分區剛才已被修改"));
        admin.post("/zones/districts", &moved("三民區", "zone-2", "nowhere")).await.expect(404);
        admin.post("/zones/districts", &moved("無此區", "", "zone-1")).await.expect(404);
        admin.post("/zones/districts", &[("district", "三民區"), ("was", "zone-2")]).await.expect(400);
        admin.post("/zones/districts", &moved("三民區", "zone-2", "")).await.leads_to("/zones");
        assert_eq!(zone(&house).await, "-");
        second.get(&case.path("")).await.expect(404);
        assert_eq!(changes(&house).await, ["district 三民區: 第一區 -> 第二區", "district 三民區: 第二區 -> -"]);
        let kept = ["周系統 page district 三民區 zone: 第一區 -> 第二區", "周系統 page district 三民區 zone: 第二區 -> -"];
        assert_eq!(written(&house).await, kept);
    }

    async fn the_page_moves_several_districts_or_none(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let both = [moved("三民區", "zone-1", "zone-2"), moved("新興區", "zone-2", "zone-1")].concat();
        admin.post("/zones/districts", &both).await.expect(409);
        assert_eq!(zone(&house).await, "zone-1", "the second was stale, so the first isn't moved either");
        let unchanged = [moved("三民區", "zone-1", "zone-1"), moved("新興區", "zone-1", "zone-1")].concat();
        admin.post("/zones/districts", &unchanged).await.leads_to("/zones");
        assert!(changes(&house).await.is_empty());
        let page = admin.get("/zones").await.expect(200);
        admin.press(&page, "儲存行政區的分區", &[]).await.leads_to("/zones");
        assert!(changes(&house).await.is_empty());
    }

    async fn a_school_set_by_itself_stays_until_it_follows_again(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let address = format!("/zones/schools/{SCHOOL}");
        let page = admin.get("/zones?q=測試國小").await.expect(200);
        assert_eq!(page.attributes("form[action^='/zones/schools/']", "action"), [address.clone()]);
        admin.post(&address, &[("was", ""), ("zone", "zone-2")]).await.leads_to("/zones?said=zones-saved");
        admin.post(&address, &[("was", ""), ("zone", "zone-2")]).await.leads_to("/zones");
        assert_eq!(zone(&house).await, "zone-2");
        let listed = admin.get("/zones").await.expect(200);
        assert!(listed.html().contains("1 所單獨設定"), "listed without searching");
        admin.post("/zones/districts", &moved("三民區", "zone-1", "")).await.leads_to("/zones");
        assert_eq!(zone(&house).await, "zone-2", "the district's move leaves it alone");
        admin.post(&address, &[("was", "zone-1"), ("zone", "")]).await.expect(409);
        admin.post(&address, &[("was", "zone-2"), ("zone", "")]).await.leads_to("/zones");
        assert_eq!(zone(&house).await, "-", "it follows its district again");
        admin.post("/zones/schools/999999", &[("was", ""), ("zone", "zone-1")]).await.expect(404);
        let told = changes(&house).await;
        assert_eq!(told[0], format!("school {SCHOOL}: 依行政區 -> 第二區"));
        assert_eq!(told[2], format!("school {SCHOOL}: 第二區 -> 依行政區"));
        let kept = written(&house).await;
        assert_eq!(kept[0], format!("周系統 page school {SCHOOL} zone: 依行政區 -> 第二區"));
        assert_eq!(kept[1], "周系統 page district 三民區 zone: 第一區 -> -");
        assert_eq!(kept[2], format!("周系統 page school {SCHOOL} zone: 第二區 -> 依行政區"));
    }
}
