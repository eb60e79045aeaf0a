//! Pictures of pages, large enough to judge by: made at the first look, kept as renditions, made again when
//! one is lost. What people uploaded is drawn by the child process; our own print needs none.

use std::collections::BTreeSet;

use tokio::sync::Semaphore;

use crate::case::ids::Digest;
use crate::intake::pictures::{PIXELS_PER_MM, PagePicture, PictureRequest};
use crate::intake::{Purpose, Request};
use crate::paper::packed::Plain;
use crate::paper::raster::Pages;
use crate::store::papers::{Attachment, Print, Scan};

use super::scan::{SeenPage, page_key, seal_key, seen};
use super::{Dossier, Office, StepError};

/// More pages of one attachment aren't shown beside a form: they are in the download.
pub const ATTACHMENT_PAGES: u32 = 12;

fn pages_key(digest: &Digest) -> String {
    format!("file/{digest}/pages")
}

impl Office {
    /// A page (of the file, from 1) of a scan: laid over the form where it is a page of it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is no such page; when storage, database or child fail.
    pub async fn scan_picture(
        &self,
        dossier: &Dossier,
        scan: &Scan,
        page: u32,
    ) -> Result<Vec<u8>, StepError> {
        let seen = seen(scan)?;
        let known = seen.iter().find(|one| one.index == page).ok_or(StepError::NotFound)?;
        let digest = scan.digest.to_string();
        if !known.ours {
            let small = page_key(&digest, usize::try_from(page).unwrap_or(0));
            return self.renditions.get(&small).await?.ok_or(StepError::NotFound);
        }
        let key = format!("scan/{digest}/desk-{page}.jpg");
        if let Some(kept) = self.renditions.get(&key).await? {
            return Ok(kept);
        }
        let print = dossier.prints.iter().find(|print| print.id == scan.print_id);
        let drawn = self.draw_scan(scan, print, known).await?;
        self.renditions.put(&key, drawn.jpeg.clone()).await?;
        Ok(drawn.jpeg)
    }

    /// The seal boxes of which there is a picture, by id. Where a page of a scan couldn't be laid over the form,
    /// nothing could be cut out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn pictured_seals(
        &self,
        scan: &Scan,
        seen: &[SeenPage],
    ) -> Result<BTreeSet<String>, StepError> {
        let digest = scan.digest.to_string();
        let mut pictured = BTreeSet::new();
        for seal in seen.iter().flat_map(|page| &page.boxes) {
            if self.renditions.get(&seal_key(&digest, &seal.id)).await?.is_some() {
                pictured.insert(seal.id.clone());
            }
        }
        Ok(pictured)
    }

    async fn draw_scan(
        &self,
        scan: &Scan,
        print: Option<&Print>,
        page: &SeenPage,
    ) -> Result<PagePicture, StepError> {
        let size = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
        let bytes = self.originals.open_verified(&scan.digest, size(scan.bytes)).await?.read_all().await?;
        let form = match print {
            Some(print) => {
                Some(self.originals.open_verified(&print.digest, size(print.bytes)).await?.read_all().await?)
            }
            None => None,
        };
        let over = match (&form, print, page.page) {
            (Some(form), Some(print), Some(number)) => Some((form.as_slice(), &print.layout, number)),
            _ => None,
        };
        let request = PictureRequest { bytes: &bytes, page: page.index, turn: page.turn, over };
        self.judge.picture(request).await?.ok_or(StepError::NotFound)
    }

    /// A page (from 1) of an attachment.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is no such page, or it can't be drawn; when storage, database or
    /// child fail.
    pub async fn attachment_picture(&self, attachment: &Attachment, page: u32) -> Result<Vec<u8>, StepError> {
        if page == 0 || page > ATTACHMENT_PAGES {
            return Err(StepError::NotFound);
        }
        let key = format!("file/{}/desk-{page}.jpg", attachment.digest);
        if let Some(kept) = self.renditions.get(&key).await? {
            return Ok(kept);
        }
        let bytes = self.attachment_bytes(attachment).await?;
        let request = PictureRequest { bytes: &bytes, page, turn: 0, over: None };
        let drawn = self.judge.picture(request).await?.ok_or(StepError::NotFound)?;
        self.renditions.put(&key, drawn.jpeg.clone()).await?;
        Ok(drawn.jpeg)
    }

    /// How many pages an attachment is known to have: counted when it came, or at an earlier look. None: not
    /// counted yet.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn known_pages(&self, attachment: &Attachment) -> Result<Option<u32>, StepError> {
        if attachment.kind != "application/pdf" {
            return Ok(Some(1));
        }
        let kept = self.renditions.get(&pages_key(&attachment.digest)).await?;
        Ok(kept.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok()))
    }

    /// Keeps how many pages a file has, so that nobody has to open it to know.
    pub(super) async fn keep_pages(&self, digest: &Digest, pages: u32) -> Result<(), StepError> {
        Ok(self.renditions.put(&pages_key(digest), pages.to_string().into_bytes()).await?)
    }

    /// Counts the pages of an attachment; 0 when it can't be opened any more.
    async fn count_pages(&self, attachment: &Attachment) -> Result<u32, StepError> {
        if let Some(known) = self.known_pages(attachment).await? {
            return Ok(known);
        }
        let bytes = self.attachment_bytes(attachment).await?;
        let request =
            Request { bytes: &bytes, purpose: Purpose::Attachment, expected: &[], key: None, by_hand: None };
        let pages = self.judge.judge(request).await?.page_count;
        self.keep_pages(&attachment.digest, pages).await?;
        Ok(pages)
    }

    async fn attachment_bytes(&self, attachment: &Attachment) -> Result<Vec<u8>, StepError> {
        let size = u64::try_from(attachment.bytes).unwrap_or(0);
        Ok(self.originals.open_verified(&attachment.digest, size).await?.read_all().await?)
    }

    /// A page (from 1) of a printed revision, as large as the scan that is laid over it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is no such page; when storage fails.
    pub async fn print_page(&self, print: &Print, page: usize) -> Result<Vec<u8>, StepError> {
        let key = |page: usize| format!("print/{}/desk-{page}.jpg", print.digest);
        if let Some(kept) = self.renditions.get(&key(page)).await? {
            return Ok(kept);
        }
        let bytes = u64::try_from(print.bytes).unwrap_or(0);
        let pdf = self.originals.open_verified(&print.digest, bytes).await?.read_all().await?;
        // Our own PDF, made by us from text: it needs no child process.
        let drawn = tokio::task::spawn_blocking(move || {
            let pages = Pages::open(pdf, u64::MAX).ok()?.renditions(PIXELS_PER_MM);
            pages.iter().map(|page| Plain::from(page).jpeg(80).ok()).collect::<Option<Vec<_>>>()
        });
        let drawn = drawn.await.ok().flatten().ok_or(StepError::Stopped)?;
        for (at, picture) in (1..).zip(&drawn) {
            self.renditions.put(&key(at), picture.clone()).await?;
        }
        drawn.into_iter().nth(page.wrapping_sub(1)).ok_or(StepError::NotFound)
    }

    /// Makes every picture of a case that a reviewer will look at, so that nobody waits for one. What fails
    /// here fails again, and says so, when somebody looks.
    pub async fn prepare_pictures(&self, dossier: &Dossier) {
        /// One case at a time: people who look come first.
        static TURN: Semaphore = Semaphore::const_new(1);
        let Ok(_turn) = TURN.try_acquire() else { return };
        let Some(scan) = dossier.bound_scan() else { return };
        let pages = seen(scan).unwrap_or_default();
        for page in &pages {
            if let Err(error) = self.scan_picture(dossier, scan, page.index).await {
                tracing::debug!(%error, "a page was not drawn ahead");
            }
        }
        if let Some(print) = dossier.prints.iter().find(|print| print.id == scan.print_id)
            && let Err(error) = self.print_page(print, 1).await
        {
            tracing::debug!(%error, "a form was not drawn ahead");
        }
        for attachment in &dossier.attachments {
            let drawn = match self.count_pages(attachment).await {
                Ok(0) => Ok(Vec::new()),
                Ok(_) => self.attachment_picture(attachment, 1).await,
                Err(error) => Err(error),
            };
            if let Err(error) = drawn {
                tracing::debug!(%error, "an attachment was not drawn ahead");
            }
        }
    }
}
