//! What was logged: kept line by line, so that a test can look for an alert.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static HEARD: AtomicBool = AtomicBool::new(false);
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Begins to keep what is logged in this process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| Keeper)
            .with_filter(EnvFilter::new("info,casebind=debug"));
        let statements = Listener.with_filter(EnvFilter::new("sqlx::query=debug"));
        tracing_subscriber::registry().with(lines).with(statements).init();
    });
}

/// The lines so far that hold all of `parts`.
pub fn lines(parts: &[&str]) -> Vec<String> {
    let kept = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&kept);
    text.lines().filter(|line| parts.iter().all(|part| line.contains(part))).map(str::to_owned).collect()
}

struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep the SQL of every statement that reads.
pub fn listen_to_statements() {
    listen();
    HEARD.store(true, Ordering::SeqCst);
}

/// Every statement that was read by since then, each once.
pub fn statements() -> Vec<String> {
    HEARD.store(false, Ordering::SeqCst);
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if HEARD.load(Ordering::SeqCst) {
            event.record(&mut Statement::default());
        }
    }
}

/// What sqlx tells of a statement: a summary, and the whole where it is longer than that.
#[derive(Default)]
struct Statement {
    summary: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => {
                let whole = if value.trim().is_empty() { self.summary.as_str() } else { value.trim() };
                if whole.starts_with("SELECT") || whole.starts_with("WITH") {
                    let mut statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
                    statements.insert(whole.to_owned());
                }
            }
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
