//! Sample forms for tests: untouched, and sent back with errors and a warning.

use super::*;
use crate::case::fields::{FieldKind, FieldSpec, Value, Values};
use crate::web::pages::case_list::sample::ago;
use crate::web::pages::field::{Confirm, Errors, Warning, sections};
use crate::web::pages::parts::Tone;

fn spec(id: &str, label: &str, kind: FieldKind, required: bool) -> FieldSpec {
    FieldSpec {
        id: id.into(),
        label: label.into(),
        kind,
        required,
        max_length: None,
        min: None,
        max: None,
        choices: Vec::new(),
        hint: None,
        autocomplete: None,
        section: None,
    }
}

fn content_specs() -> Vec<FieldSpec> {
    use FieldKind::{Choices, LongText, Tel};
    let mut needs = spec("needs", "轉介需求", Choices, true);
    needs.choices = vec!["社工師".into(), "心理師".into()];
    needs.hint = Some("至少選一項。".into());
    let mut problem = spec("problem", "問題簡述", LongText, true);
    problem.hint = Some("請寫主要困難、持續多久、已做過的處理。".into());
    vec![
        FieldSpec { autocomplete: Some("tel".into()), ..spec("phone", "連絡電話", Tel, true) },
        spec("phone_alt", "次要聯絡電話", Tel, true),
        problem,
        needs,
        spec("expectation", "轉介期待", LongText, true),
        spec("note", "備註", LongText, false),
    ]
}

fn subject_specs() -> Vec<FieldSpec> {
    use FieldKind::{Choice, Date, LongText, Number, Tel, Text};
    let choice = |id, label, choices: &[&str]| FieldSpec {
        choices: choices.iter().map(|&choice| choice.into()).collect(),
        ..spec(id, label, Choice, true)
    };
    let short = |id, label, required| FieldSpec { max_length: Some(50), ..spec(id, label, Text, required) };
    let child = vec![
        choice("id_kind", "證件類別", &["身分證", "統一證號", "護照", "其他"]),
        FieldSpec { max_length: Some(20), ..spec("id_number", "證件字號", Text, true) },
        short("name", "姓名", true),
        short("roman", "羅馬拼音", false),
        choice("sex", "性別", &["男", "女"]),
        spec("birth", "生日", Date, true),
    ];
    let school = vec![
        choice("special_education", "是否為特教生", &["是", "否"]),
        choice("background", "學生背景", &["一般生", "原住民", "新住民"]),
        FieldSpec { hint: Some("年".into()), ..spec("grade", "年級", Number, true) },
        FieldSpec { hint: Some("班".into()), ..spec("class", "班級", Number, true) },
        short("counsellor", "輔導老師姓名", true),
        spec("counsellor_phone", "輔導老師電話", Tel, true),
        short("tutor", "導師姓名", true),
        spec("tutor_phone", "導師電話", Tel, true),
    ];
    let home = vec![
        short("parent", "家長姓名(監護人)", true),
        short("relation", "關係", true),
        spec("phone_home", "家長聯絡電話 (H)", Tel, false),
        spec("phone_office", "家長聯絡電話 (O)", Tel, false),
        spec("mobile", "家長手機", Tel, true),
        spec("address", "家長地址", Text, true),
        spec("note", "備註", LongText, false),
    ];
    let under = |heading: &str, specs: Vec<FieldSpec>| {
        let heading = heading.to_owned();
        specs.into_iter().map(move |spec| FieldSpec { section: Some(heading.clone()), ..spec })
    };
    under("學生", child).chain(under("就學與老師", school)).chain(under("家長與聯絡", home)).collect()
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|&(id, text)| (id.to_owned(), Value::Text(text.into()))).collect()
}

fn errors(pairs: &[(&str, &str)]) -> Errors {
    pairs.iter().map(|&(id, text)| (id.to_owned(), text.to_owned())).collect()
}

impl ChooseServicePage {
    pub(crate) fn sample() -> Self {
        let service = |id: &str, title: &str, hint: &str| Choice {
            hint: (!hint.is_empty()).then(|| hint.into()),
            ..Choice::labelled(id, title, id == "referral")
        };
        Self {
            frame: Frame::sample(),
            services: vec![
                service("referral", "轉介申請", ""),
                service("conference", "個案研討會議", "針對個案進行整合處遇會議"),
                service("outreach", "中心服務推廣", "例如：中心簡介、媒材及出版品分享"),
                service("supervision", "輔導人員督導 (諮詢) 會議", "例如：輔導/認輔教師會議"),
                service("consultation", "教師/家長個別諮詢服務", ""),
                service("group", "小團體輔導", "以重大事件或特殊團體申請為優先，或經本中心各分區督導同意者"),
                service("other", "其他", ""),
            ],
            error: None,
        }
    }
}

impl RecordFormPage {
    pub(crate) fn sample_content() -> Self {
        let kept = values(&[("phone", "07-1234567"), ("problem", "近一個月經常請假，與同學互動減少。")]);
        Self {
            frame: Frame::sample(),
            title: "新增案件".into(),
            step: Some("步驟 2，共 4：填寫內容".into()),
            facts: vec![
                Fact::new("服務項目", "轉介申請"),
                Fact::new("學校", "三民區 測試國小"),
                Fact::new("學制", "國小"),
                Fact::new("申請人", "測試人員"),
                Fact::new("信箱", ""),
            ],
            sections: sections(&content_specs(), &kept, &Errors::new()),
            caution: None,
            action: "/cases".into(),
            hidden: vec![("service".into(), "referral".into()), ("token".into(), "t".into())],
            draft: Some(Draft {
                key: "new-referral".into(),
                restored: Some(ago(1)),
                back: "/cases/new?service=referral".into(),
            }),
            submit: "暫存".into(),
            cancel: "/cases".into(),
        }
    }

    pub(crate) fn sample_subject() -> Self {
        Self {
            frame: Frame::sample().saying(Tone::Good, "案件暫存完成，請繼續新增服務對象"),
            title: "新增服務對象".into(),
            step: Some("步驟 3，共 4：服務對象".into()),
            facts: vec![Fact::new("案件編號", "1150000123"), Fact::new("服務項目", "轉介申請")],
            sections: sections(&subject_specs(), &values(&[("id_kind", "身分證")]), &Errors::new()),
            action: "/cases/1150000123/subject".into(),
            hidden: vec![("version".into(), "3".into()), ("token".into(), "t".into())],
            draft: Some(Draft {
                key: "subject-1150000123".into(),
                restored: None,
                back: "/cases/1150000123/subject".into(),
            }),
            submit: "儲存服務對象".into(),
            cancel: "/cases/1150000123?tab=subject".into(),
            ..Self::sample_content()
        }
    }

    pub(crate) fn sample_subject_refused() -> Self {
        let typed = values(&[
            ("id_kind", "身分證"),
            ("id_number", "E123456789"),
            ("name", "王小\u{1F47E}明"),
            ("sex", "男"),
            ("birth", "114/13/40"),
            ("mobile", "0912-345-678"),
        ]);
        let wrong = errors(&[
            ("name", "「\u{1F47E}」（U+1F47E）沒有可以列印的字形。請改用替代字，並在備註說明。"),
            ("birth", "沒有這一天。請以 2025/12/18 或 114/12/18 的寫法輸入。"),
            ("address", "請填寫家長地址。"),
        ]);
        let mut page = Self::sample_subject();
        page.frame.notices.clear();
        page.caution = Some("申請單已列印。修改會印在申請單上的欄位後，需要重新列印並重新核章。".into());
        page.sections = sections(&subject_specs(), &typed, &wrong);
        page.field_mut("id_number").unwrap().warning = Some(Warning {
            sentence: "這個字號的檢查碼不符，可能打錯了一個字。".into(),
            confirm: Some(Confirm {
                name: "confirm_id_number".into(),
                label: "我已核對證件，字號確實如此".into(),
                given: false,
            }),
        });
        page
    }
}
