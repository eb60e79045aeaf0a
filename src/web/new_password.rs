//! A new password, typed twice: checked, and hashed off the workers.

use std::sync::Arc;

use crate::identity::passwords::PasswordError;

use super::app::App;
use super::pages::field::{Field, LineKind};
use super::trouble::WebError;
use super::typed::Sent;

/// The two fields of a new password, with what won't do about them.
#[must_use]
pub fn fields(label: &str, error: Option<&Refused>) -> Vec<Field> {
    let field = |name: &str, label: &str| Field {
        autocomplete: "new-password".into(),
        ..Field::line(name, label, LineKind::Password, "")
    };
    let mut password = field("password", label);
    password.hint = Some("至少 15 個字，可以用一句話或幾個不相干的詞；不限制符號或大小寫。".into());
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

/// The PHC string of what was typed into both fields, or why it won't do.
///
/// # Errors
/// When it can't be hashed.
pub async fn hashed(app: &App, sent: &Sent) -> Result<Result<String, Refused>, WebError> {
    let password = sent.one("password");
    let (passwords, typed) = (Arc::clone(&app.passwords), password.to_owned());
    let hash = tokio::task::spawn_blocking(move || passwords.hash(&typed)).await;
    match hash.map_err(|stopped| WebError::internal(&stopped))? {
        Ok(_) if sent.one("again") != password => Ok(Err(Refused::Again)),
        Ok(hash) => Ok(Ok(hash)),
        Err(PasswordError::TooShort) => {
            Ok(Err(Refused::Password("密碼太短，至少要 15 個字。可以用一句話或幾個不相干的詞。".into())))
        }
        Err(other) => Err(WebError::internal(&other)),
    }
}

/// Whether a password fits a hash, worked out off the workers.
pub async fn fits(app: &App, password: &str, hash: &str) -> bool {
    let (passwords, typed, hash) = (Arc::clone(&app.passwords), password.to_owned(), hash.to_owned());
    tokio::task::spawn_blocking(move || passwords.verify(&typed, Some(&hash))).await.unwrap_or(false)
}
