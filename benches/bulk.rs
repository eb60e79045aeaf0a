//! 列印所選案件, part by part and as a whole, on an embedded database: forms a second.
//!
//! `cargo bench --bench bulk`; `CASEBIND_BENCH_FORMS` changes the number. The parts overlap
//! in the whole: the setting takes every core, reading and keeping go on beside it. The joined file is made
//! when it is opened.

mod records;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use casebind::archive::{Originals, Renditions, Vault};
use casebind::case::ids::Digest;
use casebind::case::role::{Actor, Role};
use casebind::case::stage::SchoolStage;
use casebind::case::validate::Typed;
use casebind::clock::World;
use casebind::config::{DataDir, Encryption};
use casebind::forms::bulk::{in_order, workers};
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::join::Joiner;
use casebind::forms::templates::Templates;
use casebind::forms::{Printed, Printer};
use casebind::identity::collection::CollectionNotice;
use casebind::intake::{Judge, Limits};
use casebind::steps::Office;
use casebind::steps::office::Origin;
use casebind::steps::subject::Asked;
use casebind::store::documents::{self, Document};
use casebind::store::papers::{self, NewAttachment};
use casebind::store::people::{self, Person};
use casebind::store::schools::{self, School};
use casebind::store::{Store, bulk::Stage};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

fn main() {
    let usual = 400;
    let count = std::env::var("CASEBIND_BENCH_FORMS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    println!("| what | forms a second |");
    println!("| --- | ---: |");
    in_process(count);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(steps(count));
}

fn row(what: &str, count: u32, took: Duration) {
    println!("| {what} | {:.0} |", f64::from(count) / took.as_secs_f64());
}

/// Printing and joining without a database, as `casebind render` does it.
fn in_process(count: u32) {
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let sample = &printer.templates().get("referral").expect("built in").sample;
    let forms: Vec<_> = (0..20).map(|at| print(&printer, &records::record(sample, at)).pdf).collect();

    let start = Instant::now();
    let mut joiner = Joiner::new(std::io::sink(), "bench").expect("to nowhere");
    for at in 0..count {
        joiner.add("a form", &forms[at as usize % forms.len()]).expect("a form");
    }
    let kept = joiner.retained();
    joiner.finish().expect("to nowhere");
    row("join, one core", count, start.elapsed());

    let start = Instant::now();
    let mut joiner = Joiner::new(std::io::sink(), "bench").expect("to nowhere");
    let jobs = (0..count).map(|at| records::record(sample, 1000 + at));
    let ended = in_order(
        jobs,
        workers(),
        |record| print(&printer, &record),
        |printed| {
            joiner.add(&printed.layout.case, &printed.pdf).expect("a form");
            ControlFlow::<()>::Continue(())
        },
    );
    assert!(ended.is_continue());
    joiner.finish().expect("to nowhere");
    row(&format!("print and join, {} cores, no database", workers()), count, start.elapsed());
    println!("| bytes kept of each form while joining | {} |", kept / count as usize);
}

fn print(printer: &Printer, record: &Value) -> Printed {
    let key = CodeKey::from_bytes([7; 32]);
    let printed = printer.print(&records::request(record, &key));
    printed.expect("printed")
}

/// The whole step: every revision durable.
async fn steps(count: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let office = office(folder.path()).await;
    let actor = people(&office).await;
    let mut numbers = Vec::new();
    for at in 0..count {
        numbers.push(ready(&office, &actor, at).await);
    }
    let origin = Default::default();
    let start = Instant::now();
    let id = office.choose_bulk(&actor, &origin, &numbers).await.expect("chosen");
    row("choose: read and look through", count, start.elapsed());
    let start = Instant::now();
    office.start_bulk(&actor, &origin, &id).await.expect("started");
    while office.look_at_bulk(&actor, &id).await.expect("there").bulk.stage != Stage::Done {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    row("print new revisions, each durable", count, start.elapsed());
    let start = Instant::now();
    let joined = office.join_bulk(&actor, &origin, &id).await.expect("joined");
    let mut reader = tokio_util::io::StreamReader::new(joined.stream);
    let (mut chunk, mut bytes) = (vec![0; 1 << 18], 0);
    loop {
        match reader.read(&mut chunk).await.expect("a whole file") {
            0 => break,
            more => bytes += more,
        }
    }
    row(
        &format!("open the joined file ({} KiB a form)", bytes / 1024 / count as usize),
        count,
        start.elapsed(),
    );
}

async fn office(folder: &Path) -> Office {
    let world = World::system();
    let data = DataDir::open(folder, &world.entropy).expect("a data directory");
    let url = format!("sqlite://{}?mode=rwc", folder.join(DataDir::DATABASE).display());
    let keys = data.archive_keys(&Encryption::default()).expect("keys");
    let store = Store::connect(&url).await.expect("a database").with_keys(keys, world.entropy.clone());
    store.migrate().await.expect("a schema");
    let vault = Vault::new(data.archive_keys(&Encryption::default()).expect("keys"));
    Office {
        store,
        originals: Originals::open(folder, &vault, &world.clock).expect("a folder"),
        renditions: Renditions::open(folder, &vault).expect("a folder"),
        printer: Arc::new(Printer::new(Templates::load(None), Fonts::shipped())),
        // Nothing is uploaded here.
        judge: Judge::new(env!("CARGO_BIN_EXE_casebind").into(), Limits::default()),
        key: data.page_code_key().expect("a key"),
        world,
        time_zone: jiff::tz::TimeZone::UTC,
        organisation: "示範學生輔導諮商中心".into(),
        notice: Arc::new(
            CollectionNotice::load(None, "示範學生輔導諮商中心", "").expect("the built-in notice"),
        ),
        max_upload_bytes: 1 << 20,
        max_stack_bytes: 1 << 20,
        accounts: casebind::steps::accounts::Rules::default(),
        fixity: casebind::steps::fixity::Rules { days: 90 },
        backups: casebind::steps::backups::Rules::default(),
        statistics: casebind::steps::statistics::Cache::default(),
        metrics: casebind::metrics::Metrics::default(),
        process: casebind::steps::process::Process::new("bench"),
    }
}

async fn people(office: &Office) -> Actor {
    let person = Person {
        id: "counsellor".into(),
        login: "counsellor".into(),
        name: "王輔導".into(),
        email: String::new(),
        password_hash: None,
        school: Some("123602".into()),
        zone: None,
        profession: None,
        active: true,
        roles: vec![Role::Applicant],
    };
    let school = School {
        code: "123602".into(),
        name: "示範國小".into(),
        district: "三民區".into(),
        stage: SchoolStage::Elementary,
        zone: None,
    };
    let mut tx = office.store.write().await.expect("a transaction");
    schools::put(&mut tx, &school).await.expect("a school");
    people::add(&mut tx, &person, office.world.now()).await.expect("a person");
    tx.commit().await.expect("committed");
    person.actor()
}

/// A case whose form can be printed. Its attachments are rows alone: printing reads no more of them.
async fn ready(office: &Office, actor: &Actor, at: u32) -> String {
    let sample = &office.printer.templates().get("referral").expect("built in").sample;
    let record = records::record(sample, at);
    let token = office.world.new_id();
    let number =
        office.open_case(actor, "referral", &typed(&record["content"]), &token).await.expect("opened");
    let asked = Asked { typed: &typed(&record["subject"]), confirmed: true, origin: &Origin::default() };
    office.add_subject(actor, &number, asked).await.expect("added");
    let case = office.dossier(actor, &number).await.expect("there").case.id;
    let mut tx = office.store.write().await.expect("a transaction");
    let now = office.world.now();
    for category in ["consent", "summary"] {
        let digest = Digest::of(format!("{category} {number}").as_bytes());
        let document = Document { digest, bytes: 1, kind: "application/pdf".into() };
        documents::register(&mut tx, &document, now).await.expect("registered");
        let id = office.world.new_id();
        let new = NewAttachment {
            id: &id,
            case: &case,
            category,
            file_name: "附件.pdf",
            digest: &digest,
            by: &actor.id,
            at: now,
        };
        papers::add_attachment(&mut tx, &new).await.expect("added");
    }
    tx.commit().await.expect("committed");
    number
}

/// A part of a record as someone would type it.
fn typed(answers: &Value) -> Typed {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of = |value: &Value| match value {
        Value::Array(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    };
    answers.as_object().into_iter().flatten().map(|(id, value)| (id.clone(), of(value))).collect()
}
