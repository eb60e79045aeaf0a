//! Logs: to standard error, as text for people or JSON for machines.
//!
//! No log line holds personal data: identifiers, digests, states and durations only. What must be
//! looked at by a person carries the field `alert = true`.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};

/// Sends the whole process's logs to standard error. A second call changes nothing.
pub fn init(log: &Log) {
    let dispatch = subscriber(log, io::stderr);
    if tracing::dispatcher::set_global_default(dispatch).is_err() {
        tracing::debug!("logs are set up already");
    }
}

/// Logs as `log` says, to any writer.
fn subscriber<W>(log: &Log, writer: W) -> tracing::Dispatch
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The configuration has checked the filter; a caller's own wrong one falls back to all of info.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match log.format {
        LogFormat::Text => tracing::Dispatch::new(builder.with_ansi(false).finish()),
        LogFormat::Json => tracing::Dispatch::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let dispatch = subscriber(&Log { filter: filter.into(), format }, move || writer.clone());
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::error!(alert = true, digest = "ba7816bf8f01", "a stored original is damaged");
            tracing::debug!("detail");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_carry_their_fields() {
        let text = logged("info", LogFormat::Json);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["alert"], true);
        assert_eq!(line["digest"], "ba7816bf8f01");
        assert_eq!(line["message"], "a stored original is damaged");
    }

    #[test]
    fn text_lines_follow_the_filter() {
        let text = logged("casebind=debug", LogFormat::Text);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("a stored original is damaged alert=true digest=\"ba7816bf8f01\""), "{text}");
        assert_eq!(logged("casebind=error", LogFormat::Text).lines().count(), 1);
        assert_eq!(logged("off", LogFormat::Text), "");
    }
}
