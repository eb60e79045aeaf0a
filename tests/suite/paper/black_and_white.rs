//! Black and white stored in shades, as scanners' programs do: what a threshold has erased is gone, whatever the
//! file says. And clean scans in gray, which are no black and white.

use casebind::paper::{Pages, Verdict};
use image::{Rgb, RgbImage};

use super::{read, verdicts};
use crate::scans::form::Recipe;
use crate::scans::scanner::Packing;
use crate::scans::{Colours, Look, Mark, PrintedForm, Scanner, Sheet, pdf};

/// The page with the seal boxes.
fn last(printed: &PrintedForm) -> Sheet {
    Sheet::print(printed).pop().expect("a page")
}

fn each(page: &RgbImage, level: impl Fn(u8) -> u8) -> RgbImage {
    let mut page = page.clone();
    page.pixels_mut().for_each(|pixel| *pixel = Rgb([level(pixel.0[1]); 3]));
    page
}

#[test]
fn a_threshold_is_seen_through_however_the_page_is_stored() {
    let printed = Recipe::new("shades").print();
    let mut sheet = last(&printed);
    for place in sheet.layout.boxes.clone() {
        let (x, y) = (place.x_mm + place.w_mm / 2.0, place.y_mm + place.h_mm / 2.0);
        let pencil: Vec<(f64, f64)> =
            (-40..40).map(f64::from).map(|i| (x + i / 5.0, y + (i / 4.0).sin() * 3.0)).collect();
        sheet.stroke(&pencil, 0.6, [205; 3], 1.0);
    }
    let scanner = Scanner::new(200.0);
    let seen = scanner.see(&sheet, &Look::CLEAN, 0);
    let verdicts_of =
        |page: &RgbImage, scanner: Scanner| verdicts(&read(pdf::scanned(vec![scanner.pack(page)]), &printed));
    assert!(verdicts_of(&seen, scanner).iter().all(|verdict| *verdict != Verdict::Empty));
    let black = each(&seen, |level| if level < 128 { 0 } else { 255 });
    let (jpeg, flate) = (Packing::Jpeg(75), Packing::Flate);
    for (what, colours, packing) in [
        ("as it is", Colours::Gray, flate),
        ("gray JPEG", Colours::Gray, jpeg),
        ("coarse gray JPEG", Colours::Gray, Packing::Jpeg(40)),
        ("colour JPEG", Colours::Colour, jpeg),
    ] {
        let verdicts = verdicts_of(&black, scanner.colours(colours).packing(packing));
        assert_eq!(verdicts, [Verdict::Unsure; 3], "{what}");
    }
}

#[test]
fn seals_are_seen_in_black_and_white_stored_in_shades() {
    let printed = Recipe::new("shades-sealed").print();
    let mut sheet = last(&printed);
    sheet.sign(Mark::RedSquare, 9);
    let scanner = Scanner::new(200.0);
    let black = each(&scanner.see(&sheet, &Look::CLEAN, 0), |level| if level < 140 { 0 } else { 255 });
    let readings = read(pdf::scanned(vec![scanner.pack(&black)]), &printed);
    assert_eq!(verdicts(&readings), [Verdict::Marked; 3]);
}

#[test]
fn a_clean_scan_whose_paper_is_clipped_to_white_is_no_black_and_white() {
    let printed = Recipe::new("clean").print();
    let sheet = last(&printed);
    for dpi in [150.0, 200.0] {
        let scanner = Scanner::new(dpi);
        // Paper beyond white, toner a little above black.
        let stretched = |level: u8| ((i32::from(level) - 8) * 255 / 230).clamp(0, 255) as u8;
        let page = each(&scanner.see(&sheet, &Look::CLEAN, 0), stretched);
        for colours in [Colours::Gray, Colours::Colour] {
            let readings = read(pdf::scanned(vec![scanner.colours(colours).pack(&page)]), &printed);
            assert_eq!(verdicts(&readings), [Verdict::Empty; 3], "{dpi} {colours:?}");
        }
    }
}

#[test]
fn a_page_that_a_program_drew_in_pure_black_on_pure_white_is_no_black_and_white() {
    let printed = Recipe::new("drawn").print();
    let pages = Pages::open(printed.pdf.clone(), u64::MAX).expect("the form opens");
    for dpi in [150.0, 300.0] {
        let page = pages.renditions(dpi / 25.4).pop().expect("a page");
        let page = RgbImage::from_fn(page.width(), page.height(), |x, y| Rgb([page.get_pixel(x, y).0[0]; 3]));
        for quality in [30, 75] {
            let scanner = Scanner::new(dpi).packing(Packing::Jpeg(quality));
            let readings = read(pdf::scanned(vec![scanner.pack(&page)]), &printed);
            assert_eq!(verdicts(&readings), [Verdict::Empty; 3], "{dpi} dpi, quality {quality}");
        }
    }
}
