//! Out, checked by others, and in again: the same rows, digests, flow and originals on the other database.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use casebind::case::holder::{Archivist, Holder as _};
use casebind::case::ids::Digest;
use casebind::custody::case::CaseProof;
use casebind::custody::checkpoint::Note;
use casebind::custody::tree::{self, Frontier};
use casebind::steps::bags::BagTrouble;
use casebind::steps::bags::export::{Asked, Outcome, Told};
use casebind::steps::traces::Origin;
use casebind::store::bags::{self, Selection};
use serde_json::Value;

use super::{bag, bagit_agrees, closed, empty, export, export_batch, import, line, other, tool};
use crate::custody;
use crate::support::command::repository;
use crate::support::{Case, House, Who};

/// What isn't in [`House::record`] and comes along, or is derived again.
const MORE: [&str; 4] = [
    "SELECT id || at || action || COALESCE(person_id, '-') || person_name || roles || COALESCE(digest, '-') \
     FROM traces WHERE case_id IS NOT NULL AND action <> 'import-case' ORDER BY id",
    "SELECT case_id || seq || event || at || nth || COALESCE(CAST(waited AS TEXT), '-') || school_code FROM milestones \
     ORDER BY case_id, seq",
    "SELECT name || value FROM counters WHERE name LIKE 'case-%' ORDER BY name",
    "SELECT id || name || login || email FROM people ORDER BY id",
];

/// What was linked of cases, the import itself apart.
const ENTRIES: &str = "WHERE case_id IS NOT NULL \
    AND row_id NOT IN (SELECT id FROM traces WHERE action = 'import-case') ORDER BY at, kind, row_id";

/// The proof of custody in the bag of a case.
fn proof(to: &Path, case: &Case) -> Value {
    let path = bag(to, case).join(format!("data/{}/custody.json", case.number));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The entries of a case as they are linked in this installation, those of its import apart.
async fn entries(house: &House, case: &Case) -> Vec<String> {
    let id = case.id(house).await;
    let of_case = format!(
        "SELECT entry FROM custody_links WHERE case_id = '{id}' \
         AND row_id NOT IN (SELECT id FROM traces WHERE action = 'import-case') ORDER BY at, kind, row_id"
    );
    house.texts(&of_case).await
}

async fn everything(house: &House) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for sql in MORE {
        all.push(house.texts(sql).await);
    }
    let traced = "WHERE case_id IS NOT NULL AND action <> 'import-case' ORDER BY id";
    all.push(house.words("traces", "detail", traced).await);
    all
}

both! {
    async fn what_goes_out_comes_back_the_same(house) {
        let served = closed(&house).await;
        let sealing = Case::stale(&house.applicant().await).await;
        let covered = custody::sign(&house).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (exported, lines) = export(&house, Selection::All, folder.path()).await;
        assert_eq!((exported.written, exported.wanting), (2, 0));
        assert_eq!(lines, [line(&served, "written"), line(&sealing, "written")]);
        for case in [&served, &sealing] {
            let root = bag(folder.path(), case);
            bagit_agrees(&root);
            let record = root.join(format!("data/{}/case.json", case.number));
            let schema = root.join("schema/casebind-case-1.schema.json");
            assert_eq!(fs::read(&schema).unwrap(), fs::read(repository("src/steps/bags/case-1.schema.json")).unwrap());
            let (valid, said) = tool("jsonschema", &["--instance".as_ref(), &record, &schema]);
            assert!(valid, "{said}");
            let readable = fs::read(root.join(format!("data/{}/case.pdf", case.number))).unwrap();
            assert!(readable.starts_with(b"%PDF-1."));
        }
        let traces = house.traces(&served.id(&house).await).await;
        assert_eq!(traces.last().map(String::as_str), Some("export-case"));

        let target = empty(other(house.database()), "the bags' other installation").await;
        let (taken, refused) = import(&target, folder.path()).await.unwrap();
        assert_eq!((taken.cases, taken.refused, refused), (2, 0, vec![]));
        assert_eq!(target.record().await, house.record().await);
        assert_eq!(everything(&target).await, everything(&house).await);
        for digest in house.originals() {
            let digest: Digest = digest.parse().unwrap();
            assert!(target.plain(&digest) == house.plain(&digest));
        }
        // The chain there goes on from the same entries, whose heads and proofs go along.
        custody::sign(&house).await.unwrap();
        custody::sign(&target).await.unwrap();
        let linked = format!("SELECT entry FROM custody_links {ENTRIES}");
        assert_eq!(target.texts(&linked).await, house.texts(&linked).await);
        let salts = house.words("custody_links", "salt", ENTRIES).await;
        assert_eq!(target.words("custody_links", "salt", ENTRIES).await, salts);
        assert_eq!(custody::kinds(&target).await, Vec::<&str>::new());
        let onward = tempfile::tempdir().unwrap();
        export(&target, Selection::All, onward.path()).await;
        for case in [&served, &sealing] {
            let (came, went) = (proof(folder.path(), case), proof(onward.path(), case));
            assert_eq!(went["before"], came, "as it came");
            let checkpoint = came["checkpoint"].as_str().unwrap();
            let known = Note::parse(checkpoint).unwrap();
            let room = custody::room(&house);
            assert!(known.signed_by(&room.key.public(&room.origin)) && known.checkpoint.size == covered);
            let own: CaseProof = serde_json::from_value(came).unwrap();
            own.check().unwrap();
            let mut head = Frontier::default();
            entries(&target, case).await.iter().for_each(|entry| head.push(tree::leaf(entry.as_bytes())));
            assert_eq!(head.root(), own.head(), "the same head of custody");
        }
        // It lives on there: found by a keyword, and the next case has the next number.
        let browser = target.applicant().await;
        let list = browser.get("/cases?q=王小明").await.expect(200);
        assert!(list.html().contains(&served.number));
        let next = Case::opened(&browser).await;
        assert!(next.number > sealing.number && next.number > served.number, "{}", next.number);
    }

    async fn an_installation_with_cases_of_its_own_takes_nothing(house) {
        let case = Case::printed(&house.applicant().await).await;
        let folder = tempfile::tempdir().unwrap();
        export(&house, Selection::Numbers(vec![case.number.clone()]), folder.path()).await;
        let before = house.record().await;
        assert!(matches!(import(&house, folder.path()).await, Err(BagTrouble::NotEmpty)));
        assert_eq!(house.record().await, before);

        // What came in by bags doesn't keep the rest of them out, and nothing comes twice.
        let target = empty(house.database(), "an installation that goes on").await;
        assert_eq!(import(&target, folder.path()).await.unwrap().0.cases, 1);
        let second = Case::opened(&house.applicant().await).await;
        export(&house, Selection::All, folder.path()).await;
        let (taken, refused) = import(&target, folder.path()).await.unwrap();
        assert_eq!((taken.cases, taken.known, refused), (1, 1, vec![]));
        assert_eq!(target.number("SELECT COUNT(*) FROM cases").await, 2);
        // The same case by another bag is there already.
        fs::remove_dir_all(bag(folder.path(), &second)).unwrap();
        export(&house, Selection::All, folder.path()).await;
        let before = target.record().await;
        let (taken, refused) = import(&target, &bag(folder.path(), &second)).await.unwrap();
        assert_eq!((taken.cases, taken.refused), (0, 1));
        assert!(refused[0].contains("cases: has a row that is there already"), "{refused:?}");
        assert_eq!(target.record().await, before);
        assert!(matches!(import(&target, target.data_dir().join("tmp").as_path()).await, Err(BagTrouble::NoBag(_))));
    }

    async fn an_export_that_broke_off_goes_on(house) {
        let browser = house.applicant().await;
        let (first, second) = (Case::printed(&browser).await, Case::opened(&browser).await);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path();
        // A process that died in the middle left this.
        let half = to.join(format!(".casebind-{}.part/data", first.number));
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("half"), "of a file").unwrap();
        let all = || Selection::All;
        let (_, lines) = export(&house, all(), to).await;
        assert_eq!(lines, [line(&first, "written"), line(&second, "written")]);
        assert!(!half.exists());
        let traces = house.number("SELECT COUNT(*) FROM traces").await;
        let (_, lines) = export(&house, all(), to).await;
        assert_eq!(lines, [line(&first, "kept"), line(&second, "kept")]);
        assert_eq!(house.number("SELECT COUNT(*) FROM traces").await, traces, "nothing went out");

        let form = bag(to, &first).join(format!("data/{}/prints/revision-0001.pdf", first.number));
        let mut bytes = fs::read(&form).unwrap();
        bytes[100] ^= 1;
        fs::write(&form, bytes).unwrap();
        second.edit(&[("problem", "另一個說明")]).await.leads_to(&second.path(""));
        let (exported, lines) = export(&house, all(), to).await;
        assert_eq!(lines, [line(&first, "flawed"), line(&second, "outdated")]);
        assert_eq!(exported.wanting, 2);

        // An original that is gone keeps only its own case back.
        fs::remove_dir_all(bag(to, &first)).unwrap();
        fs::remove_dir_all(bag(to, &second)).unwrap();
        fs::remove_file(house.original(&first.newest(&house).await.digest)).unwrap();
        let (_, lines) = export(&house, all(), to).await;
        assert_eq!(lines, [line(&first, "failed"), line(&second, "written")]);
        assert!(!bag(to, &first).exists());
    }

    async fn many_cases_lie_in_one_bag(house) {
        let browser = house.applicant().await;
        let (first, second) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let folder = tempfile::tempdir().unwrap();
        let asked = Asked { selection: Selection::All, to: folder.path(), batch: Some("year-115") };
        let mut told = Vec::new();
        let exported = house.office().export_bags(&asked, &mut |one| told.push((one.done, one.of))).await.unwrap();
        assert_eq!((exported.written, told), (1, vec![(1, 2), (2, 2), (2, 2)]));
        let root = folder.path().join("year-115");
        bagit_agrees(&root);
        for case in [&first, &second] {
            assert!(root.join(format!("data/{}/case.json", case.number)).exists());
        }
        assert_eq!(house.office().export_bags(&asked, &mut |_| {}).await.unwrap().kept, 1);
        let target = empty(house.database(), "an installation for a batch").await;
        assert_eq!(import(&target, &root).await.unwrap().0.cases, 2);
        assert_eq!(target.record().await, house.record().await);
    }

    async fn a_bag_that_is_older_than_its_cases_is_named(house) {
        let browser = house.applicant().await;
        let (first, second) = (Case::printed(&browser).await, Case::opened(&browser).await);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path();
        let anew = async |changed: &str| {
            assert_eq!(export_batch(&house, to, "year-115").await, "outdated", "{changed}");
            fs::remove_dir_all(to.join("year-115")).unwrap();
            assert_eq!(export_batch(&house, to, "year-115").await, "written");
            assert_eq!(export_batch(&house, to, "year-115").await, "kept");
        };
        assert_eq!(export_batch(&house, to, "year-115").await, "written");
        assert_eq!(export_batch(&house, to, "year-115").await, "kept");
        second.edit(&[("problem", "另一個說明")]).await.leads_to(&second.path(""));
        anew("a case was edited").await;
        Case::opened(&browser).await;
        anew("a case was added").await;
        // A hold stands in a bag as well, of one case or of many.
        let only = || Selection::Numbers(vec![first.number.clone()]);
        export(&house, only(), to).await;
        assert_eq!(export(&house, only(), to).await.1, [line(&first, "kept")]);
        let archivist = Archivist::of(&Who::Archivist.actor()).unwrap();
        let (office, origin) = (house.office(), Origin::default());
        office.place_hold(&archivist, &origin, &first.number, "訴訟").await.unwrap();
        assert_eq!(export(&house, only(), to).await.1, [line(&first, "outdated")]);
        anew("a hold was placed").await;
        let hold = house.texts("SELECT id FROM holds").await.remove(0);
        office.lift_hold(&archivist, &origin, &hold, "判決確定").await.unwrap();
        anew("a hold was lifted").await;
    }

    async fn a_bag_of_many_that_broke_off_takes_over_what_it_has(house) {
        let browser = house.applicant().await;
        let (one, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        // In the order in which they go out.
        let (first, last) = if one.id(&house).await < other.id(&house).await { (one, other) } else { (other, one) };
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path();
        let original = house.original(&last.newest(&house).await.digest);
        let aside = house.data_dir().join("aside");
        fs::rename(&original, &aside).unwrap();
        let asked = Asked { selection: Selection::All, to, batch: Some("year-115") };
        let mut told = Vec::new();
        let mut tell = |one: Told<'_>| {
            if let Some(Outcome::Failed(trouble)) = one.outcome {
                told.push(trouble.to_string());
            }
        };
        assert_eq!(house.office().export_bags(&asked, &mut tell).await.unwrap().wanting, 1);
        assert!(told[0].starts_with(&format!("case {}: ", last.number)), "{told:?}");
        assert!(!to.join("year-115").exists());
        let form = format!("data/{}/prints/revision-0001.pdf", first.number);
        let written = fs::metadata(to.join(".year-115.part").join(&form)).unwrap().ino();
        // What a process that died left half-written is written anew.
        let half = to.join(format!(".year-115.part/data/{}/prints", last.number));
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("revision-0001.pdf"), "%PDF-1.7 half").unwrap();
        fs::rename(&aside, &original).unwrap();
        assert_eq!(export_batch(&house, to, "year-115").await, "written");
        let root = to.join("year-115");
        assert_eq!(fs::metadata(root.join(&form)).unwrap().ino(), written, "not copied once more");
        bagit_agrees(&root);
        assert!(!to.join(".year-115.left").exists() && !to.join(".year-115.part").exists());
        let target = empty(house.database(), "an installation for what broke off").await;
        assert_eq!(import(&target, &root).await.unwrap().0.cases, 2);
    }

    async fn cases_are_chosen_by_number_or_by_when_they_were_closed(house) {
        let served = closed(&house).await;
        let open = Case::opened(&house.applicant().await).await;
        let mut db = house.office().store.read().await.unwrap();
        let now = served.dossier(&house).await.case.state_at;
        let mut chosen = async |selection: Selection| {
            let count = bags::count(&mut db, &selection).await.unwrap();
            let page = bags::page(&mut db, &selection, "", 10).await.unwrap();
            assert_eq!(count, i64::try_from(page.len()).unwrap());
            page.into_iter().map(|case| case.number).collect::<Vec<_>>()
        };
        assert_eq!(chosen(Selection::ClosedBefore(now + 1)).await, [served.number.clone()]);
        assert!(chosen(Selection::ClosedBefore(now)).await.is_empty());
        assert_eq!(chosen(Selection::Numbers(vec![open.number.clone()])).await, [open.number.clone()]);
        assert_eq!(chosen(Selection::All).await.len(), 2);
        drop(db);
        let folder = tempfile::tempdir().unwrap();
        let numbers = vec![open.number.clone(), "1159999999".into()];
        let asked = Asked { selection: Selection::Numbers(numbers), to: folder.path(), batch: None };
        let trouble = house.office().export_bags(&asked, &mut |_| {}).await.unwrap_err();
        assert_eq!(trouble.to_string(), "no case has the number 1159999999");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is begun");
    }
}
