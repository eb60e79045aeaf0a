//! The API: the life cycle over HTTP, records and documents, and trouble as problem documents.

mod document;
mod list;
mod mended;
mod record;
mod records;
mod table;
mod trouble;
mod walk;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::cases::CONTENT;
use crate::support::{Browser, Case, Page};

/// The address of a case in the API, and below it.
fn path(case: &Case, below: &str) -> String {
    format!("/api/v1/cases/{}{below}", case.number)
}

/// Lets something happen.
async fn happen(browser: &Browser, case: &Case, body: Value) -> Page {
    browser.send_json(Method::POST, &path(case, "/events"), &body).await
}

/// Form answers as JSON.
fn answers(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(id, text)| ((*id).to_owned(), Value::from(*text))).collect()
}

/// The content tab with this remark.
fn content(note: &str) -> Value {
    let mut content = answers(&CONTENT);
    content["note"] = json!(note);
    content
}

/// The version that the record tells this reader.
async fn version(browser: &Browser, case: &Case) -> i64 {
    browser.get(&path(case, "")).await.expect(200).json()["version"].as_i64().unwrap()
}

/// 已核閱 on everything that the record lists for review.
async fn find_everything_good(manager: &Browser, case: &Case) {
    let record = manager.get(&path(case, "")).await.expect(200).json();
    let verdicts: Vec<Value> = record["review"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!({ "target": item["target"], "verdict": "reviewed" }))
        .collect();
    assert!(verdicts.len() > 3, "seals and attachments");
    let asked = json!({ "event": "review", "version": record["version"], "verdicts": verdicts });
    happen(manager, case, asked).await.expect(200);
}
