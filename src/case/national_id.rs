//! 身分證字號 and 統一證號: form and checksum, and the mask for lists.
//!
//! Source of the rule: the household registration's letter values; weights 1, 9, 8 … 1, 1; sum divisible
//! by ten. A wrong checksum is a warning to confirm, not a block: the manual's own sample fails it.

/// What a number turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Form and checksum fit.
    Valid,
    /// The form fits, the checksum doesn't: to be confirmed.
    WrongChecksum,
    /// Not such a number at all.
    WrongForm,
}

/// Checks a 身分證字號: a letter, 1 or 2, eight digits.
#[must_use]
pub fn check_national(number: &str) -> Checked {
    check(number, |second| matches!(second, b'1' | b'2'))
}

/// Checks a 統一證號: a letter and 8 or 9, or of the old kind a letter and A to D, then eight digits.
#[must_use]
pub fn check_resident(number: &str) -> Checked {
    check(number, |second| matches!(second, b'8' | b'9' | b'A'..=b'D'))
}

fn check(number: &str, second_fits: impl Fn(u8) -> bool) -> Checked {
    let bytes = number.as_bytes();
    let form = bytes.len() == 10
        && bytes[0].is_ascii_uppercase()
        && second_fits(bytes[1])
        && bytes[2..].iter().all(u8::is_ascii_digit);
    if !form {
        return Checked::WrongForm;
    }
    let first = letter_value(bytes[0]);
    let second = match bytes[1] {
        digit @ b'0'..=b'9' => u32::from(digit - b'0'),
        letter => letter_value(letter) % 10,
    };
    let mut sum = first / 10 + first % 10 * 9 + second * 8;
    for (at, digit) in bytes[2..9].iter().enumerate() {
        sum += u32::from(digit - b'0') * (7 - u32::try_from(at).expect("seven digits"));
    }
    sum += u32::from(bytes[9] - b'0');
    if sum.is_multiple_of(10) { Checked::Valid } else { Checked::WrongChecksum }
}

fn letter_value(letter: u8) -> u32 {
    const ORDER: &[u8; 26] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let place = ORDER.iter().position(|known| *known == letter).expect("a capital letter");
    u32::try_from(place).expect("below 26") + 10
}

/// The number as lists show it: the first three and last three characters, `E12****789`.
/// Shorter numbers keep only their first character.
#[must_use]
pub fn mask(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    let keep = if characters.len() >= 8 { 3 } else { 0 };
    let head = keep.max(usize::from(!characters.is_empty()));
    characters
        .iter()
        .enumerate()
        .map(|(at, c)| if at < head || at >= characters.len() - keep { *c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_values_are_as_published() {
        let published = "A10 B11 C12 D13 E14 F15 G16 H17 I34 J18 K19 L20 M21 N22 O35 P23 Q24 R25 S26 T27 U28 V29 W32 X30 Y31 Z33";
        for pair in published.split(' ') {
            let (letter, value) = pair.split_at(1);
            assert_eq!(letter_value(letter.as_bytes()[0]).to_string(), value, "{letter}");
        }
    }

    #[test]
    fn checksums() {
        assert_eq!(check_national("A123456789"), Checked::Valid);
        assert_eq!(check_national("E123456789"), Checked::WrongChecksum);
        assert_eq!(check_national("A323456789"), Checked::WrongForm);
        assert_eq!(check_national("a123456789"), Checked::WrongForm);
        assert_eq!(check_national("A12345678"), Checked::WrongForm);
        assert_eq!(check_national("A12345678九"), Checked::WrongForm);
        assert_eq!(check_resident("A800000014"), Checked::Valid);
        assert_eq!(check_resident("AC01234567"), Checked::Valid);
        assert_eq!(check_resident("AC01234568"), Checked::WrongChecksum);
        assert_eq!(check_resident("A123456789"), Checked::WrongForm);
    }

    #[test]
    fn masks_keep_what_lists_need() {
        assert_eq!(mask("E123456789"), "E12****789");
        assert_eq!(mask("P1234"), "P****");
        assert_eq!(mask("AB12"), "A***");
        assert_eq!(mask("P12345"), "P*****");
        assert_eq!(mask("護照１２３４５６"), "護照１**４５６");
        assert_eq!(mask(""), "");
    }
}
