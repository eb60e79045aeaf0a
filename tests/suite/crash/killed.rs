//! The process is killed the moment it has answered: what it said is done, is done.

use casebind::archive::Originals;
use casebind::case::ids::Digest;

use crate::crash::Server;
use crate::support::command::{Installation, run};
use crate::support::{Case, House};

/// How often the process is killed.
const ROUNDS: usize = 20;

/// An installation over the data and the database of a house.
pub fn installation(house: &House) -> Installation {
    let installation = Installation::new("");
    let mut config = format!(
        "data_dir = \"{}\"\nlisten = \"127.0.0.1:0\"\n[organisation]\nname = \"示範學生輔導諮商中心\"\n",
        house.data_dir().display()
    );
    if house.database_url.starts_with("postgres") {
        config.push_str(&format!("[database]\nurl = \"{}\"\n", house.database_url));
    }
    std::fs::write(installation.config(), config).unwrap();
    installation
}

both! {
    async fn what_was_answered_is_there_after_a_kill(house) {
        let browser = house.applicant().await;
        let mut submits = Vec::new();
        let mut prints = Vec::new();
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                let case = Case::printed(&browser).await;
                let scan = case.signed_scan(&house).await;
                let uploaded = case.hand_in(&scan).await;
                submits.push((case, uploaded.location().rsplit('/').next().unwrap().to_owned()));
            } else {
                prints.push(Case::ready(&browser).await);
            }
        }
        let installation = installation(&house);
        for round in 0..ROUNDS {
            let mut server = Server::start(&installation);
            server.log_in("applicant");
            if round % 2 == 0 {
                let (case, scan) = &submits[round / 2];
                assert_eq!(server.post(&case.path("/submit"), &format!("scan={scan}")).0, 303);
                server.kill();
                let dossier = case.dossier(&house).await;
                assert_eq!(dossier.state().as_str(), "submitted", "round {round}");
                assert_eq!(&dossier.bound_scan().unwrap().id, scan);
                assert_eq!(dossier.flow[0].event.as_str(), "submit");
            } else {
                let case = &prints[round / 2];
                assert_eq!(server.post(&case.path("/print"), "").0, 303);
                server.kill();
                let print = case.newest(&house).await;
                let originals = Originals::open(house.data_dir(), &house.vault(), &house.office().world.clock).unwrap();
                let pdf = originals.open_verified(&print.digest, u64::try_from(print.bytes).unwrap()).await.unwrap();
                assert_eq!(Digest::of(&pdf.read_all().await.unwrap()), print.digest, "round {round}");
            }
        }
        let config = installation.config().display().to_string();
        let verified = run(&["verify", "--json", "--config", &config]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    }
}
