//! Mail: what a letter says, how it is sent, and what happens when that fails.
//!
//! A [`Letter`] has the case numbers, the table's words and links, and no personal data; one about an account has an [`Errand`]; a [`Post`] writes it
//! into the outbox folder. It must not know the database: which mails there are and when each is due, the steps
//! decide.

mod errand;
mod failure;
mod letter;
mod message;
mod post;

pub use errand::Errand;
pub use failure::{Failure, next_try};
pub use letter::{Letter, Letterhead, Line};
pub use message::Mailbox;
pub use post::{Delivery, Post};
