//! 分區: which zones there are, which districts lie in them, and which schools are exceptions.

use askama::Template;

use super::field::{Choice, Field};
use super::frame::Frame;

/// The administrator's page of zones.
#[derive(Debug, Template)]
#[template(path = "zones.html")]
pub struct ZonesPage {
    /// Around the page.
    pub frame: Frame,
    /// The zones.
    pub zones: Vec<ZoneCard>,
    /// The name of a new zone.
    pub add: Field,
    /// Why a zone wasn't removed.
    pub kept: Option<String>,
    /// All districts.
    pub districts: Vec<DistrictRow>,
    /// `q`: what schools are looked for by.
    pub keyword: String,
    /// The schools found, or those that were set by themselves.
    pub schools: Vec<SchoolRow>,
    /// Whether there are more schools than are shown.
    pub more: bool,
}

/// One zone.
#[derive(Clone, Debug)]
pub struct ZoneCard {
    /// The identifier.
    pub id: String,
    /// The name, as a field that renames it.
    pub name: Field,
    /// The name as it stands.
    pub title: String,
    /// Its supervisors' names; empty where it has none.
    pub supervisors: String,
    /// Its districts, joined.
    pub districts: String,
    /// How many schools follow from its districts or were set into it.
    pub schools: i64,
}

impl ZoneCard {
    /// Whether nothing seems to lie in it, so that it may be removed.
    fn is_empty(&self) -> bool {
        self.schools == 0 && self.districts.is_empty() && self.supervisors.is_empty()
    }
}

/// One district.
#[derive(Clone, Debug)]
pub struct DistrictRow {
    /// Its name.
    pub name: String,
    /// How many schools it has.
    pub schools: i64,
    /// How many of these don't follow it.
    pub apart: i64,
    /// Where it lies: the value that `was` sends.
    pub was: String,
    /// The zones to choose from, the first one none.
    pub zones: Vec<Choice>,
}

/// One school.
#[derive(Clone, Debug)]
pub struct SchoolRow {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district.
    pub district: String,
    /// Where it lies now.
    pub zone: String,
    /// What was set for it alone: the value that `was` sends.
    pub was: String,
    /// The zones to choose from, the first one 跟隨行政區.
    pub zones: Vec<Choice>,
}

#[cfg(test)]
impl ZonesPage {
    pub(crate) fn sample() -> Self {
        use super::field::LineKind;
        use super::frame::{Here, NavLink};
        let mut frame = Frame::sample_staff();
        frame.here = Here::Zones;
        if let Some(account) = &mut frame.account {
            account.name = "周系統".into();
            account.place = Some("系統管理".into());
            account.links = vec![NavLink::sample(Here::Zones, "分區", "/zones")];
        }
        let choices = |first: &str, chosen: &str| {
            vec![
                Choice::labelled("", first, chosen.is_empty()),
                Choice::labelled("zone-1", "第一區", chosen == "zone-1"),
                Choice::labelled("zone-2", "第二區", chosen == "zone-2"),
            ]
        };
        let zone = |id: &str, name: &str, supervisors: &str, districts: &str| ZoneCard {
            id: id.into(),
            name: Field::line(&format!("name-{id}"), "分區名稱", LineKind::Text, name),
            title: name.into(),
            supervisors: supervisors.into(),
            districts: districts.into(),
            schools: 84,
        };
        let district = |name: &str, was: &str, apart: i64| DistrictRow {
            name: name.into(),
            schools: 21,
            apart,
            was: was.into(),
            zones: choices("未分區", was),
        };
        Self {
            frame,
            zones: vec![
                zone("zone-1", "第一區", "李督導、王督導", "三民區、新興區"),
                zone("zone-2", "第二區", "", "左營區"),
                ZoneCard { schools: 0, ..zone("zone-3", "第三區", "", "") },
            ],
            add: Field::line("name", "新分區的名稱", LineKind::Text, ""),
            kept: None,
            districts: vec![
                district("三民區", "zone-1", 1),
                district("左營區", "zone-2", 0),
                district("鳳山區", "", 0),
            ],
            keyword: String::new(),
            schools: vec![SchoolRow {
                code: "123503".into(),
                name: "示範國中".into(),
                district: "三民區".into(),
                zone: "第二區".into(),
                was: "zone-2".into(),
                zones: choices("跟隨行政區", "zone-2"),
            }],
            more: false,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let mut page = Self::sample();
        page.kept = Some("「第二區」還有 1 個行政區，請先移到其他分區再移除。".into());
        page.add.error = Some("已有「第一區」，請換一個名稱。".into());
        page.keyword = "大學".into();
        page.schools.clear();
        page
    }
}
