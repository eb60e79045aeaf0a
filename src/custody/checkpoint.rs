//! Checkpoints: the tree's head, signed, in the form that others read and write as well.
//!
//! The form is C2SP's tlog-checkpoint in a signed-note: the origin, the number of links, the head in base64, then lines
//! of our own (`time`, and `last`, the newest link's hash), an empty line, and signature lines that begin with an em dash.

use data_encoding::BASE64;

use crate::case::ids::Digest;

use super::key::{CustodyKey, PublicKey};

/// What signature lines begin with.
const DASH: &str = "\u{2014} ";

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose chain it is.
    pub origin: String,
    /// How many links it has.
    pub size: u64,
    /// The tree's head.
    pub root: Digest,
    /// Further lines.
    pub more: Vec<String>,
}

impl Checkpoint {
    /// When it was signed, by its own word, in epoch milliseconds; none where it doesn't say so.
    #[must_use]
    pub fn time(&self) -> Option<i64> {
        let time = self.more.iter().find_map(|line| line.strip_prefix("time "))?;
        time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
    }
}

/// A text that is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: {0}")]
pub struct NoCheckpoint(&'static str);

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn body(&self) -> String {
        let root = BASE64.encode(&self.root.as_bytes());
        let more: String = self.more.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{}\n{root}\n{more}", self.origin, self.size)
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, key: &CustodyKey) -> String {
        let body = self.body();
        let id = key.public(&self.origin).id(&self.origin);
        let signature = [&id[..], &key.sign(body.as_bytes())].concat();
        format!("{body}\n{DASH}{} {}\n", self.origin, BASE64.encode(&signature))
    }
}

/// A note as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub checkpoint: Checkpoint,
    body: String,
    /// Name, key id and signature.
    signatures: Vec<(String, Vec<u8>)>,
}

impl Note {
    /// Reads a signed note.
    ///
    /// # Errors
    /// When it isn't one of a checkpoint.
    pub fn parse(text: &str) -> Result<Self, NoCheckpoint> {
        let (body, signed) = text.rsplit_once("\n\n").ok_or(NoCheckpoint("it has no signature"))?;
        let body = format!("{body}\n");
        let mut signatures = Vec::new();
        for line in signed.lines() {
            let line = line.strip_prefix(DASH).ok_or(NoCheckpoint("a signature line"))?;
            let (name, signature) = line.split_once(' ').ok_or(NoCheckpoint("a signature line"))?;
            let signature = BASE64.decode(signature.as_bytes()).map_err(|_| NoCheckpoint("a signature"))?;
            signatures.push((name.to_owned(), signature));
        }
        let mut lines = body.lines();
        let mut line =
            || lines.next().filter(|line| !line.is_empty()).ok_or(NoCheckpoint("a line is missing"));
        let (origin, size, root) = (line()?.to_owned(), line()?, line()?);
        let number: u64 = size.parse().map_err(|_| NoCheckpoint("its number of links"))?;
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|root| <[u8; 32]>::try_from(root).ok());
        let checkpoint = Checkpoint {
            origin,
            size: number,
            root: Digest::from_bytes(root.ok_or(NoCheckpoint("its head"))?),
            more: lines.map(str::to_owned).collect(),
        };
        // What was signed must be what was understood.
        if checkpoint.body() == body {
            Ok(Self { checkpoint, body, signatures })
        } else {
            Err(NoCheckpoint("its form"))
        }
    }

    /// Whether one of the signatures is this key's, under the note's own origin.
    #[must_use]
    pub fn signed_by(&self, key: &PublicKey) -> bool {
        let origin = &self.checkpoint.origin;
        key.goes_by(origin)
            && self.signatures.iter().any(|(name, signature)| {
                name == origin
                    && signature
                        .strip_prefix(&key.id(name))
                        .is_some_and(|rest| key.signed(self.body.as_bytes(), rest))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "casebind.example.org/custody".into(),
            size: 12,
            root: Digest::of(b"root"),
            more: vec!["time 2026-11-23T02:00:00Z".into()],
        }
    }

    #[test]
    fn a_note_has_the_known_form_and_is_read_again() {
        let key = CustodyKey::from_bytes([1; 32]);
        let text = checkpoint().sign(&key);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..2], ["casebind.example.org/custody", "12"]);
        assert_eq!(lines[2], BASE64.encode(&Digest::of(b"root").as_bytes()));
        assert_eq!((lines[3], lines[4]), ("time 2026-11-23T02:00:00Z", ""));
        assert!(lines[5].starts_with("\u{2014} casebind.example.org/custody "), "{}", lines[5]);
        let note = Note::parse(&text).unwrap();
        assert_eq!(note.checkpoint, checkpoint());
        assert!(note.signed_by(&key.public("casebind.example.org/custody")));
        assert!(!note.signed_by(&key.public("another.example.org")));
        assert!(!note.signed_by(&CustodyKey::from_bytes([2; 32]).public("casebind.example.org/custody")));
    }

    #[test]
    fn a_changed_note_is_not_signed() {
        let key = CustodyKey::from_bytes([1; 32]);
        let public = key.public("casebind.example.org/custody");
        let text = checkpoint().sign(&key);
        for (old, new) in [("\n12\n", "\n13\n"), ("02:00", "03:00")] {
            assert!(!Note::parse(&text.replace(old, new)).unwrap().signed_by(&public), "{new}");
        }
        for broken in ["", "a\n\n", "a\n1\n\n\u{2014} a AAAA\n", &text.replace("\n12\n", "\n012\n")] {
            assert!(Note::parse(broken).is_err(), "{broken:?}");
        }
    }
}
