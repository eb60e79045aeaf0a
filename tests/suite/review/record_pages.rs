//! 紀錄 on its pages: written, revised, never overwritten, and read by those alone who may.

use casebind::case::ids::Digest;

use crate::support::browser::Chosen;
use crate::support::{Browser, Case, House, Page, Who, paper};

use super::{in_service, received, version};

/// Good answers to the form.
const SESSION: [(&str, &str); 5] = [
    ("held_on", "2026/11/20"),
    ("kind", "individual"),
    ("minutes", "50"),
    ("participants", "學生、輔導老師"),
    ("summary", "初談，建立關係。"),
];

/// Writes a record on its page.
async fn write(professional: &Browser, case: &Case) -> Page {
    let form = professional.get(&case.path("/records/new")).await.expect(200);
    professional.press(&form, "新增紀錄", &SESSION).await
}

/// The address of the only record.
async fn record(house: &House, case: &Case) -> String {
    let id = case.dossier(house).await.records[0].id.clone();
    case.path(&format!("/records/{id}"))
}

/// What one look leaves: actions, each with the case's number or nothing.
async fn left(house: &House, browser: &Browser, address: &str) -> Vec<String> {
    const TRACES: &str = "SELECT t.action || ' ' || COALESCE(c.number, '') FROM traces t \
        LEFT JOIN cases c ON c.id = t.case_id ORDER BY t.at, t.id";
    let before = house.texts(TRACES).await.len();
    browser.get(address).await.expect(200);
    house.texts(TRACES).await.split_off(before)
}

both! {
    async fn a_professional_begins_at_the_own_cases(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let page = professional.get("/served").await.expect(200);
        let duty = page.one(".duty");
        assert!(duty.contains("王小明") && duty.contains(&case.number) && duty.contains("還沒有服務紀錄"), "{duty}");
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let duty = professional.get("/served").await.expect(200).one(".duty");
        assert!(duty.contains("服務紀錄 1 次") && duty.contains("最近一次 2026/11/20（3 天前）"), "{duty}");
        assert!(professional.get("/served?show=closed").await.expect(200).all(".duty").is_empty());
        assert!(house.sign_in(Who::OtherProfessional).await.get("/served").await.expect(200).all(".duty").is_empty());
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Archivist, Who::Administrator] {
            house.sign_in(who).await.get("/served").await.expect(404);
        }
    }

    async fn a_record_is_written_once_and_revised(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        assert_eq!(form.value("held_on"), "2026/11/23", "today, to begin with");
        let again = professional.press(&form, "新增紀錄", &[("minutes", "很久")]).await.expect(422);
        assert!(!again.error_of("minutes").is_empty() && !again.error_of("summary").is_empty());
        assert_eq!(again.value("minutes"), "很久");
        professional.press(&form, "新增紀錄", &SESSION).await.leads_to(&case.path("?tab=records&said=record-added"));
        professional.press(&form, "新增紀錄", &SESSION).await.leads_to(&case.path("?tab=records&said=record-added"));
        assert_eq!(case.dossier(&house).await.records.len(), 1, "a double click writes one record");

        let tab = professional.get(&case.path("?tab=records")).await.expect(200);
        assert!(tab.one(".tab__head").contains("共 1 次，50 分鐘"), "{}", tab.one(".tab__head"));
        assert!(tab.one(".record-card").contains("初談，建立關係。"));
        let address = record(&house, &case).await;
        let form = professional.get(&format!("{address}/edit")).await.expect(200);
        assert_eq!((form.value("held_on").as_str(), form.value("minutes").as_str()), ("2026/11/20", "50"));
        let better = [("summary", "初談，建立關係；學生願意再來。"), ("minutes", "60")];
        professional.press(&form, "儲存", &better).await.leads_to(&format!("{address}?said=record-revised"));
        // Another window that still knew the first revision.
        professional.press(&form, "儲存", &[("summary", "蓋過去")]).await.expect(409);

        let page = professional.get(&address).await.expect(200);
        assert!(page.one("[aria-label='紀錄內容']").contains("學生願意再來") && page.html().contains("第 2 版"));
        let older = page.one(".revision");
        assert!(older.contains("第 1 版，張心理") && older.contains("50 分鐘"), "{older}");
        assert!(!page.html().contains("蓋過去"));
    }

    async fn what_is_typed_is_kept_until_it_is_saved(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let key = format!("/drafts/record-{}", case.number);
        professional.post(&key, &[("held_on", "2026/11/19"), ("summary", "寫到一半")]).await.expect(204);
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        assert_eq!((form.value("held_on").as_str(), form.value("summary").trim()), ("2026/11/19", "寫到一半"));
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        assert_eq!(form.value("summary").trim(), "");
    }

    async fn only_those_who_may_read_a_record(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let address = record(&house, &case).await;
        let file = paper::letter("a scale");
        let page = professional.get(&address).await.expect(200);
        professional.press_with(&page, "上傳檔案", &[], Chosen::pdf("量表.pdf", &file)).await.leads_to(&address);
        let download = format!("{address}/files/{}", Digest::of(&file));
        let at = version(&house, &case).await.to_string();
        let closing = [("version", at.as_str()), ("closing", "improved"), ("summary", "情緒穩定的摘要")];
        professional.post(&case.path("/close"), &closing).await.leads_to(&case.path("?said=closing-proposed"));

        for who in [Who::Professional, Who::Manager, Who::Supervisor] {
            let reader = house.sign_in(who).await;
            assert!(reader.get(&case.path("?tab=records")).await.expect(200).html().contains("初談，建立關係。"), "{who:?}");
            assert!(reader.get(&address).await.expect(200).html().contains("初談，建立關係。"), "{who:?}");
            assert!(reader.get(&case.path("/closing")).await.expect(200).html().contains("情緒穩定的摘要"), "{who:?}");
            reader.get(&download).await.expect(200);
        }
        for who in [Who::Applicant, Who::Archivist] {
            let other = house.sign_in(who).await;
            let tab = other.get(&case.path("?tab=records")).await.expect(200);
            assert!(tab.one("#record").contains("目前有 1 次服務紀錄，由張心理撰寫。"), "{who:?}");
            for shown in ["?tab=records", "?tab=flow", "?tab=content", ""] {
                let html = other.get(&case.path(shown)).await.expect(200).html();
                assert!(!html.contains("建立關係") && !html.contains("情緒穩定的摘要"), "{who:?} {shown}");
            }
            for address in [&address, &download, &case.path("/closing")] {
                other.get(address).await.expect(404);
            }
        }
        for who in [Who::OtherSupervisor, Who::OtherProfessional, Who::Administrator, Who::Colleague] {
            let stranger = house.sign_in(who).await;
            for address in [&address, &download, &case.path("?tab=records")] {
                stranger.get(address).await.expect(404);
            }
        }
        // Reading is not writing.
        for who in [Who::Manager, Who::Supervisor, Who::Archivist, Who::Applicant] {
            let reader = house.sign_in(who).await;
            reader.get(&case.path("/records/new")).await.expect(409);
            let mut fields = SESSION.to_vec();
            fields.extend([("token", "another"), ("revision", "1")]);
            reader.post(&case.path("/records/new"), &fields).await.expect(409);
            reader.post(&format!("{address}/edit"), &fields).await.expect(409);
            reader.upload(&format!("{address}/files"), &[], Chosen::pdf("x.pdf", &file)).await.expect(409);
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM record_revisions").await, 1);
    }

    async fn a_colleague_on_the_case_reads_and_writes_the_own_records(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let address = record(&house, &case).await;
        house.assign(&case.number, Who::OtherProfessional).await;
        let colleague = house.sign_in(Who::OtherProfessional).await;
        assert!(colleague.get(&address).await.expect(200).all("a[href$='/edit']").is_empty());
        colleague.get(&format!("{address}/edit")).await.expect(404);
        write(&colleague, &case).await.leads_to(&case.path("?tab=records"));
        assert_eq!(case.dossier(&house).await.records.len(), 2);
        let tab = colleague.get(&case.path("?tab=records")).await.expect(200);
        assert!(tab.one(".tab__head").contains("共 2 次，100 分鐘"));
    }

    async fn the_pages_of_the_service_leave_their_traces(house) {
        let case = received(&house).await;
        let (supervisor, professional) = (house.sign_in(Who::Supervisor).await, house.sign_in(Who::Professional).await);
        let at_case = |action: &str| vec![format!("{action} {}", case.number)];
        assert_eq!(left(&house, &supervisor, "/dispatch").await, ["list-cases "]);
        assert_eq!(left(&house, &supervisor, &case.path("/dispatch")).await, at_case("view-case"));
        let at = version(&house, &case).await;
        let people = [Who::Professional.login()];
        house.office().dispatch(&Who::Supervisor.actor(), &case.number, at, &people, "").await.unwrap();
        assert_eq!(left(&house, &professional, "/served").await, ["list-cases "]);
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let address = record(&house, &case).await;
        let file = paper::letter("a scale");
        let page = professional.get(&address).await.expect(200);
        professional.press_with(&page, "上傳檔案", &[], Chosen::pdf("量表.pdf", &file)).await.leads_to(&address);
        for below in ["/records/new", "/close", "?tab=records"] {
            assert_eq!(left(&house, &professional, &case.path(below)).await, at_case("view-case"), "{below}");
        }
        assert_eq!(left(&house, &professional, &address).await, at_case("view-case"));
        assert_eq!(left(&house, &professional, &format!("{address}/edit")).await, at_case("view-case"));
        assert_eq!(left(&house, &professional, &format!("{address}/receipts/1")).await, at_case("view-case"));
        let download = format!("{address}/files/{}", Digest::of(&file));
        assert_eq!(left(&house, &professional, &download).await, at_case("download-record-file"));
        let seen = supervisor.get(&case.path("/traces")).await.expect(200);
        assert!(seen.html().contains("服務紀錄的檔案"));
        let at = version(&house, &case).await.to_string();
        let closing = [("version", at.as_str()), ("closing", "improved"), ("summary", "情緒穩定")];
        professional.post(&case.path("/close"), &closing).await.leads_to(&case.path("?said=closing-proposed"));
        for below in ["/reassign", "/closing"] {
            assert_eq!(left(&house, &supervisor, &case.path(below)).await, at_case("view-case"), "{below}");
        }
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        supervisor.press(&page, "核准結案", &[]).await.leads_to(&case.path("?said=closed"));
        assert_eq!(left(&house, &supervisor, &case.path("/reopen")).await, at_case("view-case"));
    }

    async fn files_are_checked_kept_and_traced(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        write(&professional, &case).await.leads_to(&case.path("?tab=records"));
        let address = record(&house, &case).await;
        let page = professional.get(&address).await.expect(200);
        let before = house.originals();
        let program = Chosen::pdf("x.pdf", b"MZ not a document");
        let refused = professional.press_with(&page, "上傳檔案", &[], program).await.expect(422);
        assert!(refused.one(".summary").contains("沒有上傳"));
        assert_eq!(house.originals(), before);
        let file = paper::letter("a scale");
        for _ in 0..2 {
            let pdf = Chosen::pdf("量表.pdf", &file);
            professional.press_with(&page, "上傳檔案", &[], pdf).await.leads_to(&format!("{address}?said=record-file"));
        }
        assert_eq!(case.dossier(&house).await.records[0].files.len(), 1, "a double click keeps one");
        let picture = paper::picture(image::ImageFormat::Png);
        let png = Chosen { name: "畫.png", kind: "image/png", bytes: &picture };
        professional.press_with(&page, "上傳檔案", &[], png).await.leads_to(&address);

        let digest = Digest::of(&file);
        let got = professional.get(&format!("{address}/files/{digest}")).await.expect(200);
        assert_eq!(got.body, file);
        assert!(got.header("content-disposition").starts_with("attachment;"));
        assert_eq!(got.header("etag"), format!("\"{digest}\""));
        professional.get(&format!("{address}/files/{}", Digest::of(b"another"))).await.expect(404);
        let traces = house.traces(&case.id(&house).await).await;
        assert!(traces.contains(&"download-record-file".to_owned()), "{traces:?}");
    }
}
