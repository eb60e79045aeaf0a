//! Who someone is: passwords and sessions. What they may do is the business of [`crate::case`].

pub mod login;
pub mod passwords;
pub mod sessions;
