//! Agreement of browsers to persons who are new to them (threat T34).

use saoma_protocol::{LoginId, ReceiveKey};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::store::{Precondition, Transition};
use crate::waiting::waiter::Waiter;

impl Logins {
    /// Agrees for a browser that waits here to be logged in as the person who scanned.
    ///
    /// # Errors
    /// The code has not been scanned, the login is settled already, or the store is down.
    pub(crate) async fn agree(&self, waiter: &Waiter) -> Result<(), ApiError> {
        let precondition = Precondition::None;
        self.apply_for_browser(waiter.login_id(), &Transition::Agree { precondition })
            .await
    }

    /// Agrees for a browser by its receive key.
    ///
    /// # Errors
    /// As [`Logins::agree`], and a wrong receive key, or too many wrong keys from this address.
    pub(crate) async fn agree_by_key(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
    ) -> Result<(), ApiError> {
        self.apply_by_key(id, key, address, |precondition| Transition::Agree {
            precondition,
        })
        .await
    }
}
