//! The plan of a login flow, drawn from the seed.

use std::time::Duration;

/// Number of persons with phones.
pub(super) const PERSONS: u32 = 200;

/// Transport by which a browser follows its login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransportKind {
    Socket,
    Stream,
    Polls,
}

/// Scenario of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    LogIn,
    RedeemTwice,
    /// Two persons scan, and both try to confirm.
    TwoPersons,
    Reject,
    CancelWaiting,
    CancelScanned,
}

/// The steps of a flow and their timing.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) scenario: Scenario,
    pub(super) persons: [u32; 2],
    pub(super) before_scan: Duration,
    pub(super) before_decision: Duration,
    pub(super) transport: TransportKind,
    /// Delay before the page is reloaded, and its transport then.
    pub(super) reloads: Option<(Duration, TransportKind)>,
}

impl TransportKind {
    /// Draws a transport. A quarter of the browsers is in networks that block WebSockets.
    fn draw(random: &mut fastrand::Rng) -> Self {
        match random.u8(..8) {
            0 => Self::Stream,
            1 => Self::Polls,
            _ => Self::Socket,
        }
    }
}

impl Plan {
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let scenario = match random.u8(..100) {
            0..64 => Scenario::LogIn,
            64..72 => Scenario::RedeemTwice,
            72..82 => Scenario::TwoPersons,
            82..90 => Scenario::Reject,
            90..95 => Scenario::CancelWaiting,
            _ => Scenario::CancelScanned,
        };
        let first = random.u32(..PERSONS);
        let mut pause = |most| Duration::from_millis(random.u64(..most));
        let (before_scan, before_decision, reloads) = (pause(4000), pause(3000), pause(6000));
        let transport = TransportKind::draw(random);
        // The browser may be in another network by then.
        let transport_then = if random.u8(..3) == 0 {
            TransportKind::draw(random)
        } else {
            transport
        };
        Self {
            scenario,
            persons: [first, (first + 1) % PERSONS],
            before_scan,
            before_decision,
            transport,
            reloads: random.bool().then_some((reloads, transport_then)),
        }
    }
}
