//! A stack is read page by page, in memory that doesn't grow with its pages.

use std::io::Cursor;

use casebind::intake::stack::{Begin, Whose};
use casebind::intake::{Judge, Limits};

use super::{NEWEST, exe, scan};
use crate::scans::Sheet;

#[tokio::test]
async fn many_pages_are_read_in_the_memory_of_a_few() {
    const PAGES: usize = 60;
    // The picture of a page has 2.2 MB: all of them wouldn't fit.
    const MEMORY: u64 = 96 * 1024 * 1024;
    let sheets: Vec<&Sheet> = NEWEST.sheets.iter().cycle().take(PAGES).collect();
    let file = scan(&sheets);
    let bytes = file.len() as u64;
    // A stack's child may have five times the file beside that.
    let limits = Limits { max_memory: MEMORY - 5 * bytes, ..Limits::default() };
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
