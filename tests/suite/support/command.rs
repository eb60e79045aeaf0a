//! The program itself as a child process.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::house::CASEBIND;

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// Insists on an exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.out, self.err);
        self
    }

    /// Insists that standard error holds all of these.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in\n{}", self.err);
        }
    }

    /// Standard output as one JSON value a line.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The program with arguments and nothing of the tests' own environment.
pub fn casebind<I: AsRef<std::ffi::OsStr>>(arguments: &[I]) -> Command {
    let mut command = Command::new(CASEBIND);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run<I: AsRef<std::ffi::OsStr>>(arguments: &[I]) -> Answer {
    casebind(arguments).output().expect("the program runs").into()
}

/// Runs the program to its end with something on its standard input.
pub fn run_with_input<I: AsRef<std::ffi::OsStr>>(arguments: &[I], input: &str) -> Answer {
    let mut command = casebind(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // A program that refuses its arguments never reads.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends").into()
}

/// An installation in a temporary folder, as its configuration file describes it.
pub struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    /// With defaults, and `more` added to the configuration.
    pub fn new(more: &str) -> Self {
        let installation = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let config = format!(
            "data_dir = \"data\"\nlisten = \"127.0.0.1:0\"\n{more}\n[organisation]\nname = \"示範學生輔導諮商中心\"\n"
        );
        std::fs::write(installation.config(), config).expect("a configuration");
        installation
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path("casebind.toml")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A path inside the folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Runs a command with the configuration.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        run(&self.arguments(arguments))
    }

    /// The arguments with the configuration at their end.
    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let config = self.config().display().to_string();
        arguments.iter().map(|a| (*a).to_owned()).chain(["--config".to_owned(), config]).collect()
    }
}

/// A file of the repository.
pub fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}
