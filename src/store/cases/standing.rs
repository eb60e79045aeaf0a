//! Where a case stands, with the evidence that the state rests on.

use crate::case::state::State;

/// A state with its evidence: a submitted case without a bound scan can't be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before the signed scan; the state is 暫存 or 核章.
    Unbound(Unbound),
    /// After it; the scan that was bound.
    Bound(Bound, ScanId),
    /// Withdrawn, with or without a scan.
    Withdrawn(Option<ScanId>),
}

/// The states before a scan is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbound {
    /// 暫存
    Draft,
    /// 核章
    Sealing,
}

/// The states that rest on a bound scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// 送件
    Submitted,
    /// 補件
    Supplement,
    /// 收件
    Received,
    /// 服務中
    InService,
    /// 結案
    Closed,
    /// 不開案
    Declined,
}

/// The row of a bound scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanId(pub String);

impl Standing {
    /// The state without its evidence.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Unbound(Unbound::Draft) => State::Draft,
            Self::Unbound(Unbound::Sealing) => State::Sealing,
            Self::Bound(Bound::Submitted, _) => State::Submitted,
            Self::Bound(Bound::Supplement, _) => State::Supplement,
            Self::Bound(Bound::Received, _) => State::Received,
            Self::Bound(Bound::InService, _) => State::InService,
            Self::Bound(Bound::Closed, _) => State::Closed,
            Self::Bound(Bound::Declined, _) => State::Declined,
            Self::Withdrawn(_) => State::Withdrawn,
        }
    }

    /// The bound scan, if there is one.
    #[must_use]
    pub fn scan(&self) -> Option<&str> {
        match self {
            Self::Bound(_, scan) | Self::Withdrawn(Some(scan)) => Some(&scan.0),
            Self::Unbound(_) | Self::Withdrawn(None) => None,
        }
    }

    /// A state with its evidence, or nothing if the state needs a scan and there is none.
    #[must_use]
    pub fn of(state: State, scan: Option<String>) -> Option<Self> {
        let scan = scan.map(ScanId);
        Some(match state {
            State::Draft => Self::Unbound(Unbound::Draft),
            State::Sealing => Self::Unbound(Unbound::Sealing),
            State::Submitted => Self::Bound(Bound::Submitted, scan?),
            State::Supplement => Self::Bound(Bound::Supplement, scan?),
            State::Received => Self::Bound(Bound::Received, scan?),
            State::InService => Self::Bound(Bound::InService, scan?),
            State::Closed => Self::Bound(Bound::Closed, scan?),
            State::Declined => Self::Bound(Bound::Declined, scan?),
            State::Withdrawn => Self::Withdrawn(scan),
        })
    }
}
