//! Paths in manifests: what may stand there, and how it is written (RFC 8493, section 2.1.3).

/// Letters of a path at most.
const MOST: usize = 1024;

/// Whether a path lies inside the bag for certain: plain names divided by `/`, none of them `.` or `..`, none empty,
/// and nothing in them that another system would read as a way elsewhere.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= MOST
        && path.split('/').all(|name| {
            !name.is_empty()
                && name != "."
                && name != ".."
                && !name.starts_with('~')
                && !name.contains(['\\', ':', '\0'])
        })
}

/// The path of a line of a manifest: CR, LF and `%` stand there percent-encoded. None: no such path.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut path = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        path.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3)?;
        path.push(match code.to_ascii_uppercase().as_str() {
            "0A" => '\n',
            "0D" => '\r',
            "25" => '%',
            _ => return None,
        });
        rest = &rest[at + 3..];
    }
    path.push_str(rest);
    Some(path)
}

/// Whether we write such a path: letters, digits, `.`, `-` and `_` alone, so that every system and every manifest
/// spells it the same way.
pub(super) fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    is_inside(path) && path.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside() {
        for path in ["data/a.pdf", "data/1150000001/prints/revision-0001.pdf", "data/..a", "bag-info.txt"] {
            assert!(is_inside(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "data/../../x",
            "..",
            "data//x",
            "data/./x",
            "data/x/",
            "~/x",
            "data\\..\\x",
            "C:/x",
            "data/a\0b",
        ] {
            assert!(!is_inside(path), "{path}");
        }
    }

    #[test]
    fn three_signs_are_encoded_and_no_other() {
        assert_eq!(decoded("data/100%25%0a.pdf").as_deref(), Some("data/100%\n.pdf"));
        assert_eq!(decoded("data/%2e%2e/x"), None, "a way out in disguise");
        assert_eq!(decoded("data/%"), None);
        assert_eq!(decoded("data/%é5"), None);
    }
}
