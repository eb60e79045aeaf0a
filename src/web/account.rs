//! 帳號資料.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::identity::overview;

use super::app::App;
use super::pages::account::AccountPage;
use super::pages::frame::Here;
use super::pages::parts::Fact;
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::visitor::Visitor;

#[derive(Deserialize)]
pub struct Asked {
    said: Option<String>,
}

/// What the system keeps about the person.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let (office, session) = (&app.office, &visitor.signed.session);
    let last = overview::last_sign_in(&office.store, &visitor.actor.id).await?;
    let person = &visitor.signed.person;
    let school = visitor.signed.school.as_deref();
    let roles: Vec<_> = person.roles.iter().map(|role| role.label()).collect();
    Ok(html(&AccountPage {
        frame: visitor.frame_at(&app, Here::Account, asked.said.as_deref()),
        facts: vec![
            Fact::new("帳號名稱", &person.name),
            Fact::new("帳號", &person.login),
            Fact::new("信箱", &person.email),
            Fact::new("學校", school.map(|s| format!("{} {}", s.district, s.name)).unwrap_or_default()),
            Fact::new("學制", school.map(|s| s.stage.label()).unwrap_or_default()),
            Fact::new("角色", roles.join("、")),
        ],
        last_sign_in: last.map(|at| Moment::at(at, office.world.now())),
        has_password: person.password_hash.is_some(),
        has_second: session.has_second,
        change_words: "服務學校綁定後如需修改，請洽學諮中心個管組修改資料。".into(),
    }))
}
