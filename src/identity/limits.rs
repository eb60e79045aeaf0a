//! How often strangers may ask: each thing by the network that asks, and mails by who gets them, each kind by itself.
//!
//! Counted in windows that begin with the first request. The numbers are generous, because a whole school may
//! come from one address; they keep programs from trying thousands. Failures of one account's password are
//! counted elsewhere.

use crate::case::ids::Digest;
use crate::store::{Store, StoreError, Tx, allowances};

pub use super::login::network_of as network;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Logging in with a password.
    Login,
    /// A code of the second factor, or another fresh proof.
    Code,
    /// Setting out for the sign-on of another service.
    SignOn,
    /// Registering an account.
    Register,
    /// A link for a forgotten password, or using one.
    Password,
    /// A picture or sound of a captcha.
    Captcha,
    /// A captcha that was answered wrongly.
    WrongCaptcha,
    /// A password that didn't fit.
    WrongPassword,
    /// Opening a phone's link.
    Phone,
    /// A mail about a registration, to one address.
    RegistrationMail,
    /// A link for a forgotten password, to one account.
    PasswordMail,
    /// A question whether an account may move there, to one address.
    AddressMail,
    /// Anything, by an account that is signed in.
    SignedIn,
}

impl Asked {
    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SignOn => "sign-on",
            Self::Code => "code",
            Self::Register => "register",
            Self::Password => "password",
            Self::Captcha => "captcha",
            Self::WrongCaptcha => "wrong-captcha",
            Self::WrongPassword => "wrong-password",
            Self::Phone => "phone",
            Self::RegistrationMail => "registration-mail",
            Self::PasswordMail => "password-mail",
            Self::AddressMail => "address-mail",
            Self::SignedIn => "signed-in",
        }
    }
}

/// How often each may be asked for within the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The window in milliseconds.
    pub window: i64,
    /// Log-ins by a network.
    pub login: i64,
    /// Sign-ons that a network sets out for.
    pub sign_on: i64,
    /// Registrations by a network.
    pub register: i64,
    /// Forgotten passwords by a network.
    pub password: i64,
    /// Pictures and sounds of captchas by a network.
    pub captcha: i64,
    /// Wrong answers to captchas by a network.
    pub wrong_captcha: i64,
    /// Phone links by a network.
    pub phone: i64,
    /// Mails of each kind that strangers can cause, to one address or account.
    pub mail: i64,
    /// Requests of one account that is signed in.
    pub signed_in: i64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            window: 15 * 60_000,
            login: 300,
            sign_on: 300,
            register: 30,
            password: 30,
            captcha: 600,
            wrong_captcha: 60,
            phone: 120,
            mail: 3,
            signed_in: 6000,
        }
    }
}

impl Rates {
    const fn most(&self, asked: Asked) -> i64 {
        match asked {
            Asked::Login => self.login,
            Asked::SignOn => self.sign_on,
            Asked::Code => self.login,
            Asked::Register => self.register,
            Asked::Password => self.password,
            Asked::Captcha => self.captcha,
            Asked::WrongCaptcha => self.wrong_captcha,
            // Only counted, for whoever asks; the lock of accounts refuses.
            Asked::WrongPassword => i64::MAX,
            Asked::Phone => self.phone,
            Asked::RegistrationMail | Asked::PasswordMail | Asked::AddressMail => self.mail,
            Asked::SignedIn => self.signed_in,
        }
    }
}

/// That it was asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// Milliseconds until the next time.
    pub wait: i64,
}

impl TooOften {
    /// Whole seconds until the next time, for `Retry-After`.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.wait.div_euclid(1000) + 1
    }
}

/// Counts a request, and refuses it when there were too many.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    store: &Store,
    now: i64,
    rates: &Rates,
    asked: Asked,
    who: &str,
) -> Result<Result<(), TooOften>, StoreError> {
    let mut tx = store.write().await?;
    let spent = spend_in(&mut tx, now, rates, asked, who).await?;
    tx.commit().await?;
    Ok(spent)
}

/// The same inside a transaction.
///
/// # Errors
/// When the database fails.
pub async fn spend_in(
    tx: &mut Tx,
    now: i64,
    rates: &Rates,
    asked: Asked,
    who: &str,
) -> Result<Result<(), TooOften>, StoreError> {
    allowances::sweep(tx, now, rates.window).await?;
    let (since, used) = allowances::spend(tx, &subject(asked, who), now, rates.window).await?;
    Ok(judge(rates, asked, since, used - 1, now))
}

/// Counts so many requests of an account that is signed in, and tells when the window began and how many there are with
/// those that other processes have told of.
///
/// # Errors
/// When the database fails.
pub async fn spend_signed_in(
    store: &Store,
    now: i64,
    rates: &Rates,
    person: &str,
    many: i64,
) -> Result<(i64, i64), StoreError> {
    let mut tx = store.write().await?;
    let subject = subject(Asked::SignedIn, person);
    let counted = allowances::spend_many(&mut tx, &subject, many, now, rates.window).await?;
    tx.commit().await?;
    Ok(counted)
}

/// Whether the next request would be refused; counts nothing.
///
/// # Errors
/// When the database fails.
pub async fn look(
    store: &Store,
    now: i64,
    rates: &Rates,
    asked: Asked,
    who: &str,
) -> Result<Result<(), TooOften>, StoreError> {
    let used = allowances::used(&mut *store.read().await?, &subject(asked, who), now, rates.window).await?;
    Ok(used.map_or(Ok(()), |(since, used)| judge(rates, asked, since, used, now)))
}

/// How often it was asked for in the present window.
///
/// # Errors
/// When the database fails.
pub async fn count(
    store: &Store,
    now: i64,
    rates: &Rates,
    asked: Asked,
    who: &str,
) -> Result<i64, StoreError> {
    let used = allowances::used(&mut *store.read().await?, &subject(asked, who), now, rates.window).await?;
    Ok(used.map_or(0, |(_, used)| used))
}

fn judge(rates: &Rates, asked: Asked, since: i64, before: i64, now: i64) -> Result<(), TooOften> {
    if before < rates.most(asked) { Ok(()) } else { Err(TooOften { wait: since + rates.window - now }) }
}

/// Addresses and account names don't stand in the table.
fn subject(asked: Asked, who: &str) -> String {
    Digest::of(format!("{} {who}", asked.name()).as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_the_most_is_too_often_until_the_window_is_over() {
        let rates = Rates { phone: 2, ..Rates::default() };
        assert_eq!(judge(&rates, Asked::Phone, 1000, 1, 2000), Ok(()));
        let refused = judge(&rates, Asked::Phone, 1000, 2, 2000);
        assert_eq!(refused, Err(TooOften { wait: rates.window - 1000 }));
        assert_eq!(TooOften { wait: 1 }.seconds(), 1);
        assert_eq!(TooOften { wait: 60_000 }.seconds(), 61);
    }

    #[test]
    fn what_is_counted_names_nobody() {
        assert!(!subject(Asked::Login, "192.0.2.7").contains("192"));
        assert_ne!(subject(Asked::Login, "192.0.2.7"), subject(Asked::Phone, "192.0.2.7"));
    }
}
