//! What is said among the centre's own people stays there: by one's part in the case, whatever else one is.

use casebind::case::request::ClosingReason;
use casebind::case::review::{Target, Verdict};
use casebind::steps::correct::Correction;
use casebind::steps::office::Origin;
use casebind::steps::review::Judged;

use crate::support::cases::{SUBJECT, with};
use crate::support::{Browser, Case, House, Who};

use super::{in_service, version};

/// Gives somebody another role.
async fn also(house: &House, who: Who, role: &str) {
    let who = who.login();
    house
        .sql(&format!("INSERT INTO roles (person_id, role, granted_at) VALUES ('{who}', '{role}', 1)"))
        .await;
}

async fn text(browser: &Browser, address: &str) -> String {
    browser.get(address).await.expect(200).html()
}

both! {
    async fn a_corrected_number_is_masked_as_everywhere(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let other = with(&SUBJECT, &[("id_number", "B123456780")]);
        let typed = other.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect();
        let correction = Correction { content: None, subject: Some(&typed), reason: "證件字號誤植", seal_anew: false, confirmed: true, origin: &Origin::default() };
        let at = version(&house, &case).await;
        house.office().correct(&Who::Manager.actor(), &case.number, at, correction).await.unwrap();
        house.assign(&case.number, Who::Professional).await;
        for who in [Who::Applicant, Who::Manager, Who::Supervisor, Who::Professional, Who::Archivist] {
            let page = text(&house.sign_in(who).await, &case.path("")).await;
            assert!(page.contains("A12****789") && page.contains("B12****780"), "{who:?}");
            assert!(!page.contains("A123456789") && !page.contains("B123456780"), "{who:?}");
        }
    }

    async fn a_remark_is_a_note_until_a_return_has_told_it(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let attachment = case.dossier(&house).await.attachments[0].id.clone();
        let (office, manager) = (house.office(), Who::Manager.actor());
        for (target, remark) in [(Target::Seal("principal".into()), "疑似代簽"), (Target::Attachment(attachment), "看似影本")] {
            let at = version(&house, &case).await;
            let one = Judged { target, verdict: Verdict::Wanting, remark: remark.into() };
            office.judge_papers(&manager, &case.number, at, &[one]).await.unwrap();
        }
        let addresses = [case.path(""), case.path("/attachments"), format!("/api/v1/cases/{}", case.number)];
        for address in &addresses {
            let seen = text(&case.browser, address).await;
            assert!(!seen.contains("疑似代簽") && !seen.contains("看似影本"), "{address}");
        }
        assert!(text(&case.browser, &case.path("")).await.contains("校長 需補件"), "what was found is no secret");
        let desk = house.sign_in(Who::Manager).await;
        assert!(text(&desk, &case.path("")).await.contains("疑似代簽"));
        let at = version(&house, &case).await;
        office.send_back(&manager, &case.number, at, "校長欄請重新核章").await.unwrap();
        assert!(text(&case.browser, &case.path("")).await.contains("疑似代簽"));
        assert!(text(&case.browser, &case.path("/attachments")).await.contains("看似影本"));
    }

    async fn a_closing_is_read_by_those_who_work_on_the_case(house) {
        let case = in_service(&house).await;
        let (office, professional) = (house.office(), Who::Professional.actor());
        let at = version(&house, &case).await;
        let reason = Some(ClosingReason::Other);
        office.propose_closing(&professional, &case.number, at, reason, "家長要求", "服務歷程摘要").await.unwrap();
        // Two who see the case as something else, and are professional or administrator beside that.
        also(&house, Who::Archivist, "professional").await;
        also(&house, Who::Applicant, "professional").await;
        also(&house, Who::Applicant, "administrator").await;
        let address = format!("/api/v1/cases/{}", case.number);
        for (who, reads, hears) in [
            (Who::Professional, true, true),
            (Who::Supervisor, true, true),
            (Who::Manager, true, true),
            (Who::Archivist, false, true),
            (Who::Applicant, false, false),
        ] {
            let browser = house.sign_in(who).await;
            let record = text(&browser, &address).await;
            assert_eq!(record.contains("服務歷程摘要"), reads, "{who:?}");
            browser.get(&case.path("/closing")).await.expect(if reads { 200 } else { 404 });
            for flow in [case.path("?tab=flow"), format!("{address}/flow")] {
                assert_eq!(text(&browser, &flow).await.contains("家長要求"), hears, "{who:?} {flow}");
            }
        }
    }

    async fn a_supervisor_sees_no_case_that_never_was_submitted(house) {
        let browser = house.applicant().await;
        let kept = Case::ready_with(&browser, &with(&crate::support::cases::CONTENT, &[("problem", "家長不同意")])).await;
        kept.withdraw("家長不同意").await.leads_to(&kept.path(""));
        let sent = Case::submitted(&house, &browser).await;
        let at = version(&house, &sent).await;
        house.office().send_back(&Who::Manager.actor(), &sent.number, at, "缺章").await.unwrap();
        sent.withdraw("不需要了").await.leads_to(&sent.path(""));
        let supervisor = house.sign_in(Who::Supervisor).await;
        let attachment = format!("/attachments/{}", kept.dossier(&house).await.attachments[0].id);
        for below in ["", "/attachments", attachment.as_str()] {
            supervisor.get(&kept.path(below)).await.expect(404);
        }
        supervisor.get(&format!("/api/v1/cases/{}", kept.number)).await.expect(404);
        supervisor.get(&sent.path("")).await.expect(200);
        for (query, found) in [("", 1), ("?state=withdrawn", 1), ("?q=小明", 1), ("?q=家長不同意", 0)] {
            let list = supervisor.get(&format!("/cases{query}")).await.expect(200);
            assert_eq!(list.one(".tally"), format!("每頁 20 筆共 {found} 筆"), "{query}");
        }
        assert_eq!(supervisor.get("/cases").await.expect(200).all(".counts a"), ["撤案 11 筆"]);
        let file = supervisor.get("/cases/export.csv").await.expect(200).html();
        assert!(file.contains(&sent.number) && !file.contains(&kept.number));
    }
}
