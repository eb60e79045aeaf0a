//! A new password, typed twice: checked and hashed.

use crate::identity::passwords::{About, Fault, MIN_LENGTH, MIN_WITH_SECOND, PasswordError};

use super::app::App;
use super::pages::field::{Field, LineKind};
use super::trouble::WebError;
use super::typed::Sent;

/// The two fields of a new password, with what won't do about them.
#[must_use]
pub fn fields(label: &str, second_factor: bool, error: Option<&Refused>) -> Vec<Field> {
    let field = |name: &str, label: &str| Field {
        autocomplete: "new-password".into(),
        ..Field::line(name, label, LineKind::Password, "")
    };
    let mut password = field("password", label);
    let least = if second_factor { MIN_WITH_SECOND } else { MIN_LENGTH };
    password.hint = Some(format!("至少 {least} 個字，可以用一句話或幾個不相干的詞；不限制符號或大小寫。"));
    let mut again = field("again", "再輸入一次");
    match error {
        Some(Refused::Password(words)) => password.error = Some(words.clone()),
        Some(Refused::Again) => again.error = Some("兩次輸入的密碼不一樣，請再輸入一次。".into()),
        None => {}
    }
    vec![password, again]
}

/// Why a new password won't do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The password itself, in a sentence.
    Password(String),
    /// It was typed otherwise the second time.
    Again,
}

/// The PHC string of what was typed into both fields, or why it won't do for whom it is about.
///
/// # Errors
/// When it can't be hashed.
pub async fn hashed(app: &App, sent: &Sent, about: &About) -> Result<Result<String, Refused>, WebError> {
    let password = sent.one("password");
    match app.passwords.make(password, about).await {
        Ok(_) if sent.one("again") != password => Ok(Err(Refused::Again)),
        Ok(hash) => Ok(Ok(hash)),
        Err(PasswordError::Weak(faults)) => {
            Ok(Err(Refused::Password(faults.iter().map(Fault::words).collect::<String>())))
        }
        Err(other) => Err(WebError::internal(&other)),
    }
}
