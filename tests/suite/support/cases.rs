//! Cases, made by the same steps that people take.

use casebind::case::ids::Digest;
pub use casebind::cli::answers::{CONTENT, SUBJECT};
use casebind::forms::layout::Layout;
use casebind::steps::Dossier;
use casebind::store::papers::Print;

use super::browser::Chosen;
use super::{Browser, House, Page, Who, paper};
use crate::scans::PrintedForm;

/// A case and the browser of its applicant.
#[derive(Clone)]
pub struct Case {
    /// 案件編號.
    pub number: String,
    /// The applicant's browser.
    pub browser: Browser,
}

/// `answers` with some exchanged.
pub fn with<'a>(answers: &[(&'a str, &'a str)], other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = answers.iter().filter(|(name, _)| other.iter().all(|(changed, _)| changed != name));
    kept.chain(other).copied().collect()
}

/// A stack of the applicant's in which pages of these cases were found: bound as their scans where they have one.
pub async fn stack_of(house: &House, id: &str, name: &str, cases: &[&Case]) -> Digest {
    let stored = house.office().originals.put_bytes(format!("%PDF-1.7 stack {id}").as_bytes()).await.unwrap();
    let (digest, bytes, now) = (stored.digest, stored.bytes, house.office().world.now());
    house
        .sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ('{digest}', {bytes}, 'application/pdf', {now})"
        ))
        .await;
    house
        .sql(&format!(
            "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
             VALUES ('{id}', 'applicant', '{name}', '{digest}', 2, 'done', {now}, {now})"
        ))
        .await;
    for (seq, case) in cases.iter().enumerate() {
        let (scans, case) = (case.dossier(house).await.scans, case.id(house).await);
        let (outcome, scan) = match scans.first() {
            Some(scan) => ("bound", format!("'{}'", scan.id)),
            None => ("refused", "NULL".to_owned()),
        };
        house
            .sql(&format!(
                "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
                 VALUES ('{id}', {seq}, '{case}', '[1]', '[]', '{outcome}', {scan}, '')"
            ))
            .await;
    }
    digest
}

impl Case {
    /// 新增: in 暫存, with nothing but its content.
    pub async fn opened(browser: &Browser) -> Self {
        Self::opened_with(browser, &CONTENT).await
    }

    /// The same with other content.
    pub async fn opened_with(browser: &Browser, content: &[(&str, &str)]) -> Self {
        let form = browser.get("/cases/new?service=referral").await.expect(200);
        let answer = browser.press(&form, "新增", content).await;
        answer.leads_to("/cases/");
        let number = answer.location()["/cases/".len()..].split('?').next().unwrap().to_owned();
        Self { number, browser: browser.clone() }
    }

    /// In 暫存, with everything that a print needs.
    pub async fn ready(browser: &Browser) -> Self {
        Self::ready_with(browser, &CONTENT).await
    }

    /// The same with other content.
    pub async fn ready_with(browser: &Browser, content: &[(&str, &str)]) -> Self {
        let case = Self::opened_with(browser, content).await;
        case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
        for category in ["consent", "summary"] {
            let file = paper::letter(&format!("{category} {}", case.number));
            case.attach(category, Chosen::pdf("附件.pdf", &file)).await.leads_to(&case.path("/attachments"));
        }
        case
    }

    /// In 核章, printed once.
    pub async fn printed(browser: &Browser) -> Self {
        let case = Self::ready(browser).await;
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        case
    }

    /// In 核章, edited after it was printed.
    pub async fn stale(browser: &Browser) -> Self {
        let case = Self::printed(browser).await;
        case.edit(&[("problem", "後來又發生了一件事。")]).await.leads_to(&case.path(""));
        case
    }

    /// In 送件.
    pub async fn submitted(house: &House, browser: &Browser) -> Self {
        let case = Self::printed(browser).await;
        let scan = case.signed_scan(house).await;
        let check = case.hand_in(&scan).await;
        let check = case.browser.follow(&check).await.expect(200);
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        case
    }

    /// Makes copies of the bare row, by no step: for what takes many cases. Their numbers follow 1160000000, and
    /// each was changed a millisecond after the one before.
    pub async fn copied(&self, house: &House, many: usize) {
        // What is sealed is bound to its row; a copy has it in clear.
        let this = format!("WHERE number = '{}'", self.number);
        let [content, keywords] = ["content", "keywords"].map(|column| house.words("cases", column, &this));
        let [content, keywords] =
            [content.await.concat(), keywords.await.concat()].map(|text| text.replace('\'', "''"));
        house
            .sql(&format!(
                "INSERT INTO cases (id, number, reference, open_token, service, school_code, applicant_id, state, \
                 content, keywords, bound_scan_id, opened_at, changed_at, state_at, version) \
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) \
                 SELECT c.id || '-' || i, CAST(1160000000 + i AS TEXT), CAST(10000000 + i AS TEXT), \
                 c.open_token || '-' || i, c.service, c.school_code, c.applicant_id, c.state, '{content}', '{keywords}', \
                 c.bound_scan_id, c.opened_at, c.changed_at + i, c.state_at + i, c.version \
                 FROM n, cases c WHERE c.number = '{}'",
                self.number
            ))
            .await;
    }

    /// Puts a photo behind the first page of each of its scans, by no step: the scan's own file.
    pub async fn with_photo(&self, house: &House) {
        house
            .sql(&format!(
                "INSERT INTO scan_photos (scan_id, page, digest) SELECT s.id, 1, s.digest FROM scans s \
                 JOIN cases c ON c.id = s.case_id WHERE c.number = '{}'",
                self.number
            ))
            .await;
    }

    /// The address of the case, and below it.
    pub fn path(&self, below: &str) -> String {
        format!("/cases/{}{below}", self.number)
    }

    /// A page of the case.
    pub async fn get(&self, below: &str) -> Page {
        self.browser.get(&self.path(below)).await
    }

    /// Sends a form of the case.
    pub async fn post(&self, below: &str, fields: &[(&str, &str)]) -> Page {
        self.browser.post(&self.path(below), fields).await
    }

    /// The page of the case.
    pub async fn page(&self) -> Page {
        self.get("").await.expect(200)
    }

    /// 編輯: changes some answers of the content tab.
    pub async fn edit(&self, answers: &[(&str, &str)]) -> Page {
        let form = self.get("/content").await.expect(200);
        self.browser.press(&form, "儲存", answers).await
    }

    /// 新增服務對象.
    pub async fn add_subject(&self, answers: &[(&str, &str)]) -> Page {
        let form = self.get("/subject").await.expect(200);
        self.browser.press(&form, "新增", answers).await
    }

    /// 檢附資料: uploads a file.
    pub async fn attach(&self, category: &str, file: Chosen<'_>) -> Page {
        let page = self.get("/attachments").await.expect(200);
        self.browser.press_with(&page, "上傳檔案", &[("category", category)], file).await
    }

    /// 列印申請單, pressed on the page of the case.
    pub async fn print(&self) -> Page {
        let page = self.page().await;
        self.browser.press(&page, "列印申請單", &[]).await
    }

    /// 上傳簽核申請單.
    pub async fn hand_in(&self, scan: &[u8]) -> Page {
        self.hand_in_with("", scan).await
    }

    /// The same with a short code typed.
    pub async fn hand_in_with(&self, short_code: &str, scan: &[u8]) -> Page {
        let page = self.get("/scans/new").await.expect(200);
        let file = Chosen::pdf("簽核申請單.pdf", scan);
        self.browser.press_with(&page, "上傳並檢查", &[("short_code", short_code)], file).await
    }

    /// 撤案, by its page.
    pub async fn withdraw(&self, reason: &str) -> Page {
        let page = self.get("/withdraw").await.expect(200);
        self.browser.press(&page, "撤案", &[("reason", reason)]).await
    }

    /// The label of the state, as the page shows it.
    pub async fn state(&self) -> String {
        self.page().await.one(".case__head > .badge")
    }

    /// All that is on record about the case.
    pub async fn dossier(&self, house: &House) -> Dossier {
        house.office().dossier(&Who::Manager.actor(), &self.number).await.expect("a case")
    }

    /// The identifier of the row.
    pub async fn id(&self, house: &House) -> String {
        self.dossier(house).await.case.id
    }

    /// The newest print.
    pub async fn newest(&self, house: &House) -> Print {
        self.dossier(house).await.newest_print().expect("a print").clone()
    }

    /// The newest print on paper.
    pub async fn form(&self, house: &House) -> PrintedForm {
        let print = self.newest(house).await;
        let pdf = self.get(&format!("/prints/{}/form.pdf", print.revision)).await.expect(200).body;
        PrintedForm { pdf, layout: print.layout }
    }

    /// The layout of the newest print.
    pub async fn layout(&self, house: &House) -> Layout {
        self.newest(house).await.layout
    }

    /// A clean scan of the newest print, sealed in every box.
    pub async fn signed_scan(&self, house: &House) -> Vec<u8> {
        paper::scan(&self.form(house).await, true)
    }
}
