//! What the addresses of doors name: put there before each attempt, whoever came through before and whatever they did.
//! Without it a door would answer that nothing is there, and nobody could tell who is let in.

use casebind::steps::stack::stray_key;

use crate::disposal;
use crate::support::people::SCHOOL;
use crate::support::{Case, House, Who};

use super::doors::Door;

/// The identifier of everything here that its row may choose.
const THING: &str = "thing";

/// Things beside the cases of the walk.
#[derive(Default)]
pub struct Things {
    due: Option<Case>,
    disposed: Option<String>,
}

impl Things {
    /// Whether the address names something that was made from a printed form.
    pub fn of_prints(door: &Door) -> bool {
        door.route.starts_with("/bulk/{id}") || door.route.starts_with("/stacks/{id}")
    }

    /// Puts it there; `case` is the one that the door is tried with, or one that was printed.
    pub async fn put(&mut self, house: &House, door: &Door, case: &Case) {
        let now = house.office().world.now();
        let route = door.route;
        let rows = if route.starts_with("/accounts/waiting/{id}") {
            registration(now)
        } else if route.starts_with("/held/{id}") {
            held_form(now)
        } else if route.starts_with("/retention/") {
            self.retention(house, route).await
        } else if route == "/admin/accounts/{id}/second-factor" {
            factors("id = 'spare'")
        } else if route.starts_with("/account/second-factor/") {
            factors("1 = 1")
        } else if route.starts_with("/admin/schools/lists/{id}") {
            school_list(now)
        } else if route.starts_with("/bulk/{id}") {
            bulk_print(now, case)
        } else if route.starts_with("/stacks/{id}") || route.starts_with("/retrieval/stacks/") {
            stack(house, now, case).await
        } else {
            Vec::new()
        };
        for row in rows {
            house.sql(&row).await;
        }
    }

    /// A case that is due, and what is proposed or held of it; a certificate needs one that was disposed of.
    async fn retention(&mut self, house: &House, route: &str) -> Vec<String> {
        if route.ends_with("/certificate.pdf") {
            if self.disposed.is_none() {
                let case = disposal::small(house).await;
                let address = disposal::dispose_of(house, &case).await;
                self.disposed = address.rsplit('/').next().map(str::to_owned);
            }
            return Vec::new();
        }
        if self.due.is_none() {
            self.due = Some(disposal::small(house).await);
        }
        let from = format!("FROM cases WHERE number = '{}'", self.due.as_ref().unwrap().number);
        let mut rows = vec![
            "DELETE FROM holds".to_owned(),
            format!("DELETE FROM disposals WHERE case_id = (SELECT id {from})"),
        ];
        if route.starts_with("/retention/holds/{id}") {
            rows.push(format!(
                "INSERT INTO holds (id, case_id, reason, placed_by, placed_at, lifted_why) \
                 SELECT '{THING}', id, '訴訟', 'archivist', 1, '' {from}"
            ));
        } else if route.starts_with("/retention/disposals/{id}") {
            // Their own: the approval comes through the door and is refused, so that the case stays.
            rows.push(format!(
                "INSERT INTO disposals (id, case_id, kind, years, kept_until, proposed_by, proposed_at, outcome, remark) \
                 SELECT '{THING}', id, 'counselling', 10, '2022-07-31', 'archivist', 1, 'open', '' {from}"
            ));
        }
        rows
    }

    /// What the form of this door sends beside what every form sends.
    pub fn field(&self, door: &Door) -> Option<(&'static str, String)> {
        let due = self.due.as_ref().filter(|_| door.route == "/retention/disposals")?;
        Some(("number", due.number.clone()))
    }

    /// The address of a door at a case.
    pub async fn address(&self, house: &House, case: &Case, door: &Door) -> String {
        let dossier = case.dossier(house).await;
        let first = |ids: Vec<&String>| ids.first().map_or_else(|| "none".to_owned(), |id| (*id).clone());
        let subject = first(dossier.subjects.iter().map(|one| &one.id).collect());
        let attachment = first(dossier.attachments.iter().map(|one| &one.id).collect());
        let scan = first(dossier.scans.iter().map(|one| &one.id).collect());
        let record = first(dossier.records.iter().map(|one| &one.id).collect());
        let digest =
            dossier.newest_print().map_or_else(|| "none".to_owned(), |print| print.digest.to_string());
        let disposed = self.disposed.as_deref().unwrap_or(THING);
        let links = format!(
            "SELECT l.id FROM phone_links l JOIN cases c ON c.id = l.case_id WHERE c.number = '{}' ORDER BY l.id",
            case.number
        );
        let link = house.texts(&links).await;
        door.route
            .replace("{number}", &case.number)
            .replace("{revision}", "1")
            .replace("{digest}", &digest)
            .replace("{seq}", "1")
            .replace("/schools/{code}", &format!("/schools/{SCHOOL}"))
            .replace("subject/{id}", &format!("subject/{subject}"))
            .replace("attachments/{id}", &format!("attachments/{attachment}"))
            .replace("scans/{id}", &format!("scans/{scan}"))
            .replace("records/{id}", &format!("records/{record}"))
            .replace("pages/{file}", "pages/1.jpg")
            .replace("desk/{file}", "desk/1.jpg")
            .replace("receipts/{file}", "receipts/1")
            .replace("custody/{file}", &format!("custody/{digest}"))
            .replace("seals/{file}", "seals/principal.png")
            .replace("changes/{file}", "changes/1-1.jpg")
            .replace("photos/{page}", "photos/1")
            .replace("/admin/accounts/{id}", "/admin/accounts/spare")
            .replace("/admin/review/{id}", "/admin/review/spare")
            .replace("/applicants/{id}", "/applicants/spare")
            .replace("/zones/{id}", "/zones/zone-1")
            .replace("{version}/{*path}", &casebind::web::assets::url("style.css")["/assets/".len()..])
            .replace("/phone/{id}", &format!("/phone/{}", link.first().map_or("none", String::as_str)))
            .replace("statistics.csv", "statistics.csv?table=months")
            .replace("{id}/certificate.pdf", &format!("{disposed}/certificate.pdf"))
            .replace("{id}", THING)
            .replace("{form}", "open")
            .replace("{secret}", "none")
    }
}

fn registration(now: i64) -> Vec<String> {
    vec![
        format!("DELETE FROM registrations WHERE id = '{THING}'"),
        format!(
            "INSERT INTO registrations (id, email, name, school_code, password_hash, notice_digest, remote, request_id, \
             state, created_at, confirmed_at, reason) SELECT '{THING}', 'thing@example.org', '林新進', '{SCHOOL}', 'x', \
             digest, '', '', 'pending', {now}, {now}, '' FROM collection_notices ORDER BY digest LIMIT 1"
        ),
    ]
}

/// The applicant's.
fn held_form(now: i64) -> Vec<String> {
    vec![
        format!("DELETE FROM held_forms WHERE id = '{THING}'"),
        format!(
            "INSERT INTO held_forms (id, person_id, address, back, body, at) \
             VALUES ('{THING}', 'applicant', '/cases/filters', '/cases', 'name=x', {now})"
        ),
    ]
}

/// Second factors of these people and of nobody else.
fn factors(whose: &str) -> Vec<String> {
    vec![
        "DELETE FROM second_factors".into(),
        format!(
            "INSERT INTO second_factors (person_id, state, secret, last_step, created_at) \
             SELECT id, 'active', 'x', 0, 1 FROM people WHERE {whose}"
        ),
    ]
}

fn school_list(now: i64) -> Vec<String> {
    vec![
        format!("DELETE FROM school_lists WHERE id = '{THING}'"),
        format!(
            "INSERT INTO school_lists (id, person_id, at, file_name, listed) \
             VALUES ('{THING}', 'administrator', {now}, '名錄.csv', '{{\"schools\":[],\"skipped\":[]}}')"
        ),
    ]
}

/// The applicant's, of this case.
fn bulk_print(now: i64, case: &Case) -> Vec<String> {
    vec![
        format!("DELETE FROM bulk_print_cases WHERE bulk_id = '{THING}'"),
        format!("DELETE FROM bulk_prints WHERE id = '{THING}'"),
        format!(
            "INSERT INTO bulk_prints (id, person_id, state, created_at, beat_at) \
             VALUES ('{THING}', 'applicant', 'done', {now}, {now})"
        ),
        format!(
            "INSERT INTO bulk_print_cases (bulk_id, seq, case_id, outcome, revision, fresh, reason) \
             SELECT '{THING}', 1, id, 'printed', 1, 1, '' FROM cases WHERE number = '{}'",
            case.number
        ),
    ]
}

/// The applicant's, with a page that belongs nowhere; its file is the print of this case.
async fn stack(house: &House, now: i64, case: &Case) -> Vec<String> {
    let digest = case.newest(house).await.digest.to_string();
    house.office().renditions.put(&stray_key(&digest, 1), vec![1]).await.unwrap();
    vec![
        format!("DELETE FROM stack_pages WHERE stack_id = '{THING}'"),
        format!("DELETE FROM stacks WHERE id = '{THING}'"),
        format!(
            "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
             VALUES ('{THING}', 'applicant', '整疊.pdf', '{digest}', 1, 'done', {now}, {now})"
        ),
        format!(
            "INSERT INTO stack_pages (stack_id, page, kind, reason) VALUES ('{THING}', 1, 'stray', '讀不到條碼')"
        ),
    ]
}

/// A service record of the professional's with a file, and a proposal to close the case that was sent back.
pub async fn record(house: &House, case: &Case) {
    let professional = house.sign_in(Who::Professional).await;
    let form = professional.get(&case.path("/records/new")).await.expect(200);
    let answers = [
        ("held_on", "2026/11/20"),
        ("kind", "individual"),
        ("minutes", "50"),
        ("participants", "學生"),
        ("summary", "初談。"),
    ];
    professional.press(&form, "新增紀錄", &answers).await.leads_to(&case.path("?tab=records"));
    let (number, digest) = (&case.number, case.newest(house).await.digest);
    house
        .sql(&format!(
            "INSERT INTO record_files (id, record_id, file_name, digest, uploaded_by, uploaded_at) \
             SELECT 'file-{number}', r.id, '檔案.pdf', '{digest}', 'professional', 1 \
             FROM service_records r JOIN cases c ON c.id = r.case_id WHERE c.number = '{number}'"
        ))
        .await;
    house
        .sql(&format!(
            "INSERT INTO closings (id, case_id, reason, detail, summary, proposed_by, proposed_at, outcome, \
             decided_by, decided_at, remark) SELECT 'closing-{number}', id, 'improved', '', '結案的摘要', 'professional', \
             1, 'sent-back', 'supervisor', 2, '請補充' FROM cases WHERE number = '{number}'"
        ))
        .await;
}
