//! A link: an entry with its number, its predecessor's hash and the moment at which it was appended.
//!
//! Its text (`casebind custody link 1`): `seq` (from 0, without gaps), `previous` (the predecessor's hash; none for the
//! first), `appended` (epoch milliseconds) and `entry`. Its hash is that of a leaf of RFC 6962:
//! SHA-256 over a zero byte and the text.

use crate::case::ids::Digest;

use super::lines::{self, Lines, NotCanonical};
use super::tree;

/// The title of links, with the version of their encoding.
pub const TITLE: &str = "casebind custody link 1";

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 0: the leaf's index.
    pub seq: u64,
    /// The predecessor's hash.
    pub previous: Option<Digest>,
    /// When it was appended, epoch milliseconds.
    pub appended: i64,
    /// The entry's text.
    pub entry: String,
}

impl Link {
    /// The canonical text: the leaf.
    #[must_use]
    pub fn text(&self) -> String {
        Lines::new(TITLE)
            .field("seq", &self.seq.to_string())
            .maybe("previous", self.previous.map(|hash| hash.to_string()).as_deref())
            .number("appended", self.appended)
            .field("entry", &self.entry)
            .text()
    }

    /// The hash of the text as a leaf.
    #[must_use]
    pub fn hash(&self) -> Digest {
        tree::leaf(self.text().as_bytes())
    }

    /// Reads the text of a link.
    ///
    /// # Errors
    /// When it isn't exactly the text of one.
    pub fn parse(text: &str) -> Result<Self, NotCanonical> {
        let fields = lines::read(TITLE, text)?;
        let link = Self {
            seq: lines::value(&fields, "seq")?.parse().map_err(|_| NotCanonical("seq"))?,
            previous: match lines::value(&fields, "previous") {
                Ok(hash) => Some(hash.parse().map_err(|_| NotCanonical("previous"))?),
                Err(_) => None,
            },
            appended: lines::value(&fields, "appended")?.parse().map_err(|_| NotCanonical("appended"))?,
            entry: lines::value(&fields, "entry")?.to_owned(),
        };
        if link.text() == text { Ok(link) } else { Err(NotCanonical("a field that doesn't belong there")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let first = Link { seq: 0, previous: None, appended: 7, entry: "a\nb=1:c\n".into() };
        assert_eq!(
            first.text(),
            "casebind custody link 1\nseq=1:0\nprevious=-\nappended=1:7\nentry=8:a\nb=1:c\n\n"
        );
        let second = Link { seq: 1, previous: Some(first.hash()), ..first.clone() };
        for link in [&first, &second] {
            assert_eq!(Link::parse(&link.text()).as_ref(), Ok(link));
        }
        assert_ne!(first.hash(), second.hash());
        assert!(Link::parse(&format!("{}more=1:x\n", first.text())).is_err());
    }
}
