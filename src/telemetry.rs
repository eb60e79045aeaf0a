//! Logs: to standard error, as text for people or JSON for machines.
//!
//! No log line holds personal data: identifiers, digests, states and durations only. What must be
//! looked at by a person carries the field `alert = true`. Each event is one line, whatever its fields hold:
//! signs that end a line, move the cursor or turn the direction of writing are written as `\u001b`.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};

/// Sends the whole process's logs to standard error. A second call changes nothing.
pub fn init(log: &Log) {
    let dispatch = subscriber(log, io::stderr);
    if tracing::dispatcher::set_global_default(dispatch).is_err() {
        tracing::debug!("logs are set up already");
        return;
    }
    // What a panic says may hold what it stumbled over; where it happened can't.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(alert = true, place, "a thread panicked");
    }));
}

/// Logs as `log` says, to any writer.
fn subscriber<W>(log: &Log, writer: W) -> tracing::Dispatch
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The configuration has checked the filter; a caller's own wrong one falls back to all of info.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(OneLine(writer));
    match log.format {
        LogFormat::Text => tracing::Dispatch::new(builder.with_ansi(false).finish()),
        LogFormat::Json => tracing::Dispatch::new(builder.json().flatten_event(true).finish()),
    }
}

/// Keeps each event on one line: nothing that came from outside can begin another one, or hide part of it.
#[derive(Clone, Debug)]
pub struct OneLine<W>(pub W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for OneLine<W> {
    type Writer = Escaping<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Escaping(self.0.make_writer())
    }
}

/// A writer that gets one event at a time and writes what isn't plain text as its code point.
#[derive(Debug)]
pub struct Escaping<W>(W);

impl<W: io::Write> io::Write for Escaping<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (text.as_ref(), ""),
        };
        if !line.contains(hidden) {
            self.0.write_all(event)?;
            return Ok(event.len());
        }
        let mut out = String::with_capacity(line.len() + 16);
        for c in line.chars() {
            // As JSON writes it, so that a JSON line stays one.
            if hidden(c) { out.push_str(&format!("\\u{:04x}", u32::from(c))) } else { out.push(c) }
        }
        out.push_str(end);
        self.0.write_all(out.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Control characters (with line ends and ESC), and signs that end lines or turn the direction of writing.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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

    /// What a text and a JSON log make of a field, of the message and of a span's field that hold `what`.
    fn injected(format: LogFormat, what: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log { filter: "info".into(), format };
        let dispatch = subscriber(&log, move || writer.clone());
        tracing::dispatcher::with_default(&dispatch, || {
            let _span = tracing::info_span!("request", id = what).entered();
            tracing::info!(path = %what, agent = what, header = ?what, "said: {what}");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn nothing_from_outside_begins_a_line_of_its_own_or_hides_one() {
        let attacks = [
            "x\nERROR casebind: forged",
            "x\r\nERROR forged",
            "x\u{1b}[2K\u{1b}[1Ahidden",
            "x\u{9b}31mred",
            "x\u{2028}line",
            "x\u{202e}drow",
            "x\0null",
            "x\u{8}\u{8}back",
        ];
        for format in [LogFormat::Text, LogFormat::Json] {
            for attack in attacks {
                let text = injected(format, attack);
                assert_eq!(text.lines().count(), 1, "{attack:?}: {text}");
                let line = text.strip_suffix('\n').unwrap();
                assert!(!line.contains(hidden), "{attack:?}: {line:?}");
                assert!(line.contains("said: x"), "{line}");
                if format == LogFormat::Json {
                    let json: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert!(json["agent"].as_str().unwrap().starts_with('x'));
                }
            }
        }
        let plain = injected(LogFormat::Text, "王小明 と 😀");
        assert!(plain.contains("王小明 と 😀"), "what is plain text stays so: {plain}");
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
