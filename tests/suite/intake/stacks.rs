//! A stack is read page by page, in memory that holds its file once and a few of its pages.

use std::io::Cursor;

use casebind::intake::stack::{Begin, Whose};
use casebind::intake::{Judge, Limits};

use super::{NEWEST, exe, scan};
use crate::scans::pdf::{PackedImage, scanned};
use crate::scans::{Look, Scanner, Sheet};

#[tokio::test]
async fn many_pages_are_read_in_the_memory_of_a_few() {
    const PAGES: usize = 60;
    // The picture of a page has 2.2 MB: all of them wouldn't fit.
    const MEMORY: u64 = 96 * 1024 * 1024;
    let sheets: Vec<&Sheet> = NEWEST.sheets.iter().cycle().take(PAGES).collect();
    let file = scan(&sheets);
    let bytes = file.len() as u64;
    // A stack's child may have the file twice beside that.
    let limits = Limits { max_memory: MEMORY - 2 * bytes, ..Limits::default() };
    let judge = Judge::new(exe(), limits);
    let sorting = judge
        .sort_stack(Cursor::new(file), bytes, &NEWEST.recipe.key, Begin::default())
        .await
        .expect("a child");
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

#[tokio::test]
async fn a_long_stack_stands_in_memory_once() {
    let ((few, short), (many, long)) = (peak_of(10).await, peak_of(70).await);
    assert!(few > short, "no child was seen");
    let (more, longer) = (many.saturating_sub(few), long - short);
    assert!(more < longer + longer / 2, "{more} bytes of memory more for {longer} bytes of a file");
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
    let sorting = judge.sort_stack(Cursor::new(file.clone()), bytes, &NEWEST.recipe.key, begin).await;
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
    let mut cutting = judge.cut_stack(Cursor::new(file), bytes, groups).await.expect("a child");
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
