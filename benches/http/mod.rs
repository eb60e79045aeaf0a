//! A browser for benches: each request on a connection of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// The header of a form's fields.
pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A value for a form or an address.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The values of a header, in order.
pub fn headers<'h>(head: &'h str, name: &'h str) -> impl Iterator<Item = &'h str> {
    head.lines().filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The session's cookie among those of an answer, as a request names it.
pub fn session_cookie(head: &str) -> Option<&str> {
    let cookie = headers(head, "set-cookie").find(|cookie| cookie.starts_with("casebind="))?;
    cookie.split(';').next()
}

/// The status and the body of a page.
pub fn get(address: &str, path: &str, cookie: &str) -> (u16, Vec<u8>) {
    let answer = exchange(address, "GET", path, &[cookie], &[]);
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    (status(&answer), answer[end..].to_vec())
}

/// One request on a connection of its own; the status and the head of the answer.
pub fn ask(address: &str, method: &str, path: &str, headers: &[&str], body: &[u8]) -> (u16, String) {
    let answer = exchange(address, method, path, headers, body);
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(answer.len());
    (status(&answer), String::from_utf8_lossy(&answer[..end]).into_owned())
}

fn status(answer: &[u8]) -> u16 {
    String::from_utf8_lossy(&answer[9..12]).parse().expect("a status")
}

fn exchange(address: &str, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("listening");
    let mut head =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len());
    for line in headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(body).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    answer
}
