//! Pages that are several images: strips one below the other, black ink over a coarse background.

use casebind::paper::{Pages, Picture};
use image::{GrayImage, Luma, Rgb};
use lopdf::{Dictionary, dictionary};

use crate::scans::pdf::{PackedImage, laid};

/// The page in pixels, two to a point.
const SIZE: (u32, u32) = (400, 560);

fn image(width: u32, height: u32, entries: Dictionary, bytes: Vec<u8>) -> PackedImage {
    let points = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    PackedImage { width, height, entries, bytes, points }
}

fn gray() -> Dictionary {
    dictionary! { "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8 }
}

fn picture(images: Vec<((f64, f64), PackedImage)>) -> Picture {
    let size = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / 2.0);
    let pdf = laid(vec![(size, images)]);
    Pages::open(pdf, u64::MAX).expect("opens").picture(0).expect("a picture")
}

#[test]
fn strips_are_put_together_pixel_by_pixel() {
    let page = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| Luma([((x * 7 + y * 3) % 256) as u8]));
    let cut = 200;
    let part = |from: u32, to: u32| {
        let rows = page.as_raw()[(from * SIZE.0) as usize..(to * SIZE.0) as usize].to_vec();
        image(SIZE.0, to - from, gray(), rows)
    };
    let below = f64::from(SIZE.1 - cut) / 2.0;
    let whole = picture(vec![((0.0, below), part(0, cut)), ((0.0, 0.0), part(cut, SIZE.1))]);
    let Picture::Gray(whole) = whole else { panic!("gray stays gray") };
    assert_eq!(whole, page);
}

#[test]
fn ink_lies_over_the_background_at_its_own_resolution() {
    const PAPER: [u8; 3] = [250, 220, 180];
    let (wide, high) = (SIZE.0 / 4, SIZE.1 / 4);
    let colours = dictionary! { "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8 };
    let mut background = image(wide, high, colours, PAPER.repeat((wide * high) as usize));
    background.points = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / 2.0);
    let is_ink = |x: u32, y: u32| (x / 8).is_multiple_of(2) && (y / 4).is_multiple_of(3);
    let bits = (0..SIZE.1).flat_map(|y| {
        // A sample of 0 paints.
        (0..SIZE.0 / 8).map(move |byte| if is_ink(byte * 8, y) { 0x00 } else { 0xff })
    });
    let mask = dictionary! { "ImageMask" => true, "BitsPerComponent" => 1 };
    let stencil = image(SIZE.0, SIZE.1, mask, bits.collect());
    let Picture::Rgb(whole) = picture(vec![((0.0, 0.0), background), ((0.0, 0.0), stencil)]) else {
        panic!("colour stays")
    };
    assert_eq!(whole.dimensions(), SIZE);
    for (x, y, pixel) in whole.enumerate_pixels() {
        assert_eq!(*pixel, Rgb(if is_ink(x, y) { [0; 3] } else { PAPER }), "{x} {y}");
    }
}
