//! What doesn't belong to a box: stray lines, a neighbour's seal, changes beside the boxes, codes that no
//! decoder reads.

use casebind::paper::{ChangeKind, Obstacle, Verdict};

use super::{read, verdicts};
use crate::scans::form::Recipe;
use crate::scans::scanner::Packing;
use crate::scans::{Colours, Look, Mark, Scanner, Sheet, marks};
use crate::support::paper::referral;

#[test]
fn a_clean_scan_has_no_changes_signed_or_not() {
    let printed = Recipe::new("unchanged").print();
    let mut sheets = Sheet::print(&printed);
    for (dpi, colours) in [(150.0, Colours::Gray), (200.0, Colours::Colour), (300.0, Colours::Gray)] {
        let look = Look { skew: 0.7, shift: (1.5, -1.0), ..Look::CLEAN };
        let scan = Scanner::new(dpi).colours(colours).scan(&sheets.iter().collect::<Vec<_>>(), look);
        for reading in read(scan, &printed) {
            assert!(reading.changes.is_empty(), "{dpi} dpi: {:?}", reading.changes.len());
        }
        sheets.iter_mut().for_each(|sheet| sheet.sign(Mark::RedSquare, 5));
    }
}

#[test]
fn handwriting_and_covered_print_are_hinted_at_where_they_are() {
    let printed = referral(&Recipe::new("changed"));
    let mut sheet = Sheet::print(&printed).swap_remove(0);
    // Below the title's line a remark; over the title correction fluid.
    let remark: Vec<(f64, f64)> =
        (0..60).map(f64::from).map(|i| (150.0 + i / 3.0, 286.0 + (i / 4.0).sin() * 2.0)).collect();
    sheet.stroke(&remark, 0.5, [30, 40, 120], 0.9);
    sheet.cover(80.0, 12.0, 50.0, 18.0);
    for (dpi, turn) in [(150.0, 0), (200.0, 180)] {
        let scan = Scanner::new(dpi).colours(Colours::Colour).scan(&[&sheet], Look::turned(turn));
        let readings = read(scan, &printed);
        let places: Vec<_> =
            readings[0].changes.iter().map(|c| (c.kind, c.x_mm, c.y_mm, c.w_mm, c.h_mm)).collect();
        let at = |kind: ChangeKind, x: f64, y: f64| {
            places.iter().any(|&(k, l, t, w, h)| {
                k == kind && (l - 4.0..l + w + 4.0).contains(&x) && (t - 4.0..t + h + 4.0).contains(&y)
            })
        };
        assert!(at(ChangeKind::Added, 160.0, 286.0), "{dpi} dpi: {places:?}");
        assert!(at(ChangeKind::Covered, 105.0, 21.0), "{dpi} dpi: {places:?}");
        for change in &readings[0].changes {
            image::load_from_memory(&change.crop).expect("a picture");
        }
    }
}

/// Where a printed character of about the size of a digit lies, with others on both sides: left, top, width, height.
fn digit(sheet: &Sheet) -> (f64, f64, f64, f64) {
    let (width, height) = sheet.pixels.dimensions();
    let dark = |x: u32, y: u32| sheet.pixels.get_pixel(x, y).0[0] < 130;
    let mut met = vec![false; (width * height) as usize];
    let mut found: Vec<(f64, f64, f64, f64)> = Vec::new();
    for start in 0..met.len() as u32 {
        let (x, y) = (start % width, start / width);
        if met[start as usize] || !dark(x, y) {
            continue;
        }
        let mut waiting = vec![(x, y)];
        let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
        while let Some((x, y)) = waiting.pop() {
            if std::mem::replace(&mut met[(y * width + x) as usize], true) || !dark(x, y) {
                continue;
            }
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1));
            let beside = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)];
            let next = beside.map(|(dx, dy)| (x.wrapping_add_signed(dx), y.wrapping_add_signed(dy)));
            waiting.extend(next.into_iter().filter(|&(x, y)| x < width && y < height));
        }
        let mm = |pixels: u32| f64::from(pixels) / marks::DENSITY;
        if right > left && (1.1..2.2).contains(&mm(right - left)) && (2.0..3.2).contains(&mm(bottom - top)) {
            found.push((mm(left), mm(top), mm(right - left), mm(bottom - top)));
        }
    }
    let neighbours = |&(x, y, ..): &(f64, f64, f64, f64)| {
        let near = |from: f64, to: f64| {
            found.iter().any(|&(u, v, ..)| (v - y).abs() < 0.6 && (from..to).contains(&(u - x)))
        };
        (40.0..230.0).contains(&y) && (30.0..170.0).contains(&x) && near(1.0, 4.0) && near(-4.0, -1.0)
    };
    found.iter().copied().find(neighbours).expect("a digit among others")
}

/// Whether there is a hint of this kind at a point.
fn hinted(changes: &[casebind::paper::Change], kind: ChangeKind, (x, y): (f64, f64)) -> bool {
    changes.iter().any(|c| {
        c.kind == kind
            && (c.x_mm - 1.0..c.x_mm + c.w_mm + 1.0).contains(&x)
            && (c.y_mm - 1.0..c.y_mm + c.h_mm + 1.0).contains(&y)
    })
}

#[test]
fn a_single_digit_that_was_corrected_is_hinted_at() {
    let printed = referral(&Recipe::new("corrected"));
    let blank = Sheet::print(&printed).swap_remove(0);
    let (x, y, width, height) = digit(&blank);
    let middle = (x + width / 2.0, y + height / 2.0);
    // Correction fluid over the digit, and nothing else.
    let mut covered = blank.clone();
    covered.cover(x - 0.2, y - 0.2, width + 0.4, height + 0.4);
    // A new digit of two by three millimetres in the field of a telephone number: a seven, a two, an eight.
    let (left, top) = (150.0, 101.0);
    let strokes: [&[(f64, f64)]; 3] = [
        &[(0.0, 0.0), (2.0, 0.0), (0.8, 3.0)],
        &[(0.0, 0.6), (0.6, 0.0), (1.5, 0.0), (2.0, 0.7), (1.6, 1.5), (0.0, 3.0), (2.0, 3.0)],
        &[
            (1.0, 1.4),
            (0.2, 0.8),
            (1.0, 0.0),
            (1.8, 0.8),
            (1.0, 1.4),
            (0.0, 2.2),
            (1.0, 3.0),
            (2.0, 2.2),
            (1.0, 1.4),
        ],
    ];
    for (dpi, colours) in [(150.0, Colours::Gray), (200.0, Colours::Colour), (300.0, Colours::Gray)] {
        let scanner = Scanner::new(dpi).colours(colours);
        let seen = |sheet: &Sheet| {
            read(scanner.scan(&[sheet], Look { skew: 0.4, ..Look::CLEAN }), &printed).remove(0).changes
        };
        let changes = seen(&covered);
        assert!(hinted(&changes, ChangeKind::Covered, middle), "{dpi} dpi: {} hints", changes.len());
        assert_eq!(changes.len(), 1, "{dpi} dpi: and nothing else");
        for (at, points) in strokes.iter().enumerate() {
            let mut written = blank.clone();
            let points: Vec<_> = points.iter().map(|(dx, dy)| (left + dx, top + dy)).collect();
            written.stroke(&points, 0.45, [30, 40, 120], 0.9);
            let changes = seen(&written);
            assert!(hinted(&changes, ChangeKind::Added, (left + 1.0, top + 1.5)), "{dpi} dpi, digit {at}");
            assert_eq!(changes.len(), 1, "{dpi} dpi, digit {at}: and nothing else");
        }
    }
}

#[test]
fn worn_scans_hint_at_no_character() {
    let printed = referral(&Recipe::new("worn-print"));
    let sheets = Sheet::print(&printed);
    let all: Vec<&Sheet> = sheets.iter().collect();
    for (scanner, noise) in [
        (Scanner::new(100.0), 2.0),
        (Scanner::new(150.0).packing(Packing::Jpeg(30)), 4.0),
        (Scanner::new(200.0).colours(Colours::Bilevel), 6.0),
        (Scanner::new(150.0).colours(Colours::Colour), 9.0),
    ] {
        let look = Look { skew: -1.1, shift: (1.0, 1.5), noise, ..Look::CLEAN };
        for reading in read(scanner.scan(&all, look), &printed) {
            let covered = reading.changes.iter().filter(|change| change.kind == ChangeKind::Covered).count();
            assert_eq!(covered, 0, "{scanner:?}");
        }
    }
}

#[test]
fn a_stray_line_and_a_neighbours_seal_leave_a_box_empty() {
    let printed = referral(&Recipe::new("strays"));
    let mut sheet = Sheet::print(&printed).pop().expect("a page");
    let [first, second, third] = &sheet.layout.boxes.clone()[..] else { panic!("three boxes") };
    let middle = |place: &casebind::forms::layout::BoxPlace| place.y_mm + place.h_mm / 2.0;
    // The second box's seal, over its left edge into the first.
    let mut moved = second.clone();
    (moved.x_mm, moved.w_mm) = (second.x_mm - 4.0, 16.0);
    sheet.mark(&moved, Mark::RedSquare, 7);
    let (left, right) = (third.x_mm - 3.0, third.x_mm + third.w_mm + 5.0);
    sheet.stroke(&[(left, middle(third) - 3.0), (right, middle(third) + 2.0)], 0.25, [60; 3], 0.8);
    assert!(first.x_mm < second.x_mm);
    let readings = read(Scanner::new(200.0).colours(Colours::Colour).scan(&[&sheet], Look::CLEAN), &printed);
    assert_eq!(verdicts(&readings), [Verdict::Empty, Verdict::Marked, Verdict::Empty]);
}

#[test]
fn a_slip_of_the_pen_and_the_shadow_of_a_fold_are_no_signatures() {
    let printed = referral(&Recipe::new("slips"));
    let mut sheet = Sheet::print(&printed).pop().expect("a page");
    let [first, second, third] = &sheet.layout.boxes.clone()[..] else { panic!("three boxes") };
    let middle = |place: &casebind::forms::layout::BoxPlace| {
        (place.x_mm + place.w_mm / 2.0, place.y_mm + place.h_mm / 2.0)
    };
    let (x, y) = middle(first);
    sheet.stroke(&[(x, y), (x + 0.4, y + 4.5)], 0.55, [50; 3], 0.9);
    // One edge, and it fades away on the other side.
    for step in 0..24 {
        let (up, faint) = (f64::from(step) * 0.2, 1.0 - f64::from(step) / 24.0);
        let y = middle(third).1 - up;
        sheet.stroke(&[(third.x_mm - 6.0, y), (third.x_mm + third.w_mm + 6.0, y)], 0.2, [0; 3], 0.3 * faint);
    }
    sheet.mark(second, Mark::BluePen, 9);
    let readings = read(Scanner::new(200.0).colours(Colours::Colour).scan(&[&sheet], Look::CLEAN), &printed);
    let seen = verdicts(&readings);
    assert_eq!(seen[..2], [Verdict::Unsure, Verdict::Marked]);
    assert_ne!(seen[2], Verdict::Marked);
}

#[test]
fn codes_that_no_decoder_reads_are_known_by_what_they_should_be() {
    let recipe = Recipe::new("worn");
    let (printed, newer) = (referral(&recipe), referral(&Recipe::new("worn").revision(9)));
    let mut sheet = Sheet::print(&printed).pop().expect("a page");
    for code in sheet.layout.codes.clone() {
        // Without this finder no decoder finds the code.
        sheet.cover(code.x_mm - 1.0, code.y_mm - 1.0, code.size_mm * 0.32, code.size_mm * 0.32);
    }
    sheet.sign(Mark::BluePen, 3);
    let scan = Scanner::new(200.0).scan(&[&sheet], Look { skew: 0.6, ..Look::CLEAN });
    let reading = read(scan.clone(), &printed).remove(0);
    assert_eq!(reading.codes.len(), 4);
    assert!(reading.codes.iter().all(|seen| sheet.layout.codes.iter().any(|code| code.text == seen.text)));
    assert_eq!(verdicts(&[reading]), [Verdict::Marked; 3]);
    // Of another revision, which looks the same, nothing is said but that.
    let reading = read(scan, &newer).remove(0);
    assert_eq!((reading.codes.len(), reading.looks_like), (0, Some(sheet.layout.page)));
    assert!(reading.boxes.is_empty());
}

#[test]
fn a_page_that_cannot_be_read_says_what_stands_in_the_way() {
    let printed = referral(&Recipe::new("obstacles"));
    let mut sheet = Sheet::print(&printed).pop().expect("a page");
    sheet.cover_codes();
    let far = Look { shift: (-30.0, 0.0), ..Look::CLEAN };
    let reading = read(Scanner::new(60.0).scan(&[&sheet], Look::CLEAN), &printed).remove(0);
    assert!(reading.obstacles.contains(&Obstacle::TooCoarse), "{:?}", reading.obstacles);
    let reading = read(Scanner::new(150.0).scan(&[&sheet], far), &printed).remove(0);
    assert!(reading.codes.is_empty() && reading.boxes.is_empty());
}
