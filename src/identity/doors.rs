//! What an installation decides about coming in, and the key that it needs for it.

use super::keys::DoorKey;

/// The rules and the key, as every part of coming in needs them.
#[derive(Clone, Debug)]
pub struct Doors {
    /// Seals, signs and blinds.
    pub key: DoorKey,
    /// What the configuration decides.
    pub rules: Rules,
}

/// What the configuration decides. Times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether staff need a second factor.
    pub staff: StaffFactor,
    /// For how long a proof is fresh enough for what demands one (step-up).
    pub fresh: i64,
    /// For how long 記住我 remembers a device after its last use.
    pub remember: i64,
    /// How many failures from one network within a quarter of an hour close it, for devices that aren't known.
    pub network_failures: i64,
}

/// Whether staff, that is everyone but applicants, need a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffFactor {
    /// Without one they reach nothing but its enrolment.
    Required,
    /// They may have one. For demonstrations.
    Offered,
}

impl Default for Rules {
    fn default() -> Self {
        const MINUTE: i64 = 60_000;
        Self {
            staff: StaffFactor::Required,
            fresh: 10 * MINUTE,
            remember: 30 * 24 * 60 * MINUTE,
            network_failures: 100,
        }
    }
}
