//! Pictures of what was disposed of go on every machine, whoever has the job of removing files.

use std::time::{Duration, Instant};

use casebind::archive::Renditions;
use casebind::case::ids::Digest;
use casebind::steps::Office;

use crate::crash::Server;
use crate::crash::killed::installation;
use crate::support::browser::Chosen;
use crate::support::{Case, House};

use super::{dispose_of, small};

const MINUTE: i64 = 60_000;

/// How long a process may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same house on another machine: one database, one place of originals, and a data folder of its own.
fn on_another_machine(house: &House) -> (tempfile::TempDir, Office) {
    let folder = tempfile::tempdir().unwrap();
    let mut office = house.office().clone();
    office.renditions = Renditions::open(folder.path(), &house.vault()).unwrap();
    (folder, office)
}

fn keys(digest: &Digest) -> [String; 2] {
    [format!("scan/{digest}/page-1.jpg"), format!("scan/{digest}/seal-principal.png")]
}

async fn draw(office: &Office, digest: &Digest) {
    for key in keys(digest) {
        office.renditions.put(&key, b"a picture of the child's form".to_vec()).await.unwrap();
    }
}

async fn drawn(office: &Office, digest: &Digest) -> bool {
    let mut there = Vec::new();
    for key in keys(digest) {
        there.push(office.renditions.get(&key).await.unwrap().is_some());
    }
    assert_eq!(there[0], there[1], "all or none");
    there[0]
}

both! {
    async fn each_machine_clears_its_own(house) {
        let (case, kept) = (small(&house).await, small(&house).await);
        let digest = case.dossier(&house).await.attachments[0].digest;
        let others = kept.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&digest);
        let (_folder, second) = on_another_machine(&house);
        for office in [house.office(), &second] {
            draw(office, &digest).await;
            draw(office, &others).await;
        }
        let mut since = 0;
        second.clear_pictures(&mut since).await.unwrap();
        assert!(drawn(&second, &digest).await, "nothing was disposed of");

        dispose_of(&house, &case).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!drawn(house.office(), &digest).await);
        assert!(drawn(&second, &digest).await, "the one that removes files knows its own alone");
        second.clear_pictures(&mut since).await.unwrap();
        assert!(!drawn(&second, &digest).await);
        // Somebody was drawing there while the file went.
        draw(&second, &digest).await;
        house.wait(MINUTE);
        second.clear_pictures(&mut since).await.unwrap();
        assert!(!drawn(&second, &digest).await);

        // One that wasn't there for long clears all that went since.
        house.wait(60 * MINUTE);
        second.clear_pictures(&mut since).await.unwrap();
        draw(&second, &digest).await;
        second.clear_pictures(&mut since).await.unwrap();
        assert!(drawn(&second, &digest).await, "that was long ago, and nobody draws for an hour");
        second.clear_pictures(&mut 0).await.unwrap();
        assert!(!drawn(&second, &digest).await);
        assert!(drawn(&second, &others).await && drawn(house.office(), &others).await, "the other case's stay");

        // What somebody has brought again is theirs.
        let again = Case::opened(&house.applicant().await).await;
        again.attach("other", Chosen::pdf("a.pdf", &bytes)).await.leads_to(&again.path("/attachments"));
        draw(&second, &digest).await;
        second.clear_pictures(&mut 0).await.unwrap();
        assert!(drawn(&second, &digest).await);
    }

    async fn a_process_clears_its_own_while_another_has_the_job(house) {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        draw(house.office(), &digest).await;
        dispose_of(&house, &case).await;
        house
            .sql("INSERT INTO leases (name, holder, until) VALUES ('job/disposal', 'another', 9999999999999)")
            .await;
        let server = Server::start(&installation(&house));
        let began = Instant::now();
        while drawn_by_any(&house, &digest) {
            assert!(began.elapsed() < PATIENCE, "{}", server.log_so_far());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(house.original(&digest).exists(), "removing it is the other's");
        server.kill();
    }
}

/// Whether a folder of pictures of the file is there.
fn drawn_by_any(house: &House, digest: &Digest) -> bool {
    let name = digest.to_string();
    house.data_dir().join("renditions").join(&name[..2]).join(name).exists()
}
