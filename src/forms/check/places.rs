//! Where each value of a JSON text stands: its line, by its path.

use std::collections::BTreeMap;

/// The line of every member and element, by a path such as `content.problem` or `seals.0.id`.
pub(super) struct Places(BTreeMap<String, usize>);

impl Places {
    /// The places of a text that is known to be JSON.
    pub(super) fn of(json: &str) -> Self {
        let mut reader = Reader { bytes: json.as_bytes(), at: 0, line: 1, found: BTreeMap::new() };
        reader.value("");
        Self(reader.found)
    }

    /// The line of a path, or of the nearest that holds it.
    pub(super) fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return *line;
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => return 1,
            }
        }
    }
}

struct Reader<'j> {
    bytes: &'j [u8],
    at: usize,
    line: usize,
    found: BTreeMap<String, usize>,
}

impl Reader<'_> {
    /// The next byte that isn't white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_whitespace()) {
            self.line += usize::from(*byte == b'\n');
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, path: &str) {
        match self.peek() {
            Some(b'{') => self.members(path),
            Some(b'[') => self.elements(path),
            Some(b'"') => drop(self.string()),
            Some(_) => {
                let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
                while self.bytes.get(self.at).is_some_and(|byte| !ends(byte)) {
                    self.at += 1;
                }
            }
            None => {}
        }
    }

    fn members(&mut self, path: &str) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let line = self.line;
            let below = below(path, &self.string());
            self.found.insert(below.clone(), line);
            if self.peek() == Some(b':') {
                self.at += 1;
            }
            self.value(&below);
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn elements(&mut self, path: &str) {
        self.at += 1;
        for index in 0.. {
            if matches!(self.peek(), None | Some(b']')) {
                break;
            }
            let below = below(path, &index.to_string());
            self.found.insert(below.clone(), self.line);
            self.value(&below);
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    /// The string that begins here, read to its end.
    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| **byte != b'"') {
            self.at += 1 + usize::from(*byte == b'\\');
        }
        self.at += 1;
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        serde_json::from_slice(raw).unwrap_or_default()
    }
}

fn below(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_line() {
        let places = Places::of(
            "{\n  \"a\": {\"b\\\"\\u0063\": 1,\n    \"d\": [true, {\n\"e\": null}, \"}\\\\\"]},\n  \"f\": -1e3\n}\n",
        );
        for (path, line) in
            [("a", 2), ("a.b\"c", 2), ("a.d", 3), ("a.d.1", 3), ("a.d.1.e", 4), ("a.d.2", 4), ("f", 5)]
        {
            assert_eq!(places.line(path), line, "{path}");
        }
        assert_eq!((places.line("a.x.y"), places.line("nothing")), (2, 1), "the nearest that there is");
    }
}
