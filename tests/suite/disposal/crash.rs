//! The process is killed between the commit of a disposal and the removal of its files: the next start ends it.

use std::time::{Duration, Instant};

use crate::crash::Server;
use crate::crash::killed::installation;
use crate::support::command::run;
use crate::support::{Case, House, Who};

use super::{propose, second_archivist, small};

/// How long the next start may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn proposed(house: &House) -> (Case, String) {
    let case = small(house).await;
    let archivist = house.sign_in(Who::Archivist).await;
    let address = propose(&archivist, &case).await;
    second_archivist(house).await;
    (case, address)
}

both! {
    async fn what_was_approved_is_ended_after_a_kill(house) {
        let (case, address) = proposed(&house).await;
        let digests: Vec<_> = case.dossier(&house).await.attachments.iter().map(|one| one.digest).collect();
        let installation = installation(&house);
        let mut server = Server::start(&installation);
        server.log_in("otherprofessional");
        assert_eq!(server.post(&format!("{address}/approve"), "").0, 303);
        server.kill();
        assert_eq!(house.number("SELECT COUNT(*) FROM disposals WHERE outcome = 'approved'").await, 1);
        // Whatever the kill left half done, also a file that was taken aside and not removed.
        if let Some(digest) = digests.iter().find(|digest| house.original(digest).exists()) {
            let aside = house.data_dir().join("tmp").join(format!("removing-{digest}"));
            std::fs::rename(house.original(digest), aside).unwrap();
        }
        // The one that was killed has the job for a minute; here it is over.
        house.sql("UPDATE leases SET until = 0").await;
        let server = Server::start(&installation);
        let began = Instant::now();
        while house.number("SELECT COUNT(*) FROM disposals WHERE cleaned_at IS NOT NULL").await == 0 {
            assert!(began.elapsed() < PATIENCE, "{}", server.log_so_far());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server.kill();
        for digest in &digests {
            assert!(!house.original(digest).exists(), "{digest}");
        }
        assert_eq!(std::fs::read_dir(house.data_dir().join("tmp")).unwrap().count(), 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM disposed_files WHERE removed_at IS NULL").await, 0);
        let config = installation.config().display().to_string();
        let verified = run(&["verify", "--json", "--config", &config]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    }
}
