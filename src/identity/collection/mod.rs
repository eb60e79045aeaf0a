//! The collection notice (六項告知): its text, and who has accepted which version of it.
//!
//! Article 8 of the Personal Data Protection Act names six points that whoever collects personal data tells before
//! collecting. The text is a file, whose digest is its version: when it changes, everybody is asked again. An
//! acceptance is never changed or deleted.

use std::path::Path;

use serde::Deserialize;
use sqlx::AnyConnection;

use crate::case::ids::Digest;
use crate::clock::World;
use crate::store::acceptances::{self, Acceptance};
use crate::store::{StoreError, Tx};

/// The text that is used unless an installation names its own.
const BUILT_IN: &str = include_str!("notice.toml");
/// The points that the law names.
const POINTS: usize = 6;

/// The notice as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionNotice {
    /// The title.
    pub title: String,
    /// The sentence before the points.
    pub lead: String,
    /// The six points.
    pub points: Vec<Point>,
    /// The digest of the whole text: its version.
    pub digest: String,
}

/// One of the six points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What it is about.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// A text that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The file can't be read.
    #[error("the collection notice {file} can't be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It isn't TOML, or lacks something.
    #[error("the collection notice {file}: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    lead: String,
    points: Vec<FilePoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePoint {
    heading: String,
    text: String,
}

/// From where and in which request somebody accepted.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// When, epoch milliseconds.
    pub at: i64,
    /// The network address.
    pub remote: &'a str,
    /// The request's identifier.
    pub request: &'a str,
}

impl CollectionNotice {
    /// The installation's own text, or the one that is built in.
    ///
    /// # Errors
    /// When the file can't be read or isn't a notice; the message names it.
    pub fn load(file: Option<&Path>, organisation: &str, phone: &str) -> Result<Self, NoticeError> {
        let Some(path) = file else { return Self::parse(BUILT_IN, "(built in)", organisation, phone) };
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file, organisation, phone),
            Err(source) => Err(NoticeError::Unreadable { file, source }),
        }
    }

    /// Reads a text; `file` is for messages.
    ///
    /// # Errors
    /// When it isn't a notice.
    pub fn parse(text: &str, file: &str, organisation: &str, phone: &str) -> Result<Self, NoticeError> {
        let malformed = |why: String| NoticeError::Malformed { file: file.to_owned(), why };
        let read: File = toml::from_str(text).map_err(|error| malformed(error.message().to_owned()))?;
        if read.points.len() != POINTS {
            return Err(malformed(format!("it has {} points; the law names {POINTS}", read.points.len())));
        }
        let phone = if phone.is_empty() { "聯絡方式見本頁下方" } else { phone };
        let fill = |text: &str| text.replace("{organisation}", organisation).replace("{phone}", phone);
        let points: Vec<Point> = read
            .points
            .iter()
            .map(|point| Point {
                heading: fill(&point.heading),
                paragraphs: fill(&point.text)
                    .lines()
                    .map(str::trim)
                    .filter(|l| !l.is_empty())
                    .map(str::to_owned)
                    .collect(),
            })
            .collect();
        if points.iter().any(|point| point.heading.trim().is_empty() || point.paragraphs.is_empty()) {
            return Err(malformed("a point is empty".into()));
        }
        let mut notice =
            Self { title: fill(&read.title), lead: fill(&read.lead), points, digest: String::new() };
        notice.digest = Digest::of(notice.body().as_bytes()).to_string();
        Ok(notice)
    }

    /// The whole text, as it is kept beside the acceptances.
    #[must_use]
    pub fn body(&self) -> String {
        let points =
            self.points.iter().map(|point| format!("{}\n{}", point.heading, point.paragraphs.join("\n")));
        format!("{}\n{}\n\n{}\n", self.title, self.lead, points.collect::<Vec<_>>().join("\n\n"))
    }

    /// The first digits of the version, for people.
    #[must_use]
    pub fn version(&self) -> &str {
        self.digest.get(..12).unwrap_or_default()
    }
}

/// Whether this person has accepted this version.
///
/// # Errors
/// When the database fails.
pub async fn has_accepted(
    db: &mut AnyConnection,
    person: &str,
    notice: &CollectionNotice,
) -> Result<bool, StoreError> {
    acceptances::is_there(db, person, &notice.digest).await
}

/// Keeps that a person has accepted this version; a second time changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn accept(
    tx: &mut Tx,
    world: &World,
    person: &str,
    notice: &CollectionNotice,
    accepted: Accepted<'_>,
) -> Result<(), StoreError> {
    acceptances::keep_text(tx, &notice.digest, &notice.body(), world.now()).await?;
    let Accepted { at, remote, request } = accepted;
    let id = &world.new_id();
    acceptances::add(tx, &Acceptance { id, person, digest: &notice.digest, at, remote, request }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(organisation: &str) -> CollectionNotice {
        CollectionNotice::load(None, organisation, "07-000-0000").expect("the built-in text")
    }

    #[test]
    fn the_built_in_text_has_the_six_points_of_the_law() {
        let notice = built_in("示範中心");
        let headings: Vec<_> = notice.points.iter().map(|point| point.heading.as_str()).collect();
        assert_eq!(
            headings,
            [
                "蒐集機關名稱",
                "蒐集之目的",
                "個人資料之類別",
                "利用之期間、地區、對象及方式",
                "您得行使之權利及方式",
                "不提供之影響"
            ]
        );
        assert_eq!(notice.points[0].paragraphs, ["示範中心"]);
        assert!(notice.body().contains("07-000-0000") && !notice.body().contains('{'), "{}", notice.body());
    }

    #[test]
    fn another_text_is_another_version() {
        let (one, other) = (built_in("示範中心"), built_in("測試中心"));
        assert_eq!(one.digest, built_in("示範中心").digest);
        assert_ne!(one.digest, other.digest);
        assert_eq!(one.version().len(), 12);
    }

    #[test]
    fn a_text_without_all_six_points_is_named() {
        let five = BUILT_IN.rsplit_once("[[points]]").expect("points").0;
        let error = CollectionNotice::parse(five, "own.toml", "x", "").unwrap_err().to_string();
        assert_eq!(error, "the collection notice own.toml: it has 5 points; the law names 6");
        let error = CollectionNotice::parse("title = 1", "own.toml", "x", "").unwrap_err().to_string();
        assert!(error.starts_with("the collection notice own.toml: invalid type"), "{error}");
        let error =
            CollectionNotice::load(Some(Path::new("/nowhere.toml")), "x", "").unwrap_err().to_string();
        assert!(error.contains("/nowhere.toml can't be read"), "{error}");
    }
}
