//! Who someone is: passwords and sessions; and what keeps strangers from trying too much: captchas and limits; and
//! the collection notice. What they may do is the business of [`crate::case`].

pub mod captcha;
pub mod collection;
pub mod limits;
pub mod links;
pub mod login;
pub mod passwords;
pub mod sessions;
