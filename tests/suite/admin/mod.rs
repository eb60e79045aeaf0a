//! What administrators do, and what is written down of it: accounts, their review, schools; and the log.

mod accounts;
mod applicants;
mod jobs;
mod log;
mod review;
mod schools;

use casebind::case::holder::{Administrator, Holder};
use casebind::steps::office::Origin;

use crate::support::{House, Who};

/// The administrator, as steps demand one.
fn administrator() -> Administrator {
    Administrator::of(&Who::Administrator.actor()).unwrap()
}

/// A request from nowhere.
fn origin() -> Origin {
    Origin::new("192.0.2.7".into(), "request".into())
}

/// What was written down, oldest first: who, which, what, old and new.
async fn changes(house: &House) -> Vec<String> {
    house
        .texts(
            "SELECT actor_name || ' ' || source || ' ' || subject_name || ' ' || field || ': ' || old_value || ' -> ' \
             || new_value || CASE WHEN reason = '' THEN '' ELSE ' (' || reason || ')' END FROM changes ORDER BY at, subject_name, field",
        )
        .await
}
