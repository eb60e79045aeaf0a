//! 用手機拍照上傳: a link leads a phone, without another sign-in, to one case for one purpose; its photos become
//! one PDF, which is taken in like any other signed scan.
//!
//! The link is good for ten minutes and for one phone, which then has ten minutes. Whoever holds the phone
//! can hand in photos for this one case and sees nothing of it but its number. The database has digests of
//! both secrets alone. Scan, photos and the link's end are one transaction ([`super::scan`]).

use crate::case::ids::Digest;
use crate::case::role::Actor;
use crate::clock::World;
use crate::fault::{self, Point};
use crate::intake::kind::{PhotoKind, sniff_photo};
use crate::store::Tx;
use crate::store::documents::Document;
use crate::store::people;
use crate::store::phones::{self, NewLink, PhoneLink};
use crate::store::traces::Trace;

use super::office::Origin;
use super::scan::Source;
use super::upload::{Upload, read_staged, size};
use super::{Dossier, Office, StepError};

/// How long a link, and then the phone that opened it, is good for: ten minutes.
pub const GOOD_MILLIS: i64 = 10 * 60_000;
/// Photos in one go at most.
pub const MOST_PHOTOS: usize = 30;

/// A secret of a link or a phone: 256 random bits.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Secret {
    fn new(world: &World) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&world.entropy.bytes::<32>()))
    }

    /// From a link or a cookie.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For a link or a cookie.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

/// A link that was just made.
#[derive(Debug)]
pub struct Invitation {
    /// Its identifier, for whoever made it.
    pub id: String,
    /// Its secret, for the phone.
    pub secret: Secret,
    /// Until when it may be opened, epoch milliseconds.
    pub until: i64,
}

/// A phone that opened a link.
pub struct OnPhone {
    /// The link.
    pub link: PhoneLink,
    /// For whom it acts, with roles as they are now.
    pub actor: Actor,
    /// Its case.
    pub dossier: Dossier,
}

/// The photos that a scan is made of, still to be kept.
pub(super) struct Photographed<'a> {
    /// The link that they came by.
    link: &'a str,
    /// Those that the PDF can't hold byte for byte: the page (from 1), the kind and the bytes.
    photos: Vec<(i64, PhotoKind, Upload)>,
}

/// The same with the photos among the originals; no row names them yet.
pub(super) struct Behind<'a> {
    link: &'a str,
    photos: Vec<(i64, Document)>,
}

/// What became of a link, for the page that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No phone has opened it.
    Waiting,
    /// A phone takes photos.
    Opened,
    /// Its time is over.
    Over,
    /// This scan came of it.
    Done(String),
}

impl Office {
    /// Makes a link for photographing the signed form of a case, in place of earlier ones.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::Refused`] when no scan may be handed in now.
    pub async fn invite_phone(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
    ) -> Result<Invitation, StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        super::scan::may_upload(&dossier, actor)?;
        let (id, secret, now) = (self.world.new_id(), Secret::new(&self.world), self.world.now());
        let until = now + GOOD_MILLIS;
        let (case, person, link_hash) = (&dossier.case.id, &actor.id, &secret.hash());
        phones::add(&mut tx, &NewLink { id: &id, case, person, link_hash, expires_at: until }).await?;
        let trace = Trace {
            person: Some(person),
            action: "invite-phone",
            case: Some(case),
            detail: &id,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        Ok(Invitation { id, secret, until })
    }

    /// The case number of a link that can still be opened. Looking at it opens nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn peek_phone(&self, secret: &Secret) -> Result<Option<String>, StepError> {
        let link = phones::by_link(&mut *self.store.read().await?, &secret.hash()).await?;
        let good = |link: &PhoneLink| link.opened == 0 && link.expires_at > self.world.now();
        Ok(link.filter(good).map(|link| link.number))
    }

    /// Opens a link, once: the phone gets a secret of its own. None: it was opened before, or is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_phone(&self, origin: &Origin, secret: &Secret) -> Result<Option<Secret>, StepError> {
        let (phone, now) = (Secret::new(&self.world), self.world.now());
        let mut tx = self.store.write().await?;
        if !phones::open(&mut tx, &secret.hash(), &phone.hash(), now, now + GOOD_MILLIS).await? {
            return Ok(None);
        }
        let link = phones::by_link(&mut tx, &secret.hash()).await?.ok_or(StepError::NotFound)?;
        let trace = Trace {
            person: Some(&link.person_id),
            action: "open-phone",
            case: Some(&link.case_id),
            detail: &link.id,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        Ok(Some(phone))
    }

    /// The phone with this secret, while its time lasts and whoever it acts for may see the case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_phone(&self, phone: &Secret) -> Result<Option<OnPhone>, StepError> {
        let mut db = self.store.read().await?;
        let Some(link) = phones::by_phone(&mut db, &phone.hash()).await? else { return Ok(None) };
        if link.expires_at <= self.world.now() {
            return Ok(None);
        }
        let person = people::by_id(&mut db, &link.person_id).await?.filter(|person| person.active);
        drop(db);
        let Some(actor) = person.map(|person| person.actor()) else { return Ok(None) };
        match self.dossier(&actor, &link.number).await {
            Ok(dossier) => Ok(Some(OnPhone { link, actor, dossier })),
            Err(StepError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes in photos of the signed form, a page each, in order: they become one PDF, which is read like any
    /// signed scan. Photos that the PDF can't hold byte for byte are kept beside it. `short_code` as there.
    ///
    /// # Errors
    /// As [`Office::take_scan`]; [`StepError::Conflict`] where a scan came of the link meanwhile.
    pub async fn take_photos(
        &self,
        phone: &OnPhone,
        photos: Vec<Upload>,
        short_code: Option<&str>,
    ) -> Result<String, StepError> {
        if phone.link.scan_id.is_some() {
            return Err(StepError::Conflict);
        }
        let mut read = Vec::with_capacity(photos.len());
        for photo in &photos {
            read.push(read_staged(&photo.staged).await?);
        }
        let slices: Vec<&[u8]> = read.iter().map(Vec::as_slice).collect();
        let pdf = self.judge.bind_photos(&slices).await?;
        let pdf = pdf.map_err(|(photo, reason)| StepError::Photo { photo, reason })?;
        let mut staging = self.originals.stage(self.max_upload_bytes).await?;
        staging.write(&pdf).await?;
        drop(pdf);
        let number = &phone.link.number;
        let file_name = format!("手機拍照-{number}-{}頁.pdf", photos.len());
        let staged = staging.finish().await?;
        let kinds: Vec<_> = read.iter().map(|photo| sniff_photo(photo)).collect();
        drop(read);
        let beside = (1_i64..).zip(kinds).zip(photos).filter_map(|((page, kind), photo)| match kind {
            Ok(kind @ (PhotoKind::Heic | PhotoKind::Png)) => Some((page, kind, photo)),
            _ => None,
        });
        let made_of = Photographed { link: &phone.link.id, photos: beside.collect() };
        let beside = made_of.photos.len();
        let source = Source::Photos(file_name, made_of);
        let scan = self.take_scan_of(&phone.actor, number, short_code, staged, source).await?;
        tracing::info!(case = %number, photos = beside, "photographed form stored");
        Ok(scan)
    }

    /// Puts the photos with the originals, once their scan was accepted.
    pub(super) async fn put_photos<'a>(&self, made_of: Photographed<'a>) -> Result<Behind<'a>, StepError> {
        let mut photos = Vec::with_capacity(made_of.photos.len());
        for (page, kind, photo) in made_of.photos {
            let stored = self.originals.put(photo.staged).await?;
            let (bytes, kind) = (size(stored.bytes), kind.media_type().into());
            photos.push((page, Document { digest: stored.digest, bytes, kind }));
        }
        Ok(Behind { link: made_of.link, photos })
    }

    /// Writes the photos down behind their scan, and that the link is done, in the scan's own transaction: no scan is
    /// ever bound without the photos that it was made of.
    pub(super) async fn keep_photos(
        &self,
        tx: &mut Tx,
        scan: &str,
        behind: &Behind<'_>,
    ) -> Result<(), StepError> {
        for (page, document) in &behind.photos {
            self.hold_original(tx, document).await?;
            phones::add_photo(tx, scan, *page, &document.digest).await?;
        }
        // Of two that hand in at once, the first one's photos are the scan.
        if !phones::done(tx, behind.link, scan).await? {
            return Err(StepError::Conflict);
        }
        fault::here(Point::PhoneWritten);
        Ok(())
    }

    /// What became of a link of this person's: the case number, and how far it is.
    ///
    /// # Errors
    /// [`StepError::NotFound`], or a failure of the database.
    pub async fn phone_progress(&self, actor: &Actor, number: &str, id: &str) -> Result<Progress, StepError> {
        let link = phones::find(&mut *self.store.read().await?, id, &actor.id).await?;
        let link = link.filter(|link| link.number == number).ok_or(StepError::NotFound)?;
        Ok(match link.scan_id {
            Some(scan) => Progress::Done(scan),
            None if link.expires_at <= self.world.now() => Progress::Over,
            None if link.opened != 0 => Progress::Opened,
            None => Progress::Waiting,
        })
    }
}
