//! The process dies at every named point of a disposal: what wasn't committed didn't happen, and what was is ended by the
//! next start.

use std::time::{Duration, Instant};

use casebind::case::ids::Digest;
use casebind::fault::Point;

use crate::crash::Server;
use crate::crash::killed::installation;
use crate::support::command::run;
use crate::support::{House, Who};

use super::{propose, second_archivist, small};

/// The points of a disposal, in their order.
pub const POINTS: [Point; 6] = [
    Point::DisposalWritten,
    Point::DisposalCommitted,
    Point::RemovalAside,
    Point::RemovalGone,
    Point::RemovalNoted,
    Point::DisposalLetGo,
];

/// How long the next start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far a disposal is.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    approved: bool,
    /// Files that are where they were.
    standing: usize,
    /// Files that were taken aside.
    aside: usize,
    /// Files of which is noted that they are gone.
    noted: i64,
    clean: bool,
}

async fn look(house: &House, id: &str, files: &[Digest]) -> Seen {
    let disposals = format!("SELECT COUNT(*) FROM disposals WHERE id = '{id}' AND");
    let noted =
        format!("SELECT COUNT(*) FROM disposed_files WHERE disposal_id = '{id}' AND removed_at IS NOT NULL");
    let left = std::fs::read_dir(house.data_dir().join("tmp")).unwrap().flatten();
    Seen {
        approved: house.number(&format!("{disposals} outcome = 'approved'")).await == 1,
        standing: files.iter().filter(|digest| house.original(digest).exists()).count(),
        aside: left.filter(|entry| entry.file_name().to_string_lossy().starts_with("removing-")).count(),
        noted: house.number(&noted).await,
        clean: house.number(&format!("{disposals} cleaned_at IS NOT NULL")).await == 1,
    }
}

/// How far one with two files is when it died there.
fn expected(point: Point) -> Seen {
    let (standing, aside, noted) = match point {
        Point::DisposalWritten | Point::DisposalCommitted => (2, 0, 0),
        Point::RemovalAside => (1, 1, 0),
        Point::RemovalGone => (1, 0, 0),
        Point::RemovalNoted => (1, 0, 1),
        _ => (0, 0, 2),
    };
    Seen { approved: point != Point::DisposalWritten, standing, aside, noted, clean: false }
}

both! {
    async fn a_disposal_is_done_once_wherever_it_dies(house) {
        let installation = installation(&house);
        second_archivist(&house).await;
        for point in POINTS {
            let case = small(&house).await;
            let attachments = case.dossier(&house).await.attachments;
            let files: Vec<Digest> = attachments.iter().map(|one| one.digest).collect();
            let address = propose(&house.sign_in(Who::Archivist).await, &case).await;
            let (id, approve) = (address.rsplit('/').next().unwrap(), format!("{address}/approve"));
            // The one that died has the job for a minute; here it is over.
            house.sql("UPDATE leases SET until = 0").await;
            if matches!(point, Point::DisposalWritten | Point::DisposalCommitted) {
                let mut server = Server::doomed(&installation, point, 1);
                server.log_in("otherprofessional");
                assert!(server.dies_of_post(&approve, ""), "{point}: it didn't die");
            } else {
                let other = house.sign_in(Who::OtherProfessional).await;
                other.post(&approve, &[]).await.leads_to(&address);
                Server::dies_at_work(&installation, point);
            }
            assert_eq!(look(&house, id, &files).await, expected(point), "{point}");
            if point == Point::DisposalWritten {
                assert_eq!(house.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NOT NULL").await, 0);
                let other = house.sign_in(Who::OtherProfessional).await;
                other.post(&approve, &[]).await.leads_to(&address);
            }

            house.sql("UPDATE leases SET until = 0").await;
            let server = Server::start(&installation);
            let began = Instant::now();
            while !look(&house, id, &files).await.clean {
                assert!(began.elapsed() < PATIENCE, "{point}: {}", server.log_so_far());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            server.kill();
            let done = Seen { approved: true, standing: 0, aside: 0, noted: 2, clean: true };
            assert_eq!(look(&house, id, &files).await, done, "{point}");
        }
        let disposed = house.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NOT NULL").await;
        assert_eq!(disposed, i64::try_from(POINTS.len()).unwrap());
        let config = installation.config().display().to_string();
        let verified = run(&["verify", "--json", "--config", &config]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    }
}
