//! Made-up zones, districts, schools and people of every role.

use crate::case::role::{Actor, Role};
use crate::case::stage::SchoolStage;
use crate::cli::house::Trouble;
use crate::store::Tx;
use crate::store::schools::{self, School};
use crate::store::seed::{Rows, Table};
use crate::store::zones;

use super::dice::Dice;
use super::words;

/// Zones of supervisors.
const ZONES: [(&str, &str); 6] = [
    ("zone-1", "第一區"),
    ("zone-2", "第二區"),
    ("zone-3", "第三區"),
    ("zone-4", "第四區"),
    ("zone-5", "第五區"),
    ("zone-6", "第六區"),
];
const DISTRICTS: [&str; 30] = [
    "東一區",
    "東二區",
    "東三區",
    "東四區",
    "東五區",
    "西一區",
    "西二區",
    "西三區",
    "西四區",
    "西五區",
    "南一區",
    "南二區",
    "南三區",
    "南四區",
    "南五區",
    "北一區",
    "北二區",
    "北三區",
    "北四區",
    "北五區",
    "中一區",
    "中二區",
    "中三區",
    "中四區",
    "中五區",
    "山一區",
    "山二區",
    "海一區",
    "海二區",
    "海三區",
];
const SCHOOLS: usize = 500;
const PLACES: [&str; 25] = [
    "光華", "中正", "仁愛", "信義", "和平", "忠孝", "復興", "成功", "新民", "大同", "東光", "西湖", "南榮",
    "北辰", "明德", "文山", "永安", "福德", "瑞豐", "民族", "民權", "建國", "自強", "長青", "青雲",
];

/// Who works in the installation.
pub struct Settled {
    /// The schools.
    pub schools: Vec<School>,
    /// Applicants of each school, in the order of the schools.
    pub applicants: Vec<Vec<Actor>>,
    /// Case managers.
    pub managers: Vec<Actor>,
    /// Supervisors, in the order of the zones.
    pub supervisors: Vec<Actor>,
    /// Professionals with their profession.
    pub professionals: Vec<(Actor, &'static str)>,
}

/// Makes zones and schools, and keeps the rows of people.
pub async fn settle(
    tx: &mut Tx,
    rows: &mut Rows,
    dice: &mut Dice,
    hash: &str,
    now: i64,
) -> Result<Settled, Trouble> {
    for (id, name) in ZONES {
        schools::put_zone(tx, id, name).await?;
    }
    for (at, district) in DISTRICTS.iter().enumerate() {
        zones::move_district(tx, district, Some(zone_of(at))).await?;
    }
    let schools: Vec<School> = (0..SCHOOLS).map(|at| school(at, dice)).collect();
    for school in &schools {
        schools::put(tx, school).await?;
    }
    let mut hall = Hall { rows, dice, hash, now };
    let mut applicants = Vec::with_capacity(schools.len());
    for (at, school) in schools.iter().enumerate() {
        let of_school = ["a", "b"].map(|which| {
            let login = format!("applicant-{:03}{which}", at + 1);
            hall.person(&login, Role::Applicant, Some(&school.code), None, None)
        });
        applicants.push(of_school.into());
    }
    let managers = (1..=6)
        .map(|at| hall.person(&format!("manager-{at}"), Role::CaseManager, None, None, None))
        .collect();
    let supervisors = ZONES
        .iter()
        .enumerate()
        .map(|(at, (zone, _))| {
            hall.person(&format!("supervisor-{}", at + 1), Role::Supervisor, None, Some(zone), None)
        })
        .collect();
    let professionals = (1..=60)
        .map(|at| {
            let profession = if at % 3 == 0 { "社工師" } else { "心理師" };
            let login = format!("professional-{at:02}");
            (hall.person(&login, Role::Professional, None, None, Some(profession)), profession)
        })
        .collect();
    hall.person("archivist", Role::Archivist, None, None, None);
    hall.person("administrator", Role::Administrator, None, None, None);
    Ok(Settled { schools, applicants, managers, supervisors, professionals })
}

/// The zone of a district: districts lie whole in one.
fn zone_of(district: usize) -> &'static str {
    ZONES[district * ZONES.len() / DISTRICTS.len()].0
}

fn school(at: usize, dice: &mut Dice) -> School {
    let stage = dice.weighed(&[
        (SchoolStage::Kindergarten, 10),
        (SchoolStage::Elementary, 48),
        (SchoolStage::JuniorHigh, 25),
        (SchoolStage::SeniorHigh, 14),
        (SchoolStage::NonSchool, 3),
    ]);
    let kind = match stage {
        SchoolStage::Kindergarten => "幼兒園",
        SchoolStage::Elementary => "國小",
        SchoolStage::JuniorHigh => "國中",
        SchoolStage::SeniorHigh => "高中",
        SchoolStage::NonSchool => "實驗教育機構",
    };
    let district = at % DISTRICTS.len();
    let place = PLACES[(at / DISTRICTS.len() + district * 7) % PLACES.len()];
    School {
        code: format!("9{:05}", at + 1),
        name: format!("{}{place}{kind}", &DISTRICTS[district][..6]),
        district: DISTRICTS[district].into(),
        stage,
        zone: Some(zone_of(district).into()),
    }
}

/// Where people are written down.
struct Hall<'a> {
    rows: &'a mut Rows,
    dice: &'a mut Dice,
    hash: &'a str,
    now: i64,
}

impl Hall<'_> {
    fn person(
        &mut self,
        login: &str,
        role: Role,
        school: Option<&str>,
        zone: Option<&str>,
        profession: Option<&str>,
    ) -> Actor {
        let name = words::name(self.dice);
        let own = |text: Option<&str>| text.map(str::to_owned);
        self.rows.add(
            Table::People,
            vec![
                login.into(),
                login.into(),
                name.as_str().into(),
                format!("{login}@example.org").into(),
                self.hash.into(),
                own(school).into(),
                own(zone).into(),
                own(profession).into(),
                "active".into(),
                self.now.into(),
                self.now.into(),
            ],
        );
        self.rows.add(Table::Roles, vec![login.into(), role.as_str().into(), self.now.into()]);
        Actor { id: login.into(), name, roles: vec![role], school: own(school), zone: own(zone) }
    }
}
