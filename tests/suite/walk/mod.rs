//! The applicant's walk, in its order.

mod attachments;
mod bulk;
mod content;
mod documents;
mod open;
mod phone;
mod print;
pub mod refusals;
mod scans;
mod school;
mod sealed;
mod stack_names;
mod stacks;
mod subject;
mod submit;
mod withdraw;
