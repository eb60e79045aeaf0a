//! The figures of the README in one run: warm forms in process, then the whole service as a process:
//! prints and intakes of a two-page scan through HTTP, its peak memory after them, start to the first page.
//!
//! And a short and a long stack of signed forms, each of a case of its own: how long each is read and cut up, and in
//! how much memory.
//!
//! `cargo bench --bench server`; `CASEBIND_BENCH_PRINTS`, `CASEBIND_BENCH_INTAKES` and `CASEBIND_BENCH_STACK` (forms of
//! two pages in the long stack) change the numbers,
//! `CASEBIND_BINARY` the program that is driven.

mod http;
mod records;

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lopdf::{Document, Object, dictionary};

use http::{FORM, ask, encoded, get, headers, session_cookie};

use casebind::cli::answers::{CONTENT, SUBJECT};
use casebind::forms::Printer;
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;

fn binary() -> String {
    std::env::var("CASEBIND_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_casebind").to_owned())
}

fn main() {
    let number =
        |name: &str, usual: usize| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (prints, intakes) = (number("CASEBIND_BENCH_PRINTS", 1000), number("CASEBIND_BENCH_INTAKES", 500));
    println!("| what | p50 | p99 |");
    println!("| --- | ---: | ---: |");
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    warm(&printer, 20, 0);
    row("a warm form, in process, one core", warm(&printer, 300, 1000));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 1..=2 {
            let printer = &printer;
            scope.spawn(move || warm(printer, 200, 10_000 * thread));
        }
    });
    let a_second = 400.0 / start.elapsed().as_secs_f64();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let demo = Demo::start(&data);
    let mut client = demo.sign_in("counsellor");
    // The demo's printed case; its text is made so long that the form takes two pages.
    let case = "1150000004".to_owned();
    let printing: Vec<Duration> = (0..prints).map(|at| client.print(&case, at)).collect();
    let scan = client.scan(&case, folder.path(), &data);
    let reading: Vec<Duration> = (0..intakes).map(|_| client.upload(&case, &scan)).collect();
    let peak = demo.peak_mib();
    let forms = number("CASEBIND_BENCH_STACK", 100).clamp(10, 100);
    let scans: Vec<Vec<u8>> = (0..forms)
        .map(|at| {
            let case = client.ready_case(at);
            client.print(&case, prints + at);
            client.scan(&case, folder.path(), &data)
        })
        .collect();
    drop(demo);
    let stacks: Vec<Stack> =
        [forms / 10, forms / 2, forms].into_iter().map(|forms| Stack::read(&data, &scans[..forms])).collect();
    row("edit and print over HTTP, durable", printing);
    row(&format!("intake of a two-page scan ({} KB) over HTTP, durable", scan.len() / 1024), reading);
    println!();
    println!("forms a second on two threads: {a_second:.0}");
    println!("peak memory of the server after {prints} prints and {intakes} intakes: {peak:.0} MiB");
    for stack in &stacks {
        println!(
            "a stack of {} pages ({} MB): {:.1} s, {:.0} ms a page; peak memory {:.0} MiB of the server, {:.0} MiB of a child",
            stack.pages,
            stack.bytes >> 20,
            stack.took.as_secs_f64(),
            millis(stack.took) / stack.pages as f64,
            stack.server_mib,
            stack.child_mib
        );
    }
    let starts: Vec<Duration> = (0..11).map(|_| start_to_first_page(&data, folder.path())).collect();
    println!("start to the first answered page, p50 of 11: {:.0} ms", millis(quantile(starts, 0.5)));
}

/// The time of each of `count` forms, every record another.
fn warm(printer: &Printer, count: u32, from: u32) -> Vec<Duration> {
    let sample = &printer.templates().get("referral").expect("built in").sample;
    let key = CodeKey::from_bytes([7; 32]);
    let one = |number: u32| {
        let snapshot = records::record(sample, number);
        let request = records::request(&snapshot, &key);
        let start = Instant::now();
        printer.print(&request).expect("printed");
        start.elapsed()
    };
    (from..from + count).map(one).collect()
}

fn row(what: &str, times: Vec<Duration>) {
    let (p50, p99) = (quantile(times.clone(), 0.5), quantile(times, 0.99));
    println!("| {what} | {:.1} ms | {:.1} ms |", millis(p50), millis(p99));
}

fn quantile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort();
    times[((times.len() - 1) as f64 * share).round() as usize]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Starts `serve` on data that is there already, and asks for the log-in page until it comes.
fn start_to_first_page(data: &Path, folder: &Path) -> Duration {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let config = folder.join("casebind.toml");
    let text = format!(
        "data_dir = {data:?}\nlisten = \"127.0.0.1:{port}\"\n[organisation]\nname = \"示範中心\"\n[captcha]\nlogin = \"never\"\n[second_factor]\nstaff = \"offered\"\n[log]\nfilter = \"off\"\n"
    );
    std::fs::write(&config, text).expect("written");
    let start = Instant::now();
    let mut child = Command::new(binary()).args(["serve", "--config"]).arg(&config).spawn().expect("started");
    let address = format!("127.0.0.1:{port}");
    while TcpStream::connect(&address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the server never listened");
        std::thread::yield_now();
    }
    let (status, _) = ask(&address, "GET", "/login", &[], &[]);
    let took = start.elapsed();
    assert_eq!(status, 200);
    child.kill().expect("killed");
    child.wait().expect("ended");
    took
}

/// A running demonstration.
struct Demo {
    child: Child,
    address: String,
    people: Vec<(String, String)>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(data: &Path) -> Self {
        let child = Command::new(binary())
            .args(["demo", "--port", "0", "--data-dir"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        // From here on the process ends with the value, whatever happens.
        let mut demo = Self { child, address: String::new(), people: Vec::new() };
        for line in BufReader::new(demo.child.stdout.take().expect("piped")).lines() {
            let line = line.expect("text");
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            if let Some(address) = line.strip_prefix("http://") {
                address.clone_into(&mut demo.address);
                return demo;
            }
            if let [_, login, password] = words.as_slice() {
                demo.people.push((login.clone(), password.clone()));
            }
        }
        panic!("the demo ended before it served");
    }

    fn sign_in(&self, login: &str) -> Client {
        let password = &self.people.iter().find(|(name, _)| name == login).expect("printed").1;
        let body = format!("account={login}&password={password}");
        let (status, head) = ask(&self.address, "POST", "/login", &[FORM], body.as_bytes());
        assert_eq!(status, 303, "{head}");
        let cookie = session_cookie(&head).expect("a cookie");
        Client { address: self.address.clone(), cookie: format!("Cookie: {cookie}") }
    }

    /// The high-water mark of the process's memory.
    fn peak_mib(&self) -> f64 {
        peak_mib(self.child.id()).expect("alive")
    }

    /// The highest mark of the processes that it has started to read files and that are still there.
    fn children_mib(&self) -> f64 {
        let id = self.child.id();
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).expect("alive").flatten();
        let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<u32> = lists
            .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
            .collect();
        children.into_iter().filter(|id| reads(*id)).filter_map(peak_mib).fold(0.0, f64::max)
    }
}

/// Whether a process reads files: until it has become that, it is its parent once more, with all its memory.
fn reads(id: u32) -> bool {
    std::fs::read(format!("/proc/{id}/cmdline"))
        .is_ok_and(|words| words.split(|byte| *byte == 0).any(|word| word == b"judge-child"))
}

/// The high-water mark of a process's memory; none if it has ended.
fn peak_mib(id: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// A stack from the feeder, read by a server that has done nothing else.
struct Stack {
    pages: usize,
    bytes: usize,
    took: Duration,
    server_mib: f64,
    child_mib: f64,
}

impl Stack {
    fn read(data: &Path, scans: &[Vec<u8>]) -> Self {
        let (file, pages) = joined(scans);
        let demo = Demo::start(data);
        let client = demo.sign_in("counsellor");
        let start = Instant::now();
        let stack = client.send("/stacks", &file);
        let mut child_mib: f64 = 0.0;
        loop {
            let (status, progress) = client.get(&format!("{stack}/progress"));
            assert_eq!(status, 200);
            child_mib = child_mib.max(demo.children_mib());
            if String::from_utf8_lossy(&progress).contains("\"going\":false") {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(600), "the stack was never read");
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = start.elapsed();
        Self { pages, bytes: file.len(), took, server_mib: demo.peak_mib(), child_mib }
    }
}

/// One PDF of several, and how many pages it has.
fn joined(scans: &[Vec<u8>]) -> (Vec<u8>, usize) {
    let mut whole = Document::with_version("1.5");
    let root = whole.new_object_id();
    let mut kids = Vec::new();
    for scan in scans {
        let mut scan = Document::load_mem(scan).expect("a PDF of ours");
        scan.renumber_objects_with(whole.max_id + 1);
        whole.max_id = scan.max_id;
        for (_, page) in scan.get_pages() {
            let page_dict = scan.get_object_mut(page).and_then(Object::as_dict_mut).expect("a page");
            page_dict.set("Parent", root);
            kids.push(Object::Reference(page));
        }
        whole.objects.append(&mut scan.objects);
    }
    let count = kids.len();
    let pages =
        dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => i64::try_from(count).expect("few") };
    whole.objects.insert(root, Object::Dictionary(pages));
    let catalog = whole.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    whole.trailer.set("Root", catalog);
    whole.prune_objects();
    let mut bytes = Vec::new();
    whole.save_to(&mut bytes).expect("in memory");
    (bytes, count)
}

/// Someone who is signed in.
struct Client {
    address: String,
    cookie: String,
}

impl Client {
    fn post(&self, path: &str, body: &str) -> (u16, String) {
        ask(&self.address, "POST", path, &[FORM, &self.cookie], body.as_bytes())
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        get(&self.address, path, &self.cookie)
    }

    /// A new case with all that its form needs; its number.
    fn ready_case(&self, at: usize) -> String {
        let head = self.fill("/cases/new?service=referral", "/cases", &CONTENT);
        let led = headers(&head, "location").next().expect("led on").to_owned();
        let case = led.trim_start_matches("/cases/").split(['?', '/']).next().expect("a number").to_owned();
        self.fill(&format!("/cases/{case}/subject"), &format!("/cases/{case}/subject"), &SUBJECT);
        for category in ["consent", "summary"] {
            let file = letter(&format!("{category} {at}"));
            self.send_with(&format!("/cases/{case}/attachments"), &[("category", category)], &file);
        }
        case
    }

    /// Fills in the form on a page that is sent to `action`, with what the page hides in it; the answer's head.
    fn fill(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let (status, body) = self.get(page);
        assert_eq!(status, 200, "{page}");
        let body = String::from_utf8(body).expect("UTF-8");
        let ours = format!("action=\"{action}\"");
        let form = body.split("<form").find(|form| form.contains(&ours) && form.contains("method=\"post\""));
        let form = form.expect("the form").split("</form>").next().expect("its end");
        let hidden = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
            let mut parts = input.split('"');
            (parts.next().expect("a name"), parts.nth(1).expect("a value"))
        });
        let body: Vec<String> = hidden
            .chain(fields.iter().copied())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let (status, head) = self.post(action, &body.join("&"));
        assert_eq!(status, 303, "{action}: {head}");
        head
    }

    /// Edits the case and prints it again; the time of both.
    fn print(&mut self, case: &str, at: usize) -> Duration {
        let page = String::from_utf8(self.get(&format!("/cases/{case}/content")).1).expect("UTF-8");
        let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let long: String =
            (0..900).filter_map(|i| char::from_u32(0x4e00 + (at as u32 * 7 + i * 13) % 3000)).collect();
        let fields = [
            ("version", version.expect("a version")),
            ("phone", "07-1234567"),
            ("phone_alt", "0912345678"),
            ("problem", &long),
            ("needs", "心理師"),
            ("expectation", "希望協助學生穩定就學。"),
        ];
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let start = Instant::now();
        let (status, head) = self.post(&format!("/cases/{case}/content"), &body.join("&"));
        assert_eq!(status, 303, "{head}");
        let (status, head) = self.post(&format!("/cases/{case}/print"), "");
        assert_eq!(status, 303, "{head}");
        start.elapsed()
    }

    /// A signed scan of the newest print.
    fn scan(&mut self, case: &str, folder: &Path, data: &Path) -> Vec<u8> {
        let (_, head) = self.post(&format!("/cases/{case}/print"), "");
        let (status, form) = self.get(headers(&head, "location").next().expect("the PDF's address"));
        assert_eq!(status, 200);
        let (paper, scan) = (folder.join("form.pdf"), folder.join("scan.pdf"));
        std::fs::write(&paper, form).expect("written");
        let made = Command::new(binary())
            .arg("try-scan")
            .arg(&paper)
            .arg("--output")
            .arg(&scan)
            .arg("--data-dir")
            .arg(data)
            .status();
        assert!(made.expect("started").success());
        std::fs::read(scan).expect("there")
    }

    /// Hands the scan in; the time until it is judged and stored.
    fn upload(&self, case: &str, scan: &[u8]) -> Duration {
        let start = Instant::now();
        self.send(&format!("/cases/{case}/scans"), scan);
        start.elapsed()
    }

    /// Sends a file; where the answer leads to.
    fn send(&self, path: &str, scan: &[u8]) -> String {
        self.send_with(path, &[], scan)
    }

    /// The same with fields before it.
    fn send_with(&self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> String {
        let boundary = "casebind-bench";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"scan.pdf\"\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("Content-Type: multipart/form-data; boundary={boundary}");
        let (status, head) = ask(&self.address, "POST", path, &[&kind, &self.cookie], &body);
        assert_eq!(status, 303, "{head}");
        headers(&head, "location").next().expect("led on").to_owned()
    }
}

/// A PDF of one empty page whose title is its own.
fn letter(about: &str) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => root, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let pages = dictionary! { "Type" => "Pages", "Kids" => vec![Object::Reference(page)], "Count" => 1 };
    document.objects.insert(root, Object::Dictionary(pages));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    let info = document.add_object(dictionary! { "Title" => Object::string_literal(about.as_bytes()) });
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", info);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("in memory");
    bytes
}
