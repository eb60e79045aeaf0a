//! What commands say on standard output.
//!
//! Whoever reads may stop in the middle (`| head`), and a disk may be full: the command then ends with 1 and
//! without a word, as nobody is left to be told.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write, stdout};

/// Standard output. Writing to it works or ends the process.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        or_end(stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        or_end(stdout().flush())
    }
}

fn or_end<T>(written: io::Result<T>) -> io::Result<T> {
    match written {
        // To be tried again, as writers do by themselves.
        Err(error) if error.kind() != ErrorKind::Interrupted => std::process::exit(1),
        written => written,
    }
}

/// Says one line, which may hold several: what `say!` does.
pub fn line(text: Arguments<'_>) {
    let text = format!("{text}\n");
    if Out.write_all(text.as_bytes()).and_then(|()| Out.flush()).is_err() {
        std::process::exit(1);
    }
}

/// Says a line on standard output, like `println!`, and ends the command where nobody hears it.
macro_rules! say {
    () => { say!("") };
    ($($words:tt)*) => { $crate::cli::out::line(format_args!($($words)*)) };
}
