//! Receipts: a page and a file for each step, whose lines `sha256sum` checks.

use std::process::Command;

use crate::support::{Case, Who};

use super::{find_everything_good, version};

both! {
    async fn every_step_has_a_receipt(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let at = version(&house, &case).await;
        house.office().send_back(&Who::Manager.actor(), &case.number, at, "校長核章不清楚").await.unwrap();
        let flow = case.get("?tab=flow").await.expect(200);
        let receipts = flow.attributes(".flow__receipt", "href");
        assert_eq!(receipts.len(), 4, "opened, printed, submitted, returned; edits have none: {receipts:?}");
        let returned = browser.get(&receipts[0]).await.expect(200);
        assert_eq!(returned.one("h1"), "已退回核章");
        let facts = returned.all(".facts > div");
        assert!(facts.contains(&"原因校長核章不清楚".to_owned()) && facts.contains(&"經辦陳個管".to_owned()), "{facts:?}");
        assert_eq!(browser.get(&receipts[1]).await.expect(200).one("h1"), "已送件");
        assert_eq!(house.sign_in(Who::Manager).await.get(&receipts[1]).await.expect(200).one("h1"), "已送件");
        for address in &receipts {
            house.sign_in(Who::OtherApplicant).await.get(address).await.expect(404);
            house.sign_in(Who::OtherApplicant).await.get(&format!("{address}.txt")).await.expect(404);
        }
        for nowhere in ["/receipts/99", "/receipts/x", "/receipts/2", "/receipts/0.txt", "/receipts/1.pdf"] {
            case.get(nowhere).await.expect(404);
        }
    }

    async fn the_file_is_checked_by_sha256sum(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        find_everything_good(&house, &case).await;
        let at = version(&house, &case).await;
        house.office().receive(&Who::Manager.actor(), &case.number, at).await.unwrap();
        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.flow[0].seq, i64::try_from(dossier.flow.len()).unwrap());
        let file = case.get(&format!("/receipts/{}.txt", dossier.flow[0].seq)).await.expect(200);
        assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
        assert!(file.header("content-disposition").starts_with("attachment"));
        let text = file.html();
        assert!(text.contains("# 收據：已收件\n") && text.contains(&format!("# 案件編號：{}\n", case.number)), "{text}");

        // The files as they were downloaded, beside the receipt.
        let folder = tempfile::tempdir().unwrap();
        let print = dossier.newest_print().unwrap();
        let scan = dossier.bound_scan().unwrap();
        let downloads = [
            (format!("/prints/{}/form.pdf", print.revision), print.digest),
            (format!("/scans/{}/original", scan.id), scan.digest),
        ];
        for (address, digest) in downloads {
            let line = text.lines().find(|line| line.starts_with(&digest.to_string())).expect("a line");
            let (_, name) = line.split_once("  ").expect("two spaces");
            std::fs::write(folder.path().join(name), case.get(&address).await.expect(200).body).unwrap();
        }
        let receipt = folder.path().join("receipt.txt");
        std::fs::write(&receipt, &file.body).unwrap();
        let checked = Command::new("sha256sum").args(["--ignore-missing", "--strict", "-c", "receipt.txt"])
            .current_dir(folder.path()).env("LC_ALL", "C.UTF-8").output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
        assert_eq!(said.matches(": OK").count(), 2, "{said}");
    }
}
