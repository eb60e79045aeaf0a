//! The ministry's list of schools (各級學校名錄) as CSV: read by the names of its columns, and compared with what
//! is known. Pure.
//!
//! The columns differ from level to level and from year to year (`學年度` and `備註` come and go), so only `代碼`,
//! `學校名稱`, `縣市名稱` and `地址` are needed, in any order. The file is UTF-8 with or without a mark at its
//! start; UTF-16 with a mark and Big5 occur in older ones. A cell such as `[12]高雄市` begins with a number of the
//! ministry's own, an address with the postal code.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::stage::SchoolStage;

/// Lines of one list at most: all schools of the country are some twelve thousand.
const LINES: usize = 20_000;
/// Code points of a name at most.
pub(super) const NAME: usize = 60;

/// A school as a list has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedSchool {
    /// Six letters and digits, zeros at the front kept.
    pub code: String,
    /// The name.
    pub name: String,
    /// The city or county, such as 高雄市.
    pub city: String,
    /// The district, from the address.
    pub district: String,
    /// The stage.
    pub stage: SchoolStage,
}

/// A line that can't be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The line in the file, from 1.
    pub line: u64,
    /// What stands there: code and name.
    pub what: String,
    /// Why.
    pub why: Unread,
}

/// Why a line can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unread {
    /// The code isn't six letters and digits.
    Code,
    /// No name, or one that is too long.
    Name,
    /// The address names no district.
    District,
    /// The code doesn't tell the stage, and none was said.
    Stage,
    /// The code stood there before.
    Twice,
}

impl Unread {
    /// What is wrong, for pages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Code => "代碼不是 6 碼英數字",
            Self::Name => "沒有校名，或校名太長",
            Self::District => "地址看不出行政區",
            Self::Stage => "代碼看不出學制，請在上傳時選擇學制",
            Self::Twice => "代碼重複",
        }
    }

    /// The same for the command line.
    #[must_use]
    pub fn english(self) -> &'static str {
        match self {
            Self::Code => "the code isn't six letters and digits",
            Self::Name => "there is no name, or it is too long",
            Self::District => "the address names no district",
            Self::Stage => "the code doesn't tell the stage: name it with --stage",
            Self::Twice => "the code stands there twice",
        }
    }
}

/// Why a file is no list of schools.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoList {
    /// In no encoding that we know.
    #[error("the file is neither UTF-8 nor UTF-16 nor Big5 text")]
    Encoding,
    /// Columns are missing; their names.
    #[error("the file has no column {}", .0.join(", "))]
    Columns(Vec<&'static str>),
    /// Not CSV; the line.
    #[error("line {0} is not CSV")]
    Syntax(u64),
    /// More lines than all schools of the country.
    #[error("the file has more than 20000 lines")]
    Long,
}

impl NoList {
    /// What is wrong and what to do, for pages.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Encoding => {
                "檔案不是文字檔，或不是 UTF-8、UTF-16、Big5 編碼。請下載教育部名錄的 CSV 檔。".into()
            }
            Self::Columns(names) => {
                format!("檔案缺少欄位：{}。請下載教育部名錄的 CSV 檔，不要刪除標題列。", names.join("、"))
            }
            Self::Syntax(line) => format!("第 {line} 行不是 CSV 格式。請下載後不經修改直接上傳。"),
            Self::Long => "檔案超過 20,000 行，不像學校名錄。".into(),
        }
    }
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolList {
    /// The schools, in the order of the file.
    pub schools: Vec<ListedSchool>,
    /// Lines that can't be taken.
    pub skipped: Vec<Skipped>,
}

impl SchoolList {
    /// Reads a file. `stage` is what all of its schools are; without one the code tells it.
    ///
    /// # Errors
    /// When it is no list of schools.
    pub fn read(bytes: &[u8], stage: Option<SchoolStage>) -> Result<Self, NoList> {
        let text = decoded(bytes).ok_or(NoList::Encoding)?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| NoList::Syntax(1))?.clone();
        let place = |name: &str| header.iter().position(|column| column.trim() == name);
        let names = ["代碼", "學校名稱", "縣市名稱", "地址"];
        let missing: Vec<_> = names.into_iter().filter(|name| place(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(NoList::Columns(missing));
        }
        let places = names.map(|name| place(name).unwrap_or_default());
        let (mut list, mut codes) = (Self::default(), BTreeSet::new());
        for (at, record) in reader.records().enumerate() {
            let record =
                record.map_err(|error| NoList::Syntax(error.position().map_or(0, csv::Position::line)))?;
            if at >= LINES {
                return Err(NoList::Long);
            }
            let cells = places.map(|place| record.get(place).unwrap_or_default().trim());
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            match school(cells, stage) {
                Ok(school) if codes.insert(school.code.clone()) => list.schools.push(school),
                other => list.skipped.push(Skipped {
                    line: record.position().map_or(0, csv::Position::line),
                    what: format!("{} {}", cells[0], cells[1]).chars().take(NAME).collect(),
                    why: other.err().unwrap_or(Unread::Twice),
                }),
            }
        }
        Ok(list)
    }

    /// The cities in it with the number of their schools, most first.
    #[must_use]
    pub fn cities(&self) -> Vec<(String, usize)> {
        let names: BTreeSet<&str> = self.schools.iter().map(|school| school.city.as_str()).collect();
        let count = |city: &str| self.schools.iter().filter(|school| school.city == city).count();
        let mut cities: Vec<_> = names.into_iter().map(|city| (city.to_owned(), count(city))).collect();
        cities.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        cities
    }
}

fn school(
    [code, name, city, address]: [&str; 4],
    stage: Option<SchoolStage>,
) -> Result<ListedSchool, Unread> {
    let code = code.to_ascii_uppercase();
    if !is_code(&code) {
        return Err(Unread::Code);
    }
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Unread::Name);
    }
    let city = unnumbered(city).replace('台', "臺");
    let district = district(&city, address).ok_or(Unread::District)?;
    let stage = stage.or_else(|| stage_of(&code)).ok_or(Unread::Stage)?;
    Ok(ListedSchool { code, name: name.to_owned(), city, district, stage })
}

/// Whether this is a code: six letters and digits.
pub(super) fn is_code(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The stage that the fourth character of a code tells: 3 and 4 高中職, 5 國中, 6 國小, K 幼兒園.
fn stage_of(code: &str) -> Option<SchoolStage> {
    match code.as_bytes().get(3)? {
        b'3' | b'4' => Some(SchoolStage::SeniorHigh),
        b'5' => Some(SchoolStage::JuniorHigh),
        b'6' => Some(SchoolStage::Elementary),
        b'K' => Some(SchoolStage::Kindergarten),
        _ => None,
    }
}

/// The same without the number in brackets at its front.
fn unnumbered(cell: &str) -> &str {
    match cell.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim(),
        None => cell,
    }
}

/// The district of an address that begins with its city: up to 區, else up to 鄉, 鎮 or 市. Names such as
/// 前鎮區 hold two of these signs, so 區 is looked for first.
fn district(city: &str, address: &str) -> Option<String> {
    let address = unnumbered(address).replace('台', "臺");
    let rest = address.strip_prefix(city).unwrap_or(&address);
    let head: Vec<char> = rest.chars().take(5).collect();
    let end = |signs: &[char]| head.iter().skip(1).position(|c| signs.contains(c)).map(|at| at + 2);
    let length = end(&['區']).or_else(|| end(&['鄉', '鎮', '市']))?;
    Some(head[..length].iter().collect())
}

/// Text in one of the encodings in which lists have come.
fn decoded(bytes: &[u8]) -> Option<String> {
    let units =
        |of: fn([u8; 2]) -> u16| bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
    match bytes {
        [0xff, 0xfe, ..] => {
            let units: Vec<u16> = units(u16::from_le_bytes);
            return String::from_utf16(&units).ok().map(commas);
        }
        [0xfe, 0xff, ..] => {
            let units: Vec<u16> = units(u16::from_be_bytes);
            return String::from_utf16(&units).ok().map(commas);
        }
        _ => {}
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if plain.contains(&0) {
        return None;
    }
    match std::str::from_utf8(plain) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => encoding_rs::BIG5
            .decode_without_bom_handling_and_without_replacement(plain)
            .map(std::borrow::Cow::into_owned),
    }
}

/// UTF-16 lists have tabs between their cells.
fn commas(text: String) -> String {
    let has_tabs = text.lines().next().is_some_and(|first| first.contains('\t') && !first.contains(','));
    if !has_tabs {
        return text;
    }
    let quoted = |cell: &str| format!("\"{}\"", cell.trim_matches('"').replace('"', "\"\""));
    let line = |line: &str| line.split('\t').map(quoted).collect::<Vec<_>>().join(",");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A school as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The school, as a list would have it; the city may be unknown: empty.
    pub school: ListedSchool,
    /// Whether it is closed.
    pub closed: bool,
}

/// A field of a school that a list changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `name`, `city`, `district`, `stage` or `closed`.
    pub field: &'static str,
    /// What is known.
    pub old: String,
    /// What the list says.
    pub new: String,
}

/// What a list would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Schools that aren't known yet.
    pub added: Vec<ListedSchool>,
    /// Schools that differ, and in what.
    pub changed: Vec<(ListedSchool, Vec<Difference>)>,
    /// Open schools of the same city and of stages that the list has, which it doesn't have.
    pub missing: Vec<ListedSchool>,
    /// How many stay as they are.
    pub same: usize,
}

/// Compares the schools of a city in a list with what is known.
#[must_use]
pub fn compare(list: &SchoolList, city: &str, known: &[Known]) -> Plan {
    let mut plan = Plan::default();
    let listed: Vec<&ListedSchool> = list.schools.iter().filter(|school| school.city == city).collect();
    for school in &listed {
        match known.iter().find(|one| one.school.code == school.code) {
            None => plan.added.push((*school).clone()),
            Some(one) => match differences(one, school) {
                same if same.is_empty() => plan.same += 1,
                differences => plan.changed.push(((*school).clone(), differences)),
            },
        }
    }
    let stages: Vec<SchoolStage> = listed.iter().map(|school| school.stage).collect();
    let here = |one: &&Known| {
        !one.closed
            && stages.contains(&one.school.stage)
            && (one.school.city.is_empty() || one.school.city == city)
            && !list.schools.iter().any(|school| school.code == one.school.code)
    };
    plan.missing = known.iter().filter(here).map(|one| one.school.clone()).collect();
    plan
}

fn differences(known: &Known, listed: &ListedSchool) -> Vec<Difference> {
    let (old, new) = (&known.school, listed);
    let open = |closed: bool| if closed { "停辦" } else { "開辦" }.to_owned();
    let fields = [
        ("name", old.name.clone(), new.name.clone()),
        ("city", old.city.clone(), new.city.clone()),
        ("district", old.district.clone(), new.district.clone()),
        ("stage", old.stage.label().to_owned(), new.stage.label().to_owned()),
        ("closed", open(known.closed), open(false)),
    ];
    let differing = fields.into_iter().filter(|(_, old, new)| old != new);
    differing.map(|(field, old, new)| Difference { field, old, new }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\u{feff}\"學年度\",\"代碼\",\"學校名稱\",\"公/私立\",\"縣市名稱\",\"地址\",\"電話\",\"網址\"\n\
        114,013601,市立示範國小,公立,[12]高雄市,[807]高雄市三民區示範路1號,(07)0000000,https://example.org\n\
        114,01361X,市立前鎮國小,公立,[12]高雄市,[806]高雄市前鎮區示範路2號,,\n\
        114,120k05,示範幼兒園,私立,[15]台東縣,[950]臺東縣臺東市示範路3號,,\n\
        114,12345,壞代碼,公立,[12]高雄市,[807]高雄市三民區,,\n\
        114,013601,又一次,公立,[12]高雄市,[807]高雄市三民區,,\n\
        114,013901,看不出,公立,[12]高雄市,[807]高雄市三民區,,\n\
        114,013602,沒有區,公立,[12]高雄市,示範路,,\n";

    #[test]
    fn a_list_is_read_by_the_names_of_its_columns() {
        let list = SchoolList::read(LIST.as_bytes(), None).unwrap();
        let told: Vec<_> = list
            .schools
            .iter()
            .map(|s| format!("{} {} {} {} {}", s.code, s.name, s.city, s.district, s.stage))
            .collect();
        assert_eq!(
            told,
            [
                "013601 市立示範國小 高雄市 三民區 國小",
                "01361X 市立前鎮國小 高雄市 前鎮區 國小",
                "120K05 示範幼兒園 臺東縣 臺東市 幼兒園"
            ]
        );
        let why: Vec<_> = list.skipped.iter().map(|one| (one.line, one.why)).collect();
        assert_eq!(why, [(5, Unread::Code), (6, Unread::Twice), (7, Unread::Stage), (8, Unread::District)]);
        assert_eq!(list.cities(), [("高雄市".to_owned(), 2), ("臺東縣".to_owned(), 1)]);
        let all = SchoolList::read(LIST.as_bytes(), Some(SchoolStage::NonSchool)).unwrap();
        assert!(all.schools.iter().all(|school| school.stage == SchoolStage::NonSchool));
        assert_eq!(all.schools.len(), 4);
    }

    #[test]
    fn older_encodings_say_the_same() {
        let plain = "代碼,學校名稱,公/私立,縣市名稱,地址\n013601,市立示範國小,公立,[12]高雄市,[807]高雄市三民區示範路1號\n";
        let expected = SchoolList::read(plain.as_bytes(), None).unwrap();
        let (big5, _, failed) = encoding_rs::BIG5.encode(plain);
        assert!(!failed);
        assert_eq!(SchoolList::read(&big5, None).unwrap(), expected);
        let tabbed = format!("\u{feff}{}", plain.replace(',', "\t"));
        let utf16: Vec<u8> = tabbed.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(SchoolList::read(&utf16, None).unwrap(), expected);
        assert_eq!(expected.schools.len(), 1);
    }

    #[test]
    fn what_is_no_list_is_told() {
        let refused = |bytes: &[u8]| SchoolList::read(bytes, None).unwrap_err();
        assert_eq!(refused(b"%PDF-1.7\0\xff"), NoList::Encoding);
        assert_eq!(refused("代碼,學校名稱\n1,2\n".as_bytes()), NoList::Columns(vec!["縣市名稱", "地址"]));
        assert_eq!(refused(b""), NoList::Columns(vec!["代碼", "學校名稱", "縣市名稱", "地址"]));
        let long = format!("代碼,學校名稱,縣市名稱,地址\n{}", "a,b,c,d\n".repeat(LINES + 1));
        assert_eq!(refused(long.as_bytes()), NoList::Long);
    }

    #[test]
    fn a_list_is_compared_with_what_is_known() {
        let list = SchoolList::read(LIST.as_bytes(), None).unwrap();
        let known = |code: &str, name: &str, district: &str, closed: bool| Known {
            school: ListedSchool {
                code: code.into(),
                name: name.into(),
                city: String::new(),
                district: district.into(),
                stage: SchoolStage::Elementary,
            },
            closed,
        };
        let mut same = known("013601", "市立示範國小", "三民區", false);
        same.school.city = "高雄市".into();
        let mut elsewhere = known("013699", "外縣市國小", "左營區", false);
        elsewhere.school.city = "臺南市".into();
        let known = [
            same.clone(),
            known("013688", "停辦的國小", "三民區", true),
            known("013677", "不在名錄", "三民區", false),
            elsewhere,
        ];
        let plan = compare(&list, "高雄市", &known);
        assert_eq!((plan.added.len(), plan.same), (1, 1));
        assert_eq!(plan.added[0].code, "01361X");
        let missing: Vec<_> = plan.missing.iter().map(|school| school.code.as_str()).collect();
        assert_eq!(missing, ["013677"]);
        let renamed = Known { school: ListedSchool { name: "舊名".into(), ..same.school }, closed: true };
        let plan = compare(&list, "高雄市", &[renamed]);
        let fields: Vec<_> = plan.changed[0].1.iter().map(|one| one.field).collect();
        assert_eq!(fields, ["name", "closed"]);
    }
}
