//! 登入中的裝置.

use askama::Template;

use super::frame::Frame;
use super::words::Moment;

/// One's own sessions, remembered devices, and what happened.
#[derive(Debug, Template)]
#[template(path = "sessions.html")]
pub struct SessionsPage {
    /// Around the page.
    pub frame: Frame,
    /// Sessions in use, this one among them.
    pub sessions: Vec<SessionRow>,
    /// Remembered devices.
    pub devices: Vec<DeviceRow>,
    /// Whether something alarming waits to be said to be seen.
    pub unseen: bool,
    /// What happened, the newest first.
    pub events: Vec<EventRow>,
}

/// One session.
#[derive(Debug)]
pub struct SessionRow {
    /// The browser's family.
    pub agent: String,
    /// From which address it began.
    pub address: String,
    /// How it was entered.
    pub means: String,
    /// When it began.
    pub begun: Moment,
    /// When it was last used.
    pub seen: Moment,
    /// Where it is ended; `None`: it is this one.
    pub end: Option<String>,
}

/// One remembered device.
#[derive(Debug)]
pub struct DeviceRow {
    /// The browser's family.
    pub agent: String,
    /// From which address it was last used.
    pub address: String,
    /// Since when it is remembered.
    pub since: Moment,
    /// When it last came back.
    pub used: Moment,
    /// Until which day, unless it comes back.
    pub until: String,
    /// Where it is forgotten.
    pub end: String,
}

/// One thing that happened.
#[derive(Debug)]
pub struct EventRow {
    /// What.
    pub label: String,
    /// When.
    pub at: Moment,
    /// The browser's family.
    pub agent: String,
    /// From which address.
    pub address: String,
    /// Whether it should be looked at.
    pub alarming: bool,
}

impl SessionsPage {
    pub(crate) fn has_others(&self) -> bool {
        !self.devices.is_empty() || self.sessions.iter().any(|session| session.end.is_some())
    }
}

#[cfg(test)]
impl SessionsPage {
    pub(crate) fn sample() -> Self {
        let now = 1_766_124_180_000;
        let at = |minutes: i64| Moment::at(now - minutes * 60_000, now);
        let session = |agent: &str, means: &str, minutes, end: Option<&str>| SessionRow {
            agent: agent.into(),
            address: "192.0.2.7".into(),
            means: means.into(),
            begun: at(minutes + 40),
            seen: at(minutes),
            end: end.map(str::to_owned),
        };
        let event = |label: &str, minutes, alarming| EventRow {
            label: label.into(),
            at: at(minutes),
            agent: "Chrome（Windows）".into(),
            address: "192.0.2.7".into(),
            alarming,
        };
        Self {
            frame: Frame { here: super::frame::Here::Account, ..Frame::sample() },
            sessions: vec![
                session("Chrome（Windows）", "密碼登入，已通過兩步驟驗證", 0, None),
                session("Safari（iPhone）", "記住的裝置", 9, Some("/account/sessions/0199-1/end")),
            ],
            devices: vec![DeviceRow {
                agent: "Safari（iPhone）".into(),
                address: "2001:db8:1:2:3:4:5:6".into(),
                since: at(9000),
                used: at(49),
                until: "2026/01/18".into(),
                end: "/account/devices/0199-2/end".into(),
            }],
            unseen: true,
            events: vec![
                event("登入", 40, false),
                event("「記住我」疑似遭盜用，已停用該裝置並登出", 300, true),
                event("變更密碼", 9000, false),
            ],
        }
    }

    pub(crate) fn sample_alone() -> Self {
        let mut page = Self::sample();
        page.sessions.truncate(1);
        page.devices.clear();
        page.events.clear();
        page.unseen = false;
        page
    }
}
