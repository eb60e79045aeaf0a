//! Our own forms drawn as pictures, kept for the next scan of the same print.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::case::ids::Digest;

/// The pages of a form, each as PNG.
pub(super) type Blank = Arc<Vec<Vec<u8>>>;

/// The forms that were compared with last, some 70 KB a page.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    kept: Mutex<VecDeque<(Digest, Blank)>>,
}

impl Blanks {
    const MOST: usize = 64;

    /// The pages of the form whose PDF has this digest.
    pub(super) fn get(&self, digest: &Digest) -> Option<Blank> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == digest).map(|(_, pages)| Arc::clone(pages))
    }

    /// Keeps them, in place of those that came first.
    pub(super) fn put(&self, digest: Digest, pages: Blank) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != digest);
        kept.push_back((digest, pages));
        while kept.len() > Self::MOST {
            kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_go_when_there_are_too_many() {
        let blanks = Blanks::default();
        let of = |n: usize| Digest::of(&n.to_be_bytes());
        for n in 0..=Blanks::MOST {
            blanks.put(of(n), Arc::new(vec![vec![0; n]]));
        }
        assert!(blanks.get(&of(0)).is_none());
        assert_eq!(blanks.get(&of(Blanks::MOST)).map(|pages| pages[0].len()), Some(Blanks::MOST));
    }
}
