//! The record, its life cycle and its rules: pure, no IO at all.
//!
//! - [`state`], [`event`], [`role`]: the words of the life cycle; [`lifecycle`]: its table;
//!   [`request`]: what the rules look at; [`refusal`]: why not.
//! - [`record`]: what professionals write down. [`review`], [`supplement`]: verdicts of the reviewer, and what reopens for the applicant.
//! - [`service`], [`fields`], [`subject`], [`validate`]: what is asked, and whether the answers will do.
//! - [`snapshot`]: the record as it is printed.
//! - [`rights`], [`holder`]: who may do what beside cases, and roles as values that steps demand.
//! - [`account`], [`school_list`]: what accounts are made of, and the ministry's lists of schools.
//! - [`trace`]: the words for who saw what. [`scan_name`]: what a scan that was cut out of a stack is called.
//! - [`notify`], [`wait`], [`patience`], [`working_days`]: who is told of what, what waits, and when somebody is reminded.
//! - [`ids`], [`stage`], [`national_id`], [`dates`], [`months`]: small types.

pub mod account;
pub mod dates;
pub mod event;
pub mod fields;
pub mod holder;
pub mod ids;
pub mod keywords;
pub mod lifecycle;
pub mod mail_kind;
pub mod months;
pub mod national_id;
pub mod not_activated;
pub mod notify;
pub mod patience;
pub mod record;
pub mod refusal;
pub mod request;
pub mod retention;
pub mod review;
pub mod rights;
pub mod role;
pub mod scan_name;
pub mod school;
pub mod school_list;
pub mod service;
pub mod snapshot;
pub mod stage;
pub mod state;
pub mod subject;
pub mod supplement;
pub mod trace;
pub mod validate;
pub mod wait;
pub mod working_days;
