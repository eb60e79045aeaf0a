//! Mail: what a letter says, how it is sent, and what happens when that fails.
//!
//! A [`Letter`] has the case numbers, the table's words and links, and no personal data; one about an account has
//! an [`Errand`]; a [`Post`] hands them to a mail server ([`Smtp`]), or writes them into the outbox folder. It must
//! not know the database: which mails there are and when each is due, the steps decide.

mod errand;
mod failure;
mod letter;
mod message;
mod post;
mod smtp;

pub use errand::Errand;
pub use failure::{Failure, next_try};
pub use letter::{Letter, Letterhead, Line};
pub use message::Mailbox;
pub use post::{Delivery, Post};
pub use smtp::{Login, PostError, Smtp, Tls};
