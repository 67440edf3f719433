//! A browser that comes back: for good, on a new connection, or for as long as one poll.

use std::time::Duration;

use saoma_protocol::{ErrorCode, ResumeRequest, StateName};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::metrics::PushSource;
use crate::store::{Attached, Attachment, ResumeAttempt, StoredChange};
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{Deadline, Phase, Waiter};

/// Shortest wait of a browser that polls too fast: the step of `slow_down` (RFC 8628 §3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

impl Logins {
    /// Brings a browser back to its login: what it missed is on its way to the waiter.
    ///
    /// # Errors
    /// No such login, a wrong receive key, a later attempt came first, or the store is down.
    pub(crate) async fn resume(
        &self,
        request: ResumeRequest,
        address: &ClientAddress,
    ) -> Result<Waiting, ApiError> {
        let resumed = self.attach(request).await;
        if resumed
            .as_ref()
            .is_err_and(|denial| denial.error == ErrorCode::UnknownLogin)
        {
            // A guesser of keys reaches this limit before a key that fits (threat T10).
            self.count(LimitName::UnknownKeyPerAddress, &address.limit_key())
                .await?;
        }
        resumed
    }

    /// Brings a browser back that asks time and again, as [`Logins::resume`] does.
    ///
    /// # Errors
    /// As [`Logins::resume`], and the browser asks too often (threat T11).
    pub(crate) async fn poll(
        &self,
        request: ResumeRequest,
        address: &ClientAddress,
    ) -> Result<Waiting, ApiError> {
        // Counted by the key, not by the id, which is in the QR code. The count therefore needs no read of the store, a
        // poll too many does not touch the login, and a stranger without the key cannot use up the browser's polls.
        let key = request.receive_key.digest().to_string();
        self.count(LimitName::PollPerLogin, &key)
            .await
            .map_err(|denial| denial.for_at_least(SLOW_DOWN))?;
        self.resume(request, address).await
    }

    async fn attach(&self, request: ResumeRequest) -> Result<Waiting, ApiError> {
        let ResumeRequest {
            login_id,
            receive_key,
            last_seq,
            attempt,
        } = request;
        // `opened`, the first, is the answer to the open and never told again.
        let last_seq = last_seq.max(1);
        let waiting = self.waiters.join(Waiter::new(login_id, last_seq));
        let browser = ResumeAttempt {
            id: login_id,
            receive_key: receive_key.digest(),
            node: &self.node,
            last_seq,
            attempt,
        };
        let attachment = match self.store.attach(&browser).await? {
            Attached::Here(attachment) if tells_the_rest(&attachment, last_seq) => attachment,
            Attached::Here(_) | Attached::Unknown => return Err(Self::unknown_login()),
            Attached::Stale => {
                let detail = "a later connection of this browser came first: this one was held up on its way";
                return Err(ApiError::new(ErrorCode::Superseded, detail));
            }
        };
        self.clock.observe(attachment.record.now);
        let waiter = waiting.waiter();
        waiter.attached(attachment.number);
        waiter.set_deadline(Deadline {
            phase: phase_of(attachment.record.login.state.name()),
            seq: attachment.record.login.seq,
            expires_at: attachment.record.login.expires_at,
            closes_at: attachment.record.closes_at,
        });
        waiting.hold();
        self.inbox
            .offer_in_order(waiter, &attachment.missed, PushSource::Resume);
        // While no node held the browser, no timer watched the time limit.
        self.pass_limit_if_due(waiter).await;
        Ok(waiting)
    }
}

/// Returns true if a returning browser can still learn its login's end: the result of a redeemed login is gone with its
/// code. A browser that has seen more than the store knows never would: a failover has lost changes that it was told, and
/// new changes bear numbers that it has seen already.
fn tells_the_rest(attachment: &Attachment, last_seq: u32) -> bool {
    if attachment.record.login.seq < last_seq {
        return false;
    }
    let newest = attachment
        .missed
        .last()
        .map_or(last_seq, |change: &StoredChange| change.seq);
    !attachment.record.login.state.name().is_settled()
        || (newest >= attachment.record.login.seq && newest > last_seq)
}

const fn phase_of(state: StateName) -> Phase {
    match state {
        StateName::Waiting => Phase::Waiting,
        StateName::Asked | StateName::Scanned => Phase::Scanned,
        _ => Phase::Settled,
    }
}
