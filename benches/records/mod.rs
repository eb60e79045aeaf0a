//! Records for benches: every number another, about 300 distinct characters.

#![allow(dead_code, reason = "each bench uses its part")]

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::PrintRequest;
use casebind::forms::code::CodeKey;
use serde_json::Value;

/// A record that no other number has: names, numbers and the words of the long texts change.
pub fn record(sample: &Value, number: u32) -> Value {
    let mut record = sample.clone();
    let varied = |length: u32, seed: u32| -> String {
        (0..length)
            .filter_map(|i| {
                char::from_u32(0x4e00 + (seed.wrapping_mul(2_654_435_761).wrapping_add(i * 7919)) % 3000)
            })
            .collect()
    };
    record["case"]["number"] = format!("115{number:07}").into();
    record["content"]["problem"] = varied(120, number).into();
    record["content"]["expectation"] = varied(50, number + 1).into();
    record["subject"]["name"] = varied(3, number + 2).into();
    record["subject"]["id_number"] = format!("A1{number:08}").into();
    record
}

/// The first print of a record's 轉介申請.
pub fn request<'a>(snapshot: &'a Value, key: &'a CodeKey) -> PrintRequest<'a> {
    PrintRequest {
        template: "referral",
        snapshot,
        case_label: "bench".into(),
        reference: CaseReference::standing_for("bench"),
        revision: Revision::try_from(1).expect("in range"),
        key,
        printed_at: jiff::Timestamp::UNIX_EPOCH,
    }
}
