//! What the provider says of a person, in whatever shape it says it. Pure.
//!
//! `kh_profile` and `kh_titles` are the education bureau's own: strings, arrays and objects all occur, and an
//! object may come as JSON inside a string.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The claims that are not in the standard.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct SchoolClaims {
    /// The schools, and what else the bureau knows.
    #[serde(default)]
    pub kh_profile: Value,
    /// What the person is there.
    #[serde(default)]
    pub kh_titles: Value,
}

impl AdditionalClaims for SchoolClaims {}

/// What a sign-on tells of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Who, at this issuer, for ever.
    pub subject: String,
    /// The name; may be empty.
    pub name: String,
    /// The address; empty where there is none or the provider says that nobody has confirmed it.
    pub email: String,
    /// Codes of schools, each once; whether they are ours isn't known yet.
    pub schools: Vec<String>,
    /// Nothing but a student.
    pub student: bool,
    /// A second factor was asked for.
    pub second_factor: bool,
    /// When the person last proved to the provider who they are, if it says so (epoch milliseconds).
    pub proved_at: Option<i64>,
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claimed").field("student", &self.student).finish_non_exhaustive()
    }
}

/// One school that is named, with the titles that stand beside it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    codes: Vec<String>,
    titles: Vec<String>,
}

/// The names of a school's code and of titles in objects, compared without case and underscores.
const SCHOOL_KEYS: [&str; 2] = ["schoolid", "schoolcode"];
const TITLE_KEYS: [&str; 2] = ["title", "titles"];

/// The codes of the schools, and whether the person is nothing but a student. A school where someone is only a
/// student is none that they serve.
#[must_use]
pub fn schools_and_student(told: &[SchoolClaims], student_titles: &[String]) -> (Vec<String>, bool) {
    let is_student =
        |title: &String| student_titles.iter().any(|student| student.eq_ignore_ascii_case(title));
    let mut named = Vec::new();
    for claims in told {
        profile(&claims.kh_profile, &mut named);
        titles(&claims.kh_titles, &mut named);
    }
    let mut all_titles = named.iter().flat_map(|one| &one.titles).peekable();
    let student = all_titles.peek().is_some() && all_titles.all(is_student);
    let mut schools: Vec<String> = Vec::new();
    let mut left: Vec<&String> = Vec::new();
    for one in &named {
        let studied = !one.titles.is_empty() && one.titles.iter().all(is_student);
        if studied {
            left.extend(&one.codes);
        }
        for code in &one.codes {
            if !schools.contains(code) {
                schools.push(code.clone());
            }
        }
    }
    let served = |code: &String| {
        let elsewhere =
            named.iter().any(|one| one.codes.contains(code) && one.titles.iter().any(|t| !is_student(t)));
        !left.contains(&code) || elsewhere
    };
    schools.retain(served);
    (schools, student)
}

/// A text without signs that control, and of a bounded length.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(most).collect()
}

/// JSON inside a string is opened; anything else stays what it is.
fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

/// In the profile a plain text is a school's code.
fn profile(value: &Value, found: &mut Vec<Named>) {
    match opened(value) {
        Value::Array(values) => values.iter().for_each(|value| profile(value, found)),
        Value::Object(fields) => found.push(object(&fields)),
        plain => found.push(Named { codes: codes(&plain), titles: Vec::new() }),
    }
}

/// Among the titles a plain text is a title.
fn titles(value: &Value, found: &mut Vec<Named>) {
    match opened(value) {
        Value::Array(values) => values.iter().for_each(|value| titles(value, found)),
        Value::Object(fields) => match object(&fields) {
            // By school, or under names that we don't know: whoever is a student somewhere isn't taken for staff.
            Named { titles, .. } if titles.is_empty() => found.extend(fields.iter().map(|(key, value)| {
                Named { codes: codes(&Value::String(key.clone())), titles: words(value) }
            })),
            named => found.push(named),
        },
        plain => found.push(Named { codes: Vec::new(), titles: words(&plain) }),
    }
}

fn object(fields: &serde_json::Map<String, Value>) -> Named {
    let mut named = Named::default();
    for (key, value) in fields {
        let key = key.to_lowercase().replace('_', "");
        if SCHOOL_KEYS.contains(&key.as_str()) {
            named.codes.extend(codes(value));
        } else if TITLE_KEYS.contains(&key.as_str()) {
            named.titles.extend(words(value));
        }
    }
    named
}

/// Codes of schools: six letters or digits. A number has lost its leading zeros.
fn codes(value: &Value) -> Vec<String> {
    match opened(value) {
        Value::Array(values) => values.iter().flat_map(codes).collect(),
        Value::Object(fields) => object(&fields).codes,
        Value::Number(number) => {
            number.as_u64().map(|n| format!("{n:06}")).filter(|c| c.len() == 6).into_iter().collect()
        }
        Value::String(text) => text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|code| code.len() == 6)
            .map(str::to_ascii_uppercase)
            .collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

fn words(value: &Value) -> Vec<String> {
    match opened(value) {
        Value::Array(values) => values.iter().flat_map(words).collect(),
        Value::Object(fields) => object(&fields).titles,
        Value::String(text) => text
            .split([',', ';', '、', '，', '；', '|'])
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kh_profile: Value, kh_titles: Value) -> (Vec<String>, bool) {
        let students = ["學生".to_owned(), "student".to_owned()];
        schools_and_student(&[SchoolClaims { kh_profile, kh_titles }], &students)
    }

    #[test]
    fn a_school_is_found_in_every_shape() {
        let one = vec!["123602".to_owned()];
        for profile in [
            json!("123602"),
            json!({"schoolid": "123602"}),
            json!({"schoolid": 123602, "name": "測試國小"}),
            json!({"schoolid": ["123602"]}),
            json!([{"schoolid": "123602"}]),
            json!(["123602"]),
            json!("{\"schoolid\":\"123602\"}"),
            json!({"schoolId": "123602"}),
            json!({"school_id": {"schoolid": "123602"}}),
            json!([{"schoolid": "123602"}, {"schoolid": "123602"}]),
        ] {
            assert_eq!(read(profile.clone(), Value::Null), (one.clone(), false), "{profile}");
        }
        assert_eq!(read(json!({"schoolid": 23601}), Value::Null).0, ["023601"], "a number lost its zero");
        assert_eq!(read(json!({"schoolid": "12a602"}), Value::Null).0, ["12A602"]);
        for none in [
            json!(null),
            json!(""),
            json!({}),
            json!([]),
            json!({"schoolid": ""}),
            json!(true),
            json!("國小"),
        ] {
            assert_eq!(read(none.clone(), Value::Null), (vec![], false), "{none}");
        }
    }

    #[test]
    fn several_schools_stay_in_their_order() {
        assert_eq!(read(json!("123602,023601"), Value::Null).0, ["123602", "023601"]);
        assert_eq!(
            read(json!([{"schoolid": "123602"}, {"schoolid": "023601"}]), Value::Null).0,
            ["123602", "023601"]
        );
        let titles = json!([{"schoolid": "123304", "titles": ["輔導教師"]}]);
        assert_eq!(read(json!({"schoolid": "123602"}), titles).0, ["123602", "123304"]);
    }

    #[test]
    fn a_student_is_known_in_every_shape() {
        for titles in [
            json!("學生"),
            json!(["學生"]),
            json!({"title": "學生"}),
            json!({"titles": ["學生"]}),
            json!([{"schoolid": "123602", "titles": ["學生"]}]),
            json!("[{\"schoolid\":\"123602\",\"titles\":[\"學生\"]}]"),
            json!("Student"),
            json!([" 學生 "]),
        ] {
            assert!(read(json!({"schoolid": "123602"}), titles.clone()).1, "{titles}");
        }
        for titles in [
            json!(null),
            json!([]),
            json!("教師"),
            json!(["教師", "學生"]),
            json!("教師,學生"),
            json!({"titles": ["輔導主任"]}),
            json!("學生事務處組長"),
        ] {
            assert!(!read(json!({"schoolid": "123602"}), titles.clone()).1, "{titles}");
        }
    }

    #[test]
    fn where_someone_only_studies_they_do_not_serve() {
        let titles = json!([
            {"schoolid": "123602", "titles": ["教師"]},
            {"schoolid": "123304", "titles": ["學生"]},
        ]);
        assert_eq!(read(Value::Null, titles), (vec!["123602".to_owned()], false));
        let both = json!([
            {"schoolid": "123304", "titles": ["學生"]},
            {"schoolid": "123304", "titles": ["教師"]},
        ]);
        assert_eq!(read(Value::Null, both).0, ["123304"]);
    }

    #[test]
    fn texts_are_plain_and_bounded() {
        assert_eq!(plain(" 王\u{0}小\n明 ", 50), "王小明");
        assert_eq!(plain(&"王".repeat(80), 50).chars().count(), 50);
    }
}
