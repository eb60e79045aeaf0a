//! Originals on their way out: hashed again, and never a damaged byte.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use casebind::case::ids::Digest;

use crate::support::{Case, log};

/// Changes one byte in the middle of a file that nobody may write to.
fn flip(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// The address and digest of every kind of document of a submitted case.
async fn documents(house: &crate::support::House, case: &Case) -> Vec<(String, Digest)> {
    let dossier = case.dossier(house).await;
    let scan = dossier.bound_scan().unwrap();
    vec![
        (format!("/prints/{}/form.pdf", dossier.prints[0].revision), dossier.prints[0].digest),
        (format!("/scans/{}/original", scan.id), scan.digest),
        (format!("/attachments/{}", dossier.attachments[0].id), dossier.attachments[0].digest),
    ]
}

both! {
    async fn every_original_is_hashed_before_the_first_byte_goes_out(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        for (below, digest) in documents(&house, &case).await {
            let good = case.get(&below).await.expect(200);
            assert_eq!(Digest::of(&good.body), digest);
            assert_eq!(good.header("content-length"), good.body.len().to_string());

            flip(&house.original(&digest));
            let bad = case.get(&below).await.expect(500);
            assert!(bad.header("content-type").starts_with("text/html"));
            assert!(bad.one("main").contains("與存入時的內容不符"), "{}", bad.one("main"));
            let some = &good.body[..40];
            assert!(!bad.body.windows(some.len()).any(|part| part == some), "not one byte of the file");
            assert!(!log::lines(&["ERROR", "is damaged", "alert=true", &digest.to_string()]).is_empty());

            std::fs::remove_file(house.original(&digest)).unwrap();
            let gone = case.get(&below).await.expect(500);
            assert!(gone.one("main").contains("找不到這份原始檔案"), "{}", gone.one("main"));
            assert!(!log::lines(&["ERROR", "is missing", "alert=true", &digest.to_string()]).is_empty());
        }
        // The pages themselves still open.
        case.page().await;
        case.get("/receipt").await.expect(200);
    }

    async fn a_damaged_form_is_not_compared_with(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let scan = case.signed_scan(&house).await;
        flip(&house.original(&case.newest(&house).await.digest));
        let before = house.record().await;
        case.hand_in(&scan).await.expect(500);
        assert_eq!(house.record().await, before);
    }

    async fn the_same_file_uploaded_again_heals_a_damaged_original(house) {
        use crate::support::browser::Chosen;
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let file = crate::support::paper::letter(&format!("consent {}", case.number));
        let digest = Digest::of(&file);
        flip(&house.original(&digest));
        case.attach("other", Chosen::pdf("x.pdf", &file)).await.leads_to(&case.path("/attachments"));
        for link in case.get("/attachments").await.expect(200).attributes(".attachment__file a", "href") {
            browser.get(&link).await.expect(200);
        }
    }

    async fn every_look_is_traced(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let id = case.id(&house).await;
        let before = house.traces(&id).await.len();
        case.page().await;
        for (below, _) in documents(&house, &case).await {
            case.get(&below).await.expect(200);
        }
        assert_eq!(house.traces(&id).await.split_off(before), ["view-case", "view-print", "download-scan", "download-attachment"]);
        let from = house.texts("SELECT DISTINCT remote FROM traces").await;
        assert_eq!(from, [crate::support::browser::ADDRESS]);
        let unknown = house.number("SELECT COUNT(*) FROM traces WHERE request_id = ''").await;
        assert_eq!(unknown, 0, "each trace knows its request");
    }

    async fn documents_that_are_not_there_are_not_found(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let scan = case.dossier(&house).await.bound_scan().unwrap().id.clone();
        for below in [
            "/prints/9/form.pdf".to_owned(),
            "/prints/9/page-1.jpg".to_owned(),
            "/attachments/nothing".to_owned(),
            "/scans/nothing".to_owned(),
            "/scans/nothing/original".to_owned(),
            format!("/scans/{scan}/pages/9.jpg"),
            format!("/scans/{scan}/pages/..%2f1.jpg"),
            format!("/scans/{scan}/seals/nobody.png"),
        ] {
            case.get(&below).await.expect(404);
        }
        case.get("/prints/first/form.pdf").await.expect(404);
        case.get("/prints/99999/form.pdf").await.expect(404);
    }
}
