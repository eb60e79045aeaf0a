//! Recovery codes: ten, each good once, for the day on which the phone is gone.
//!
//! A code is four groups of four letters and digits. The first group (20 bits) finds the row; of the rest (60 bits)
//! only an argon2id hash is kept, as of a password.

use crate::clock::Entropy;
use crate::store::factors::RecoveryCode;

use super::error::DoorError;
use super::passwords::Passwords;

/// How many there are.
pub const CODES: usize = 10;

const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUP: usize = 4;
const LENGTH: usize = 4 * GROUP;

/// New codes, as they are shown once, and as they are kept.
///
/// # Errors
/// When a hash can't be made.
pub async fn make(
    entropy: &Entropy,
    passwords: &Passwords,
) -> Result<(Vec<String>, Vec<RecoveryCode>), DoorError> {
    let (mut shown, mut kept): (Vec<String>, Vec<RecoveryCode>) = (Vec::new(), Vec::new());
    while shown.len() < CODES {
        let letters: String =
            entropy.bytes::<LENGTH>().iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
        let (selector, rest) = letters.split_at(GROUP);
        if kept.iter().any(|code| code.selector == selector) {
            continue;
        }
        let hash = passwords.hash_secret(rest).await.map_err(DoorError::Hash)?;
        kept.push(RecoveryCode { selector: selector.into(), hash });
        shown.push(grouped(&letters));
    }
    Ok((shown, kept))
}

/// A typed code as selector and rest; none when it can't be one.
#[must_use]
pub fn parse(typed: &str) -> Option<(String, String)> {
    let letters: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '－'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let known = letters.len() == LENGTH && letters.bytes().all(|b| ALPHABET.contains(&b));
    known.then(|| (letters[..GROUP].to_owned(), letters[GROUP..].to_owned()))
}

fn grouped(letters: &str) -> String {
    letters
        .as_bytes()
        .chunks(GROUP)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let expected = Some(("abcd".to_owned(), "efgh2345mnpq".to_owned()));
        for typed in ["abcd-efgh-2345-mnpq", " ABCD efgh 2345 MNPQ ", "abcdefgh2345mnpq"] {
            assert_eq!(parse(typed), expected, "{typed}");
        }
        for other in ["", "123456", "abcd-efgh-2345", "abcd-efgh-2345-mnp1", "密密密密-efgh-2345-mnpq"] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(grouped("abcdefgh2345mnpq"), "abcd-efgh-2345-mnpq");
    }
}
