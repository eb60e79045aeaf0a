//! Pages so pale and soft that no decoder reads them: told from the backs of sheets, and what stands in the way.

use casebind::paper::pixels::box_blur;
use casebind::paper::{self, Form, Obstacle, PageReading, Pages, Picture};
use image::{GrayImage, imageops};

use crate::scans::PrintedForm;
use crate::scans::form::Recipe;
use crate::support::paper::referral;

/// Pixels a millimetre: 150 dpi.
const SCALE: f64 = 150.0 / 25.4;

fn first_page(printed: &PrintedForm) -> GrayImage {
    Pages::open(printed.pdf.clone(), u64::MAX).expect("the form opens").renditions(SCALE).remove(0)
}

/// The page with ink of this level on paper of that, blurred twice over so many pixels each way, with some grain.
fn pale(page: &GrayImage, ink: u8, paper: u8, blur: usize) -> GrayImage {
    let mut page = page.clone();
    let tone = |v: u8| ink + (u32::from(v) * u32::from(paper - ink) / 255) as u8;
    page.iter_mut().for_each(|v| *v = tone(*v));
    let mut page = box_blur(&box_blur(&page, blur), blur);
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        pixel.0[0] = (pixel.0[0] - 2) + ((x * 7919 + y * 104_729) % 5) as u8;
    }
    page
}

fn read(page: GrayImage, form: Option<&Form>) -> PageReading {
    paper::read(&Picture::Gray(page), form, None)
}

#[test]
fn a_pale_soft_page_is_no_empty_back() {
    let printed = referral(&Recipe::new("pale"));
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    let front = first_page(&printed);
    for (blur, turned) in [(2, false), (2, true), (3, false)] {
        let page = pale(&front, 185, 240, blur);
        let page = if turned { imageops::rotate90(&page) } else { page };
        // Laid over the form by its look, its codes are known though no decoder reads them.
        let reading = read(page.clone(), Some(&form));
        assert!(!reading.blank, "blur {blur}, turned: {turned}");
        assert!(!reading.codes.is_empty(), "blur {blur}, turned: {turned}: {:?}", reading.looks_like);
        assert!(reading.codes.iter().all(|seen| seen.code.page == 1));
        assert_eq!(reading.judged_as, Some(1));
        // And without a form it is told why.
        let reading = read(page, None);
        assert!(!reading.blank, "blur {blur}, turned: {turned}, no form");
        let told = reading.obstacles.contains(&Obstacle::TooPale);
        assert!(told || !reading.codes.is_empty(), "blur {blur}: {:?}", reading.obstacles);
    }
}

#[test]
fn a_pale_page_whose_codes_are_gone_is_known_by_its_look_and_said_to_be_too_pale() {
    let printed = referral(&Recipe::new("pale-look"));
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    let mut front = first_page(&printed);
    for code in &printed.layout.pages[0].codes {
        let pixel = |mm: f64| (mm * SCALE) as u32;
        for y in pixel(code.y_mm - 1.0)..pixel(code.y_mm + code.size_mm + 1.0) {
            for x in pixel(code.x_mm - 1.0)..pixel(code.x_mm + code.size_mm + 1.0) {
                front.put_pixel(x, y, image::Luma([255]));
            }
        }
    }
    let reading = read(pale(&front, 185, 240, 2), Some(&form));
    assert_eq!((reading.codes.len(), reading.blank, reading.looks_like), (0, false, Some(1)));
    assert!(reading.obstacles.contains(&Obstacle::TooPale), "{:?}", reading.obstacles);
}

#[test]
fn pale_print_from_behind_stays_an_empty_back() {
    let printed = referral(&Recipe::new("pale-behind"));
    let form = Form::new(printed.pdf.clone(), &printed.layout).expect("the form opens");
    let back = imageops::flip_horizontal(&first_page(&printed));
    // Faint, and as dark as pale print: only the form tells these apart.
    for (ink, blur, turned) in [(215, 1, false), (215, 2, true), (192, 2, false), (192, 3, true)] {
        let page = pale(&back, ink, 248, blur);
        let page = if turned { imageops::rotate270(&page) } else { page };
        let reading = read(page.clone(), Some(&form));
        assert!(reading.blank && reading.codes.is_empty(), "{ink}, blur {blur}, turned: {turned}");
        assert_eq!((reading.looks_like, reading.judged_as), (None, None));
        if ink > 200 {
            assert!(read(page, None).blank, "{ink}, blur {blur}, no form");
        }
    }
}
