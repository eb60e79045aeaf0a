//! 帳號資料.

use axum::extract::State;
use axum::response::Response;

use super::app::App;
use super::pages::account::AccountPage;
use super::pages::frame::Here;
use super::pages::parts::Fact;
use super::trouble::html;
use super::visitor::Visitor;

/// What the system keeps about the person.
pub async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let person = &visitor.signed.person;
    let school = visitor.signed.school.as_deref();
    let roles: Vec<_> = person.roles.iter().map(|role| role.label()).collect();
    html(&AccountPage {
        frame: app.frame(Some(&visitor.signed), Here::Account),
        facts: vec![
            Fact::new("帳號名稱", &person.name),
            Fact::new("帳號", &person.login),
            Fact::new("信箱", &person.email),
            Fact::new("學校", school.map(|s| format!("{} {}", s.district, s.name)).unwrap_or_default()),
            Fact::new("學制", school.map(|s| s.stage.label()).unwrap_or_default()),
            Fact::new("角色", roles.join("、")),
        ],
        last_sign_in: None,
        change_words: "服務學校綁定後如需修改，請洽學諮中心個管組修改資料。".into(),
    })
}
