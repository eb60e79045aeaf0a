//! The names of the metrics, by Prometheus' rules: `casebind_` before them, units as `_seconds` and `_bytes`, counters
//! end in `_total`. README lists them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Counted, Figures};

/// A label: its name and its value.
pub(super) type Label = (&'static str, &'static str);

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Route {
    pub method: &'static str,
    pub route: String,
}

/// How it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answer {
    #[prometheus(flatten)]
    pub route: Route,
    pub status: u16,
}

/// A method that we know: whoever makes methods up makes no new series.
pub(super) fn method(method: &str) -> &'static str {
    const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Gives everything its name.
pub(super) fn register(root: &mut Registry, counted: &Counted, looked: &Figures) {
    let build: Family<[Label; 1], Gauge> = Family::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    root.register_with_unit(
        "process_start_time",
        "When the process began, Unix time",
        Unit::Seconds,
        looked.started.clone(),
    );
    root.register_with_unit(
        "process_resident_memory",
        "Memory of the process itself, without the readers",
        Unit::Bytes,
        looked.memory.clone(),
    );
    let r = root.sub_registry_with_prefix("casebind");
    r.register("build_info", "The version that runs", build);
    r.register(
        "http_requests",
        "Requests answered, by method, route as it is declared, and status",
        counted.requests.clone(),
    );
    r.register_with_unit(
        "http_request_duration",
        "Time until an answer began",
        Unit::Seconds,
        counted.request_times.clone(),
    );
    r.register("http_requests_in_flight", "Requests whose answer hasn't begun", counted.in_flight.clone());
    r.register(
        "refusals",
        "Requests refused or failed, by the code that programs are told",
        counted.refusals.clone(),
    );
    r.register("file_refusals", "Reasons why files weren't accepted", counted.file_refusals.clone());
    r.register("forms_printed", "New revisions of forms", counted.prints.clone());
    r.register("uploads", "Files taken in and kept, by kind", counted.uploads.clone());
    r.register("reader_pages", "Pages that readers went through", counted.pages.clone());
    r.register_with_unit(
        "reader_file_duration",
        "Time to read one file, the wait for a turn included",
        Unit::Seconds,
        counted.read_times.clone(),
    );
    r.register("job_runs", "Rounds of jobs in this process, by outcome", counted.jobs.clone());
    r.register_with_unit(
        "job_last_success_timestamp",
        "When a job went well last in any process, Unix time",
        Unit::Seconds,
        looked.job_success.clone(),
    );
    r.register_with_unit(
        "backup_last_timestamp",
        "The moment that the newest backup holds, Unix time",
        Unit::Seconds,
        looked.backup.clone(),
    );
    r.register("database_up", "Whether the database answered", looked.database_up.clone());
    r.register(
        "database_connections",
        "Open connections of this process to the database, by use",
        looked.connections.clone(),
    );
    r.register(
        "database_connections_max",
        "Connections that this process may open",
        looked.connections_most.clone(),
    );
    r.register("sessions", "Sessions that haven't ended, of all processes", looked.sessions.clone());
    r.register("mails", "Mails that aren't sent, of all processes, by state", looked.mails.clone());
}

/// The memory of this process, as Linux tells it.
pub(super) fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}
