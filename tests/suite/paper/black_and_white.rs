//! Black and white stored in shades, as scanners' programs do: what a threshold has erased is gone, whatever the
//! file says. And clean scans in gray, which are no black and white.

use casebind::paper::Verdict;
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

/// Turned about its middle, by the cubic of Catmull and Rom.
fn straightened(page: &RgbImage, degrees: f64) -> RgbImage {
    let (width, height) = page.dimensions();
    let (middle_x, middle_y) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let weights = |t: f64| {
        let (t2, t3) = (t * t, t * t * t);
        [
            (-t3 + 2.0 * t2 - t) / 2.0,
            (3.0 * t3 - 5.0 * t2 + 2.0) / 2.0,
            (-3.0 * t3 + 4.0 * t2 + t) / 2.0,
            (t3 - t2) / 2.0,
        ]
    };
    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (f64::from(x) - middle_x, f64::from(y) - middle_y);
        let (u, v) = (middle_x + dx * cos + dy * sin, middle_y - dx * sin + dy * cos);
        let (across, down) = (weights(u - u.floor()), weights(v - v.floor()));
        let mut sum = 0.0;
        for (row, weight) in (-1_i64..).zip(down) {
            for (column, part) in (-1_i64..).zip(across) {
                let (column, row) = (u.floor() as i64 + column, v.floor() as i64 + row);
                let place = u32::try_from(column).ok().zip(u32::try_from(row).ok());
                let pixel = place.and_then(|(column, row)| page.get_pixel_checked(column, row));
                sum += weight * part * pixel.map_or(255.0, |pixel| f64::from(pixel.0[0]));
            }
        }
        Rgb([sum.round().clamp(0.0, 255.0) as u8; 3])
    })
}

#[test]
fn a_threshold_is_seen_through_whatever_was_done_to_the_page_after_it() {
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
    let turned = straightened(&black, 0.7);
    let (jpeg, flate) = (Packing::Jpeg(75), Packing::Flate);
    for (what, page, colours, packing) in [
        ("as it is", &black, Colours::Gray, flate),
        ("gray JPEG", &black, Colours::Gray, jpeg),
        ("coarse gray JPEG", &black, Colours::Gray, Packing::Jpeg(40)),
        ("colour JPEG", &black, Colours::Colour, jpeg),
        ("straightened", &turned, Colours::Gray, flate),
        ("straightened, JPEG", &turned, Colours::Colour, jpeg),
    ] {
        let verdicts = verdicts_of(page, scanner.colours(colours).packing(packing));
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
