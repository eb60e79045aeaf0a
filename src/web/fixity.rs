//! 原件檢查, for archivists and administrators: how the originals stand, and what was found wrong.

use axum::extract::State;
use axum::response::Response;

use crate::steps::fixity::{self, FOLDERS};
use crate::store::fixity::{Day, Kept, Pass};

use super::app::App;
use super::pages::fixity::{DayRow, FindingItem, FixityPage, PassWords};
use super::pages::frame::Here;
use super::pages::parts::{Badge, DigestText, Look};
use super::pages::words::{Moment, size};
use super::trouble::{WebError, html};
use super::visitor::Visitor;

/// The page.
pub async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, WebError> {
    let state = app.office.fixity(&visitor.actor).await?;
    let now = app.office.world.now();
    let today = app.office.today().to_string();
    let moment = |at: i64| Moment::at(at, now);
    Ok(html(&FixityPage {
        frame: visitor.frame_at(&app, Here::Fixity, None),
        days: state.days,
        originals: state.standing.originals,
        open: state.open,
        mended: state.mended,
        overdue: state.standing.overdue,
        read: if state.pass.is_some() { state.standing.read } else { 0 },
        folders: state.pass.map_or(0, |pass| pass.folders),
        folders_in_all: FOLDERS,
        began: state.pass.map(|pass| moment(pass.began_at)),
        last: state.last.and_then(|pass| over(pass, now)),
        oldest: state.standing.oldest.map(moment),
        today: state.recent.iter().find(|day| day.day == today).map(row),
        recent: state.recent.iter().map(row).collect(),
        findings: state.findings.iter().map(|finding| item(finding, now)).collect(),
        more: state.open + state.mended > i64::try_from(state.findings.len()).unwrap_or(i64::MAX),
    }))
}

fn over(pass: Pass, now: i64) -> Option<PassWords> {
    let ended = pass.ended_at?;
    let days = (ended - pass.began_at) / fixity::DAY;
    Some(PassWords {
        began: Moment::at(pass.began_at, now),
        ended: Moment::at(ended, now),
        took: if days < 1 { "不到 1 天".into() } else { format!("{days} 天") },
    })
}

fn row(day: &Day) -> DayRow {
    DayRow {
        day: day.day.replace('-', "/"),
        due: day.quota,
        read: day.originals,
        size: size(u64::try_from(day.bytes).unwrap_or(0)),
        folders: day.folders,
        findings: day.findings,
        done: day.originals >= day.quota,
    }
}

fn item(kept: &Kept, now: i64) -> FindingItem {
    FindingItem {
        id: kept.id.clone(),
        kind: label(&kept.kind).into(),
        state: match kept.gone_at {
            None => Badge::new("待處理", Look::Attention),
            Some(_) => Badge::new("已修復", Look::Done),
        },
        digest: kept.digest.as_deref().map(DigestText::new),
        expected: kept.expected.clone(),
        actual: kept.actual.clone(),
        repair: kept.repair.clone(),
        rows: kept.rows.clone(),
        first: Moment::at(kept.first_at, now),
        last: Moment::at(kept.last_at, now),
        gone: kept.gone_at.map(|at| Moment::at(at, now)),
    }
}

/// What pages call a kind of trouble.
fn label(kind: &str) -> &str {
    match kind {
        "missing" => "檔案不見了",
        "empty" => "檔案是空的",
        "truncated" => "檔案不完整",
        "damaged" => "檔案內容不同",
        "swapped" => "兩個檔案互換了",
        "unreadable" => "檔案無法讀取",
        "locked" => "缺少開啟檔案的金鑰",
        "wrong-size" => "登記的大小不符",
        "badly-bound" => "案件登記的簽核申請單不對",
        "miscounted" => "案件數的統計不符",
        "orphan" => "沒有登記的檔案",
        "stray-temporary" => "上傳中斷留下的檔案",
        "foreign" => "不屬於這裡的檔案",
        "no-folder" => "原件資料夾不見了",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::verify::Kind;

    #[test]
    fn every_kind_has_words_of_its_own() {
        let kinds = [
            Kind::Missing,
            Kind::Empty,
            Kind::Truncated,
            Kind::Damaged,
            Kind::Swapped,
            Kind::Unreadable,
            Kind::Locked,
            Kind::WrongSize,
            Kind::BadlyBound,
            Kind::Miscounted,
            Kind::Orphan,
            Kind::StrayTemporary,
            Kind::Foreign,
            Kind::NoFolder,
        ];
        let words: std::collections::HashSet<_> = kinds.iter().map(|kind| label(kind.as_str())).collect();
        assert_eq!(words.len(), kinds.len());
        assert!(kinds.iter().all(|kind| label(kind.as_str()) != kind.as_str()));
    }
}
