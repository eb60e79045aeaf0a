//! The reviewer's desk: what it shows, verdicts by form and by script, and two people at one case.

use axum::body::Body;
use axum::http::{Method, header};
use casebind::case::review::{Target, Verdict};
use serde_json::Value;

use crate::support::browser::Chosen;
use crate::support::{Browser, Case, House, Page, Who, paper};

use super::{find_everything_good, version};

async fn desk(house: &House) -> (Case, Browser, Page) {
    let case = Case::submitted(house, &house.applicant().await).await;
    let manager = house.sign_in(Who::Manager).await;
    let page = manager.get(&case.path("/review")).await.expect(200);
    (case, manager, page)
}

/// Sends a form as the desk's script does.
async fn by_script(browser: &Browser, address: &str, fields: &[(&str, &str)]) -> Page {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = browser
        .request(Method::POST, address)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body));
    browser.send(request.unwrap()).await
}

fn json(page: &Page) -> Value {
    serde_json::from_slice(&page.body).expect("JSON")
}

both! {
    async fn record_paper_and_items_stand_side_by_side(house) {
        let (case, manager, page) = desk(&house).await;
        let facts = page.all(".desk__facts div");
        assert!(facts.contains(&"連絡電話07-1234567".to_owned()), "{facts:?}");
        assert!(facts.contains(&"證件字號A123456789".to_owned()), "the work needs the whole number: {facts:?}");
        let labels = page.all(".item h3");
        assert_eq!(labels, [
            "核章欄 承辦人", "核章欄 輔導主任", "核章欄 校長", "檢附資料 家長(監護人)同意書", "檢附資料 輔導紀錄摘要",
        ]);
        assert!(page.all(".item__machine").iter().all(|words| words.starts_with("看起來有核章（墨跡")), "{:?}", page.all(".item__machine"));
        assert_eq!(page.one("[data-progress]"), "已核閱 0／5");
        assert_eq!(page.one("[data-receive-words]"), "還有 5 項未核閱。");
        // The form's pages with their boxes outlined and what was printed below; then the attachments' pages.
        let captions = page.all(".leaf figcaption");
        assert!(captions[0].starts_with("簽核申請單 第 1 頁，共"), "{captions:?}");
        assert!(captions.contains(&"輔導紀錄摘要 第 1 頁，共 1 頁".to_owned()), "{captions:?}");
        assert_eq!(page.attributes(".leaf__box", "id"), ["on-seal-handler", "on-seal-director", "on-seal-principal"]);
        let dossier = case.dossier(&house).await;
        let print = dossier.newest_print().unwrap();
        assert_eq!(page.attributes(".leaf__print", "src").len(), print.layout.pages.len());
        for address in page.attributes(".leaf img, .item img", "src") {
            let picture = manager.get(&address).await.expect(200);
            let kind = picture.header("content-type").to_owned();
            assert!(["image/jpeg", "image/png"].contains(&kind.as_str()), "{address}: {kind}");
            let image = image::load_from_memory(&picture.body).expect("a picture");
            if address.contains("/desk/") || address.contains("/prints/") {
                assert_eq!((image.width(), image.height()), (1680, 2376), "{address}: laid over the form");
            }
        }
        let traces = house.traces(&dossier.case.id).await;
        assert!(traces.contains(&"view-case".to_owned()) && traces.contains(&"view-picture".to_owned()), "{traces:?}");
    }

    async fn verdicts_are_given_without_a_script(house) {
        let (case, manager, page) = desk(&house).await;
        let form = page.form("已核閱");
        assert_eq!(form.action, case.path("/review/verdicts"));
        let at = version(&house, &case).await.to_string();
        let fields = [("version", at.as_str()), ("since", "0"), ("target", "seal:principal"), ("verdict", "wanting"), ("remark", "印文不清")];
        let answer = manager.post(&case.path("/review/verdicts"), &fields).await;
        answer.leads_to(&case.path("/review#item-seal-principal"));
        let page = manager.get(&case.path("/review")).await.expect(200);
        assert_eq!(page.attributes("#item-seal-principal [aria-pressed=true]", "value"), ["wanting"]);
        assert_eq!(page.attributes("#item-seal-principal input[name=remark]", "value"), ["印文不清"]);
        assert!(page.one("#item-seal-principal .item__who").starts_with("陳個管"));
        assert!(page.one("[data-receive-words]").contains("1 項需補件"));
        // Everything that has no verdict yet: the one that is wanting stays so.
        let answer = manager.press(&page, "未核閱的都已核閱", &[("verdict", "reviewed")]).await;
        assert_eq!(answer.status, 303, "{}", answer.html());
        let answer = manager.post(&case.path("/review/verdicts"), &[("version", "0"), ("verdict", "nonsense")]).await;
        assert_eq!(answer.status, 400);
    }

    async fn everything_good_and_received_are_two_presses(house) {
        let (case, manager, page) = desk(&house).await;
        let targets: Vec<String> = page.attributes("form[data-all] input[name=target]", "value");
        assert_eq!(targets.len(), 5);
        let at = version(&house, &case).await.to_string();
        let mut fields = vec![("version", at.as_str()), ("verdict", "reviewed")];
        fields.extend(targets.iter().map(|target| ("target", target.as_str())));
        let told = json(&by_script(&manager, &case.path("/review/verdicts"), &fields).await.expect(200));
        assert_eq!((&told["ready"], &told["progress"]), (&Value::Bool(true), &Value::String("已核閱 5／5".into())));
        let after = told["version"].to_string();
        let other = Case::submitted(&house, &case.browser).await;
        let answer = manager.post(&case.path("/receive"), &[("version", &after), ("since", "0")]).await;
        answer.leads_to(&other.path("/review?said=received"));
        assert_eq!(case.state().await, "收件");
        let next = manager.follow(&answer).await.expect(200);
        assert!(next.one(".notices").contains("已收件"));
        assert!(next.one("h1").contains(&other.number[3..]));
    }

    async fn a_script_is_told_how_far_it_is(house) {
        let (case, manager, _) = desk(&house).await;
        let at = version(&house, &case).await.to_string();
        let fields = [("version", at.as_str()), ("since", "0"), ("target", "seal:handler"), ("verdict", "reviewed"), ("remark", "")];
        let told = json(&by_script(&manager, &case.path("/review/verdicts"), &fields).await.expect(200));
        assert_eq!(told["version"].as_i64(), Some(version(&house, &case).await));
        assert_eq!((&told["ready"], &told["progress"]), (&Value::Bool(false), &Value::String("已核閱 1／5".into())));
        let item = told["items"].as_array().unwrap().iter().find(|item| item["target"] == "seal:handler").unwrap().clone();
        assert_eq!(item["verdict"], "reviewed");
        assert!(item["who"].as_str().unwrap().starts_with("陳個管"));
        let look = json(&by_script(&manager, &case.path("/review/look"), &[]).await.expect(200));
        assert_eq!((&look["words"], look["version"].as_i64()), (&Value::String(String::new()), told["version"].as_i64()));
    }

    async fn the_second_to_judge_keeps_the_verdict_and_sees_what_happened(house) {
        let (case, manager, page) = desk(&house).await;
        let (at, since) = (page.attributes("form[data-receive] input[name=version]", "value"), page.attributes("form[data-receive] input[name=since]", "value"));
        house.wait(1000);
        let first = [("version", at[0].as_str()), ("since", &since[0]), ("target", "seal:principal"), ("verdict", "wanting"), ("remark", "印文不清")];
        manager.post(&case.path("/review/verdicts"), &first).await.leads_to(&case.path("/review"));
        let late = [("version", at[0].as_str()), ("since", &since[0]), ("target", "seal:principal"), ("verdict", "reviewed"), ("remark", "可辨識")];
        let conflict = manager.post(&case.path("/review/verdicts"), &late).await.expect(409);
        assert!(conflict.html().contains("陳個管 核閱「校長」：需補件：印文不清"), "{}", conflict.one("main"));
        let row = conflict.one(".versus tbody tr");
        assert!(row.contains("需補件：印文不清（陳個管") && row.contains("已核閱：可辨識"), "{row}");
        // The script gets a refusal by status, and shows this page.
        by_script(&manager, &case.path("/review/verdicts"), &late).await.expect(409);
        manager.press(&conflict, "仍以我的核閱儲存", &[]).await.leads_to(&case.path("/review"));
        let dossier = case.dossier(&house).await;
        let given = dossier.verdict_on(&Target::Seal("principal".into())).unwrap();
        assert_eq!((given.verdict, given.remark.as_str()), (Verdict::Reviewed, "可辨識"));
    }

    async fn a_verdict_on_a_case_that_moved_on_is_told_and_traced(house) {
        let (case, manager, page) = desk(&house).await;
        let since = page.attributes("form[data-receive] input[name=since]", "value");
        let at = version(&house, &case).await;
        house.wait(1000);
        house.office().send_back(&Who::Manager.actor(), &case.number, at, "校長核章不清楚").await.unwrap();
        let at = at.to_string();
        let late = [("version", at.as_str()), ("since", &since[0]), ("target", "seal:principal"), ("verdict", "reviewed"), ("remark", "清楚")];
        let conflict = manager.post(&case.path("/review/verdicts"), &late).await.expect(409);
        let words = conflict.one("main");
        assert!(words.contains("陳個管 退回核章：校長核章不清楚") && words.contains("已核閱：清楚"), "{words}");
        assert!(!conflict.has("button.button--primary"), "nothing can be judged any more");
        assert!(house.traces(&case.id(&house).await).await.contains(&"refused".to_owned()));
        let receive = manager.post(&case.path("/receive"), &[("version", &at), ("since", &since[0])]).await.expect(409);
        assert!(receive.one("main").contains("退回核章"));
        manager.get(&case.path("/review")).await.leads_to(&case.path(""));
    }

    async fn a_case_is_not_received_before_everything_is_good(house) {
        let (case, manager, page) = desk(&house).await;
        assert!(!page.has("form[data-receive] .button--primary"));
        let refused = manager.press(&page, "收件", &[]).await.expect(409);
        assert!(refused.html().contains("件檢附資料未核閱"));
        assert_eq!(case.state().await, "送件");
        find_everything_good(&house, &case).await;
        let page = manager.get(&case.path("/review")).await.expect(200);
        assert_eq!(page.all("form[data-receive] .button--primary").len(), 1);
        assert_eq!(page.one("[data-receive-words]"), "收件後，案件交由分區督導派案。");
    }

    async fn nobody_else_opens_the_desk(house) {
        let (case, _, page) = desk(&house).await;
        let pictures = page.attributes(".leaf img", "src");
        for who in [Who::Applicant, Who::Supervisor, Who::Archivist, Who::Professional, Who::OtherApplicant, Who::Administrator] {
            let other = house.sign_in(who).await;
            other.get(&case.path("/review")).await.expect(404);
            other.post(&case.path("/review/look"), &[]).await.expect(404);
            other.post(&case.path("/review/verdicts"), &[("version", "1"), ("verdict", "reviewed"), ("target", "form")]).await.expect(404);
        }
        for who in [Who::Professional, Who::OtherApplicant, Who::Administrator, Who::OtherSupervisor] {
            let other = house.sign_in(who).await;
            for address in &pictures {
                other.get(address).await.expect(404);
            }
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM verdicts").await, 0);
    }

    async fn attachments_are_shown_as_pictures_never_as_documents(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let photo = paper::picture(image::ImageFormat::Png);
        let file = Chosen { name: "出缺席.png", kind: "image/png", bytes: &photo };
        case.attach("attendance", file).await.leads_to(&case.path("/attachments"));
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        let scan = case.signed_scan(&house).await;
        let check = browser.follow(&case.hand_in(&scan).await).await.expect(200);
        browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("/review")).await.expect(200);
        assert!(page.all(".leaf figcaption").contains(&"出缺席紀錄 第 1 頁，共 1 頁".to_owned()));
        let attachment = case.dossier(&house).await.attachments.iter().find(|a| a.category == "attendance").unwrap().id.clone();
        let base = case.path(&format!("/attachments/{attachment}"));
        let picture = manager.get(&format!("{base}/pages/1.jpg")).await.expect(200);
        assert_eq!(picture.header("content-type"), "image/jpeg");
        assert_ne!(picture.body, photo, "made anew, not handed on");
        for nowhere in ["2.jpg", "0.jpg", "99.jpg", "x.jpg", "1.png"] {
            manager.get(&format!("{base}/pages/{nowhere}")).await.expect(404);
        }
        assert!(manager.get(&base).await.expect(200).header("content-disposition").starts_with("attachment"));
    }
}
