//! The papers on the stage: the pages of the signed form with what was printed below and outlines above,
//! then the pages of the attachments.

use crate::paper::ChangeKind;
use crate::steps::Dossier;
use crate::steps::picture::ATTACHMENT_PAGES;
use crate::steps::scan::{SeenChange, SeenPage, seen};
use crate::store::papers::{Attachment, Print, Scan};

use super::super::app::App;
use super::super::pages::desk::{Leaf, Marks, Outline};
use super::super::trouble::WebError;
use super::super::view::{self, path};
use super::items::tenths;

/// What a seal box is called on the stage.
pub fn seal_place(id: &str) -> String {
    format!("on-seal-{id}")
}

/// What a page of an attachment is called on the stage.
pub fn attachment_leaf(id: &str, page: u32) -> String {
    format!("leaf-{id}-{page}")
}

/// All pages, in the order of the walk.
pub async fn leaves(app: &App, dossier: &Dossier) -> Result<Vec<Leaf>, WebError> {
    let mut leaves = Vec::new();
    if let Some(scan) = dossier.bound_scan() {
        let print = dossier.prints.iter().find(|print| print.id == scan.print_id);
        let mut pages = seen(scan)?;
        pages.sort_by_key(|page| (page.page.is_none(), page.page, page.index));
        leaves.extend(pages.iter().map(|page| form_leaf(dossier, scan, print, page)));
    }
    for attachment in &dossier.attachments {
        let pages = app.office.known_pages(attachment).await?;
        leaves.extend(attachment_leaves(dossier, attachment, pages));
    }
    Ok(leaves)
}

fn form_leaf(dossier: &Dossier, scan: &Scan, print: Option<&Print>, page: &SeenPage) -> Leaf {
    let number = &dossier.case.number;
    let caption = match (page.ours, page.page, page.pages) {
        _ if page.unread().is_some() => {
            format!("掃描檔第 {} 頁：{}", page.index, page.unread().unwrap_or_default())
        }
        (true, Some(at), Some(of)) => format!("簽核申請單 第 {at} 頁，共 {of} 頁"),
        _ if page.blank => format!("掃描檔第 {} 頁：空白的背面", page.index),
        _ => format!("掃描檔第 {} 頁：讀不到條碼", page.index),
    };
    let place = page.page.filter(|_| page.ours).and_then(|at| {
        let print = print?;
        print.layout.pages.iter().find(|place| place.page == at).map(|place| (print, at, place))
    });
    let (width, height) = place.map_or((210.0, 297.0), |(_, _, place)| (place.width_mm, place.height_mm));
    Leaf {
        id: match place {
            Some((_, at, _)) => format!("leaf-form-{at}"),
            None => format!("leaf-scan-{}", page.index),
        },
        caption,
        image: path(number, &format!("/scans/{}/desk/{}.jpg", scan.id, page.index)),
        width: tenths(width * 0.8),
        height: tenths(height * 0.8),
        print: place
            .map(|(print, at, _)| path(number, &format!("/prints/{}/pages/{at}.jpg", print.revision))),
        marks: place.map(|(_, at, place)| Marks {
            width: tenths(place.width_mm),
            height: tenths(place.height_mm),
            boxes: place
                .boxes
                .iter()
                .map(|one| Outline {
                    id: seal_place(&one.id),
                    x: tenths(one.x_mm),
                    y: tenths(one.y_mm),
                    w: tenths(one.w_mm),
                    h: tenths(one.h_mm),
                    title: one.label.clone(),
                })
                .collect(),
            changes: (1..).zip(&page.changes).filter_map(|(n, change)| outline(at, n, change)).collect(),
        }),
    }
}

/// Around a difference, so that the outline doesn't cover it.
const AIR_MM: f64 = 2.0;

/// Older readers didn't keep where a difference lies.
fn outline(page: u8, number: usize, change: &SeenChange) -> Option<Outline> {
    (change.x_mm > 0.0 || change.y_mm > 0.0).then(|| Outline {
        id: format!("change-{page}-{number}"),
        x: tenths((change.x_mm - AIR_MM).max(0.0)),
        y: tenths((change.y_mm - AIR_MM).max(0.0)),
        w: tenths(change.w_mm + 2.0 * AIR_MM),
        h: tenths(change.h_mm + 2.0 * AIR_MM),
        title: match change.kind {
            ChangeKind::Added => "多出的筆跡".into(),
            ChangeKind::Covered => "印刷內容被遮住".into(),
        },
    })
}

/// The pages of an attachment; the first alone where they haven't been counted yet.
fn attachment_leaves(dossier: &Dossier, attachment: &Attachment, known: Option<u32>) -> Vec<Leaf> {
    let label = view::category_label(dossier, &attachment.category);
    let base = path(&dossier.case.number, &format!("/attachments/{}", attachment.id));
    let pages = known.unwrap_or(1);
    let shown = pages.min(ATTACHMENT_PAGES);
    let of = known.map(|pages| format!("，共 {pages} 頁")).unwrap_or_default();
    let rest = if pages > shown { "；其餘請下載原檔" } else { "" };
    let leaf = |page: u32| Leaf {
        id: attachment_leaf(&attachment.id, page),
        caption: format!("{label} 第 {page} 頁{of}{}", if page == shown { rest } else { "" }),
        image: format!("{base}/pages/{page}.jpg"),
        width: 1344,
        height: 1900,
        print: None,
        marks: None,
    };
    (1..=shown).map(leaf).collect()
}
