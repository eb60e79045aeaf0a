//! 統計: known numbers, whose they are, and the files.

use casebind::case::event::Event;
use casebind::case::fields::Values;
use casebind::case::ids::{CaseReference, Digest};
use casebind::case::role::Role;
use casebind::case::state::State;
use casebind::steps::statistics::KEPT_MILLIS;
use casebind::store::cases::{self, NewCase};
use casebind::store::flow::{self, Happened};
use casebind::store::statistics;

use crate::support::people::{OTHER_SCHOOL, SCHOOL};
use crate::support::{Case, House, Page, Who};

const HOUR: i64 = 60 * 60 * 1000;

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A case that went this way: event, state after, hours after the one before.
async fn went(house: &House, school: &str, service: &str, opened: &str, way: &[(Event, State, i64)]) {
    let office = house.office();
    let (id, mut now) = (office.world.new_id(), at(opened));
    let digest = Digest::of(id.as_bytes()).as_bytes();
    let content = Values::new();
    let actor = Who::Manager.actor();
    let mut tx = office.store.write().await.unwrap();
    let new = NewCase {
        id: &id,
        reference: CaseReference::from_bytes(digest[..5].try_into().unwrap()),
        token: &id,
        service,
        school,
        applicant: "applicant",
        content: &content,
        keywords: "",
        roc_year: 115,
        now,
    };
    cases::open(&mut tx, &new).await.unwrap();
    let mut from = None;
    for (event, to, hours) in [(Event::Open, State::Draft, 0)].iter().chain(way) {
        now += hours * HOUR;
        let row = office.world.new_id();
        let happened = Happened {
            id: &row,
            case: &id,
            at: now,
            actor: &actor,
            role: Role::CaseManager,
            event: *event,
            from,
            to: *to,
            reason: "",
            evidence: &[],
            salt: "",
        };
        flow::add(&mut tx, &happened).await.unwrap();
        from = Some(*to);
    }
    tx.commit().await.unwrap();
    let state = from.unwrap();
    house.sql(&format!("UPDATE cases SET bound_scan_id = 'x', state = '{state}' WHERE id = '{id}'")).await;
}

/// Five cases, two zones, and a month's end between them.
async fn world(house: &House) {
    use Event as E;
    use State as S;
    // Submitted in the last minute of October in Taiwan, returned, submitted again; served and closed.
    went(
        house,
        SCHOOL,
        "referral",
        "2026-10-30T15:59:00Z",
        &[
            (E::Print, S::Sealing, 12),
            (E::Submit, S::Submitted, 12),
            (E::Return, S::Sealing, 24),
            (E::Submit, S::Submitted, 48),
            (E::Receive, S::Received, 24),
            (E::Dispatch, S::InService, 48),
            (E::Close, S::Closed, 240),
            (E::Reopen, S::InService, 1),
            (E::Close, S::Closed, 20),
        ],
    )
    .await;
    // Submitted in the first minute of November; a supplement, and received twice.
    went(
        house,
        SCHOOL,
        "referral",
        "2026-10-31T14:00:00Z",
        &[
            (E::Print, S::Sealing, 1),
            (E::Submit, S::Submitted, 1),
            (E::AskSupplement, S::Supplement, 24),
            (E::Resubmit, S::Submitted, 72),
            (E::Receive, S::Received, 24),
            (E::AskSupplement, S::Supplement, 10),
            (E::Resubmit, S::Submitted, 10),
            (E::Receive, S::Received, 10),
        ],
    )
    .await;
    // The other zone's: one declined, one never submitted, one of long ago.
    went(
        house,
        OTHER_SCHOOL,
        "group",
        "2026-11-10T02:00:00Z",
        &[(E::Print, S::Sealing, 1), (E::Submit, S::Submitted, 5), (E::Decline, S::Declined, 30)],
    )
    .await;
    went(house, OTHER_SCHOOL, "referral", "2026-11-11T02:00:00Z", &[]).await;
    went(
        house,
        OTHER_SCHOOL,
        "referral",
        "2024-01-10T02:00:00Z",
        &[(E::Print, S::Sealing, 1), (E::Submit, S::Submitted, 5)],
    )
    .await;
}

fn rows(page: &Page, section: &str) -> Vec<String> {
    let below = |part: &str| format!("section[aria-labelledby={section}] {part}");
    let wide = page.all(&below("thead th")).len();
    let cells = page.all(&format!("{}, {}", below("tbody th"), below("tbody td")));
    cells.chunks(wide.max(1)).map(|row| row.join(" ")).collect()
}

fn csv(page: &Page) -> Vec<String> {
    let text = page.html();
    let text = text.strip_prefix('\u{feff}').expect("a mark that tells UTF-8");
    text.split("\r\n").map(str::to_owned).collect()
}

both! {
    async fn a_small_world_is_counted_right(house) {
        world(&house).await;
        let page = house.sign_in(Who::Manager).await.get("/statistics").await.expect(200);
        assert!(page.one(".lead").contains("全部分區，2025/12 至 2026/11"), "{}", page.one(".lead"));
        assert!(page.one(".lead").contains("共 3 件"));
        let months = rows(&page, "months");
        assert_eq!(months.len(), 12);
        assert_eq!(months[9], "2026/09 0 0 0 0 0 0 0");
        // 新增 送件 收件 派案 結案 不開案 撤案
        assert_eq!(months[10], "2026/10 2 1 0 0 0 0 0");
        assert_eq!(months[11], "2026/11 2 2 2 1 1 1 0");
        let sums = page.all("section[aria-labelledby=months] tfoot td");
        assert_eq!(sums, ["4", "3", "2", "1", "1", "1", "0"]);
        let services = rows(&page, "services");
        assert!(services.contains(&"轉介申請 2 66.7%".to_owned()), "{services:?}");
        assert!(services.contains(&"小團體輔導 1 33.3%".to_owned()), "{services:?}");
        let stages = rows(&page, "stages");
        assert_eq!((stages.len(), stages[1].as_str(), stages[3].as_str()), (5, "國小 2 66.7%", "高中職 1 33.3%"));
        assert_eq!(rows(&page, "districts"), ["三民區 2 66.7%", "左營區 1 33.3%"]);
        assert_eq!(rows(&page, "states"), ["收件 1 33.3%", "結案 1 33.3%", "不開案 1 33.3%"]);
        let waits: Vec<_> = page.all("section[aria-labelledby=waits] tbody td");
        // 送件→收件: 96 and 120 hours, the second reception isn't waited for again.
        assert_eq!(waits[..3], ["2", "4.0 天", "5.0 天"]);
        assert_eq!(waits[3..6], ["1", "2.0 天", "2.0 天"]);
        // 服務中→結案: 240 hours, and 20 after it was reopened.
        assert_eq!(waits[6..9], ["2", "0.8 天", "10.0 天"]);
        // 補件: 10 and 72 hours.
        assert_eq!(waits[9..12], ["2", "0.4 天", "3.0 天"]);
        // 核章 that ended in the period: 12, 48, 1 and 5 hours.
        assert_eq!(waits[12..], ["4", "0.2 天", "2.0 天"]);
        assert_eq!(page.all("svg.plot").len(), 6);
        assert!(page.attributes("svg.plot", "aria-label").iter().all(|label| !label.is_empty()));
    }

    async fn the_period_is_in_the_address(house) {
        world(&house).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/statistics?from=2026-10&to=2026-10").await.expect(200);
        assert_eq!(rows(&page, "months"), ["2026/10 2 1 0 0 0 0 0"]);
        assert!(page.one(".lead").contains("共 1 件"));
        assert_eq!((page.value("from"), page.value("to")), ("2026-10".into(), "2026-10".into()));
        let turned = manager.get("/statistics?from=2026/11&to=2026/10").await.expect(200);
        assert_eq!(rows(&turned, "months").len(), 2);
        let old = manager.get("/statistics?from=2024-01&to=2024-02").await.expect(200);
        assert!(old.one(".lead").contains("共 1 件"));
        let wrong = manager.get("/statistics?from=soon").await.expect(200);
        assert!(wrong.one("#period-error").contains("2026-11"));
        assert_eq!(rows(&wrong, "months").len(), 12);
        manager.get("/statistics.csv?table=months&from=soon").await.expect(400);
        let long = manager.get("/statistics?from=1980-01").await.expect(200);
        assert_eq!(rows(&long, "months").len(), 60);
    }

    async fn a_supervisor_counts_the_own_zone_and_others_count_nothing(house) {
        world(&house).await;
        let mine = house.sign_in(Who::Supervisor).await.get("/statistics").await.expect(200);
        assert!(mine.one(".lead").contains("第一區") && mine.one(".lead").contains("共 2 件"));
        assert_eq!(rows(&mine, "districts"), ["三民區 2 100.0%"]);
        assert_eq!(rows(&mine, "months")[11], "2026/11 0 1 2 1 1 0 0");
        let other = house.sign_in(Who::OtherSupervisor).await;
        let theirs = other.get("/statistics").await.expect(200);
        assert!(theirs.one(".lead").contains("第二區") && theirs.one(".lead").contains("共 1 件"));
        assert_eq!(rows(&theirs, "months")[11], "2026/11 2 1 0 0 0 1 0");
        assert_eq!(theirs.all("section[aria-labelledby=waits] tbody td")[..3], ["0", "－", "－"]);
        assert_eq!(csv(&other.get("/statistics.csv?table=districts").await.expect(200))[1], "左營區,1,100.0%");
        for who in [Who::Applicant, Who::Professional, Who::Archivist, Who::Administrator] {
            let browser = house.sign_in(who).await;
            browser.get("/statistics").await.expect(404);
            browser.get("/statistics.csv?table=months").await.expect(404);
            assert!(!browser.get("/account").await.expect(200).html().contains("href=\"/statistics\""));
        }
        house.stranger().get("/statistics").await.leads_to("/login");
        assert!(!other.get("/cases").await.expect(200).link("統計").is_empty());
    }

    async fn each_table_is_a_file_that_spreadsheets_open(house) {
        world(&house).await;
        // A district that a spreadsheet would run.
        house.sql(&format!("UPDATE schools SET district = '=2+3,區' WHERE code = '{OTHER_SCHOOL}'")).await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/statistics").await.expect(200);
        let files = page.attributes("a[download]", "href");
        assert_eq!(files.len(), 6);
        for file in &files {
            let answer = manager.get(file).await.expect(200);
            assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
            assert!(answer.header("content-disposition").starts_with("attachment;"));
            let lines = csv(&answer);
            let cells = lines[0].split(',').count();
            assert!(cells >= 3 && lines.len() > 2 && lines.last().unwrap().is_empty(), "{file}: {lines:?}");
        }
        let file = async |table: &str| csv(&manager.get(&format!("/statistics.csv?table={table}")).await.expect(200));
        assert_eq!(file("districts").await[..3], ["行政區,件數,比例", "三民區,2,66.7%", "\"'=2+3,區\",1,33.3%"]);
        let months = file("months").await;
        assert_eq!((months[0].as_str(), months[12].as_str()), ("月份,新增,送件,收件,派案,結案,不開案,撤案", "2026/11,2,2,2,1,1,1,0"));
        assert_eq!(file("waits").await[1], "送件→收件,從第一次送件到收件，含退回與補件的時間,2,4.0,5.0");
        manager.get("/statistics.csv?table=people").await.expect(404);
    }

    async fn what_was_counted_is_shown_for_a_while(house) {
        let manager = house.sign_in(Who::Manager).await;
        let total = async || manager.get("/statistics").await.expect(200).one(".lead strong");
        assert_eq!(total().await, "0");
        world(&house).await;
        assert_eq!(total().await, "0", "counted a moment ago");
        house.wait(KEPT_MILLIS);
        assert_eq!(total().await, "3");
    }

    async fn a_walked_case_is_counted_as_it_walks(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let page = house.sign_in(Who::Supervisor).await.get("/statistics").await.expect(200);
        assert_eq!(rows(&page, "months")[11], "2026/11 1 1 0 0 0 0 0");
        assert_eq!(page.all("section[aria-labelledby=waits] tbody td")[12..], ["1", "0.0 天", "0.0 天"]);
        let submitted = house.number(&format!("SELECT submitted_at FROM cases WHERE number = '{}'", case.number)).await;
        let flow = case.dossier(&house).await.flow;
        assert_eq!(submitted, flow.iter().find(|row| row.event == Event::Submit).unwrap().at);
    }

    async fn what_is_derived_can_be_derived_anew(house) {
        world(&house).await;
        let derived = async || {
            let mut rows = house
                .texts("SELECT case_id || ' ' || seq || ' ' || event || ' ' || at || ' ' || nth || ' ' || COALESCE(waited, -1) FROM milestones")
                .await;
            rows.sort();
            let mut cases = house.texts("SELECT id || ' ' || COALESCE(submitted_at, 0) FROM cases").await;
            cases.sort();
            (rows, cases)
        };
        let before = derived().await;
        assert_eq!(before.0.len(), 19);
        house.sql("DELETE FROM milestones").await;
        house.sql("UPDATE cases SET submitted_at = NULL").await;
        let mut tx = house.office().store.write().await.unwrap();
        statistics::fill(&mut tx).await.unwrap();
        statistics::complete(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(derived().await, before);
    }
}
