//! What is counted in this process, and written down for Prometheus.
//!
//! No label tells of a person, a case or an address: routes as they are declared, methods, statuses, and stable
//! codes only, so that the number of series is small and fixed. What isn't known at a scrape, such as the sessions
//! while the database is away, is `NaN`.

mod names;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use names::{Answer, Label, Route};

/// The media type of [`Metrics::text`]: OpenMetrics 1.0, which Prometheus reads.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Figure = Gauge<f64, AtomicU64>;
type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// The counters of this process. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    counted: Counted,
    looked: Figures,
}

/// What grows while the process works.
#[derive(Clone, Debug)]
struct Counted {
    requests: Family<Answer, Counter>,
    request_times: Times<Route>,
    in_flight: Gauge,
    refusals: Family<[Label; 1], Counter>,
    file_refusals: Family<[Label; 1], Counter>,
    prints: Counter,
    uploads: Family<[Label; 1], Counter>,
    pages: Counter,
    read_times: Histogram,
    jobs: Family<[Label; 2], Counter>,
}

/// What is looked up at each scrape.
#[derive(Clone, Debug, Default)]
struct Figures {
    database_up: Figure,
    connections: Family<[Label; 1], Figure>,
    connections_most: Figure,
    sessions: Figure,
    mails: Family<[Label; 1], Figure>,
    job_success: Family<[Label; 1], Figure>,
    backup: Figure,
    memory: Figure,
    started: Figure,
}

/// What is looked up at a scrape. Figures that couldn't be had are none.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Connections to the database that are in use, and those that wait for use.
    pub connections: (u32, u32),
    /// As many as there may be.
    pub connections_most: u32,
    /// What the database says; none when it didn't answer.
    pub stored: Option<Stored>,
}

/// What the database says of the installation.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Sessions that haven't ended.
    pub sessions: i64,
    /// Mails by how they stand: `waiting`, `failing`, `given-up`.
    pub mails: Vec<(&'static str, i64)>,
    /// When each job went well last, epoch milliseconds.
    pub jobs: Vec<(&'static str, i64)>,
    /// The moment that the newest backup holds, epoch milliseconds; none: there is none.
    pub backup: Option<i64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Metrics {
    /// Nothing counted yet. `started` is when the process began, epoch milliseconds.
    #[must_use]
    pub fn new(started: i64) -> Self {
        let (mut registry, counted, looked) = (Registry::default(), Counted::default(), Figures::default());
        names::register(&mut registry, &counted, &looked);
        looked.started.set(seconds(started));
        Self(Arc::new(Inner { registry, counted, looked }))
    }

    /// Counts a request that is being answered until what it returns is dropped.
    #[must_use]
    pub fn in_flight(&self) -> InFlight {
        self.0.counted.in_flight.inc();
        InFlight(self.0.counted.in_flight.clone())
    }

    /// Counts an answer: the route as it is declared, and how long it took until the answer began.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = Route { method: names::method(method), route: route.to_owned() };
        self.0.counted.request_times.get_or_create(&route).observe(took.as_secs_f64());
        self.0.counted.requests.get_or_create(&Answer { route, status }).inc();
    }

    /// Counts a refusal or failure, by the stable name that programs are told.
    pub fn refused(&self, code: &'static str) {
        self.0.counted.refusals.get_or_create(&[("code", code)]).inc();
    }

    /// Counts a reason why a file wasn't accepted.
    pub fn file_refused(&self, reason: &'static str) {
        self.0.counted.file_refusals.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a new revision of a form.
    pub fn printed(&self) {
        self.0.counted.prints.inc();
    }

    /// Counts a file that was taken in and is kept: an `attachment`, a `scan`, a `stack` or a `record-file`.
    pub fn uploaded(&self, kind: &'static str) {
        self.0.counted.uploads.get_or_create(&[("kind", kind)]).inc();
    }

    /// Counts pages that the reading process went through.
    pub fn pages_read(&self, pages: u32) {
        self.0.counted.pages.inc_by(u64::from(pages));
    }

    /// Counts a file that the reading process was asked about, and how long that took, the wait for a turn included.
    pub fn file_read(&self, pages: u32, took: Duration) {
        self.pages_read(pages);
        self.0.counted.read_times.observe(took.as_secs_f64());
    }

    /// Counts a round of a job in this process.
    pub fn job_ran(&self, job: &'static str, went_well: bool) {
        let outcome = if went_well { "done" } else { "failed" };
        self.0.counted.jobs.get_or_create(&[("job", job), ("outcome", outcome)]).inc();
    }

    /// Everything as text in the format of [`MEDIA_TYPE`], with what was looked up for it.
    ///
    /// # Errors
    /// When it can't be written, which is a defect of the program.
    pub fn text(&self, looked: &Looked) -> Result<String, std::fmt::Error> {
        self.0.looked.set(looked);
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

/// A request under way; see [`Metrics::in_flight`].
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            request_times: Times::new_with_constructor(|| {
                Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
            }),
            in_flight: Gauge::default(),
            refusals: Family::default(),
            file_refusals: Family::default(),
            prints: Counter::default(),
            uploads: Family::default(),
            pages: Counter::default(),
            read_times: Histogram::new([0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0]),
            jobs: Family::default(),
        }
    }
}

impl Figures {
    fn set(&self, looked: &Looked) {
        let (used, idle) = looked.connections;
        self.connections.get_or_create(&[("state", "used")]).set(f64::from(used));
        self.connections.get_or_create(&[("state", "idle")]).set(f64::from(idle));
        self.connections_most.set(f64::from(looked.connections_most));
        self.database_up.set(f64::from(u8::from(looked.stored.is_some())));
        self.memory.set(names::resident_bytes().unwrap_or(f64::NAN));
        match &looked.stored {
            Some(stored) => {
                self.sessions.set(number(stored.sessions));
                for &(state, count) in &stored.mails {
                    self.mails.get_or_create(&[("state", state)]).set(number(count));
                }
                self.backup.set(stored.backup.map_or(f64::NAN, seconds));
                for &(job, at) in &stored.jobs {
                    self.job_success.get_or_create(&[("job", job)]).set(seconds(at));
                }
            }
            None => {
                // What it said a while ago would look like news.
                self.sessions.set(f64::NAN);
                self.backup.set(f64::NAN);
                self.mails.clear();
                self.job_success.clear();
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people, far below 2^53")]
fn number(count: i64) -> f64 {
    count as f64
}

/// Milliseconds as Prometheus wants times: in seconds.
fn seconds(millis: i64) -> f64 {
    number(millis) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_by_the_rules_of_names() {
        let metrics = Metrics::new(1_700_000_000_500);
        metrics.answered("GET", "/cases/{number}", 200, Duration::from_millis(30));
        metrics.answered("BREW", "-", 405, Duration::from_millis(1));
        metrics.answered("DRINK", "-", 405, Duration::from_millis(1));
        metrics.refused("wrong-state");
        metrics.file_refused("stale-revision");
        metrics.printed();
        metrics.uploaded("scan");
        metrics.file_read(2, Duration::from_millis(150));
        metrics.job_ran("mail", true);
        metrics.job_ran("mail", false);
        let under_way = metrics.in_flight();
        let stored = Stored {
            sessions: 3,
            mails: vec![("waiting", 4)],
            jobs: vec![("mail", 1_700_000_001_000)],
            backup: Some(1_700_000_002_000),
        };
        let looked = Looked { connections: (1, 2), connections_most: 8, stored: Some(stored) };
        let text = metrics.text(&looked).unwrap();
        for line in [
            "casebind_http_requests_total{method=\"GET\",route=\"/cases/{number}\",status=\"200\"} 1",
            "casebind_http_requests_total{method=\"other\",route=\"-\",status=\"405\"} 2",
            "casebind_http_request_duration_seconds_count{method=\"GET\",route=\"/cases/{number}\"} 1",
            "casebind_http_requests_in_flight 1",
            "casebind_refusals_total{code=\"wrong-state\"} 1",
            "casebind_file_refusals_total{reason=\"stale-revision\"} 1",
            "casebind_forms_printed_total 1",
            "casebind_uploads_total{kind=\"scan\"} 1",
            "casebind_reader_pages_total 2",
            "casebind_reader_file_duration_seconds_count 1",
            "casebind_job_runs_total{job=\"mail\",outcome=\"done\"} 1",
            "casebind_job_runs_total{job=\"mail\",outcome=\"failed\"} 1",
            "casebind_job_last_success_timestamp_seconds{job=\"mail\"} 1700000001.0",
            "casebind_backup_last_timestamp_seconds 1700000002.0",
            "casebind_database_up 1.0",
            "casebind_database_connections{state=\"used\"} 1.0",
            "casebind_database_connections_max 8.0",
            "casebind_sessions 3.0",
            "casebind_mails{state=\"waiting\"} 4.0",
            "process_start_time_seconds 1700000000.5",
            "# UNIT casebind_http_request_duration_seconds seconds",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        drop(under_way);
        let text = metrics.text(&Looked::default()).unwrap();
        assert!(text.contains("casebind_http_requests_in_flight 0"), "{text}");
        assert!(text.contains("casebind_database_up 0.0"), "{text}");
        assert!(text.contains("casebind_sessions NaN"), "{text}");
        assert!(!text.contains("casebind_mails{"), "what isn't known isn't told: {text}");
    }
}
