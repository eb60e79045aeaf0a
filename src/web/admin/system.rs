//! 設定 and 排程: to be looked at only.

use axum::extract::State;
use axum::response::Response;

use crate::config::{Setting, Source};
use crate::store::jobs::Run;
use crate::web::app::App;
use crate::web::pages::frame::{Frame, Here};
use crate::web::pages::parts::{Badge, Look, Tabs};
use crate::web::pages::system::{JobRow, JobsPage, SettingRow, SettingSection, SettingsPage};
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html};
use crate::web::visitor::Visitor;

use super::Admin;

fn frame(app: &App, visitor: &Visitor) -> Frame {
    visitor.frame_at(app, Here::System, None)
}

fn tabs(here: usize) -> Tabs {
    Tabs::new("系統", here, &[("設定", "/admin/settings", None), ("排程", "/admin/jobs", None)])
}

/// The keys of the configuration, by section.
pub async fn settings(State(app): State<App>, Admin { visitor, .. }: Admin) -> Response {
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
    html(&SettingsPage {
        frame: frame(&app, &visitor),
        tabs: tabs(0),
        version: env!("CARGO_PKG_VERSION").into(),
        sections,
    })
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

/// The jobs.
pub async fn jobs(State(app): State<App>, Admin { visitor, who }: Admin) -> Result<Response, WebError> {
    let now = app.office.world.now();
    let jobs = app.office.jobs(&who).await?;
    let rows = jobs.into_iter().map(|(name, late, run)| job(name, late, run.as_ref(), now));
    Ok(html(&JobsPage { frame: frame(&app, &visitor), tabs: tabs(1), rows: rows.collect() }))
}

fn job(name: &str, late: i64, run: Option<&Run>, now: i64) -> JobRow {
    let label = match name {
        "mail" => "寄送郵件",
        "reminders" => "案件提醒",
        "accounts" => "停用未使用的帳號",
        "custody" => "保管鏈串接與簽章",
        "fixity" => "檢查原件",
        "disposal" => "移除已銷毀案件的檔案",
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
