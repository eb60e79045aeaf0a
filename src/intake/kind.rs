//! The kind of a file by its content, never by its name, and the check of single images.
//!
//! Decoding an image fully happens in the child only.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};

use super::{Limits, Purpose, Reason};

/// A kind that some purpose accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// application/pdf
    Pdf,
    /// image/jpeg
    Jpeg,
    /// image/png
    Png,
}

impl FileKind {
    /// The name in reports: `pdf`, `jpeg`, `png`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// What the bytes seem to be: an accepted kind, or the name of another.
///
/// # Errors
/// The name of what it seems to be instead, `unknown` when nothing is recognised.
pub fn sniff(bytes: &[u8]) -> Result<FileKind, &'static str> {
    // Scanners may write up to a kilobyte before the header (ISO 32000-1, appendix H.3); but what
    // is something else by its first bytes is that, whatever it mentions later.
    let head = &bytes[..bytes.len().min(1024)];
    let pdf = head.windows(5).position(|w| w == b"%PDF-");
    let before = &bytes[..pdf.unwrap_or(bytes.len())];
    match infer::get(before).map(|kind| (kind.mime_type(), kind.extension())) {
        Some(("image/jpeg", _)) => Ok(FileKind::Jpeg),
        Some(("image/png", _)) => Ok(FileKind::Png),
        Some((_, extension)) => Err(extension),
        None if pdf.is_some() => Ok(FileKind::Pdf),
        None if head.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) => Err("text"),
        None => Err("unknown"),
    }
}

/// A kind that a photographed page can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoKind {
    /// image/jpeg
    Jpeg,
    /// image/png
    Png,
    /// image/heic
    Heic,
}

impl PhotoKind {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Heic => "image/heic",
        }
    }
}

/// The kind of a photo by its first bytes.
///
/// # Errors
/// The name of what it seems to be instead.
pub fn sniff_photo(bytes: &[u8]) -> Result<PhotoKind, &'static str> {
    match sniff(bytes) {
        Ok(FileKind::Jpeg) => Ok(PhotoKind::Jpeg),
        Ok(FileKind::Png) => Ok(PhotoKind::Png),
        Ok(FileKind::Pdf) => Err("pdf"),
        Err("heif" | "heic") => Ok(PhotoKind::Heic),
        Err(other) => Err(other),
    }
}

/// Whether `purpose` takes a file of this size and content.
///
/// # Errors
/// Empty, too big, or of the wrong kind.
pub fn admit(bytes: &[u8], purpose: Purpose, limits: &Limits) -> Result<FileKind, Reason> {
    let size = bytes.len() as u64;
    if size == 0 {
        return Err(Reason::EmptyFile);
    }
    if size > limits.max_bytes {
        return Err(Reason::TooBig { bytes: size, limit: limits.max_bytes });
    }
    match (sniff(bytes), purpose) {
        (Ok(FileKind::Pdf), _) => Ok(FileKind::Pdf),
        (Ok(kind), Purpose::Attachment) => Ok(kind),
        (Ok(kind), Purpose::SignedForm) => Err(Reason::NotAPdf { kind: kind.as_str().into() }),
        (Err(other), Purpose::SignedForm) => Err(Reason::NotAPdf { kind: other.into() }),
        (Err(other), Purpose::Attachment) => Err(Reason::WrongKind { kind: other.into() }),
    }
}

/// Decodes a single image to see that it is whole.
///
/// # Errors
/// Too many pixels, or damaged.
pub fn check_image(bytes: &[u8], kind: FileKind, limits: &Limits) -> Result<(), Reason> {
    let format = match kind {
        FileKind::Jpeg => ImageFormat::Jpeg,
        FileKind::Png => ImageFormat::Png,
        FileKind::Pdf => return Ok(()),
    };
    let damaged = |error: image::ImageError| Reason::Damaged { detail: error.to_string() };
    let (width, height) =
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(damaged)?;
    if u64::from(width) * u64::from(height) > limits.max_image_pixels {
        return Err(Reason::ImageTooLarge { page: None });
    }
    if kind == FileKind::Jpeg && !ends_its_picture(bytes) {
        return Err(Reason::Damaged { detail: "the end of the picture is missing".into() });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut memory = image::Limits::default();
    memory.max_alloc = Some(limits.max_stream_bytes);
    reader.limits(memory);
    reader.decode().map_err(damaged)?;
    Ok(())
}

/// Whether the last scan of a JPEG is followed by its end (ITU-T T.81, B.1.1.3): decoders show what there is
/// of one that was cut off. Cameras write more behind the end.
fn ends_its_picture(jpeg: &[u8]) -> bool {
    let last = |marker: [u8; 2]| jpeg.windows(2).rposition(|window| window == marker);
    last([0xff, 0xd9]).is_some_and(|end| last([0xff, 0xda]).is_some_and(|scan| scan < end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_from_the_content() {
        assert_eq!(sniff(b"%PDF-1.7\n..."), Ok(FileKind::Pdf));
        assert_eq!(sniff(b"\n\n%PDF-1.4 after some bytes"), Ok(FileKind::Pdf));
        assert_eq!(sniff(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Ok(FileKind::Jpeg));
        assert_eq!(sniff(b"<!DOCTYPE html><html></html>"), Err("html"));
        assert_eq!(sniff(b"<!DOCTYPE html><html>%PDF-1.7</html>"), Err("html"));
        assert_eq!(sniff(b"just some words"), Err("text"));
        assert_eq!(sniff(&[0, 1, 2, 3]), Err("unknown"));
    }

    #[test]
    fn size_and_purpose_decide_first() {
        let limits = Limits { max_bytes: 10, ..Limits::default() };
        assert_eq!(admit(b"", Purpose::SignedForm, &limits), Err(Reason::EmptyFile));
        assert_eq!(
            admit(b"%PDF-1.7 too long", Purpose::SignedForm, &limits),
            Err(Reason::TooBig { bytes: 17, limit: 10 })
        );
        let limits = Limits::default();
        let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
        assert_eq!(admit(jpeg, Purpose::Attachment, &limits), Ok(FileKind::Jpeg));
        assert_eq!(admit(jpeg, Purpose::SignedForm, &limits), Err(Reason::NotAPdf { kind: "jpeg".into() }));
    }

    #[test]
    fn a_cut_off_photo_is_damaged_and_one_with_more_behind_it_is_not() {
        let mut jpeg = Vec::new();
        image::GrayImage::from_fn(64, 48, |x, y| image::Luma([u8::try_from(x * y % 251).unwrap_or(0)]))
            .write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg)
            .expect("encodes");
        let limits = Limits::default();
        let cut = check_image(&jpeg[..jpeg.len() - 40], FileKind::Jpeg, &limits);
        assert!(matches!(cut, Err(Reason::Damaged { .. })));
        assert_eq!(check_image(&[&jpeg[..], b"more"].concat(), FileKind::Jpeg, &limits), Ok(()));
    }

    #[test]
    fn a_cut_off_image_is_damaged() {
        let mut png = Vec::new();
        image::GrayImage::from_pixel(64, 64, image::Luma([7]))
            .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
            .expect("encodes");
        let limits = Limits::default();
        assert_eq!(check_image(&png, FileKind::Png, &limits), Ok(()));
        assert!(matches!(
            check_image(&png[..png.len() / 2], FileKind::Png, &limits),
            Err(Reason::Damaged { .. })
        ));
        let limits = Limits { max_image_pixels: 64 * 63, ..limits };
        assert_eq!(check_image(&png, FileKind::Png, &limits), Err(Reason::ImageTooLarge { page: None }));
    }
}
