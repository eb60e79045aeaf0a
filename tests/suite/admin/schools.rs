//! The ministry's list of schools: looked at, then applied.

use super::changes;
use crate::support::browser::Chosen;
use crate::support::people::{OTHER_SCHOOL, SCHOOL};
use crate::support::{House, Who};

fn list(lines: &[&str]) -> Vec<u8> {
    let head = "\u{feff}學年度,代碼,學校名稱,公/私立,縣市名稱,地址,電話,網址";
    format!("{head}\n{}\n", lines.join("\n")).into_bytes()
}

fn csv(bytes: &[u8]) -> Chosen<'_> {
    Chosen { name: "e1_new.csv", kind: "text/csv", bytes }
}

async fn schools(house: &House) -> Vec<String> {
    house
        .texts(
            "SELECT code || ' ' || name || ' ' || city || ' ' || district || ' ' || stage || ' ' || COALESCE(zone_id, '-') \
             || CASE WHEN closed_at IS NULL THEN '' ELSE ' closed' END FROM schools ORDER BY code",
        )
        .await
}

const LINES: [&str; 4] = [
    "114,123602,市立測試國小,公立,[12]高雄市,[807]高雄市三民區示範路1號,,",
    "114,01361x,市立新設國小,公立,[12]高雄市,[813]高雄市左營區示範路2號,,",
    "114,313601,外縣市國小,公立,[31]臺北市,[100]臺北市中正區示範路3號,,",
    "114,1236,壞代碼,公立,[12]高雄市,[807]高雄市三民區,,",
];

both! {
    async fn a_list_is_looked_at_before_it_is_applied(house) {
        let admin = house.sign_in(Who::Administrator).await;
        house.sql("INSERT INTO schools (code, name, district, stage) VALUES ('123699', '不在名錄國小', '三民區', 'elementary')").await;
        let before = schools(&house).await;
        let page = admin.get("/admin/schools").await.expect(200);
        let file = list(&LINES);
        let answer = admin.press_with(&page, "上傳並預覽", &[], csv(&file)).await;
        answer.leads_to("/admin/schools/lists/");
        let preview = admin.follow(&answer).await.expect(200);
        assert_eq!(preview.all(".counts dd"), ["1", "1", "1", "0", "1"], "new, changed, missing, same, skipped");
        assert!(preview.one("main").contains("01361X 市立新設國小（左營區，國小）"));
        assert!(preview.one("main").contains("名稱：測試國小 → 市立測試國小"));
        assert!(preview.one("main").contains("第 5 行：1236 壞代碼"));
        assert_eq!(schools(&house).await, before, "nothing is changed by looking");
        let other = admin.get(&format!("{}?city=%E8%87%BA%E5%8C%97%E5%B8%82", answer.location())).await.expect(200);
        assert!(other.one("main").contains("313601"));
        // A list that is there is no other role's either, by whatever way.
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Archivist] {
            let other = house.sign_in(who).await;
            other.get(answer.location()).await.expect(404);
            other.post(answer.location(), &[("city", "高雄市")]).await.expect(404);
        }
        house.stranger().get(answer.location()).await.leads_to("/login");
        assert_eq!(schools(&house).await, before);
        admin.press(&preview, "套用到高雄市", &[]).await.leads_to("/admin/schools?said=schools-listed");
        assert_eq!(
            schools(&house).await,
            [
                "01361X 市立新設國小 高雄市 左營區 elementary zone-2",
                "023601 測試幼兒園  新興區 kindergarten zone-1",
                "123304 測試高中  左營區 senior-high zone-2",
                "123602 市立測試國小 高雄市 三民區 elementary zone-1",
                "123699 不在名錄國小  三民區 elementary -"
            ]
        );
        let told = changes(&house).await;
        assert!(told.contains(&"周系統 page 市立測試國小 name: 測試國小 -> 市立測試國小".to_owned()), "{told:?}");
        assert!(told.contains(&"周系統 page 市立新設國小 listed:  -> 左營區 國小".to_owned()), "{told:?}");
        // Applied once only.
        admin.press(&preview, "套用到高雄市", &[]).await.expect(409);
        let again = admin.get(answer.location()).await.expect(200);
        assert!(again.one(".lead").contains("套用"));
        admin.get("/admin/schools/lists/none").await.expect(404);
    }

    async fn a_school_that_is_in_no_list_is_closed_and_comes_back(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let upload = async |lines: &[&str], close: bool| {
            let page = admin.get("/admin/schools").await.expect(200);
            let file = list(lines);
            let answer = admin.press_with(&page, "上傳並預覽", &[], csv(&file)).await;
            let preview = admin.follow(&answer).await.expect(200);
            let typed: &[(&str, &str)] = if close { &[("close", "1")] } else { &[] };
            admin.press(&preview, "套用到高雄市", typed).await.leads_to("/admin/schools");
        };
        upload(&LINES[1..2], true).await;
        let newcomer = house.sign_in(Who::Unbound).await;
        assert!(!newcomer.get("/school").await.expect(200).html().contains(SCHOOL), "nobody chooses it any more");
        assert!(newcomer.get("/school").await.expect(200).html().contains(OTHER_SCHOOL), "another stage stays");
        newcomer.post("/school", &[("school", SCHOOL)]).await.expect(422);
        house.applicant().await.get("/cases").await.expect(200);
        let listed = admin.get(&format!("/admin/schools?q={SCHOOL}")).await.expect(200);
        assert!(listed.one(".table tbody tr").contains("停辦"));
        upload(&LINES[..1], false).await;
        assert!(newcomer.get("/school").await.expect(200).html().contains(SCHOOL));
        assert!(changes(&house).await.iter().any(|line| line.contains("closed: 停辦 -> 開辦")));
    }

    async fn what_is_no_list_is_refused_in_words(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/schools").await.expect(200);
        for (bytes, words) in [(b"%PDF-1.7\0\xff".as_slice(), "不是文字檔"), ("代碼,學校名稱\n".as_bytes(), "缺少欄位：縣市名稱、地址")] {
            let refused = admin.press_with(&page, "上傳並預覽", &[], csv(bytes)).await.expect(422);
            assert!(refused.one(".summary").contains(words), "{}", refused.one(".summary"));
        }
        let big = vec![b'x'; 5 << 20];
        let refused = admin.press_with(&page, "上傳並預覽", &[], csv(&big)).await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
        house.sign_in(Who::Manager).await.upload("/admin/schools", &[], csv(b"x")).await.expect(404);
    }
}
