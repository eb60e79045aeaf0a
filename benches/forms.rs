//! Warm printing of the 轉介申請 form: one thread, every record another, about 300 distinct characters.

mod records;

use casebind::forms::Printer;
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use criterion::{Criterion, criterion_group, criterion_main};

fn referral(criterion: &mut Criterion) {
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let sample = &printer.templates().get("referral").expect("built in").sample;
    let key = CodeKey::from_bytes([7; 32]);
    let mut number = 0;
    criterion.bench_function("print a referral form", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                records::record(sample, number)
            },
            |snapshot| printer.print(&records::request(&snapshot, &key)),
            criterion::BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, referral);
criterion_main!(benches);
