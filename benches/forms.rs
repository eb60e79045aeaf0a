//! Warm printing of the 轉介申請 form: one thread, every record another, about 300 distinct characters.

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::forms::{PrintRequest, Printer};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::Value;

/// A record that no other number has: names, numbers and the words of the long texts change.
fn record(sample: &Value, number: u32) -> Value {
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

fn referral(criterion: &mut Criterion) {
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let sample = &printer.templates().get("referral").expect("built in").sample;
    let key = CodeKey::from_bytes([7; 32]);
    let mut number = 0;
    criterion.bench_function("print a referral form", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                record(sample, number)
            },
            |snapshot| {
                printer.print(&PrintRequest {
                    template: "referral",
                    snapshot: &snapshot,
                    case_label: "bench".into(),
                    reference: CaseReference::standing_for("bench"),
                    revision: Revision::try_from(1).expect("in range"),
                    key: &key,
                    printed_at: Timestamp::UNIX_EPOCH,
                })
            },
            criterion::BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, referral);
criterion_main!(benches);
