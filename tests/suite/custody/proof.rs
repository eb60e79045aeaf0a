//! The proof of one document: on a page, and in files that are checked without this program.

use std::process::Command;

use casebind::custody::checkpoint::Note;
use casebind::store::traces::{self, Trace};

use crate::support::{Case, House, Who};

use super::{kinds, room, sign};

/// Leaves many traces at once, so that the tree has nodes that are kept.
async fn look_often(house: &House, many: usize) {
    let mut tx = house.office().store.write().await.unwrap();
    let now = house.office().world.now();
    for n in 0..many {
        let trace = Trace { action: "view-case", salt: "00", ..Trace::default() };
        traces::add(&mut tx, &format!("look-{n:04}"), now, &trace).await.unwrap();
    }
    tx.commit().await.unwrap();
}

both! {
    async fn a_document_is_proved_once_a_checkpoint_covers_it(house) {
        let case = Case::printed(&house.applicant().await).await;
        let digest = case.newest(&house).await.digest.to_string();
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get(&case.path("/custody")).await.expect(200);
        assert_eq!(page.all("tbody .badge"), ["待串接"; 3], "two attachments and the form");
        house.office().chain().await.unwrap();
        let page = manager.get(&case.path("/custody")).await.expect(200);
        assert_eq!(page.all("tbody .badge"), ["已串接，待簽章"; 3]);
        let proof = case.path(&format!("/custody/{digest}"));
        assert!(manager.get(&proof).await.expect(200).has(".notice--attention"));
        manager.get(&format!("{proof}.txt")).await.expect(404);
        sign(&house).await.unwrap();
        let page = manager.get(&case.path("/custody")).await.expect(200);
        assert_eq!(page.all("tbody .badge"), ["已簽章"; 3]);
        assert_eq!(page.link("查看證明：申請單第 1 版"), proof);
        assert!(manager.get(&proof).await.expect(200).has("a[href$='.json']"));
        manager.get(&case.path(&format!("/custody/{}", "0".repeat(64)))).await.expect(404);
        manager.get(&format!("{proof}.exe")).await.expect(404);
    }

    async fn the_files_prove_it_with_common_tools_in_a_tree_of_any_size(house) {
        look_often(&house, 700).await;
        let case = Case::printed(&house.applicant().await).await;
        let digest = case.newest(&house).await.digest.to_string();
        look_often_later(&house).await;
        sign(&house).await.unwrap();
        assert!(kinds(&house).await.is_empty());
        assert!(house.number("SELECT COUNT(*) FROM custody_tiles").await >= 2);
        let manager = house.sign_in(Who::Manager).await;
        let proof = case.path(&format!("/custody/{digest}"));
        let json = manager.get(&format!("{proof}.json")).await.expect(200).json();
        assert_eq!(json["document_sha256"], digest.as_str());
        let note = Note::parse(json["checkpoint"].as_str().unwrap()).unwrap();
        let room = room(&house);
        assert!(note.signed_by(&room.key.public(&room.origin)));
        let text = manager.get(&format!("{proof}.txt")).await.expect(200);
        assert!(text.header("content-disposition").starts_with("attachment"));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("proof.txt"), text.html()).unwrap();
        let shell = Command::new("sh").arg("proof.txt").current_dir(folder.path()).output().unwrap();
        let told = String::from_utf8_lossy(&shell.stdout).trim().to_owned();
        assert_eq!(json["checkpoint"].as_str().unwrap().lines().nth(2), Some(told.as_str()), "{shell:?}");
        let leaf = std::fs::read_to_string(folder.path().join("leaf.txt")).unwrap();
        assert_eq!(leaf, json["leaf"].as_str().unwrap());
        assert!(leaf.contains(&digest));
    }
}

/// A few more looks, so that the document isn't the tree's end.
async fn look_often_later(house: &House) {
    let mut tx = house.office().store.write().await.unwrap();
    let now = house.office().world.now();
    for n in 0..9 {
        let trace = Trace { action: "view-case", salt: "00", ..Trace::default() };
        traces::add(&mut tx, &format!("zlook-{n}"), now + 1, &trace).await.unwrap();
    }
    tx.commit().await.unwrap();
}
