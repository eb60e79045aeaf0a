//! The program serving on a port of its own, and the few requests that these tests send it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::command::{Installation, casebind};
use crate::support::house::CASEBIND;
use crate::support::people::PASSWORD;

/// A serving process. Dropping it kills it.
pub struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
    cookie: String,
}

impl Server {
    /// Starts it and waits until it serves.
    pub fn start(installation: &Installation) -> Self {
        Self::run(casebind(&installation.arguments(&["serve"])))
    }

    /// The same, bound by the modes of files even where the tests run as root.
    pub fn bound_by_modes(installation: &Installation) -> Self {
        let is_root =
            std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap() == 0;
        if !is_root {
            return Self::start(installation);
        }
        let mut command = Command::new("setpriv");
        command.arg("--bounding-set=-dac_override,-dac_read_search").arg(CASEBIND);
        command.args(installation.arguments(&["serve"])).env_clear().env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null());
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut child = command
            .env("CASEBIND_CAPTCHA_LOGIN", "never")
            .env("CASEBIND_SECOND_FACTOR_STAFF", "offered")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let (mut log, mut line) = (String::new(), String::new());
        while lines.read_line(&mut line).expect("a log") > 0 && !line.contains("serving") {
            log.push_str(&line);
            line.clear();
        }
        let address = line.split("address=").nth(1).unwrap_or_else(|| panic!("it doesn't serve: {log}"));
        let address = address.split_whitespace().next().expect("an address").to_owned();
        let log = Arc::new(Mutex::new(log));
        keep_reading(lines, Arc::clone(&log));
        Self { child, address, log, cookie: String::new() }
    }

    /// What it has logged.
    pub fn log_so_far(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where whoever watches it asks, as its log says.
    pub fn watch_address(&self) -> String {
        let log = self.log_so_far();
        let address = log.split("watch=").nth(1).expect("metrics.listen is set");
        address.split_whitespace().next().expect("an address").to_owned()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The session's cookie.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Goes on with a session.
    pub fn come_with(&mut self, cookie: &str) {
        cookie.clone_into(&mut self.cookie);
    }

    /// Logs a person in.
    pub fn log_in(&mut self, login: &str) {
        let password = PASSWORD.replace(' ', "+");
        let answer =
            self.send("POST", "/login", FORM, format!("account={login}&password={password}").as_bytes());
        assert_eq!(answer.0, 303, "{}", answer.2);
        let cookie = answer.1.get("set-cookie").expect("a session");
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        // It is accepted at the first time, and asked for no more.
        let page = self.get("/collection-notice").1;
        let digest = page.split("name=\"notice\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(digest) = digest {
            assert_eq!(self.post("/collection-notice", &format!("notice={digest}")).0, 303);
        }
    }

    /// Opens a page: status and text.
    pub fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.send("GET", path, FORM, b"");
        (status, body)
    }

    /// Sends a form: status and text.
    pub fn post(&self, path: &str, fields: &str) -> (u16, String) {
        let (status, _, body) = self.send("POST", path, FORM, fields.as_bytes());
        (status, body)
    }

    /// Uploads an attachment.
    pub fn attach(&self, path: &str, category: &str, bytes: &[u8]) -> (u16, String) {
        self.try_attach(path, category, bytes).expect("it answers")
    }

    /// Uploads an attachment to a server that may go away meanwhile.
    pub fn try_attach(&self, path: &str, category: &str, bytes: &[u8]) -> std::io::Result<(u16, String)> {
        let body = attachment(category, bytes);
        let (status, _, text) = self.try_send("POST", path, MULTIPART, &body)?;
        Ok((status, text))
    }

    /// Sends half of an upload; the rest is sent by [`Half::finish`].
    pub fn begin_attach(&self, path: &str, category: &str, bytes: &[u8]) -> Half {
        let body = attachment(category, bytes);
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.write_all(self.head("POST", path, MULTIPART, body.len()).as_bytes()).expect("it reads");
        let (sent, rest) = body.split_at(body.len() / 2);
        stream.write_all(sent).expect("it reads");
        Half { stream, rest: rest.to_vec() }
    }

    /// Kills it at once: nothing of it runs any more.
    pub fn kill(mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it ends");
    }

    /// Tells it to stop, and waits.
    pub fn stop(self) -> ExitStatus {
        self.tell("TERM");
        self.wait()
    }

    /// Sends it a signal.
    pub fn tell(&self, signal: &str) {
        let id = self.child.id().to_string();
        let told = std::process::Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(told.expect("kill").success());
    }

    /// Waits until it has ended.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        self.try_send(method, path, kind, body).expect("it answers")
    }

    fn try_send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(self.head(method, path, kind, body.len()).as_bytes())?;
        stream.write_all(body)?;
        answer(stream)
    }

    fn head(&self, method: &str, path: &str, kind: &str, length: usize) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Cookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n",
            self.cookie,
        )
    }
}

/// A server that dies, which one of a release doesn't.
#[cfg(debug_assertions)]
impl Server {
    /// Starts one that will die at this point, at the pass that is counted.
    pub fn doomed(installation: &Installation, point: casebind::fault::Point, pass: u32) -> Self {
        let mut command = casebind(&installation.arguments(&["serve"]));
        command.env("CASEBIND_TEST_FAULT", format!("{point}:{pass}"));
        Self::run(command)
    }

    /// Starts one that dies at this point of a job's work, be it before it serves or after.
    pub fn dies_at_work(installation: &Installation, point: casebind::fault::Point) {
        let mut command = casebind(&installation.arguments(&["serve"]));
        command.env("CASEBIND_TEST_FAULT", format!("{point}:1"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let server = Self { child, address: String::new(), log: Arc::default(), cookie: String::new() };
        let unasked = std::io::Error::other("nobody asked it");
        assert_eq!(server.wait_for_death(Err(unasked)), None, "{point}");
    }

    /// Sends a form to a server that dies before it answers. True: it did.
    pub fn dies_of_post(self, path: &str, fields: &str) -> bool {
        let answer = self.try_send("POST", path, FORM, fields.as_bytes());
        self.died(answer.is_err())
    }

    /// Uploads a file to a server that dies before it answers. True: it did.
    pub fn dies_of_upload(self, path: &str, category: &str, bytes: &[u8]) -> bool {
        let answer = self.try_send("POST", path, MULTIPART, &attachment(category, bytes));
        self.died(answer.is_err())
    }

    /// Sends parts of a form, among them files: status and text.
    pub fn send_parts(&self, path: &str, parts: &[Part<'_>]) -> (u16, String) {
        let (status, _, text) = self.send("POST", path, MULTIPART, &multipart(parts));
        (status, text)
    }

    /// Sends parts of a form, among them files, to a server that dies of it, sooner or later. The status, if it had
    /// answered before.
    pub fn dies_after(self, path: &str, parts: &[Part<'_>]) -> Option<u16> {
        let answer = self.try_send("POST", path, MULTIPART, &multipart(parts));
        self.wait_for_death(answer)
    }

    /// The same of a plain form.
    pub fn dies_after_post(self, path: &str, fields: &str) -> Option<u16> {
        let answer = self.try_send("POST", path, FORM, fields.as_bytes());
        self.wait_for_death(answer)
    }

    fn wait_for_death(mut self, answer: std::io::Result<Answer>) -> Option<u16> {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(120);
        while self.child.try_wait().expect("it is ours").is_none() {
            assert!(std::time::Instant::now() < end, "it didn't die: {}", self.log_so_far());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let status = answer.ok().map(|(status, ..)| status);
        assert!(self.died(true), "it ended otherwise");
        status
    }

    fn died(mut self, silent: bool) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        const SIGABRT: i32 = 6;
        silent && self.child.wait().expect("it ended").signal() == Some(SIGABRT)
    }
}

/// Status, headers, and text.
type Answer = (u16, BTreeMap<String, String>, String);

/// An upload of which one half is sent.
pub struct Half {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Half {
    /// Sends the other half: status and text.
    pub fn finish(mut self) -> (u16, String) {
        self.stream.write_all(&self.rest).expect("it reads");
        let (status, _, text) = answer(self.stream).expect("an answer");
        (status, text)
    }
}

/// Asks whoever listens there for a path: head and text. Nothing where nobody answers.
pub fn ask(address: &str, path: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    answer(stream).ok()
}

fn answer(stream: TcpStream) -> std::io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no status: {line:?}")))?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        // Of the cookies only the session's is kept.
        if name.eq_ignore_ascii_case("set-cookie") && !value.starts_with("casebind=") {
            continue;
        }
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    Ok((status, headers, String::from_utf8_lossy(&body).into_owned()))
}

/// A file of a form: the field, its media type, and its bytes.
#[cfg(debug_assertions)]
pub type Part<'a> = (&'a str, &'a str, &'a [u8]);

#[cfg(debug_assertions)]
fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, kind, bytes) in parts {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"x\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

/// The body of an upload of an attachment.
fn attachment(category: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\n{category}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"x.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b--\r\n");
    body
}

const MULTIPART: &str = "multipart/form-data; boundary=b";

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Keeps the log flowing, so that the server never waits for a reader.
fn keep_reading(lines: BufReader<ChildStderr>, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            log.lock().unwrap().push_str(&(line + "\n"));
        }
    });
}
