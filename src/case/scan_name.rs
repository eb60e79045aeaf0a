//! How a signed scan that was cut out of a stack is named: by its case alone. The stack's own name was chosen for the
//! forms of many children, and may tell of any of them.

use std::fmt::Display;

/// The name of the scan of this revision.
#[must_use]
pub fn of_cut(number: &str, revision: impl Display) -> String {
    format!("簽核申請單-{number}-第{revision}版.pdf")
}

/// Whether it is the name of a stack and the pages that were cut out of it, as cut scans were named once:
/// `整疊（第 1、2 頁）.pdf`, the beginning shortened where it was long.
#[must_use]
pub fn is_of_stack(name: &str) -> bool {
    name.strip_suffix(" 頁）.pdf").is_some_and(|head| head.ends_with(|last: char| last.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stacks_are_told_from_others() {
        for name in ["王小明等三人（第 2 頁）.pdf", "一月（第 1、12 頁）.pdf", "長…12、13、14 頁）.pdf"]
        {
            assert!(is_of_stack(name), "{name}");
        }
        let made = of_cut("1150000001", 2);
        assert_eq!(made, "簽核申請單-1150000001-第2版.pdf");
        for name in [made.as_str(), "簽核申請單.pdf", "手機拍照-1150000001-2頁.pdf", "第 頁）.pdf", ""]
        {
            assert!(!is_of_stack(name), "{name}");
        }
    }
}
