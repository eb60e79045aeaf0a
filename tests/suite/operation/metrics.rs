//! What is counted, and that nothing of it tells of anybody.

use std::collections::BTreeSet;

use super::{value, watcher};
use crate::support::browser::Chosen;
use crate::support::command::repository;
use crate::support::house::MINUTE;
use crate::support::{Case, House, paper};

async fn page(house: &House) -> String {
    let page = watcher(house).get("/metrics").await.expect(200);
    assert_eq!(page.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    String::from_utf8(page.body).unwrap()
}

/// The names and values of all labels.
fn labels(page: &str) -> BTreeSet<(String, String)> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let sets = lines.filter_map(|line| line.split_once('{')?.1.rsplit_once('}').map(|(set, _)| set));
    let label = |label: &str| {
        let (name, value) = label.split_once("=\"").unwrap();
        (name.to_owned(), value.to_owned())
    };
    sets.flat_map(|set| set.trim_end_matches('"').split("\",").map(label).collect::<Vec<_>>()).collect()
}

both! {
    async fn what_people_do_is_counted_and_nobody_is_named(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let before = page(&house).await;
        let attached = value(&before, "casebind_uploads_total{kind=\"attachment\"}");
        assert!(attached >= 2.0, "{before}");
        assert_eq!(value(&before, "casebind_forms_printed_total"), 0.0);
        case.attach("other", Chosen::pdf("x.pdf", &paper::letter("x"))).await.expect(303);
        case.attach("other", Chosen::pdf("y.pdf", b"no PDF at all")).await.expect(422);
        case.print().await.expect(303);
        let scan = case.signed_scan(&house).await;
        case.hand_in(&scan).await.expect(303);
        browser.get("/cases/9999999999").await.expect(404);
        let office = house.office();
        office.job_ran("mail", office.world.now(), &Ok(String::new()), office.world.now() + MINUTE).await.unwrap();
        let after = page(&house).await;
        for (series, more) in [
            ("casebind_uploads_total{kind=\"attachment\"}", 1.0),
            ("casebind_uploads_total{kind=\"scan\"}", 1.0),
            ("casebind_forms_printed_total", 1.0),
            ("casebind_refusals_total{code=\"not-found\"}", 1.0),
            ("casebind_http_requests_total{method=\"GET\",route=\"/cases/{number}\",status=\"404\"}", 1.0),
            ("casebind_http_requests_total{method=\"POST\",route=\"/cases/{number}/scans\",status=\"303\"}", 1.0),
            ("casebind_reader_file_duration_seconds_count", 2.0),
        ] {
            assert_eq!(value(&after, series) - value(&before, series), more, "{series}\n{after}");
        }
        let refused = |page: &str| page.lines().filter(|line| line.starts_with("casebind_file_refusals_total{")).count();
        assert_eq!(refused(&after), refused(&before) + 1, "{after}");
        assert!(value(&after, "casebind_reader_pages_total") > value(&before, "casebind_reader_pages_total"));
        assert!(value(&after, "casebind_sessions") >= 1.0);
        assert_eq!(value(&after, "casebind_database_up"), 1.0);
        assert!(value(&after, "casebind_database_connections{state=\"idle\"}") >= 1.0, "{after}");
        let done = value(&after, "casebind_job_last_success_timestamp_seconds{job=\"mail\"}");
        #[expect(clippy::cast_precision_loss, reason = "a moment in this century")]
        let now = office.world.now() as f64 / 1000.0;
        assert!((done - now).abs() < 1.0, "{done} {now}");
        assert_eq!(value(&after, "casebind_http_requests_in_flight"), 0.0);

        // Labels have the few names that docs/operation.md tells, and no value that came from a person.
        let known = ["code", "job", "kind", "le", "method", "outcome", "reason", "route", "state", "status", "version"];
        for (name, value) in labels(&after) {
            assert!(known.contains(&name.as_str()), "{name}={value}");
            assert!(value.is_ascii(), "{name}={value}");
            assert!(!value.contains(&case.number), "{name}={value}");
            if name == "route" {
                assert!(value.starts_with('/') || value == "-", "{value}");
            }
        }
        for word in ["applicant", "王", "127.0.0.1", &case.number, "x.pdf"] {
            assert!(!after.contains(word), "{word} in\n{after}");
        }
        // Every series is described, here and in the notes for operators.
        let notes = std::fs::read_to_string(repository("docs/operation.md")).unwrap();
        for line in after.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
            let name = line.split(' ').next().unwrap();
            assert!(notes.contains(&format!("`{name}`")) || notes.contains(&format!("`{name}_total`")), "{name}");
        }
        for line in after.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_total", "_bucket", "_sum", "_count"].into_iter().fold(name, |name, end| {
                name.strip_suffix(end).unwrap_or(name)
            });
            assert!(after.contains(&format!("# HELP {family} ")), "{name}");
            assert!(after.contains(&format!("# TYPE {family} ")), "{name}");
        }
    }

    async fn made_up_methods_and_addresses_make_no_series(house) {
        let stranger = house.stranger();
        for at in 0..20 {
            stranger.get(&format!("/nothing/{at}")).await.expect(404);
        }
        let page = page(&house).await;
        let routes: Vec<_> = page.lines().filter(|line| line.starts_with("casebind_http_requests_total{")).collect();
        assert_eq!(routes.len(), 1, "{routes:?}");
        assert_eq!(value(&page, "casebind_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"}"), 20.0);
    }
}
