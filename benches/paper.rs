//! Reading a clean two-page scan in process, and its stages.

use casebind::paper::pixels::Gray;
use casebind::paper::{self, Form, Pages, codes};
use casebind_scans::form::Recipe;
use casebind_scans::{Colours, Look, Mark, Scanner, Sheet};
use criterion::{Criterion, criterion_group, criterion_main};

fn reading(criterion: &mut Criterion) {
    let printed = Recipe::new("bench").print();
    let mut sheets = Sheet::print(&printed);
    sheets.iter_mut().for_each(|sheet| sheet.sign(Mark::RedSquare, 1));
    let all: Vec<&Sheet> = sheets.iter().collect();
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    criterion.bench_function("draw the form that a scan is compared with", |bencher| {
        bencher.iter(|| Form::new(printed.pdf.clone(), &printed.layout));
    });
    for (name, dpi, colours) in [
        ("200 dpi gray", 200.0, Colours::Gray),
        ("200 dpi colour", 200.0, Colours::Colour),
        ("300 dpi gray", 300.0, Colours::Gray),
        ("300 dpi black and white", 300.0, Colours::Bilevel),
    ] {
        let scan = Scanner::new(dpi).colours(colours).scan(&all, Look { skew: 0.4, ..Look::CLEAN });
        let open = || Pages::open(scan.clone(), u64::MAX).expect("the scan opens");
        let pages = open();
        let pictures: Vec<_> = (0..pages.len()).map(|at| pages.picture(at).expect("a picture")).collect();
        let mut group = criterion.benchmark_group(name);
        group.bench_function("two pages, from PDF to verdicts", |bencher| {
            bencher.iter(|| {
                let pages = open();
                let read = |at| paper::read(&pages.picture(at).expect("a picture"), Some(&form), None);
                (0..pages.len()).map(read).collect::<Vec<_>>()
            });
        });
        group.bench_function("one page to pixels", |bencher| bencher.iter(|| open().picture(0)));
        group.bench_function("codes of one page", |bencher| {
            bencher.iter(|| codes::find(&pictures[0], &Gray::of(&pictures[0])))
        });
        group.bench_function("last page, read", |bencher| {
            bencher.iter(|| paper::read(&pictures[pictures.len() - 1], Some(&form), None));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = reading
}
criterion_main!(benches);
