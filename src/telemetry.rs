//! Logs: structured, to stderr, without personal data.
