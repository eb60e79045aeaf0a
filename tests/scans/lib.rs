//! Makes scans: a printed form is rendered, signed, laid on a scanner, and written as a PDF of images.
//!
//! Everything follows from a seed, so that a scan that goes wrong can be made again. What is made
//! here is not meant to be pretty but to be like what offices send.
//!
//! A crate of its own, so that it is optimised: a scanner that isn't takes ten seconds for a page.

pub mod bad;
pub mod form;
pub mod marks;
pub mod pdf;
pub mod scanner;

pub use form::PrintedForm;
pub use marks::{Mark, Sheet};
pub use scanner::{Colours, Look, Scanner};

/// Deterministic numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `low` to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Around 0 with deviation 1 (sum of twelve).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}
