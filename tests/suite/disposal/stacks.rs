//! A stack in which no case was found falls away by a rule, and its file with it.

use casebind::case::ids::Digest;
use casebind::steps::fixity::check::Scope;

use crate::support::browser::Chosen;
use crate::support::{Case, House, Who, paper};

const DAY: i64 = 24 * 60 * 60_000;

/// A stack of somebody's without a case, that came now.
async fn unclaimed(house: &House, id: &str, bytes: &[u8]) -> Digest {
    let stored = house.office().originals.put_bytes(bytes).await.unwrap();
    let (digest, now) = (stored.digest, house.office().world.now());
    house
        .sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) \
             VALUES ('{digest}', {}, 'application/pdf', {now}) ON CONFLICT (digest) DO NOTHING",
            stored.bytes
        ))
        .await;
    house
        .sql(&format!(
            "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
             VALUES ('{id}', 'applicant', '王小明的信.pdf', '{digest}', 1, 'done', {now}, {now})"
        ))
        .await;
    house
        .sql(&format!(
            "INSERT INTO stack_pages (stack_id, page, kind, reason) VALUES ('{id}', 1, 'stray', '無條碼')"
        ))
        .await;
    digest
}

both! {
    async fn a_stack_without_a_case_goes_when_its_time_is_over(house) {
        let bytes = paper::letter("nobody's");
        let digest = unclaimed(&house, "old", &bytes).await;
        house.wait(200 * DAY);
        let young = unclaimed(&house, "young", &paper::letter("another's")).await;
        let archivist = house.sign_in(Who::Archivist).await;
        assert!(archivist.get("/retention").await.expect(200).one("main").contains("目前有 2 份"));
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&digest).exists(), "somebody may know its cases still");
        house.wait(200 * DAY);
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(1));
        assert!(!house.original(&digest).exists() && house.original(&young).exists());
        assert_eq!(house.texts("SELECT file_name FROM stacks WHERE id = 'old'").await, [""]);
        assert_eq!(house.texts("SELECT digest FROM stacks WHERE id = 'old'").await, [digest.to_string()]);
        assert_eq!(house.texts("SELECT reason FROM stack_pages ORDER BY stack_id").await, ["", "無條碼"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM traces WHERE action = 'let-stack-go'").await, 1);
        assert_eq!(house.office().remove_disposed().await.unwrap(), None, "once");
        let archivist = house.sign_in(Who::Archivist).await;
        assert!(archivist.get("/retention").await.expect(200).one("main").contains("目前有 1 份"));
        let page = archivist.upload("/retrieval/check", &[], Chosen::pdf("a.pdf", &bytes)).await.expect(200);
        assert_eq!(page.one("#examined-title"), "已依規定銷毀");
        assert!(page.one("main").contains("找不到所屬案件的整疊掃描檔"), "{}", page.one("main"));
        house.applicant().await.get("/stacks/old").await.expect(404);
        assert!(crate::fixity::verify(&house, Scope::ALL).await.0.is_empty());
        crate::custody::sign(&house).await;
        let (_, found) = crate::custody::checked(&house).await;
        assert!(found.is_empty(), "{found:#?}");

        // The period is data.
        house.sql("UPDATE retention_periods SET years = 3 WHERE kind = 'stack-without-case'").await;
        house.wait(400 * DAY);
        house.office().remove_disposed().await.unwrap();
        assert!(house.original(&young).exists());
        // Scanned again it is an original as any other.
        let case = Case::opened(&house.applicant().await).await;
        case.attach("other", Chosen::pdf("a.pdf", &bytes)).await.leads_to(&case.path("/attachments"));
        assert!(house.original(&digest).exists());
    }

    async fn what_a_case_holds_or_was_given_stays(house) {
        // The same file at a case, a page that was given to one, and a stray of one that is held.
        let letter = paper::letter("both");
        let shared = unclaimed(&house, "shared", &letter).await;
        let given = unclaimed(&house, "given", &paper::letter("given")).await;
        let case = Case::opened(&house.applicant().await).await;
        case.attach("other", Chosen::pdf("a.pdf", &letter)).await.leads_to(&case.path("/attachments"));
        house.sql(&format!(
            "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
             VALUES ('given', 1, '{}', '[1]', '[]', 'refused', NULL, '')",
            case.id(&house).await
        )).await;
        let held = unclaimed(&house, "held", &paper::letter("held")).await;
        let id = case.id(&house).await;
        house.sql(&format!("UPDATE stack_pages SET case_id = '{id}' WHERE stack_id = 'held'")).await;
        house.sql(&format!(
            "INSERT INTO holds (id, case_id, reason, placed_by, placed_at, lifted_why) VALUES ('h', '{id}', '', 'archivist', 1, '')"
        )).await;
        house.wait(400 * DAY);
        assert_eq!(house.office().remove_disposed().await.unwrap(), None);
        assert!([shared, given, held].iter().all(|digest| house.original(digest).exists()));
        assert_eq!(house.texts("SELECT id FROM stacks WHERE let_go_at IS NOT NULL").await, ["shared"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM documents WHERE disposed_at IS NOT NULL").await, 0);
        house.sql("UPDATE holds SET lifted_at = 2, lifted_by = 'archivist'").await;
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(1));
        assert!(!house.original(&held).exists());
        let attachment = case.dossier(&house).await.attachments[0].clone();
        let browser = house.applicant().await;
        browser.get(&case.path(&format!("/attachments/{}", attachment.id))).await.expect(200);
        assert!(crate::fixity::verify(&house, Scope::ALL).await.0.is_empty());
    }
}
