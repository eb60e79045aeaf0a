//! Two processes over one PostgreSQL and one bucket, each with a node of the store beside it: one machine, process and
//! node, is killed while people upload, and nothing that was answered is missing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use casebind::archive::Originals;

use crate::crash::{Server, uploads};
use crate::support::bucket::{VARIABLE, settings, vault};
use crate::support::command::{Installation, repository};
use crate::support::{Bucket, Database, House, run};

/// Files that each uploader hands in.
const FILES: usize = 8;

/// An installation over the data and the database of a house, with more settings.
pub fn installation(house: &House, more: &str) -> Installation {
    let installation = crate::crash::killed::installation(house);
    let config = std::fs::read_to_string(installation.config()).unwrap() + more;
    std::fs::write(installation.config(), config).unwrap();
    installation
}

/// A Garage of this test's own, whose nodes may be killed. It ends with its standard input.
struct Cluster {
    script: Child,
    told: BTreeMap<String, String>,
}

impl Cluster {
    fn start() -> Self {
        let mut script = Command::new("bash")
            .arg(repository("tests/garage"))
            .args(["sh", "-c", "env | grep ^CASEBIND_TEST_S3_; echo; cat >/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/garage starts");
        let mut told = BTreeMap::new();
        for line in BufReader::new(script.stdout.take().expect("piped")).lines().map_while(Result::ok) {
            let Some((name, value)) = line.split_once('=') else { break };
            told.insert(name.to_owned(), value.to_owned());
        }
        assert!(told.len() > 5, "the store tells where it is: {told:?}");
        Self { script, told }
    }

    fn nodes(&self, what: &str) -> Vec<&str> {
        self.told[&format!("{VARIABLE}{what}")].split(' ').collect()
    }

    /// Kills a node at once.
    fn kill(&self, node: usize) {
        let process = self.nodes("PIDS")[node];
        assert!(Command::new("kill").args(["-KILL", process]).status().expect("kill").success());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

#[test]
fn a_machine_is_killed_while_people_upload_and_nothing_that_was_answered_is_missing() {
    // Without the tests' own one there is no program to start either.
    Bucket::new(module_path!());
    run(Database::Postgres, module_path!(), |house| async move {
        let cases = uploads::cases(&house.applicant().await).await;
        let cluster = Cluster::start();
        let bucket = Bucket::told(&cluster.told, module_path!());
        let nodes = cluster.nodes("ENDPOINTS");
        let places = [bucket.by(nodes[0]), bucket.by(nodes[1])];
        let installations =
            places.each_ref().map(|place| installation(&house, &settings(place, house.data_dir())));
        let [mut one, mut two] = std::thread::scope(|scope| {
            let starting = installations.each_ref().map(|one| scope.spawn(move || Server::start(one)));
            starting.map(|server| server.join().expect("it starts"))
        });
        one.log_in("applicant");
        two.come_with(one.cookie());

        let killed = || {
            one.tell("KILL");
            cluster.kill(0);
        };
        let kept = uploads::hand_in(&cases, FILES, [&one, &two], upload, (FILES, killed));
        let clock = house.office().world.clock.clone();
        let originals =
            Originals::open_in_bucket(house.data_dir(), &places[1], &vault(house.data_dir()), &clock)
                .await
                .unwrap();
        uploads::all_is_kept(&house, &cases, &kept, (&two, &originals)).await;
        assert!(two.stop().success());
        let verified = installations[1].run(&["verify", "--json"]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    });
}

/// A release has no points to die at.
#[cfg(debug_assertions)]
#[test]
fn a_process_dies_at_each_point_of_an_upload_and_the_same_again_is_bound_once() {
    use casebind::case::ids::Digest;
    use casebind::fault::Point;

    use crate::support::{Case, paper};
    crate::support::bucket::run(
        Database::Postgres,
        concat!(module_path!(), " points"),
        |house, bucket| async move {
            let case = Case::opened(&house.applicant().await).await;
            let path = case.path("/attachments");
            let installation = installation(&house, &bucket.settings(house.data_dir()));
            let mut server = Server::start(&installation);
            server.log_in("applicant");
            let cookie = server.cookie().to_owned();
            server.kill();
            for point in [
                Point::Arrived,
                Point::Synced,
                Point::Named,
                Point::Durable,
                Point::AttachWritten,
                Point::AttachCommitted,
            ] {
                let letter = paper::letter(point.as_str());
                let mut doomed = Server::doomed(&installation, point, 1);
                doomed.come_with(&cookie);
                assert!(doomed.dies_of_upload(&path, "other", &letter), "{point}");
                let mut again = Server::start(&installation);
                again.come_with(&cookie);
                assert_eq!(again.attach(&path, "other", &letter).0, 303, "{point}");
                assert!(again.stop().success());
                let bound = case.dossier(&house).await.attachments;
                let many = bound.iter().filter(|attachment| attachment.digest == Digest::of(&letter)).count();
                assert_eq!(many, 1, "{point}");
            }
            let verified = installation.run(&["verify", "--json"]).expect(0).json();
            assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
            assert_eq!(bucket.names().await.len(), 6);
        },
    );
}

/// Uploads as a person does: where one has gone away to the other, and once more where the store wasn't to be reached.
fn upload(servers: [&Server; 2], path: &str, letter: &[u8]) {
    for _ in 0..20 {
        for server in servers {
            match server.try_attach(path, "other", letter) {
                Ok((303, _)) => return,
                Ok((503, page)) => assert!(page.contains("案件與先前已上傳的檔案都沒有改變"), "{page}"),
                Ok((status, page)) => panic!("{status}: {page}"),
                Err(_) => {}
            }
        }
    }
    panic!("nobody takes an upload any more");
}
