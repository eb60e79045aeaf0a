//! Passwords that everybody knows: the list in the binary, and what is as easy to guess without a list.

use std::collections::HashSet;
use std::sync::OnceLock;

/// One a line, in small letters; lines that begin with `# ` say where they come from.
const LIST: &str = include_str!("common-passwords.txt");

/// The least of a repeated piece that isn't counted as repetition any more.
const PIECE: usize = 8;

/// Whether a password stands on the list of common ones, whatever the size of its letters.
#[must_use]
pub fn is_common(password: &str) -> bool {
    static WORDS: OnceLock<HashSet<&str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| LIST.lines().filter(|line| !line.starts_with("# ")).collect());
    words.contains(password.to_lowercase().as_str())
}

/// Whether a password is one short piece again and again, a common password again and again, or characters in a row.
#[must_use]
pub fn is_repetitive(password: &str) -> bool {
    let letters: Vec<char> = password.to_lowercase().chars().collect();
    repeats(&letters) || runs(&letters)
}

/// `abcabcabcabc`, the last piece perhaps cut off.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 2).any(|period| {
        let (piece, rest) = letters.split_at(period);
        let again = rest.iter().zip(piece.iter().cycle()).all(|(a, b)| a == b);
        again && (period < PIECE || is_common(&piece.iter().collect::<String>()))
    })
}

/// `123456789…`, `abcdefg…`, up or down, a 0 after the 9.
fn runs(letters: &[char]) -> bool {
    let step = |pair: &[char]| {
        let (a, b) = (i64::from(u32::from(pair[0])), i64::from(u32::from(pair[1])));
        match (pair[0], pair[1]) {
            ('9', '0') => 1,
            ('0', '9') => -1,
            _ => b - a,
        }
    };
    letters.len() > 2
        && matches!(step(&letters[..2]), -1..=1)
        && letters.windows(2).all(|pair| step(pair) == step(&letters[..2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_matched_whatever_the_size_of_letters() {
        for common in ["password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "QWERTY123"] {
            assert!(is_common(common), "{common}");
        }
        for other in ["correct horse battery", "", "# Common passwords", "一段沒有人猜得到的話"] {
            assert!(!is_common(other), "{other}");
        }
        let words = LIST.lines().filter(|line| !line.starts_with("# "));
        assert!(words.clone().count() > 8_000);
        assert!(words.clone().all(|word| word.to_lowercase() == word && word.chars().count() >= 8));
    }

    #[test]
    fn what_is_easy_without_a_list_is_found_too() {
        for easy in [
            "aaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "PasswordPassword",
            "123456789012345",
            "abcdefghijklmnop",
            "ponmlkjihgfedcba",
            "王小明王小明王小明王小明王小明",
            "12121212121212121",
        ] {
            assert!(is_repetitive(easy), "{easy}");
        }
        for other in ["correct horse battery", "purple-elephant-7", "aaaaaaaaaaaaaab", ""] {
            assert!(!is_repetitive(other), "{other}");
        }
    }
}
