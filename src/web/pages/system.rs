//! 設定 and 排程: how an installation is set up and whether what happens by itself happens. Nothing can be changed
//! here, and no secret is shown.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, Tabs};
use super::words::Moment;

/// The keys of the configuration.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub struct SettingsPage {
    /// Around the page.
    pub frame: Frame,
    /// 設定, 排程.
    pub tabs: Tabs,
    /// The version of the program.
    pub version: String,
    /// The keys by section.
    pub sections: Vec<SettingSection>,
}

/// The keys of one section.
#[derive(Clone, Debug)]
pub struct SettingSection {
    /// Such as `[limits]`; empty: the top ones.
    pub name: String,
    /// Its keys.
    pub rows: Vec<SettingRow>,
}

/// One key.
#[derive(Clone, Debug)]
pub struct SettingRow {
    /// The key.
    pub key: String,
    /// Its value as it may be shown.
    pub value: String,
    /// Where the value comes from.
    pub source: Badge,
    /// The environment variable that sets it.
    pub variable: String,
}

/// The jobs.
#[derive(Debug, Template)]
#[template(path = "jobs.html")]
pub struct JobsPage {
    /// Around the page.
    pub frame: Frame,
    /// 設定, 排程.
    pub tabs: Tabs,
    /// The jobs.
    pub rows: Vec<JobRow>,
    /// How it stands with the backups.
    pub backup: BackupPart,
}

/// How it stands with the backups.
#[derive(Clone, Debug)]
pub struct BackupPart {
    /// What somebody has to do something about.
    pub warnings: Vec<String>,
    /// The newest backup.
    pub last: Option<BackupFacts>,
    /// When the newest was taken that a drill has found sound, if that is an older one.
    pub sound: Option<Moment>,
}

/// A backup.
#[derive(Clone, Debug)]
pub struct BackupFacts {
    /// The moment that it holds.
    pub taken: Moment,
    /// Who made it, and which one it is.
    pub kind: String,
    /// How much is in it.
    pub content: String,
    /// How much of that wasn't there before.
    pub added: String,
    /// How long it took.
    pub took: String,
    /// What came of it.
    pub result: Badge,
    /// Whether a drill has read it.
    pub drill: Badge,
    /// When.
    pub checked: Option<Moment>,
}

/// One job.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// What it does.
    pub label: String,
    /// How it stands.
    pub state: Badge,
    /// When it ran last.
    pub last: Option<Moment>,
    /// What came of it.
    pub detail: String,
    /// When it went well last, if that isn't the last run.
    pub done: Option<Moment>,
    /// When it comes again.
    pub next: String,
}

#[cfg(test)]
fn frame() -> Frame {
    Frame { here: super::frame::Here::System, ..super::accounts::frame() }
}

#[cfg(test)]
fn tabs(here: usize) -> Tabs {
    Tabs::new("系統", here, &[("設定", "/admin/settings", None), ("排程", "/admin/jobs", None)])
}

#[cfg(test)]
impl SettingsPage {
    pub(crate) fn sample() -> Self {
        use super::parts::Look;
        let row = |key: &str, value: &str, source: &str, look| SettingRow {
            key: key.into(),
            value: value.into(),
            source: Badge::new(source, look),
            variable: format!("CASEBIND_{}", key.to_uppercase().replace('.', "_")),
        };
        Self {
            frame: frame(),
            tabs: tabs(0),
            version: "0.1.0".into(),
            sections: vec![
                SettingSection {
                    name: String::new(),
                    rows: vec![row("public_url", "https://casebind.example.org", "設定檔", Look::Done)],
                },
                SettingSection {
                    name: "[limits]".into(),
                    rows: vec![
                        row("limits.pages", "60", "環境變數", Look::Going),
                        row("limits.stack_pages", "200", "預設", Look::Draft),
                    ],
                },
            ],
        }
    }
}

#[cfg(test)]
impl JobsPage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::parts::Look;
        let row = |label: &str, state, detail: &str| JobRow {
            label: label.into(),
            state,
            last: Some(ago(1)),
            detail: detail.into(),
            done: None,
            next: "2025/12/18 14:08".into(),
        };
        Self {
            frame: frame(),
            tabs: tabs(1),
            rows: vec![
                row("寄送郵件", Badge::new("正常", Look::Done), "寄出 3 封"),
                JobRow {
                    done: Some(ago(80)), ..row("案件提醒", Badge::new("失敗", Look::Attention), "")
                },
                JobRow {
                    last: None,
                    next: String::new(),
                    ..row("停用未使用的帳號", Badge::new("還沒有執行", Look::Waiting), "")
                },
            ],
            backup: BackupPart {
                warnings: vec!["最近一次備份是 9 天前，超過 7 天。請查看排程與系統日誌，或在主機上執行 casebind backup。".into()],
                last: Some(BackupFacts {
                    taken: ago(9 * 24),
                    kind: "由系統定時備份，第 128 份".into(),
                    content: "1,204,332 筆資料，48,210 個原件（31.7 GB）".into(),
                    added: "112 個原件（74.5 MB）".into(),
                    took: "3 分鐘".into(),
                    result: Badge::new("完整", Look::Done),
                    drill: Badge::new("還沒有演練", Look::Waiting),
                    checked: None,
                }),
                sound: Some(ago(16 * 24)),
            },
        }
    }

    pub(crate) fn sample_without_backup() -> Self {
        let warnings = vec![
            "還沒有備份。請在主機上執行 casebind backup，或在設定檔的 [backup] 指定資料夾，由系統定時備份。"
                .into(),
        ];
        Self { backup: BackupPart { warnings, last: None, sound: None }, ..Self::sample() }
    }
}
