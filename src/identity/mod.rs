//! Who someone is: passwords, second factors, sign-on, sessions and devices; and what strangers meet: captchas,
//! limits, one-time links and the collection notice. What they may do is the business of
//! [`crate::case`].
//!
//! The way in: [`login`] or a sign-on or [`devices`], then [`sessions::begin`], then what is owed
//! ([`sessions::Stage`]): [`second_factor`], a new password. [`log`] tells of each event in one place.

pub mod agent;
pub mod captcha;
pub mod collection;
pub mod common;
pub mod credentials;
pub mod devices;
pub mod doors;
pub mod error;
pub mod keys;
pub mod known;
pub mod limits;
pub mod links;
pub mod log;
pub mod login;
pub mod overview;
pub mod passwords;
pub mod recovery;
pub mod second_factor;
pub mod sessions;
pub mod sign_on;
pub mod totp;

pub use error::DoorError;
