//! 新增帳號 and 修改帳號.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::account::{Draft, Fault};
use crate::case::role::Role;
use crate::steps::StepError;
use crate::steps::accounts::Hand;
use crate::web::app::App;
use crate::web::pages::field::{Choice, Field, Input, LineKind, Section};
use crate::web::pages::record_form::RecordFormPage;
use crate::web::trouble::{WebError, html};
use crate::web::typed::Sent;
use crate::web::visitor::Visitor;

use super::{Admin, changed, frame, path, to};

/// Where a form goes, and what it is called.
struct Form<'a> {
    title: &'a str,
    action: String,
    mark: Option<String>,
    cancel: String,
    submit: &'a str,
    own: bool,
}

/// A new account.
pub async fn new(State(app): State<App>, Admin { visitor, .. }: Admin) -> Result<Response, WebError> {
    Ok(html(&page(&app, &visitor, &making(), &Draft::default(), &[]).await?))
}

fn making() -> Form<'static> {
    Form {
        title: "新增帳號",
        action: "/admin/accounts".into(),
        mark: None,
        cancel: "/admin/accounts".into(),
        submit: "新增帳號",
        own: false,
    }
}

/// Makes it.
pub async fn add(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    sent: Sent,
) -> Result<Response, WebError> {
    let draft = typed(&sent);
    let hand = Hand::Administrator(&who, &visitor.origin);
    match app.office.make_account(hand, draft.clone()).await {
        Ok(id) => Ok(to(&id, "account-made").into_response()),
        Err(StepError::Account(faults)) => again(&app, &visitor, &making(), &draft, &faults).await,
        Err(other) => Err(other.into()),
    }
}

/// What an account says.
pub async fn edit(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let account = app.office.account(&who, &visitor.origin, &id).await?.account;
    let form = editing(&id, account.draft.mark(), who.id == id);
    Ok(html(&page(&app, &visitor, &form, &account.draft, &[]).await?))
}

fn editing(id: &str, mark: String, own: bool) -> Form<'static> {
    Form {
        title: "修改帳號",
        action: path(id, "/edit"),
        mark: Some(mark),
        cancel: path(id, ""),
        submit: "儲存",
        own,
    }
}

/// Changes it.
pub async fn save(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let own = who.id == id;
    let mut draft = typed(&sent);
    if own {
        // The own roles aren't asked for.
        draft.roles.clone_from(&who.roles);
    }
    let mark = sent.one("mark").to_owned();
    let hand = Hand::Administrator(&who, &visitor.origin);
    match app.office.change_account(hand, &id, Some(&mark), draft.clone()).await {
        Ok(()) => Ok(Redirect::to(&path(&id, "?said=saved")).into_response()),
        Err(StepError::Account(faults)) => {
            again(&app, &visitor, &editing(&id, mark, own), &draft, &faults).await
        }
        Err(other) => Err(changed(other)),
    }
}

fn typed(sent: &Sent) -> Draft {
    let text = |name: &str| sent.one(name).to_owned();
    let roles = sent.0.get("role").map(Vec::as_slice).unwrap_or_default();
    Draft {
        login: text("login"),
        name: text("name"),
        email: text("email"),
        roles: roles.iter().filter_map(|role| role.parse().ok()).collect(),
        school: text("school"),
        zone: text("zone"),
        profession: text("profession"),
    }
}

async fn again(
    app: &App,
    visitor: &Visitor,
    form: &Form<'_>,
    draft: &Draft,
    faults: &[Fault],
) -> Result<Response, WebError> {
    let page = page(app, visitor, form, draft, faults).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

async fn page(
    app: &App,
    visitor: &Visitor,
    form: &Form<'_>,
    draft: &Draft,
    faults: &[Fault],
) -> Result<RecordFormPage, WebError> {
    let zones = app.office.zone_names().await?;
    let mut fields = vec![
        line(
            "login",
            "帳號",
            LineKind::Text,
            &draft.login,
            true,
            Some("登入時輸入的名稱，英文字母一律以小寫儲存。"),
        ),
        line("name", "姓名", LineKind::Text, &draft.name, true, None),
        line("email", "信箱", LineKind::Email, &draft.email, false, Some("通知與設定密碼的連結寄到這裡。")),
    ];
    if !form.own {
        let roles =
            Role::ALL.map(|role| Choice::labelled(role.as_str(), role.label(), draft.roles.contains(&role)));
        fields.push(Field {
            input: Input::Any(roles.into()),
            ..line(
                "role",
                "角色",
                LineKind::Text,
                "",
                true,
                Some("可以有多個；變更角色或所屬後，對方須重新登入。"),
            )
        });
    }
    let mut choices = vec![Choice::labelled("", "未分區", draft.zone.is_empty())];
    choices.extend(zones.into_iter().map(|(id, name)| {
        let chosen = id == draft.zone;
        Choice::labelled(id, name, chosen)
    }));
    let places = vec![
        line(
            "school",
            "學校代碼",
            LineKind::Text,
            &draft.school,
            false,
            Some("申請人服務的學校，6 碼；留空白時，第一次登入自己選擇。"),
        ),
        Field {
            input: Input::List(choices),
            ..line("zone", "分區", LineKind::Text, "", false, Some("分區督導必須選擇。"))
        },
        line(
            "profession",
            "專業",
            LineKind::Text,
            &draft.profession,
            false,
            Some("專業輔導人員必須填寫：心理師或社工師。"),
        ),
    ];
    let mut sections = vec![
        Section { heading: Some("帳號與角色".into()), fields },
        Section { heading: Some("所屬".into()), fields: places },
    ];
    for field in sections.iter_mut().flat_map(|section| &mut section.fields) {
        let words: Vec<_> = faults.iter().filter(|f| f.field() == field.name).map(|f| f.words()).collect();
        field.error = (!words.is_empty()).then(|| words.concat());
    }
    Ok(RecordFormPage {
        frame: frame(app, visitor, None),
        title: form.title.into(),
        step: None,
        facts: Vec::new(),
        sections,
        caution: form.own.then(|| Fault::OwnRoles.words().to_owned()),
        action: form.action.clone(),
        hidden: form.mark.iter().map(|mark| ("mark".to_owned(), mark.clone())).collect(),
        draft: None,
        submit: form.submit.into(),
        cancel: form.cancel.clone(),
    })
}

fn line(name: &str, label: &str, kind: LineKind, value: &str, required: bool, hint: Option<&str>) -> Field {
    Field { required, hint: hint.map(str::to_owned), ..Field::line(name, label, kind, value) }
}
