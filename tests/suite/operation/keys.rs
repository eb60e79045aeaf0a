//! Keys change under a server that people use.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use casebind::case::ids::Digest;

use super::{installation, until};
use crate::crash::Server;
use crate::support::command::casebind;
use crate::support::{Case, paper, soon};

both! {
    async fn a_generation_isnt_given_up_under_an_upload_that_is_on_its_way_with_it(house) {
        let case = Case::opened(&house.applicant().await).await;
        let installation = installation(&house, "");
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        let letter = paper::letter("under way");
        let half = server.begin_attach(&case.path("/attachments"), "other", &letter);
        let arriving = house.data_dir().join("tmp");
        until("the file is arriving", || std::fs::read_dir(&arriving).is_ok_and(|mut files| files.next().is_some()));

        installation.run(&["keys", "new"]).expect(0);
        let both = "SELECT COUNT(*) FROM sealers WHERE newest = 2 AND generation = 1";
        soon("both generations are told", async || house.number(both).await > 0).await;
        // Everything that is there needs the new one alone.
        installation.run(&["keys", "rotate"]).expect(0);
        let mut retiring = casebind(&installation.arguments(&["keys", "retire", "1"]));
        let mut retiring = retiring.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let mut said = BufReader::new(retiring.stderr.take().expect("piped"));
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.contains("1 processes are still under way with files of generation 1"), "{line}");
        assert_eq!(half.finish().0, 303);
        said.read_to_string(&mut line).unwrap();
        let needed = retiring.wait_with_output().unwrap();
        assert_eq!(needed.status.code(), Some(2), "{line}");
        let told = String::from_utf8_lossy(&needed.stdout).into_owned();
        assert!(told.contains("1 files need generation 1"), "{told}");

        installation.run(&["keys", "rotate"]).expect(0);
        installation.run(&["keys", "retire", "1"]).expect(0);
        std::fs::remove_file(house.data_dir().join("keys/archive-1.key")).unwrap();
        let (status, page) = server.get(&case.path("/attachments"));
        assert_eq!(status, 200);
        assert!(page.contains(&Digest::of(&letter).to_string()), "what was uploaded is there");
        let again = server.attach(&case.path("/attachments"), "other", &paper::letter("afterwards"));
        assert_eq!(again.0, 303);
        assert!(server.stop().success());
        installation.run(&["verify"]).expect(0);
    }
}
