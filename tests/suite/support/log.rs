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
static ASKED: Mutex<Option<Vec<String>>> = Mutex::new(None);
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

/// Begins to keep every statement about rows. What is told of the statements before has been told by then: a
/// driver tells of a statement before it gives its end.
pub fn listen_to_all_statements() {
    listen();
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
}

/// Every statement about rows since then, as often as it was asked, sorted: a driver may tell of one whose rows are no longer
/// waited for after the next.
pub fn all_statements() -> Vec<String> {
    let mut all = ASKED.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    all.sort_unstable();
    all
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if asked || HEARD.load(Ordering::SeqCst) {
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
                let reads = whole.starts_with("SELECT") || whole.starts_with("WITH");
                let writes = ["INSERT", "UPDATE", "DELETE"].iter().any(|word| whole.starts_with(word));
                if let Some(asked) = ASKED.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
                    && (reads || writes)
                {
                    asked.push(whole.to_owned());
                }
                if reads && HEARD.load(Ordering::SeqCst) {
                    let mut statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
                    statements.insert(whole.to_owned());
                }
            }
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
