//! Codes by time (RFC 6238): six digits, thirty seconds, SHA-1, one step either side for clocks that are a little off.

use totp_rs::{Builder, Totp};

/// Bytes of a secret: 160 bits, as RFC 4226 recommends.
pub const SECRET: usize = 20;

/// The secret that makes codes.
pub struct Secret(Totp);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Secret {
    /// With the names under which an app lists it.
    #[must_use]
    pub fn new(secret: Vec<u8>, issuer: &str, account: &str) -> Self {
        // A colon separates the two names in the link, so neither may hold one.
        let name = |text: &str| text.replace(':', " ");
        let builder = Builder::new().with_secret(secret).with_issuer(Some(name(issuer)));
        Self(builder.with_account_name(name(account)).build_noncompliant())
    }

    /// The link that an app reads from the QR code.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        self.0.to_url().ok()
    }

    /// For typing, in groups of four.
    #[must_use]
    pub fn groups(&self) -> String {
        let letters: Vec<char> = self.0.secret().to_base32().chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// The time step whose code this is, at `now` in milliseconds; none for a wrong code.
    #[must_use]
    pub fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let seconds = u64::try_from(now / 1000).ok()?;
        self.0.check(code, seconds).and_then(|step| i64::try_from(step).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    /// RFC 6238, appendix B, in the last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::new(b"12345678901234567890".to_vec(), "Casebind", "manager");
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(secret.step_of(code, seconds * 1000), Some(seconds / 30), "{seconds}");
            assert_eq!(secret.step_of(code, (seconds + 30) * 1000), Some(seconds / 30), "one step late");
            assert_eq!(secret.step_of(code, (seconds - 30) * 1000), Some(seconds / 30), "one step early");
            assert_eq!(secret.step_of(code, (seconds + 60) * 1000), None, "two steps late");
        }
        for wrong in ["", "287083", "28708", "2870820", "abcdef", "２８７０８２"] {
            assert_eq!(secret.step_of(wrong, 59_000), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_link() {
        let secret = Secret::new(b"12345678901234567890".to_vec(), "示範中心: 測試", "manager");
        let link = secret.link().unwrap();
        assert!(link.starts_with("otpauth://totp/"), "{link}");
        assert!(link.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{link}");
        assert_eq!(secret.groups(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
