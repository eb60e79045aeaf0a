//! Bags that something or somebody has changed: each is refused with the file and the reason, nothing of it is taken, and
//! the sound one beside it is.

use std::fs;
use std::path::Path;

use casebind::case::ids::Digest;
use casebind::custody::case::{CaseProof, Proved, Salted};
use casebind::custody::entry;
use casebind::custody::key::{CustodyKey, PublicKey};
use casebind::custody::link::Link;
use casebind::steps::bags::check::check;
use casebind::store::bags::Selection;
use serde_json::{Value, json};

use super::{bag, closed, empty, export, import, import_signed};
use crate::custody;
use crate::support::folder::copy;
use crate::support::house::MINUTE;
use crate::support::{Case, House};

/// A bag's text file.
fn text(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

/// Writes a file and everything that names its digest, as somebody who knows how bags work.
fn put_knowingly(root: &Path, path: &str, bytes: &[u8]) {
    let before = Digest::of(&fs::read(root.join(path)).unwrap()).to_string();
    fs::write(root.join(path), bytes).unwrap();
    let after = Digest::of(bytes).to_string();
    if path.starts_with("data/") {
        let manifest = text(root, "manifest-sha256.txt").replace(&before, &after);
        put_knowingly(root, "manifest-sha256.txt", manifest.as_bytes());
        weigh(root);
    } else {
        let tags = text(root, "tagmanifest-sha256.txt").replace(&before, &after);
        fs::write(root.join("tagmanifest-sha256.txt"), tags).unwrap();
    }
}

/// Lets the bag say what its payload weighs now.
fn weigh(root: &Path) {
    let (mut bytes, mut files, mut folders) = (0, 0, vec![root.join("data")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                bytes += entry.metadata().unwrap().len();
                files += 1;
            }
        }
    }
    let info = text(root, "bag-info.txt");
    let kept: String =
        info.lines().filter(|l| !l.starts_with("Payload-Oxum")).map(|l| format!("{l}\n")).collect();
    put_knowingly(root, "bag-info.txt", format!("{kept}Payload-Oxum: {bytes}.{files}\n").as_bytes());
}

/// Changes the case's record knowingly.
fn rewrite(root: &Path, number: &str, change: impl FnOnce(&mut Value)) {
    let path = format!("data/{number}/case.json");
    let mut record: Value = serde_json::from_str(&text(root, &path)).unwrap();
    change(&mut record);
    put_knowingly(root, &path, &serde_json::to_vec(&record).unwrap());
}

/// Makes the case's proof of custody anew from other links and later entries, with a head that is right.
fn prove_anew(root: &Path, number: &str, change: impl FnOnce(&mut Vec<Proved>, &mut Vec<Salted>)) {
    let path = format!("data/{number}/custody.json");
    let proof: Value = serde_json::from_str(&text(root, &path)).unwrap();
    let mut links: Vec<Proved> = serde_json::from_value(proof["links"].clone()).unwrap();
    let mut later: Vec<Salted> = serde_json::from_value(proof["later"].clone()).unwrap();
    change(&mut links, &mut later);
    let checkpoint = proof["checkpoint"].as_str().map(str::to_owned);
    let case = proof["case"].as_str().unwrap();
    let anew = CaseProof::new(case, checkpoint, (links, later), None).unwrap();
    put_knowingly(root, &path, &serde_json::to_vec(&anew).unwrap());
}

/// What is done to a bag, and what the refusal has to say.
type Damage = (&'static str, fn(&Path, &str), &'static [&'static str]);

const DAMAGES: [Damage; 19] = [
    (
        "a flipped bit",
        |root, number| {
            let path = root.join(format!("data/{number}/scans/scan-0001.pdf"));
            let mut bytes = fs::read(&path).unwrap();
            bytes[1000] ^= 1;
            fs::write(path, bytes).unwrap();
        },
        &["scans/scan-0001.pdf", "expected SHA-256"],
    ),
    (
        "a missing file",
        |root, number| {
            fs::remove_file(root.join(format!("data/{number}/attachments/attachment-0001.pdf"))).unwrap();
        },
        &["attachments/attachment-0001.pdf", "missing"],
    ),
    (
        "an extra file",
        |root, number| {
            fs::write(root.join(format!("data/{number}/scans/scan-0002.pdf")), "%PDF-").unwrap();
        },
        &["scans/scan-0002.pdf", "no manifest names"],
    ),
    (
        "a path that leads out",
        |root, _| {
            let lines = format!(
                "{}{}  data/../../../etc/passwd\n",
                text(root, "manifest-sha256.txt"),
                Digest::of(b"x")
            );
            put_knowingly(root, "manifest-sha256.txt", lines.as_bytes());
        },
        &["data/../../../etc/passwd", "leads out"],
    ),
    (
        "a link",
        |root, number| {
            let path = root.join(format!("data/{number}/case.pdf"));
            let aside = root.parent().unwrap().join(".aside");
            fs::rename(&path, &aside).unwrap();
            std::os::unix::fs::symlink(aside, path).unwrap();
        },
        &["case.pdf", "links aren't followed"],
    ),
    (
        "a wrong weight",
        |root, _| {
            let info = text(root, "bag-info.txt").replace("Payload-Oxum: ", "Payload-Oxum: 1");
            put_knowingly(root, "bag-info.txt", info.as_bytes());
        },
        &["bag-info.txt", "Payload-Oxum"],
    ),
    (
        "a changed tag file",
        |root, _| {
            fs::write(root.join("schema/casebind-case-1.schema.json"), "{}").unwrap();
        },
        &["casebind-case-1.schema.json", "expected SHA-256"],
    ),
    (
        "a stray file that the manifest names",
        |root, number| {
            let path = format!("data/{number}/notes.txt");
            fs::write(root.join(&path), "a note").unwrap();
            let lines = format!("{}{}  {path}\n", text(root, "manifest-sha256.txt"), Digest::of(b"a note"));
            put_knowingly(root, "manifest-sha256.txt", lines.as_bytes());
            weigh(root);
        },
        &["notes.txt", "belongs to no case"],
    ),
    (
        "another original for a paper",
        |root, number| {
            put_knowingly(root, &format!("data/{number}/scans/scan-0001.pdf"), b"%PDF-1.7 forged");
        },
        &["scans/scan-0001.pdf", "expected SHA-256"],
    ),
    (
        "a later version",
        |root, number| rewrite(root, number, |record| record["version"] = json!(2)),
        &["case.json", "version 1"],
    ),
    (
        "a column that there isn't",
        |root, number| {
            rewrite(root, number, |record| record["tables"]["people"][0]["password_hash"] = json!("x"));
        },
        &["case.json", "people", "columns that there aren't"],
    ),
    (
        "a number of another length",
        |root, number| {
            rewrite(root, number, |record| record["tables"]["cases"][0]["number"] = json!("115000001"));
        },
        &["case.json", "cases", "the number isn't one of a case"],
    ),
    (
        "a state that there isn't",
        |root, number| {
            rewrite(root, number, |record| record["tables"]["cases"][0]["state"] = json!("lost"));
        },
        &["case.json", "cases", "a value that there can't be"],
    ),
    (
        "an event that there isn't",
        |root, number| {
            rewrite(root, number, |record| record["tables"]["flow"][0]["event"] = json!("vanish"));
        },
        &["case.json", "flow.event"],
    ),
    (
        "a row of another case",
        |root, number| {
            rewrite(root, number, |record| {
                let mut row = record["tables"]["traces"][0].clone();
                row["id"] = json!("00000000-0000-7000-8000-000000000000");
                row["case_id"] = json!("another");
                record["tables"]["traces"].as_array_mut().unwrap().push(row);
            });
        },
        &["case.json", "traces", "don't belong to the case"],
    ),
    (
        "a person who is missing",
        |root, number| {
            rewrite(root, number, |record| {
                let people = record["tables"]["people"].as_array_mut().unwrap();
                people
                    .iter_mut()
                    .for_each(|one| one["id"] = json!(format!("not-{}", one["id"].as_str().unwrap())));
                people.iter_mut().for_each(|one| one["login"] = one["id"].clone());
                record["tables"]["cases"][0]["applicant_id"] = json!("nobody");
            });
        },
        &["case.json", "cases", "names a row that isn't there"],
    ),
    (
        "another reason for an event",
        |root, number| {
            rewrite(root, number, |record| record["tables"]["flow"][0]["reason"] = json!("別的原因"));
        },
        &["custody.json", "isn't as it was linked: others in reason"],
    ),
    (
        "a link that was changed",
        |root, number| {
            let path = format!("data/{number}/custody.json");
            let mut proof: Value = serde_json::from_str(&text(root, &path)).unwrap();
            let leaf = proof["links"][0]["leaf"].as_str().unwrap().replace("appended=13:1", "appended=13:2");
            proof["links"][0]["leaf"] = json!(leaf);
            put_knowingly(root, &path, &serde_json::to_vec(&proof).unwrap());
        },
        &["custody.json", "link 1", "doesn't lead to its checkpoint"],
    ),
    (
        "an event that no entry speaks for",
        |root, number| prove_anew(root, number, |links, _| drop(links.pop())),
        &["custody.json", "has no entry of"],
    ),
];

/// Changes the reason of the case's first event, in its row and in its entry, which comes to lie beside the checkpoint.
fn forge(root: &Path, number: &str) {
    let record: Value = serde_json::from_str(&text(root, &format!("data/{number}/case.json"))).unwrap();
    let row = &record["tables"]["flow"][0];
    let (id, before) = (row["id"].as_str().unwrap(), row["reason"].as_str().unwrap());
    rewrite(root, number, |record| record["tables"]["flow"][0]["reason"] = json!("別的原因"));
    prove_anew(root, number, |links, later| {
        let told = |link: &Proved| serde_json::to_value(link).unwrap();
        let leaf = |link: &Proved| Link::parse(told(link)["leaf"].as_str().unwrap()).unwrap();
        let at = links.iter().position(|link| entry::named(&leaf(link).entry).unwrap().id == id).unwrap();
        let link = links.remove(at);
        let salt = told(&link)["salt"].as_str().unwrap().to_owned();
        let hidden = |words: &str| entry::hidden(&salt, "reason", words);
        let forged = leaf(&link).entry.replace(&hidden(before), &hidden("別的原因"));
        assert_ne!(forged, leaf(&link).entry);
        later.push(Salted { entry: forged, salt: Some(salt.clone()) });
    });
}

async fn refused(target: &House, root: &Path, name: &str, parts: &[&str]) {
    let before = target.record().await;
    let (taken, told) = import(target, root).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((taken.cases, taken.refused), (0, 1), "{name}");
    let told = told.join("\n");
    for part in parts {
        assert!(told.contains(part), "{name}: {part:?} is not in {told}");
    }
    assert_eq!(target.record().await.rows, before.rows, "{name}");
    for table in ["people", "traces", "imports", "counters"] {
        let stray = format!(
            "SELECT COUNT(*) FROM {table} WHERE CAST({} AS TEXT) LIKE '%not-%'",
            match table {
                "people" | "traces" => "id",
                "imports" => "case_id",
                _ => "name",
            }
        );
        assert_eq!(target.number(&stray).await, 0, "{name}: {table}");
    }
}

both! {
    async fn each_damage_is_refused_and_nothing_is_taken(house) {
        let case = closed(&house).await;
        custody::sign(&house).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        export(&house, Selection::All, folder.path()).await;
        let sound = bag(folder.path(), &case);
        let target = empty(house.database(), "an installation that is careful").await;
        for (name, damage, parts) in DAMAGES {
            let copies = tempfile::tempdir().unwrap();
            let root = copies.path().join("bag");
            copy(&sound, &root);
            damage(&root, &case.number);
            refused(&target, &root, name, parts).await;
        }
        // A damaged one beside a sound one keeps it out of nothing.
        let both = tempfile::tempdir().unwrap();
        copy(&sound, &both.path().join("b"));
        copy(&sound, &both.path().join("a"));
        fs::remove_file(both.path().join("a/bag-info.txt")).unwrap();
        let (taken, _) = import(&target, both.path()).await.unwrap();
        assert_eq!((taken.cases, taken.refused), (1, 1));
        assert_eq!(target.record().await.rows, house.record().await.rows);
    }

    async fn who_signed_is_asked_with_the_public_key_of_where_a_bag_comes_from(house) {
        let case = closed(&house).await;
        house.wait(30 * MINUTE);
        custody::sign(&house).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        export(&house, Selection::All, folder.path()).await;
        let sound = bag(folder.path(), &case);
        let room = custody::room(&house);
        let own = room.key.public(&room.origin);
        let stranger = CustodyKey::from_bytes([8; 32]).public(&room.origin);
        let found = check(&sound, &[stranger.clone(), own.clone()]).unwrap();
        assert_eq!((found.cases, found.later), (1, 1), "the trace of the export came later: {found:?}");
        assert!(found.entries > 10, "{found:?}");
        let flaws = |root: &Path, keys: &[PublicKey]| {
            check(root, keys).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let unsigned = "signed by none of the given public keys";
        assert!(flaws(&sound, &[stranger.clone()]).contains(unsigned));
        let target = empty(house.database(), "an installation that asks who signed").await;
        let (taken, told) = import_signed(&target, &sound, &[stranger]).await.unwrap();
        assert_eq!((taken.cases, taken.refused), (0, 1));
        assert!(told[0].contains("custody.json") && told[0].contains(unsigned), "{told:?}");

        // All of it fits together, and only the key tells that the past isn't as it was signed.
        let forged = folder.path().join("forged");
        copy(&sound, &forged);
        forge(&forged, &case.number);
        assert_eq!(check(&forged, &[]).map(|found| found.cases), Ok(1));
        assert!(flaws(&forged, &[own.clone()]).contains("older than its checkpoint"));
        let (taken, told) = import_signed(&target, &forged, &[own.clone()]).await.unwrap();
        assert_eq!((taken.cases, taken.refused), (0, 1), "{told:?}");
        // Rows that nobody has linked don't come along with those that somebody has.
        let unlinked = folder.path().join("unlinked");
        copy(&sound, &unlinked);
        prove_anew(&unlinked, &case.number, |_, later| later.clear());
        assert!(flaws(&unlinked, &[]).contains("has no entry of trace"));

        let (taken, told) = import_signed(&target, &sound, &[own]).await.unwrap();
        assert_eq!((taken.cases, taken.refused), (1, 0), "{told:?}");
    }

    async fn a_bag_without_a_proof_of_custody_is_taken(house) {
        let case = Case::printed(&house.applicant().await).await;
        let folder = tempfile::tempdir().unwrap();
        export(&house, Selection::All, folder.path()).await;
        let root = bag(folder.path(), &case);
        fs::remove_file(root.join(format!("data/{}/custody.json", case.number))).unwrap();
        let manifest = text(&root, "manifest-sha256.txt");
        let lines: String =
            manifest.lines().filter(|line| !line.ends_with("/custody.json")).map(|l| format!("{l}\n")).collect();
        put_knowingly(&root, "manifest-sha256.txt", lines.as_bytes());
        weigh(&root);
        let target = empty(house.database(), "an installation without a proof").await;
        let (taken, told) = import(&target, &root).await.unwrap();
        assert_eq!((taken.cases, told), (1, vec![]));
        custody::sign(&target).await.unwrap();
        assert!(custody::kinds(&target).await.is_empty(), "its rows are linked here");
    }
}
