//! 銷毀: by two people, of what is due and isn't held; and then nothing is left.

mod crash;
mod files;
mod pictures;
/// A release has no points to die at.
#[cfg(debug_assertions)]
pub mod points;
mod replay;
mod stacks;
mod words;

use casebind::case::holder::{Archivist, Holder as _};
use casebind::case::ids::Digest;
use casebind::case::request::ClosingReason;
use casebind::steps::StepError;
use casebind::steps::fixity::check::Scope;
use casebind::steps::traces::Origin;
use casebind::store::sealed;

use crate::forms::{ask, pdf_a};
use crate::retention::age;
use crate::review::{in_service, version};
use crate::support::browser::Chosen;
use crate::support::sealed::plain;
use crate::support::{Browser, Case, Database, House, Who};

/// What nobody may find afterwards: the child's, the parent's, and what was written about them.
pub const WORDS: [&str; 8] =
    ["王小明", "A123456789", "0912345678", "王家長", "示範路", "經常請假", "初談的摘要", "結案的摘要"];

/// Makes a second archivist of somebody.
pub async fn second_archivist(house: &House) -> Browser {
    house
        .sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('otherprofessional', 'archivist', 0)")
        .await;
    house.sign_in(Who::OtherProfessional).await
}

/// A case at the end of its period that was served and closed, with a record, an edit and a traced purpose.
pub async fn due(house: &House) -> Case {
    let case = in_service(house).await;
    let professional = house.sign_in(Who::Professional).await;
    let form = professional.get(&case.path("/records/new")).await.expect(200);
    let record = [
        ("held_on", "2026/11/20"),
        ("kind", "individual"),
        ("minutes", "50"),
        ("participants", "王小明與王家長"),
        ("summary", "初談的摘要"),
    ];
    professional.press(&form, "新增紀錄", &record).await.leads_to(&case.path("?tab=records"));
    let at = version(house, &case).await;
    let (worker, reason) = (Who::Professional.actor(), Some(ClosingReason::Improved));
    let office = house.office();
    office.propose_closing(&worker, &case.number, at, reason, "", "結案的摘要").await.unwrap();
    let at = version(house, &case).await;
    office.close_case(&Who::Supervisor.actor(), &case.number, at).await.unwrap();
    age(house, &case, "2010-03-01T04:00:00Z", "2010-06-01T04:00:00Z").await;
    case
}

/// The smallest case that is due: withdrawn before it was printed, with two attachments.
pub async fn small(house: &House) -> Case {
    let case = Case::ready(&house.applicant().await).await;
    case.withdraw("王小明不需要了").await.leads_to(&case.path(""));
    age(house, &case, "2010-03-01T04:00:00Z", "2010-06-01T04:00:00Z").await;
    case
}

/// Proposes and approves. Returns the address of the disposal.
pub async fn dispose_of(house: &House, case: &Case) -> String {
    let archivist = house.sign_in(Who::Archivist).await;
    let address = propose(&archivist, case).await;
    let other = second_archivist(house).await;
    other.post(&format!("{address}/approve"), &[]).await.leads_to(&address);
    house.sql("DELETE FROM roles WHERE person_id = 'otherprofessional' AND role = 'archivist'").await;
    address
}

async fn propose(archivist: &Browser, case: &Case) -> String {
    let answer = archivist.post("/retention/disposals", &[("number", &case.number)]).await;
    answer.leads_to("/retention/disposals/");
    answer.location().split('?').next().unwrap().to_owned()
}

/// Every text of every table, with its place; what is sealed as it stands and opened.
pub async fn texts(house: &House) -> Vec<(String, String)> {
    let columns = match house.database() {
        Database::Sqlite => {
            "SELECT m.name || ' ' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'case_tokens%' \
             AND m.name NOT LIKE '_sqlx%'"
        }
        Database::Postgres => {
            "SELECT CAST(table_name AS TEXT) || ' ' || CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND data_type = 'text'"
        }
    };
    let mut all = Vec::new();
    for place in house.texts(columns).await {
        let (table, column) = place.split_once(' ').unwrap();
        let sql = format!("SELECT COALESCE(CAST(\"{column}\" AS TEXT), '') FROM \"{table}\"");
        all.extend(house.texts(&sql).await.into_iter().map(|text| (place.clone(), text)));
    }
    for place in sealed::ALL {
        let opened = house.words(place.table, place.column, &format!("WHERE {} <> ''", place.column)).await;
        all.extend(opened.into_iter().map(|text| (format!("{} opened", place.name()), text)));
    }
    all
}

/// Every file of an installation that is one of those that were disposed of, whatever its name; that was made of one; or
/// that has one of the words in it. What is sealed is opened.
pub async fn files_left(house: &House) -> Vec<String> {
    let gone = house.texts("SELECT digest FROM disposed_files WHERE shared = 0").await;
    let (mut found, mut folders) = (Vec::new(), vec![house.data_dir().to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = plain(&path, &house.data_dir().join("keys"));
            let (name, digest) = (path.display().to_string(), Digest::of(&bytes).to_string());
            let holds = |word: &&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            if gone.iter().any(|one| *one == digest || name.contains(one)) || WORDS.iter().any(holds) {
                found.push(name);
            }
        }
    }
    found
}

/// Insists that nothing of what nobody may find is left, in rows or in files.
async fn nothing_is_left(house: &House) {
    let texts = texts(house).await;
    let told = |text: &str| WORDS.iter().any(|word| text.contains(word));
    let left: Vec<_> = texts.iter().filter(|(_, text)| told(text)).collect();
    assert!(left.is_empty(), "{left:#?}");
    let left = files_left(house).await;
    assert!(left.is_empty(), "{left:#?}");
}

/// Insists that a case, of this identifier in `house`, that came back with a backup went again in what was restored of it.
pub async fn went_again(restored: &House, house: &House, (case, id): (&Case, &str)) {
    nothing_is_left(restored).await;
    assert_eq!(restored.originals(), house.originals(), "the certificate alone");
    assert!(restored.traces(id).await.contains(&"replay-disposal".to_owned()));
    let gone = restored.sign_in(Who::Manager).await.get(&case.path("")).await.expect(410);
    assert!(gone.one("main").contains("依保存年限銷毀"), "{}", gone.one("main"));
}

both! {
    async fn one_proposes_another_approves_and_nothing_of_the_child_is_left(house) {
        let case = due(&house).await;
        house.sql(&format!(
            "INSERT INTO drafts (person_id, form, body, saved_at) VALUES ('manager', 'content-{}', 'problem=王小明', 1)",
            case.number
        )).await;
        house.sql(
            "INSERT INTO saved_filters (id, person_id, name, query, created_at) \
             VALUES ('f', 'manager', '一位學生', 'q=%E7%8E%8B%E5%B0%8F%E6%98%8E', 1)",
        ).await;
        let id = case.id(&house).await;
        let dossier = case.dossier(&house).await;
        // What its professional half-typed outlived the closing.
        let of_records = [format!("record-{}", case.number), format!("record-{}", dossier.records[0].id)];
        for form in of_records.into_iter().chain([format!("closing-{}", case.number)]) {
            house.sql(&format!(
                "INSERT INTO drafts (person_id, form, body, saved_at) VALUES ('professional', '{form}', 'summary=王小明', 1)"
            )).await;
        }
        let mut digests: Vec<Digest> = dossier.attachments.iter().map(|one| one.digest).collect();
        digests.extend(dossier.prints.iter().map(|one| one.digest));
        digests.extend(dossier.scans.iter().map(|one| one.digest));
        assert!(digests.len() >= 4, "attachments, a print and a scan");
        let events = house.number(&format!("SELECT COUNT(*) FROM flow WHERE case_id = '{id}'")).await;
        let before = texts(&house).await;
        for word in WORDS {
            assert!(before.iter().any(|(_, text)| text.contains(word)), "{word} is there before");
        }
        crate::custody::sign(&house).await;

        // Proposed by one, who can't approve.
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get("/retention").await.expect(200);
        let answer = archivist.press(&page, "提請銷毀", &[]).await;
        answer.leads_to("/retention/disposals/");
        let address = answer.location().split('?').next().unwrap().to_owned();
        let page = archivist.get(&address).await.expect(200);
        assert!(!page.buttons().iter().any(|button| button.contains("核准銷毀")), "{:?}", page.buttons());
        archivist.post(&format!("{address}/approve"), &[]).await.expect(409);
        assert!(house.originals().len() >= digests.len());
        assert_eq!(house.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NOT NULL").await, 0);

        // Approved by another.
        let other = second_archivist(&house).await;
        let page = other.get("/retention").await.expect(200);
        assert!(page.one("main").contains("等待核准的銷毀"));
        let page = other.get(&address).await.expect(200);
        let shown: String = page.one("main").chars().filter(|c| !c.is_whitespace()).collect();
        for digest in &digests {
            assert!(shown.contains(&digest.to_string()), "{digest} in {shown}");
        }
        other.press(&page, "核准銷毀", &[]).await.leads_to(&address);
        assert!(other.get(&address).await.expect(200).one("main").contains("正在移除"));
        other.post(&format!("{address}/approve"), &[]).await.expect(409);

        // The files go, and all that was made of them.
        assert!(files_left(&house).await.len() >= digests.len(), "all of them are still there");
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(digests.len() as u64));
        let done = other.get(&address).await.expect(200);
        assert!(done.one("main").contains("已全部移除"));
        for digest in &digests {
            assert!(!house.original(digest).exists(), "{digest}");
            let made = house.data_dir().join("renditions").join(&digest.to_string()[..2]).join(digest.to_string());
            assert!(!made.exists(), "{}", made.display());
        }
        nothing_is_left(&house).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM saved_filters").await, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts").await, 0);

        // What stays: the number, the events and their times, the digests, the certificate.
        assert_eq!(house.number(&format!("SELECT COUNT(*) FROM flow WHERE case_id = '{id}'")).await, events);
        assert_eq!(house.number("SELECT COUNT(*) FROM documents WHERE disposed_at IS NOT NULL").await, digests.len() as i64);
        let certificate = other.get(&format!("{address}/certificate.pdf")).await.expect(200);
        assert!(ask("qpdf", &["--check"], &certificate.body, &[]).contains("No syntax or stream encoding errors found"));
        assert_eq!(pdf_a(&certificate.body).0, "2");
        let text = ask("pdftotext", &["-raw", "-enc", "UTF-8"], &certificate.body, &["-"]);
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for part in [case.number.as_str(), "銷毀證明", "輔導紀錄", "10年", "2022/07/31", "吳檔案", "吳社工"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for digest in &digests {
            assert!(text.contains(&digest.to_string()), "{digest} in {text}");
        }
        assert!(WORDS.iter().all(|word| !text.contains(word)), "the child isn't named");
        assert_eq!(house.originals(), [Digest::of(&certificate.body).to_string()], "nothing else is left");
        let listed = other.get("/retention/disposed").await.expect(200);
        assert!(listed.html().contains(&case.number) && listed.html().contains("吳檔案"));
        let traces = house.traces(&id).await;
        for action in ["propose-disposal", "view-disposal", "approve-disposal", "download-disposal-certificate"] {
            assert!(traces.contains(&action.to_owned()), "{action} in {traces:?}");
        }

        // Everybody who could have seen it is told; nothing can be done to it.
        for who in [Who::Applicant, Who::Manager, Who::Archivist] {
            let browser = house.sign_in(who).await;
            let page = browser.get(&case.path("")).await.expect(410);
            let words = page.one("main");
            assert!(words.contains("依保存年限銷毀") && words.contains("吳檔案") && words.contains("吳社工"), "{words}");
            browser.get(&case.path("/prints/1/form.pdf")).await.expect(410);
        }
        house.sign_in(Who::OtherApplicant).await.get(&case.path("")).await.expect(404);
        let manager = house.sign_in(Who::Manager).await;
        let told = manager.get(&format!("/api/v1/cases/{}", case.number)).await.expect(410);
        assert_eq!(told.json()["type"], "urn:casebind:problem:disposed");
        manager.get("/cases").await.expect(200);
        let found = manager.get("/cases?q=%E7%8E%8B%E5%B0%8F%E6%98%8E").await.expect(200);
        assert!(!found.html().contains(&case.number), "no word finds it");
        let reopened = house.office().reopen(&Who::Supervisor.actor(), &case.number, 1, &[], "再開").await;
        assert!(matches!(reopened, Err(StepError::Disposed(_))), "{reopened:?}");
        let again = archivist.post("/retention/holds", &[("number", &case.number), ("reason", "訴訟")]).await.expect(422);
        assert!(again.error_of("number").contains("銷毀"));

        // Checks find nothing wrong.
        crate::custody::sign(&house).await;
        let (_, found) = crate::custody::checked(&house).await;
        assert!(found.is_empty(), "{found:#?}");
        let (found, _) = crate::fixity::verify(&house, Scope::ALL).await;
        assert!(found.is_empty(), "{found:#?}");
    }

    async fn a_case_that_is_gone_stays_listed_and_cannot_be_ticked(house) {
        let case = small(&house).await;
        let applicant = house.applicant().await;
        assert_eq!(applicant.get("/cases").await.expect(200).all(".pick input").len(), 1);
        dispose_of(&house, &case).await;
        let applicant = house.applicant().await;
        let list = applicant.get("/cases").await.expect(200);
        assert!(list.html().contains(&case.number));
        assert!(list.all(".pick input").is_empty(), "there is nothing to print");
    }

    async fn what_is_not_due_or_held_is_not_disposed_of(house) {
        let case = small(&house).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let other = second_archivist(&house).await;
        let young = Case::ready(&house.applicant().await).await;
        let number = |case: &Case| [("number", case.number.clone())];
        let post = async |number: &[(&str, String)]| {
            let fields: Vec<(&str, &str)> = number.iter().map(|(name, value)| (*name, value.as_str())).collect();
            archivist.post("/retention/disposals", &fields).await
        };
        assert!(post(&number(&young)).await.expect(409).one("main").contains("尚未屆滿"), "an open case");
        young.withdraw("不需要了").await.leads_to(&young.path(""));
        assert!(post(&number(&young)).await.expect(409).one("main").contains("尚未屆滿"), "one that ended today");
        archivist.post("/retention/disposals", &[("number", "1159999999")]).await.expect(404);

        // Held before the proposal, and held after it.
        let hold = [("number", case.number.as_str()), ("reason", "訴訟")];
        archivist.post("/retention/holds", &hold).await.leads_to("/retention");
        assert!(post(&number(&case)).await.expect(409).one("main").contains("法律保留"));
        let lift = async || {
            let id = house.texts("SELECT id FROM holds WHERE lifted_at IS NULL").await.remove(0);
            archivist.post(&format!("/retention/holds/{id}/lift"), &[(&format!("reason-{id}"), "判決確定")]).await.leads_to("/retention");
        };
        lift().await;
        let address = propose(&archivist, &case).await;
        assert!(post(&number(&case)).await.expect(409).one("main").contains("已經提請"));
        archivist.post("/retention/holds", &hold).await.leads_to("/retention");
        let page = other.get(&address).await.expect(200);
        assert!(page.one("main").contains("現在不能核准"));
        assert!(other.post(&format!("{address}/approve"), &[]).await.expect(409).one("main").contains("法律保留"));
        lift().await;
        // The period was made longer since.
        house.sql("UPDATE retention_periods SET years = 30").await;
        assert!(other.post(&format!("{address}/approve"), &[]).await.expect(409).one("main").contains("尚未屆滿"));
        house.sql("UPDATE retention_periods SET years = 10").await;

        // Turned down with a reason, and proposed again.
        let page = other.get(&address).await.expect(200);
        let again = other.press(&page, "不核准", &[("reason", " ")]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫原因"));
        other.press(&again, "不核准", &[("reason", "尚需備查")]).await.leads_to("/retention");
        other.post(&format!("{address}/approve"), &[]).await.expect(409);
        other.get(&address).await.expect(404);
        let address = propose(&archivist, &case).await;
        let page = archivist.get(&address).await.expect(200);
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Administrator] {
            let other = house.sign_in(who).await;
            for below in ["", "/certificate.pdf"] {
                other.get(&format!("{address}{below}")).await.expect(404);
            }
            for below in ["/approve", "/refuse"] {
                other.post(&format!("{address}{below}"), &[("reason", "試試")]).await.expect(404);
            }
        }
        archivist.press(&page, "撤回提請", &[("reason", "提錯案件")]).await.leads_to("/retention");
        assert_eq!(house.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NOT NULL").await, 0);
        case.browser.get(&case.path("")).await.expect(200);
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Administrator] {
            let browser = house.sign_in(who).await;
            browser.post("/retention/disposals", &[("number", &case.number)]).await.expect(404);
            browser.get("/retention/disposed").await.expect(404);
        }
    }

    async fn both_steps_ask_for_a_fresh_proof(house) {
        let case = small(&house).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let other = second_archivist(&house).await;
        house.wait(house.app.doors.rules.fresh + 1);
        let number = [("number", case.number.as_str())];
        archivist.post("/retention/disposals", &number).await.leads_to("/confirm?next=");
        assert_eq!(house.number("SELECT COUNT(*) FROM disposals").await, 0);
        let address = propose(&house.sign_in(Who::Archivist).await, &case).await;
        other.post(&format!("{address}/approve"), &[]).await.leads_to("/confirm?next=");
        assert_eq!(house.number("SELECT COUNT(*) FROM disposals WHERE outcome = 'approved'").await, 0);
    }

    async fn nobody_approves_twice_or_alone_whatever_is_sent_at_once(house) {
        let case = small(&house).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let address = propose(&archivist, &case).await;
        let id = address.rsplit('/').next().unwrap();
        second_archivist(&house).await;
        let mut actor = Who::OtherProfessional.actor();
        actor.roles.push(casebind::case::role::Role::Archivist);
        let other = Archivist::of(&actor).unwrap();
        let (office, origin) = (house.office(), Origin::default());
        let own = Archivist::of(&Who::Archivist.actor()).unwrap();
        let (one, two, alone) = tokio::join!(
            office.approve_disposal(&other, &origin, id),
            office.approve_disposal(&other, &origin, id),
            office.approve_disposal(&own, &origin, id),
        );
        assert!(alone.is_err());
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    }

    async fn an_examined_file_says_that_it_was_disposed_of(house) {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&digest);
        dispose_of(&house, &case).await;
        house.office().remove_disposed().await.unwrap();
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("附件.pdf", &bytes)).await.expect(200);
        assert_eq!(page.one("#examined-title"), "已依規定銷毀");
        assert!(page.one("main").contains(&case.number), "{}", page.one("main"));
    }
}
