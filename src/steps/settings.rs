//! 設定 at the start: held against the start before, so that a setting that was changed in the file or the environment
//! stands among the changes, with what stood there before. Nobody is known who did it: it is the system's word.

use crate::store::StoreError;
use crate::store::changes::Change;
use crate::store::started::{self, Started};

use super::accounts::Hand;
use super::{Office, StepError};

/// What stands behind a value that reads the same as before and is another: a password, or one inside of an address.
const OTHERWISE: &str = "（已變更，不顯示內容）";

impl Office {
    /// Writes down which settings differ from those of the start before, and keeps these. Returns how many differ. At the
    /// very first start there is nothing to hold them against. Of several machines each start is held against the last of
    /// any: what they are set to differently is told each time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_settings(&self, settings: &[Started]) -> Result<usize, StepError> {
        let mut tx = self.store.write().await?;
        let before = started::last(&mut tx).await?;
        let now = self.world.now();
        let mut told = 0;
        for setting in settings {
            let known = before.iter().find(|known| known.name == setting.name);
            if known == Some(setting) {
                continue;
            }
            started::keep(&mut tx, setting, now).await?;
            let Some((old, new)) = difference(known, setting).filter(|_| !before.is_empty()) else {
                continue;
            };
            let (name, new) = (setting.name.as_str(), new.as_str());
            let change =
                Change { kind: "setting", subject: name, name, field: "value", old, new, reason: "" };
            self.changed(&mut tx, &Hand::Job("start"), change).await?;
            told += 1;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(told)
    }
}

/// What stood there and what stands there now; none: it means the same. Of a key that the program before didn't have,
/// nothing stood there.
fn difference<'a>(before: Option<&'a Started>, now: &'a Started) -> Option<(&'a str, String)> {
    let (old, mark) = before.map_or(("", ""), |before| (before.value.as_str(), before.mark.as_str()));
    let hidden = !mark.is_empty() && !now.mark.is_empty() && mark != now.mark;
    if old == now.value {
        return hidden.then(|| (old, format!("{}{OTHERWISE}", now.value)));
    }
    Some((old, now.value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(value: &str, mark: &str) -> Started {
        Started { name: "mail.password".into(), value: value.into(), mark: mark.into() }
    }

    #[test]
    fn a_secret_that_is_another_is_told_without_its_value() {
        let (before, now) = (setting("…", "a"), setting("…", "b"));
        let told = difference(Some(&before), &now);
        assert_eq!(told, Some(("…", format!("…{OTHERWISE}"))));
        assert_eq!(difference(Some(&now), &now), None);
        // Said in the file what was so by itself: nothing changed.
        assert_eq!(difference(Some(&setting("20", "")), &setting("20", "")), None);
    }

    #[test]
    fn what_was_not_set_before_and_what_is_not_any_more_is_told() {
        assert_eq!(difference(None, &setting("5", "")), Some(("", "5".into())));
        assert_eq!(difference(None, &setting("", "")), None);
        assert_eq!(difference(Some(&setting("…", "a")), &setting("", "")), Some(("…", String::new())));
    }
}
