//! What lies on the disk: sealed, and opened by other programs with the key alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use casebind::archive::{Originals, Vault};
use casebind::case::ids::Digest;
use casebind::keyring::{Generation, Keyring, Keys};
use casebind::steps::fixity::check::Scope;
use casebind::web;

use crate::support::sealed::BEGIN;
use crate::support::{Case, House, Who};

/// How files begin that anybody could open.
const READABLE: [&[u8]; 3] = [b"%PDF-", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files
}

/// Runs a line of the shell with these arguments and insists that it ends well.
fn sh(line: &str, arguments: &[&Path]) -> String {
    let output = Command::new("bash").args(["-o", "pipefail", "-c", line, "bash"]).args(arguments).output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{line}: {} (tests/run installs what is needed)",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

both! {
    async fn neither_originals_nor_pictures_of_them_can_be_read_on_the_disk(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        case.get("/prints/1/page-1.jpg").await.expect(200);
        let scan = case.dossier(&house).await.bound_scan().unwrap().id.clone();
        case.get(&format!("/scans/{scan}")).await.expect(200);
        let originals = files(&house.data_dir().join("originals"));
        assert!(originals.len() >= 3);
        let pictures = files(&house.data_dir().join("renditions"));
        let pictures: Vec<_> = pictures.into_iter().filter(|file| !file.ends_with("BY-DOCUMENT")).collect();
        assert!(pictures.len() >= 2, "{pictures:?}");
        for file in originals.iter().chain(&pictures) {
            let stored = fs::read(file).unwrap();
            assert!(stored.starts_with(BEGIN), "{}", file.display());
            for begin in READABLE {
                assert!(!stored.windows(begin.len()).any(|window| window == begin), "{}", file.display());
            }
        }
        assert_eq!(files(&house.data_dir().join("tmp")), Vec::<PathBuf>::new());
        // The pictures themselves come back as they were.
        assert!(case.get("/prints/1/page-1.jpg").await.expect(200).body.starts_with(b"\xff\xd8\xff"));
    }

    async fn the_age_program_opens_each_original_to_its_digest(house) {
        Case::submitted(&house, &house.applicant().await).await;
        let key = house.data_dir().join("keys/archive-1.key");
        for name in house.originals() {
            let digest: Digest = name.parse().unwrap();
            let file = house.original(&digest);
            let told = sh("age -d -i \"$1\" \"$2\" | sha256sum | cut -c1-64", &[&key, &file]);
            assert_eq!(told.trim(), name);
        }
    }

    async fn without_its_key_a_document_is_told_to_be_whole_and_shut(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let scan = case.dossier(&house).await.bound_scan().unwrap().clone();
        let stranger = Vault::new(Keys::given(Keyring::new(vec![Generation::generate(1)]).unwrap()));
        let shut = locked_out(&house, &stranger).await;
        let page = shut.get(&case.path(&format!("/scans/{}/original", scan.id))).await.expect(500);
        assert!(page.one("main").contains("開啟它的金鑰不在系統裡"), "{}", page.one("main"));
        let before: Vec<_> = files(&house.data_dir().join("originals")).iter().map(|file| fs::read(file).unwrap()).collect();

        let originals = Originals::for_check(house.data_dir(), &stranger);
        let office = house.office();
        let mut kinds = Vec::new();
        let mut tell = |finding: &casebind::archive::verify::Finding| kinds.push(finding.kind.as_str());
        let summary = casebind::steps::fixity::check::check(&office.store, &originals, &office.world, Scope::ALL, &mut tell).await.unwrap();
        assert_eq!(summary.originals, 0);
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == "locked"), "{kinds:?}");
        let page = house.sign_in(Who::Archivist).await.get("/fixity").await.expect(200);
        assert!(page.one("main").contains("缺少開啟檔案的金鑰"), "{}", page.one("main"));

        // With the key back everything is as it was.
        let after: Vec<_> = files(&house.data_dir().join("originals")).iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(before == after);
        let (found, _) = crate::fixity::verify(&house, Scope::ALL).await;
        assert_eq!(found, []);
        browser.get(&case.path(&format!("/scans/{}/original", scan.id))).await.expect(200);
    }
}

/// The applicant at the same house with other keys.
async fn locked_out(house: &House, vault: &Vault) -> crate::support::Browser {
    let mut app = house.app.clone();
    app.office.originals = Originals::for_check(house.data_dir(), vault);
    house.applicant().await.at(web::router(app))
}
