//! A browser that comes back: for good, on a new connection, or for as long as one poll.

use saoma_protocol::{ErrorCode, ResumeRequest, StateName};

use super::Logins;
use super::unknown_keys::SLOW_DOWN;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::metrics::PushSource;
use crate::store::{Attached, Attachment, Attempt, ResumeAttempt, StoredChange};
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{Deadline, Phase, Waiter};

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
        self.resume_counting(request, address, &[]).await
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
        // Counted by the key, not by the id, which is in the QR code. The count therefore needs no read of the login, a
        // poll too many does not touch it, and a stranger without the key cannot use up the browser's polls.
        let key = request.receive_key.clone();
        let counted_by = key.digest().to_string();
        let attempts = [self.attempt(LimitName::PollPerLogin, &counted_by)];
        let resumed = self.resume_counting(request, address, &attempts).await;
        match &resumed {
            Err(denial) if denial.error == ErrorCode::UnknownLogin => {
                self.count_unknown_poll(&key)?;
            }
            _ => {}
        }
        resumed.map_err(|denial| match denial.error {
            ErrorCode::TooManyRequests => denial.for_at_least(SLOW_DOWN),
            _ => denial,
        })
    }

    /// Asks the store about a browser's key, unless this process can tell that it is worth no question.
    async fn resume_counting(
        &self,
        request: ResumeRequest,
        address: &ClientAddress,
        attempts: &[Attempt<'_>],
    ) -> Result<Waiting, ApiError> {
        let key = self.look_at_key(request.login_id, &request.receive_key, address)?;
        let resumed = self.attach(request, attempts).await;
        self.key_answered(
            key,
            match &resumed {
                Ok(_) => Some(true),
                Err(denial) => match denial.error {
                    ErrorCode::UnknownLogin => Some(false),
                    ErrorCode::Superseded => Some(true),
                    _ => None,
                },
            },
        );
        resumed
    }

    async fn attach(
        &self,
        request: ResumeRequest,
        attempts: &[Attempt<'_>],
    ) -> Result<Waiting, ApiError> {
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
        let attached = self.store.attach(attempts, &browser).await?;
        let attachment = match self.let_through(attached)? {
            Attached::Here(attachment) if tells_the_rest(&attachment, last_seq) => attachment,
            Attached::Here(attachment) => {
                self.end_if_lost(login_id, &attachment.record.login, last_seq)
                    .await?;
                return Err(Self::unknown_login());
            }
            Attached::Unknown => return Err(Self::unknown_login()),
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
