//! Who saw what: every address that shows somebody's data leaves its trace, and a page tells about one case.

use std::collections::BTreeSet;
use std::fs;

use casebind::case::trace;
use casebind::steps::scan::change_key;
use casebind::steps::traces::COVERED_MILLIS;

use crate::support::command::repository;
use crate::support::{Browser, Case, House, Who};

use super::doors::{DOORS, Door, Stage};

/// What an address leaves behind when it is opened.
#[derive(Clone, Copy, Debug)]
pub enum Leaves {
    /// One trace with this action, at the case.
    AtCase(&'static str),
    /// One trace with this action that names no case; the test of its own is named.
    Elsewhere(&'static str, &'static str),
    /// None, and why: it shows nobody's data.
    Nothing(&'static str),
}
use Leaves::{AtCase, Elsewhere, Nothing};

/// The addresses that can be opened, and the traces that they leave: see [`super::doors`].
fn opened() -> impl Iterator<Item = (&'static Door, Leaves)> {
    DOORS.iter().filter_map(|door| Some((door, door.leaves?)))
}

#[test]
fn every_address_says_what_trace_it_leaves() {
    let files = [
        "tests/suite/web/traces.rs",
        "tests/suite/web/list.rs",
        "tests/suite/entrance/register.rs",
        "tests/suite/admin/accounts.rs",
        "tests/suite/api/list.rs",
        "tests/suite/api/records.rs",
        "tests/suite/walk/stacks.rs",
        "tests/suite/review/record_pages.rs",
        "tests/suite/retrieval/mod.rs",
        "tests/suite/disposal/mod.rs",
    ];
    let tests = files.map(|file| fs::read_to_string(repository(file)).unwrap()).concat();
    for (door, leaves) in opened() {
        match leaves {
            Elsewhere(_, test) => {
                assert!(tests.contains(&format!("async fn {test}(house)")), "{}: no {test}", door.route)
            }
            Nothing(why) => assert!(!why.is_empty(), "{}", door.route),
            AtCase(..) => assert_ne!(door.at, Stage::Nowhere, "{}", door.route),
        }
    }
}

#[test]
fn every_action_has_a_word() {
    let mut named = BTreeSet::new();
    let mut folders = vec![repository("src/steps")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            for part in text.split("action: \"").skip(1) {
                named.insert(part.split('"').next().unwrap().to_owned());
            }
        }
    }
    assert!(named.contains("view-case"), "this test reads the actions wrongly: {named:?}");
    for action in &named {
        assert_ne!(trace::label(action), action, "{action} has no word in case::trace");
    }
    for (door, leaves) in opened() {
        if let AtCase(action) | Elsewhere(action, _) = leaves {
            assert_ne!(trace::label(action), action, "{}", door.route);
        }
    }
}

/// The address of a route at a case.
async fn address(house: &House, case: &Case, route: &str) -> String {
    let dossier = case.dossier(house).await;
    let subject = dossier.subjects.first().map(|subject| subject.id.clone()).unwrap_or_default();
    let attachment = dossier.attachments.first().map(|one| one.id.clone()).unwrap_or_default();
    let scan = dossier.scans.first().map(|scan| scan.id.clone()).unwrap_or_default();
    let print = dossier.newest_print().map(|print| print.digest.to_string()).unwrap_or_default();
    route
        .replace("{number}", &case.number)
        .replace("{revision}", "1")
        .replace("{digest}", &print)
        .replace("custody/{file}", &format!("custody/{print}"))
        .replace("subject/{id}", &format!("subject/{subject}"))
        .replace("attachments/{id}", &format!("attachments/{attachment}"))
        .replace("scans/{id}", &format!("scans/{scan}"))
        .replace("pages/{file}", "pages/1.jpg")
        .replace("desk/{file}", "desk/1.jpg")
        .replace("receipts/{file}", "receipts/1")
        .replace("seals/{file}", "seals/principal.png")
        .replace("changes/{file}", "changes/1-1.jpg")
        .replace("photos/{page}", "photos/1")
}

/// The actions traced by everybody, oldest first, with the case's number or nothing.
async fn traces(house: &House) -> Vec<String> {
    house
        .texts(
            "SELECT t.action || ' ' || COALESCE(c.number, '') FROM traces t LEFT JOIN cases c ON c.id = t.case_id \
             ORDER BY t.at, t.id",
        )
        .await
}

/// What one look leaves, a good while after the last.
async fn left(house: &House, browser: &Browser, address: &str) -> Vec<String> {
    house.wait(COVERED_MILLIS + 1);
    let before = traces(house).await.len();
    browser.get(address).await.expect(200);
    traces(house).await.split_off(before)
}

both! {
    async fn every_address_of_a_case_leaves_one_trace(house) {
        let browser = house.applicant().await;
        let (open, printed) = (Case::opened(&browser).await, Case::printed(&browser).await);
        let submitted = Case::submitted(&house, &browser).await;
        // A clean scan shows no change: one is put there.
        let scan = submitted.dossier(&house).await.scans[0].digest.to_string();
        house.office().renditions.put(&change_key(&scan, 1, 1), vec![1]).await.unwrap();
        submitted.with_photo(&house).await;
        let mut seen = 0;
        for (door, leaves) in opened() {
            let AtCase(action) = leaves else { continue };
            let (route, case) = match door.at {
                Stage::Opened => (door.route, &open),
                Stage::Printed => (door.route, &printed),
                _ => (door.route, &submitted),
            };
            let letters: Vec<char> = door.people.chars().filter(|c| !c.is_whitespace()).collect();
            let who = if letters[3] == '+' { Who::Applicant } else { Who::Manager };
            // A new session each time: the last one is long idle.
            let looker = house.sign_in(who).await;
            let address = address(&house, case, route).await;
            assert_eq!(left(&house, &looker, &address).await, [format!("{action} {}", case.number)], "{route}");
            seen += 1;
        }
        assert!(seen > 15);
    }

    async fn a_page_with_its_pictures_leaves_one_trace_and_a_picture_alone_one_of_its_own(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let browser = house.sign_in(Who::Manager).await;
        let scan = case.dossier(&house).await.scans[0].id.clone();
        let page = browser.get(&case.path(&format!("/scans/{scan}"))).await.expect(200);
        let before = traces(&house).await.len();
        let pictures = page.attributes("main img", "src");
        let (pages, small): (Vec<_>, Vec<_>) = pictures.iter().partition(|picture| picture.contains("/pages/"));
        assert!(!pages.is_empty() && !small.is_empty(), "{pictures:?}");
        for picture in small {
            browser.get(picture).await.expect(200);
        }
        assert_eq!(traces(&house).await.len(), before, "its page was traced");
        for picture in pages.iter().chain(&pages) {
            browser.get(picture).await.expect(200);
        }
        let left = traces(&house).await.split_off(before);
        assert_eq!(left, [format!("view-picture {}", case.number)], "whole pages of one document, once");
        // Somebody else's look covers nobody.
        let other = house.sign_in(Who::Supervisor).await;
        let address = case.path(&format!("/scans/{scan}/seals/principal.png"));
        assert_eq!(super::traces::left(&house, &other, &address).await, [format!("view-picture {}", case.number)]);
        let digests = house.texts("SELECT digest FROM traces WHERE action = 'view-picture'").await;
        assert_eq!(digests, vec![case.dossier(&house).await.scans[0].digest.to_string(); 2]);
    }

    async fn what_is_refused_or_not_there_shows_nothing_and_leaves_nothing_seen(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let id = case.id(&house).await;
        let before = house.traces(&id).await;
        house.sign_in(Who::OtherApplicant).await.get(&case.path("")).await.expect(404);
        case.get("/scans/nothing/pages/1.jpg").await.expect(404);
        assert_eq!(house.traces(&id).await, before);
        // A form that comes back shows the case.
        let draft = Case::opened(&case.browser).await;
        let id = draft.id(&house).await;
        let count = house.traces(&id).await.len();
        draft.post("/subject", &[("version", "1"), ("name", "王")]).await.expect(422);
        assert_eq!(house.traces(&id).await.split_off(count), ["view-case"]);
    }

    async fn a_list_leaves_the_numbers_of_the_cases_on_it(house) {
        let browser = house.applicant().await;
        let (one, other) = (Case::opened(&browser).await, Case::opened(&browser).await);
        browser.get("/cases").await.expect(200);
        let list = house.words("traces", "detail", "WHERE action = 'list-cases'").await;
        let cases = "SELECT COUNT(*) FROM trace_cases l JOIN traces t ON t.id = l.trace_id WHERE t.action = 'list-cases'";
        assert!(house.number(cases).await > 0, "the page of each case tells it");
        assert_eq!(list, [format!("{} {}", other.number, one.number)]);
        browser.get(&format!("/cases?q={}", one.number)).await.expect(200);
        let search = house.words("traces", "detail", "WHERE action = 'search-cases'").await;
        assert_eq!(search, [one.number]);
        let waiting = Case::submitted(&house, &browser).await;
        house.sign_in(Who::Manager).await.get("/queue").await.expect(200);
        let queue = house.words("traces", "detail", "WHERE action = 'list-cases' AND person_id = 'manager'").await;
        assert_eq!(queue, [waiting.number]);
    }

    async fn what_many_cases_stand_on_leaves_one(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let chosen = browser.post("/bulk", &[("case", &case.number)]).await;
        let address = chosen.location().to_owned();
        assert_eq!(left(&house, &browser, &address).await, ["view-bulk-print "]);
        let page = browser.get(&address).await.expect(200);
        browser.press(&page, "列印", &[]).await.leads_to(&address);
        for _ in 0..600 {
            let progress = browser.get(&format!("{address}/progress")).await.expect(200);
            if progress.html().contains("\"going\":false") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // Many whole forms at once ask for a fresh proof.
        let again = house.sign_in(Who::Applicant).await;
        let joined = left(&house, &again, &format!("{address}/forms.pdf")).await;
        assert_eq!(joined, [format!("view-print {}", case.number)]);
    }

    async fn a_case_tells_staff_who_saw_it(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("")).await.expect(200);
        let scan = case.dossier(&house).await.scans[0].clone();
        manager.get(&case.path(&format!("/scans/{}/original", scan.id))).await.expect(200);
        let page = manager.get(&page.link("查閱紀錄")).await.expect(200);
        assert_eq!(page.all(".table thead th"), ["時間", "人員", "動作", "文件", "來源"]);
        let newest = page.all(".table tbody tr:first-child td");
        assert_eq!(newest[1..3], ["陳個管 個管組", "下載簽核申請單"]);
        assert!(newest[3].starts_with("簽核申請單（第 1 版）"), "{newest:?}");
        assert_eq!(newest[3].replace(' ', "").split_off("簽核申請單（第1版）".len()), scan.digest.short());
        assert!(newest[4].starts_with(crate::support::browser::ADDRESS), "{newest:?}");
        assert!(page.all(".table tbody td").contains(&"王輔導 申請人".to_owned()));
        // The look itself is on the next page.
        let again = manager.get(&case.path("/traces")).await.expect(200);
        assert_eq!(again.all(".table tbody tr:first-child td")[2], "查看查閱紀錄");
        // Narrowed by person and action.
        let mine = manager.get(&case.path("/traces?person=manager&action=download-scan")).await.expect(200);
        assert_eq!(mine.all(".table tbody tr").len(), 1);
        assert!(mine.one(".tally").contains("共 1 筆"));
        assert_eq!(mine.value("person"), "manager");
        let nobody = manager.get(&case.path("/traces?person=archivist")).await.expect(200);
        assert!(nobody.one(".empty h2").contains("沒有符合條件的紀錄"));
    }

    async fn refused_steps_are_told_by_their_event(house) {
        let case = Case::opened(&house.applicant().await).await;
        case.post("/print", &[("version", "1")]).await.expect(409);
        let page = house.sign_in(Who::Manager).await.get(&case.path("/traces")).await.expect(200);
        assert_eq!(page.all(".table tbody tr:first-child td")[2], "嘗試不能進行的步驟：列印申請單");
    }

    async fn who_saw_a_case_is_for_those_who_answer_for_it(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        house.assign(&case.number, Who::Professional).await;
        for who in [Who::Manager, Who::Supervisor, Who::Archivist] {
            let staff = house.sign_in(who).await;
            staff.get(&case.path("/traces")).await.expect(200);
            assert!(!staff.get(&case.path("")).await.expect(200).link("查閱紀錄").is_empty(), "{who:?}");
        }
        for who in [Who::Applicant, Who::OtherSupervisor, Who::Professional, Who::Administrator] {
            house.sign_in(who).await.get(&case.path("/traces")).await.expect(404);
        }
        assert!(!case.page().await.html().contains("查閱紀錄"));
    }

    async fn many_traces_are_turned_by_the_page_without_a_gap(house) {
        let case = Case::opened(&house.applicant().await).await;
        for _ in 0..44 {
            case.page().await;
        }
        let total = house.traces(&case.id(&house).await).await.len();
        let manager = house.sign_in(Who::Manager).await;
        // Each look adds one on top, which must not shift what is below.
        let first = manager.get(&case.path("/traces?action=view-case")).await.expect(200);
        let times = |page: &crate::support::Page| page.attributes(".table tbody time", "datetime").len();
        assert_eq!(times(&first), 20);
        let second = manager.get(&first.link("下一頁")).await.expect(200);
        let third = manager.get(&second.link("下一頁")).await.expect(200);
        assert_eq!(times(&first) + times(&second) + times(&third), total);
        assert!(!third.html().contains("下一頁"));
        let back = manager.get(&third.link("上一頁")).await.expect(200);
        let texts = |page: &crate::support::Page| page.all(".table tbody td");
        assert_eq!(texts(&back), texts(&second));
        let front = manager.get(&back.link("上一頁")).await.expect(200);
        assert_eq!(texts(&front), texts(&first));
        manager.get(&case.path("/traces?before=nonsense")).await.expect(200);
    }
}
