//! Who someone is: passwords, sessions, and sign-on by another service. What they may do is the business of [`crate::case`].

pub mod login;
pub mod passwords;
pub mod sessions;
pub mod sign_on;
