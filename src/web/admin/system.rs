//! 設定 and 排程: to be looked at only.

use axum::extract::State;
use axum::response::Response;

use crate::config::{Setting, Source};
use crate::steps::backups;
use crate::store::backups::Backup;
use crate::store::jobs::Run;
use crate::web::app::App;
use crate::web::pages::frame::{Frame, Here};
use crate::web::pages::parts::{Badge, Look, Tabs};
use crate::web::pages::system::{
    BackupFacts, BackupPart, JobRow, JobsPage, SettingRow, SettingSection, SettingsPage,
};
use crate::web::pages::words::{Moment, size, thousands};
use crate::web::trouble::{WebError, html};
use crate::web::visitor::Visitor;

use super::Admin;

fn frame(app: &App, visitor: &Visitor) -> Frame {
    visitor.frame_at(app, Here::System, None)
}

/// 設定, 排程; the latter with how much of the backups somebody has to do something about.
fn tabs(here: usize, backup: &BackupPart) -> Tabs {
    let count = i64::try_from(backup.warnings.len()).ok().filter(|count| *count > 0);
    Tabs::new("系統", here, &[("設定", "/admin/settings", None), ("排程", "/admin/jobs", count)])
}

/// The keys of the configuration, by section.
pub async fn settings(State(app): State<App>, Admin { visitor, who }: Admin) -> Result<Response, WebError> {
    let backup = backup(&app.office.backups(&who).await?, app.office.world.now());
    let mut sections: Vec<SettingSection> = Vec::new();
    for setting in &app.settings.0 {
        let name =
            setting.key.split_once('.').map_or_else(String::new, |(section, _)| format!("[{section}]"));
        let row = row(setting);
        match sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.rows.push(row),
            None => sections.push(SettingSection { name, rows: vec![row] }),
        }
    }
    Ok(html(&SettingsPage {
        frame: frame(&app, &visitor),
        tabs: tabs(0, &backup),
        version: env!("CARGO_PKG_VERSION").into(),
        sections,
    }))
}

fn row(setting: &Setting) -> SettingRow {
    SettingRow {
        key: setting.key.clone(),
        value: setting.value.clone().unwrap_or_default(),
        source: match setting.source {
            Source::Default => Badge::new("預設", Look::Draft),
            Source::File => Badge::new("設定檔", Look::Done),
            Source::Environment => Badge::new("環境變數", Look::Going),
        },
        variable: setting.variable.clone(),
    }
}

/// The jobs, and the backups.
pub async fn jobs(State(app): State<App>, Admin { visitor, who }: Admin) -> Result<Response, WebError> {
    let now = app.office.world.now();
    let jobs = app.office.jobs(&who).await?;
    // Most installations are backed up by the command; then there is no such job.
    let jobs = jobs.into_iter().filter(|(name, _, run)| *name != "backup" || run.is_some());
    let rows = jobs.map(|(name, late, run)| job(name, late, run.as_ref(), now)).collect();
    let backup = backup(&app.office.backups(&who).await?, now);
    let tabs = tabs(1, &backup);
    Ok(html(&JobsPage { frame: frame(&app, &visitor), tabs, rows, backup }))
}

fn backup(state: &backups::State, now: i64) -> BackupPart {
    const DAY: i64 = 24 * 60 * 60_000;
    let mut warnings = Vec::new();
    match &state.newest {
        None if state.is_late => warnings.push(
            "還沒有備份。請在主機上執行 casebind backup，或在設定檔的 [backup] 指定資料夾，由系統定時備份。"
                .into(),
        ),
        Some(newest) if state.is_late => {
            let (days, most) = ((now - newest.taken_at) / DAY, state.warn_days);
            warnings.push(format!(
                "最近一次備份是 {days} 天前，超過 {most} 天。請查看排程與系統日誌，或在主機上執行 casebind backup。"
            ));
        }
        _ => {}
    }
    if state.newest.as_ref().is_some_and(|newest| newest.found.is_some_and(|found| found > 0)) {
        warnings.push(
            "演練發現最近一次備份有問題。請在主機上執行 casebind restore --check 查看，再執行 casebind backup。".into(),
        );
    }
    let taken_at = state.newest.as_ref().map(|newest| newest.taken_at);
    BackupPart {
        warnings,
        sound: state.sound_at.filter(|at| Some(*at) != taken_at).map(|at| Moment::at(at, now)),
        last: state.newest.as_ref().map(|newest| facts(newest, now)),
    }
}

fn facts(backup: &Backup, now: i64) -> BackupFacts {
    let originals = |count: i64, bytes: i64| {
        format!("{} 個原件（{}）", thousands(count), size(u64::try_from(bytes).unwrap_or(0)))
    };
    let by = if backup.scheduled == 1 { "由系統定時備份" } else { "由指令備份" };
    BackupFacts {
        taken: Moment::at(backup.taken_at, now),
        kind: format!("{by}，第 {} 份", backup.generation),
        content: format!(
            "{} 筆資料，{}",
            thousands(backup.row_count),
            originals(backup.originals, backup.bytes)
        ),
        added: originals(backup.copied, backup.copied_bytes),
        took: took(backup.ended_at - backup.began_at),
        result: match backup.findings {
            0 => Badge::new("完整", Look::Done),
            some => Badge::new(format!("{some} 個問題"), Look::Attention),
        },
        drill: match backup.found {
            None => Badge::new("還沒有演練", Look::Waiting),
            Some(0) => Badge::new("無誤", Look::Done),
            Some(some) => Badge::new(format!("{some} 個問題"), Look::Attention),
        },
        checked: backup.checked_at.map(|at| Moment::at(at, now)),
    }
}

/// How long something took, as people say it.
fn took(millis: i64) -> String {
    match millis / 1000 {
        ..1 => "不到 1 秒".into(),
        seconds @ 1..60 => format!("{seconds} 秒"),
        seconds @ 60..3600 => format!("{} 分鐘", seconds / 60),
        seconds => format!("{} 小時 {} 分鐘", seconds / 3600, seconds % 3600 / 60),
    }
}

fn job(name: &str, late: i64, run: Option<&Run>, now: i64) -> JobRow {
    let label = match name {
        "mail" => "寄送郵件",
        "reminders" => "案件提醒",
        "accounts" => "停用未使用的帳號",
        "custody" => "保管鏈串接與簽章",
        "fixity" => "檢查原件",
        "disposal" => "移除已銷毀案件的檔案",
        "backup" => "備份",
        other => other,
    };
    let state = match run {
        None => Badge::new("還沒有執行", Look::Waiting),
        Some(run) if run.outcome != "done" => Badge::new("失敗", Look::Attention),
        Some(run) if run.due_at + late < now => Badge::new("停頓", Look::Attention),
        Some(_) => Badge::new("正常", Look::Done),
    };
    let failed = run.filter(|run| run.outcome != "done");
    JobRow {
        label: label.into(),
        state,
        last: run.map(|run| Moment::at(run.ended_at, now)),
        detail: run.map(|run| run.detail.clone()).unwrap_or_default(),
        done: failed.and_then(|run| run.done_at).map(|at| Moment::at(at, now)),
        next: run.map(|run| Moment::at(run.due_at, now).text).unwrap_or_default(),
    }
}
