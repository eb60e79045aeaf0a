//! Time and randomness, passed in so that tests and prints are reproducible.
//!
//! Nothing else in the crate asks the system for the time or for random bytes.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Where the present moment comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that a test sets, in epoch milliseconds.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `millis` since the epoch until it is moved.
    #[must_use]
    pub fn manual(millis: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(millis)))
    }

    /// Milliseconds since the epoch: the unit of every time column.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    pub fn now_millis(&self) -> i64 {
        match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Manual(at) => at.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock forward, or back; the system's clock can't be moved.
    pub fn advance(&self, millis: i64) {
        if let Self::Manual(at) = self {
            at.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

/// Both clocks of a machine, for what holds only for a while. The steady one only ever runs forward, and on Linux stands
/// still while the machine is suspended; the time of the day goes on then, but may be set.
#[derive(Clone, Debug)]
pub struct Clocks {
    steady: Steady,
    day: Clock,
}

#[derive(Clone, Debug)]
enum Steady {
    System,
    /// So many milliseconds after a moment: a test lets it run.
    Manual(Instant, Arc<AtomicU64>),
}

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    steady: Instant,
    day: i64,
}

impl Clocks {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Clock::System)
    }

    /// The machine's steady one, and this one for the time of the day.
    #[must_use]
    pub fn of(day: Clock) -> Self {
        Self { steady: Steady::System, day }
    }

    /// A steady one that stands still until [`Self::run`], and this one for the time of the day.
    #[must_use]
    pub fn manual(day: Clock) -> Self {
        Self { steady: Steady::Manual(Instant::now(), Arc::default()), day }
    }

    /// Lets a manual steady clock run; the system's can't be moved.
    pub fn run(&self, millis: u64) {
        if let Steady::Manual(_, ran) = &self.steady {
            ran.fetch_add(millis, Ordering::SeqCst);
        }
    }

    fn steady(&self) -> Instant {
        match &self.steady {
            Steady::System => Instant::now(),
            Steady::Manual(from, ran) => *from + Duration::from_millis(ran.load(Ordering::SeqCst)),
        }
    }

    /// The present moment, of which the time of the day was taken already: milliseconds since the epoch.
    #[must_use]
    pub fn at(&self, day: i64) -> Moment {
        Moment { steady: self.steady(), day }
    }

    /// How long ago a moment was, by the clock that says longer: one that stood still or was set back shortens nothing.
    #[must_use]
    pub fn since(&self, moment: Moment) -> Duration {
        let steady = self.steady().saturating_duration_since(moment.steady);
        let day = self.day.now_millis().saturating_sub(moment.day);
        steady.max(Duration::from_millis(u64::try_from(day).unwrap_or(0)))
    }
}

/// Where random bytes come from.
#[derive(Clone)]
pub enum Entropy {
    /// A generator seeded by the operating system and reseeded never: cryptographically secure.
    System(Arc<Mutex<StdRng>>),
    /// A seeded generator for tests and samples: never for keys or tokens.
    Seeded(Arc<Mutex<StdRng>>),
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System(_) => "Entropy::System",
            Self::Seeded(_) => "Entropy::Seeded",
        })
    }
}

impl Entropy {
    /// Seeded by the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::System(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// The same bytes for the same seed, for tests and samples.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let (Self::System(rng) | Self::Seeded(rng)) = self;
        let mut out = [0; N];
        rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut out);
        out
    }
}

/// Time and randomness together, as steps need them.
#[derive(Clone, Debug)]
pub struct World {
    /// The present moment.
    pub clock: Clock,
    /// Random bytes.
    pub entropy: Entropy,
}

impl World {
    /// The real world.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Clock::System, entropy: Entropy::system() }
    }

    /// A world that repeats itself, for tests and samples.
    #[must_use]
    pub fn seeded(seed: u64, millis: i64) -> Self {
        Self { clock: Clock::manual(millis), entropy: Entropy::seeded(seed) }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now_millis()
    }

    /// A new row identifier (UUID version 7, RFC 9562): sorts by time.
    #[must_use]
    pub fn new_id(&self) -> String {
        let millis = u64::try_from(self.now()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.entropy.bytes::<10>()).into_uuid().to_string()
    }

    /// 128 random bits as 32 hex digits, beside which a hash of words tells nothing about them.
    #[must_use]
    pub fn new_salt(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.entropy.bytes::<16>())
    }
}
