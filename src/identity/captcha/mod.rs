//! 驗證碼: four digits as a picture and as a sound, kept in the database, good for five minutes and for one answer.
//!
//! A form carries a random identifier; the digits are drawn when its picture or sound is first asked for, so that
//! a page with a captcha that nobody looks at costs nothing. An answer takes the captcha away, right or wrong. A
//! captcha may be looked at only so often: pictures of the same digits with other noise could be laid over each
//! other.

mod picture;
mod sound;

use crate::clock::World;
use crate::store::{Store, StoreError, captchas};

/// How long the digits are good for.
pub const GOOD_MILLIS: i64 = 5 * 60_000;
/// Pictures and sounds of one captcha at most.
const MOST_LOOKS: i64 = 6;
/// Digits of a captcha.
pub const DIGITS: usize = 4;
/// Letters of an identifier: 16 bytes.
const ID_LENGTH: usize = 22;

/// When the log-in page asks for a captcha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLogin {
    /// Each time, as in the manual.
    Always,
    /// When a password didn't fit a little while ago, from the same network.
    AfterFailure,
    /// Never: registering and forgotten passwords still ask.
    Never,
}

/// A captcha by its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captcha(String);

impl Captcha {
    /// A new one.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&world.entropy.bytes::<16>()))
    }

    /// From a form or an address; nothing if no page of ours made it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (text.len() == ID_LENGTH && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// For a form or an address.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// A picture of the digits (PNG); nothing when it was looked at too often.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn picture(&self, store: &Store, world: &World) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(digits) = self.digits(store, world).await? else { return Ok(None) };
        Ok(tokio::task::spawn_blocking(move || picture::png(&digits)).await.ok().flatten())
    }

    /// The digits, spoken (WAV); nothing when it was looked at too often.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sound(&self, store: &Store, world: &World) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(digits) = self.digits(store, world).await? else { return Ok(None) };
        let seed = world.entropy.bytes::<8>();
        Ok(tokio::task::spawn_blocking(move || sound::wav(&digits, u64::from_le_bytes(seed))).await.ok())
    }

    async fn digits(&self, store: &Store, world: &World) -> Result<Option<String>, StoreError> {
        let now = world.now();
        let mut tx = store.write().await?;
        captchas::sweep(&mut tx, now).await?;
        let digits = captchas::look(&mut tx, &self.0, &draw(world), now + GOOD_MILLIS, MOST_LOOKS).await?;
        tx.commit().await?;
        Ok(digits)
    }
}

/// Whether the digits were typed rightly. The captcha is gone afterwards.
///
/// # Errors
/// When the database fails.
pub async fn check(store: &Store, world: &World, id: &str, typed: &str) -> Result<bool, StoreError> {
    let Some(captcha) = Captcha::parse(id) else { return Ok(false) };
    let mut tx = store.write().await?;
    let answer = captchas::take(&mut tx, &captcha.0, world.now()).await?;
    tx.commit().await?;
    Ok(answer.is_some_and(|answer| answer == plain_digits(typed)))
}

/// Four digits from 1 to 9, each as likely as the others.
fn draw(world: &World) -> String {
    let mut number = u64::from_le_bytes(world.entropy.bytes::<8>());
    let mut digits = String::with_capacity(DIGITS);
    for _ in 0..DIGITS {
        digits.push(char::from(b'1' + (number % 9) as u8));
        number /= 9;
    }
    digits
}

/// What was typed without spaces, full-width digits as plain ones: input methods write both.
fn plain_digits(typed: &str) -> String {
    let plain = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        c if c.is_whitespace() => None,
        c => Some(c),
    };
    typed.chars().take(32).filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_random_and_read_back() {
        let world = World::seeded(1, 0);
        let (one, two) = (Captcha::new(&world), Captcha::new(&world));
        assert_ne!(one, two);
        assert_eq!(Captcha::parse(one.as_text()), Some(one));
        for wrong in ["", "short", "../../etc/passwd______", "aaaaaaaaaaaaaaaaaaaaaaa", "驗證碼驗證碼驗證"]
        {
            assert_eq!(Captcha::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn digits_are_four_and_all_of_them_occur() {
        let world = World::seeded(7, 0);
        let drawn: Vec<String> = (0..400).map(|_| draw(&world)).collect();
        assert!(drawn.iter().all(|d| d.len() == DIGITS && d.bytes().all(|b| b.is_ascii_digit())));
        for place in 0..DIGITS {
            let mut seen: Vec<u8> = drawn.iter().map(|d| d.as_bytes()[place]).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen, b"123456789", "place {place}");
        }
    }

    #[test]
    fn input_methods_write_digits_in_two_ways() {
        assert_eq!(plain_digits(" ９5８ 0 "), "9580");
        assert_eq!(plain_digits("九五"), "九五");
    }
}
