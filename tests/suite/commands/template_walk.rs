//! A form that is nothing but a folder walks through the pages; a form that breaks hides no case.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use casebind::forms::Printer;
use casebind::forms::check;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::web;

use super::template_guide::{FORM, follow};
use crate::support::browser::Chosen;
use crate::support::cases::SUBJECT;
use crate::support::{Browser, Case, House, paper};

/// Answers to what the guide's form asks.
const ANSWERS: [(&str, &str); 9] = [
    ("phone", "07-1234567"),
    ("phone_alt", "0912345678"),
    ("visit_on", "115/12/18"),
    ("people", "2"),
    ("visitors", "輔導主任 王主任"),
    ("consent", "已同意"),
    ("problem", "近一個月缺席十日。"),
    ("needs", "社工師"),
    ("note", ""),
];

/// Starts the house anew with the forms of a directory.
fn start_with(house: &mut House, dir: &Path) {
    let mut printer = Printer::new(Templates::load(Some(dir)), Fonts::installed());
    check::leave_out_broken(&mut printer);
    house.app.office.printer = Arc::new(printer);
    house.router = web::router(house.app.clone());
}

async fn opened(browser: &Browser) -> Case {
    let form = browser.get(&format!("/cases/new?service={FORM}")).await.expect(200);
    let answer = browser.press(&form, "新增", &ANSWERS).await;
    answer.leads_to("/cases/");
    let number = answer.location()["/cases/".len()..].split('?').next().unwrap().to_owned();
    Case { number, browser: browser.clone() }
}

async fn printed(browser: &Browser) -> Case {
    let case = opened(browser).await;
    case.add_subject(&SUBJECT).await.leads_to(&case.path(""));
    let file = paper::letter("摘要");
    case.attach("summary", Chosen::pdf("摘要.pdf", &file)).await.leads_to(&case.path("/attachments"));
    case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    case
}

/// What another program reads on a PDF, without white space.
fn text(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pdf).unwrap();
    let output = Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
    let output = output.expect("pdftotext is of poppler-utils, which tests/run installs");
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect()
}

both! {
    async fn the_guides_form_walks_from_opening_to_submission(house) {
        let mut house = house;
        let folder = follow();
        start_with(&mut house, &folder.path().join("form-templates"));
        let browser = house.applicant().await;
        let services = browser.get("/cases/new").await.expect(200);
        assert_eq!(services.attributes("input[name=service]", "value"), [FORM]);
        assert!(services.html().contains("學校與中心專業人員共同到宅訪視"));
        // The page asks what form.toml says, under its headings, and says what won't do.
        let form = browser.press(&services, "下一步", &[]).await.expect(200);
        let html = form.html();
        for asked in ["聯絡方式", "訪視安排", "訪視目的", "訪視日期", "同行人數", "家長意願", "已同意", "聯繫中", "至少選一項"] {
            assert!(html.contains(asked), "{asked}");
        }
        let wrong = browser.press(&form, "新增", &[("people", "7"), ("visit_on", "明天")]).await.expect(422);
        assert!(wrong.error_of("people").contains("1 到 6"), "{}", wrong.error_of("people"));
        assert!(wrong.error_of("visit_on").contains("不是有效的日期"));
        assert!(wrong.error_of("consent").contains("家長意願"));

        let case = printed(&browser).await;
        let page = case.page().await.html();
        for shown in ["家庭訪視", "輔導主任 王主任", "2026/12/18"] {
            assert!(page.contains(shown), "{shown}");
        }
        let paper = case.form(&house).await;
        let words = text(&paper.pdf);
        for there in ["家庭訪視申請單", "同行人數2人", "輔導主任王主任", "中華民國115年12月18日", "☑已同意", "☑社工師", "王小明"] {
            assert!(words.contains(there), "{there} is not in {words}");
        }
        let scan = case.signed_scan(&house).await;
        let check = case.hand_in(&scan).await;
        let check = case.browser.follow(&check).await.expect(200);
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        assert_eq!(case.state().await, "送件");
    }

    async fn a_form_that_breaks_hides_no_case(house) {
        let mut house = house;
        let folder = follow();
        let dir = folder.path().join("form-templates");
        for file in ["form.toml", "form.typ", "sample.json"] {
            let from = crate::support::command::repository(&format!("form-templates/other/{file}"));
            fs::create_dir_all(dir.join("other")).unwrap();
            fs::copy(from, dir.join("other").join(file)).unwrap();
        }
        start_with(&mut house, &dir);
        let browser = house.applicant().await;
        let (draft, sealing) = (opened(&browser).await, printed(&browser).await);
        let sound = |file: &str| fs::read_to_string(dir.join(FORM).join(file)).unwrap();
        let (toml, typ) = (sound("form.toml"), sound("form.typ"));

        let broken_typ = typ.replacen("#seal-row()", "#seals-row()", 1);
        let broken_toml = toml.replacen("kind = \"date\"", "kind = \"day\"", 1);
        for (what, toml, typ) in [
            ("form.typ can't be printed", Some(toml.as_str()), broken_typ.as_str()),
            ("form.toml can't be read", Some(broken_toml.as_str()), typ.as_str()),
            ("the folder is gone", None, ""),
        ] {
            match toml {
                Some(toml) => {
                    fs::write(dir.join(FORM).join("form.toml"), toml).unwrap();
                    fs::write(dir.join(FORM).join("form.typ"), typ).unwrap();
                }
                None => fs::remove_dir_all(dir.join(FORM)).unwrap(),
            }
            start_with(&mut house, &dir);
            let browser = house.applicant().await;
            let at = |case: &Case| Case { number: case.number.clone(), browser: browser.clone() };
            let (draft, sealing) = (at(&draft), at(&sealing));
            // Cases are listed and shown with all their answers; their paper is there.
            assert_eq!(browser.get("/cases").await.expect(200).one(".tally"), "每頁 20 筆共 2 筆", "{what}");
            for case in [&draft, &sealing] {
                let page = case.page().await.html();
                for shown in ["近一個月缺席十日。", "輔導主任 王主任"] {
                    assert!(page.contains(shown), "{what}: {shown}");
                }
            }
            assert_eq!(sealing.state().await, "核章", "{what}");
            sealing.get("/prints/1/form.pdf").await.expect(200);
            // Without the folder nobody knows what its attachments were called: only then is paper stale.
            let stale = !sealing.dossier(&house).await.changed_since_print().is_empty();
            assert_eq!(stale, toml.is_none(), "{what}");
            // Nothing new begins with it; the other service does.
            let services = browser.get("/cases/new").await.expect(200);
            assert_eq!(services.attributes("input[name=service]", "value"), ["other"], "{what}");
            let told = browser.get(&format!("/cases/new?service={FORM}")).await.expect(200);
            assert!(told.has(".summary"), "{what}");
            let token = [("service", FORM), ("token", "t")];
            browser.post("/cases", &[&ANSWERS[..], &token].concat()).await.expect(404);
            browser.get("/cases/new?service=other").await.expect(200);
        }
        // A draft whose form is broken is told so when it is printed, and keeps what was typed.
        fs::create_dir(dir.join(FORM)).unwrap();
        fs::write(dir.join(FORM).join("form.toml"), &toml).unwrap();
        fs::write(dir.join(FORM).join("form.typ"), &broken_typ).unwrap();
        start_with(&mut house, &dir);
        let browser = house.applicant().await;
        let draft = Case { number: draft.number.clone(), browser };
        draft.add_subject(&SUBJECT).await.leads_to(&draft.path(""));
        let file = paper::letter("摘要");
        draft.attach("summary", Chosen::pdf("摘要.pdf", &file)).await.leads_to(&draft.path("/attachments"));
        let refused = draft.post("/print", &[]).await;
        assert!(refused.status.is_client_error() || refused.status.is_server_error(), "{}", refused.status);
        assert!(refused.one("main").contains("申請單範本有問題"), "{}", refused.one("main"));
        assert_eq!(draft.state().await, "暫存");
    }
}
