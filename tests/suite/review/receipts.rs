//! Receipts: a page and a file for each step, whose lines `sha256sum` checks.

use std::process::Command;

use casebind::case::ids::Digest;

use crate::support::browser::Chosen;
use crate::support::{Case, Who, paper};

use super::{find_everything_good, in_service, version};

both! {
    async fn every_step_has_a_receipt(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let at = version(&house, &case).await;
        house.office().send_back(&Who::Manager.actor(), &case.number, at, "校長核章不清楚").await.unwrap();
        let flow = case.get("?tab=flow").await.expect(200);
        let receipts = flow.attributes(".flow__receipt", "href");
        assert_eq!(receipts.len(), 7, "opened, the subject, two files, printed, submitted, returned: {receipts:?}");
        let file = browser.get(&receipts[3]).await.expect(200);
        assert_eq!(file.one("h1"), "已儲存修改");
        assert!(file.all(".facts > div").contains(&"修改新增檢附資料".to_owned()));
        let digest = case.dossier(&house).await.attachments[1].digest.to_string();
        assert_eq!(file.attributes("[data-copy]", "data-copy"), [digest]);
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
        for nowhere in ["/receipts/99", "/receipts/x", "/receipts/0", "/receipts/0.txt", "/receipts/1.pdf"] {
            case.get(nowhere).await.expect(404);
        }
    }

    async fn those_who_serve_take_receipts_too(house) {
        let case = in_service(&house).await;
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let answers = [
            ("held_on", "2026/11/20"),
            ("kind", "individual"),
            ("minutes", "50"),
            ("participants", "學生"),
            ("summary", "初談，談了家裡的事。"),
        ];
        professional.press(&form, "新增紀錄", &answers).await.leads_to(&case.path("?tab=records"));
        let record = case.dossier(&house).await.records[0].id.clone();
        let file = paper::letter("a scale");
        let page = professional.get(&case.path(&format!("/records/{record}"))).await.expect(200);
        professional.press_with(&page, "上傳檔案", &[], Chosen::pdf("量表.pdf", &file)).await.leads_to(&case.path(""));
        let address = page.link("收據");
        let receipt = professional.get(&address).await.expect(200);
        assert_eq!(receipt.one("h1"), "已寫下服務紀錄");
        assert!(receipt.all(".facts > div").contains(&"紀錄版次第 1 版".to_owned()));
        assert!(!receipt.html().contains("家裡的事"), "a receipt says nothing of what was written");
        let text = professional.get(&format!("{address}.txt")).await.expect(200).html();
        assert!(text.contains(&format!("{}  量表.pdf\n", Digest::of(&file))) && !text.contains("家裡的事"), "{text}");
        for below in ["/receipts/2", "/receipts/x"] {
            professional.get(&case.path(&format!("/records/{record}{below}"))).await.expect(404);
        }
        for who in [Who::Applicant, Who::Archivist, Who::OtherProfessional, Who::OtherSupervisor] {
            house.sign_in(who).await.get(&address).await.expect(404);
            house.sign_in(who).await.get(&format!("{address}.txt")).await.expect(404);
        }

        let closing = professional.get(&case.path("/close")).await.expect(200);
        let answers = [("closing", "improved"), ("summary", "情緒穩定")];
        professional.press(&closing, "送出結案申請", &answers).await.leads_to(&case.path("?said=closing-proposed"));
        let flow = professional.get(&case.path("?tab=flow")).await.expect(200);
        let receipt = professional.get(&flow.attributes(".flow__receipt", "href")[0]).await.expect(200);
        assert_eq!(receipt.one("h1"), "已申請結案");
        assert!(!receipt.html().contains("情緒穩定"), "the summary is for those who decide");
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/closing")).await.expect(200);
        supervisor.press(&page, "退回申請", &[("reason", "請補上紀錄")]).await.leads_to(&case.path("?said=closing-sent-back"));
        let flow = supervisor.get(&case.path("?tab=flow")).await.expect(200);
        let receipt = supervisor.get(&flow.attributes(".flow__receipt", "href")[0]).await.expect(200);
        assert_eq!(receipt.one("h1"), "已退回結案申請");
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
