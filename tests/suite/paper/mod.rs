//! What is seen on clean scans of printed forms, in process.

mod black_and_white;
mod layers;
mod outside;
mod pale;

use casebind::paper::{self, Form, PageReading, Pages, Picture, Verdict};

use crate::scans::form::Recipe;
use crate::scans::scanner::Packing;
use crate::scans::{Colours, Look, Mark, PrintedForm, Scanner, Sheet};
use crate::support::paper::referral;

fn read(pdf: Vec<u8>, printed: &PrintedForm) -> Vec<PageReading> {
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    let pages = Pages::open(pdf, u64::MAX).expect("the scan opens");
    (0..pages.len())
        .map(|at| paper::read(&pages.picture(at).expect("a picture"), Some(&form), None))
        .collect()
}

fn verdicts(readings: &[PageReading]) -> Vec<Verdict> {
    readings.iter().flat_map(|r| r.boxes.iter().map(|b| b.verdict)).collect()
}

fn assert_identified(readings: &[PageReading], recipe: &Recipe, turn: u16, what: &str) {
    for (at, reading) in (1..).zip(readings) {
        let page = at;
        assert_eq!(reading.turn, turn, "{what}: turn of page {page}");
        assert!(reading.codes.len() >= 3, "{what}: {} codes on page {page}", reading.codes.len());
        assert!(reading.misfit_mm.is_some_and(|m| m < 0.15), "{what}: misfit {:?}", reading.misfit_mm);
        for seen in &reading.codes {
            let code = seen.code;
            assert_eq!(
                (code.reference, code.page, code.pages),
                (recipe.reference(), page, recipe.pages),
                "{what}"
            );
        }
    }
}

#[test]
fn unsigned_scans_are_identified_in_four_turns_and_no_box_is_marked() {
    let recipe = Recipe::new("plain");
    let printed = recipe.print();
    let sheets = Sheet::print(&printed);
    let all: Vec<&Sheet> = sheets.iter().collect();
    for (dpi, colours, turn) in [
        (150.0, Colours::Gray, 0),
        (150.0, Colours::Colour, 180),
        (200.0, Colours::Gray, 90),
        (300.0, Colours::Gray, 270),
    ] {
        let what = format!("{dpi} dpi {colours:?} turned {turn}");
        let look = Look { turn, skew: -1.2, shift: (2.0, 1.0), ..Look::CLEAN };
        let readings = read(Scanner::new(dpi).colours(colours).scan(&all, look), &printed);
        assert_identified(&readings, &recipe, turn, &what);
        assert!(readings.iter().all(|r| (r.skew_degrees + 1.2).abs() < 0.1), "{what}: skew");
        assert_eq!(verdicts(&readings), [Verdict::Empty; 3], "{what}");
    }
}

#[test]
fn every_kind_of_mark_is_seen() {
    let recipe = Recipe::new("signed");
    let printed = referral(&recipe);
    let blank = Sheet::print(&printed);
    for (at, mark) in Mark::ALL.into_iter().enumerate() {
        let mut sheet = blank[blank.len() - 1].clone();
        sheet.sign(mark, 40 + at as u64);
        let scanner = Scanner::new([150.0, 200.0][at % 2]).colours([Colours::Gray, Colours::Colour][at % 2]);
        let readings = read(scanner.scan(&[&sheet], Look::turned([0, 90, 180, 270][at % 4])), &printed);
        assert_eq!(readings[0].boxes.len(), sheet.layout.boxes.len());
        for seen in &readings[0].boxes {
            assert_eq!(seen.verdict, Verdict::Marked, "{mark:?} in {}: ink {:.4}", seen.id, seen.ink);
            let crop = image::load_from_memory(&seen.crop).expect("a picture");
            assert!(
                crop.width() > 200 && crop.height() > 150,
                "{mark:?}: {}x{}",
                crop.width(),
                crop.height()
            );
        }
    }
}

#[test]
fn one_box_signed_among_empty_ones_is_told_apart() {
    let printed = referral(&Recipe::new("one"));
    let mut sheets = Sheet::print(&printed);
    let sheet = sheets.last_mut().expect("a page");
    let place = sheet.layout.boxes[1].clone();
    sheet.mark(&place, Mark::BluePen, 3);
    let readings = read(Scanner::new(200.0).scan(&[sheet], Look::CLEAN), &printed);
    assert_eq!(verdicts(&readings), [Verdict::Empty, Verdict::Marked, Verdict::Empty]);
}

#[test]
fn black_and_white_keeps_codes_and_seals_but_never_says_empty() {
    let recipe = Recipe::new("bilevel");
    let printed = recipe.print();
    let mut sheets = Sheet::print(&printed);
    let scanner = Scanner::new(200.0).colours(Colours::Bilevel);
    let unsigned = read(scanner.scan(&sheets.iter().collect::<Vec<_>>(), Look::turned(90)), &printed);
    assert_identified(&unsigned, &recipe, 90, "black and white");
    assert_eq!(verdicts(&unsigned), [Verdict::Unsure; 3]);
    sheets[1].sign(Mark::RedSquare, 9);
    let signed = read(scanner.scan(&[&sheets[1]], Look::CLEAN), &printed);
    assert_eq!(verdicts(&signed), [Verdict::Marked; 3]);
}

#[test]
fn blank_backs_and_foreign_pages_are_told_apart() {
    let printed = Recipe::new("duplex").print();
    let sheets = Sheet::print(&printed);
    let (blank, foreign) = (Sheet::blank(), Sheet::foreign(4));
    let pdf = Scanner::new(150.0).scan(&[&sheets[0], &blank, &sheets[1], &foreign], Look::CLEAN);
    let readings = read(pdf, &printed);
    assert_eq!(readings.iter().map(|r| r.blank).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(readings.iter().map(|r| r.codes.len()).collect::<Vec<_>>(), [4, 0, 4, 0]);
}

#[test]
fn a_form_saved_as_pdf_without_paper_is_read_by_drawing_it() {
    let recipe = Recipe::new("drawn");
    let printed = referral(&recipe);
    let readings = read(printed.pdf.clone(), &printed);
    assert_identified(&readings, &Recipe { pages: readings.len() as u8, ..recipe }, 0, "drawn");
    assert!(verdicts(&readings).iter().all(|v| *v != Verdict::Marked));
}

#[test]
fn a_page_without_codes_is_laid_over_the_form_by_its_look() {
    let printed = referral(&Recipe::new("by-look"));
    let mut sheets = Sheet::print(&printed);
    let number = sheets.len() as u8;
    let sheet = sheets.last_mut().expect("a page");
    sheet.cover_codes();
    sheet.sign(Mark::RedSquare, 2);
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    for turn in [0, 270] {
        let look = Look { turn, skew: 0.5, shift: (1.0, -2.0), ..Look::CLEAN };
        let pages = Pages::open(Scanner::new(200.0).scan(&[sheet], look), u64::MAX).expect("opens");
        let reading = paper::read(&pages.picture(0).expect("a picture"), Some(&form), Some(number));
        assert_eq!((reading.codes.len(), reading.turn, reading.judged_as), (0, turn, Some(number)));
        assert_eq!(verdicts(&[reading]), [Verdict::Marked; 3]);
    }
}

#[test]
fn packings_make_no_difference() {
    let recipe = Recipe::new("packed");
    let printed = recipe.print();
    let sheets = Sheet::print(&printed);
    for (packing, colours) in [
        (Packing::Flate, Colours::Gray),
        (Packing::Flate, Colours::Colour),
        (Packing::Jpeg(30), Colours::Gray),
        (Packing::Jpeg(30), Colours::Colour),
    ] {
        let scanner = Scanner::new(150.0).colours(colours).packing(packing);
        let readings = read(scanner.scan(&sheets.iter().collect::<Vec<_>>(), Look::CLEAN), &printed);
        assert_identified(&readings, &recipe, 0, &format!("{packing:?} {colours:?}"));
        assert_eq!(verdicts(&readings), [Verdict::Empty; 3], "{packing:?} {colours:?}");
    }
}

#[test]
fn print_that_shines_through_from_behind_is_not_this_page() {
    let recipe = Recipe::new("behind");
    let printed = referral(&recipe);
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    let drawn = Pages::open(printed.pdf.clone(), u64::MAX).expect("the form's PDF opens");
    let front = drawn.renditions(8.0).remove(0);
    let back = image::imageops::flip_horizontal(&front);
    // Nearly invisible, strong through thin paper, and as dark as print.
    for (share, blank) in [(0.12, true), (0.35, true), (1.0, false)] {
        for turned in [false, true] {
            let shine = |v: u8| 250 - (f64::from(255 - v) * share * 250.0 / 255.0) as u8;
            let mut page = back.clone();
            page.iter_mut().for_each(|v| *v = shine(*v));
            if turned {
                page = image::imageops::rotate90(&page);
            }
            let reading = paper::read(&Picture::Gray(page), Some(&form), None);
            assert_eq!((reading.codes.len(), reading.judged_as), (0, None), "{share}, turned: {turned}");
            assert_eq!(reading.blank, blank, "{share}, turned: {turned}");
        }
    }
    // The front of the same sheet still reads.
    assert!(paper::read(&Picture::Gray(front), Some(&form), None).codes.len() >= 3);
}
