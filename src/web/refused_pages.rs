//! The strip of pages of a refused scan: what was seen on each, and what to do about it.
//!
//! A refused file isn't kept, so the pictures go with the page; of a long file only some do.

use crate::intake::{Judgement, PageReport, Reason};

use super::pages::parts::{Tone, Verdict};
use super::pages::scan::{ScanPage, Seen};
use super::scans::{jpeg_size, title};

/// Pictures in one page at most: some two megabytes.
const PICTURES: usize = 24;

/// What a blank page means to the applicant.
pub const BLANK: &str = "這一頁沒有內容，不影響辨識，不必移除。";

/// All pages of a refused file. Those about which there is something to say get a picture first.
pub fn seen(judgement: &Judgement) -> Seen {
    let told: Vec<_> = judgement.pages.iter().map(|page| told(page, judgement)).collect();
    let mut wanted: Vec<usize> = (0..told.len()).collect();
    wanted.sort_by_key(|at| matches!(told[*at].0.tone, Tone::Good | Tone::Plain));
    wanted.truncate(PICTURES);
    let pages = judgement.pages.iter().zip(told).enumerate();
    let pages: Vec<_> = pages.map(|(at, (page, told))| sheet(page, told, wanted.contains(&at))).collect();
    let (all, bare) = (pages.len(), pages.iter().filter(|page| page.image.is_none()).count());
    let words =
        || format!("共 {all} 頁，每一頁的結果都列在下面；其中 {bare} 頁沒有附上影像，有問題的頁面優先附上。");
    Seen { pages, without_picture: (bare > 0).then(words), photos: false }
}

/// What was seen on a page, and what to do.
fn told(page: &PageReport, judgement: &Judgement) -> (Verdict, Option<String>) {
    let about = judgement.reasons.iter().find(|reason| reason.page() == Some(page.index));
    let twice = |n: u8| judgement.reasons.contains(&Reason::PageTwice { page: n });
    match (about, page.page, page.pages) {
        (Some(reason), ..) => {
            let why = matches!(reason, Reason::NoCode { .. }).then(|| reason.what()).unwrap_or_default();
            (Verdict::new(Tone::Bad, title(reason)), Some(format!("{why}{}", reason.then())))
        }
        (None, Some(at), Some(_)) if twice(at) => {
            let words = "這一頁在檔案裡不只一次。請只留一頁，再重新上傳。";
            (Verdict::new(Tone::Bad, format!("第 {at} 頁，重複了")), Some(words.to_owned()))
        }
        (None, Some(at), Some(of)) if page.ours => {
            (Verdict::new(Tone::Good, format!("第 {at} 頁，共 {of} 頁")), None)
        }
        _ if page.blank => (Verdict::new(Tone::Plain, "空白的背面，會略過"), Some(BLANK.to_owned())),
        _ => (Verdict::new(Tone::Attention, "讀不到條碼"), None),
    }
}

fn sheet(page: &PageReport, (verdict, sentence): (Verdict, Option<String>), pictured: bool) -> ScanPage {
    let size = jpeg_size(&page.thumbnail).filter(|_| pictured);
    let (width, height) = size.unwrap_or_default();
    let encode = || format!("data:image/jpeg;base64,{}", data_encoding::BASE64.encode(&page.thumbnail));
    let number = u8::try_from(page.index).unwrap_or(u8::MAX);
    ScanPage { number, image: size.map(|_| encode()), width, height, verdict, sentence }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, Luma};

    use crate::case::ids::Digest;
    use crate::intake::{FileKind, How, MacState};

    use super::*;

    /// A file of so many pages, the last of which isn't of the form.
    fn refused(count: u32) -> Judgement {
        let mut thumbnail = Vec::new();
        let sheet = GrayImage::from_pixel(62, 88, Luma([235]));
        sheet.write_with_encoder(JpegEncoder::new(&mut thumbnail)).unwrap();
        let page = |index| PageReport {
            index,
            case: None,
            revision: None,
            page: (index < count).then_some(1),
            pages: (index < count).then_some(1),
            mac: MacState::Valid,
            how: How::Code,
            ours: index < count,
            blank: false,
            turn: 0,
            skew_degrees: 0.0,
            misfit_mm: None,
            looks_like: None,
            boxes: Vec::new(),
            changes: Vec::new(),
            thumbnail: thumbnail.clone(),
        };
        Judgement {
            digest: Digest::of(b"a file"),
            bytes: 6,
            kind: Ok(FileKind::Pdf),
            page_count: count,
            refusals: Vec::new(),
            reasons: vec![Reason::ForeignPage { page: count }],
            pages: (1..=count).map(page).collect(),
            complete: true,
            needs_manual: false,
            reader: 1,
        }
    }

    #[test]
    fn every_page_of_a_long_file_is_listed_and_what_is_wrong_has_a_picture() {
        let strip = seen(&refused(60));
        assert_eq!(strip.pages.len(), 60);
        let pictured = strip.pages.iter().filter(|page| page.image.is_some());
        assert_eq!(pictured.count(), PICTURES);
        let last = &strip.pages[59];
        assert!(last.image.is_some() && last.verdict.words == "混入了其他文件的頁面");
        assert_eq!((last.width, last.height), (62, 88));
        let words = strip.without_picture.unwrap();
        assert!(words.contains("共 60 頁") && words.contains("36 頁沒有附上影像"), "{words}");
    }

    #[test]
    fn of_a_short_file_every_page_has_its_picture() {
        let strip = seen(&refused(9));
        assert!(strip.pages.iter().all(|page| page.image.is_some()));
        assert_eq!((strip.pages.len(), strip.without_picture), (9, None));
    }
}
