//! A new password, typed twice: checked and hashed.

use crate::identity::passwords::{self, About, Fault, MIN_LENGTH, MIN_WITH_SECOND, PasswordError};

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

/// Why what was typed into both fields won't do for whom it is about; nothing: it will. Hashes nothing.
#[must_use]
pub fn fault(sent: &Sent, about: &About) -> Option<Refused> {
    let password = sent.one("password");
    let faults = passwords::check(password, about);
    if !faults.is_empty() {
        return Some(Refused::Password(faults.iter().map(Fault::words).collect::<String>()));
    }
    (sent.one("again") != password).then_some(Refused::Again)
}

/// The PHC string of what was typed into both fields, or why it won't do for whom it is about.
///
/// # Errors
/// When it can't be hashed.
pub async fn hashed(app: &App, sent: &Sent, about: &About) -> Result<Result<String, Refused>, WebError> {
    if let Some(refused) = fault(sent, about) {
        return Ok(Err(refused));
    }
    match app.passwords.make(sent.one("password"), about).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(PasswordError::Weak(faults)) => {
            Ok(Err(Refused::Password(faults.iter().map(Fault::words).collect::<String>())))
        }
        Err(other) => Err(WebError::internal(&other)),
    }
}
