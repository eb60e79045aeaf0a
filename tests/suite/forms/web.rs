//! What people type into the forms of the seven services: kept and shown as it stands, or refused beside
//! its field; and characters without a glyph, named where they are typed.

use casebind::case::fields::{FieldKind, FieldSpec};

use super::{SERVICES, sample};
use crate::support::browser::Chosen;
use crate::support::cases::{CONTENT, SUBJECT, with};
use crate::support::{Case, House, paper};

const HOSTILE: &str = "#read(\"/etc/passwd\") $x$ *b* @r \\ // <script>alert(1)</script> ] } -- '";

/// The fields of a service with good answers, as a browser sends them.
fn answers(house: &House, service: &str) -> Vec<(FieldSpec, Vec<String>)> {
    let sample = sample(service);
    let specs = &house.office().service(service).expect("a service").fields;
    let texts = |value: &serde_json::Value| match value {
        serde_json::Value::Array(all) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        one => vec![one.as_str().unwrap_or_default().to_owned()],
    };
    specs.iter().map(|spec| (spec.clone(), texts(&sample["content"][&spec.id]))).collect()
}

fn pairs(answers: &[(FieldSpec, Vec<String>)]) -> Vec<(&str, &str)> {
    answers.iter().flat_map(|(spec, all)| all.iter().map(|one| (spec.id.as_str(), one.as_str()))).collect()
}

both! {
    async fn text_that_would_be_code_is_kept_as_it_stands(house) {
        let browser = house.applicant().await;
        for service in SERVICES {
            let mut answers = answers(&house, service);
            let mut hostile = Vec::new();
            for (spec, answer) in &mut answers {
                if matches!(spec.kind, FieldKind::Text | FieldKind::LongText) {
                    let text: String = format!("{}{HOSTILE}", spec.id).chars().take(spec.limit()).collect();
                    hostile.push((spec.id.clone(), text.trim().to_owned()));
                    *answer = vec![text];
                }
            }
            let form = browser.get(&format!("/cases/new?service={service}")).await.expect(200);
            let answer = browser.press(&form, "新增", &pairs(&answers)).await;
            answer.leads_to("/cases/");
            let number = answer.location()["/cases/".len()..].split('?').next().unwrap().to_owned();
            let form = browser.get(&format!("/cases/{number}/content")).await.expect(200);
            for (field, text) in &hostile {
                assert_eq!(&form.value(field), text, "{service} {field}");
            }
            assert!(!browser.get(&format!("/cases/{number}")).await.expect(200).has("main script"), "{service}");
        }
    }

    async fn what_no_field_takes_is_refused_beside_it_and_nothing_is_lost(house) {
        let browser = house.applicant().await;
        let megabyte = "a".repeat(1 << 20);
        for service in SERVICES {
            let answers = answers(&house, service);
            let form = browser.get(&format!("/cases/new?service={service}")).await.expect(200);
            for (at, (spec, _)) in answers.iter().enumerate() {
                let cases = [("王\u{7}明", "U+0007"), ("王\u{202e}明", "U+202E"), (megabyte.as_str(), "1048576 字")];
                let rounds = if service == "referral" { 3 } else { 2 };
                for (typed, said) in &cases[..rounds] {
                    let mut answers = answers.clone();
                    answers[at].1 = vec![(*typed).to_owned()];
                    let page = browser.press(&form, "新增", &pairs(&answers)).await.expect(422);
                    let error = page.error_of(&spec.id);
                    assert!(error.contains(&spec.label) && error.contains(said), "{service} {}: {error}", spec.id);
                    if matches!(spec.kind, FieldKind::Text | FieldKind::LongText) {
                        assert!(page.value(&spec.id) == *typed, "{service} {}", spec.id);
                    }
                }
            }
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 0);
    }

    async fn a_character_without_a_glyph_is_saved_and_named_until_it_is_mended(house) {
        let browser = house.applicant().await;
        let typed = "王\u{12000}明常請假。";
        let case = Case::ready_with(&browser, &with(&CONTENT, &[("problem", typed)])).await;
        // The case tells at once, and leads to the field instead of to a print that would be refused.
        let page = case.page().await;
        let item = page.all(".checklist__item:not(.checklist__item--done)");
        assert_eq!(item.len(), 1, "{item:?}");
        assert!(item[0].contains("「問題簡述」") && item[0].contains("\u{12000}（U+12000）"), "{item:?}");
        assert!(!page.buttons().contains(&"列印申請單".to_owned()), "{:?}", page.buttons());
        let form = browser.get(&page.link("修改")).await.expect(200);
        assert_eq!(form.value("problem"), typed);
        let said = form.error_of("problem");
        assert!(said.contains("（U+12000）") && said.contains("請改用其他字") && !said.contains('王'), "{said}");
        assert!(form.attributes("#f-problem", "aria-describedby")[0].contains("problem-warning"));
        // Whoever prints all the same is told by name, and nothing is printed.
        let refused = case.post("/print", &[]).await;
        assert!(refused.html().contains("U+12000"), "{}", refused.html());
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 0);

        browser.press(&form, "儲存", &[("problem", "王小明常請假。")]).await.leads_to(&case.path(""));
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    }

    async fn a_name_without_a_glyph_is_named_on_the_subjects_form(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.add_subject(&with(&SUBJECT, &[("name", "王\u{12000}")])).await.leads_to(&case.path(""));
        let item = case.page().await.all(".checklist__item:not(.checklist__item--done)").join(" ");
        assert!(item.contains("「姓名」") && item.contains("U+12000"), "{item}");
        let list = browser.get("/cases").await.expect(200);
        assert!(!list.buttons().contains(&"列印申請單".to_owned()), "{:?}", list.buttons());
    }

    async fn a_rare_name_prints_from_the_case(house) {
        let browser = house.applicant().await;
        let content = with(&CONTENT, &[("problem", "游𤧟與𠮷田堃喆犇\u{f0000}同班。")]);
        let case = Case::ready_with(&browser, &content).await;
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        let pdf = case.form(&house).await.pdf;
        assert!(super::text(&pdf).contains("游𤧟與𠮷田堃喆犇\u{f0000}同班。"));
    }

    async fn a_file_name_that_cannot_be_printed_is_refused_before_it_is_stored(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let page = case.attach("consent", Chosen::pdf("同意書\u{12000}.pdf", &paper::letter("x"))).await.expect(422);
        assert!(page.html().contains("檔名含有無法列印的字：\u{12000}（U+12000）"), "{}", page.html());
        assert_eq!(house.number("SELECT COUNT(*) FROM documents").await, 0);
        let hostile = format!("{}.pdf", HOSTILE.replace(['/', '\\', '"'], ""));
        case.attach("consent", Chosen::pdf(&hostile, &paper::letter("y"))).await.leads_to(&case.path("/attachments"));
        let listed = case.get("/attachments").await.expect(200);
        assert!(listed.all(".attachment").join(" ").contains("<script>alert(1)"), "{:?}", listed.all(".attachment"));
    }
}
