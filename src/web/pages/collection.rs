//! 個資告知.

use std::sync::Arc;

use askama::Template;

use crate::identity::collection::CollectionNotice;

use super::frame::Frame;

/// The collection notice.
#[derive(Debug, Template)]
#[template(path = "collection.html")]
pub struct CollectionPage {
    /// Around the page.
    pub frame: Frame,
    /// The text.
    pub notice: Arc<CollectionNotice>,
    /// Who reads it.
    pub standing: Standing,
}

/// Who reads the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is signed in.
    Stranger,
    /// Signed in, and to accept it before anything else; then to this local path.
    Asked {
        /// Where to go on.
        next: String,
    },
    /// Signed in, and has accepted it.
    Accepted,
}

#[cfg(test)]
impl CollectionPage {
    pub(crate) fn sample() -> Self {
        let notice = CollectionNotice::load(None, "高雄市學生輔導諮商中心", "07-382-1200").unwrap();
        Self { frame: Frame::sample_stranger(), notice: Arc::new(notice), standing: Standing::Stranger }
    }

    pub(crate) fn sample_asked() -> Self {
        Self { standing: Standing::Asked { next: "/cases".into() }, ..Self::sample() }
    }

    pub(crate) fn sample_accepted() -> Self {
        let frame = Frame { here: super::frame::Here::Elsewhere, ..Frame::sample() };
        Self { frame, standing: Standing::Accepted, ..Self::sample() }
    }
}
