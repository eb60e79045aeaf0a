//! Pictures as files, for other rooms, too.
//!
//! The encoders are compiled where they are used, and this is where pixels are gone through at speed.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder as _, ImageResult, RgbImage};

/// A picture that can be packed: its pixels, size and kind.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'p> {
    pixels: &'p [u8],
    size: (u32, u32),
    kind: ExtendedColorType,
}

impl<'p> From<&'p GrayImage> for Plain<'p> {
    fn from(picture: &'p GrayImage) -> Self {
        Self { pixels: picture.as_raw(), size: picture.dimensions(), kind: ExtendedColorType::L8 }
    }
}

impl<'p> From<&'p RgbImage> for Plain<'p> {
    fn from(picture: &'p RgbImage) -> Self {
        Self { pixels: picture.as_raw(), size: picture.dimensions(), kind: ExtendedColorType::Rgb8 }
    }
}

impl<'p> From<&'p DynamicImage> for Plain<'p> {
    fn from(picture: &'p DynamicImage) -> Self {
        let size = (picture.width(), picture.height());
        Self { pixels: picture.as_bytes(), size, kind: picture.color().into() }
    }
}

impl Plain<'_> {
    /// As JPEG of this quality, from 1 to 100.
    ///
    /// # Errors
    /// When a side has no pixels or more than 65,535, or its kind of pixels can't be a JPEG.
    pub fn jpeg(self, quality: u8) -> ImageResult<Vec<u8>> {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        encoder.write_image(self.pixels, self.size.0, self.size.1, self.kind)?;
        Ok(jpeg)
    }

    /// As PNG that is packed fast rather than tight.
    ///
    /// # Errors
    /// When a side has no pixels.
    pub fn png(self) -> ImageResult<Vec<u8>> {
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up);
        encoder.write_image(self.pixels, self.size.0, self.size.1, self.kind)?;
        Ok(png)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_the_picture() {
        let gray = GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * 5 + y) as u8]));
        let colour = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * 5) as u8, (y * 7) as u8, 99]));
        assert_eq!(image::load_from_memory(&Plain::from(&gray).png().unwrap()).unwrap().into_luma8(), gray);
        assert_eq!(
            image::load_from_memory(&Plain::from(&colour).png().unwrap()).unwrap().into_rgb8(),
            colour
        );
        let mut other = Vec::new();
        colour.write_with_encoder(JpegEncoder::new_with_quality(&mut other, 80)).unwrap();
        assert_eq!(Plain::from(&colour).jpeg(80).unwrap(), other);
        assert_eq!(Plain::from(&DynamicImage::from(colour)).jpeg(80).unwrap(), other);
    }
}
