//! Style sheets, scripts and the icon: inside the binary, named by their content.
//!
//! Every address carries the digest of all assets, so that browsers may keep them for ever and a new
//! version is never mixed with an old one. No handlers here: the router asks [`find`].

use std::borrow::Cow;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

/// The style sheets in the order in which they are joined into `style.css`.
const SHEETS: [&str; 22] = [
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/parts.css",
    "css/table.css",
    "css/form.css",
    "css/case.css",
    "css/lists.css",
    "css/bulk.css",
    "css/service.css",
    "css/paper.css",
    "css/stack.css",
    "css/photos.css",
    "css/wanted.css",
    "css/queue.css",
    "css/desk.css",
    "css/statistics.css",
    "css/told.css",
    "css/admin.css",
    "css/door.css",
    "css/entrance.css",
    "css/print.css",
];

#[derive(RustEmbed)]
#[folder = "src/web/assets/"]
struct Files;

/// One asset, ready to send.
#[derive(Debug)]
pub struct Asset {
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// The content type, with its charset where it is text.
    pub content_type: &'static str,
}

/// The asset at this path below the version, such as `style.css` or `js/app.js`.
#[must_use]
pub fn find(path: &str) -> Option<Asset> {
    if path == "style.css" {
        return Some(Asset { bytes: Cow::Owned(joined_sheets()), content_type: content_type(path) });
    }
    let file = Files::get(path)?;
    Some(Asset { bytes: file.data, content_type: content_type(path) })
}

/// The address of an asset: `/assets/<version>/<path>`.
#[must_use]
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", version())
}

/// The first 12 hex digits of the digest of all assets.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort();
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name.as_bytes());
            hash.update(Files::get(&name).map(|file| file.data).unwrap_or_default());
        }
        HEXLOWER.encode(&hash.finalize()[..6])
    })
}

fn joined_sheets() -> Vec<u8> {
    SHEETS.iter().filter_map(|name| Files::get(name)).flat_map(|file| file.data.into_owned()).collect()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_is_there_and_joined() {
        for name in SHEETS {
            assert!(Files::get(name).is_some(), "{name} is missing");
        }
        let style = find("style.css").expect("the joined sheet");
        let text = String::from_utf8(style.bytes.into_owned()).expect("UTF-8");
        assert!(text.starts_with("@layer "), "the order of the layers comes first");
        assert!(text.contains("@media print"));
    }

    #[test]
    fn nothing_but_what_browsers_are_to_have_is_inside() {
        let kinds = [".css", ".js", ".svg"];
        for name in Files::iter() {
            assert!(kinds.iter().any(|kind| name.ends_with(kind)), "{name}");
            assert!(name.split('/').all(|part| !part.starts_with('.')), "{name}");
            assert!(content_type(&name).ends_with("; charset=utf-8"), "{name}");
        }
    }

    #[test]
    fn addresses_carry_the_version() {
        assert_eq!(url("js/app.js"), format!("/assets/{}/js/app.js", version()));
        assert_eq!(version().len(), 12);
        assert!(find("js/app.js").is_some());
        assert!(find("../mod.rs").is_none());
    }
}
