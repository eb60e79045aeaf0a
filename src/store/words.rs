//! What a text is found by: tokens of its characters and of neighbouring characters. Pure: no database.
//!
//! Chinese has no spaces between words, so a text is found by its single characters, by each two neighbours,
//! and, where it is Latin letters and digits, by each three: two digits alone stand in nearly every case. A
//! token is a hash under a key that isn't in the database, so that the index tells nothing to whoever lacks the key but
//! how often the same token stands there. Raise [`VERSION`] with any change here, or of what texts
//! are taken in: the index is made anew.
//!
//! Tokens only narrow: whether a text really holds a word is looked at in the text itself.

use std::collections::BTreeSet;

use data_encoding::BASE32HEX_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Which derivation an index was made by.
pub const VERSION: i64 = 4;
/// Words of a search that are looked for; more narrow hardly further.
const MOST_WORDS: usize = 5;
/// Tokens of one word that are looked for.
const MOST_TOKENS: usize = 16;

/// The words of a search in small letters, as texts are kept.
#[must_use]
pub fn sought(typed: &str) -> Vec<String> {
    typed.split_whitespace().take(MOST_WORDS).map(str::to_lowercase).collect()
}

/// What a text is, so that a word isn't found in the other kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// What a keyword finds.
    Keywords,
    /// Names of files.
    FileName,
}

/// Makes tokens under one key.
#[derive(Clone)]
pub struct Tokens(Hmac<Sha256>);

impl Tokens {
    /// Under this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes any key"))
    }

    /// Every token of a text.
    #[must_use]
    pub fn of(&self, kind: Text, text: &str) -> BTreeSet<String> {
        let mut grams = BTreeSet::new();
        for word in text.split_whitespace() {
            let places: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
            for length in 1..=3 {
                for window in places.windows(length + 1) {
                    let gram = &word[window[0]..window[length]];
                    if length < 3 || gram.is_ascii() {
                        grams.insert(gram);
                    }
                }
            }
        }
        grams.into_iter().map(|gram| self.token(kind, gram)).collect()
    }

    /// Tokens that every text with this word has: the longest that there are.
    #[must_use]
    pub fn wanted(&self, kind: Text, word: &str) -> Vec<String> {
        let places: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        let last = places.len() - 1;
        let gram = |from: usize, length: usize| &word[places[from]..places[from + length]];
        let mut grams = Vec::new();
        let mut covered = 0;
        for from in 0..last {
            if from + 3 <= last && gram(from, 3).is_ascii() {
                grams.push(gram(from, 3));
                covered = from + 3;
            } else if from + 2 <= last && covered < from + 2 {
                grams.push(gram(from, 2));
                covered = from + 2;
            } else if covered < from + 1 {
                grams.push(gram(from, 1));
            }
        }
        let mut seen = BTreeSet::new();
        grams.retain(|gram| seen.insert(*gram));
        grams.truncate(MOST_TOKENS);
        grams.into_iter().map(|gram| self.token(kind, gram)).collect()
    }

    /// Eight letters and digits for a few characters: forty bits.
    fn token(&self, kind: Text, gram: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(match kind {
            Text::Keywords => b"k",
            Text::FileName => b"f",
        });
        mac.update(gram.as_bytes());
        BASE32HEX_NOPAD.encode(&mac.finalize().into_bytes()[..5]).to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Tokens {
        Tokens::new(&[7; 32])
    }

    fn tokens(text: &str) -> BTreeSet<String> {
        key().of(Text::Keywords, text)
    }

    fn wanted(word: &str) -> Vec<String> {
        key().wanted(Text::Keywords, word)
    }

    fn token(gram: &str) -> String {
        key().token(Text::Keywords, gram)
    }

    #[test]
    fn a_text_is_found_by_every_word_in_it() {
        let text = "1150000123\n測試國小\nwang xiaoming\na123456789\n出席率 50%、王小明";
        let all = tokens(text);
        for word in [
            "小明",
            "王小明",
            "明",
            "%",
            "50%",
            "0000123",
            "a123456789",
            "xiao",
            "in",
            "率",
            "、王",
            "0%、王",
        ] {
            let wanted = wanted(word);
            assert!(!wanted.is_empty(), "{word}");
            assert!(wanted.iter().all(|token| all.contains(token)), "{word}");
        }
    }

    #[test]
    fn what_isnt_there_is_told_apart_by_some_token() {
        let all = tokens("1150000123\n測試國小\n王小明");
        for word in ["小王", "國小王", "0000124", "51", "_", "試小"] {
            assert!(wanted(word).iter().any(|token| !all.contains(token)), "{word}");
        }
    }

    #[test]
    fn digits_are_sought_by_threes_and_chinese_by_twos() {
        assert_eq!(wanted("0000123").len(), 4, "000, 001, 012, 123");
        assert_eq!(wanted("王小明"), ["王小", "小明"].map(token));
        assert_eq!(wanted("明"), [token("明")]);
        assert_eq!(wanted("ab明"), ["ab", "b明"].map(token));
        assert_eq!(wanted(&"0123456789".repeat(9)).len(), 10);
        assert!(wanted(&"甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉".repeat(2)).len() <= MOST_TOKENS);
        assert_eq!(token("王小").len(), 8);
    }

    #[test]
    fn tokens_differ_by_key_and_by_kind_of_text() {
        assert_ne!(Tokens::new(&[8; 32]).token(Text::Keywords, "王小"), token("王小"));
        assert_ne!(key().token(Text::FileName, "王小"), token("王小"));
    }

    #[test]
    fn words_of_a_search_are_small_and_few() {
        assert_eq!(sought(" A12　王 "), ["a12", "王"], "the wide space divides too");
        assert_eq!(sought("a b c d e f").len(), MOST_WORDS);
    }
}
