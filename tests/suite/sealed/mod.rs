//! Encryption at rest: a copy of the database and of the folders tells nothing about a child, everything is found all
//! the same, and keys change while people work.

mod changes;
mod given_up;
mod searching;
mod sign_on;

use std::path::{Path, PathBuf};

use casebind::case::ids::Digest;
use casebind::case::request::ClosingReason;
use casebind::case::supplement::{Item, Place};
use casebind::store::supplements::{Corrected, NewCorrection};
use casebind::store::{
    Tx, bags, bulk, disposals, drafts, filters, held, papers, records, retention, retrievals, reviews,
    sealed, stacks, staff, supplements,
};

use crate::disposal::due;
use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, with};
use crate::support::{Case, Database, House, Who, paper};

/// What a copy must not tell: of the child, the parent, and what was written about them. Tests below say elsewhere that
/// it is there for those who may read it.
const WORDS: [&str; 13] = [
    "王小明",
    "A123456789",
    "0912345678",
    "王家長",
    "示範路",
    "經常請假",
    "情緒低落",
    "初談的摘要",
    "結案的摘要",
    "聯絡簿",
    "家訪約在週五",
    "法院來函",
    "請補上",
];

/// The folders of an installation that are searched, besides the files at its root: all but the keys.
const SEARCHED: [&str; 5] = ["checkpoints", "originals", "outbox", "renditions", "tmp"];

/// A case that went the whole walk, and another one with everything that people can type beside it.
async fn written(house: &House) -> (Case, Case) {
    let closed = due(house).await;
    let browser = house.applicant().await;
    let open = Case::ready(&browser).await;
    let file = paper::letter("a note");
    open.attach("other", Chosen::pdf("王小明的聯絡簿.pdf", &file)).await.leads_to(&open.path("/attachments"));
    browser.get("/cases?q=王小明").await.expect(200);
    browser.get("/cases?subject=A123456789").await.expect(200);
    let (id, manager) = (open.id(house).await, Who::Manager.login());
    let record = format!("SELECT id FROM service_records WHERE case_id = '{}'", closed.id(house).await);
    let record = house.texts(&record).await.remove(0);
    let attachment = open.dossier(house).await.attachments[0].clone();
    let now = house.office().world.now();
    let mut tx = house.office().store.write().await.unwrap();
    drafts::keep(&mut tx, &manager, "content-x", "problem=王小明經常請假", now).await.unwrap();
    let held = held::Held {
        id: "held".into(),
        address: "/cases/search?q=王小明".into(),
        back: "/cases?q=%E7%8E%8B%E5%B0%8F%E6%98%8E".into(),
        body: "name=%E7%8E%8B%E5%B0%8F%E6%98%8E&mobile=0912345678".into(),
    };
    held::hold(&mut tx, &manager, &held, now).await.unwrap();
    let filter =
        filters::SavedFilter { id: "filter".into(), name: "王小明".into(), query: "q=王小明".into() };
    assert!(filters::keep(&mut tx, &manager, &filter, now).await.unwrap());
    assert!(
        filters::keep(&mut tx, &manager, &filters::SavedFilter { id: "again".into(), ..filter }, now)
            .await
            .unwrap()
    );
    let retrieval =
        retrievals::Retrieval { id: "r".into(), purpose: "法院來函".into(), at: now, until: now + 1 };
    retrievals::add(&mut tx, &manager, &id, &retrieval).await.unwrap();
    let word = retention::Word { hold: "hold", reason: "王小明的家長提告", by: &manager, at: now };
    retention::place(&mut tx, &id, word).await.unwrap();
    let item = Item {
        seq: 1,
        place: Place::Content,
        id: "problem".into(),
        label: "問題簡述".into(),
        baseline: "王小明經常請假".into(),
        answer: "家訪約在週五".into(),
    };
    supplements::ask(&mut tx, "s", &id, "請補上王小明的紀錄", &manager, now, &[item]).await.unwrap();
    supplements::close(&mut tx, &id, now).await.unwrap();
    let corrected = Corrected {
        place: "subject".into(),
        field: "name".into(),
        label: "姓名".into(),
        before: None,
        after: Some(casebind::case::fields::Value::Text("王小明".into())),
    };
    let correction = NewCorrection {
        id: "c",
        case: &id,
        reason: "王家長來電",
        seal_anew: false,
        changes: &[corrected],
        by: &manager,
        at: now,
    };
    supplements::add_correction(&mut tx, &correction).await.unwrap();
    let verdict = reviews::NewVerdict {
        id: "v",
        case: &id,
        target: &casebind::case::review::Target::Attachment("a".into()),
        scan: None,
        verdict: casebind::case::review::Verdict::Wanting,
        remark: "請補上王家長的簽名",
        by: &manager,
        at: now,
    };
    reviews::add(&mut tx, &verdict).await.unwrap();
    let looks = casebind::case::review::Verdict::Wanting;
    assert!(
        papers::judge_attachment(&mut tx, &attachment.id, &id, looks, "王家長的簽名看不清").await.unwrap()
    );
    of_many(&mut tx, &id, &attachment.digest, now).await;
    decided(&mut tx, &id, now).await;
    records::add_file(&mut tx, "file", &record, "王小明的量表.pdf", &attachment.digest, &manager, now)
        .await
        .unwrap();
    let bag = attachment.digest;
    let imported =
        bags::Imported { case: &id, bag: &bag, at: now, custody: Some("王小明的保管證明") };
    bags::remember(&mut tx, imported).await.unwrap();
    stacks::state_purpose(&mut tx, &manager, &bag, &retrieval).await.unwrap();
    tx.commit().await.unwrap();
    sign_on::begun(house).await;
    crate::custody::sign(house).await;
    browser.get("/cases?q=經常").await.expect(200);
    (closed, open)
}

/// What is typed or told where many cases are scanned or printed at once.
async fn of_many(tx: &mut Tx, case: &str, digest: &Digest, at: i64) {
    let person = Who::Manager.login();
    let stack = stacks::NewStack {
        id: "stack",
        person: &person,
        file_name: "王小明等人.pdf",
        digest,
        pages: 2,
        at,
        worker: "nobody",
    };
    stacks::add(tx, &stack).await.unwrap();
    let group = stacks::Group { case: case.to_owned(), pages: vec![1], lent: vec![] };
    stacks::add_groups(tx, "stack", &[group]).await.unwrap();
    let refused = stacks::Outcome::Refused("王小明的申請單缺一頁".into());
    stacks::settle(tx, "stack", 1, &refused, &[]).await.unwrap();
    let stray = stacks::PageKind::Stray("像是王小明的申請單".into());
    stacks::add_page(tx, "stack", 2, &stray, None).await.unwrap();
    // Nobody goes on with it.
    sqlx::query("UPDATE stacks SET state = 'done' WHERE id = 'stack'").execute(&mut ***tx).await.unwrap();
    let refused = bulk::Outcome::Refused("王小明的資料不齊".into());
    bulk::choose(tx, "bulk", &person, &[(case.to_owned(), refused)], at).await.unwrap();
}

/// What is said when something about a case is decided: a closing, a disposal, the end of a hold.
async fn decided(tx: &mut Tx, case: &str, at: i64) {
    let (one, other) = (Who::Manager.login(), Who::Supervisor.login());
    let closing = staff::NewClosing {
        id: "closing",
        case,
        reason: ClosingReason::Other,
        detail: "王小明轉學",
        summary: "結案的摘要",
        by: &one,
        at,
    };
    staff::propose(tx, &closing).await.unwrap();
    staff::decide(tx, case, false, &other, "請補上王小明的近況", at).await.unwrap();
    let proposal = disposals::Proposal {
        id: "disposal",
        case,
        kind: "counselling",
        years: 10,
        kept_until: jiff::civil::date(2022, 7, 31),
        by: &one,
        at,
    };
    disposals::propose(tx, &proposal).await.unwrap();
    assert!(disposals::refuse(tx, "disposal", &other, at, "王家長仍有爭議").await.unwrap());
    let word = |hold, reason| retention::Word { hold, reason, by: &one, at };
    assert!(retention::lift(tx, word("hold", "王家長撤告")).await.unwrap().is_some());
    retention::place(tx, case, word("again", "王家長再次提告")).await.unwrap();
}

/// Each word as it may stand in a copy: as it is, in small letters, as JSON may escape it, and as addresses do.
fn spelled(word: &str) -> Vec<Vec<u8>> {
    let escaped: String = word
        .encode_utf16()
        .map(|unit| match char::from_u32(unit.into()) {
            Some(c) if c.is_ascii() => c.to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let encoded: String = form_urlencoded::byte_serialize(word.as_bytes()).collect();
    let utf16: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut all =
        vec![word.to_owned(), word.to_lowercase(), escaped, encoded.clone(), encoded.to_lowercase()];
    all.sort();
    all.dedup();
    all.into_iter().map(String::into_bytes).chain([utf16]).collect()
}

fn holds(bytes: &[u8], sought: &[u8]) -> bool {
    let Some((first, rest)) = sought.split_first() else { return false };
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| *byte == first)
        .any(|(at, _)| bytes[at + 1..].starts_with(rest))
}

/// Everything that a copy of the installation holds, its keys apart: each file, and on PostgreSQL each value.
async fn copied(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let root = house.data_dir();
    let mut folders: Vec<PathBuf> =
        SEARCHED.iter().map(|name| root.join(name)).filter(|path| path.is_dir()).collect();
    let mut add = |path: &Path| all.push((path.display().to_string(), std::fs::read(path).unwrap()));
    for entry in std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        add(&entry.path());
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { add(&entry.path()) }
        }
    }
    if house.database() == Database::Postgres {
        let columns = "SELECT CAST(table_name AS TEXT) || ' ' || CAST(column_name AS TEXT) FROM information_schema.columns \
                       WHERE table_schema = current_schema()";
        for place in house.texts(columns).await {
            let (table, column) = place.split_once(' ').unwrap();
            let sql = format!("SELECT COALESCE(CAST(\"{column}\" AS TEXT), '') FROM \"{table}\"");
            all.push((place.clone(), house.texts(&sql).await.join("\n").into_bytes()));
        }
    }
    all
}

/// Insists that no copy tells one of these words.
async fn tells_nothing(house: &House) {
    let mut told = Vec::new();
    for (place, bytes) in copied(house).await {
        for word in WORDS {
            told.extend(
                spelled(word)
                    .iter()
                    .filter(|sought| holds(&bytes, sought))
                    .map(|_| format!("{word} in {place}")),
            );
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}

/// Every word that is sealed, opened.
async fn opened(house: &House) -> String {
    let mut all = Vec::new();
    for place in sealed::ALL {
        let rest = format!("WHERE {} <> ''", place.column);
        all.extend(house.words(place.table, place.column, &rest).await);
    }
    all.join("\n")
}

both! {
    async fn a_copy_of_everything_tells_nothing_about_a_child(house) {
        let (closed, open) = written(&house).await;
        // Nothing is said of a column that nobody has written into.
        for place in sealed::ALL {
            let (table, column) = (place.table, place.column);
            let values = house.texts(&format!("SELECT {column} FROM {table} WHERE {column} <> ''")).await;
            assert!(!values.is_empty(), "{}: there is nothing in it", place.name());
            let open = values.iter().filter(|value| !value.starts_with(sealed::MARK)).count();
            assert_eq!(open, 0, "{}: values that lie open", place.name());
        }
        let opened = opened(&house).await;
        for word in WORDS {
            assert!(opened.contains(word), "{word} is there for those who may read it");
        }
        tells_nothing(&house).await;
        let keys = std::fs::read_to_string(house.data_dir().join("keys/archive-1.key")).unwrap();
        let identity = keys.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap().to_owned();
        for (place, bytes) in copied(&house).await {
            assert!(!holds(&bytes, identity.as_bytes()), "the key in {place}");
        }
        // Those who may read everything as before.
        let manager = house.sign_in(Who::Manager).await;
        assert!(manager.get(&closed.path("?tab=subject")).await.expect(200).html().contains("王小明"));
        assert!(open.get("?tab=subject").await.expect(200).html().contains("王小明"));
        assert!(crate::custody::kinds(&house).await.is_empty(), "the chain is over the words themselves");
    }

    async fn what_is_sealed_is_found_by_those_who_may(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let other = Case::opened_with(&browser, &with(&CONTENT, &[("problem", "轉學後適應困難")])).await;
        let found = async |query: &str| {
            let page = browser.get(&format!("/cases?{query}")).await.expect(200).html();
            (page.contains(&case.number), page.contains(&other.number))
        };
        assert_eq!(found("subject=A123456789").await, (true, false), "by the whole number");
        assert_eq!(found("subject=a123456789").await, (true, false), "however it is typed");
        assert_eq!(found("subject=A123456780").await, (false, false));
        assert_eq!(found("subject=王小明").await, (true, false), "by the name");
        assert_eq!(found("subject=小明").await, (true, false), "by a part of the name");
        assert_eq!(found("q=小明").await, (true, false), "two characters");
        assert_eq!(found("q=適應").await, (false, true));
        assert_eq!(found("q=應適").await, (false, false), "in their order alone");
        assert_eq!(found("q=a1234").await, (true, false));
        assert_eq!(found("q=王小明+請假").await, (true, false));
        assert_eq!(found("q=王小明+困難").await, (false, false));
        case.edit(&[("problem", "和同學衝突")]).await.leads_to(&case.path(""));
        assert_eq!(found("q=衝突").await, (true, false), "what was changed is found");
        assert_eq!(found("q=請假").await, (false, false), "and what isn't there any more isn't");
    }

    async fn a_file_is_found_by_its_name(house) {
        let case = Case::ready(&house.applicant().await).await;
        let file = paper::letter("a note");
        case.attach("other", Chosen::pdf("王小明的聯絡簿.PDF", &file)).await.leads_to(&case.path("/attachments"));
        let id = case.id(&house).await;
        let mut db = house.office().store.read().await.unwrap();
        for (name, there) in [("聯絡簿", true), ("小明的聯", true), ("簿.pdf", true), ("絡聯簿", false), ("通知", false)] {
            let found = retrievals::cases_by_file(&mut db, name, 10).await.unwrap();
            assert_eq!(found.contains(&id), there, "{name}");
        }
    }

    async fn a_value_in_another_ones_place_is_refused(house) {
        let browser = house.applicant().await;
        let (one, other) = (Case::ready(&browser).await, Case::opened(&browser).await);
        house.sql(&format!(
            "UPDATE cases SET content = (SELECT c.content FROM cases c WHERE c.number = '{}') WHERE number = '{}'",
            one.number, other.number
        )).await;
        let page = browser.get(&other.path("")).await.expect(500);
        assert!(!page.html().contains("經常請假"), "{}", page.html());
        one.page().await;
    }
}
