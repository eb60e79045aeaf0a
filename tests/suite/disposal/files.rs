//! Files that several hold: each stays until the last of them goes.

use casebind::case::ids::Digest;
use casebind::steps::fixity::check::Scope;

use crate::support::browser::Chosen;
use crate::support::{Case, Who, paper};

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
}
