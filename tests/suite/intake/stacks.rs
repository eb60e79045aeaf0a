//! A stack is read page by page, in memory that holds a few of its pages, however many there are.

use std::io::Cursor;

use casebind::intake::stack::{Begin, Whose};
use casebind::intake::{Judge, Limits, Reason};
use lopdf::{Document, Object};

use super::{NEWEST, exe};
use crate::scans::pdf::{PackedImage, save, scanned};
use crate::scans::{Look, Scanner};

#[tokio::test]
async fn many_pages_are_read_in_the_memory_of_a_few() {
    const PAGES: usize = 60;
    // The picture of a page has 2.2 MB: all of them wouldn't fit.
    const MEMORY: u64 = 96 * 1024 * 1024;
    let scanner = Scanner::new(150.0);
    let scan = |sheet| scanner.pack(&scanner.see(sheet, &Look::CLEAN, 0));
    let images: Vec<PackedImage> = NEWEST.sheets.iter().map(scan).collect();
    let file = scanned(images.into_iter().cycle().take(PAGES).collect());
    let bytes = file.len() as u64;
    // A stack's child may have the file twice beside that.
    let limits = Limits { max_memory: MEMORY - 2 * bytes, ..Limits::default() };
    let judge = Judge::new(exe(), limits);
    let sorting =
        judge.sort_stack(twice(&file), bytes, &NEWEST.recipe.key, Begin::default()).await.expect("a child");
    let mut sorting = sorting.expect("a stack");
    assert_eq!(sorting.pages() as usize, PAGES);
    let mut read = 0;
    while let Some(page) = sorting.next().await.expect("a child").expect("a page") {
        let Whose::Form(code) = page.whose else { panic!("page {} is {:?}", page.index, page.whose) };
        assert_eq!(usize::from(code.page), read % 2 + 1);
        read += 1;
    }
    assert_eq!(read, PAGES);
}

/// A file for each of the two times that it comes in.
fn twice(file: &[u8]) -> [Cursor<Vec<u8>>; 2] {
    [file, file].map(|file| Cursor::new(file.to_vec()))
}

#[tokio::test]
async fn a_long_stack_takes_no_more_memory_than_a_short_one() {
    let ((few, short), (many, long)) = (peak_of(10).await, peak_of(70).await);
    assert!(few > short, "no child was seen");
    let (more, longer) = (many.saturating_sub(few), long - short);
    assert!(more < longer / 4, "{more} bytes of memory more for {longer} bytes of a file");
}

/// The pages of a stack, as the numbers of the form's pages.
async fn sorted(file: &[u8]) -> Vec<u8> {
    let judge = Judge::new(exe(), Limits::default());
    let bytes = file.len() as u64;
    let sorting = judge.sort_stack(twice(file), bytes, &NEWEST.recipe.key, Begin::default()).await;
    let mut sorting = sorting.expect("a child").expect("a stack");
    let mut pages = Vec::new();
    while let Some(page) = sorting.next().await.expect("a child").expect("a page") {
        let Whose::Form(code) = page.whose else { panic!("page {} is {:?}", page.index, page.whose) };
        pages.push(code.page);
    }
    pages
}

/// A scan of the form's two pages, three times, with pictures that don't fit into one piece.
fn three_forms() -> Document {
    let scanner = Scanner::new(150.0);
    let scan = |sheet| swollen(scanner.pack(&scanner.see(sheet, &Look::CLEAN, 0)));
    let images: Vec<PackedImage> = NEWEST.sheets.iter().map(scan).collect();
    Document::load_mem(&scanned(images.into_iter().cycle().take(6).collect())).expect("a PDF")
}

#[tokio::test]
async fn pages_may_show_their_pictures_in_any_order() {
    let mut document = three_forms();
    let tree = document.page_iter().next().and_then(|page| document.get_dictionary(page).ok());
    let tree = tree.and_then(|page| page.get(b"Parent").and_then(Object::as_reference).ok()).expect("a tree");
    let kids = document.get_dictionary_mut(tree).and_then(|tree| tree.get_mut(b"Kids"));
    let kids = kids.and_then(Object::as_array_mut).expect("pages");
    kids.reverse();
    // The last page is the first one once more.
    kids.push(kids[0].clone());
    document.get_dictionary_mut(tree).expect("a tree").set("Count", 7);
    assert_eq!(sorted(&save(document)).await, [2, 1, 2, 1, 2, 1, 2]);
}

#[tokio::test]
async fn a_stack_whose_table_is_wrong_is_read_all_the_same() {
    let mut file = save(three_forms());
    let table = file.windows(9).rposition(|word| word == b"startxref").expect("an end");
    file[table + 10] = b'9';
    assert_eq!(sorted(&file).await, [1, 2, 1, 2, 1, 2]);
}

/// The catalog lies within the bytes of the page's picture, where reading a stack passes over what it takes for pixels.
fn acting() -> Vec<u8> {
    let mut picture = b"<</Subtype/Image/Width 1/Height 1/Length 200000>>\nstream\n".to_vec();
    let pixels = picture.len();
    picture.resize(pixels + 200_000, 7);
    let catalog = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>\nendobj\n";
    let within = pixels + 100_000;
    picture[within..within + catalog.len()].copy_from_slice(catalog);
    picture.extend(b"\nendstream");
    let page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</Im 4 0 R>>>>>>";
    let objects: [&[u8]; 3] = [b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, &picture];
    let (mut file, mut places) = (b"%PDF-1.4\n".to_vec(), Vec::new());
    for (number, object) in (2..).zip(objects) {
        let head = format!("{number} 0 obj\n");
        places.push(file.len());
        file.extend([head.as_bytes(), object, b"\nendobj\n"].concat());
    }
    places.insert(0, places[2] + b"4 0 obj\n".len() + within);
    let table = file.len();
    file.extend(b"xref\n0 5\n0000000000 65535 f \n");
    places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").as_bytes()));
    file.extend(format!("trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").as_bytes());
    file
}

#[tokio::test]
async fn a_stack_is_checked_whole_before_it_is_accepted() {
    let file = acting();
    let judge = Judge::new(exe(), Limits::default());
    let checked = judge.check_stack(Cursor::new(file.clone()), file.len() as u64).await.expect("a child");
    assert!(matches!(checked, Err(Reason::ActiveContent { .. })), "{checked:?}");
    let file = save(three_forms());
    let checked = judge.check_stack(Cursor::new(file.clone()), file.len() as u64).await.expect("a child");
    assert_eq!(checked, Ok(6));
}

/// The highest mark of the children that read a stack of so many pages and cut it up, and the bytes of its file.
async fn peak_of(pages: usize) -> (u64, u64) {
    let scanner = Scanner::new(150.0);
    let scan = |sheet| swollen(scanner.pack(&scanner.see(sheet, &Look::CLEAN, 0)));
    let images: Vec<PackedImage> = NEWEST.sheets.iter().map(scan).collect();
    let file = scanned(images.into_iter().cycle().take(pages).collect());
    let bytes = file.len() as u64;
    // No other child in these tests has the same.
    let limits = Limits { max_memory: (1 << 30) + pages as u64, ..Limits::default() };
    let memory = limits.max_memory + 2 * bytes;
    let judge = Judge::new(exe(), limits);
    // One after the other: how many pages are read at once is the machine's matter.
    let begin = Begin { after: 0, alone: true };
    let sorting = judge.sort_stack(twice(&file), bytes, &NEWEST.recipe.key, begin).await;
    let mut sorting = sorting.expect("a child").expect("a stack");
    let (mut peak, mut read) = (0, 0);
    while let Some(page) = sorting.next().await.expect("a child").expect("a page") {
        assert!(matches!(page.whose, Whose::Form(_)), "page {} is {:?}", page.index, page.whose);
        peak = peak.max(peak_of_child(memory).unwrap_or(0));
        read += 1;
    }
    assert_eq!(read, pages);
    drop(sorting);
    let groups = vec![vec![1, 2]; 20];
    let mut cutting = judge.cut_stack(twice(&file), bytes, groups).await.expect("a child");
    for _ in 0..10 {
        let cut = cutting.next().await.expect("a child").expect("a file");
        assert!(cut.len() as u64 > bytes / pages as u64, "two pages with their pictures");
        peak = peak.max(peak_of_child(memory).unwrap_or(0));
    }
    (peak, bytes)
}

/// A JPEG with half a megabyte more, in segments that readers skip (ITU-T T.81, B.2.4.6).
fn swollen(mut image: PackedImage) -> PackedImage {
    let mut segment = vec![0; 65_537];
    segment[..4].fill(0xff);
    segment[1] = 0xef;
    let rest = image.bytes.split_off(2);
    image.bytes.extend(segment.repeat(8));
    image.bytes.extend(rest);
    image
}

/// The highest mark, in bytes, of the memory of the child that was started with this limit.
fn peak_of_child(memory: u64) -> Option<u64> {
    let memory = memory.to_string();
    let threads = std::fs::read_dir("/proc/self/task").ok()?.flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<String> =
        lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let peaks = children.iter().filter_map(|id| {
        let words = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
        words.split(|byte| *byte == 0).find(|word| *word == memory.as_bytes())?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        kib.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
    });
    peaks.max()
}
