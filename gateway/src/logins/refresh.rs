//! Renewal and cancelling of logins by their browsers.

use std::time::Duration;

use saoma_protocol::{
    CancelReason, ErrorCode, LoginId, ReceiveKey, ScanCode, StateName, TransitionError, UserCode,
};

use super::Logins;
use super::open::OpenKeys;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::random;
use crate::store::{Applied, Precondition, Transition};
use crate::waiting::waiter::Waiter;

impl Logins {
    /// Renews the code of a login whose browser is waiting here.
    ///
    /// # Errors
    /// The login is not waiting any more, a limit is reached, or the store is down.
    pub(crate) async fn refresh(
        &self,
        waiter: &Waiter,
        address: &ClientAddress,
    ) -> Result<(), ApiError> {
        let id = waiter.login_id();
        self.count_here(LimitName::RefreshPerLogin, &id.to_string())?;
        self.refresh_with(id, Precondition::None, address).await
    }

    /// Renews the code of a login by its receive key.
    ///
    /// # Errors
    /// As [`Logins::refresh`], and a wrong receive key.
    pub(crate) async fn refresh_by_key(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
    ) -> Result<(), ApiError> {
        let presented = self.look_at_key(id, key, address)?;
        let proof = Precondition::ReceiveKey(presented.digest);
        let refreshed = match self.count_here(LimitName::RefreshPerLogin, &presented.counted_by()) {
            Ok(()) => self.refresh_with(id, proof, address).await,
            Err(denial) => Err(denial),
        };
        self.key_answered(presented, is_known(&refreshed));
        refreshed
    }

    /// Gives up a login whose browser is waiting here.
    ///
    /// # Errors
    /// The login is settled already, or the store is down.
    pub(crate) async fn cancel(
        &self,
        waiter: &Waiter,
        reason: Option<CancelReason>,
    ) -> Result<(), ApiError> {
        self.apply_for_browser(
            waiter.login_id(),
            &Transition::Cancel {
                precondition: Precondition::None,
                reason,
            },
        )
        .await
    }

    /// Gives up a login by its receive key.
    ///
    /// # Errors
    /// As [`Logins::cancel`], and a wrong receive key.
    pub(crate) async fn cancel_by_key(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
        reason: Option<CancelReason>,
    ) -> Result<(), ApiError> {
        self.apply_by_key(id, key, address, |precondition| Transition::Cancel {
            precondition,
            reason,
        })
        .await
    }

    /// Applies an event for a browser that proves itself by its receive key.
    ///
    /// # Errors
    /// The key is wrong, the address has presented too many wrong keys, the login's state does not admit the event, or the
    /// store is down.
    pub(super) async fn apply_by_key(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
        transition: impl FnOnce(Precondition) -> Transition,
    ) -> Result<(), ApiError> {
        let presented = self.look_at_key(id, key, address)?;
        let transition = transition(Precondition::ReceiveKey(presented.digest));
        let applied = match self.count_here(LimitName::CommandPerLogin, &presented.counted_by()) {
            Ok(()) => self.apply_for_browser(id, &transition).await,
            Err(denial) => Err(denial),
        };
        self.key_answered(presented, is_known(&applied));
        applied
    }

    async fn refresh_with(
        &self,
        id: LoginId,
        precondition: Precondition,
        address: &ClientAddress,
    ) -> Result<(), ApiError> {
        let keys = OpenKeys::of(address);
        let counted = self.store.take(&self.open_attempts(&keys)).await?;
        self.let_through(counted)?;
        let renewal = self.renewal(id, precondition, self.lifetimes.code);
        self.apply_for_browser(id, &renewal).await
    }

    /// Returns a renewal with new codes.
    pub(super) fn renewal(
        &self,
        id: LoginId,
        precondition: Precondition,
        lifetime: Duration,
    ) -> Transition {
        Transition::Renew {
            precondition,
            scan_code: ScanCode::from_random(id, random::bytes()),
            user_code: UserCode::from_random(random::bytes()),
            lifetime,
        }
    }

    pub(super) async fn apply_for_browser(
        &self,
        id: LoginId,
        transition: &Transition,
    ) -> Result<(), ApiError> {
        match self.store.apply(id, transition).await? {
            Applied::Changed(_) => {
                self.metrics.login_changed(transition.event().kind());
                Ok(())
            }
            Applied::Repeated(_) => Ok(()),
            Applied::Refused(TransitionError::State(StateName::Waiting)) => Err(ApiError::new(
                ErrorCode::NotScanned,
                "the code has not been scanned: there is nothing to agree to",
            )),
            Applied::Refused(TransitionError::State(StateName::Asked | StateName::Scanned)) => {
                Err(ApiError::new(
                    ErrorCode::AlreadyScanned,
                    "the code has been scanned: cancel, or wait for the phone",
                ))
            }
            Applied::Refused(_) => Err(ApiError::new(
                ErrorCode::AlreadyDecided,
                "the login is over: open a new one",
            )),
            Applied::Unknown | Applied::NotCompared | Applied::NotExpected => {
                Err(Self::unknown_login())
            }
        }
    }
}

/// Returns whether the store knows the key behind an answer; `None` if it was not asked, or did not answer.
fn is_known(answer: &Result<(), ApiError>) -> Option<bool> {
    match answer.as_ref().map_err(|denial| denial.error) {
        Ok(())
        | Err(ErrorCode::NotScanned | ErrorCode::AlreadyScanned | ErrorCode::AlreadyDecided) => {
            Some(true)
        }
        Err(ErrorCode::UnknownLogin) => Some(false),
        Err(_) => None,
    }
}
