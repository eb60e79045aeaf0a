//! Files that several hold: each stays until the last of them goes, but a stack goes with the first of its cases.

use std::fs::{self, File};
use std::time::{Duration, Instant, SystemTime};

use casebind::archive::Removed;
use casebind::case::ids::Digest;
use casebind::steps::StepError;
use casebind::steps::fixity::check::Scope;
use casebind::steps::stack::stray_key;
use casebind::steps::upload::Upload;

use crate::forms::ask;
use crate::support::browser::Chosen;
use crate::support::cases::stack_of;
use crate::support::{Case, Database, Who, paper, run};

use super::{dispose_of, propose, second_archivist, small};

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

    async fn a_stack_goes_with_the_first_of_its_cases(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let digest = stack_of(&house, "s", "王小明等二人.pdf", &[&one, &two]).await;
        let now = house.office().world.now();
        house.sql(&format!(
            "INSERT INTO stack_retrievals (id, person_id, digest, purpose, at, until) \
             VALUES ('r', 'archivist', '{digest}', '王小明的調閱', {now}, {now})"
        )).await;
        let picture = stray_key(&digest.to_string(), 1);
        house.office().renditions.put(&picture, vec![1]).await.unwrap();
        let address = dispose_of(&house, &one).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&digest).exists(), "a page of the case that is gone was in it");
        assert_eq!(house.office().renditions.get(&picture).await.unwrap(), None);
        assert_eq!(house.texts("SELECT file_name FROM stacks").await, [""]);
        assert_eq!(house.texts("SELECT purpose FROM stack_retrievals").await, [""]);
        assert_eq!(house.texts("SELECT digest FROM stacks").await, [digest.to_string()], "the digest stays");
        house.applicant().await.get("/stacks/s").await.expect(404);
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get(&address).await.expect(200);
        assert!(page.one("main").contains(&digest.to_string()) && !page.one("main").contains("其他案件仍持有，保留"));
        let pdf = archivist.get(&format!("{address}/certificate.pdf")).await.expect(200).body;
        let text = ask("pdftotext", &["-raw", "-enc", "UTF-8"], &pdf, &["-"]);
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(text.contains("整疊上傳的掃描檔含有這個案件的頁面，一併銷毀"), "{text}");
        // The other case keeps its own files, and is disposed of as any.
        let attachment = two.dossier(&house).await.attachments[0].clone();
        assert!(house.original(&attachment.digest).exists());
        assert!(crate::fixity::verify(&house, Scope::ALL).await.0.is_empty());
        let gone_at = format!("SELECT CAST(disposed_at AS TEXT) FROM documents WHERE digest = '{digest}'");
        let before = house.texts(&gone_at).await;
        house.wait(60_000);
        dispose_of(&house, &two).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&attachment.digest).exists());
        assert_eq!(house.texts(&gone_at).await, before, "it went once");
    }

    async fn a_disposal_waits_for_a_hold_on_another_case_of_its_stack(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let digest = stack_of(&house, "s", "整疊.pdf", &[&one, &two]).await;
        let archivist = house.sign_in(Who::Archivist).await;
        let address = propose(&archivist, &one).await;
        let held = [("number", two.number.as_str()), ("reason", "訴訟中")];
        archivist.post("/retention/holds", &held).await.expect(303);
        let other = second_archivist(&house).await;
        let page = other.get(&address).await.expect(200);
        assert!(page.one("main").contains("同一疊還有案件在法律保留中"), "{}", page.one("main"));
        other.post(&format!("{address}/approve"), &[]).await.expect(409);
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&digest).exists(), "the held case has pages in it");
        assert_eq!(house.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NOT NULL").await, 0);

        house.sql("UPDATE holds SET lifted_at = 1, lifted_by = 'archivist', lifted_why = '和解'").await;
        other.post(&format!("{address}/approve"), &[]).await.leads_to(&address);
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&digest).exists());
    }

    async fn a_stack_goes_with_a_case_whose_page_was_a_stray_in_it(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let digest = stack_of(&house, "s", "整疊.pdf", &[&one]).await;
        house.sql(&format!(
            "INSERT INTO stack_pages (stack_id, page, kind, reason, case_id) VALUES ('s', 2, 'stray', '', '{}')",
            two.id(&house).await
        )).await;
        dispose_of(&house, &two).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&digest).exists());
    }

    async fn a_stack_that_is_a_file_of_another_case_stays_with_that(house) {
        let (one, two) = (small(&house).await, small(&house).await);
        let digest = stack_of(&house, "s", "整疊.pdf", &[&one]).await;
        let attachment = two.dossier(&house).await.attachments[0].clone();
        house.sql(&format!("UPDATE attachments SET digest = '{digest}' WHERE id = '{}'", attachment.id)).await;
        dispose_of(&house, &one).await;
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&digest).exists());
        dispose_of(&house, &two).await;
        house.office().remove_disposed().await.unwrap();
        assert!(!house.original(&digest).exists());
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
