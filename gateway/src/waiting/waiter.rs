//! One waiting browser: what it has been told, and what is on its way to it.
//!
//! Changes come in from pushes and from re-reading, in any order and more than once; they leave in order, once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use saoma_protocol::{CloseCode, CloseNotice, LoginId, RestartHint, Timestamp};

use super::wheel::Tick;
use crate::store::{Change, StoredChange};

/// A browser that waits on this node. Transports take [`Delivery`] after delivery from it.
#[derive(Debug)]
pub(crate) struct Waiter {
    login_id: LoginId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last_seq: u32,
    attachment: u64,
    phase: Phase,
    expires_at: Timestamp,
    closes_at: Timestamp,
    expiry_tick: Tick,
    awaits_pong: bool,
    is_superseded: bool,
    queue: VecDeque<Delivery>,
    waker: Option<Waker>,
}

/// Phase of a login, which decides what its time limit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Shows a code, which is renewed until the login closes.
    Waiting,
    /// Waits for the confirm.
    Scanned,
    /// Is over.
    Settled,
}

/// The next thing for a transport to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Tell the browser of a change.
    Change(StoredChange),
    /// Show that the connection lives.
    Ping,
    /// End the connection.
    Close(CloseReason),
}

/// The reason that a browser gets for a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloseReason {
    /// The close code.
    pub code: CloseCode,
    /// When to come back, with [`CloseCode::Restarting`].
    pub hint: Option<RestartHint>,
}

impl CloseReason {
    /// Returns the reason as a message, for transports without close frames.
    pub(crate) fn notice(self) -> CloseNotice {
        CloseNotice {
            code: self.code.code(),
            retry_after_ms: self.hint.map(|hint| hint.retry_after_ms),
        }
    }
}

impl From<CloseCode> for CloseReason {
    fn from(code: CloseCode) -> Self {
        Self { code, hint: None }
    }
}

/// The result of offering a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It is on its way.
    Queued,
    /// The browser has it already.
    Seen,
    /// One before it is missing: the history after `last_seq` has to be read.
    Gap {
        /// The newest change that the waiter has.
        last_seq: u32,
    },
}

/// A time limit as a timer needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// Phase, which decides what the time limit does.
    pub phase: Phase,
    /// The newest change known.
    pub seq: u32,
    /// When it comes.
    pub expires_at: Timestamp,
    /// Until when codes are renewed.
    pub closes_at: Timestamp,
}

impl Waiter {
    /// A waiter of a login whose browser has seen the changes up to `last_seq`.
    pub(crate) fn new(login_id: LoginId, last_seq: u32) -> Self {
        let state = State {
            last_seq,
            attachment: 0,
            phase: Phase::Waiting,
            expires_at: Timestamp::from_millis(u64::MAX),
            closes_at: Timestamp::from_millis(u64::MAX),
            expiry_tick: 0,
            awaits_pong: false,
            is_superseded: false,
            queue: VecDeque::new(),
            waker: None,
        };
        Self {
            login_id,
            state: Mutex::new(state),
        }
    }

    /// The login.
    pub(crate) const fn login_id(&self) -> LoginId {
        self.login_id
    }

    /// The newest change that the waiter has.
    pub(crate) fn last_seq(&self) -> u32 {
        self.state.lock().last_seq
    }

    /// Takes the login's state and time limits as the store has them.
    pub(crate) fn set_deadline(&self, deadline: Deadline) {
        let mut state = self.state.lock();
        // A change that overtook this answer knows better.
        if deadline.seq >= state.last_seq {
            state.phase = deadline.phase;
            state.expires_at = deadline.expires_at;
        }
        state.closes_at = deadline.closes_at;
    }

    /// The time limit now.
    pub(crate) fn deadline(&self) -> Deadline {
        let state = self.state.lock();
        Deadline {
            phase: state.phase,
            seq: state.last_seq,
            expires_at: state.expires_at,
            closes_at: state.closes_at,
        }
    }

    /// Offers a change: takes it if it is the next one.
    pub(crate) fn offer(&self, change: StoredChange) -> Offered {
        let mut state = self.state.lock();
        if change.seq <= state.last_seq {
            return Offered::Seen;
        }
        if change.seq != state.last_seq + 1 && !change.change.replaces_renewals() {
            return Offered::Gap {
                last_seq: state.last_seq,
            };
        }
        state.last_seq = change.seq;
        state.phase = phase_after(&change.change);
        state.expires_at = change.expires_at;
        state.push(Delivery::Change(change));
        Offered::Queued
    }

    /// Ends the connection, after what is on its way.
    pub(crate) fn close(&self, reason: impl Into<CloseReason>) {
        self.state.lock().push(Delivery::Close(reason.into()));
    }

    /// The number of the newest attachment of this login that the waiter has heard of; its own unless it is superseded.
    pub(crate) fn attachment(&self) -> u64 {
        self.state.lock().attachment
    }

    /// Notes the number of this waiter's own attachment; closes it if a newer one was heard of meanwhile.
    pub(crate) fn attached(&self, number: u64) {
        let mut state = self.state.lock();
        if state.attachment > number {
            state.supersede();
        }
        state.attachment = state.attachment.max(number);
    }

    /// Ends the connection, whose login another one has taken over.
    pub(crate) fn supersede(&self) {
        self.state.lock().supersede();
    }

    /// Hears of an attachment elsewhere: a newer one ends this connection.
    pub(crate) fn superseded_by(&self, number: u64) {
        let mut state = self.state.lock();
        if number > state.attachment {
            // A waiter whose own number is still on its way compares when it comes.
            if state.attachment > 0 {
                state.supersede();
            }
            state.attachment = number;
        }
    }

    /// Returns true if another connection has taken the login over.
    pub(crate) fn is_superseded(&self) -> bool {
        self.state.lock().is_superseded
    }

    /// Asks the transport for a sign of life.
    pub(crate) fn ping(&self) {
        let mut state = self.state.lock();
        state.awaits_pong = true;
        state.push(Delivery::Ping);
    }

    /// The browser has been heard of.
    pub(crate) fn heard(&self) {
        self.state.lock().awaits_pong = false;
    }

    /// Returns true if the last [`Waiter::ping`] is unanswered.
    pub(crate) fn awaits_pong(&self) -> bool {
        self.state.lock().awaits_pong
    }

    /// Remembers the tick of the timer that watches the time limit, which outdates any before.
    pub(crate) fn set_expiry_tick(&self, tick: Tick) {
        self.state.lock().expiry_tick = tick;
    }

    /// Returns true if `tick` is that of the newest timer.
    pub(crate) fn is_expiry_tick(&self, tick: Tick) -> bool {
        self.state.lock().expiry_tick == tick
    }

    /// The next delivery. Dropping the future loses nothing.
    pub(crate) async fn next(&self) -> Delivery {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next delivery, or a promise to wake the task when there is one.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Delivery> {
        let mut state = self.state.lock();
        if let Some(delivery) = state.queue.pop_front() {
            if state.queue.is_empty() {
                // A waiter sleeps for minutes: it keeps no buffer meanwhile.
                state.queue = VecDeque::new();
            }
            return Poll::Ready(delivery);
        }
        if !state
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl State {
    fn supersede(&mut self) {
        self.is_superseded = true;
        self.push(Delivery::Close(CloseCode::Superseded.into()));
    }

    fn push(&mut self, delivery: Delivery) {
        self.queue.push_back(delivery);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Change {
    /// Returns true if the change makes skipped ones worthless: only renewals can be skipped, and a renewal replaces the
    /// ones before.
    const fn replaces_renewals(&self) -> bool {
        matches!(self, Self::Renewed { .. })
    }
}

const fn phase_after(change: &Change) -> Phase {
    match change {
        Change::Renewed { .. } => Phase::Waiting,
        Change::Scanned { .. } | Change::Agreed => Phase::Scanned,
        Change::Confirmed { .. }
        | Change::Rejected { .. }
        | Change::Cancelled { .. }
        | Change::Expired => Phase::Settled,
    }
}
