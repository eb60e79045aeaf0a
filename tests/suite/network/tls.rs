//! The program serves HTTPS with a certificate from files, and takes a new one without a pause.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::command::{Installation, casebind};

const TLS: &str = "[tls]\ncertificate = \"tls.crt\"\nkey = \"tls.key\"\n";

/// Makes a certificate for loopback that signs itself.
fn certify(installation: &Installation, name: &str) -> String {
    let (certificate, key) =
        (installation.path(&format!("{name}.crt")), installation.path(&format!("{name}.key")));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", &format!("/CN={name}"), "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read_to_string(certificate).unwrap()
}

fn put(installation: &Installation, name: &str) {
    for ending in ["key", "crt"] {
        rename(&installation.path(&format!("{name}.{ending}")), &installation.path(&format!("tls.{ending}")));
    }
}

/// The program, serving; it is stopped when a test ends early.
struct Server {
    child: Child,
    address: String,
    log: std::sync::mpsc::Receiver<String>,
}

impl Server {
    fn start(installation: &Installation) -> Self {
        let mut child = casebind(&installation.arguments(&["serve"]))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (sender, log) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut server = Self { child, address: String::new(), log };
        let line = server.until("address=");
        server.address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        server
    }

    /// The next line of the log with these words.
    #[track_caller]
    fn until(&self, words: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        while let Ok(line) = self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return line;
            }
        }
        panic!("the log never says {words:?}");
    }

    fn tell(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(told.expect("kill").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks for the health check as someone who knows this certificate alone.
async fn health(server: &Server, certificate: &str) -> Result<reqwest::Response, reqwest::Error> {
    let known = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([known]).build().unwrap();
    client.get(format!("https://{}/health", server.address)).send().await
}

fn runtime() -> tokio::runtime::Runtime {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_certificate_from_files_serves_and_is_read_again() {
    let installation = Installation::new("");
    let text = std::fs::read_to_string(installation.config()).unwrap() + TLS;
    std::fs::write(installation.config(), text).unwrap();
    let (first, second, third) =
        (certify(&installation, "first"), certify(&installation, "second"), certify(&installation, "third"));
    put(&installation, "first");
    let mut server = Server::start(&installation);
    runtime().block_on(async {
        let answer = health(&server, &first).await.expect("served by TLS");
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");
        assert_eq!(answer.text().await.unwrap(), "ok\n");
        assert!(health(&server, &second).await.is_err(), "somebody else's certificate");
        let plain = reqwest::Client::builder().no_proxy().build().unwrap();
        assert!(
            plain.get(format!("http://{}/health", server.address)).send().await.is_err(),
            "no plain HTTP"
        );

        put(&installation, "second");
        server.tell("-HUP");
        server.until("the certificate was read again");
        health(&server, &second).await.expect("the new one");
        assert!(health(&server, &first).await.is_err());

        std::fs::write(installation.path("tls.crt"), "nonsense").unwrap();
        server.tell("-HUP");
        server.until("the certificate before stays in use");
        health(&server, &second).await.expect("still the one before");

        // Without a signal the files are looked at every few seconds.
        put(&installation, "third");
        server.until("the certificate was read again");
        health(&server, &third).await.expect("the newest");
    });
    server.tell("-TERM");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn what_is_no_certificate_is_named_at_the_start() {
    let installation = Installation::new("");
    let text = std::fs::read_to_string(installation.config()).unwrap() + TLS;
    std::fs::write(installation.config(), text).unwrap();
    let file = |name: &str| installation.path(name).display().to_string();
    installation.run(&["serve"]).expect(1).says(&["[tls]", &file("tls.crt"), "No such file"]);
    certify(&installation, "one");
    certify(&installation, "other");
    rename(&installation.path("one.crt"), &installation.path("tls.crt"));
    rename(&installation.path("other.key"), &installation.path("tls.key"));
    installation.run(&["serve"]).expect(1).says(&[
        &file("tls.crt"),
        &file("tls.key"),
        "can't be used together",
    ]);
}

fn rename(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap();
}
