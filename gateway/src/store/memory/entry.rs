//! A login in memory.

use std::sync::Arc;
use std::time::Duration;

use saoma_protocol::{
    Digest, Event, Login, LoginState, Outcome, ScanCode, StateName, Timestamp, TransitionError,
    UserCode,
};

use super::device::Device;
use super::granted::Granted;
use crate::store::device_poll::{DENIED, PENDING};
use crate::store::{
    Agreement, Change, Confirmation, DevicePoll, Grant, Instants, KEEP_ENDED, KEEP_UNSCANNED,
    LoginRecord, LoginRequest, NewLogin, NodeId, Polled, Precondition, Redeemed, Redemption,
    StoreError, StoredChange,
};

/// A time that does not come.
const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// A login and all that is kept with it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) login: Login,
    /// The browser's request as JSON, in one piece: half the size of ten strings, and seldom read.
    request: Box<[u8]>,
    pub(super) receive_key: Digest,
    scan_code: ScanCode,
    pub(super) user_code: UserCode,
    opened_at: Timestamp,
    closes_at: Timestamp,
    /// Time at which the login is gone if nothing has happened to it.
    follow_by: Timestamp,
    pub(super) agreement: Agreement,
    pub(super) node: Arc<NodeId>,
    pub(super) attachment: u64,
    pub(super) attempt: u32,
    changes: Vec<StoredChange>,
    granted: Option<Box<Granted>>,
    device: Option<Box<Device>>,
}

/// The result of an event that the state machine admits.
pub(super) enum Moved {
    /// The login has changed, with this change to tell.
    Changed(StoredChange),
    /// The event had been applied before.
    Repeated(Instants),
    /// The precondition does not hold.
    Unproved,
}

impl Entry {
    pub(super) fn opened(
        login: &NewLogin,
        node: Arc<NodeId>,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            login: Login {
                state: LoginState::Waiting,
                seq: 1,
                expires_at: at.plus(login.code_lifetime),
            },
            request: encode(&login.request)?,
            receive_key: login.receive_key,
            scan_code: login.scan_code,
            user_code: login.user_code,
            opened_at: at,
            closes_at: at.plus(login.waiting_lifetime),
            follow_by: login.follow_within.map_or(NEVER, |within| at.plus(within)),
            agreement: login.agreement.clone(),
            node,
            attachment: 1,
            attempt: 1,
            changes: Vec::new(),
            granted: None,
            device: login.device.map(|polling| Box::new(Device::of(polling))),
        })
    }

    /// Returns the last instant at which the login can still do something.
    pub(super) fn last_needed(&self) -> Timestamp {
        let token = self
            .granted
            .as_ref()
            .and_then(|granted| granted.access_token)
            .map(|(_, until)| until);
        self.login
            .expires_at
            .max(token.unwrap_or(self.login.expires_at))
    }

    /// Returns the time that the login is kept after its end.
    pub(super) fn kept_for(&self) -> Duration {
        let scanned = |stored: &StoredChange| matches!(stored.change, Change::Scanned { .. });
        if self.changes.iter().any(scanned) {
            KEEP_ENDED
        } else {
            KEEP_UNSCANNED
        }
    }

    /// Notes that a browser follows the login.
    pub(super) fn followed(&mut self) {
        self.follow_by = NEVER;
    }

    /// Returns true if no browser has followed the login in time.
    pub(super) fn is_abandoned(&self, now: Timestamp) -> bool {
        self.follow_by <= now
    }

    pub(super) fn record(&self, now: Timestamp) -> Result<LoginRecord, StoreError> {
        Ok(LoginRecord {
            login: self.login.clone(),
            request: serde_json::from_slice(&self.request).map_err(corrupt)?,
            opened_at: self.opened_at,
            closes_at: self.closes_at,
            now,
        })
    }

    pub(super) fn changes_after(&self, seq: u32) -> Vec<StoredChange> {
        self.changes
            .iter()
            .filter(|change| change.seq > seq)
            .cloned()
            .collect()
    }

    /// Applies an event, and keeps its change for browsers that come back. Without a new time limit the old one holds.
    pub(super) fn apply(
        &mut self,
        event: &Event,
        precondition: Precondition,
        change: Change,
        (now, expires_at): (Timestamp, Option<Timestamp>),
    ) -> Result<Moved, TransitionError> {
        // A caller without proof learns nothing of the login's state (threat T4).
        if precondition.is_proof() && !self.holds(precondition) {
            return Ok(Moved::Unproved);
        }
        let (state, seq) = match self.login.apply(event, now)? {
            Outcome::Changed { state, seq } => (state, seq),
            Outcome::Repeated => {
                return Ok(Moved::Repeated(Instants {
                    now,
                    expires_at: self.login.expires_at,
                }));
            }
        };
        if !self.holds(precondition) {
            return Ok(Moved::Unproved);
        }
        let expires_at = expires_at.unwrap_or(self.login.expires_at);
        self.login = Login {
            state,
            seq,
            expires_at,
        };
        let stored = StoredChange {
            seq,
            at: now,
            expires_at,
            change,
        };
        self.keep(stored.clone());
        Ok(Moved::Changed(stored))
    }

    /// Returns true if [`LoginEntry::apply`] would apply the event, or had applied it before.
    pub(super) fn admits(&self, event: &Event, precondition: Precondition, now: Timestamp) -> bool {
        self.holds(precondition) && self.login.apply(event, now).is_ok()
    }

    fn holds(&self, precondition: Precondition) -> bool {
        match precondition {
            Precondition::None => true,
            Precondition::ScanCode(code) => self.scan_code == code,
            Precondition::UserCode(code) => self.user_code == code,
            Precondition::ReceiveKey(key) => self.receive_key == key,
            Precondition::Seq(seq) => self.login.seq == seq,
        }
    }

    /// Keeps a change for browsers that come back. A renewal replaces the one before.
    fn keep(&mut self, stored: StoredChange) {
        if let Change::Renewed {
            scan_code,
            user_code,
        } = stored.change
        {
            self.changes
                .retain(|kept| !matches!(kept.change, Change::Renewed { .. }));
            self.user_code = user_code;
            self.scan_code = scan_code;
        }
        self.followed();
        // A login has few changes, and they are kept for minutes.
        self.changes.reserve_exact(1);
        self.changes.push(stored);
    }

    /// Returns the time limit of a state that a person has led to. A device's code ends at the time that it was told, so the
    /// person must have decided by then, and the decision can be collected until then.
    pub(super) fn limit(&self, now: Timestamp, lifetime: Duration, decided: bool) -> Timestamp {
        let limit = now.plus(lifetime);
        match (&self.device, decided) {
            (None, _) => limit,
            (Some(_), false) => limit.min(self.closes_at),
            (Some(_), true) => limit.max(self.closes_at),
        }
    }

    /// Returns true if a device's owner confirms it without having compared its code.
    pub(super) fn lacks_comparison(&self, confirmation: &Confirmation) -> bool {
        let is_owner = self.login.state.person() == Some(&confirmation.person);
        self.device.is_some() && is_owner && !confirmation.same_user_code
    }

    /// Returns true if the login is for one person only, and its owner confirms it without having been compared with them.
    pub(super) fn lacks_expectation(
        &self,
        request: &LoginRequest,
        confirmation: &Confirmation,
    ) -> bool {
        let is_owner = self.login.state.person() == Some(&confirmation.person);
        request.expected_subject.is_some() && is_owner && !confirmation.is_expected
    }

    /// Answers a device's poll.
    pub(super) fn poll(
        &mut self,
        poll: &DevicePoll<'_>,
        now: Timestamp,
    ) -> Result<Polled, StoreError> {
        let request: LoginRequest = serde_json::from_slice(&self.request).map_err(corrupt)?;
        let granted = self.granted.as_ref().map(|granted| granted.code);
        let Some(device) = &mut self.device else {
            return Ok(Polled::Foreign);
        };
        if !device.admits(poll) || request.client_id != poll.client_id {
            return Ok(Polled::Foreign);
        }
        let (state, in_time) = (self.login.state.name(), now < self.login.expires_at);
        Ok(match granted {
            _ if DENIED.contains(&state) => Polled::Denied,
            Some(code) if state == StateName::Redeemed => Polled::Confirmed(code),
            Some(code) if state == StateName::Confirmed && in_time => Polled::Confirmed(code),
            _ if PENDING.contains(&state) && in_time => device.wait(now),
            _ => Polled::Expired,
        })
    }

    pub(super) fn grant(&mut self, code: Digest, grant: Grant) {
        self.granted = Some(Box::new(Granted::new(code, grant)));
    }

    /// Redeems the login's code. `joins` puts the client into its session, and returns `None` if that has ended.
    pub(super) fn redeem(
        &mut self,
        redemption: &Redemption<'_>,
        now: Timestamp,
        joins: impl FnOnce(&Grant) -> Option<bool>,
    ) -> Redeemed {
        let Some(granted) = &mut self.granted else {
            return Redeemed::Invalid;
        };
        let redeemed = granted.redeem(&mut self.login, redemption, now, joins);
        if let Redeemed::Granted(_) = redeemed {
            // The change that told the browser of the code holds it in clear.
            self.changes
                .retain(|stored| !matches!(stored.change, Change::Confirmed { .. }));
        }
        redeemed
    }

    /// Undoes the redemption for this access token. Returns true if there was one.
    pub(super) fn undo_redemption(&mut self, access_token: Digest) -> bool {
        let granted = self.granted.as_mut();
        granted.is_some_and(|granted| granted.undo(&mut self.login, access_token))
    }

    /// Ends the access token of a client. Returns false if it is not the client's.
    pub(super) fn revoke(&mut self, client_id: &str, access_token: Digest) -> bool {
        let granted = self.granted.as_mut();
        granted.is_some_and(|granted| granted.revoke(client_id, access_token))
    }

    /// Returns the login's code with its grant, once it is confirmed.
    pub(super) fn granted(&self) -> Option<&Granted> {
        self.granted.as_deref()
    }
}

/// Returns a request as it is kept. Most have less than 512 bytes, and a buffer that grows to it is allocated three times.
fn encode(request: &LoginRequest) -> Result<Box<[u8]>, StoreError> {
    let mut json = Vec::with_capacity(512);
    serde_json::to_writer(&mut json, request).map_err(corrupt)?;
    Ok(json.into_boxed_slice())
}

fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::corrupt(error)
}
