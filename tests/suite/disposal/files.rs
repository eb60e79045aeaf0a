//! Files that several hold: each stays until the last of them goes.

use std::fs::{self, File};
use std::time::{Duration, Instant, SystemTime};

use casebind::archive::Removed;
use casebind::case::ids::Digest;
use casebind::steps::StepError;
use casebind::steps::fixity::check::Scope;
use casebind::steps::upload::Upload;

use crate::support::browser::Chosen;
use crate::support::{Case, Database, Who, paper, run};

use super::{dispose_of, small};

both! {
    async fn a_file_of_two_cases_goes_with_the_second(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        // The same letter at both: the rows of one are pointed at the other's file.
        let shared = one.dossier(&house).await.attachments[0].digest;
        let other = two.dossier(&house).await.attachments[0].clone();
        house.sql(&format!("UPDATE attachments SET digest = '{shared}' WHERE id = '{}'", other.id)).await;
        let address = dispose_of(&house, &one).await;
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&shared).exists(), "the other case holds it");
        let archivist = house.sign_in(Who::Archivist).await;
        assert!(archivist.get(&address).await.expect(200).one("main").contains("其他案件仍持有"));
        let file = two.get(&format!("/attachments/{}", other.id)).await.expect(200);
        assert_eq!(Digest::of(&file.body), shared);

        dispose_of(&house, &two).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&shared).exists());
    }

    async fn a_stack_goes_with_the_last_of_its_cases(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let stored = house.office().originals.put_bytes(b"%PDF-1.7 a stack of two").await.unwrap();
        let digest = stored.digest;
        house.sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ('{digest}', {}, 'application/pdf', 1)",
            stored.bytes
        )).await;
        house.sql(&format!(
            "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
             VALUES ('s', 'applicant', '王小明等二人.pdf', '{digest}', 2, 'done', 1, 1)"
        )).await;
        for (seq, case) in [&one, &two].into_iter().enumerate() {
            house.sql(&format!(
                "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
                 VALUES ('s', {seq}, '{}', '[1]', '[]', 'refused', NULL, '')",
                case.id(&house).await
            )).await;
        }
        dispose_of(&house, &one).await;
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&digest).exists(), "a page of the other case is in it");
        assert_eq!(house.texts("SELECT file_name FROM stacks").await, ["王小明等二人.pdf"]);
        dispose_of(&house, &two).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&digest).exists());
        assert_eq!(house.texts("SELECT file_name FROM stacks").await, [""]);
        house.applicant().await.get("/stacks/s").await.expect(404);
    }

    async fn a_file_that_is_brought_again_before_it_went_stays(house) {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&digest);
        dispose_of(&house, &case).await;
        let other = Case::opened(&house.applicant().await).await;
        other.attach("other", Chosen::pdf("再次上傳.pdf", &bytes)).await.leads_to(&other.path("/attachments"));
        house.office().remove_disposed().await.unwrap();
        let attachment = other.dossier(&house).await.attachments[0].clone();
        assert_eq!(attachment.digest, digest);
        let file = other.get(&format!("/attachments/{}", attachment.id)).await.expect(200);
        assert!(file.body == bytes);
        // And after it went it comes back as any new file.
        let letter = paper::letter("another");
        let third = Case::opened(&house.applicant().await).await;
        third.attach("other", Chosen::pdf("a.pdf", &letter)).await.leads_to(&third.path("/attachments"));
        assert!(crate::fixity::verify(&house, Scope::ALL).await.0.is_empty());
    }

    async fn a_file_that_cannot_be_removed_stops_no_other(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let mut digests: Vec<Digest> = Vec::new();
        for case in [&one, &two] {
            digests.extend(case.dossier(&house).await.attachments.iter().map(|file| file.digest));
            dispose_of(&house, case).await;
        }
        // Where it is taken aside to lies what can't be overwritten.
        let stuck = digests[0];
        let aside = house.data_dir().join("tmp").join(format!("removing-{stuck}"));
        fs::create_dir_all(aside.join("in the way")).unwrap();
        for _ in 0..2 {
            assert!(house.office().remove_disposed().await.is_err(), "it is told of each time");
            for digest in &digests {
                assert_eq!(house.original(digest).exists(), *digest == stuck, "{digest}");
            }
            assert_eq!(house.number("SELECT COUNT(*) FROM disposals WHERE cleaned_at IS NOT NULL").await, 1);
        }
        fs::remove_dir_all(&aside).unwrap();
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(1));
        assert!(!house.original(&stuck).exists());
        assert_eq!(house.number("SELECT COUNT(*) FROM disposals WHERE cleaned_at IS NULL").await, 0);
    }

    async fn what_went_is_not_removed_again(house) {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&digest);
        dispose_of(&house, &case).await;
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(2));
        // Somebody's upload, whose row isn't written yet; however old its file looks.
        house.office().originals.put_bytes(&bytes).await.unwrap();
        File::open(house.original(&digest)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(house.office().remove_disposed().await.unwrap(), None);
        assert!(house.original(&digest).exists());
    }
}

/// On the embedded database, whose one writer at a time lets the removal come exactly between an upload's file and its row.
#[test]
fn an_upload_whose_file_is_removed_before_its_row_is_written_is_not_answered_with_success() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let case = small(&house).await;
        let digest = case.dossier(&house).await.attachments[0].digest;
        let bytes = house.plain(&digest);
        let other = Case::opened(&house.applicant().await).await;
        let office = house.office();
        File::open(house.original(&digest)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let put_at = office.originals.changed_at(&digest).await.unwrap();

        let mut writing = office.store.write().await.unwrap();
        let upload = {
            let (office, number) = (office.clone(), other.number.clone());
            let mut staging = office.originals.stage(bytes.len() as u64).await.unwrap();
            staging.write(&bytes).await.unwrap();
            let upload = Upload { file_name: "again.pdf".into(), staged: staging.finish().await.unwrap() };
            tokio::spawn(async move {
                office.add_attachment(&Who::Applicant.actor(), &number, "other", upload).await
            })
        };
        let began = Instant::now();
        while office.originals.changed_at(&digest).await.unwrap() == put_at {
            assert!(began.elapsed() < Duration::from_secs(60) && !upload.is_finished(), "it puts its file");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Now the file is let go of, with the time that it has now, and removed.
        let known = office.originals.changed_at(&digest).await.unwrap().unwrap();
        let sql = format!("UPDATE documents SET disposed_at = 1 WHERE digest = '{digest}'");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **writing).await.unwrap();
        while office.originals.remove(&digest, known, known).await.unwrap() != Removed::Now {
            assert!(began.elapsed() < Duration::from_secs(60), "the upload holds it for a moment");
        }
        writing.commit().await.unwrap();
        let answer = upload.await.unwrap();
        assert!(matches!(answer, Err(StepError::Went)), "{answer:?}");
        assert!(other.dossier(&house).await.attachments.is_empty(), "nothing was written down");

        other.attach("other", Chosen::pdf("again.pdf", &bytes)).await.leads_to(&other.path("/attachments"));
        assert!(house.original(&digest).exists());
        assert!(other.dossier(&house).await.attachments[0].digest == digest);
    });
}
