//! The folder of originals can't be written, can't be reached or isn't there: people are told what stayed safe, and
//! once it is back everything goes on, without a restart.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use casebind::archive::Originals;
use casebind::case::ids::Digest;
use casebind::web;

use super::disk_full::SmallDisk;
use super::killed::installation;
use crate::crash::Server;
use crate::support::browser::Chosen;
use crate::support::{Browser, Case, Database, House, Page, paper, run};

/// An applicant at a house whose originals lie below `root`.
async fn applicant_at(house: &House, root: &Path) -> Browser {
    let mut app = house.app.clone();
    app.office.originals = Originals::open(root, &house.vault(), &house.office().world.clock).unwrap();
    house.applicant().await.at(web::router(app))
}

async fn attach(case: &Case, file: &[u8]) -> Page {
    let file = Chosen::pdf("x.pdf", file);
    case.browser.upload(&case.path("/attachments"), &[("category", "other")], file).await
}

/// Insists that a page tells what happened, what stayed safe, and a number to name.
#[track_caller]
fn told(page: Page, happened: &str) {
    let text = page.expect(500).html();
    for words in [happened, "案件與先前已上傳的檔案都沒有改變。", "錯誤編號"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// An attachment of the case, downloaded.
async fn download(case: &Case, house: &House) -> (Page, Digest) {
    let attachment = case.dossier(house).await.attachments[0].clone();
    (case.get(&format!("/attachments/{}", attachment.id)).await, attachment.digest)
}

both! {
    async fn a_disk_that_can_only_be_read_is_told_and_forgotten(house) {
        let folder = tempfile::tempdir().unwrap();
        let disk = SmallDisk::mount(&folder.path().join("disk"), 64);
        let browser = applicant_at(&house, &folder.path().join("disk")).await;
        let case = Case::ready(&browser).await;
        let before = house.record().await.rows;
        disk.remount("ro");
        let file = paper::letter("late");
        told(attach(&case, &file).await, "系統的儲存空間目前只能讀取，檔案沒有存入。");
        told(case.post("/print", &[]).await, "系統的儲存空間目前只能讀取，檔案沒有存入。");
        let (there, digest) = download(&case, &house).await;
        assert_eq!(Digest::of(&there.expect(200).body), digest, "what is there can be read");
        assert_eq!(house.record().await.rows, before);

        disk.remount("rw");
        attach(&case, &file).await.leads_to(&case.path("/attachments"));
        case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
    }

    async fn a_folder_that_is_gone_is_not_made_anew(house) {
        let folder = tempfile::tempdir().unwrap();
        let (originals, arriving) = (folder.path().join("originals"), folder.path().join("tmp"));
        let [aside, beside] = ["aside", "beside"].map(|name| folder.path().join(name));
        let case = Case::ready(&applicant_at(&house, folder.path()).await).await;
        let before = house.record().await.rows;
        fs::rename(&originals, &aside).unwrap();
        let file = paper::letter("late");
        told(attach(&case, &file).await, "系統目前找不到存放檔案的資料夾，檔案沒有存入。");
        told(case.post("/print", &[]).await, "系統目前找不到存放檔案的資料夾，檔案沒有存入。");
        assert!(!originals.exists(), "an upload into a new folder would be lost when the old one comes back");
        let (gone, _) = download(&case, &house).await;
        assert!(gone.expect(500).html().contains("找不到這份原始檔案。"));
        fs::rename(&arriving, &beside).unwrap();
        told(attach(&case, &file).await, "系統目前找不到存放檔案的資料夾，檔案沒有存入。");
        assert_eq!(house.record().await.rows, before);

        fs::rename(&aside, &originals).unwrap();
        fs::rename(&beside, &arriving).unwrap();
        attach(&case, &file).await.leads_to(&case.path("/attachments"));
        case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
        let (there, digest) = download(&case, &house).await;
        assert_eq!(Digest::of(&there.expect(200).body), digest);
    }
}

#[test]
fn a_permission_that_is_lost_is_told_and_forgotten() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let case = Case::opened(&house.applicant().await).await;
        let installation = installation(&house);
        let mut server = Server::bound_by_modes(&installation);
        server.log_in("applicant");
        let path = case.path("/attachments");
        for (folder, mode) in [("originals", 0o000), ("tmp", 0o500)] {
            let folder = house.data_dir().join(folder);
            let file = paper::letter(&folder.display().to_string());
            fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
            let (status, page) = server.attach(&path, "other", &file);
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
            assert_eq!(status, 500, "{page}");
            assert!(page.contains("系統目前無法存取檔案。"), "{page}");
            assert!(page.contains("案件與先前已上傳的檔案都沒有改變。"), "{page}");
            assert_eq!(server.attach(&path, "other", &file).0, 303, "it goes on without a restart");
        }
        assert_eq!(case.dossier(&house).await.attachments.len(), 2);
        assert!(server.stop().success());
    });
}
